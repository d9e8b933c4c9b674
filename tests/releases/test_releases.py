"""Releases beside each other: what changed, what is shared on disk, which is served, and what a full disk leaves."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import fsspec
import pytest

from extract.errors import LedgerError
from extract.jobs.publish import list_releases, publish, roll_back, unpin
from extract.ledger import Ledger
from extract.releases import model, parquet_files
from extract.releases.changes import load_keys
from extract.releases.model import ReleaseError
from extract.releases.query import QueryError, ask
from extract.releases.shelves import served_release
from extract.settings import PROJECT, Settings
from extract.warehouse.fingerprints import is_behind

FACTS = "CREATE TABLE marts.fct_project_budgets AS SELECT 2020 + n % 3 AS fiscal_year, 'b' || n AS budget_key, "


@pytest.fixture
def with_facts(built: Settings) -> Settings:
    change(built, FACTS + "n * 1.5 AS amount_yuan FROM range(30) AS t (n)")
    return built


def change(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.build_db)) as build:
        build.execute(statement)


def documents(settings: Settings, release_id: str | None = None) -> int:
    _, rows = ask(settings, "SELECT count(*) AS n FROM dim_documents", release_id)
    return int(next(iter(rows))["n"])


def served(settings: Settings) -> str:
    return str((served_release(settings) or {})["release_id"])


def test_what_a_release_changed_is_published_with_it_by_key(with_facts: Settings) -> None:
    first = publish(with_facts)
    assert first["changes"]["fct_project_budgets"] == {"added": 30, "changed": 0, "gone": 0}
    change(with_facts, "UPDATE marts.fct_project_budgets SET amount_yuan = -1 WHERE budget_key IN ('b1', 'b2')")
    change(with_facts, "DELETE FROM marts.fct_project_budgets WHERE budget_key = 'b3'")
    change(with_facts, "INSERT INTO marts.fct_project_budgets VALUES (2022, 'new', 1), (2022, 'newer', 1)")
    change(with_facts, "DROP TABLE marts.dim_documents")
    change(with_facts, "CREATE TABLE marts.dim_documents AS SELECT 5 AS document_key, 'x' AS title")
    release = publish(with_facts)
    written = json.loads((with_facts.current / "release.json").read_text(encoding="utf-8"))
    assert written["compared_with"] == first["release_id"]
    assert written["changes"] == release["changes"]
    _, rows = ask(with_facts, "SELECT * EXCLUDE (release_id, compared_with) FROM release_changes ORDER BY table_name")
    assert [tuple(row.values()) for row in rows] == [
        ("dim_documents", 3, 1, 0, 3, 1),
        ("fct_project_budgets", 30, 2, 2, 1, 31),
    ]


def test_a_column_that_only_one_release_has_makes_no_row_a_changed_one(with_facts: Settings) -> None:
    publish(with_facts)
    change(with_facts, "ALTER TABLE marts.fct_project_budgets ADD COLUMN note VARCHAR DEFAULT 'n'")
    assert publish(with_facts)["changes"]["fct_project_budgets"] == {"added": 0, "changed": 0, "gone": 0}


def test_a_table_that_is_gone_is_named_with_its_rows(with_facts: Settings) -> None:
    publish(with_facts)
    change(with_facts, "DROP TABLE marts.fct_project_budgets")
    assert publish(with_facts)["changes"]["fct_project_budgets"] == {"added": 0, "changed": 0, "gone": 30}


def test_every_mart_says_by_which_key_its_rows_are_known() -> None:
    marts = {path.stem for path in (PROJECT / "dbt_project/models/marts").glob("*.sql")}
    assert marts <= set(load_keys(PROJECT / "dbt_project"))


def test_parquet_files_that_did_not_change_are_the_files_of_the_release_before(with_facts: Settings) -> None:
    first = publish(with_facts)["release_id"]
    change(with_facts, "UPDATE marts.fct_project_budgets SET amount_yuan = -1 WHERE fiscal_year = 2021")
    second = publish(with_facts)["release_id"]
    places = [with_facts.releases / one / "parquet/fct_project_budgets" for one in (first, second)]
    shared = {
        year: (places[0] / f"fiscal_year={year}/data.parquet").samefile(places[1] / f"fiscal_year={year}/data.parquet")
        for year in (2020, 2021, 2022)
    }
    assert shared == {2020: True, 2021: False, 2022: True}
    everything = with_facts.current / "parquet/fct_project_budgets/**/*.parquet"
    assert duckdb.sql(f"SELECT count(*), min(fiscal_year) FROM '{everything}'").fetchall() == [(30, 2020)]


def test_the_manifest_holds_the_hash_of_every_file_of_data(with_facts: Settings) -> None:
    publish(with_facts)
    folder = with_facts.current.resolve()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    release = served_release(with_facts) or {}
    data = {name for name in files if not name.startswith(("report/", "docs/"))}  # pages can be written again
    assert set(release["files"]) == data - {"release.json"}
    for name, sha256 in release["files"].items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == sha256


def test_what_was_written_wrongly_is_found_before_anybody_sees_it(
    with_facts: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(with_facts)["release_id"]
    change(with_facts, "INSERT INTO marts.dim_documents VALUES (9)")

    def lose_rows(warehouse: duckdb.DuckDBPyConnection, table: str, _condition: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        warehouse.execute(f"COPY (SELECT * FROM \"{table}\" LIMIT 1) TO '{path}' (FORMAT parquet)")

    monkeypatch.setattr(parquet_files, "_write_file", lose_rows)
    with pytest.raises(ReleaseError, match="expected 4 rows, read back 1"):
        publish(with_facts)
    assert served(with_facts) == first
    assert [path.name for path in with_facts.releases.iterdir()] == [first]


def test_a05_files_that_cannot_be_written_leave_the_old_release_and_nothing_else(with_facts: Settings) -> None:
    first = publish(with_facts)["release_id"]
    change(with_facts, "CREATE TABLE marts.words AS SELECT md5(range::VARCHAR) AS word FROM range(100000)")
    full = f"""
import resource, signal
from pathlib import Path
from extract.jobs.publish import publish
from extract.settings import Settings
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))  # as a full disk: the kernel refuses to write more
publish(Settings(home=Path({str(with_facts.home)!r})))
"""
    done = subprocess.run([sys.executable, "-c", full], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "File too large" in done.stderr
    assert served(with_facts) == first
    assert [path.name for path in with_facts.releases.iterdir()] == [first]
    assert publish(with_facts)["published"]
    assert publish(with_facts)["served"]


def test_an_earlier_release_can_be_asked_by_the_beginning_of_its_name(built: Settings) -> None:
    first = publish(built)["release_id"]
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")
    publish(built)
    assert documents(built) == 4
    assert documents(built, first[:16]) == 3
    with pytest.raises(ReleaseError, match=f"kept are: {first}"):
        ask(built, "SELECT 1", "19990101")


def test_a_rollback_serves_the_release_before_and_no_night_undoes_it(built: Settings) -> None:
    first = publish(built)["release_id"]
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")
    publish(built)
    roll_back(built, None, "张三", "wrong amounts")
    assert (served(built), documents(built)) == (first, 3)
    again = publish(built)
    assert (again["published"], again["served"]) == (False, False), "the same rows again"
    change(built, "INSERT INTO marts.dim_documents VALUES (10)")
    newer = publish(built)
    assert (newer["published"], newer["served"]) == (True, False), "kept for the day when the pin ends"
    assert documents(built) == 3
    assert [(one["served"], one["pinned"]) for one in list_releases(built)] == [(False, False)] * 2 + [(True, True)]
    unpin(built, "李四")
    assert documents(built) == 5
    change(built, "INSERT INTO marts.dim_documents VALUES (11)")
    assert publish(built)["served"]


def test_a_rollback_is_written_down_with_person_and_reason(built: Settings) -> None:
    release = publish(built)["release_id"]
    with pytest.raises(LedgerError, match="reason"):
        roll_back(built, release, "张三", " ")
    roll_back(built, release, "张三", "wrong amounts")
    pin = Ledger(built.ledger_url or "").pin() or {}
    assert (pin["release_id"], pin["pinned_by"], pin["why"]) == (release, "张三", "wrong amounts")
    unpin(built, "李四")
    assert Ledger(built.ledger_url or "").pin() is None


def test_without_an_earlier_release_there_is_nothing_to_roll_back_to(built: Settings) -> None:
    publish(built)
    with pytest.raises(ReleaseError, match="no earlier release"):
        roll_back(built, None, "张三", "wrong amounts")


def test_a_pinned_release_outlives_those_that_are_kept_by_number(built: Settings) -> None:
    short = Settings(home=built.home, keep_releases=1)
    first = publish(short)["release_id"]
    roll_back(short, first, "张三", "the last good one")
    for n in range(3):
        change(built, f"INSERT INTO marts.dim_documents VALUES ({100 + n})")
        publish(short)
    assert [one["release_id"] for one in list_releases(short)][1:] == [first]
    assert documents(short) == 3


@pytest.mark.parametrize("moment", ["before the link is swapped", "before the release is noted"])
def test_a_publisher_killed_between_its_steps_is_finished_by_the_next(built: Settings, moment: str) -> None:
    publish(built)
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")
    target = "FolderShelf.serve" if "link" in moment else "Ledger.note_release"
    killed = f"""
import os
from pathlib import Path
from extract.ledger import Ledger
from extract.jobs.publish import publish
from extract.releases.folder_shelf import FolderShelf
from extract.settings import Settings
{target} = lambda self, release, note={target}: note(self, release) if {len(list_releases(built))} == len(
    self.kept() if hasattr(self, "kept") else FolderShelf(Settings(home=Path({str(built.home)!r}))).kept()
) else os._exit(9)
publish(Settings(home=Path({str(built.home)!r})))
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    again = publish(built)
    assert (again["published"], again["served"]) == (False, True)
    assert documents(built) == 4
    assert len(Ledger(built.ledger_url or "").releases()) == 2


def test_a_rollback_killed_in_between_is_finished_by_the_next_publish(built: Settings) -> None:
    first = publish(built)["release_id"]
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")
    publish(built)
    Ledger(built.ledger_url or "").pin_release(first, "张三", "killed before the swap")
    publish(built)
    assert served(built) == first


def test_a28_releases_follow_each_other_although_the_clock_was_set_back(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(built)
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")

    class Earlier(model.datetime):
        @classmethod
        def now(cls, tz: object = None) -> model.datetime:
            return super().now(tz) - timedelta(hours=2)  # type: ignore[arg-type]

    monkeypatch.setattr(model, "datetime", Earlier)
    second = publish(built)
    assert second["release_id"] > first["release_id"]
    assert served(built) == second["release_id"]
    assert not is_behind(built)


def bucket_of(settings: Settings) -> tuple[Settings, fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    files.store.clear()
    files.pseudo_dirs[:] = [""]
    return Settings(home=settings.home, releases_url="memory://bucket/jixiao", keep_releases=2), files


def pointer(files: fsspec.AbstractFileSystem) -> str:
    return str(json.loads(files.cat_file("/bucket/jixiao/current.json"))["release_id"])


def test_a_bucket_gets_the_served_release_whole_and_the_pointer_last(with_facts: Settings) -> None:
    mirrored, files = bucket_of(with_facts)
    first = publish(mirrored)
    folder = f"/bucket/jixiao/releases/{first['release_id']}"
    assert pointer(files) == first["release_id"]
    for name, sha256 in (served_release(mirrored) or {})["files"].items():
        if name.startswith("parquet/"):
            assert hashlib.sha256(files.cat_file(f"/bucket/jixiao/data/{sha256}.parquet")).hexdigest() == sha256
    assert json.loads(files.cat_file(f"{folder}/release.json"))["checksum"] == first["checksum"]
    for n in range(3):
        change(mirrored, f"INSERT INTO marts.dim_documents VALUES ({10 + n})")
        publish(mirrored)
    assert len(files.ls("/bucket/jixiao/releases", detail=False)) == 2
    roll_back(mirrored, None, "张三", "wrong amounts")
    assert pointer(files) == served(mirrored)


def test_a_bucket_gets_only_the_data_that_it_does_not_have_and_loses_what_no_release_needs(
    with_facts: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored, files = bucket_of(with_facts)
    put, uploaded = files.put_file, []
    monkeypatch.setattr(files, "put_file", lambda source, target: (uploaded.append(target), put(source, target)))

    def data() -> set[str]:
        return {name for name in uploaded if "/data/" in name}

    publish(mirrored)
    assert len(data()) == 6, "a mart, three years of another, and two tables about releases"
    uploaded.clear()
    change(mirrored, "UPDATE marts.fct_project_budgets SET amount_yuan = -1 WHERE fiscal_year = 2021")
    publish(mirrored)
    assert len(data()) == 3, "a year, and two tables about releases"
    change(mirrored, "UPDATE marts.fct_project_budgets SET amount_yuan = -2 WHERE fiscal_year = 2021")
    publish(mirrored)
    wanted = {sha256 for one in list_releases(mirrored) for sha256 in one["files"].values()}
    there = {name.rsplit("/", 1)[-1].removesuffix(".parquet") for name in files.ls("/bucket/jixiao/data", detail=False)}
    assert there <= wanted
    assert len(there) == 2 * 2 + 5


def test_the_views_of_a_mirrored_release_show_its_rows(with_facts: Settings, tmp_path: Path) -> None:
    mirrored = Settings(home=with_facts.home, releases_url=f"file://{tmp_path}/elsewhere")
    release = publish(mirrored)
    script = tmp_path / "elsewhere/releases" / release["release_id"] / "tables.sql"
    with duckdb.connect() as reader:
        reader.execute(script.read_text(encoding="utf-8"))
        assert reader.execute("SELECT count(*), sum(amount_yuan) FROM fct_project_budgets").fetchall() == [(30, 652.5)]
        assert reader.execute("SELECT release_id FROM releases").fetchall() == [(release["release_id"],)]


def test_a_bucket_that_fails_in_mid_upload_still_points_to_the_release_before(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrored, files = bucket_of(built)
    first = publish(mirrored)["release_id"]
    change(mirrored, "INSERT INTO marts.dim_documents VALUES (9)")
    put, calls = files.put_file, iter(range(100))

    def fail(source: str, target: str) -> None:
        if next(calls) == 2:
            raise OSError("connection lost")
        put(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(files, "put_file", fail)
        with pytest.raises(OSError, match="connection lost"):
            publish(mirrored)
    assert pointer(files) == first
    again = publish(mirrored)
    assert not again["published"], "here it was served already"
    assert pointer(files) == again["release_id"] != first


def test_a_query_that_takes_too_long_is_stopped(built: Settings) -> None:
    publish(built)
    with pytest.raises(QueryError, match=r"took longer than 1 s"):
        list(
            ask(
                Settings(home=built.home, sql_seconds=1), "SELECT count(*) FROM range(1e9::BIGINT), range(1e9::BIGINT)"
            )[1]
        )
