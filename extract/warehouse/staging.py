"""Write typed frames to the raw schema: one transaction a document.

Staging a document again deletes its rows by hash and inserts them anew, so a crash at any moment, a cleared task and a
better reader all end in the same rows. A fingerprint of the rows is stored beside them: equal rows cost no build
(`partitions`, and `fingerprints.fingerprint_inputs` by way of the ledger).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, inspect, select, text, union

from extract.entities import TargetValue
from extract.errors import SettingsError
from extract.locks import hold_writer
from extract.settings import Settings
from extract.warehouse import build_schema, raw_columns, raw_schema
from extract.warehouse.build import memory_limit
from extract.warehouse.frames import Frames, RawRow


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[Engine]:
    """Open the build database for one writer at a time; another writer waits for the lock."""
    with hold_writer(settings):
        engine = create_engine(settings.warehouse_url or "")
        # duckdb_engine would bind decimals as floats: 99999999999999999.99 became 100000000000000000.00
        engine.dialect.supports_native_decimal = True
        if not settings.on_postgres:
            limit = f"SET memory_limit = '{memory_limit(settings)}'; SET preserve_insertion_order = false"
            event.listen(engine, "connect", lambda connection, _: connection.execute(limit))
        try:
            with engine.begin() as connection:
                if settings.on_postgres:
                    _check_order(connection)
                _prepare_schema(connection)
            yield engine
        finally:
            engine.dispose()


def _prepare_schema(connection: Connection) -> None:
    """Create the tables that are missing, and the columns that tables of an earlier version lack.

    One query tells; SQLAlchemy's own inspection asks table by table.
    """
    known = text("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'raw'")
    columns = {(table, column) for table, column in connection.execute(known)}
    if not {table.name for table in raw_columns.metadata.sorted_tables} <= {table for table, _ in columns}:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS raw"))
        raw_columns.metadata.create_all(connection)
        columns = {(table, column) for table, column in connection.execute(known)}
    for column in raw_schema.ADDED:
        if (column.table.name, column.name) not in columns:
            kind = column.type.compile(connection.dialect)
            connection.execute(text(f"ALTER TABLE raw.{column.table.name} ADD COLUMN {column.name} {kind}"))


def _check_order(connection: Connection) -> None:
    """Raise SettingsError for a database with a linguistic collation: sorted rows, and so their keys, would differ."""
    if not connection.scalar(text("SELECT 'Z' < 'a' AND lower('ДÄ') = 'дä'")):
        raise SettingsError(
            "JIXIAO_WAREHOUSE_URL: expected a database that sorts by code point: CREATE DATABASE … TEMPLATE template0 "
            "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )


def find_lost(engine: Engine, staged: Iterable[str]) -> list[str]:
    """List the documents that the ledger holds as staged and whose rows are missing from the raw schema, sorted."""
    with engine.connect() as connection:
        there = set(connection.scalars(select(raw_schema.documents.c.sha256).distinct()))
    return sorted(set(staged) - there)


def stage_frames(engine: Engine, sha256: str, frames: Frames) -> str:
    """Replace all rows of one document, in one transaction; return their fingerprint.

    If only `reader_version` differs from the stored rows, the stored version is kept, so that the build sees no
    change.
    """
    rows = {table.name: _rows(frames[table.name]) for table in raw_schema.DOCUMENT_TABLES}
    with engine.begin() as connection:
        if _is_staged(connection, sha256):  # a delete looks through the whole of each table
            rows = _keep_version(connection, sha256, rows)
            _delete_rows(connection, sha256)
        fingerprint = _fingerprint(rows)
        for table in raw_schema.DOCUMENT_TABLES:
            if rows[table.name]:
                connection.execute(insert(table), rows[table.name])
        connection.execute(
            insert(raw_schema.document_fingerprints), [{"sha256": sha256, "rows_fingerprint": fingerprint}]
        )
    return fingerprint


def remove_document(engine: Engine, sha256: str) -> None:
    """Delete all rows of one document from the raw schema, in one transaction.

    The marts still hold them, so `partitions.plan_build` finds its partitions changed.
    """
    with engine.begin() as connection:
        _delete_rows(connection, sha256)


def _is_staged(connection: Connection, sha256: str) -> bool:
    """Return True if a document may have rows: those of one without parts are known by their fingerprint alone."""
    found = (
        select(table.c.sha256).where(table.c.sha256 == sha256)
        for table in (raw_schema.document_fingerprints, raw_schema.documents)
    )
    return connection.scalar(union(*found)) is not None


def _delete_rows(connection: Connection, sha256: str) -> None:
    for table in (*raw_schema.DOCUMENT_TABLES, raw_schema.document_fingerprints):
        connection.execute(delete(table).where(table.c.sha256 == sha256))


def _keep_version(connection: Connection, sha256: str, rows: dict[str, list[RawRow]]) -> dict[str, list[RawRow]]:
    """Return the rows with the stored `reader_version`, if that is the only column in which they differ."""
    known, there = raw_schema.document_fingerprints.c, raw_schema.documents.c
    fingerprint = connection.scalar(select(known.rows_fingerprint).where(known.sha256 == sha256))
    if fingerprint is None:
        return rows
    version = connection.scalar(select(func.min(there.reader_version)).where(there.sha256 == sha256))
    as_before = rows | {"documents": [{**row, "reader_version": version} for row in rows["documents"]]}
    return as_before if _fingerprint(as_before) == fingerprint else rows


def _fingerprint(rows: Mapping[str, list[RawRow]]) -> str:
    digest = hashlib.sha256()
    for table in raw_schema.DOCUMENT_TABLES:
        digest.update(json.dumps([table.name, rows[table.name]], ensure_ascii=False, default=str).encode())
    return digest.hexdigest()[:32]


def _rows(frame: pd.DataFrame) -> list[RawRow]:
    """Return the rows of a frame with None where a value is missing; by columns, which is five times as fast."""
    names = [str(name) for name in frame.columns]
    columns = [frame[name].to_numpy(object, na_value=None).tolist() for name in names]  # type: ignore[call-overload]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def stage_target_values(engine: Engine) -> int:
    """Parse every distinct target text of the changed documents that this grammar version has not parsed.

    Returns how many. `partitions.plan_build` says which documents changed.
    """
    from extract.values import GRAMMAR_VERSION, parse_targets

    known = select(raw_schema.target_values.c.target_text).where(
        raw_schema.target_values.c.grammar_version == GRAMMAR_VERSION
    )
    changed = select(build_schema.changed_documents.c.sha256)
    distinct = union(
        *(
            select(printed.c.target_text).where(printed.c.sha256.in_(changed), printed.c.target_text.not_in(known))
            for printed in (raw_schema.targets, raw_schema.department_targets)
        )
    )
    with engine.begin() as connection:
        texts = sorted(connection.scalars(distinct))
        rows = [_value_row(value, GRAMMAR_VERSION) for value in parse_targets(texts)]
        if rows:
            connection.execute(insert(raw_schema.target_values), rows)
    return len(rows)


def _value_row(value: TargetValue, grammar_version: str) -> RawRow:
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


def stage_goal_promises(engine: Engine) -> int:
    """Find the numbers in every goal text of the changed documents that this grammar version has not parsed.

    Returns how many texts were new. A text without any number leaves one row too, so that it is not parsed again.
    """
    from extract.values import GRAMMAR_VERSION, find_promises

    changed = raw_schema.projects.c.sha256.in_(select(build_schema.changed_documents.c.sha256))
    texts_of = (raw_schema.projects.c.annual_goal_text.label("goal_text"), raw_schema.projects.c.overall_goal_text)
    goals = union(*(select(text_of).where(changed) for text_of in texts_of)).subquery()
    known = select(raw_schema.goal_promises.c.goal_text).where(
        raw_schema.goal_promises.c.grammar_version == GRAMMAR_VERSION
    )
    distinct = select(goals.c.goal_text).where(goals.c.goal_text.is_not(None), goals.c.goal_text.not_in(known))
    with engine.begin() as connection:
        texts = sorted(connection.scalars(distinct))
        rows = [row for text_ in texts for row in _promise_rows(text_, find_promises(text_), GRAMMAR_VERSION)]
        if rows:
            connection.execute(insert(raw_schema.goal_promises), rows)
    return len(texts)


def _promise_rows(goal: str, promises: Iterable[TargetValue], grammar_version: str) -> Iterator[RawRow]:
    place = {"goal_text": goal, "grammar_version": grammar_version}
    names = ("comparator", "low", "high", "measure_unit", "per")
    yield place | {"promise_no": 0, "promise_text": ""} | dict.fromkeys(names)
    readable = (promise for promise in promises if _fits(promise.low) and _fits(promise.high))
    for number, promise in enumerate(readable, start=1):
        value = _value_row(promise, grammar_version)
        yield place | {"promise_no": number, "promise_text": promise.text} | {name: value[name] for name in names}


def _fits(number: Decimal | None) -> bool:
    if number is None:
        return True
    exponent = number.as_tuple().exponent  # no arithmetic: the default context would round to 28 digits
    return (
        isinstance(exponent, int) and exponent >= -raw_columns.DECIMALS and number.adjusted() < raw_columns.WHOLE_DIGITS
    )


def stage_releases(engine: Engine, releases: Iterable[Mapping[str, Any]]) -> None:
    """Copy the ledger's releases into the raw schema, for the release history of the warehouse."""
    columns = [column.name for column in raw_schema.releases.columns]
    rows = [{**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)} for release in releases]
    with engine.begin() as connection:
        connection.execute(delete(raw_schema.releases))
        if rows:
            connection.execute(insert(raw_schema.releases), [{name: row[name] for name in columns} for row in rows])


def gather_statistics(engine: Engine) -> None:
    """Analyse raw tables and copies of their changed rows for the planner of PostgreSQL; DuckDB needs none of it."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            for schema in ("raw", "changed"):
                for table in inspect(connection).get_table_names(schema):
                    connection.execute(text(f"ANALYZE {schema}.{table}"))
