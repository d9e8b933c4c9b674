"""Count the rows that were added, changed and removed between two versions of a table, by its key.

Plain SQL for DuckDB and PostgreSQL; what differs between them, the digest of a row, is a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from extract.files import load_yaml

Digest = Callable[[Sequence[str]], str]
"""Column names of a relation `t` become a SQL expression that is equal where these columns are."""

Run = Callable[[str], Sequence[Any]]
"""Runs a query of one row."""


@dataclass(frozen=True, slots=True)
class TableChange:
    """Row counts of one table: before + added - gone = after."""

    table: str
    before: int
    added: int
    changed: int
    gone: int
    after: int

    def as_row(self, release_id: str, compared_with: str | None) -> tuple[Any, ...]:
        """Return the row of `release_changes`."""
        return (release_id, compared_with, *asdict(self).values())

    def among(self, before: int, after: int) -> TableChange:
        """Add the rows before and after that were not compared, since they are equal."""
        return replace(self, before=self.before + before, after=self.after + after)


def load_keys(dbt_dir: Path) -> dict[str, tuple[str, ...]]:
    """Return mart → the columns that its test `is_key` audits, by which its rows are compared."""
    keys: dict[str, tuple[str, ...]] = {}
    for path in sorted(dbt_dir.glob("models/**/*.yml")):
        for model in (load_yaml(path) or {}).get("models", ()):
            for test in model.get("data_tests", ()):
                if isinstance(test, dict) and "is_key" in test:
                    keys[model["name"]] = tuple(test["is_key"]["arguments"]["columns"])
    return keys


def compare_table(
    run: Run,
    table: str,
    key: Iterable[str],
    new: tuple[str, Sequence[str]],
    old: tuple[str, Sequence[str]],
    digest: Digest,
) -> TableChange:
    """Compare two relations, each given as SQL name and columns. Without a key that both have, whole rows are compared.

    A column that only one of them has makes no row a changed one.
    """
    (new_name, new_columns), (old_name, old_columns) = new, old
    common = [column for column in new_columns if column in set(old_columns)]
    if not common:
        before, after = _count(run, old_name), _count(run, new_name)
        return TableChange(table, before, after, 0, before, after)
    known_by = list(key)
    if not known_by or not set(known_by) <= set(common):
        known_by = common
    return TableChange(table, *(int(number) for number in run(_query(new_name, old_name, known_by, digest(common)))))


def _count(run: Run, relation: str) -> int:
    return int(run(f"SELECT count(*) FROM {relation} AS t")[0])


def _query(new: str, old: str, key: Sequence[str], digest: str) -> str:
    columns = ", ".join(f'"{column}"' for column in key)
    texts = ", ".join(f'CAST("{column}" AS varchar) AS "{column}"' for column in key)  # its type may have changed
    return f"""
    SELECT
        coalesce(sum(rows_before), 0),
        coalesce(sum(greatest(rows_after - rows_before, 0)), 0),
        coalesce(sum(CASE WHEN first_digest <> last_digest THEN least(rows_after, rows_before) ELSE 0 END), 0),
        coalesce(sum(greatest(rows_before - rows_after, 0)), 0),
        coalesce(sum(rows_after), 0)
    FROM (
        SELECT
            sum(is_before) AS rows_before,
            sum(1 - is_before) AS rows_after,
            min(digest) AS first_digest,
            max(digest) AS last_digest
        FROM (
            SELECT {texts}, 0 AS is_before, {digest} AS digest FROM {new} AS t
            UNION ALL
            SELECT {texts}, 1 AS is_before, {digest} AS digest FROM {old} AS t
        ) AS versions
        GROUP BY {columns}
    ) AS by_key
    """
