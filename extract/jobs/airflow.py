"""Define the assets, pools, default arguments and alerts that the DAGs share; schedules stand in dags/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

# the stub of airflow.sdk does not know the last three
from airflow.sdk import Asset, AsyncCallback, DeadlineAlert, DeadlineReference  # type: ignore[attr-defined]

from extract.jobs.alerts import AlertNotifier

STAGED = Asset("jixiao_staged", uri="jixiao://staged", group="jixiao")
RELEASE = Asset("jixiao_release", uri="jixiao://release", group="jixiao")

WRITER_POOL = "jixiao_writer"  # one slot: the warehouse has one writer at a time
READ_POOL = "jixiao_read"  # as many slots as PDFs may be read side by side, of all DAGs and machines together

TASK_DEFAULTS: dict[str, Any] = {
    "owner": "jixiao",
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=4),
}


def tell_failure() -> list[AlertNotifier]:
    """Return the notifier that sends one alert for a failed run, however many of its tasks failed."""
    return [AlertNotifier(alert="run_failed")]


def tell_later_than(interval: timedelta) -> DeadlineAlert:
    """Return the notifier for a run that has not ended within this time after it was queued, whatever it waits for."""
    callback = AsyncCallback(AlertNotifier, kwargs={"alert": "run_late"})
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, interval, callback, name="not finished in time")
