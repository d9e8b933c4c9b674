"""Check every morning whether a source is ahead of the warehouse, or silent in its season; a red task is the alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from extract.jobs.airflow import TASK_DEFAULTS, tell_failure, tell_later_than
from extract.settings import get_settings


# What it finds is not tried again (AirflowFailException). What keeps it from looking is, such as an API server that
# is not up yet.
@task
def check() -> int:
    """Fail where a publisher needs attention; return the number of publishers."""
    from airflow.sdk.exceptions import AirflowFailException

    from extract.ledger import Ledger
    from extract.sources.freshness import check_freshness, describe_alerts
    from extract.warehouse.fingerprints import is_behind

    rows = check_freshness(get_settings(), is_behind=is_behind(get_settings()))
    alerts = describe_alerts(rows, Ledger(get_settings().ledger_url or "").pin())
    if alerts:
        raise AirflowFailException(alerts)
    return len(rows)


@dag(
    schedule=CronTriggerTimetable("0 8 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=1),
    on_failure_callback=tell_failure(),
    deadline=tell_later_than(timedelta(hours=1)),
    default_args=TASK_DEFAULTS,
    tags=["jixiao"],
    doc_md="""
### Look at every publisher in the morning

| task | does | again after a failure or a clear |
|---|---|---|
| check | fails, naming each publisher that needs a person and why | looks again |

A DAG of its own, so that a late publisher does not colour the nightly ingest red. *Source ahead of warehouse*:
publications were seen longer ago than the publisher's `patience_hours` and are in no release. *Nothing new in season*:
see `season` and `expected` in the publisher file. *listing_empty*, *listing_shrank*, *file_shrank*, *gone*: what the
last run found at a source. A release that is still pinned after a rollback. `jixiao status` shows the same.

After a person has seen to it: **clear** `check`, or leave it red until tomorrow. A missed morning needs no backfill.
""",
)
def freshness() -> None:
    """Check every morning whether a source is ahead of the warehouse, or silent in its season."""
    check()


freshness()
