"""The build's marts become the tables of one schema that nobody changes any more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from extract.errors import BuildError
from extract.releases.changes import TableChange, compare_table, load_keys
from extract.releases.model import CHANGE_COLUMNS, CHANGES_COMMENT, NOT_COUNTED, Release, ReleaseError, name_release
from extract.settings import Settings

MARTS = "marts"  # dbt's own; private


def schema_of(release_id: str) -> str:
    """The schema of a release, a name that needs no quotes."""
    return "release_" + release_id.lower().replace("-", "_")


def write_schema(connection: Connection, settings: Settings, inputs: str, before: Release | None) -> Release:
    """Copy the marts into a schema of their own and return their manifest, which compares them with `before`."""
    compared_with = before["release_id"] if before else None
    tables = sorted(list_columns(connection, MARTS))
    if not tables:
        raise BuildError("the build holds no marts: run `dbt build` first")
    checksum = _checksum(connection, MARTS, tables)
    release_id, published_at = name_release(checksum, before)
    schema = schema_of(release_id)
    connection.execute(text(f"CREATE SCHEMA {schema}"))
    for table in tables:
        connection.execute(text(f'CREATE TABLE {schema}."{table}" (LIKE {MARTS}."{table}" INCLUDING COMMENTS)'))
        connection.execute(text(f'INSERT INTO {schema}."{table}" SELECT * FROM {MARTS}."{table}"'))
    copy_comments(connection, MARTS, schema, "TABLE")
    if _checksum(connection, schema, tables) != checksum:
        raise ReleaseError(f"schema {schema}: expected checksum {checksum} as in the build, read back another")
    changes = _compare(connection, schema, compared_with and schema_of(compared_with), load_keys(settings.dbt_dir))
    release: Release = {
        "release_id": release_id,
        "published_at": published_at,
        "source_documents": _count(connection, schema, "dim_documents"),
        "row_counts": {table: _count(connection, schema, table) for table in tables if table not in NOT_COUNTED},
        "checksum": checksum,
        "inputs": inputs,
        "compared_with": compared_with,
        "changes": {one.table: {"added": one.added, "changed": one.changed, "gone": one.gone} for one in changes},
    }
    _add_own_row(connection, schema, release)
    _add_changes(connection, schema, [one.as_row(release_id, compared_with) for one in changes])
    for table in (*tables, "release_changes"):
        connection.execute(text(f'ANALYZE {schema}."{table}"'))
    return release


def list_columns(connection: Connection, schema: str) -> dict[str, dict[str, str]]:
    """Table or view -> its columns in order, each with its type."""
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


def copy_comments(connection: Connection, source: str, target: str, kind: str) -> None:
    """Give tables or views of `target` the descriptions of the tables of the same name in `source`."""
    query = """
        SELECT c.relname, a.attname, d.description
        FROM pg_description AS d
        JOIN pg_class AS c ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0
        WHERE c.relnamespace = to_regnamespace(:schema)
        ORDER BY c.relname, a.attnum
    """
    there = list_columns(connection, target)
    for table, column, description in connection.execute(text(query), {"schema": source}).all():
        if table in there:
            what = f'{kind} {target}."{table}"' if column is None else f'COLUMN {target}."{table}"."{column}"'
            add_comment(connection, what, description)


def add_comment(connection: Connection, what: str, description: str) -> None:
    """Describe a table, a view or a column. A comment cannot be bound; a colon in it would be read as a name."""
    quoted = description.replace("'", "''").replace(":", "\\:")
    connection.execute(text(f"COMMENT ON {what} IS '{quoted}'"))


def _count(connection: Connection, schema: str, table: str) -> int:
    return int(connection.scalar(text(f'SELECT count(*) FROM {schema}."{table}"')) or 0)


def _checksum(connection: Connection, schema: str, tables: Sequence[str]) -> str:
    """64 hex digits over all rows but those about releases, the same whatever the order of rows."""
    digest = hashlib.sha256()
    for table in tables:
        if table in NOT_COUNTED:
            continue
        # 15 hex digits fit a bigint whatever they are; their sum is a numeric
        number = "CAST(CAST('x' || substr(md5(CAST(t AS text)), 1, 15) AS bit(60)) AS bigint)"
        total = connection.execute(text(f'SELECT count(*), sum({number}) FROM {schema}."{table}" AS t')).one()
        digest.update(f"{table} {tuple(total)}\n".encode())
    return digest.hexdigest()


def _compare(
    connection: Connection, schema: str, earlier: str | None, keys: dict[str, tuple[str, ...]]
) -> list[TableChange]:
    """What each table gained and lost against an earlier release; against nothing, everything is added."""
    new = list_columns(connection, schema)
    old = list_columns(connection, earlier) if earlier else {}

    def run(query: str) -> Sequence[Any]:
        return connection.execute(text(query)).one()

    def digest(columns: Sequence[str]) -> str:
        return "md5(CAST(ROW({}) AS text))".format(", ".join(f't."{column}"' for column in columns))

    changes = []
    nothing: tuple[str, list[str]] = ("(SELECT 1 WHERE false) AS nothing", [])
    for table in sorted({*new, *old} - NOT_COUNTED):
        now = (f'{schema}."{table}"', list(new[table])) if table in new else nothing
        was = (f'{earlier}."{table}"', list(old[table])) if table in old else nothing
        changes.append(compare_table(run, table, keys.get(table, ()), now, was, digest))
    return changes


def _add_own_row(connection: Connection, schema: str, release: Release) -> None:
    names = ("release_id", "published_at", "source_documents", "row_counts", "checksum")
    values = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
    places = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO {schema}.releases ({', '.join(names)}) VALUES ({places})"
    connection.execute(text(statement), {name: values[name] for name in names})


def _add_changes(connection: Connection, schema: str, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in CHANGE_COLUMNS.items())
    connection.execute(text(f"CREATE TABLE {schema}.release_changes ({columns})"))
    places = ", ".join(f":{name}" for name in CHANGE_COLUMNS)
    if rows:
        statement = text(f"INSERT INTO {schema}.release_changes VALUES ({places})")
        connection.execute(statement, [dict(zip(CHANGE_COLUMNS, row, strict=True)) for row in rows])
    add_comment(connection, f"TABLE {schema}.release_changes", CHANGES_COMMENT)
    for name, (_, comment) in CHANGE_COLUMNS.items():
        add_comment(connection, f"COLUMN {schema}.release_changes.{name}", comment)
