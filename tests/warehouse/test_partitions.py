"""Which partitions a build works on: decided by rows alone, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from extract.settings import Settings
from extract.warehouse import build_schema, raw_schema
from extract.warehouse.partitions import Plan, note_built, plan_build
from extract.warehouse.staging import open_warehouse

PART = {
    "title": "",
    "publisher_name": "",
    "fiscal_year": 2025,
    "document_kind": "target",
    "page_count": 1,
    "record_count": 1,
    "layout": "",
    "headers": "",
    "layout_fingerprint": "",
    "reader": "pdfium",
    "reader_count": 2,
    "reader_version": "1",
    "source_url": "",
    "first_seen_at": datetime(2025, 1, 1),  # noqa: DTZ001 raw holds naive UTC
}


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with open_warehouse(settings) as engine:
        yield engine


def stage(engine: Engine, sha256: str, *parts: tuple[str, str | None], rows: str = "1") -> None:
    """`parts`: publisher and region of each part; `rows`: what the fingerprint of its rows is."""
    remove(engine, sha256)
    with engine.begin() as connection:
        for number, (publisher, region) in enumerate(parts, start=1):
            place = {"sha256": sha256, "part_no": number, "publisher_code": publisher, "region_code": region}
            connection.execute(insert(raw_schema.documents), [PART | place])
        connection.execute(insert(raw_schema.document_fingerprints), [{"sha256": sha256, "rows_fingerprint": rows}])


def remove(engine: Engine, sha256: str) -> None:
    with engine.begin() as connection:
        for table in (raw_schema.documents, raw_schema.document_fingerprints):
            connection.execute(delete(table).where(table.c.sha256 == sha256))


def plan(engine: Engine, rules: str = "rules", *, full: bool = False) -> tuple[Plan, set[str], set[str]]:
    """The plan, its publishers and its documents."""
    planned = plan_build(engine, rules, full=full)
    with engine.connect() as connection:
        return (
            planned,
            set(connection.scalars(select(build_schema.changed_partitions.c.publisher_code))),
            set(connection.scalars(select(build_schema.changed_documents.c.sha256))),
        )


def build(engine: Engine) -> None:
    note_built(engine, plan(engine)[0], "inputs")


def test_the_first_build_is_full_and_a_quiet_night_after_it_builds_nothing(engine: Engine) -> None:
    stage(engine, "a", ("甲", "1"))
    first, publishers, documents = plan(engine)
    assert (first.is_full, publishers, documents) == (True, {"甲"}, {"a"})
    note_built(engine, first, "inputs")
    second, publishers, documents = plan(engine)
    assert (second.is_full, publishers, documents) == (False, set(), set())


def test_a_document_brings_the_publishers_of_its_region_and_no_others(engine: Engine) -> None:
    for sha256, publisher, region in (("a", "甲", "1"), ("b", "乙", "1"), ("c", "丙", "2"), ("d", "丁", None)):
        stage(engine, sha256, (publisher, region))
    build(engine)
    stage(engine, "e", ("甲", "1"))
    assert plan(engine)[1:] == ({"甲", "乙"}, {"a", "b", "e"})


def test_a_pdf_of_two_publishers_joins_their_partitions(engine: Engine) -> None:
    stage(engine, "a", ("甲", "1"), ("丁", None))
    stage(engine, "b", ("乙", "1"))
    stage(engine, "c", ("丙", "2"))
    build(engine)
    stage(engine, "d", ("丁", None))
    assert plan(engine)[1] == {"甲", "乙", "丁"}


def test_a_document_staged_again_with_the_same_rows_changes_nothing(engine: Engine) -> None:
    stage(engine, "a", ("甲", "1"))
    build(engine)
    stage(engine, "a", ("甲", "1"))
    assert plan(engine)[1] == set()
    stage(engine, "a", ("甲", "1"), rows="2")
    assert plan(engine)[1] == {"甲"}


def test_a_document_that_went_or_changed_its_publisher_touches_both_sides(engine: Engine) -> None:
    for sha256, publisher in (("a", "甲"), ("b", "乙"), ("c", "丙"), ("d", "丁")):
        stage(engine, sha256, (publisher, None))
    build(engine)
    remove(engine, "a")
    stage(engine, "b", ("丙", None))
    planned, publishers, documents = plan(engine)
    assert (publishers, documents) == ({"甲", "乙", "丙"}, {"b", "c"})
    note_built(engine, planned, "inputs")
    assert plan(engine)[1] == set()


def test_what_a_killed_build_worked_on_is_built_again_even_if_it_is_as_before(engine: Engine) -> None:
    for sha256, publisher in (("a", "甲"), ("b", "乙")):
        stage(engine, sha256, (publisher, None))
    build(engine)
    stage(engine, "a", ("甲", None), rows="2")
    stage(engine, "n", ("新", None))
    assert plan(engine)[1] == {"甲", "新"}  # and killed
    stage(engine, "a", ("甲", None))
    remove(engine, "n")
    assert plan(engine)[1] == {"甲", "新"}


def test_other_rules_a_killed_full_build_and_a_wish_build_everything(engine: Engine) -> None:
    stage(engine, "a", ("甲", "1"))
    build(engine)
    assert plan(engine, full=True)[0].is_full  # and killed
    assert plan(engine)[0].is_full
    build(engine)
    planned, publishers, _ = plan(engine, "other rules")
    assert (planned.is_full, publishers) == (True, {"甲"})


def test_a_document_staged_before_fingerprints_were_kept_counts_as_known_once_built(engine: Engine) -> None:
    stage(engine, "a", ("甲", "1"))
    with engine.begin() as connection:
        connection.execute(delete(raw_schema.document_fingerprints))
    build(engine)
    assert plan(engine)[1] == set()
    with engine.begin() as connection:
        connection.execute(update(build_schema.built_documents).values(rows_fingerprint="other"))
    assert plan(engine)[1] == {"甲"}
