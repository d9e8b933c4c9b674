"""What the DAGs share: assets, the writer's pool and default arguments. Scheduling itself stands in dags/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Asset

STAGED = Asset("jixiao_staged", uri="jixiao://staged", group="jixiao")
RELEASE = Asset("jixiao_release", uri="jixiao://release", group="jixiao")

WRITER_POOL = "jixiao_writer"  # one slot: DuckDB admits one writing process per file

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "jixiao",
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=4),
}
