from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, func, select

from extract.entities import Box, Column, DocumentKind, Finding, Part, Printed, Reading, Record
from extract.locks import LockedError, hold_lock
from extract.publishers import Publisher
from extract.settings import Settings
from extract.values import parse_target
from extract.warehouse import raw_columns, raw_schema
from extract.warehouse.frames import Origin, make_frames
from extract.warehouse.partitions import plan_build
from extract.warehouse.staging import open_warehouse, stage_frames, stage_target_values

ORIGIN = Origin("file:///inbox/2025.pdf", datetime(2026, 1, 1))  # noqa: DTZ001 - UTC without a zone, as the ledger keeps it
KNOWN = (Publisher(code="gaoxin", name="某区党群工作部", region_code="440400"),)
PART = Part(
    1,
    "某区党群工作部2025年预算项目绩效目标",
    "某区党群工作部",
    2025,
    DocumentKind.TARGET,
    (Column.UNIT, Column.PROJECT, Column.AMOUNT, Column.INDICATOR, Column.ANNUAL_VALUE),
    ("用款单位", "项目名称", "金额（元）", "三级指标", "年度指标值"),
)


def printed(text: str, page: int = 1) -> Printed:
    return Printed(text, page, Box(10.0, 20.125, 30.0, 40.0))


def record(project_no: int, project: str, target: str, amount: str = "0.30") -> Record:
    cells = {
        Column.UNIT: printed("102001-区党群工作部"),
        Column.PROJECT: printed(project),
        Column.AMOUNT: printed(amount),
        Column.INDICATOR: printed("111002106-开展项目数", page=2),
        Column.ANNUAL_VALUE: printed(target, page=2),
    }
    return Record(1, 1, 2, 1, project_no, Box(1, 2, 3, 4), cells, {Column.AMOUNT: Decimal(amount)})


def reading(*records: Record, sha256: str = "a" * 64) -> Reading:
    return Reading(sha256, 3, ("pdfium", "pdfplumber"), (PART,), records, (Finding("single_reader", "why", 2),))


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    with open_warehouse(settings) as engine:
        yield engine


def count(engine: Engine, name: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(raw_columns.metadata.tables[f"raw.{name}"])) or 0


def stage(engine: Engine, one: Reading) -> None:
    stage_frames(engine, one.sha256, make_frames(one, ORIGIN, KNOWN, "1"))


def test_a_project_with_two_indicators_is_staged_once_and_its_amount_exactly(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "≥7家"), record(1, "甲", "100%"), record(2, "乙", "3")))
    assert [count(engine, name) for name in ("documents", "projects", "amounts", "records", "targets", "findings")] == [
        1,
        2,
        2,
        3,
        3,
        1,
    ]
    with engine.connect() as connection:
        total = connection.scalar(select(func.sum(raw_schema.amounts.c.amount_yuan)))
        box = connection.execute(select(raw_schema.targets.c.page, raw_schema.targets.c.y0)).first()
    assert total == Decimal("0.60")
    assert box == (2, 20.125)


def test_a09_staging_again_replaces_and_never_doubles(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "≥7家"), record(2, "乙", "3")))
    stage(engine, reading(record(1, "甲", "≥8家")))
    stage(engine, reading(record(1, "丙", "1"), sha256="b" * 64))
    with engine.connect() as connection:
        assert sorted(connection.scalars(select(raw_schema.targets.c.target_text))) == ["1", "≥8家"]
    assert count(engine, "documents") == 2


def test_rows_without_a_fingerprint_or_without_a_part_are_replaced_too(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "≥7家")))
    with engine.begin() as connection:
        connection.execute(delete(raw_schema.document_fingerprints))
    stage(engine, reading(record(1, "甲", "≥8家")))
    undated = replace(reading(sha256="b" * 64), parts=(replace(PART, fiscal_year=0),))
    stage(engine, undated)
    stage(engine, undated)
    assert [count(engine, name) for name in ("documents", "targets", "findings", "document_fingerprints")] == [
        1,
        1,
        2,
        2,
    ]


@pytest.mark.parametrize("yuan", ["99999999999999999.99", "12345678901234567.89", "1E+3", "0.00", "-5.10"])
def test_an_amount_reaches_the_database_digit_for_digit(engine: Engine, yuan: str) -> None:
    stage(engine, reading(record(1, "甲", "1", amount=yuan)))
    with engine.connect() as connection:
        assert connection.scalar(select(raw_schema.amounts.c.amount_yuan)) == Decimal(yuan)


@pytest.mark.parametrize("text", ["≥12345678901234567家", "0.0000000001%", "3亿元"])
def test_a_target_reaches_the_database_digit_for_digit(engine: Engine, text: str) -> None:
    stage(engine, reading(record(1, "甲", text)))
    plan_build(engine, "rules")
    stage_target_values(engine)
    with engine.connect() as connection:
        assert connection.scalar(select(raw_schema.target_values.c.low)) == parse_target(text).low


@pytest.mark.parametrize(
    "hostile", ["'; DROP TABLE raw.targets; --", "{{ 7*7 }}", "=HYPERLINK(1)", "<script>", "\u202egnp", "%s:x"]
)
def test_a25_hostile_text_is_stored_as_it_is(engine: Engine, hostile: str) -> None:
    stage(engine, reading(record(1, hostile, hostile)))
    with engine.connect() as connection:
        assert connection.scalar(select(raw_schema.projects.c.project_text)) == hostile
        assert connection.scalar(select(raw_schema.targets.c.target_text)) == hostile


def test_a_failing_document_leaves_nothing_of_itself(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "≥7家")))
    frames = make_frames(reading(record(1, "乙", "1")), ORIGIN, KNOWN, "1")
    frames["findings"] = frames["findings"].assign(detail=None)
    with pytest.raises(Exception, match="NOT NULL"):
        stage_frames(engine, "a" * 64, frames)
    with engine.connect() as connection:
        assert list(connection.scalars(select(raw_schema.projects.c.project_text))) == ["甲"]


def test_a_publisher_without_a_file_goes_by_the_name_it_prints(engine: Engine) -> None:
    other = replace(reading(record(1, "甲", "1")), parts=(replace(PART, publisher="某市 教育局"),))
    stage(engine, other)
    with engine.connect() as connection:
        row = connection.execute(select(raw_schema.documents)).mappings().one()
    assert (row["publisher_code"], row["publisher_name"], row["region_code"]) == ("某市教育局", "某市 教育局", None)


def test_what_a_form_does_not_print_is_null_and_what_is_blank_is_not(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "")))
    with engine.connect() as connection:
        assert connection.scalar(select(raw_schema.targets.c.target_text)) == ""
        assert connection.scalar(select(raw_schema.projects.c.category_text)) is None


def test_distinct_texts_are_read_once_per_grammar(engine: Engine) -> None:
    stage(engine, reading(record(1, "甲", "≥7家"), record(1, "甲", "≥7家"), record(1, "甲", "每期2-3天")))
    plan_build(engine, "rules")
    assert stage_target_values(engine) == 2
    assert stage_target_values(engine) == 0
    with engine.connect() as connection:
        value = (
            connection.execute(select(raw_schema.target_values).where(raw_schema.target_values.c.target_text == "≥7家"))
            .mappings()
            .one()
        )
    assert (value["comparator"], value["low"], value["high"], value["measure_unit"]) == ("ge", Decimal(7), None, "家")


@pytest.mark.parametrize("text", ["9" * 30 + "家", "0.00000000001%"])
def test_a_number_that_the_column_cannot_hold_is_not_stored_rounded(engine: Engine, text: str) -> None:
    stage(engine, reading(record(1, "甲", text)))
    plan_build(engine, "rules")
    stage_target_values(engine)
    with engine.connect() as connection:
        value = connection.execute(select(raw_schema.target_values)).mappings().one()
    assert (value["target_text"], value["low"], value["is_suspect"]) == (text, None, True)


def test_a08_a_second_writer_waits_and_then_says_who_holds_the_warehouse(tmp_path: Path) -> None:
    lock = tmp_path / "writer.lock"
    with hold_lock(lock, 0), pytest.raises(LockedError, match="held by process"), hold_lock(lock, 0.1):
        pass
    with hold_lock(lock, 0):
        assert lock.exists()
