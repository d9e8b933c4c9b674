"""Send an alert for a failed or late run: one log line, and one JSON document to JIXIAO_ALERT_URL where it is set.

    {"alert": "run_failed", "dag": "ingest", "run": "scheduled__…", "detail": "…", "text": "one line for people"}

JIXIAO_HEARTBEAT_URL is requested when a run has ended well, so that a dead-man switch there notices a missing run.
`text` is what Slack, Mattermost and the like show. An alert that cannot be delivered is logged and never raises.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from airflow.sdk import BaseNotifier

from extract.settings import Settings, get_settings

log = logging.getLogger(__name__)
SECONDS = 10.0
ATTEMPTS = 3


class AlertNotifier(BaseNotifier):  # type: ignore[misc]
    """Notifier of one kind of alert.

    `run_failed` from the DAG processor or `jixiao run`, `run_late` from the triggerer.
    """

    def __init__(self, alert: str, context: Any = None) -> None:
        super().__init__(context=context)
        self.alert = alert

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Do nothing: no field is a template, and Airflow's own method fails on the DAG object of `jixiao run`."""

    def notify(self, context: Any) -> None:
        """Send the alert of a failed run."""
        send_alert(describe(self.alert, context))

    async def async_notify(self, context: Any) -> None:
        """Send the alert of a late run; called by the triggerer."""
        await asyncio.to_thread(send_alert, describe(self.alert, context))


def describe(alert: str, context: Any) -> dict[str, str]:
    """Build the alert to send. A deadline's context has a plain dictionary where a failure's has objects."""
    given = context.get("dag_run")
    run = given if isinstance(given, dict) else {}
    dag = run.get("dag_id") or getattr(context.get("dag"), "dag_id", None)
    run_id = run.get("dag_run_id") or context.get("run_id")
    detail = context.get("reason") or (context.get("deadline") or {}).get("deadline_time") or ""
    said = {"run_failed": "failed", "run_late": "is late: not finished by"}.get(alert, alert)
    return {
        "alert": alert,
        "dag": str(dag or ""),
        "run": str(run_id or ""),
        "detail": str(detail),
        "text": f"Jixiao: DAG {dag} {said} {detail} ({run_id})",
    }


def send_alert(alert: dict[str, str]) -> None:
    """Log the alert and post it; never raises, and never logs the address, which may hold a token."""
    log.error("%s", alert["text"])
    url = get_settings().alert_url
    if url is None:
        return
    import httpx

    transport = httpx.HTTPTransport(retries=ATTEMPTS - 1)
    body = json.dumps(alert, ensure_ascii=False).encode()
    try:
        with httpx.Client(transport=transport, timeout=SECONDS) as client:
            answer = client.post(url.get_secret_value(), content=body, headers={"Content-Type": "application/json"})
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.error("the alert could not be posted: %s", type(error).__name__)
    else:
        if answer.is_error:
            log.error("the alert could not be posted: JIXIAO_ALERT_URL answers %d", answer.status_code)


def send_heartbeat(settings: Settings) -> None:
    """Request the heartbeat address once all that is staged is published; never raises, nor logs the address."""
    from extract.warehouse.fingerprints import is_behind

    if settings.heartbeat_url is None or is_behind(settings):
        return
    import httpx

    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=ATTEMPTS - 1), timeout=SECONDS) as client:
            answer = client.get(settings.heartbeat_url.get_secret_value())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.error("the heartbeat could not be sent: %s", type(error).__name__)
    else:
        if answer.is_error:
            log.error("the heartbeat could not be sent: JIXIAO_HEARTBEAT_URL answers %d", answer.status_code)
