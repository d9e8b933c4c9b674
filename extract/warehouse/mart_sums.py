"""Keep counts and checksums of the marts in raw.mart_sums: one row per mart, fiscal year and partition.

A build sums up the partitions that it built, so publishing need not read the others to know that they did not change.
`partitions.plan_build` takes the sums of changed partitions away and `measure_marts` writes them anew, so a build that
was killed leaves partitions without sums; a mart whose sums do not cover all of its rows is summed up by the publisher.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from extract.files import load_yaml
from extract.warehouse.dialect import dialect_of

# publisher_key as macros/keys.sql makes it of the code
_PUBLISHER_KEYS = (
    "SELECT md5(CAST(length(publisher_code) AS varchar) || '\\:' || publisher_code) FROM raw.changed_partitions"
)
CHANGED = {"publisher_key": _PUBLISHER_KEYS, "code_scope": "SELECT code_scope FROM raw.changed_partitions"}


def load_partitions(dbt_dir: Path) -> dict[str, str]:
    """Return mart → the column that holds a row's partition: `meta.partition` in dbt_project.yml or at the model."""
    project = load_yaml(dbt_dir / "dbt_project.yml")
    configured: dict[str, Any] = project.get("models", {}).get(project["name"], {}).get("marts", {})
    found = {
        mart: config["+meta"]["partition"]
        for mart, config in configured.items()
        if isinstance(config, dict) and "partition" in config.get("+meta", {})
    }
    for path in sorted(dbt_dir.glob("models/marts/*.yml")):
        for model in (load_yaml(path) or {}).get("models", ()):
            partition = model.get("config", {}).get("meta", {}).get("partition")
            if partition:
                found[model["name"]] = partition
    return found


def forget_sums(connection: Connection, *, is_full: bool) -> None:
    """Delete the sums of the partitions that a build is going to replace."""
    if is_full:
        connection.execute(text("DELETE FROM raw.mart_sums"))
        return
    for keys in CHANGED.values():
        connection.execute(text(f"DELETE FROM raw.mart_sums WHERE partition_key IN ({keys})"))


def measure_marts(engine: Engine, dbt_dir: Path, *, is_full: bool) -> None:
    """Sum up the partitions that the last build replaced: all of them after a full one.

    Their rows are read in the copies that the build left; in the mart, which is read as a whole, where it left none.
    """
    dialect = dialect_of(engine.dialect.name)
    with engine.begin() as connection:
        columns, copied = _columns(connection, "marts"), _columns(connection, "changed")
        forget_sums(connection, is_full=is_full)
        for mart, key in sorted(load_partitions(dbt_dir).items()):
            if key not in columns.get(mart, ()):
                continue
            year = "fiscal_year" if "fiscal_year" in columns[mart] else "CAST(NULL AS integer)"
            schema = "changed" if mart in copied and not is_full else "marts"
            where = "" if is_full else f'WHERE t."{key}" IN ({CHANGED[key]})'
            connection.execute(
                text(
                    "INSERT INTO raw.mart_sums (mart_name, fiscal_year, partition_key, row_count, checksum) "
                    f"SELECT '{mart}', {year}, \"{key}\", count(*), {dialect.checksum()} "
                    f'FROM {schema}."{mart}" AS t {where} GROUP BY 2, 3'
                )
            )


def _columns(connection: Connection, schema: str) -> dict[str, set[str]]:
    """Return table of a schema → its columns."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = :schema"
    found: dict[str, set[str]] = {}
    for table, column in connection.execute(text(query), {"schema": schema}):
        found.setdefault(table, set()).add(column)
    return found
