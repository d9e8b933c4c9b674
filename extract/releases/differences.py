"""Find the rows in which the build differs from an earlier release, by the partitions to which they belong.

Only parts that differ are read, and of the build nothing where it has summed up its partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import duckdb

from extract.releases.manifest import Contents, Difference, Place, Sum, TableParts
from extract.warehouse.dialect import DUCKDB

READERS = 4
"""Tables that are read at once."""

Key = tuple[int | None, str | None]
"""A fiscal year, None where the table is not split by them, and the key of a partition."""


def find_difference(
    warehouse: duckdb.DuckDBPyConnection, relation: str, table: str, parts: TableParts, earlier: TableParts
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


def find_differences(
    warehouse: duckdb.DuckDBPyConnection,
    relation: str,
    contents: Contents,
    earlier: Contents,
    known: Mapping[str, tuple[TableParts, Difference]] = MappingProxyType({}),
) -> dict[str, tuple[TableParts, Difference]]:
    """Find how each table that is split as it was differs from `earlier`: table -> the parts that it had, and how.

    `relation` with the name of a table is where the earlier rows are. What is `known` counts where it was found against
    the same parts. Tables are read side by side, since most are too small to keep more than one core busy.
    """

    def find(table: str) -> tuple[TableParts, Difference]:
        """Return the earlier parts of a table and its difference, with a connection of its own."""
        if table in known and known[table][0] == earlier[table]:
            return known[table]
        with warehouse.cursor() as cursor:
            return earlier[table], find_difference(
                cursor, relation.format(table), table, contents[table], earlier[table]
            )

    tables = [table for table, parts in contents.items() if table in earlier and earlier[table].is_split_as(parts)]
    with ThreadPoolExecutor(max_workers=READERS) as pool:
        return dict(zip(tables, pool.map(find, tables), strict=True))


def _sum_built_keys(
    warehouse: duckdb.DuckDBPyConnection, table: str, parts: TableParts, places: set[Place]
) -> dict[Key, Sum]:
    """Sum up the rows of each key in some parts of a mart; they are not read where the build has summed them up."""
    there = (
        "SELECT 1 FROM duckdb_tables() WHERE (database_name, schema_name, table_name) = ('build', 'raw', 'mart_sums')"
    )
    if warehouse.execute(there).fetchall():
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


def _sum_keys(warehouse: duckdb.DuckDBPyConnection, relation: str, parts: TableParts, condition: str) -> dict[Key, Sum]:
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


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
