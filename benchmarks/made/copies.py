"""Copy the rows of a small warehouse under other names, which makes a large warehouse in minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import duckdb

from extract.settings import Settings
from extract.warehouse import raw_schema
from extract.warehouse.mart_sums import load_partitions, measure_marts
from extract.warehouse.staging import open_warehouse

RENAMED = {
    "sha256": "sha256(t.sha256 || c.copy)",
    "publisher_code": "t.publisher_code || '-' || c.copy",
    "region_code": "t.region_code || '-' || c.copy",
    "code_scope": "t.code_scope || '-' || c.copy",
}
OWN_NUMBER = "case when t.record_no % 50 = 0 then '≥' || (c.number * 1000 + t.record_no) || '户' else t.target_text end"
"""Every fiftieth target of a copy gets a number of its own: the distinct texts grow with the warehouse, too."""
STAGED = tuple(f"raw.{table.name}" for table in (*raw_schema.DOCUMENT_TABLES, raw_schema.document_fingerprints))

Rename = Callable[[str], str]
"""Column -> SQL for its value in the copy `c.copy` of row `t`."""


def copy_staged(settings: Settings, facts: int) -> int:
    """Copy what is staged until the targets are as many as `facts`; returns how many they are."""
    renamed = RENAMED | {"target_text": OWN_NUMBER}
    with duckdb.connect(str(settings.build_db)) as warehouse:
        copies = round(facts / _count(warehouse)) - 1
        _copy_rows(warehouse, STAGED, lambda column: renamed.get(column, f't."{column}"'), "s", copies)
        return _count(warehouse)


def copy_built(settings: Settings, facts: int) -> int:
    """Copy what is staged and built, marts too, until the targets are as many as `facts`; returns how many they are."""

    def rename(column: str) -> str:
        key = f'md5(t."{column}" || c.copy)' if column.endswith("_key") else f't."{column}"'
        return RENAMED.get(column, key)

    marts = [f"marts.{mart}" for mart in load_partitions(settings.dbt_dir)]
    with duckdb.connect(str(settings.build_db), config={"memory_limit": settings.dbt_memory or "2GB"}) as warehouse:
        copies = round(facts / _count(warehouse)) - 1
        _copy_rows(warehouse, (*STAGED, "raw.built_documents", *marts), rename, "b", copies)
        targets = _count(warehouse)
    with open_warehouse(settings) as engine:
        measure_marts(engine, settings.dbt_dir, is_full=True)
    return targets


def _count(warehouse: duckdb.DuckDBPyConnection) -> int:
    (targets,) = warehouse.execute("select count(*) from raw.targets").fetchone() or (0,)
    return int(targets)


def _copy_rows(
    warehouse: duckdb.DuckDBPyConnection, tables: Iterable[str], rename: Rename, mark: str, copies: int
) -> None:
    """Copy rows; names of copies end in the mark and a number."""
    warehouse.execute("set preserve_insertion_order = false")
    for table in tables:
        columns = [row[0] for row in warehouse.execute(f"describe {table}").fetchall()]
        values = ", ".join(rename(column) for column in columns)
        warehouse.execute(
            f"insert into {table} select {values} from {table} as t, "
            f"(select range + 1 as number, '{mark}' || number as copy from range({max(0, copies)})) as c"
        )
