"""Make a release's DuckDB file from the file of the release before, and verify it before it is served.

The file begins as a clone of an earlier release's. Parts of the marts that are the same in it stay as they are; in the
others rows are deleted and inserted. Now and then, when many rows have been replaced, the file is written anew.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from extract.errors import BuildError
from extract.releases.changes import load_keys
from extract.releases.differences import find_differences
from extract.releases.manifest import (
    Contents,
    Difference,
    Place,
    Side,
    TableParts,
    compare,
    make_release,
    read_contents,
)
from extract.releases.model import CHANGE_COLUMNS, CHANGES_COMMENT, NOT_COUNTED, Release, ReleaseError
from extract.settings import Settings
from extract.warehouse.build import memory_limit
from extract.warehouse.dialect import DUCKDB
from extract.warehouse.mart_sums import load_partitions

WAREHOUSE = "warehouse.duckdb"
SAFE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
CLUSTERED_BY = ("fiscal_year", "check_code", "code_scope", "publisher_key", "unit_key", "project_key")
"""What queries ask for first, then partitions. Rows stand in this order, so that DuckDB skips those of other years,
partitions and projects."""
PART_ROWS = 25_000
"""A part, and so a Parquet file, has about so many rows in a large table."""
REPLACED_SHARE = 0.3
"""When more rows than this share of all have been replaced in a file and its clones, it is written anew, in order."""

Warehouse: TypeAlias = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Base:
    """An earlier release's file that lies, as a clone, where the new one is to be."""

    contents: Contents
    replaced_rows: int
    """Rows that were replaced since the file was written anew."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done to a file."""

    places: Mapping[str, set[Place]]
    """Table -> its parts that were written."""
    replaced_rows: int
    """Rows that were replaced since the file was written anew."""
    differences: Mapping[str, tuple[TableParts, Difference]]
    """Table -> what was replaced in it, and the parts that it had before."""


def is_worth_changing(contents: Contents, base: Base) -> bool:
    """Return True if a file is better changed than written anew, all in order."""
    fresh = sum(
        parts.parts[place][0]
        for table, parts in contents.items()
        for place in parts.places_unlike(base.contents.get(table))
    )
    everything = sum(parts.row_count for parts in contents.values())
    return base.replaced_rows + fresh <= REPLACED_SHARE * everything


def survey_build(settings: Settings, before: Contents | None) -> Contents:
    """Sum up the build's marts, split as in the release before."""
    with _connect(settings, ":memory:") as warehouse:
        columns = _list_columns(warehouse, "build", "marts")
        if not columns:
            raise BuildError("the build holds no marts: run `dbt build` first")
        return read_contents(_query(warehouse), DUCKDB, columns, load_partitions(settings.dbt_dir), before, PART_ROWS)


def write_warehouse(settings: Settings, file: Path, contents: Contents, base: Base | None) -> Written:
    """Make a file hold what the build holds; it begins as a clone of `base`, or empty."""
    replaced, places = base.replaced_rows if base else 0, {}
    with _connect(settings, str(file)) as warehouse:
        there = _list_columns(warehouse, file.stem, "main")
        for table in sorted(set(there) - set(contents)):
            warehouse.execute(f'DROP TABLE "{table}"')
        differences = find_differences(warehouse, '"{}"', contents, base.contents) if base else {}
        for table, parts in contents.items():
            places[table] = parts.places_unlike(base.contents.get(table) if base else None)
            if table in differences:
                replaced += _replace_rows(warehouse, table, parts, differences[table][1])
            else:
                _write_table(warehouse, table, parts.years())
                replaced += parts.row_count if base else 0
        for table in sorted(NOT_COUNTED & set(_list_columns(warehouse, "build", "marts"))):
            _write_table(warehouse, table, [None])
        _describe(warehouse, file.stem)
    return Written(places, replaced, differences)


def finish_warehouse(
    settings: Settings,
    file: Path,
    contents: Contents,
    inputs: str,
    before: Release | None,
    earlier: Contents | None,
    written: Written,
) -> Release:
    """Compare a written file with the release before, add what it says of itself, and return its manifest.

    `earlier` is what the release before holds, None where that was not written down.
    """
    with _connect(settings, str(file)) as warehouse:
        old, differences = None, {}
        if before is not None:
            path = settings.releases / before["release_id"] / WAREHOUSE
            warehouse.execute(f"ATTACH '{_quote(path)}' AS earlier (READ_ONLY)")
            old = Side(_list_columns(warehouse, "earlier", "main"), earlier, 'earlier."{}"'.format)
            if written.differences:  # else the file was written anew, and as good as all may differ
                known = written.differences
                differences = find_differences(warehouse, 'earlier."{}"', contents, earlier or {}, known)
        new = Side(_list_columns(warehouse, file.stem, "main"), contents, '"{}"'.format)
        found = {table: difference for table, (_, difference) in differences.items()}
        changes = compare(_query(warehouse), DUCKDB, load_keys(settings.dbt_dir), new, old, found)
        if old is not None:
            warehouse.execute("DETACH earlier")
        release = make_release(contents, inputs, before, changes)
        _add_own_row(warehouse, release)
        _add_changes(warehouse, [one.as_row(release["release_id"], release["compared_with"]) for one in changes])
    return release


def check_warehouse(file: Path, contents: Contents, written: Mapping[str, Iterable[Place]]) -> None:
    """Read a file as a reader would: all counts, and every row of the parts that were written.

    Raises ReleaseError where it holds anything else.
    """
    with contextlib.closing(duckdb.connect(str(file), read_only=True, config=SAFE)) as warehouse:
        query = _query(warehouse)
        if (tables := set(_list_columns(warehouse, file.stem, "main")) - NOT_COUNTED) != set(contents):
            raise ReleaseError(f"{WAREHOUSE}: expected tables {sorted(contents)}, read back {sorted(tables)}")
        for table, parts in contents.items():
            ((count,),) = query(f'SELECT count(*) FROM "{table}"')
            if count != parts.row_count:
                raise ReleaseError(f"{WAREHOUSE}: expected {parts.row_count} rows of {table}, read back {count}")
            places = set(written[table])
            totals = [parts.parts[place] for place in places]
            expected = (sum(rows for rows, _ in totals), sum(number for _, number in totals))
            ((rows, number),) = query(
                f'SELECT count(*), {DUCKDB.checksum()} FROM "{table}" AS t WHERE {parts.where(places)}'
            )
            if (rows, int(number or 0)) != expected:
                raise ReleaseError(
                    f"{WAREHOUSE}: expected rows and checksum {expected} in {len(places)} parts of {table}, "
                    f"read back {(rows, int(number or 0))}"
                )


@contextlib.contextmanager
def _connect(settings: Settings, file: str) -> Iterator[Warehouse]:
    """Open a database with the build attached beside it, read-only."""
    config = {**SAFE, "memory_limit": memory_limit(settings)}
    if file == ":memory:":
        config["temp_directory"] = str(settings.home / "dbt" / "survey.tmp")
    with contextlib.closing(duckdb.connect(file, config=config)) as warehouse:
        warehouse.execute(f"ATTACH '{_quote(settings.build_db)}' AS build (READ_ONLY)")
        yield warehouse
        warehouse.execute("DETACH build")


def _query(warehouse: Warehouse) -> Any:
    return lambda statement: warehouse.execute(statement).fetchall()


def _quote(path: Path) -> str:
    return str(path).replace("'", "''")


def _list_columns(warehouse: Warehouse, database: str, schema: str) -> dict[str, dict[str, str]]:
    """Return table -> its columns in order, each with its type."""
    query = (
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND NOT internal ORDER BY table_name, column_index"
    )
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in warehouse.execute(query, [database, schema]).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _replace_rows(warehouse: Warehouse, table: str, parts: TableParts, difference: Difference) -> int:
    """Replace the rows that differ by those of the build; return how many were deleted and inserted."""
    (deleted,) = warehouse.execute(f'DELETE FROM "{table}" WHERE {difference.gone}').fetchall()[0]
    (inserted,) = warehouse.execute(_insert(table, parts.columns, difference.fresh)).fetchall()[0]
    return int(deleted) + int(inserted)


def _write_table(warehouse: Warehouse, table: str, years: Sequence[int | None]) -> None:
    """Copy a mart, a fiscal year at a time: what is sorted at once stays small."""
    source = f'build.marts."{table}"'
    warehouse.execute(f'CREATE OR REPLACE TABLE "{table}" AS SELECT * FROM {source} LIMIT 0')
    columns = [row[0] for row in warehouse.execute(f'DESCRIBE "{table}"').fetchall()]
    for year in years:
        warehouse.execute(_insert(table, columns, "true" if year is None else f"fiscal_year = {int(year)}"))


def _insert(table: str, columns: Iterable[str], condition: str) -> str:
    order = [f'"{name}"' for name in CLUSTERED_BY if name in columns]
    ordered = f" ORDER BY {', '.join(order)}" if order else ""
    return f'INSERT INTO "{table}" SELECT * FROM build.marts."{table}" WHERE {condition}{ordered}'


def _describe(warehouse: Warehouse, database: str) -> None:
    """Give tables and columns the descriptions that dbt persisted in the build."""
    query = """
        SELECT 'TABLE "' || table_name || '"' AS what, comment
        FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2
        UNION ALL
        SELECT 'COLUMN "' || table_name || '"."' || column_name || '"', comment
        FROM duckdb_columns() WHERE database_name = $1 AND schema_name = $2
    """
    wanted = dict(warehouse.execute(query, ["build", "marts"]).fetchall())
    there = dict(warehouse.execute(query, [database, "main"]).fetchall())
    for what, comment in sorted(wanted.items()):
        if there.get(what) != comment:
            _comment(warehouse, what, comment)


def _comment(warehouse: Warehouse, what: str, comment: str | None) -> None:
    text = "NULL" if comment is None else "'{}'".format(comment.replace("'", "''"))
    warehouse.execute(f"COMMENT ON {what} IS {text}")


def _add_own_row(warehouse: Warehouse, release: Release) -> None:
    names = ("release_id", "published_at", "source_documents", "row_counts", "checksum")
    values = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
    statement = f"INSERT INTO releases ({', '.join(names)}) VALUES (?, ?, ?, ?, ?)"
    warehouse.execute(statement, [values[name] for name in names])


def _add_changes(warehouse: Warehouse, rows: list[tuple[Any, ...]]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in CHANGE_COLUMNS.items())
    warehouse.execute(f"CREATE OR REPLACE TABLE release_changes ({columns})")
    warehouse.executemany(f"INSERT INTO release_changes VALUES ({', '.join('?' * len(CHANGE_COLUMNS))})", rows)
    _comment(warehouse, "TABLE release_changes", CHANGES_COMMENT)
    for name, (_, comment) in CHANGE_COLUMNS.items():
        _comment(warehouse, f"COLUMN release_changes.{name}", comment)
