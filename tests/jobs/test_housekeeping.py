"""What `jixiao housekeeping` removes, and what it must not."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sites import ledger_of, load_all, pdf, see

from extract.archive.readings import keep_reading
from extract.jobs.housekeeping import LOG_BYTES, HousekeepingError, keep_house

if TYPE_CHECKING:
    from sites import Site

    from extract.settings import Settings

LONG_AGO = time.time() - 200 * 86_400


def age_runs(settings: Settings, days: int) -> None:
    """Every run and sighting so far is so many days older."""
    with sqlite3.connect(settings.home / "ledger.db") as connection:
        for table, columns in {"runs": ("started_at",), "sightings": ("seen_at",), "findings": ("found_at",)}.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = datetime({column}, '-{days} days')")


def test_a40_of_many_nights_the_first_and_the_last_sighting_stay_and_all_counts(
    site: Site, night_settings: Settings
) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a><a href="/gone.pdf">b</a>')
    site.put("/a.pdf", pdf("a"))
    for number in range(5):
        see(night_settings, f"night-{number}")
        load_all(night_settings, f"night-{number}")
    ledger = ledger_of(night_settings)
    runs, status = ledger.recent_runs(9), ledger.unloaded()
    waiting, freshness = ledger.waiting(is_behind=False), ledger.freshness()
    age_runs(night_settings, 100)
    assert keep_house(night_settings)["sightings"] == 2 * 3
    assert keep_house(night_settings)["sightings"] == 0
    assert len(ledger.sightings("night-0", 9)) == len(ledger.sightings("night-4", 9)) == 2
    assert ledger.sightings("night-2", 9) == []
    assert [{**one, "started_at": None} for one in ledger.recent_runs(9)] == [
        {**one, "started_at": None} for one in runs
    ]
    assert (ledger.unloaded(), ledger.waiting(is_behind=False), ledger.freshness()) == (status, waiting, freshness)
    see(night_settings, "next")
    assert load_all(night_settings, "next")["unchanged"] == 1


def test_what_is_young_or_of_a_run_that_is_not_closed_stays(site: Site, night_settings: Settings) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    for number in range(3):
        see(night_settings, f"night-{number}")
        load_all(night_settings, f"night-{number}")
    assert keep_house(night_settings)["sightings"] == 0, "young"
    age_runs(night_settings, 100)
    see(night_settings, "open")
    assert keep_house(night_settings)["sightings"] == 2
    age_runs(night_settings, 100)
    assert keep_house(night_settings)["sightings"] == 0, "open"


def test_a40_old_readings_and_logs_go_and_what_waits_stays(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.entities import LandedPdf, Publication

    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    ledger = ledger_of(settings)
    ledger.start_run("night")
    publication = Publication("gz", "http://h/a.pdf")
    ledger.sight("night", [publication])
    ledger.note_landed("night", publication, LandedPdf("a" * 64, Path("x"), 1, datetime.now(UTC)))
    ledger.note_read("a" * 64, "1")
    for sha256 in ("a" * 64, "b" * 64, "c" * 64):
        keep_reading(settings, sha256, "{}")
    readings = {one.stem[0]: one for one in (settings.home / "readings").glob("*/*.json")}
    logs = settings.home / "airflow/logs/dag_id=ingest/run_id=1"
    logs.mkdir(parents=True)
    (logs / "old.log").write_text("x")
    (logs.parent / "young.log").write_text("x")
    for one in (readings["a"], readings["b"], logs / "old.log"):
        os.utime(one, (LONG_AGO, LONG_AGO))
    (settings.home / "logs").mkdir()
    with (settings.home / "logs/ingest.log").open("wb") as file:
        file.truncate(LOG_BYTES + 1)
    assert keep_house(settings) == {"sightings": 0, "findings": 0, "readings": 1, "logs": 2, "airflow_rows": 0}
    assert {one.stem[0] for one in (settings.home / "readings").glob("*/*.json")} == {"a", "c"}
    assert not logs.exists()
    assert (logs.parent / "young.log").exists()
    assert [one.name for one in (settings.home / "logs").iterdir()] == ["ingest.log.1"]


def test_a_step_that_fails_is_told_and_keeps_no_other_from_being_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite:////nowhere/at/all.db")
    monkeypatch.setenv("AIRFLOW_HOME", str(settings.home / "airflow"))
    log = settings.home / "airflow/logs/old.log"
    log.parent.mkdir(parents=True)
    log.write_text("x")
    os.utime(log, (LONG_AGO, LONG_AGO))
    with pytest.raises(HousekeepingError, match="airflow db clean failed"):
        keep_house(settings)
    assert not log.exists()


@pytest.mark.slow
def test_a40_old_runs_of_airflow_go_by_its_own_command(settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "JIXIAO"))}
    environment |= {"JIXIAO_HOME": str(settings.home), "JIXIAO_KEEP_DAYS": "1"}

    def jixiao(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "extract", *words], env=environment, check=True, capture_output=True)

    jixiao("airflow", "version")  # makes the database
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    with sqlite3.connect(settings.home / "airflow/airflow.db") as connection:
        connection.execute("INSERT INTO log (dttm, event) VALUES (?, 'old'), (datetime('now'), 'young')", (old,))
    jixiao("housekeeping")
    with sqlite3.connect(settings.home / "airflow/airflow.db") as connection:
        events = {event for (event,) in connection.execute("SELECT event FROM log")}
    assert "young" in events
    assert "old" not in events
