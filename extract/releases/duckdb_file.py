"""The build's marts become one DuckDB file and Parquet beside it, and are read back before anybody may see them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from extract.errors import BuildError
from extract.releases.changes import TableChange, compare_table, load_keys
from extract.releases.model import CHANGE_COLUMNS, CHANGES_COMMENT, NOT_COUNTED, Release, ReleaseError, name_release
from extract.settings import Settings

WAREHOUSE = "warehouse.duckdb"
SAFE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
CLUSTERED_BY = ("check_code", "fiscal_year", "publisher_key", "unit_key", "project_key")
"""What queries ask for first. Rows stand in this order, so that DuckDB skips row groups of other years and projects."""


def write_warehouse(settings: Settings, folder: Path, inputs: str, before: Release | None) -> Release:
    """Write the marts into a folder and return their manifest, which compares them with the release `before`."""
    compared_with = before["release_id"] if before else None
    with contextlib.closing(duckdb.connect(str(folder / WAREHOUSE), config=SAFE)) as warehouse:
        warehouse.execute(f"ATTACH '{_quote(settings.build_db)}' AS build (READ_ONLY)")
        tables = _copy_marts(warehouse)
        checksum = _checksum(warehouse, tables)
        earlier = settings.releases / compared_with / WAREHOUSE if compared_with else None
        changes = _compare(warehouse, tables, earlier, load_keys(settings.dbt_dir))
        release_id, published_at = name_release(checksum, before)
        release: Release = {
            "release_id": release_id,
            "published_at": published_at,
            "source_documents": _count(warehouse, "dim_documents"),
            "row_counts": {table: _count(warehouse, table) for table in tables if table not in NOT_COUNTED},
            "checksum": checksum,
            "inputs": inputs,
            "compared_with": compared_with,
            "changes": {one.table: {"added": one.added, "changed": one.changed, "gone": one.gone} for one in changes},
        }
        _add_own_row(warehouse, release)
        _add_changes(warehouse, [one.as_row(release_id, compared_with) for one in changes])
        for table in (*tables, "release_changes"):
            _write_parquet(warehouse, table, folder / "parquet" / table)
        warehouse.execute("DETACH build")
    return release


def _quote(path: Path) -> str:
    return str(path).replace("'", "''")


def _count(warehouse: duckdb.DuckDBPyConnection, table: str) -> int:
    row = warehouse.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    return int(row[0]) if row else 0


def _columns(warehouse: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Table -> its columns in order."""
    query = (
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = ? AND NOT internal GROUP BY table_name"
    )
    return dict(warehouse.execute(query, [database]).fetchall())


def _copy_marts(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """Copy every mart, ordered so that equal rows give equal files, with the descriptions that dbt persisted."""
    query = (
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE database_name = 'build' AND schema_name = 'marts' ORDER BY table_name"
    )
    tables = warehouse.execute(query).fetchall()
    if not tables:
        raise BuildError("the build holds no marts: run `dbt build` first")
    columns = (
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'build' AND schema_name = 'marts' ORDER BY table_name, column_index"
    )
    comments: dict[str, dict[str, str | None]] = {table: {} for table, _ in tables}
    for table, column, comment in warehouse.execute(columns).fetchall():
        comments[table][column] = comment
    for table, comment in tables:
        names = comments[table]
        order = ", ".join(f'"{name}"' for name in dict.fromkeys([*(c for c in CLUSTERED_BY if c in names), *names]))
        warehouse.execute(f'CREATE TABLE "{table}" AS SELECT * FROM build.marts."{table}" ORDER BY {order}')
        _comment(warehouse, f'TABLE "{table}"', comment)
        for column, what in names.items():
            _comment(warehouse, f'COLUMN "{table}"."{column}"', what)
    return [table for table, _ in tables]


def _comment(warehouse: duckdb.DuckDBPyConnection, what: str, comment: str | None) -> None:
    if comment:
        warehouse.execute("COMMENT ON {} IS '{}'".format(what, comment.replace("'", "''")))


def _checksum(warehouse: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> str:
    """64 hex digits over all rows but those about releases, the same whatever the order of rows."""
    digest = hashlib.sha256()
    for table in tables:
        if table in NOT_COUNTED:
            continue
        total = f'SELECT count(*), sum(md5_number_lower(to_json(t)::VARCHAR)::HUGEINT) FROM "{table}" AS t'
        digest.update(f"{table} {warehouse.execute(total).fetchone()}\n".encode())
    return digest.hexdigest()


def _compare(
    warehouse: duckdb.DuckDBPyConnection, tables: Sequence[str], earlier: Path | None, keys: dict[str, tuple[str, ...]]
) -> list[TableChange]:
    """What each table gained and lost against an earlier release; against nothing, everything is added."""
    new = _columns(warehouse, Path(WAREHOUSE).stem)
    old: dict[str, list[str]] = {}
    if earlier is not None:
        warehouse.execute(f"ATTACH '{_quote(earlier)}' AS earlier (READ_ONLY)")
        old = _columns(warehouse, "earlier")

    def run(query: str) -> Sequence[Any]:
        return warehouse.execute(query).fetchone() or ()

    def digest(columns: Sequence[str]) -> str:
        return "md5(to_json({{{}}})::VARCHAR)".format(", ".join(f"'{column}': t.\"{column}\"" for column in columns))

    changes = []
    nothing: tuple[str, list[str]] = ("(SELECT 1 WHERE false)", [])
    for table in sorted({*tables, *old} - NOT_COUNTED):
        now = (f'"{table}"', new[table]) if table in new else nothing
        was = (f'earlier."{table}"', old[table]) if table in old else nothing
        changes.append(compare_table(run, table, keys.get(table, ()), now, was, digest))
    if earlier is not None:
        warehouse.execute("DETACH earlier")
    return changes


def _add_own_row(warehouse: duckdb.DuckDBPyConnection, release: Release) -> None:
    names = ("release_id", "published_at", "source_documents", "row_counts", "checksum")
    values = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
    statement = f"INSERT INTO releases ({', '.join(names)}) VALUES (?, ?, ?, ?, ?)"
    warehouse.execute(statement, [values[name] for name in names])


def _add_changes(warehouse: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in CHANGE_COLUMNS.items())
    warehouse.execute(f"CREATE TABLE release_changes ({columns})")
    warehouse.executemany(f"INSERT INTO release_changes VALUES ({', '.join('?' * len(CHANGE_COLUMNS))})", rows)
    _comment(warehouse, "TABLE release_changes", CHANGES_COMMENT)
    for name, (_, comment) in CHANGE_COLUMNS.items():
        _comment(warehouse, f"COLUMN release_changes.{name}", comment)


def _write_parquet(warehouse: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """One file, or one a fiscal year, so that a year that did not change is the same bytes as in the release before."""
    folder.mkdir(parents=True)
    columns = {row[0] for row in warehouse.execute(f'DESCRIBE "{table}"').fetchall()}
    options = "(FORMAT parquet, COMPRESSION zstd)"
    years: list[Any] = []
    if "fiscal_year" in columns:
        years = warehouse.execute(f'SELECT DISTINCT fiscal_year FROM "{table}" ORDER BY 1').fetchall()
    if not years or (None,) in years:
        warehouse.execute(f"COPY \"{table}\" TO '{_quote(folder / 'data.parquet')}' {options}")
        return
    for (year,) in years:
        target = folder / f"fiscal_year={year}" / "data.parquet"
        target.parent.mkdir()
        warehouse.execute(
            f"COPY (SELECT * FROM \"{table}\" WHERE fiscal_year = {int(year)}) TO '{_quote(target)}' {options}"
        )


def check_warehouse(folder: Path, release: Release) -> None:
    """Read the written files again, as a reader would; raises ReleaseError where they hold anything else."""
    with contextlib.closing(duckdb.connect(str(folder / WAREHOUSE), read_only=True, config=SAFE)) as warehouse:
        tables = sorted(_columns(warehouse, Path(WAREHOUSE).stem))
        found = _checksum(warehouse, tables)
        if found != release["checksum"]:
            raise ReleaseError(f"{WAREHOUSE}: expected checksum {release['checksum']}, read back {found}")
        for table in tables:
            files = _quote(folder / "parquet" / table / "**/*.parquet")
            row = warehouse.execute(f"SELECT count(*) FROM read_parquet('{files}')").fetchone()
            rows = _count(warehouse, table)
            if row is None or row[0] != rows:
                raise ReleaseError(f"parquet/{table}: expected {rows} rows, read back {row and row[0]}")
