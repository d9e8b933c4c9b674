"""Convert a Reading to typed pandas frames, one per raw table that belongs to a document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from extract.entities import AMOUNT_KINDS, Box, Column, Held, Part, Printed, Reading, Record, Scope
from extract.publishers import Publisher, attribute_publisher, find_parent
from extract.text import fold_name
from extract.warehouse import raw_schema

HORIZONS = {
    Column.ANNUAL_VALUE: "annual",
    Column.CYCLE_VALUE: "cycle",
    Column.ADJUSTED_VALUE: "adjusted",
    Column.PRIOR_VALUE: "prior",
    Column.ACTUAL_VALUE: "actual",
}
PROJECT_TEXTS = {
    "unit_text": Column.UNIT,
    "department_text": Column.DEPARTMENT,
    "project_text": Column.PROJECT,
    "project_code_text": Column.PROJECT_CODE,
    "category_text": Column.CATEGORY,
    "overall_goal_text": Column.OVERALL_GOAL,
    "annual_goal_text": Column.ANNUAL_GOAL,
}
RECORD_TEXTS = {
    "level1_text": Column.LEVEL1,
    "level2_text": Column.LEVEL2,
    "indicator_text": Column.INDICATOR,
    "sign_text": Column.SIGN,
    "value_text": Column.VALUE,
    "measure_unit_text": Column.MEASURE_UNIT,
    "weight_text": Column.WEIGHT,
    "score_text": Column.SCORE,
    "actual_text": Column.ACTUAL_VALUE,
    "deviation_text": Column.DEVIATION,
}
DEPARTMENT_TEXTS = {
    "unit_text": Column.UNIT,
    "department_text": Column.DEPARTMENT,
    "overall_goal_text": Column.OVERALL_GOAL,
    "annual_goal_text": Column.ANNUAL_GOAL,
    "amount_text": Column.AMOUNT,
}
DEPARTMENT_RECORD_TEXTS = {
    "level1_text": Column.LEVEL1,
    "level2_text": Column.LEVEL2,
    "indicator_text": Column.INDICATOR,
    "weight_text": Column.WEIGHT,
}

DTYPES = {int: "Int64", float: "float64", str: "string", bool: "boolean"}
Frames = dict[str, pd.DataFrame]
RawRow = dict[str, Any]


class Origin(NamedTuple):
    """The ledger's data on a document: where and when it was first seen, its listing's title and date, its source."""

    url: str
    first_seen_at: datetime
    printed_on: date | None = None
    publisher_code: str | None = None


def make_frames(reading: Reading, origin: Origin, publishers: Iterable[Publisher], reader_version: str) -> Frames:
    """Return one typed frame per table of `raw_schema.DOCUMENT_TABLES`, by name, with its columns and types.

    Raises ValueError for recognised scans: those are for people (`cli/review.py`) and never become facts.
    """
    if "ocr" in reading.readers:
        raise ValueError(f"document {reading.sha256[:12]}: recognised text is never loaded")
    publishers = tuple(publishers)
    documents = [_document_row(reading, part, origin, publishers, reader_version) for part in _dated_parts(reading)]
    rows = {"documents": documents, **_project_rows(reading), **_department_rows(reading), **_notes(reading)}
    return {
        table.name: _frame(table, rows[table.name]) if rows[table.name] else _make_blank(table)
        for table in raw_schema.DOCUMENT_TABLES
    }


def _dated_parts(reading: Reading) -> list[Part]:
    """Return the parts with a fiscal year: a part of which everything is held back may have none."""
    return [part for part in reading.parts if part.fiscal_year > 0]


def _project_rows(reading: Reading) -> dict[str, list[RawRow]]:
    sha256 = reading.sha256
    records = [record for record in reading.records if record.scope is Scope.PROJECT]
    numbered = list(_number_records(records))
    first = list(_first_of_projects(records))
    return {
        "projects": [_project_row(sha256, record) for record in first],
        "amounts": [row for record in first for row in _amount_rows(sha256, record)],
        "project_titles": [
            {"sha256": sha256, "part_no": one.part, "project_no": one.project_no, "title_text": one.title}
            for one in first
            if one.title
        ],
        "records": [_record_row(sha256, number, record) for number, record in numbered],
        "targets": [row for number, record in numbered for row in _target_rows(sha256, number, record)],
    }


def _department_rows(reading: Reading) -> dict[str, list[RawRow]]:
    records = [record for record in reading.records if record.scope is Scope.DEPARTMENT]
    return {
        "departments": [_department_row(reading.sha256, record) for record in _first_of_projects(records)],
        "department_targets": [
            {
                **row,
                "form_no": record.project_no,
                "row_no": record.row,
                **_texts(record, DEPARTMENT_RECORD_TEXTS),
            }
            for number, record in _number_records(records)
            for row in _target_rows(reading.sha256, number, record)
        ],
    }


def _notes(reading: Reading) -> dict[str, list[RawRow]]:
    """Return the rows of findings, of what is held back, and of cross-checks."""
    sha256 = reading.sha256
    return {
        "findings": [
            {"sha256": sha256, "finding_no": n, "finding_code": f.code, "page": f.page, "detail": f.detail}
            for n, f in enumerate(reading.findings, start=1)
        ],
        "held_back": [
            {
                "sha256": sha256,
                "held_no": n,
                "part_no": held.part or None,
                "project_no": held.project_no or None,
                **_describe_held(held),
            }
            for n, held in enumerate(reading.held, start=1)
        ],
        "cross_checks": [
            {
                "sha256": sha256,
                "check_no": n,
                "check_kind": check.kind,
                "page": check.page,
                "project_page": check.project_page,
                "project_text": check.project,
                "expected_text": check.expected,
                "printed_text": check.printed,
                "is_agreeing": check.agrees,
            }
            for n, check in enumerate(reading.cross_checks, start=1)
        ],
    }


def _describe_held(held: Held) -> RawRow:
    """Return the columns of a held-back project that do not depend on its document: reason, pages, names, box."""
    question = held.questions[0] if held.questions else None
    return {
        "scope": held.scope.value,
        "page": held.page,
        "last_page": held.last_page,
        "unit_text": held.unit,
        "project_text": held.project,
        "reason": held.reason.value,
        "detail": held.detail,
        "question_key": question.key if question else None,
        "question_kind": question.kind.value if question else None,
        "question_text": question.asked if question else None,
    }


def _department_row(sha256: str, record: Record) -> RawRow:
    name = record.cells.get(Column.UNIT) or record.cells.get(Column.DEPARTMENT)
    place = _place(name) if name else {"page": record.page, **_box(record.box)}
    return {
        "sha256": sha256,
        "part_no": record.part,
        "form_no": record.project_no,
        "title_text": record.title or None,
        **_texts(record, DEPARTMENT_TEXTS),
        "amount_yuan": record.amounts.get(Column.AMOUNT),
        **place,
    }


def _frame(table: Any, rows: list[RawRow]) -> pd.DataFrame:
    """Make a frame with nullable integers, string texts and object decimals: pandas would make floats of them."""
    return pd.DataFrame(
        {
            column.name: pd.Series(
                [row.get(column.name) for row in rows], dtype=DTYPES.get(column.type.python_type, "object")
            )
            for column in table.columns
        }
    )


@cache
def _make_blank(table: Any) -> pd.DataFrame:
    """Make a frame without rows, once for each table: most documents leave half of the tables blank."""
    return _frame(table, [])


def _number_records(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    count: dict[int, int] = {}
    for record in records:
        count[record.part] = count.get(record.part, 0) + 1
        yield count[record.part], record


def _first_of_projects(records: Iterable[Record]) -> Iterator[Record]:
    known: set[tuple[int, int]] = set()
    for record in records:
        if (record.part, record.project_no) not in known:
            known.add((record.part, record.project_no))
            yield record


def layout_fingerprint(part: Part) -> str:
    """Return 32 hex digits of the ordered canonical columns, equal for documents of one layout."""
    return hashlib.sha256("|".join(part.columns).encode()).hexdigest()[:32]


def _document_row(
    reading: Reading, part: Part, origin: Origin, publishers: tuple[Publisher, ...], reader_version: str
) -> RawRow:
    printed = [other.publisher for other in reading.parts]
    publisher = attribute_publisher(part.publisher, printed, origin.publisher_code, publishers)
    parent = find_parent(part.publisher, publisher, _list_departments(reading, part), publishers)
    kind = publisher.document_kind if publisher and publisher.document_kind else part.document_kind
    return {
        "sha256": reading.sha256,
        "part_no": part.part,
        "publisher_code": publisher.code if publisher else fold_name(part.publisher),
        "publisher_name": (publisher.name if publisher else None) or part.publisher,
        "region_code": publisher.region_code if publisher else None,
        "parent_code": parent.code if parent else None,
        "parent_name": parent.name if parent else None,
        "title": part.title,
        "fiscal_year": part.fiscal_year,
        "document_kind": kind.value,
        "page_count": reading.page_count,
        "record_count": sum(record.part == part.part for record in reading.records),
        "layout": "|".join(part.columns),
        "headers": "|".join(part.headers),
        "layout_fingerprint": layout_fingerprint(part),
        "reader": reading.readers[0],
        "reader_count": len(reading.readers),
        "reader_version": reader_version,
        "source_url": origin.url,
        "published_on": origin.printed_on,
        "first_seen_at": origin.first_seen_at,
    }


def _list_departments(reading: Reading, part: Part) -> set[str]:
    """List the responsible departments that the projects of a part print; none where one of them prints none."""
    rows = [one for one in reading.records if one.part == part.part and one.scope is Scope.PROJECT]
    mine = [one.cells.get(Column.DEPARTMENT) for one in rows]
    return {one.text for one in mine if one is not None} if all(mine) else set()


def _texts(record: Record, columns: Mapping[str, Column]) -> RawRow:
    return {name: record.cells[column].text if column in record.cells else None for name, column in columns.items()}


def _box(box: Box) -> RawRow:
    return dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))


def _place(printed: Printed) -> RawRow:
    return {"page": printed.page, **_box(printed.box)}


def _project_row(sha256: str, record: Record) -> RawRow:
    name = record.cells.get(Column.PROJECT)
    place = _place(name) if name else {"page": record.page, **_box(record.box)}
    return {
        "sha256": sha256,
        "part_no": record.part,
        "project_no": record.project_no,
        **_texts(record, PROJECT_TEXTS),
        **place,
    }


def _amount_rows(sha256: str, record: Record) -> Iterator[RawRow]:
    for column, yuan in record.amounts.items():
        printed = record.cells[column]
        yield {
            "sha256": sha256,
            "part_no": record.part,
            "project_no": record.project_no,
            "amount_kind": AMOUNT_KINDS[column],
            "amount_text": printed.text,
            "amount_yuan": yuan,
            **_place(printed),
        }


def _record_row(sha256: str, number: int, record: Record) -> RawRow:
    return {
        "sha256": sha256,
        "part_no": record.part,
        "record_no": number,
        "project_no": record.project_no,
        "table_no": record.table,
        "page": record.page,
        "row_no": record.row,
        **_box(record.box),
        **_texts(record, RECORD_TEXTS),
    }


def _target_rows(sha256: str, number: int, record: Record) -> Iterator[RawRow]:
    for column, horizon in HORIZONS.items():
        if column in record.cells:
            printed = record.cells[column]
            yield {
                "sha256": sha256,
                "part_no": record.part,
                "record_no": number,
                "horizon": horizon,
                "target_text": printed.text,
                **_place(printed),
            }
