"""Every good fixture through both warehouses: the same models must give the same rows."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.releases.query import ask
from extract.releases.shelves import served_release
from extract.report import write_night_report
from extract.report.release_queries import open_published
from extract.settings import PROJECT, Settings
from extract.warehouse.build import build_marts
from extract.warehouse.fingerprints import is_behind

FIXTURES = PROJECT / "tests/fixtures"
GOOD = sorted(
    path.with_suffix(".pdf")
    for path in FIXTURES.glob("*.json")
    if json.loads(path.read_text(encoding="utf-8")).get("expect") == "ok"
)


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
        build_marts(settings)
        publish(settings)
    return on_duckdb, on_postgres


def rows_of(settings: Settings, table: str) -> Counter[tuple[Any, ...]]:
    columns, rows = ask(settings, f'SELECT * FROM "{table}"')
    return Counter(tuple((name, plain(row[name])) for name in columns) for row in rows)


def plain(value: Any) -> Any:
    """A decimal of another scale is the same number; everything else must be the same as it is."""
    return value.normalize() if isinstance(value, Decimal) and value else value


def test_every_mart_has_the_same_rows_on_duckdb_and_on_postgresql(both: tuple[Settings, Settings]) -> None:
    on_duckdb, on_postgres = both
    counts = [(served_release(settings) or {})["row_counts"] for settings in both]
    assert counts[0] == counts[1]
    models = {path.stem for path in (on_duckdb.dbt_dir / "models/marts").glob("*.sql")}
    assert set(counts[0]) == models - {"releases"}
    assert counts[0]["fct_indicator_targets"] > 1000
    for table in counts[0]:
        here, there = rows_of(on_duckdb, table), rows_of(on_postgres, table)
        assert here == there, f"{table}: {list((here - there) | (there - here))[:4]}"


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
