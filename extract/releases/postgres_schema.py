"""Make a release's schema: views on tables of parts, which are never changed after they are written.

    parts.<table>_<…>        the rows of one part; a release that holds the same rows uses the same table
    release_<id>.<table>     a view on the tables of its parts

A table can be a declarative partition of one parent only, and so of one release; a view on many tables shares them, and
their constraints let PostgreSQL skip other fiscal years as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from extract.errors import BuildError
from extract.releases.changes import load_keys
from extract.releases.manifest import Contents, Place, Side, TableParts, compare, make_release, read_contents
from extract.releases.model import CHANGE_COLUMNS, CHANGES_COMMENT, NOT_COUNTED, Release, ReleaseError
from extract.settings import Settings
from extract.warehouse.dialect import POSTGRES
from extract.warehouse.mart_sums import load_partitions

MARTS = "marts"  # dbt's own; private
PARTS = "parts"  # private: read through the views of a release
PART_ROWS = 250_000
"""A part has about so many rows in a large table. Each query locks all parts of the tables that it names."""


def schema_of(release_id: str) -> str:
    """Name the schema of a release, so that it needs no quotes."""
    return "release_" + release_id.lower().replace("-", "_")


def name_part(table: str, parts: TableParts, place: Place) -> str:
    """Name the table of a part: the same for the same rows and columns, whatever the release."""
    year, number = place
    told = json.dumps([table, dict(parts.columns), parts.where_part(place), parts.parts[place]], ensure_ascii=False)
    label = f"{table[:30]}_{'all' if year is None else year}_{number}"
    return f"{label}_{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def survey_build(connection: Connection, settings: Settings, before: Contents | None) -> Contents:
    """Sum up the build's marts, split as in the release before."""
    columns = list_columns(connection, MARTS)
    if not columns:
        raise BuildError("the build holds no marts: run `dbt build` first")
    partitions = load_partitions(settings.dbt_dir)
    return read_contents(_query(connection), POSTGRES, columns, partitions, before, PART_ROWS)


def write_schema(
    connection: Connection,
    settings: Settings,
    contents: Contents,
    inputs: str,
    before: Release | None,
    earlier: Contents | None,
) -> Release:
    """Make the schema of a release and return its manifest, which compares it with `before`.

    `earlier` is what the release before holds, None where that was not written down.
    """
    new = Side(contents_columns(contents), contents, f'{MARTS}."{{}}"'.format)
    old = None
    if before is not None:
        was = schema_of(before["release_id"])
        old = Side(list_columns(connection, was), earlier, f'{was}."{{}}"'.format)
    changes = compare(_query(connection), POSTGRES, load_keys(settings.dbt_dir), new, old)
    release = make_release(contents, inputs, before, changes)
    schema = schema_of(release["release_id"])
    _execute(connection, f"CREATE SCHEMA {schema}")
    for table, parts in contents.items():
        _write_view(connection, schema, table, parts)
    for table in sorted(NOT_COUNTED & set(list_columns(connection, MARTS))):
        _execute(connection, f'CREATE TABLE {schema}."{table}" (LIKE {MARTS}."{table}")')
        _execute(connection, f'INSERT INTO {schema}."{table}" SELECT * FROM {MARTS}."{table}"')
    copy_comments(connection, MARTS, schema)
    _add_own_row(connection, schema, release)
    _add_changes(connection, schema, [one.as_row(release["release_id"], release["compared_with"]) for one in changes])
    for table in sorted(NOT_COUNTED):
        _execute(connection, f'ANALYZE {schema}."{table}"')
    return release


def contents_columns(contents: Contents) -> dict[str, Sequence[str]]:
    """Return table -> its columns in order."""
    return {table: list(parts.columns) for table, parts in contents.items()}


def _write_view(connection: Connection, schema: str, table: str, parts: TableParts) -> None:
    names = [name_part(table, parts, place) for place in parts.parts]
    for place, name in zip(parts.parts, names, strict=True):
        if not _query(connection)(f"SELECT 1 WHERE to_regclass('{PARTS}.\"{name}\"') IS NOT NULL"):
            _write_part(connection, table, parts, place, name)
    columns = ", ".join(f'"{column}"' for column in parts.columns)
    nothing = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in parts.columns.items())
    selects = [f'SELECT {columns} FROM {PARTS}."{name}"' for name in names] or [f"SELECT {nothing} WHERE false"]
    _execute(connection, f'CREATE VIEW {schema}."{table}" AS {" UNION ALL ".join(selects)}')


def _write_part(connection: Connection, table: str, parts: TableParts, place: Place, name: str) -> None:
    """Copy the rows of a part and read them back; raises ReleaseError where they are not those that were expected."""
    place_of = f'{PARTS}."{name}"'
    _execute(connection, f'CREATE TABLE {place_of} (LIKE {MARTS}."{table}")')
    if place[0] is not None:
        _execute(connection, f"ALTER TABLE {place_of} ADD CHECK (fiscal_year = {int(place[0])})")
    _execute(connection, f'INSERT INTO {place_of} SELECT * FROM {MARTS}."{table}" WHERE {parts.where_part(place)}')
    ((rows, number),) = _query(connection)(f"SELECT count(*), {POSTGRES.checksum()} FROM {place_of} AS t")
    if (rows, int(number or 0)) != parts.parts[place]:
        raise ReleaseError(
            f"table {place_of}: expected rows and checksum {parts.parts[place]}, read back {(rows, int(number or 0))}"
        )
    _execute(connection, f"ANALYZE {place_of}")


def part_tables(contents: Iterable[Contents]) -> set[str]:
    """Return the tables that these releases are views on."""
    return {name_part(table, parts, place) for one in contents for table, parts in one.items() for place in parts.parts}


def list_columns(connection: Connection, schema: str) -> dict[str, dict[str, str]]:
    """Return table or view -> its columns in order, each with its type."""
    query = """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind IN ('r', 'v')
        ORDER BY c.relname, a.attnum
    """
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(text(query), {"schema": schema}):
        found.setdefault(table, {})[column] = kind
    return found


def list_kinds(connection: Connection, schema: str) -> dict[str, str]:
    """Return the name of everything that can be selected from in a schema -> TABLE or VIEW."""
    query = """
        SELECT relname, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
        FROM pg_class WHERE relnamespace = to_regnamespace(:schema) AND relkind IN ('r', 'v') ORDER BY relname
    """
    return {row.relname: row.kind for row in connection.execute(text(query), {"schema": schema})}


def copy_comments(connection: Connection, source: str, target: str) -> None:
    """Give tables and views of `target` the descriptions of those of the same name in `source`."""
    query = """
        SELECT c.relname, a.attname, d.description
        FROM pg_description AS d
        JOIN pg_class AS c ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0
        WHERE c.relnamespace = to_regnamespace(:schema)
        ORDER BY c.relname, a.attnum
    """
    there = list_kinds(connection, target)
    for table, column, description in connection.execute(text(query), {"schema": source}).all():
        if table in there:
            what = f'{there[table]} {target}."{table}"' if column is None else f'COLUMN {target}."{table}"."{column}"'
            add_comment(connection, what, description)


def add_comment(connection: Connection, what: str, description: str) -> None:
    """Describe a table, a view or a column. A comment cannot be bound."""
    quoted = description.replace("'", "''")
    _execute(connection, f"COMMENT ON {what} IS '{quoted}'")


def _execute(connection: Connection, statement: str) -> Any:
    return connection.execute(text(statement.replace(":", "\\:")))  # no colon begins a name


def _query(connection: Connection) -> Any:
    return lambda statement: _execute(connection, statement).all()


def _add_own_row(connection: Connection, schema: str, release: Mapping[str, Any]) -> None:
    names = ("release_id", "published_at", "source_documents", "row_counts", "checksum")
    values = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
    places = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO {schema}.releases ({', '.join(names)}) VALUES ({places})"
    connection.execute(text(statement), {name: values[name] for name in names})


def _add_changes(connection: Connection, schema: str, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in CHANGE_COLUMNS.items())
    _execute(connection, f"CREATE TABLE {schema}.release_changes ({columns})")
    places = ", ".join(f":{name}" for name in CHANGE_COLUMNS)
    if rows:
        statement = text(f"INSERT INTO {schema}.release_changes VALUES ({places})")
        connection.execute(statement, [dict(zip(CHANGE_COLUMNS, row, strict=True)) for row in rows])
    add_comment(connection, f"TABLE {schema}.release_changes", CHANGES_COMMENT)
    for name, (_, comment) in CHANGE_COLUMNS.items():
        add_comment(connection, f"COLUMN {schema}.release_changes.{name}", comment)
