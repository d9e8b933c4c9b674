"""Alerts through the objects that Airflow's DAG processor and triggerer use, to a web server of this machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sites import Hook

from extract.jobs.alerts import AlertNotifier, send_alert
from extract.settings import get_settings

SECRET = "hooks/geheim"  # noqa: S105


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    server = Hook(f"/{SECRET}")
    monkeypatch.setenv("JIXIAO_ALERT_URL", server.url)
    get_settings.cache_clear()
    yield server
    server.close()
    get_settings.cache_clear()


@pytest.mark.parametrize("given_by", ["the DAG processor", "jixiao run"])
def test_a36_a_run_that_fails_posts_one_alert_with_dag_run_and_reason(hook: Hook, given_by: str) -> None:
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    from extract.jobs.airflow import tell_failure

    dag: Any = DAG("warehouse", schedule=None)
    if given_by == "jixiao run":
        dag = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    for callback in tell_failure():
        callback({"dag": dag, "run_id": "manual__1", "reason": "task_failure"})
    ((path, kind, alert),) = hook.posted
    assert (path, kind) == (f"/{SECRET}", "application/json")
    assert {name: alert[name] for name in ("alert", "dag", "run", "detail")} == {
        "alert": "run_failed",
        "dag": "warehouse",
        "run": "manual__1",
        "detail": "task_failure",
    }
    assert "warehouse failed task_failure" in alert["text"]


def test_a_run_that_is_late_is_told_by_the_triggerer(hook: Hook) -> None:
    from datetime import timedelta

    from airflow.triggers.callback import CallbackTrigger

    from extract.jobs.airflow import tell_later_than

    callback = tell_later_than(timedelta(hours=5)).callback
    context = {
        "dag_run": {"dag_id": "ingest", "dag_run_id": "scheduled__1"},
        "deadline": {"id": "1", "deadline_time": "2026-11-22 07:30"},
    }

    async def run() -> list[Any]:
        return [
            event.payload
            async for event in CallbackTrigger(callback.path, {**callback.kwargs, "context": context}).run()
        ]

    assert [payload["state"] for payload in asyncio.run(run())] == ["running", "success"]
    ((_, _, alert),) = hook.posted
    assert (alert["alert"], alert["dag"], alert["run"]) == ("run_late", "ingest", "scheduled__1")
    assert "not finished by 2026-11-22 07:30" in alert["text"]


@pytest.mark.parametrize("trouble", ["an error answer", "no server", "no address"])
def test_a27_an_alert_that_cannot_be_posted_is_logged_without_the_address(
    hook: Hook, trouble: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answer = 500
    if trouble == "no server":
        monkeypatch.setenv("JIXIAO_ALERT_URL", f"http://127.0.0.1:1/{SECRET}")
    if trouble == "no address":
        monkeypatch.setenv("JIXIAO_ALERT_URL", f"http://[/{SECRET}")
    get_settings.cache_clear()
    caplog.set_level(logging.DEBUG, logger="extract")
    send_alert({"text": "Jixiao: DAG ingest failed"})
    assert "DAG ingest failed" in caplog.text
    assert "could not be posted" in caplog.text
    assert SECRET not in "".join(
        record.getMessage() for record in caplog.records if record.name == "extract.jobs.alerts"
    )
    assert SECRET not in repr(get_settings())


def test_without_an_address_an_alert_is_only_logged(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.delenv("JIXIAO_ALERT_URL", raising=False)
    get_settings.cache_clear()
    notifier = AlertNotifier(alert="run_failed")
    notifier({"dag": None, "run_id": "1", "reason": "x"})
    assert "failed x" in caplog.text
    get_settings.cache_clear()
