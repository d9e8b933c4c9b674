"""What publishers should have published, and what was seen and not loaded: staged from publisher files and ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from extract.entities import LandedPdf, Landing, Publication
from extract.errors import Reason, Refused
from extract.ledger import Ledger
from extract.ledger.tables import runs
from extract.settings import Settings
from extract.warehouse import build_schema, raw_schema
from extract.warehouse.build import build_marts
from extract.warehouse.coverage import stage_coverage
from extract.warehouse.fingerprints import built_inputs, fingerprint_inputs
from extract.warehouse.partitions import plan_build
from extract.warehouse.staging import open_warehouse

OFFICE = """
name: 示例局
region_code: "440400"
source: {kind: folder}
season: {start: "01-15", end: "03-31"}
expected: {target: 1, self_evaluation: 1}
"""
WINTER = """
name: 冬季局
source: {kind: folder}
season: {start: "11-20", end: "02-10"}
expected: {target: 2}
document_kind: target
"""
Rows = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Three publisher files: two offices and an inbox; one night's run in November 2026."""
    folder = tmp_path / "publishers"
    folder.mkdir()
    (folder / "office.yml").write_text(OFFICE, encoding="utf-8")
    (folder / "winter.yml").write_text(WINTER, encoding="utf-8")
    (folder / "inbox.yml").write_text("source: {kind: folder}\n", encoding="utf-8")
    settings = Settings(home=tmp_path / "var", publishers_dir=folder)
    start(settings, "night", datetime(2026, 11, 5, tzinfo=UTC))
    return settings


def start(settings: Settings, run_id: str, at: datetime) -> None:
    ledger = Ledger(settings.ledger_url or "")
    ledger.start_run(run_id)
    with ledger.engine.begin() as connection:
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(started_at=at.replace(tzinfo=None)))


def see(settings: Settings, run_id: str, publisher: str, name: str, refusal: Refused | None, *, bytes_: bool) -> str:
    """A publication that a run saw: with bytes or without, refused or not read yet."""
    ledger = Ledger(settings.ledger_url or "")
    publication = Publication(publisher, f"https://example.org/{name}.pdf")
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    ledger.sight(run_id, [publication])
    landed = LandedPdf(sha256, Path(name), 1, datetime(2026, 11, 5, tzinfo=UTC)) if bytes_ else None
    ledger.note_landings(run_id, [Landing(publication, landed=landed, error=None if bytes_ else refusal)])
    if bytes_ and refusal is not None:
        ledger.note_unread(sha256, "1", refusal)
    return sha256


def staged(settings: Settings, table: Any) -> list[dict[str, Any]]:
    with open_warehouse(settings) as engine:
        stage_coverage(engine, settings)
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(table).order_by(*table.columns)).mappings()]


def load(settings: Settings, publisher: str, year: int, **more: str) -> None:
    with open_warehouse(settings) as engine, engine.begin() as connection:
        texts = dict.fromkeys((column.name for column in raw_schema.documents.columns if not column.nullable), "x")
        numbers = {"part_no": 1, "fiscal_year": year, "page_count": 1, "record_count": 0, "reader_count": 2}
        row = texts | numbers | {"publisher_code": publisher, "first_seen_at": datetime(2024, 1, 1)} | more  # noqa: DTZ001
        connection.execute(insert(raw_schema.documents), row)


REFUSAL = Refused(Reason.NOT_PDF, "expected %PDF, found <html>")


def test_plans_are_due_in_their_year_and_reports_in_the_next(home: Settings) -> None:
    rows = staged(home, raw_schema.expected_publications)
    assert [(r["publisher_code"], r["document_kind"], r["fiscal_year"], r["due_on"]) for r in rows] == [
        ("office", "self_evaluation", 2025, date(2026, 3, 31)),
        ("office", "target", 2026, date(2026, 3, 31)),
        ("winter", "target", 2026, date(2026, 2, 10)),
    ]


def test_a_season_over_the_new_year_is_of_the_year_that_it_ends_in(home: Settings) -> None:
    start(home, "later", datetime(2026, 11, 20, tzinfo=UTC))
    winter = [r for r in staged(home, raw_schema.expected_publications) if r["publisher_code"] == "winter"]
    assert [(r["fiscal_year"], r["due_on"], r["as_of"]) for r in winter] == [
        (2027, date(2027, 2, 10), date(2026, 11, 20)),
    ]


def test_every_year_since_the_first_loaded_one_is_expected(home: Settings) -> None:
    load(home, "office", 2024)
    rows = [r for r in staged(home, raw_schema.expected_publications) if r["publisher_code"] == "office"]
    assert [r["fiscal_year"] for r in rows if r["document_kind"] == "target"] == [2024, 2025, 2026]
    assert [r["fiscal_year"] for r in rows if r["document_kind"] == "self_evaluation"] == [2024, 2025]


def test_what_was_not_loaded_has_neither_year_nor_kind_unless_the_publisher_file_says_it(home: Settings) -> None:
    see(home, "night", "office", "示例局2026年绩效目标", REFUSAL, bytes_=True)
    see(home, "night", "winter", "page", REFUSAL, bytes_=False)
    see(home, "night", "inbox", "unread", None, bytes_=True)
    rows = staged(home, raw_schema.unloaded_publications)
    found = {(r["publisher_code"], r["document_kind"], r["state"], r["reason"]) for r in rows}
    assert found == {("office", None, "refused", "not_pdf"), ("winter", "target", "refused", "not_pdf")} | {
        (None, None, "waiting", None)
    }
    assert {r["fiscal_year"] for r in rows} == {None}


def test_what_a_person_dropped_or_a_newer_run_no_longer_sees_is_not_counted(home: Settings) -> None:
    sha256 = see(home, "night", "office", "none of ours", REFUSAL, bytes_=True)
    see(home, "night", "winter", "page", REFUSAL, bytes_=False)
    Ledger(home.ledger_url or "").decide(sha256, "drop", "someone", "an advertisement")
    start(home, "next", datetime(2026, 11, 6, tzinfo=UTC))
    see(home, "next", "winter", "another", REFUSAL, bytes_=False)
    assert [r["source_url"] for r in staged(home, raw_schema.unloaded_publications)] == [
        "https://example.org/another.pdf"
    ]


def test_staging_again_gives_the_same_rows(home: Settings) -> None:
    see(home, "night", "office", "page", REFUSAL, bytes_=True)
    for table in (raw_schema.publishers, raw_schema.expected_publications, raw_schema.unloaded_publications):
        assert staged(home, table) == staged(home, table) != []


def test_a_publisher_without_documents_is_built_every_time_and_once_more_when_its_file_is_gone(home: Settings) -> None:
    load(home, "office", 2025)
    assert [row["publisher_code"] for row in staged(home, build_schema.changed_partitions)] == ["winter"]
    (home.publishers_dir / "winter.yml").unlink()
    with open_warehouse(home) as engine:
        plan_build(engine, "rules", full=False)
        stage_coverage(engine, home)
        with engine.connect() as connection:
            codes = set(connection.scalars(select(build_schema.changed_partitions.c.publisher_code)))
    assert "winter" in codes


def test_a_parent_that_no_file_names_and_nothing_is_loaded_of_is_a_publisher_too(home: Settings) -> None:
    (home.publishers_dir / "branch.yml").write_text("name: 示例局分局\nparent: office\n", encoding="utf-8")
    load(home, "某站", 2025, parent_code="某局", parent_name="某局")
    rows = {row["publisher_code"]: row["parent_code"] for row in staged(home, raw_schema.publishers)}
    assert rows == {"branch": "office", "office": None, "winter": None, "某局": None}
    assert "某局" in {row["publisher_code"] for row in staged(home, build_schema.changed_partitions)}


def test_columns_that_an_earlier_version_did_not_have_are_added(home: Settings) -> None:
    load(home, "office", 2025)
    with open_warehouse(home) as engine, engine.begin() as connection:
        for column in raw_schema.ADDED:
            connection.execute(text(f"ALTER TABLE raw.{column.table.name} DROP COLUMN {column.name}"))
    (row,) = staged(home, raw_schema.documents)
    assert (row["publisher_code"], row["parent_code"], row["parent_name"]) == ("office", None, None)


def test_a_night_with_refusals_only_is_another_input_and_a_quiet_one_is_not(home: Settings) -> None:
    quiet = fingerprint_inputs(home)
    start(home, "next", datetime(2026, 11, 6, tzinfo=UTC))
    assert fingerprint_inputs(home) == quiet
    see(home, "next", "office", "page", REFUSAL, bytes_=True)
    assert fingerprint_inputs(home) != quiet


@pytest.mark.parametrize(
    ("day", "as_of"),
    [
        ("2027-02-10", date(2027, 1, 15)),  # the last day of winter's season
        ("2027-02-11", date(2027, 2, 11)),  # late from here on
        ("2027-03-31", date(2027, 2, 11)),
        ("2027-04-01", date(2027, 4, 1)),
    ],
)
def test_only_a_day_on_which_something_begins_or_becomes_late_changes_the_rows(
    home: Settings, day: str, as_of: date
) -> None:
    start(home, "later", datetime.fromisoformat(f"{day}T00:00:00+08:00").astimezone(UTC))
    assert {r["as_of"] for r in staged(home, raw_schema.expected_publications)} == {as_of}


def test_what_arrives_while_a_build_runs_is_not_in_the_inputs_of_its_release(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint_inputs(home)

    def run_dbt(settings: Settings, *_: str, changed_only: bool) -> dict[str, int]:
        see(settings, "night", "office", "meanwhile", REFUSAL, bytes_=True)
        return {"success": 1}

    monkeypatch.setattr("extract.warehouse.build.run_dbt", run_dbt)
    build_marts(home)
    assert built_inputs(home) == before != fingerprint_inputs(home)
