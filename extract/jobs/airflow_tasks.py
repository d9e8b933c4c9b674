"""Define the tasks that the DAGs `ingest` and `replay` share: divide waiting documents into batches, read, stage."""

from __future__ import annotations

from airflow.sdk import get_current_context, task

from extract.jobs.airflow import READ_POOL, STAGED, WRITER_POOL
from extract.settings import get_settings


def current_run() -> str:
    """Return the id of the run that the current task belongs to."""
    return str(get_current_context()["run_id"])


@task
def plan() -> list[list[str]]:
    """Put the hashes that wait into batches: one mapped task each."""
    from extract.jobs import ingest as steps

    return steps.plan_batches(get_settings(), current_run())


# Airflow takes the docstring of a task as its documentation, unless the task is mapped.
@task(
    pool=READ_POOL,
    map_index_template="{{ documents }} documents",
    doc_md="Read a batch of documents; return how many were read.",
)
def read(batch: list[str]) -> int:
    """Read a batch of documents; return how many were read."""
    from extract.jobs import ingest as steps

    get_current_context()["documents"] = len(batch)
    return steps.read_batch(get_settings(), batch)


@task(pool=WRITER_POOL, outlets=[STAGED])
def stage() -> int:
    """Stage what was read, and tell the DAG `warehouse` where that is behind; return how many documents."""
    from airflow.sdk.exceptions import AirflowSkipException

    from extract.jobs import ingest as steps
    from extract.warehouse.fingerprints import is_behind

    staged = steps.stage_read(get_settings(), current_run())
    if not is_behind(get_settings()):
        raise AirflowSkipException("the published warehouse is up to date")
    get_current_context()["outlet_events"][STAGED].extra = {"run_id": current_run(), "staged_documents": staged}
    return staged
