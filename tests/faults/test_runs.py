"""Runs beside each other, builds that fail, readers meanwhile, everything again: a06 to a09, and a03 for dbt.

One home after a run of the whole line goes through it all in the order of this file: a new publication is picked up by
two runs at once (a08), its build fails the audit (a07), then dbt is killed (a03), then it is built and published under
the eyes of readers (a06), and at last everything is run again (a09). No secret of the way is found anywhere (a27).
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml
from homes import copy_line, counts_of
from printed_tables import print_table
from processes import Reader, Scheduler
from sites import Hook, Site

from extract.errors import BuildError
from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.ledger import Ledger
from extract.locks import LockedError, hold_lock
from extract.reading.sandbox import Sandbox
from extract.releases.query import ask
from extract.releases.shelves import served_release
from extract.settings import PROJECT, Settings
from extract.warehouse import staging
from extract.warehouse.build import build_marts

if TYPE_CHECKING:
    from homes import Line

UNIT = "102001-区党群工作部"
CORRECTED = [(UNIT, f"新项目{n}", f"{n}00.50", f"11100210{n}-开展项目数", f"≥{n}家") for n in range(1, 9)]
SECRETS = ("t0p-s3cret", "hunter2", "hooks/geheim")


@dataclass
class Town:
    """A home, a site that publishes one more document, and what is served."""

    settings: Settings
    site: Site
    hook: Hook
    environment: dict[str, str]

    def served(self) -> tuple[str, bytes]:
        return os.readlink(self.settings.current), (self.settings.current / "warehouse.duckdb").read_bytes()

    def rows(self) -> dict[str, list[Any]]:
        """All rows of the served marts, but for the history of releases."""
        with duckdb.connect(str(self.settings.current.resolve() / "warehouse.duckdb"), read_only=True) as release:
            names = [name for (name,) in release.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
            found = {n: release.execute(f'SELECT * FROM "{n}" ORDER BY ALL').fetchall() for n in sorted(names)}
        return {name: rows for name, rows in found.items() if name != "releases"}


@pytest.fixture(scope="module")
def town(line: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    site, hook = Site(), Hook("/hooks/geheim")
    link = site.put("/new.pdf", print_table(CORRECTED)).replace("http://", "http://user:hunter2@")
    site.put("/list.html", f'<a href="{link}">2025年绩效目标</a>')
    publishers = folder / "publishers"
    shutil.copytree(PROJECT / "extract/publishers", publishers, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    watched = {
        "name": "某区党群工作部",
        "allowed_addresses": ["127.0.0.1/32"],
        "politeness": {"delay_seconds": 0, "robots": False},
        "source": {"kind": "listing", "pages": [f"{site.url}/list.html"], "token": {"env": "GZ_TOKEN"}},
    }
    (publishers / "gz.yml").write_text(yaml.safe_dump(watched, allow_unicode=True), encoding="utf-8")
    settings = copy_line(line, folder).model_copy(update={"publishers_dir": publishers})
    environment = {
        "JIXIAO_HOME": str(settings.home),
        "JIXIAO_INBOX": str(settings.inbox),
        "JIXIAO_PUBLISHERS_DIR": str(publishers),
        "JIXIAO_SETTLE_SECONDS": "0",
        "JIXIAO_ALERT_URL": hook.url,
        "JIXIAO_HEARTBEAT_URL": hook.url,
        "GZ_TOKEN": "t0p-s3cret",
    }
    yield Town(settings, site, hook, environment)
    hook.close()
    site.close()


@pytest.fixture(scope="module")
def scheduler(town: Town) -> Iterator[Scheduler]:
    one = Scheduler(town.environment)
    yield one
    one.close()


class TestOneHome:
    """In this order."""

    def test_a08_two_runs_at_once_load_a_new_document_once_and_both_add_up(
        self, town: Town, scheduler: Scheduler
    ) -> None:
        before = town.served()
        beside = Scheduler(town.environment)
        try:
            scheduler.start("ingest")
            beside.start("ingest")
            assert [scheduler.end(), beside.end()] == ["", ""]
        finally:
            beside.close()
        ledger = Ledger(town.settings.ledger_url or "")
        with ledger.engine.connect() as connection:
            query = "SELECT seen, loaded, unchanged, refused, failed FROM runs ORDER BY run_no DESC LIMIT 2"
            runs = [tuple(row) for row in connection.exec_driver_sql(query)]
        assert sorted(runs) == [(5, 0, 4, 1, 0), (5, 1, 3, 1, 0)]
        with duckdb.connect(str(town.settings.build_db), read_only=True) as build:
            assert build.execute("SELECT count(*), count(DISTINCT sha256) FROM raw.documents").fetchall() == [(3, 3)]
            assert build.execute("SELECT count(*) FROM raw.records").fetchall() == [(99 + 98 + 8,)]
        assert ledger.documents_by_state() == {"staged": 3, "refused": 1}
        assert town.served() == before

    def test_a07_a_row_that_breaks_an_audit_stops_the_release_and_can_be_queried(
        self, town: Town, scheduler: Scheduler
    ) -> None:
        before, newest = town.served(), max_staged(town.settings)
        with duckdb.connect(str(town.settings.build_db)) as build:
            columns = "* REPLACE (9999 AS record_no)"  # a target of no record: every join to its record loses it
            query = f"INSERT INTO raw.targets SELECT {columns} FROM raw.targets WHERE sha256 = ? LIMIT 1"
            build.execute(query, [newest])
        assert "failed tasks: build" in scheduler.run("warehouse")
        assert [(one["alert"], one["dag"]) for _, _, one in town.hook.posted] == [("run_failed", "warehouse")]
        assert town.served() == before
        assert [path.name for path in town.settings.releases.iterdir()] == [Path(before[0]).name]
        _, rows = ask(town.settings, "SELECT count(*) AS n FROM dim_documents")
        assert list(rows) == [{"n": 2}]
        with duckdb.connect(str(town.settings.build_db)) as build:
            (failing,) = build.execute(
                "SELECT fact, staged_rows - mart_rows FROM audit.nothing_staged_is_lost"
            ).fetchall()
            assert failing == ("fct_indicator_targets", 1)
            build.execute("DELETE FROM raw.targets WHERE record_no = 9999")

    def test_a03_dbt_killed_in_mid_build_leaves_the_served_release_to_the_byte(self, town: Town) -> None:
        sys.path.insert(0, str(Path(__file__).parent))
        from inject import kill_dbt

        before = town.served()
        assert kill_dbt(town.settings, lines=150), "dbt was at work when it was killed"
        assert town.served() == before
        assert [one["release_id"] for one in Ledger(town.settings.ledger_url or "").releases()] == [
            Path(before[0]).name
        ]

    def test_a06_readers_stay_undisturbed_while_the_next_run_builds_and_publishes(
        self, town: Town, scheduler: Scheduler
    ) -> None:
        before, count = town.served(), "SELECT count(*) FROM dim_documents"
        held = duckdb.connect(str(town.settings.current.resolve() / "warehouse.duckdb"), read_only=True)
        reader = Reader(town.settings)
        assert scheduler.run("warehouse") == ""  # a03: the next run recovers
        seen = reader.end()
        assert seen == {"seen": [2, 3], "first": [2], "last": [3], "errors": []}, "old or new, whole, and no lock"
        assert held.execute(count).fetchall() == [(2,)], "the held connection keeps its snapshot"
        held.close()
        assert town.served() != before
        release = served_release(town.settings)
        assert release is not None
        assert release["source_documents"] == 3

    def test_a09_all_runs_cleared_and_run_again_change_nothing(self, town: Town) -> None:
        before, ledger = town.served(), Ledger(town.settings.ledger_url or "")
        os.environ["GZ_TOKEN"] = "t0p-s3cret"  # noqa: S105
        with ledger.engine.connect() as connection:
            query = "SELECT run_id, seen, loaded, unchanged, refused, failed FROM runs ORDER BY run_no"
            history = [tuple(row) for row in connection.exec_driver_sql(query)]
        try:
            for run_id, *counts in history:
                publisher = "inbox" if counts[0] == 4 else None
                ingest.discover(town.settings, run_id, publisher=publisher)
                ingest.land(town.settings, run_id)
                assert ingest.plan_batches(town.settings) == []
                assert ingest.stage_read(town.settings, run_id) == 0
                assert list(ingest.close(town.settings, run_id).values()) == counts
        finally:
            del os.environ["GZ_TOKEN"]
        assert not publish(town.settings)["published"]
        assert town.served() == before

    @pytest.mark.long
    def test_a09_a_lost_build_database_is_made_again_from_the_archive_to_the_same_rows(
        self, town: Town, scheduler: Scheduler
    ) -> None:
        before, rows = town.served(), town.rows()
        town.settings.build_db.unlink()
        assert "failed tasks: build" in scheduler.run("warehouse"), "nothing is published from an empty database"
        assert town.served() == before
        assert scheduler.run("ingest") == ""
        assert counts_of(town.settings) == {"seen": 5, "loaded": 3, "unchanged": 1, "refused": 1, "failed": 0}
        assert scheduler.run("warehouse") == ""
        assert town.served() == before, "the same checksum: not published again"
        assert town.rows() == rows

    def test_a27_no_secret_in_logs_xcom_rendered_fields_ledger_or_release(self, town: Town) -> None:
        assert {one.headers["Authorization"] for one in town.site.requests} == {"Bearer t0p-s3cret"}, "they were used"
        assert {path for path, _, _ in town.hook.posted} | set(town.hook.asked) == {"/hooks/geheim"}
        assert town.hook.posted
        assert town.hook.asked
        read: set[str] = set()
        for path in (path for path in town.settings.home.rglob("*") if path.is_file()):
            content = path.read_bytes()
            for text in (content, *unpack(path, content)):
                for secret in SECRETS:
                    assert secret.encode() not in text, path
            read.add(path.suffix or path.name)
        assert {".db", ".log", ".duckdb", ".parquet", ".pdf"} <= read
        with duckdb.connect(str(town.settings.current.resolve() / "warehouse.duckdb"), read_only=True) as release:
            assert b"hunter2" not in repr(release.execute("SELECT * FROM dim_documents").fetchall()).encode()
        import sqlite3

        with sqlite3.connect(town.settings.home / "airflow/airflow.db") as airflow:
            for table in ("xcom", "rendered_task_instance_fields", "dag_run", "log"):
                rows = airflow.execute(f"SELECT * FROM {table}").fetchall()
                assert not any(secret in repr(rows) for secret in SECRETS), table


def unpack(path: Path, content: bytes) -> list[bytes]:
    """What a compressed file says, where it is one."""
    try:
        return [gzip.decompress(content)] if path.suffix == ".gz" else []
    except (OSError, zlib.error):
        return []


def max_staged(settings: Settings) -> str:
    """The document that was staged last."""
    ledger = Ledger(settings.ledger_url or "")
    with ledger.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT sha256 FROM documents WHERE state = 'staged' ORDER BY staged_at DESC")
        return str(row.scalars().first())


@pytest.fixture
def small(settings: Settings, tmp_path: Path) -> Settings:
    """A home whose run `one` has landed two small publications."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n in (1, 2):
        (inbox / f"{n}.pdf").write_bytes(print_table([(UNIT, f"项目{n}", "1.00", "111002106-开展项目数", f"≥{n}家")]))
    mine = settings.model_copy(update={"inbox": inbox, "reader": "pdfium"})
    see(mine, "one")
    return mine


def see(settings: Settings, run_id: str) -> None:
    ingest.discover(settings, run_id, publisher="inbox")
    ingest.land(settings, run_id)


def read_all(settings: Settings) -> None:
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)


def test_a08_a_run_that_waited_for_the_writer_finds_the_documents_staged(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(small, "two")
    read_all(small)
    open_really = staging.open_warehouse

    @contextmanager
    def another_first(settings: Settings) -> Iterator[object]:
        monkeypatch.setattr(staging, "open_warehouse", open_really)
        assert ingest.stage_read(settings, "one") == 2
        with open_really(settings) as engine:
            yield engine

    monkeypatch.setattr(staging, "open_warehouse", another_first)
    assert ingest.stage_read(small, "two") == 0
    assert ingest.close(small, "one") == {"seen": 2, "loaded": 2, "unchanged": 0, "refused": 0, "failed": 0}
    assert ingest.close(small, "two") == {"seen": 2, "loaded": 0, "unchanged": 2, "refused": 0, "failed": 0}


@pytest.mark.parametrize("outcome", ["read", "failed"])
def test_a08_a_document_that_another_run_stages_while_this_one_reads_it_stays_staged(
    small: Settings, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    see(small, "two")
    batches = ingest.plan_batches(small)
    read_really = Sandbox.read_text

    def another_first(self: Sandbox, path: Path, **more: Any) -> Any:
        monkeypatch.setattr(Sandbox, "read_text", read_really)
        for batch in batches:
            assert ingest.read_batch(small, batch) == 2
        assert ingest.stage_read(small, "one") == 2
        if outcome == "failed":
            raise OSError("this machine is busy")
        return read_really(self, path, **more)

    monkeypatch.setattr(Sandbox, "read_text", another_first)
    for batch in batches:
        assert ingest.read_batch(small, batch) == 0
    assert Ledger(small.ledger_url or "").documents_by_state() == {"staged": 2}
    assert ingest.stage_read(small, "two") == 0
    assert ingest.close(small, "one")["loaded"] == 2
    assert ingest.close(small, "two") == {"seen": 2, "loaded": 0, "unchanged": 2, "refused": 0, "failed": 0}


def test_a09_documents_whose_rows_are_lost_are_read_again_and_never_silently_missing(small: Settings) -> None:
    read_all(small)
    ingest.stage_read(small, "one")
    with duckdb.connect(str(small.build_db)) as build:
        before = build.execute("SELECT * FROM raw.targets ORDER BY ALL").fetchall()
    small.build_db.unlink()
    with pytest.raises(BuildError, match="2 staged documents are not in the build database"):
        build_marts(small)
    see(small, "two")
    read_all(small)
    assert ingest.stage_read(small, "two") == 2
    assert ingest.close(small, "two") == {"seen": 2, "loaded": 2, "unchanged": 0, "refused": 0, "failed": 0}
    with duckdb.connect(str(small.build_db)) as build:
        assert build.execute("SELECT * FROM raw.targets ORDER BY ALL").fetchall() == before


def test_a09_planning_does_not_wait_for_a_writer_to_look_for_lost_rows(small: Settings) -> None:
    read_all(small)
    ingest.stage_read(small, "one")
    with hold_lock(small.home / "writer.lock", 0):
        assert ingest.plan_batches(small) == []
        with pytest.raises(LockedError), staging.open_warehouse(small.model_copy(update={"writer_wait_seconds": 0})):
            pass
