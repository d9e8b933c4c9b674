"""A Reading becomes typed frames, and frames become rows of the raw schema: one transaction a document.

Staging a document again deletes its rows by hash and inserts them anew, so a crash at any moment, a cleared task and a
better reader all end in the same rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from sqlalchemy import Connection, Engine, create_engine, delete, insert, select, text

from extract import raw
from extract.entities import AMOUNT_KINDS, Box, Column, Part, Printed, Reading, Record, TargetValue
from extract.locks import hold_lock
from extract.publishers import Publisher, attribute_publisher, fold_name
from extract.settings import Settings

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

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]


class Origin(NamedTuple):
    """What the ledger knows of a document: where and when it was first seen, what its listing said, whose source."""

    url: str
    first_seen_at: datetime
    printed_on: date | None = None
    publisher_code: str | None = None


def make_frames(reading: Reading, origin: Origin, publishers: Iterable[Publisher], reader_version: str) -> Frames:
    """One typed frame per table of `raw.DOCUMENT_TABLES`, by its name; columns and types are those of the table."""
    publishers = tuple(publishers)
    numbered = list(_number_records(reading.records))
    rows: dict[str, list[Row]] = {
        "documents": [_document_row(reading, part, origin, publishers, reader_version) for part in reading.parts],
        "projects": [],
        "amounts": [],
        "records": [_record_row(reading.sha256, number, record) for number, record in numbered],
        "targets": [row for number, record in numbered for row in _target_rows(reading.sha256, number, record)],
        "findings": [
            {"sha256": reading.sha256, "finding_no": n, "finding_code": f.code, "page": f.page, "detail": f.detail}
            for n, f in enumerate(reading.findings, start=1)
        ],
    }
    for record in _first_of_projects(reading.records):
        rows["projects"].append(_project_row(reading.sha256, record))
        rows["amounts"].extend(_amount_rows(reading.sha256, record))
    return {table.name: _frame(table, rows[table.name]) for table in raw.DOCUMENT_TABLES}


def _frame(table: Any, rows: list[Row]) -> pd.DataFrame:
    """Integers nullable, texts strings, decimals as objects: what pandas would otherwise turn into floats."""
    frame = pd.DataFrame(rows, columns=[column.name for column in table.columns])
    kinds = {int: "Int64", float: "float64", str: "string", bool: "boolean"}
    return frame.astype({c.name: kinds.get(c.type.python_type, "object") for c in table.columns})


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
    """32 hex digits of the ordered canonical columns: two documents of one layout have the same."""
    return hashlib.sha256("|".join(part.columns).encode()).hexdigest()[:32]


def _document_row(
    reading: Reading, part: Part, origin: Origin, publishers: tuple[Publisher, ...], reader_version: str
) -> Row:
    printed = [other.publisher for other in reading.parts]
    publisher = attribute_publisher(part.publisher, printed, origin.publisher_code, publishers)
    kind = publisher.document_kind if publisher and publisher.document_kind else part.document_kind
    return {
        "sha256": reading.sha256,
        "part_no": part.part,
        "publisher_code": publisher.code if publisher else fold_name(part.publisher),
        "publisher_name": (publisher.name if publisher else None) or part.publisher,
        "region_code": publisher.region_code if publisher else None,
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


def _texts(record: Record, columns: Mapping[str, Column]) -> Row:
    return {name: record.cells[column].text if column in record.cells else None for name, column in columns.items()}


def _box(box: Box) -> Row:
    return dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))


def _place(printed: Printed) -> Row:
    return {"page": printed.page, **_box(printed.box)}


def _project_row(sha256: str, record: Record) -> Row:
    name = record.cells.get(Column.PROJECT)
    place = _place(name) if name else {"page": record.page, **_box(record.box)}
    return {
        "sha256": sha256,
        "part_no": record.part,
        "project_no": record.project_no,
        **_texts(record, PROJECT_TEXTS),
        **place,
    }


def _amount_rows(sha256: str, record: Record) -> Iterator[Row]:
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


def _record_row(sha256: str, number: int, record: Record) -> Row:
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


def _target_rows(sha256: str, number: int, record: Record) -> Iterator[Row]:
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


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[Engine]:
    """The build database, for one writer at a time; another writer of this machine waits its turn."""
    with hold_lock(settings.home / "writer.lock", settings.writer_wait_seconds):
        engine = create_engine(settings.warehouse_url or "")
        try:
            with engine.begin() as connection:
                connection.execute(text("CREATE SCHEMA IF NOT EXISTS raw"))
                raw.metadata.create_all(connection)
            yield engine
        finally:
            engine.dispose()


def stage_frames(engine: Engine, sha256: str, frames: Frames) -> None:
    """Replace everything that the raw schema holds of one document, in one transaction."""
    with engine.begin() as connection:
        for table in raw.DOCUMENT_TABLES:
            connection.execute(delete(table).where(table.c.sha256 == sha256))
            rows = _rows(frames[table.name])
            if rows:
                connection.execute(insert(table), rows)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    whole = frame.astype(object)
    return [{str(k): v for k, v in row.items()} for row in whole.where(whole.notna(), None).to_dict("records")]


def stage_target_values(engine: Engine) -> int:
    """Read every distinct target text that this version of the grammar has not read yet; returns how many."""
    from extract.values import GRAMMAR_VERSION, parse_targets

    known = select(raw.target_values.c.target_text).where(raw.target_values.c.grammar_version == GRAMMAR_VERSION)
    distinct = select(raw.targets.c.target_text).distinct().where(raw.targets.c.target_text.not_in(known))
    with engine.begin() as connection:
        texts = sorted(connection.scalars(distinct))
        rows = [_value_row(value, GRAMMAR_VERSION) for value in parse_targets(texts)]
        if rows:
            connection.execute(insert(raw.target_values), rows)
    return len(rows)


def _value_row(value: TargetValue, grammar_version: str) -> Row:
    # No public target needs 28 digits or a tenth decimal: what does not fit the column exactly is not stored rounded.
    fits = all(_fits(number) for number in (value.low, value.high))
    return {
        "target_text": value.text,
        "grammar_version": grammar_version,
        "comparator": value.comparator if fits else None,
        "low": value.low if fits else None,
        "high": value.high if fits else None,
        "measure_unit": value.unit,
        "per": value.per,
        "is_percent": value.is_percent,
        "value_type": value.value_type,
        "is_implicit": value.implicit,
        "is_suspect": value.suspect or not fits,
        "date_low": value.date_low,
        "date_high": value.date_high,
    }


def _fits(number: Decimal | None) -> bool:
    if number is None:
        return True
    exponent = number.as_tuple().exponent  # no arithmetic: the default context would round to 28 digits
    return isinstance(exponent, int) and exponent >= -raw.DECIMALS and number.adjusted() < raw.WHOLE_DIGITS


def stage_releases(engine: Engine, releases: Iterable[Mapping[str, Any]]) -> None:
    """Copy the ledger's releases into the raw schema, so that the warehouse can tell its own history."""
    import json

    columns = [column.name for column in raw.releases.columns]
    rows = [{**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)} for release in releases]
    with engine.begin() as connection:
        connection.execute(delete(raw.releases))
        if rows:
            connection.execute(insert(raw.releases), [{name: row[name] for name in columns} for row in rows])


def staged_documents(connection: Connection) -> set[str]:
    """The documents whose rows are in the raw schema."""
    return set(connection.scalars(select(raw.documents.c.sha256).distinct()))


def readings_path(settings: Settings, sha256: str) -> Path:
    """Where the read stage leaves what it read of a document for the stage stage."""
    return settings.readings / sha256[:2] / f"{sha256}.json"
