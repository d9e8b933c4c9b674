"""Compare every row of a release with the build and with the release before, and list what is wrong."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from extract.releases.changes import compare_table, load_keys
from extract.releases.model import NOT_COUNTED
from extract.settings import Settings
from extract.warehouse.dialect import DUCKDB

FILE = "warehouse.duckdb"


def find_wrong_rows(settings: Settings, folder: Path) -> list[str]:
    """Compare every row of a release, of its DuckDB file and of its Parquet, with the build."""
    faults = []
    with closing(duckdb.connect(str(folder / FILE), read_only=True)) as warehouse:
        warehouse.execute("SET enable_progress_bar = false")
        warehouse.execute(f"ATTACH '{settings.build_db}' AS build (READ_ONLY)")
        tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'warehouse' ORDER BY table_name"
        for (table,) in warehouse.execute(tables).fetchall():
            if table in NOT_COUNTED:
                continue
            files = f"read_parquet('{folder}/parquet/{table}/**/*.parquet', hive_partitioning = false)"
            sums = [
                warehouse.execute(f"SELECT count(*), {DUCKDB.checksum()} FROM {relation} AS t").fetchone()
                for relation in (f"build.marts.{table}", table, files)
            ]
            if len(set(sums)) != 1:
                faults.append(f"{table}: build, file and Parquet hold {sums}")
    return faults


def find_wrong_changes(settings: Settings, newest: dict[str, Any], before: dict[str, Any]) -> list[str]:
    """Compare what a release says that it changed with a comparison of all rows of both."""
    faults = []
    file, earlier = (settings.releases / one["release_id"] / FILE for one in (newest, before))
    with closing(duckdb.connect(str(file), read_only=True)) as warehouse:
        warehouse.execute("SET enable_progress_bar = false")
        warehouse.execute(f"ATTACH '{earlier}' AS earlier (READ_ONLY)")

        def run(query: str) -> tuple[Any, ...]:
            return warehouse.execute(query).fetchone() or ()

        for table, key in load_keys(settings.dbt_dir).items():
            if table not in newest["changes"]:
                continue
            columns = [row[0] for row in warehouse.execute(f"DESCRIBE {table}").fetchall()]
            sides = (table, columns), (f"earlier.main.{table}", columns)
            change = compare_table(run, table, key, *sides, DUCKDB.digest)
            counted = {"added": change.added, "changed": change.changed, "gone": change.gone}
            if counted != newest["changes"][table]:
                faults.append(f"{table}: {counted} by all rows, {newest['changes'][table]} in the release")
    return faults
