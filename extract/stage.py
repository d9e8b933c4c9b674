"""Typed frames become rows of the raw schema: one transaction a document.

Staging a document again deletes its rows by hash and inserts them anew, so a crash at any moment, a cleared task and a
better reader all end in the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, create_engine, delete, insert, select, text

from extract import raw
from extract.entities import TargetValue
from extract.frames import Frames, Row
from extract.locks import hold_lock
from extract.settings import Settings


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[Engine]:
    """The build database, for one writer at a time; another writer of this machine waits its turn."""
    with hold_lock(settings.home / "writer.lock", settings.writer_wait_seconds):
        engine = create_engine(settings.warehouse_url or "")
        # duckdb_engine would bind decimals as floats: 99999999999999999.99 became 100000000000000000.00
        engine.dialect.supports_native_decimal = True
        try:
            with engine.begin() as connection:
                connection.execute(text("CREATE SCHEMA IF NOT EXISTS raw"))
                raw.metadata.create_all(connection)
            yield engine
        finally:
            engine.dispose()


def find_lost(engine: Engine, staged: Iterable[str]) -> list[str]:
    """Of the documents that the ledger holds as staged, those whose rows are not in the raw schema, sorted."""
    with engine.connect() as connection:
        there = set(connection.scalars(select(raw.documents.c.sha256).distinct()))
    return sorted(set(staged) - there)


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
    columns = [column.name for column in raw.releases.columns]
    rows = [{**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)} for release in releases]
    with engine.begin() as connection:
        connection.execute(delete(raw.releases))
        if rows:
            connection.execute(insert(raw.releases), [{name: row[name] for name in columns} for row in rows])


def readings_path(settings: Settings, sha256: str) -> Path:
    """Where the read stage leaves what it read of a document for the stage stage."""
    return settings.readings / sha256[:2] / f"{sha256}.json"
