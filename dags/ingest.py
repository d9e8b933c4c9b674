"""Ingest every night: sources >> (discover >> land >> read)*publishers >> plan >> read >> stage >> close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, Param, dag, get_current_context, task, task_group

from extract.jobs.airflow import TASK_DEFAULTS, tell_failure, tell_later_than
from extract.jobs.airflow_tasks import current_run, plan, read, stage
from extract.settings import get_settings

# A task per publisher, so that a slow or broken site delays no other. Its time has two limits: `night_seconds` of the
# publisher file, and this one, for a source that hangs.
ONE_SOURCE = {"execution_timeout": timedelta(hours=2), "retries": 1, "map_index_template": "{{ publishers }}"}


@task
def sources() -> list[list[str]]:
    """List the publishers whose sources are looked at, in groups: a mapped group of tasks each."""
    from extract.jobs import ingest as steps

    params = get_current_context()["params"]
    return steps.choose_sources(get_settings(), current_run(), inbox=params["inbox"], publisher=params["publisher"])


@task(**ONE_SOURCE)
def discover(codes: list[str]) -> list[str]:
    """Record every publication at the sources of these publishers; return the publishers."""
    from extract.jobs import ingest as steps

    context = get_current_context()
    context["publishers"] = ", ".join(codes)
    steps.discover(get_settings(), current_run(), inbox=context["params"]["inbox"], only=codes)
    return codes


@task(**ONE_SOURCE)
def land(codes: list[str]) -> list[str]:
    """Fetch the publications of these publishers; return the first batch of documents to read, skip without one."""
    from airflow.sdk.exceptions import AirflowSkipException

    from extract.jobs import ingest as steps

    get_current_context()["publishers"] = ", ".join(codes)
    steps.land(get_settings(), current_run(), only=codes)
    batch = steps.plan_first_batch(get_settings(), codes)
    if not batch:
        raise AirflowSkipException("nothing is to be read of them")
    return batch


@task_group
def publisher(codes: list[str]) -> None:
    """Discover, land and read what a group of publishers has published."""
    read.override(retries=1)(land(discover(codes)))


@task(trigger_rule="all_done", retries=0)
def close() -> dict[str, int]:
    """Check that the counts of the run add up, and renew the report; fail where a task or a publication failed."""
    from extract.jobs import ingest as steps
    from extract.jobs.alerts import send_heartbeat
    from extract.report import refresh_night_report

    # The last task decides the colour of the run, and it runs whatever happened before: it must look back itself.
    ti = get_current_context()["ti"]
    states = ti.get_task_states(dag_id="ingest", run_ids=[current_run()])[current_run()]
    groups = ti.xcom_pull(task_ids="sources") or []
    try:
        counts = steps.close(get_settings(), current_run(), states, groups)
        send_heartbeat(get_settings())  # where there is something to publish, `publish` does
        return counts
    finally:  # a night that publishes nothing still shows what it refused
        refresh_night_report(get_settings())


@dag(
    schedule=CronTriggerTimetable(get_settings().schedule, timezone="Asia/Shanghai"),
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=12),
    on_failure_callback=tell_failure(),
    deadline=tell_later_than(timedelta(hours=5)),
    default_args=TASK_DEFAULTS,
    params={
        "publisher": Param(None, type=["null", "string"], description="only this publisher file; empty: all"),
        "inbox": Param(None, type=["null", "string"], description="folder that the publisher file `inbox` watches"),
    },
    tags=["jixiao"],
    doc_md="""
### Pick up newly published PDFs

| task | does | again after a failure or a clear |
|---|---|---|
| sources | says whose sources are looked at; a mapped group each | says the same |
| publisher.discover | writes every publication at a source into the ledger | sees the same once |
| publisher.land | fetches bytes into the archive, named by their hash; skipped where nothing is to be read of them | \
fetches only what is not there |
| publisher.read | reads the first batch of what has landed there, while others still land | reads what it had not \
finished |
| plan | puts the hashes that wait into batches, whatever became of a source | plans what still waits |
| read | reads a batch of PDFs, each in a sandbox | reads what it had not finished |
| stage | replaces each document's rows in the raw schema, one transaction each | the same rows |
| close | proves seen = loaded + unchanged + refused + failed, renews JIXIAO_HOME/report | the same counts |

A document that must not be loaded is *refused* with a reason and the run stays green; one that *failed* makes `close`
red and is tried again next time. `catchup` is off: a missed night needs no backfill, since each run works on everything
that is published and not yet loaded. So **rerun** (trigger) after mending a cause; **clear** a task to finish the
counts of this run.
""",
)
def ingest() -> None:
    """Discover, land, read and stage what is published, every night."""
    whatever_happened = {"trigger_rule": "all_done"}
    publisher.expand(codes=sources()) >> (batches := plan.override(**whatever_happened)())
    read.expand(batch=batches) >> stage.override(**whatever_happened)() >> close()


ingest()
