"""A home is backed up and restored, twice, on both kinds of databases; the next night knows everything (a38)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from native import Cluster
from own_postgres import find_postgres
from sqlalchemy import create_engine, inspect, text

from extract.jobs import backup
from extract.jobs.backup import KEPT_MOMENTS, BackupError, back_up, restore
from extract.jobs.publish import list_releases, publish
from extract.ledger import OUTCOMES, Ledger
from extract.locks import LockedError, hold_lock, hold_writer
from extract.releases.query import ask
from extract.settings import PROJECT, Settings

FIXTURES = PROJECT / "tests/fixtures"
MARTS = (
    "CREATE SCHEMA marts",
    "CREATE TABLE marts.dim_documents AS SELECT 1 AS document_key",
    "CREATE TABLE marts.releases (release_id varchar, published_at timestamp, source_documents integer, "
    "row_counts varchar, checksum varchar)",
)
Night = Callable[[Settings, Path, str], None]
Make = Callable[..., Settings]


@pytest.fixture(params=["one machine", "compose", "compose, warehouse on PostgreSQL"])
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Settings on an empty home and, as in compose, empty databases for the ledger, and for the warehouse."""
    database = request.getfixturevalue("make_database") if request.param.startswith("compose") else None
    needs_program = "PostgreSQL" in request.param
    if not needs_program:
        monkeypatch.setattr(backup, "_run_program", None)  # nor is it needed
    elif not (shutil.which("pg_dump") or list(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))):
        pytest.skip("pg_dump is not installed")

    def settings(name: str) -> Settings:
        urls = {"ledger_url": database()} if database else {}
        if database and needs_program:
            urls["warehouse_url"] = database()
        return Settings(home=tmp_path / name, settle_seconds=0, reader="pdfium", writer_wait_seconds=1, **urls)

    return settings


def change(settings: Settings, *statements: str) -> None:
    engine = create_engine(settings.warehouse_url or "")
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def tables_of(settings: Settings) -> dict[str, list[Any]]:
    """Every row of every table of ledger and build, sorted."""
    found = {}
    for url in (settings.ledger_url, settings.warehouse_url):
        engine = create_engine(url or "")
        with engine.connect() as connection:
            schemas = [one for one in inspect(connection).get_schema_names() if one not in ("information_schema",)]
            for schema in [one for one in schemas if not one.startswith(("pg_", "system", "temp"))]:
                for table in inspect(connection).get_table_names(schema=schema):
                    place = f'"{schema}"."{table}"' if "." not in schema else f"{schema}.{table}"
                    rows = connection.execute(text(f"SELECT * FROM {place}")).all()
                    found[f"{engine.dialect.name} {schema.rpartition('.')[2]}.{table}"] = sorted(map(repr, rows))
        engine.dispose()
    return found


def counts(settings: Settings) -> dict[str, Any]:
    last = Ledger(settings.ledger_url or "").last_run()
    assert last is not None
    return {name: last[name] for name in ("seen", *OUTCOMES)}


def test_a38_a_home_comes_back_as_it_was_twice_and_the_next_night_says_unchanged(
    make: Make, night: Night, tmp_path: Path
) -> None:
    inbox, target = tmp_path / "inbox", tmp_path / "backup"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    first = make("first")
    night(first, inbox, "night-1")
    change(first, *MARTS)
    publish(first)
    back_up(first, target)
    shutil.copy(FIXTURES / "d02_typst_sichuan.pdf", inbox)  # the second backup holds what came after the first
    night(first, inbox, "night-2")
    change(first, "INSERT INTO marts.dim_documents VALUES (2)")
    publish(first)
    made = back_up(first, target)
    assert made["documents"] == 3
    assert len(list((target / "archive").rglob("*.pdf"))) == 3

    again = make("again")
    restore(again, target)
    assert tables_of(again) == tables_of(first)
    assert list_releases(again) == list_releases(first)
    assert [row["document_key"] for row in ask(again, "SELECT * FROM dim_documents ORDER BY 1")[1]] == [1, 2]
    night(again, inbox, "night-3")
    assert counts(again) == {"seen": 3, "loaded": 0, "unchanged": 3, "refused": 0, "failed": 0}
    back_up(again, target)  # a restored home is backed up as any other
    third = make("third")
    restore(third, target)
    assert tables_of(third) == tables_of(again)


def test_a38_nothing_that_is_there_is_overwritten(make: Make, night: Night, tmp_path: Path) -> None:
    inbox, target = tmp_path / "inbox", tmp_path / "backup"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    settings = make("home")
    night(settings, inbox, "night-1")
    back_up(settings, target)
    before = tables_of(settings)
    with pytest.raises(BackupError, match=r"is not empty|is there already"):
        restore(settings, target)
    assert tables_of(settings) == before


def test_a38_a_backup_waits_for_a_run_and_for_a_writer_and_says_for_whom(
    settings: Settings, night: Night, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    quick = settings.model_copy(update={"writer_wait_seconds": 0, "reader": "pdfium"})
    night(quick, inbox, "night-1")
    with hold_lock(quick.home / "run.lock", 0), pytest.raises(LockedError, match=r"run\.lock"):
        back_up(quick, tmp_path / "backup")
    with hold_writer(quick), pytest.raises(LockedError, match=r"writer\.lock"):
        back_up(quick, tmp_path / "backup")
    assert not (tmp_path / "backup/latest").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from extract.jobs import backup
from extract.settings import Settings
backup._swap_link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
backup.back_up(Settings(home=Path(sys.argv[1])), Path(sys.argv[2]))
"""


def test_a38_a_backup_that_is_killed_leaves_the_one_before(settings: Settings, night: Night, tmp_path: Path) -> None:
    inbox, target = tmp_path / "inbox", tmp_path / "backup"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    night(settings, inbox, "night-1")
    first = back_up(settings, target)
    done = subprocess.run([sys.executable, "-c", KILLED, str(settings.home), str(target)], check=False)
    assert done.returncode < 0
    fresh = Settings(home=tmp_path / "fresh")
    assert restore(fresh, target) == first
    for _ in range(KEPT_MOMENTS + 1):
        back_up(settings, target)
    assert len(list((target / "moments").iterdir())) == KEPT_MOMENTS


def test_a38_all_of_a_backup_is_on_the_disk_before_it_is_the_latest(
    settings: Settings, night: Night, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut then leaves this backup or the one before."""
    inbox, target = tmp_path / "inbox", tmp_path / "backup"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    night(settings.model_copy(update={"reader": "pdfium"}), inbox, "night-1")
    change(settings, *MARTS)
    publish(settings)
    synced: set[int] = set()
    really, point = os.fsync, backup._swap_link

    def sync(descriptor: int) -> None:
        really(descriptor)
        synced.add(os.fstat(descriptor).st_ino)

    def look_and_point(link: Path, moment: Path) -> None:
        made = [target / "moments", *(target / "archive").rglob("*"), *(target / moment).rglob("*")]
        assert {path.suffix for path in made} >= {".pdf", ".duckdb", ".json"}
        assert [path for path in made if path.stat().st_ino not in synced] == []
        point(link, moment)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(backup, "_swap_link", look_and_point)
    back_up(settings, target)
    assert (target / "latest" / "backup.json").exists()


def test_a38_what_is_no_backup_or_of_another_kind_is_refused(settings: Settings, night: Night, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="nothing to back up"):
        back_up(settings, tmp_path / "backup")
    with pytest.raises(BackupError, match="holds no whole backup"):
        restore(settings, tmp_path)
    inbox = tmp_path / "inbox"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    night(settings, inbox, "night-1")
    with pytest.raises(BackupError, match="name another folder"):
        back_up(settings, settings.home / "backup")
    back_up(settings, tmp_path / "backup")
    other = Settings(home=tmp_path / "other", warehouse_url="postgresql+psycopg2://nobody@127.0.0.1:9/none")
    with pytest.raises(BackupError, match="is a duckdb database"):
        restore(other, tmp_path / "backup")


def test_a38_a_ledger_moves_from_a_file_to_postgresql_and_back_and_goes_on_counting(
    settings: Settings, night: Night, tmp_path: Path, make_database: Callable[[], str]
) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    night(settings, inbox, "night-1")
    back_up(settings, tmp_path / "one")
    kept = (tmp_path / "one/latest/ledger").read_bytes()
    moved = Settings(home=tmp_path / "moved", ledger_url=make_database(), settle_seconds=0)
    restore(moved, tmp_path / "one")
    assert (tmp_path / "one/latest/ledger").read_bytes() == kept
    night(moved, inbox, "night-2")
    assert counts(moved) == {"seen": 2, "loaded": 0, "unchanged": 2, "refused": 0, "failed": 0}
    back_up(moved, tmp_path / "two")
    back = Settings(home=tmp_path / "back", settle_seconds=0)
    restore(back, tmp_path / "two")
    assert [row["run_id"] for row in Ledger(back.ledger_url or "").recent_runs(9)] == ["night-1", "night-2"]


def recreate_databases(cluster: Cluster) -> None:
    """Drop the two databases, and create them as deploy/databases.sh does."""
    server = create_engine(cluster.url("postgres"), isolation_level="AUTOCOMMIT")
    script = (PROJECT / "deploy/databases.sh").read_text(encoding="utf-8")
    made = re.findall(r"^((?:CREATE DATABASE (?:ledger|warehouse)|REVOKE|GRANT CONNECT).*);$", script, re.M)
    with server.connect() as connection:
        for statement in (*(f"DROP DATABASE {name} WITH (FORCE)" for name in ("ledger", "warehouse")), *made):
            connection.execute(text(statement))
    server.dispose()


def test_a38_the_commands_of_compose_back_up_and_restore_as_the_roles_that_it_has(night: Night, tmp_path: Path) -> None:
    """docker-compose.yml's own environment, databases and roles: none of those that work here is a superuser."""
    if find_postgres() is None:
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster(tmp_path / "cluster", {"JIXIAO_STORE_URL": "", "S3_ENDPOINT": ""})
    try:
        cluster.start_postgres()
        inbox, target = tmp_path / "inbox", tmp_path / "backup"
        shutil.copytree(PROJECT / "demo/publications", inbox)

        def type_in(machine: str, *words: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "extract", *words]
            environment = cluster.environment("worker", machine)
            return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

        def settings_of(machine: str) -> Settings:
            cluster.prepare(machine)
            urls = {"ledger_url": cluster.url("ledger"), "warehouse_url": cluster.url("warehouse")}
            return Settings(home=cluster.folder / machine / "home", settle_seconds=0, reader="pdfium", **urls)

        first = settings_of("worker-1")
        night(first, inbox, "night-1")
        change(first, *MARTS)
        publish(first)
        for _ in range(2):
            done = type_in("worker-1", "backup", str(target))
            assert done.returncode == 0, done.stderr
        before = tables_of(first)
        recreate_databases(cluster)
        second = settings_of("worker-2")
        done = type_in("worker-2", "restore", str(target))
        assert done.returncode == 0, done.stderr
        assert tables_of(second) == before
        done = type_in(
            "worker-2", "sql", "--format", "jsonl", "SELECT count(*) AS n, session_user AS who FROM dim_documents"
        )
        assert (done.returncode, json.loads(done.stdout or "{}")) == (0, {"n": 1, "who": "questions"}), done.stderr
        night(second, inbox, "night-2")
        assert counts(second) == {"seen": 2, "loaded": 0, "unchanged": 2, "refused": 0, "failed": 0}
    finally:
        cluster.stop()
