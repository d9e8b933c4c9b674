"""Every good fixture through both warehouses: the same models must give the same rows."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from extract.entities import (
    Box,
    Choice,
    Column,
    CrossCheck,
    DocumentKind,
    Held,
    Part,
    Printed,
    Question,
    QuestionKind,
    Reading,
    Record,
    Scope,
)
from extract.errors import Reason
from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.releases.query import ask
from extract.releases.shelves import served_release
from extract.report import write_night_report
from extract.report.release_queries import open_published
from extract.settings import PROJECT, Settings
from extract.warehouse.build import build_marts
from extract.warehouse.fingerprints import is_behind
from extract.warehouse.frames import Origin, make_frames
from extract.warehouse.staging import open_warehouse, stage_frames

pytestmark = pytest.mark.slow

FIXTURES = PROJECT / "tests/fixtures"
GOOD = sorted(
    path.with_suffix(".pdf")
    for path in FIXTURES.glob("*.json")
    if json.loads(path.read_text(encoding="utf-8")).get("expect") == "ok"
)


MADE = ("fct_department_targets", "yoy_department_targets", "held_back", "document_cross_checks")


def make_reading(year: int) -> Reading:
    """A sub-unit's document of one year: its own form, a project, one that waits for an answer, a check."""
    columns = (Column.PROJECT, Column.INDICATOR, Column.ANNUAL_VALUE)
    title = f"示例市公安局交通管理支队{year}年绩效目标"
    part = Part(1, title, "示例市公安局交通管理支队", year, DocumentKind.TARGET, columns, ("项目", "指标", "值"))
    box = Box(10.0, 20.0, 30.0, 40.0)

    def row(number: int, project_no: int, scope: Scope, value: str, **more: str) -> Record:
        texts = {"indicator": "查处违法行为数", "annual_value": value, "department": "示例市公安局", **more}
        cells = {Column(name): Printed(text, 1, box) for name, text in texts.items()}
        return Record(1, 1, 1, number, project_no, box, cells, {Column.AMOUNT: Decimal("1500.50")}, scope)

    question = Question("0" * 16, QuestionKind.AMOUNT, 2, "金额", (Choice("1", "1"), Choice("2", "2")))
    named = {"project": "车管业务经费", "amount": "1500.50"}
    records = (
        row(1, 1, Scope.PROJECT, "≥90件", **named),
        row(2, 2, Scope.DEPARTMENT, f"≥{year - 1925}件", amount="1500.50"),
        row(3, 2, Scope.DEPARTMENT, "≥95%", indicator="群众满意度"),
    )
    held = Held(Reason.CONSERVATION, 2, 2, "two amounts", "勤务经费", "大队", 1, 3, questions=(question,))
    check = CrossCheck("listed_amount", 2, 1, "车管业务经费", "1500.50", "1500.00", agrees=False)
    sha256 = hashlib.sha256(title.encode()).hexdigest()
    return Reading(sha256, 2, ("pdfium",), (part,), records, held=(held,), cross_checks=(check,))


def stage_made(settings: Settings, *years: int) -> None:
    """Stage what no fixture has: one department in some years, of a publisher whose projects name its parent."""
    with open_warehouse(settings) as engine:
        for year in years:
            reading = make_reading(year)
            origin = Origin(f"https://example.org/{year}.pdf", datetime(year, 3, 1))  # noqa: DTZ001 UTC
            stage_frames(engine, reading.sha256, make_frames(reading, origin, (), "1"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, make_database: Callable[..., str]) -> tuple[Settings, Settings]:
    """Two homes into which the same PDFs were read once and staged, built and published on each warehouse."""
    folder = tmp_path_factory.mktemp("both")
    inbox = folder / "inbox"
    inbox.mkdir()
    for path in GOOD:
        shutil.copy(path, inbox)
    # the readers' agreement is tested elsewhere: one is enough here
    on_duckdb = Settings(home=folder / "duckdb", settle_seconds=0, second_reader_share=0)
    assert ingest.discover(on_duckdb, "night", inbox=str(inbox)) == len(GOOD)
    ingest.land(on_duckdb, "night")
    for batch in ingest.plan_batches(on_duckdb):
        ingest.read_batch(on_duckdb, batch)
    shutil.copytree(on_duckdb.home, folder / "postgres", symlinks=True)
    on_postgres = Settings(home=folder / "postgres", settle_seconds=0, warehouse_url=make_database())
    for settings in (on_duckdb, on_postgres):
        assert ingest.stage_read(settings, "night") == len(GOOD)
        assert ingest.close(settings, "night")["loaded"] == len(GOOD)
        stage_made(settings, 2024, 2025)
        build_marts(settings)
        publish(settings)
    return on_duckdb, on_postgres


def rows_of(settings: Settings, table: str) -> Counter[tuple[Any, ...]]:
    columns, rows = ask(settings, f'SELECT * FROM "{table}"')
    return Counter(tuple((name, plain(row[name])) for name in columns) for row in rows)


def plain(value: Any) -> Any:
    """A decimal of another scale is the same number; everything else must be the same as it is."""
    return value.normalize() if isinstance(value, Decimal) and value else value


def compare_marts(on_duckdb: Settings, on_postgres: Settings) -> dict[str, int]:
    """Check that all marts have the same rows in both releases; return how many."""
    counts = [(served_release(settings) or {})["row_counts"] for settings in (on_duckdb, on_postgres)]
    assert counts[0] == counts[1]
    for table in counts[0]:
        here, there = rows_of(on_duckdb, table), rows_of(on_postgres, table)
        assert here == there, f"{table}: {list((here - there) | (there - here))[:4]}"
    return dict(counts[0])


def test_every_mart_has_the_same_rows_on_duckdb_and_on_postgresql(both: tuple[Settings, Settings]) -> None:
    counts = compare_marts(*both)
    models = {path.stem for path in (both[0].dbt_dir / "models/marts").glob("*.sql")}
    assert set(counts) == models - {"releases"}
    assert counts["fct_indicator_targets"] > 1000


def test_departments_questions_and_parents_are_in_both(both: tuple[Settings, Settings]) -> None:
    for settings in both:
        for table in MADE:
            assert rows_of(settings, table), table
        _, found = ask(
            settings,
            "SELECT prior_target_text, target_text, change_class FROM yoy_department_targets AS y "
            "JOIN dim_publishers AS p ON y.publisher_key = p.publisher_key "
            "WHERE p.publisher_name = '示例市公安局交通管理支队' ORDER BY target_text",
        )
        assert [tuple(row.values()) for row in found] == [
            ("≥99件", "≥100件", "raised"),
            ("≥95%", "≥95%", "unchanged"),
        ]
        _, parents = ask(
            settings,
            "SELECT part.publisher_name, whole.publisher_name AS parent FROM dim_publishers AS part "
            "JOIN dim_publishers AS whole ON part.parent_publisher_key = whole.publisher_key",
        )
        assert ("示例市公安局交通管理支队", "示例市公安局") in [tuple(row.values()) for row in parents]
        _, asked = ask(settings, "SELECT DISTINCT question_key, question_kind, question_text FROM held_back")
        assert ("0" * 16, "amount", "金额") in [tuple(row.values()) for row in asked]


def test_columns_and_their_descriptions_are_the_same_for_readers(both: tuple[Settings, Settings]) -> None:
    on_duckdb, on_postgres = both
    _, here = ask(on_duckdb, "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal")
    _, there = ask(
        on_postgres,
        "SELECT c.relname AS table_name, a.attname AS column_name, col_description(c.oid, a.attnum) AS comment "
        "FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE c.relnamespace = CAST('published' AS regnamespace)",
    )

    def found(rows: Iterator[dict[str, Any]]) -> set[tuple[Any, ...]]:
        return {tuple(row.values()) for row in rows}

    described = found(here)
    assert described == found(there)
    assert all(comment for _, _, comment in described)


QUESTIONS = (
    *("documents", "edition_changes", "project_changes", "target_changes", "change_classes", "copied_shares"),
    *("findings", "finding_counts", "document_findings"),
)


def test_the_report_asks_both_and_says_the_same(both: tuple[Settings, Settings]) -> None:
    found = []
    for settings in both:
        with open_published(settings, served_release(settings) or {}) as figures:
            answers = [getattr(figures, question)() for question in QUESTIONS]
            cell = next(row for row in figures.target_changes().rows if row["page"])
            answers.append(figures.facts_on([(cell["sha256"], cell["page"])])[cell["sha256"], cell["page"]])
        found.append([one if isinstance(one, list) else one.rows for one in answers])
    for question, here, there in zip((*QUESTIONS, "facts_on"), *found, strict=True):
        assert [plain_row(row) for row in here] == [plain_row(row) for row in there], question
        assert here, question


def plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: [plain_row(one) for one in value] if name == "cells" else plain(value) for name, value in row.items()}


def test_the_newest_page_on_postgresql_shows_the_release_and_leads_to_printed_cells(
    both: tuple[Settings, Settings],
) -> None:
    _, on_postgres = both
    page = write_night_report(on_postgres)
    text = page.read_text(encoding="utf-8")
    assert (served_release(on_postgres) or {})["release_id"] in text
    assert 'id="release"' in text
    links = re.findall(r'href="(documents/[0-9a-f]{16}\.html)#(c-[^"]+)"', text)
    assert links
    file, anchor = links[0]
    assert f'id="{anchor}"' in (page.parent / file).read_text(encoding="utf-8")


def test_a_second_night_on_postgresql_has_nothing_to_do(both: tuple[Settings, Settings]) -> None:
    _, on_postgres = both
    assert not is_behind(on_postgres)
    before = served_release(on_postgres)
    build_marts(on_postgres)
    again = publish(on_postgres)
    assert before is not None
    assert (again["published"], again["checksum"]) == (False, before["checksum"])


def test_no_password_of_the_warehouse_is_printed(both: tuple[Settings, Settings]) -> None:
    from extract.cli.app import _warehouse_of

    url = "postgresql+psycopg2://jixiao:geheim@db/warehouse"
    assert _warehouse_of(Settings(home=Path("/nowhere"), warehouse_url=url)) == (
        "postgresql+psycopg2://jixiao:***@db/warehouse, schema published"
    )


def test_a_build_of_changed_partitions_ends_in_the_same_rows_on_both(both: tuple[Settings, Settings]) -> None:
    before = (served_release(both[0]) or {})["row_counts"]
    for settings in both:
        stage_made(settings, 2026)
        build_marts(settings)
        publish(settings)
    counts = compare_marts(*both)
    added = {table: counts[table] - before[table] for table in ("dim_documents", "fct_indicator_targets")}
    assert added == {"dim_documents": 1, "fct_indicator_targets": 1}
