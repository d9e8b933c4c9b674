"""Create the pools when Airflow starts, check the Host header, show pictures of questions: an Airflow plugin.

Airflow never runs a task whose pool does not exist and says so only in a log line; with this a scheduler started by any
command finds the pools in place. Loaded by the entry point `airflow.plugins`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

from extract.jobs.host_check import HostCheck
from extract.jobs.question_pictures import PREFIX, PictureServer


def ensure_pools() -> None:
    """Create the writer's and the readers' pool where they are missing; an operator's changes stay."""
    from airflow.models.pool import Pool

    from extract.jobs.airflow import READ_POOL, WRITER_POOL
    from extract.settings import get_settings

    pools = (
        (WRITER_POOL, 1, "The warehouse has one writer at a time"),
        (READ_POOL, get_settings().read_tasks, "PDFs that are read side by side"),
    )
    for name, slots, description in pools:
        if Pool.get_pool(name) is None:
            Pool.create_or_update_pool(name, slots=slots, description=description, include_deferred=False)


@hookimpl  # type: ignore[untyped-decorator]
def on_starting(component: Any) -> None:
    """Create the pools when a job of Airflow's core starts: scheduler, triggerer or DAG processor.

    Workers have no access to its database. Airflow calls this before the job knows its own type, so the pools are made
    by whichever comes first.
    """
    from airflow.jobs.job import Job

    if isinstance(component, Job):
        ensure_pools()


class TaskListener:
    """Calls `tell` for each task instance that starts, and the function that `ready` has for its task."""

    def __init__(self, tell: Callable[[str], None], ready: Mapping[str, Callable[[], None]]) -> None:
        self._tell = tell
        self._ready = ready

    @hookimpl  # type: ignore[untyped-decorator]
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        """Report the start of a task; called by Airflow's task runner."""
        index = task_instance.map_index
        batch = "" if index is None or index < 0 else f" batch {index + 1}"
        self._tell(f"{task_instance.dag_id}: {task_instance.task_id}{batch}")
        if task_instance.task_id in self._ready:
            self._ready[task_instance.task_id]()


def allowed_hosts() -> tuple[str, ...]:
    """Return the host names of this installation."""
    from extract.settings import get_settings

    return tuple(name.strip().lower() for name in get_settings().allowed_hosts.split(",") if name.strip())


class JixiaoPlugin(AirflowPlugin):  # type: ignore[misc]
    """Registers this module as a listener; in the API server the check of the Host header and pictures of questions."""

    name = "jixiao"
    listeners = (sys.modules[__name__],)
    fastapi_apps = ({"name": "pictures of questions", "app": PictureServer(), "url_prefix": PREFIX},)
    fastapi_root_middlewares = (
        {"name": "host check", "middleware": HostCheck, "args": [], "kwargs": {"allowed": allowed_hosts}},
    )
