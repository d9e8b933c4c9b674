"""The first start of a home, killed at random moments; and what is left running when a command is told to end."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import kill

from extract.jobs import airflow_home
from extract.jobs.airflow_home import is_complete, prepare_home
from extract.processes import list_descendants

KILLS = int(os.environ.get("JIXIAO_TEST_KILLS", "3"))  # by hand: 40
SEED = int(os.environ.get("JIXIAO_TEST_SEED", str(random.randrange(1 << 32))))  # noqa: S311 - of moments
START = """
from extract.jobs.local_run import start_airflow
from extract.settings import get_settings
start_airflow(get_settings(), lambda told: print(told, flush=True))
print("ready", flush=True)
"""


def start(home: Path) -> subprocess.Popen[str]:
    """A process that makes Airflow ready on a home, and says what it healed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment["JIXIAO_HOME"] = str(home)
    return subprocess.Popen([sys.executable, "-c", START], env=environment, stdout=subprocess.PIPE, text=True)


def seeds(database: Path) -> list[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT filename FROM log_template ORDER BY id").fetchall()


def test_a33_a_first_start_that_is_killed_at_any_moment_heals(tmp_path: Path) -> None:
    begun = time.monotonic()
    undisturbed = start(tmp_path / "undisturbed")
    assert undisturbed.communicate()[0] == "ready\n"
    whole = time.monotonic() - begun
    moments = random.Random(SEED)  # noqa: S311
    home, database = tmp_path / "home", tmp_path / "home/airflow/airflow.db"
    expected = seeds(tmp_path / "undisturbed/airflow/airflow.db")
    for number in range(1, KILLS + 1):
        at = moments.uniform(0, whole)
        was_at_work = kill(start(home), at)  # the migration does not outlive who started it
        assert not database.exists() or is_complete(database), f"seed {SEED}"
        told = start(home).communicate()[0]
        assert told.endswith("ready\n"), f"seed {SEED}, kill {number}"
        assert seeds(database) == expected
        assert not list(database.parent.glob(".making-*"))
        print(f"kill {number} after {at:.1f} s of {whole:.1f}: at work {was_at_work}, healed", flush=True)
        shutil.rmtree(home)


def test_a33_a_database_that_an_earlier_version_left_incomplete_is_set_aside_and_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "var"
    assert start(home).communicate()[0] == "ready\n"
    database = home / "airflow/airflow.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM log_template")  # as a killed migration left it, stamped by the next one
        connection.commit()
    (home / "airflow/jwt_secret").write_bytes(b"")
    told = start(home).communicate()[0]
    assert told == (
        "Airflow's database was incomplete, as a killed first start leaves it; "
        f"it is now {database}.incomplete-1\nready\n"
    )
    assert is_complete(database)
    assert (home / "airflow/jwt_secret").stat().st_size > 20


def test_a33_what_cannot_be_healed_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_home, "_migrate", lambda *_: None)  # a migration that does nothing and says 0
    with pytest.raises(airflow_home.AirflowHomeError, match=f"remove {tmp_path}"):
        prepare_home(tmp_path, lambda _: None, own_database=True)
    assert not (tmp_path / "migrated").exists()


def test_a33_a_migration_that_fails_is_told_in_a_line_and_keeps_what_it_printed(tmp_path: Path) -> None:
    nowhere = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////nowhere/at/all.db", "AIRFLOW_HOME": str(tmp_path)}
    with pytest.raises(airflow_home.AirflowHomeError) as failed:
        airflow_home._migrate(nowhere, tmp_path / "migrate.log")
    told = str(failed.value)
    assert "unable to open database file" in told
    assert told.endswith(f"; see {tmp_path / 'migrate.log'}")
    assert len(told.splitlines()) == 1
    assert "Traceback" in (tmp_path / "migrate.log").read_text(encoding="utf-8")


PARTS = """
import os, signal, subprocess, sys, time
sleeper = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.write(1, b'up\\\\n')"
sleeper += "; time.sleep(600)"
for own_session in (False, True):
    subprocess.Popen([sys.executable, "-c", sleeper], start_new_session=own_session)
signal.signal(signal.SIGINT, lambda *_: sys.exit(0))  # goes, and leaves its parts running
time.sleep(600)
"""
SUPERVISE = "import sys; from extract.jobs.supervise import run_supervised; sys.exit(run_supervised(sys.argv[1:]))"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a33_what_a_command_has_started_ends_with_it(
    number: signal.Signals,
) -> None:
    short = SUPERVISE.replace(
        "; sys.exit",
        "; import extract.jobs.supervise as s; import signal; "
        "s.ENDING = ((signal.SIGTERM, 0.5), (signal.SIGKILL, 10.0)); sys.exit",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", short, sys.executable, "-c", PARTS], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["up\n", "up\n"]
    started = list_descendants(process.pid)
    assert len(started) == 3
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
