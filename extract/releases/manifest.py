"""Sum up a release part by part; derive its checksum and counts, and compare it with another.

A part is the rows of one table, one fiscal year and one range of partition keys (publisher_key or code_scope). Each
has a count and a checksum. A release's are sums of those of its parts, and two releases differ in the parts that
differ: only these are written and compared, on either shelf.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from extract.releases.changes import TableChange, compare_table
from extract.releases.model import NOT_COUNTED, Release, name_release
from extract.warehouse.dialect import Dialect

Query = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a statement and returns its rows."""

Place = tuple[int | None, int]
"""Where a part stands in its table: fiscal year (None where the table is not split by it), number of the key range."""

Sum = tuple[int, int]
"""Rows, and the sum of their digests."""

SPLIT_AGAIN = 3
"""A table's ranges are chosen anew when it has this many times the rows that it had when they were chosen."""


@dataclass(frozen=True, slots=True)
class TableParts:
    """One table of a release: its columns with their types, how it is split, and the sum of each part."""

    columns: Mapping[str, str]
    key: str | None = None
    bounds: tuple[str, ...] = ()
    """Where the ranges 1, 2, … of the key begin; range 0 holds what comes before, and null."""
    is_yearly: bool = False
    split_at: int = 0
    """Rows of the table when the bounds were chosen."""
    parts: Mapping[Place, Sum] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """The number of rows of all parts."""
        return sum(rows for rows, _ in self.parts.values())

    @property
    def checksum(self) -> int:
        """The sum of the checksums of all parts."""
        return sum(number for _, number in self.parts.values())

    def is_split_as(self, other: TableParts) -> bool:
        """Return True if a part of either can stand for the part at the same place of the other."""
        return (dict(self.columns), self.key, self.bounds, self.is_yearly) == (
            dict(other.columns),
            other.key,
            other.bounds,
            other.is_yearly,
        )

    def places_unlike(self, other: TableParts | None) -> set[Place]:
        """Return the places of parts that `other` does not have as they are here."""
        if other is None or not self.is_split_as(other):
            return set(self.parts)
        return {place for place, total in self.parts.items() if other.parts.get(place) != total}

    def where(self, places: Iterable[Place]) -> str:
        """Write the SQL condition under which a row is in one of these parts.

        It begins with bounds of years and of keys, by which DuckDB skips rows before it reads their other columns.
        """
        wanted = set(places)
        if not wanted:
            return "false"
        if wanted == set(self.parts):
            return "true"
        years = sorted({year for year, _ in wanted if year is not None})
        first, last = (choose(number for _, number in wanted) for choose in (min, max))
        conditions = [f"fiscal_year IN ({', '.join(str(int(year)) for year in years)})"] if years else []
        conditions += self._bound_range(first, last)
        if len(wanted) != max(len(years), 1) * (last - first + 1):
            parts = (self.where_part(place) for place in sorted(wanted, key=_order))
            conditions.append(f"({' OR '.join(f'({part})' for part in parts)})")
        return " AND ".join(conditions) or "true"

    def where_part(self, place: Place) -> str:
        """Write the SQL condition under which a row is in this part."""
        year, number = place
        conditions = [f"fiscal_year = {int(year)}"] if year is not None else []
        return " AND ".join([*conditions, *self._bound_range(number, number)]) or "true"

    def _bound_range(self, first: int, last: int) -> list[str]:
        """Write the SQL conditions under which a key is in the ranges of these numbers, none where all keys are."""
        upper = f'"{self.key}" < {_quote(self.bounds[last])}' if last < len(self.bounds) else None
        if first == 0:
            return [f'({upper} OR "{self.key}" IS NULL)'] if upper else []
        lower = f'"{self.key}" >= {_quote(self.bounds[first - 1])}'
        return [lower, upper] if upper else [lower]

    def years(self) -> list[int | None]:
        """Return the fiscal years of the parts in order; None alone where the table is not split by them."""
        return sorted({year for year, _ in self.parts}, key=lambda year: (year is not None, year or 0))


Contents = dict[str, TableParts]
"""Table -> its parts, without the tables about releases themselves."""


def read_contents(
    query: Query,
    dialect: Dialect,
    columns: Mapping[str, Mapping[str, str]],
    partitions: Mapping[str, str],
    before: Contents | None,
    part_rows: int,
) -> Contents:
    """Sum up the build's marts, given with their columns, as parts of about `part_rows` rows.

    A mart is split as in the release `before` unless it has grown or changed its columns. Sums of `raw.mart_sums` count
    where they cover all rows of a mart; other marts are read.
    """
    summed = _summed(query, dialect)
    found: Contents = {}
    for table in sorted(set(columns) - NOT_COUNTED):
        key = partitions.get(table)
        key = key if key in columns[table] else None
        (count,) = query(f'SELECT count(*) FROM {dialect.build}marts."{table}"')[0]
        sums = _fine_sums(dialect, table, key, columns[table], is_summed=summed.get(table) == count)
        earlier = (before or {}).get(table)
        if earlier and _fits(earlier, columns[table], key, count, part_rows):
            bounds, split_at = earlier.bounds, earlier.split_at
        else:
            bounds, split_at = _choose_bounds(query, sums, part_rows) if key else (), count
        parts, is_yearly = _sum_parts(query, sums, bounds, is_yearly="fiscal_year" in columns[table])
        found[table] = TableParts(dict(columns[table]), key, bounds, is_yearly, split_at, parts)
    return found


def _fits(earlier: TableParts, columns: Mapping[str, str], key: str | None, count: int, part_rows: int) -> bool:
    """Return True if a mart can be split as it was in an earlier release."""
    if (dict(earlier.columns), earlier.key) != (dict(columns), key):
        return False
    return key is None or count <= SPLIT_AGAIN * max(earlier.split_at, part_rows)


def _sum_parts(query: Query, sums: str, bounds: tuple[str, ...], *, is_yearly: bool) -> tuple[dict[Place, Sum], bool]:
    """Sum up each part; return True beside it if the table is split by years, as it is where each row has one."""
    rows = query(
        f"SELECT fiscal_year, {_range_number(bounds)} AS number, sum(row_count), sum(checksum) "
        f"FROM ({sums}) AS s GROUP BY 1, 2"
    )
    is_yearly = is_yearly and all(year is not None for year, *_ in rows)
    parts: dict[Place, Sum] = defaultdict(lambda: (0, 0))
    for year, number, row_count, checksum in rows:
        place = (int(year) if is_yearly else None, int(number))
        parts[place] = (parts[place][0] + int(row_count), parts[place][1] + int(checksum))
    return dict(parts), is_yearly


def _summed(query: Query, dialect: Dialect) -> dict[str, int]:
    """Return mart -> rows that the build summed up."""
    there = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'raw' AND table_name = 'mart_sums'"
    if not query(there):
        return {}
    rows = query(f"SELECT mart_name, sum(row_count) FROM {dialect.build}raw.mart_sums GROUP BY 1")
    return {mart: int(count) for mart, count in rows}


def _fine_sums(dialect: Dialect, table: str, key: str | None, columns: Mapping[str, str], *, is_summed: bool) -> str:
    """Write a query for the sums of each fiscal year and partition."""
    if is_summed:
        return (
            "SELECT fiscal_year, partition_key, row_count, checksum "
            f"FROM {dialect.build}raw.mart_sums WHERE mart_name = {_quote(table)}"
        )
    year = "t.fiscal_year" if "fiscal_year" in columns else "CAST(NULL AS integer)"
    partition = f't."{key}"' if key else "CAST(NULL AS varchar)"
    return (
        f"SELECT {year} AS fiscal_year, {partition} AS partition_key, count(*) AS row_count, "
        f'{dialect.checksum()} AS checksum FROM {dialect.build}marts."{table}" AS t GROUP BY 1, 2'
    )


def _choose_bounds(query: Query, sums: str, part_rows: int) -> tuple[str, ...]:
    """Choose the keys at which ranges begin, so that the largest year has about `part_rows` rows in each."""
    largest = query(f"SELECT fiscal_year, sum(row_count) FROM ({sums}) AS s GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
    ranges = math.ceil(int(largest[0][1]) / part_rows) if largest else 1
    if ranges < 2:
        return ()
    by_key = query(f"SELECT partition_key, sum(row_count) FROM ({sums}) AS s GROUP BY 1")
    ordered = sorted((str(key), int(count)) for key, count in by_key if key is not None)
    step = sum(count for _, count in ordered) / ranges
    bounds: list[str] = []
    seen = 0
    for key, count in ordered:
        if seen >= step * (len(bounds) + 1):
            bounds.append(key)
        seen += count
    return tuple(bounds)


def _range_number(bounds: tuple[str, ...]) -> str:
    """Write SQL for the number of the range of a partition_key, as a search by halves."""

    def search(low: int, high: int) -> str:
        """Write SQL for the number of a range between low and high."""
        if low == high:
            return str(low)
        middle = (low + high + 1) // 2
        found, other = search(middle, high), search(low, middle - 1)
        return f"CASE WHEN partition_key >= {_quote(bounds[middle - 1])} THEN {found} ELSE {other} END"

    return search(0, len(bounds))


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _order(place: Place) -> tuple[int, int]:
    return (place[0] or 0, place[1])


def checksum_of(contents: Contents) -> str:
    """Return 64 hex digits over all rows but those about releases, the same whatever the order of rows and parts."""
    digest = hashlib.sha256()
    for table, one in sorted(contents.items()):
        digest.update(f"{table} {(one.row_count, one.checksum if one.row_count else None)}\n".encode())
    return digest.hexdigest()


def make_release(contents: Contents, inputs: str, before: Release | None, changes: Sequence[TableChange]) -> Release:
    """Make the manifest of a release that holds these tables."""
    checksum = checksum_of(contents)
    release_id, published_at = name_release(checksum, before)
    documents = contents.get("dim_documents")
    return {
        "release_id": release_id,
        "published_at": published_at,
        "source_documents": documents.row_count if documents else 0,
        "row_counts": {table: one.row_count for table, one in sorted(contents.items())},
        "checksum": checksum,
        "inputs": inputs,
        "compared_with": before["release_id"] if before else None,
        "changes": {one.table: {"added": one.added, "changed": one.changed, "gone": one.gone} for one in changes},
    }


Relation = tuple[str, list[str], int]
"""What is compared: a relation in SQL, its columns, and how many rows of its table are left out as equal."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of two releases that are compared: its tables' columns, its parts where they are known, and its names."""

    columns: Mapping[str, Iterable[str]]
    contents: Contents | None
    name: Callable[[str], str]
    """Table -> its name in SQL."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The rows of one table in which two releases differ, or more: SQL conditions and counts."""

    gone: str
    """The condition under which a row of the earlier release is one of them."""
    fresh: str
    """The condition under which a row of the later release is one of them."""
    rows_before: int
    rows_after: int


def compare(
    query: Query,
    dialect: Dialect,
    keys: Mapping[str, Sequence[str]],
    new: Side,
    old: Side | None,
    differences: Mapping[str, Difference] = MappingProxyType({}),
) -> list[TableChange]:
    """Count what each table gained and lost. Against nothing, everything is added.

    Compared are the rows of a table's difference where that is given, else those of the parts that differ.
    """
    changes = []
    for table in sorted({*new.columns, *(old.columns if old else ())} - NOT_COUNTED):
        now, was = _relation(table, new, old), _relation(table, old, new)
        if old is not None and table in differences:
            now, was = _differing(table, new, old, differences[table])
        change = compare_table(
            lambda statement: query(statement)[0], table, keys.get(table, ()), now[:2], was[:2], dialect.digest
        )
        changes.append(change.among(was[2], now[2]))
    return changes


def _differing(table: str, new: Side, old: Side, difference: Difference) -> tuple[Relation, Relation]:
    """Return the rows of a difference in the later and in the earlier release."""
    found = []
    for side, condition, rows in (
        (new, difference.fresh, difference.rows_after),
        (old, difference.gone, difference.rows_before),
    ):
        equal = (side.contents or {})[table].row_count - rows
        found.append((f"(SELECT * FROM {side.name(table)} WHERE {condition})", list(side.columns[table]), equal))
    return found[0], found[1]


def _relation(table: str, side: Side | None, other: Side | None) -> Relation:
    """Return the rows of a table that must be compared, its columns, and how many rows of it need not be."""
    if side is None or table not in side.columns:
        return "(SELECT 1 WHERE false)", [], 0
    columns, parts = list(side.columns[table]), (side.contents or {}).get(table)
    if parts is None or other is None or other.contents is None:
        return side.name(table), columns, 0
    places = parts.places_unlike(other.contents.get(table))
    equal = sum(rows for place, (rows, _) in parts.parts.items() if place not in places)
    return f"(SELECT * FROM {side.name(table)} WHERE {parts.where(places)})", columns, equal


def as_json(contents: Contents) -> str:
    """Write the text that `from_json` reads."""
    return json.dumps(
        {
            table: {
                "columns": dict(one.columns),
                "key": one.key,
                "bounds": one.bounds,
                "is_yearly": one.is_yearly,
                "split_at": one.split_at,
                "parts": [[*place, rows, str(total)] for place, (rows, total) in sorted(one.parts.items(), key=_first)],
            }
            for table, one in sorted(contents.items())
        },
        ensure_ascii=False,
    )


def _first(part: tuple[Place, Sum]) -> tuple[int, int]:
    return _order(part[0])


def from_json(written: str) -> Contents:
    """Read the contents that `as_json` wrote."""
    return {
        table: TableParts(
            one["columns"],
            one["key"],
            tuple(one["bounds"]),
            one["is_yearly"],
            one["split_at"],
            {(year, number): (rows, int(total)) for year, number, rows, total in one["parts"]},
        )
        for table, one in json.loads(written).items()
    }
