"""Write the parts of a release as Parquet; link those that the release before has too.

parquet/<table>/data.parquet                              a table that is not split
                fiscal_year=<year>/data.parquet           one file a fiscal year where the table has one
                fiscal_year=<year>/data-<number>.parquet  and one a range of keys where the table is large
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import duckdb

from extract.files import copy_file
from extract.releases.duckdb_file import SAFE
from extract.releases.manifest import Contents, Place, TableParts
from extract.releases.model import NOT_COUNTED, ReleaseError

OPTIONS = "(FORMAT parquet, COMPRESSION zstd)"
FOLDER = "parquet"
WHOLE = "data.parquet"


def name_part(table: str, parts: TableParts, place: Place) -> str:
    """Name the file of a part, below the release's folder."""
    year, number = place
    folder = f"{FOLDER}/{table}" if year is None else f"{FOLDER}/{table}/fiscal_year={year}"
    return f"{folder}/data-{number:03}.parquet" if parts.bounds else f"{folder}/{WHOLE}"


def write_parquet(file: Path, folder: Path, contents: Contents, earlier: Path | None, before: Contents | None) -> None:
    """Write what a DuckDB file holds as Parquet below `folder`; link what the `earlier` release's folder has already.

    Read back are the counts of the files that were written; raises ReleaseError where one is another.
    """
    with contextlib.closing(duckdb.connect(str(file), read_only=True, config=SAFE)) as warehouse:
        for table, parts in contents.items():
            fresh = parts.places_unlike((before or {}).get(table))
            for place in sorted(set(parts.parts) - fresh):
                if not _link(earlier, folder, name_part(table, parts, place)):
                    fresh.add(place)
            for place in fresh:
                _write_file(warehouse, table, parts.where([place]), folder / name_part(table, parts, place))
            if not parts.parts:  # a table without rows has its columns all the same
                _write_file(warehouse, table, "true", folder / FOLDER / table / WHOLE)
            _check(warehouse, table, folder, [name_part(table, parts, place) for place in fresh], parts, fresh)
        for table in sorted(NOT_COUNTED):
            _write_file(warehouse, table, "true", folder / FOLDER / table / WHOLE)


def _link(earlier: Path | None, folder: Path, name: str) -> bool:
    """Link the earlier release's file into this release; return False where it has none."""
    if earlier is None or not (earlier / name).is_file():
        return False
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    copy_file(earlier / name, folder / name)  # another file system, or more names than it allows: a copy does as well
    return True


def _write_file(warehouse: duckdb.DuckDBPyConnection, table: str, condition: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    target = str(path).replace("'", "''")
    warehouse.execute(f"COPY (SELECT * FROM \"{table}\" WHERE {condition}) TO '{target}' {OPTIONS}")


def _check(
    warehouse: duckdb.DuckDBPyConnection,
    table: str,
    folder: Path,
    names: list[str],
    parts: TableParts,
    places: Iterable[Place],
) -> None:
    expected = sum(parts.parts[place][0] for place in places)
    files = [str(folder / name) for name in names]
    row = warehouse.execute("SELECT count(*) FROM read_parquet($1)", [files]).fetchone() if files else (0,)
    if row is None or row[0] != expected:
        raise ReleaseError(f"parquet/{table}: expected {expected} rows, read back {row and row[0]}")
