"""Make a release's DuckDB file from the one before, and read it back before anybody may see it.

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
Key = tuple[int | None, str | None]
"""A fiscal year, None where the table is not split by them, and the key of a partition."""


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
    replaced, places, differences = base.replaced_rows if base else 0, {}, {}
    with _connect(settings, str(file)) as warehouse:
        there = _list_columns(warehouse, file.stem, "main")
        for table in sorted(set(there) - set(contents)):
            warehouse.execute(f'DROP TABLE "{table}"')
        for table, parts in contents.items():
            earlier = base.contents.get(table) if base else None
            places[table] = parts.places_unlike(earlier)
            if earlier is not None and earlier.is_split_as(parts):
                difference = find_difference(warehouse, f'"{table}"', table, parts, earlier)
                replaced += _replace_rows(warehouse, table, parts, difference)
                differences[table] = (earlier, difference)
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
            differences = _find_differences(warehouse, contents, earlier or {}, written)
        new = Side(_list_columns(warehouse, file.stem, "main"), contents, '"{}"'.format)
        changes = compare(_query(warehouse), DUCKDB, load_keys(settings.dbt_dir), new, old, differences)
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


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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


def find_difference(
    warehouse: Warehouse, relation: str, table: str, parts: TableParts, earlier: TableParts
) -> Difference:
    """Find the rows of a relation, which holds the parts of an earlier release, that are not those of the build.

    In a table that is split by keys these are the rows of the keys whose rows differ, else all rows of the parts.
    """
    places, fresh = earlier.places_unlike(parts), parts.places_unlike(earlier)
    if not parts.key:
        rows = sum(earlier.parts[place][0] for place in places), sum(parts.parts[place][0] for place in fresh)
        return Difference(earlier.where(places), parts.where(fresh), *rows)
    old = _sum_keys(warehouse, relation, parts, earlier.where(places)) if places else {}
    new = _sum_built_keys(warehouse, table, parts, fresh) if fresh else {}
    differing = {one for one, _ in {*old.items()} ^ {*new.items()}}
    condition = _where_keys(parts, differing)
    before, after = (sum(some[one][0] for one in differing if one in some) for some in (old, new))
    return Difference(condition, condition, before, after)


def _find_differences(
    warehouse: Warehouse, contents: Contents, earlier: Contents, written: Written
) -> dict[str, Difference]:
    """Find how each table differs from the release before: as was found for writing, where that was made from it.

    Of a file that was written anew nothing is found: as good as all may differ.
    """
    found: dict[str, Difference] = {}
    if not written.differences:
        return found
    for table, parts in contents.items():
        before = earlier.get(table)
        if before is None or not before.is_split_as(parts):
            continue
        base, difference = written.differences.get(table, (None, None))
        if difference is None or base != before:
            difference = find_difference(warehouse, f'earlier."{table}"', table, parts, before)
        found[table] = difference
    return found


def _replace_rows(warehouse: Warehouse, table: str, parts: TableParts, difference: Difference) -> int:
    """Replace the rows that differ by those of the build; return how many were deleted and inserted."""
    (deleted,) = warehouse.execute(f'DELETE FROM "{table}" WHERE {difference.gone}').fetchall()[0]
    (inserted,) = warehouse.execute(_insert(table, parts.columns, difference.fresh)).fetchall()[0]
    return int(deleted) + int(inserted)


def _sum_built_keys(
    warehouse: Warehouse, table: str, parts: TableParts, places: set[Place]
) -> dict[Key, tuple[int, int]]:
    """Sum up the rows of each key in some parts of a mart; they are not read where the build has summed them up."""
    if "mart_sums" in _list_columns(warehouse, "build", "raw"):
        year = "fiscal_year" if parts.is_yearly else "NULL"
        rows = warehouse.execute(
            f'SELECT {year}, "{parts.key}", sum(row_count), sum(checksum) FROM (SELECT fiscal_year, '
            f'partition_key AS "{parts.key}", row_count, checksum FROM build.raw.mart_sums WHERE mart_name = ?) '
            f"WHERE {parts.where(places)} GROUP BY 1, 2",
            [table],
        )
        found = {(year, key): (int(count), int(total)) for year, key, count, total in rows.fetchall()}
        sums = [sum(one[at] for one in found.values()) for at in (0, 1)]
        if sums == [sum(parts.parts[place][at] for place in places) for at in (0, 1)]:
            return found
    return _sum_keys(warehouse, f'build.marts."{table}"', parts, parts.where(places))


def _sum_keys(warehouse: Warehouse, relation: str, parts: TableParts, condition: str) -> dict[Key, tuple[int, int]]:
    year = "fiscal_year" if parts.is_yearly else "NULL"
    rows = warehouse.execute(
        f'SELECT {year}, "{parts.key}", count(*), {DUCKDB.checksum()} '
        f"FROM {relation} AS t WHERE {condition} GROUP BY 1, 2"
    )
    return {(year, key): (count, int(total)) for year, key, count, total in rows.fetchall()}


def _where_keys(parts: TableParts, keys: Iterable[Key]) -> str:
    """Write the SQL condition under which a row has one of these fiscal years and keys, its bounds first."""
    wanted = sorted(set(keys), key=str)
    if not wanted:
        return "false"
    years = sorted({year for year, _ in wanted if year is not None})
    names = sorted({key for _, key in wanted if key is not None})
    conditions = [f"fiscal_year IN ({', '.join(str(int(year)) for year in years)})"] if years else []
    if all(key is not None for _, key in wanted):
        conditions.append(f'"{parts.key}" >= {_literal(names[0])} AND "{parts.key}" <= {_literal(names[-1])}')
    of_year: dict[int | None, list[str | None]] = {}
    for year, key in wanted:
        of_year.setdefault(year, []).append(key)
    exact = []
    for year, some in of_year.items():
        named = ", ".join(_literal(key) for key in some if key is not None)
        one_of = [f'"{parts.key}" IN ({named})'] if named else []
        is_key = " OR ".join([*one_of, *([f'"{parts.key}" IS NULL'] if None in some else [])])
        exact.append(f"({is_key})" if year is None else f"(fiscal_year = {int(year)} AND ({is_key}))")
    return " AND ".join([*conditions, f"({' OR '.join(exact)})"])


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
