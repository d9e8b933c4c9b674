"""Every morning: is a source ahead of the warehouse, or silent in its season? A red task is the alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from extract.orchestration import TASK_DEFAULTS
from extract.settings import get_settings


@dag(
    schedule=CronTriggerTimetable("0 8 * * *", timezone="Asia/Shanghai"),
    start_date=datetime(2025, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    dagrun_timeout=timedelta(hours=1),
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
last run found at a source. `jixiao status` shows the same.
""",
)
def freshness() -> None:
    @task(retries=0)
    def check() -> int:
        from airflow.sdk.exceptions import AirflowFailException

        from extract.freshness import check_freshness, describe_alerts

        rows = check_freshness(get_settings())
        alerts = describe_alerts(rows)
        if alerts:
            raise AirflowFailException(alerts)
        return len(rows)

    check()


freshness()
