from __future__ import annotations

import multiprocessing
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from extract.entities import LandedPdf, Publication
from extract.errors import LedgerError, Reason, Refused
from extract.ledger import Ledger
from extract.ledger.schema import HEAD, MIGRATIONS
from extract.ledger.tables import metadata

SHA = "ab" * 32


def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


def shape(engine: object) -> dict[str, set[tuple[str, str]]]:
    found = inspect(engine)
    return {
        table: {(column["name"], str(column["type"])) for column in found.get_columns(table)}  # type: ignore[union-attr]
        for table in found.get_table_names()  # type: ignore[union-attr]
        if table != "alembic_version"
    }


def test_the_migrations_give_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    migrated = Ledger(url(tmp_path)).engine
    created = create_engine("sqlite://")
    metadata.create_all(created)
    assert shape(migrated) == shape(created)


def test_the_newest_migration_is_the_one_that_the_code_looks_for() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_a_ledger_from_before_the_migrations_keeps_its_rows(tmp_path: Path) -> None:
    engine = create_engine(url(tmp_path))
    with engine.begin() as connection:
        for statement in OLD_LEDGER.split(";"):
            connection.execute(text(statement))
    ledger = Ledger(url(tmp_path))
    assert ledger.last_run() is not None
    assert ledger.document(SHA)["state"] == "staged"
    ledger.start_run("second")
    ledger.sight("second", [Publication("a", "http://a/x.pdf"), Publication("b", "http://a/x.pdf")])
    assert len(ledger.unlanded("second")) == 2, "two publishers may link to one address"


OLD_LEDGER = """
CREATE TABLE runs (run_id VARCHAR(250) PRIMARY KEY, started_at DATETIME NOT NULL, finished_at DATETIME, seen INTEGER,
  loaded INTEGER, unchanged INTEGER, refused INTEGER, failed INTEGER);
CREATE TABLE sightings (sighting_id INTEGER PRIMARY KEY, run_id VARCHAR(250) NOT NULL, publisher VARCHAR NOT NULL,
  url VARCHAR NOT NULL, title VARCHAR, printed_on DATE, listing VARCHAR, seen_at DATETIME NOT NULL, sha256 VARCHAR(64),
  outcome VARCHAR, reason VARCHAR, detail TEXT, UNIQUE (run_id, url));
CREATE TABLE documents (sha256 VARCHAR(64) PRIMARY KEY, size INTEGER NOT NULL, state VARCHAR NOT NULL,
  publisher VARCHAR NOT NULL, first_url VARCHAR NOT NULL, title VARCHAR, printed_on DATE,
  first_seen_at DATETIME NOT NULL, reader_version VARCHAR, reason VARCHAR, page INTEGER, detail TEXT,
  staged_run VARCHAR(250), staged_at DATETIME);
CREATE TABLE attempts (attempt_id INTEGER PRIMARY KEY, sha256 VARCHAR(64) NOT NULL, ended_at DATETIME NOT NULL,
  outcome VARCHAR NOT NULL, reader_version VARCHAR NOT NULL, reason VARCHAR, page INTEGER, detail TEXT);
CREATE TABLE releases (release_id VARCHAR PRIMARY KEY, published_at DATETIME NOT NULL,
  source_documents INTEGER NOT NULL, row_counts TEXT NOT NULL, checksum VARCHAR NOT NULL, inputs VARCHAR NOT NULL);
INSERT INTO runs VALUES ('first', '2026-01-01 00:00:00', '2026-01-01 00:01:00', 1, 1, 0, 0, 0);
INSERT INTO documents (sha256, size, state, publisher, first_url, first_seen_at)
  VALUES ('SHA', 10, 'staged', 'inbox', 'file:///a.pdf', '2026-01-01 00:00:00')
""".replace("SHA", SHA)


def test_a_ledger_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Ledger(url(tmp_path)).engine.dispose()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="9999"):
        Ledger(url(tmp_path))


def open_ledger(address: str) -> int:
    ledger = Ledger(address)
    ledger.start_run("night")
    return len(inspect(ledger.engine).get_table_names())


def test_workers_that_start_at_once_migrate_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = set(pool.map(open_ledger, [url(tmp_path)] * 8))
    assert found == {len(metadata.tables) + 1}


def test_the_database_itself_refuses_counts_that_do_not_add_up(tmp_path: Path) -> None:
    ledger = Ledger(url(tmp_path))
    ledger.start_run("night")
    ledger.close_run("night")
    with pytest.raises(IntegrityError, match="counts_add_up"), ledger.engine.begin() as connection:
        connection.execute(text("UPDATE runs SET seen = 2, loaded = 1"))


@pytest.mark.parametrize("column", ["state", "reread"])
def test_the_database_itself_refuses_a_state_that_nobody_knows(tmp_path: Path, column: str) -> None:
    ledger = refused(tmp_path)
    with pytest.raises(IntegrityError, match=f"known_{column}"), ledger.engine.begin() as connection:
        connection.execute(text(f"UPDATE documents SET {column} = 'lost'"))


def refused(tmp_path: Path) -> Ledger:
    """A ledger with one refused document."""
    ledger = Ledger(url(tmp_path))
    ledger.start_run("night")
    publication = Publication("gz", "http://a/x.pdf")
    ledger.sight("night", [publication])
    ledger.note_landed("night", publication, LandedPdf(SHA, Path("unused"), 10, datetime(2026, 1, 1, tzinfo=UTC)))
    ledger.note_unread(SHA, "1", Refused(Reason.UNKNOWN_HEADER, "the header 指标数 is unknown", page=2))
    ledger.close_run("night")
    return ledger


def test_an_accepted_refusal_is_no_trouble_until_another_reader_looks_at_it(tmp_path: Path) -> None:
    ledger = refused(tmp_path)
    ledger.decide(SHA, "accept", "张三", "printed that way")
    assert ledger.troubled() == []
    assert ledger.to_read("1", 3) == []
    assert ledger.to_read("2", 3) == [(SHA, 1)]
    ledger.note_unread(SHA, "2", Refused(Reason.UNKNOWN_HEADER, "still"))
    assert len(ledger.troubled()) == 1
    assert [one["decided_by"] for one in ledger.history(SHA)["decisions"]] == ["张三"]


def test_a_dropped_document_is_never_read_again_and_still_counted_as_refused(tmp_path: Path) -> None:
    ledger = refused(tmp_path)
    ledger.decide(SHA, "drop", "张三", "no target table")
    assert ledger.to_read("2", 3) == []
    assert ledger.close_run("night")["refused"] == 1
    ledger.decide(SHA, "retry", "李四", "")
    assert ledger.to_read("1", 3) == [(SHA, 1)]


@pytest.mark.parametrize(
    ("action", "by", "why"),
    [("accept", "", "why"), ("accept", "张三", " "), ("drop", "张三", ""), ("load", "张三", "x")],
)
def test_a_decision_needs_a_name_and_a_reason_and_may_not_load(tmp_path: Path, action: str, by: str, why: str) -> None:
    with pytest.raises(LedgerError, match="expected"):
        refused(tmp_path).decide(SHA, action, by, why)


def test_a_loaded_document_cannot_be_decided_on(tmp_path: Path) -> None:
    ledger = refused(tmp_path)
    ledger.decide(SHA, "retry", "张三", "")
    ledger.note_read(SHA, "1")
    ledger.note_staged(SHA, "night")
    with pytest.raises(LedgerError, match="found staged"):
        ledger.decide(SHA, "drop", "张三", "late")


def test_a_document_is_found_by_the_beginning_of_its_hash(tmp_path: Path) -> None:
    ledger = refused(tmp_path)
    assert ledger.find_document("ABABAB") == SHA
    for wrong in ("ab", "cdcdcd", "xyzxyz"):
        with pytest.raises(LedgerError, match=wrong):
            ledger.find_document(wrong)


def test_a28_a_clock_that_is_set_back_does_not_change_which_run_is_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extract.ledger import runs

    ledger = Ledger(url(tmp_path))
    for run, moment in (("before", datetime(2026, 3, 1, 16, 30)), ("after", datetime(2026, 3, 1, 14, 30))):  # noqa: DTZ001
        monkeypatch.setattr(runs, "now", lambda moment=moment: moment)
        ledger.start_run(run)
        ledger.close_run(run)
    last = ledger.last_run()
    assert last is not None
    assert last["run_id"] == "after"


def test_a_date_that_another_place_prints_completes_the_document(tmp_path: Path) -> None:
    from datetime import date

    ledger = refused(tmp_path)
    dated = Publication("gz", "http://a/y.pdf", printed_on=date(2025, 2, 10))
    ledger.sight("night", [dated])
    ledger.note_landed("night", dated, LandedPdf(SHA, Path("unused"), 10, datetime(2026, 1, 2, tzinfo=UTC)))
    assert ledger.document(SHA)["printed_on"] == date(2025, 2, 10)
