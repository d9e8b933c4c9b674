"""An Airflow plugin that makes the writer's pool when Airflow starts.

Airflow never runs a task whose pool does not exist and says so only in a log line; with this a scheduler started by any
command finds the pool in place. Loaded by the entry point `airflow.plugins`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin


def ensure_pool() -> None:
    """Create the one-slot pool of the DuckDB writer unless it is there."""
    from airflow.models.pool import Pool

    from extract.orchestration import WRITER_POOL

    if Pool.get_pool(WRITER_POOL) is None:
        Pool.create_or_update_pool(
            WRITER_POOL, slots=1, description="DuckDB admits one writing process per file", include_deferred=False
        )


@hookimpl  # type: ignore[untyped-decorator]
def on_starting(component: Any) -> None:
    """A job of Airflow's core starts: scheduler, triggerer or DAG processor. Workers have no access to its database.

    Airflow calls this before the job knows its own type, so the pool is made by whichever comes first.
    """
    from airflow.jobs.job import Job

    if isinstance(component, Job):
        ensure_pool()


class TaskListener:
    """Tells a callback of each task instance that starts; `jixiao run` shows it as progress."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    @hookimpl  # type: ignore[untyped-decorator]
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        """Called by Airflow's task runner."""
        index = task_instance.map_index
        batch = "" if index is None or index < 0 else f" batch {index + 1}"
        self._tell(f"{task_instance.dag_id}: {task_instance.task_id}{batch}")


class JixiaoPlugin(AirflowPlugin):  # type: ignore[misc]
    """Registers this module as a listener."""

    name = "jixiao"
    listeners = (sys.modules[__name__],)
