"""A home is backed up and restored, twice, on both kinds of databases; the next night knows everything (a38)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

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


@pytest.fixture(params=["duckdb", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Settings on an empty home and, as in compose, empty databases for ledger and warehouse."""
    database = request.getfixturevalue("make_database") if request.param == "postgresql" else None
    if database and not (shutil.which("pg_dump") or list(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"))):
        pytest.skip("pg_dump is not installed")

    def settings(name: str) -> Settings:
        urls = {"ledger_url": database(), "warehouse_url": database()} if database else {}
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
backup._point = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
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
    other = Settings(home=tmp_path / "other", ledger_url="postgresql+psycopg2://nobody@127.0.0.1:9/none")
    with pytest.raises(BackupError, match="is of sqlite"):
        restore(other, tmp_path / "backup")
    assert make_url(other.ledger_url or "").database == "none"
