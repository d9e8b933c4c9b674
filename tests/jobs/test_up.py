"""`jixiao up` for real: its page wants a login and its own name, nothing listens outside, nothing outlives it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import pytest
from own_postgres import await_true, free_port

from extract.jobs.health import ask_health
from extract.jobs.host_check import name_of

pytestmark = pytest.mark.slow

READY_SECONDS = 400
PICTURE = "/jixiao/places/manual__2026-11-30T05%3A00%3A00%2B00%3A00/0/1.png"


class Started(NamedTuple):
    process: subprocess.Popen[bytes]
    url: str
    home: Path
    log: Path

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("up")
    port, home = free_port(), folder / "var"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "JIXIAO"))}
    environment |= {"JIXIAO_HOME": str(home), "AIRFLOW__API__PORT": str(port)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "extract", "up"], env=environment, stdout=log, stderr=log)
    one = Started(process, f"http://127.0.0.1:{port}", home, folder / "log")
    try:
        await_true(lambda: b"Airflow is up" in one.log.read_bytes(), READY_SECONDS, "jixiao up")
        await_true(lambda: set(ask_health(one.url).values()) == {"healthy"}, READY_SECONDS, "every part")
        yield one
    finally:
        process.kill()
        process.wait()


class TestUp:
    """One after the other: the last one ends it."""

    def test_a35_nobody_without_a_login_sees_or_starts_anything(self, started: Started) -> None:
        assert httpx.get(f"{started.url}/api/v2/dags").status_code == 401
        run = {"logical_date": None, "conf": {"inbox": "/root"}}
        assert httpx.post(f"{started.url}/api/v2/dags/ingest/dagRuns", json=run).status_code == 401
        assert httpx.get(f"{started.url}/auth/token").status_code == 403
        assert httpx.get(f"{started.url}{PICTURE}").status_code == 401

    def test_a35_the_password_lies_in_a_file_of_its_owner_and_opens_the_page(self, started: Started) -> None:
        file = started.home / "airflow/passwords.json"
        assert file.stat().st_mode & 0o777 == 0o600
        password = json.loads(file.read_text(encoding="utf-8"))["admin"]
        assert password.encode() in started.log.read_bytes(), "printed, the first time"
        login = {"username": "admin", "password": password}
        token = httpx.post(f"{started.url}/auth/token", json=login).json()["access_token"]
        dags = httpx.get(f"{started.url}/api/v2/dags", headers={"Authorization": f"Bearer {token}"})
        assert dags.status_code == 200
        picture = httpx.get(f"{started.url}{PICTURE}", headers={"Authorization": f"Bearer {token}"})
        assert (picture.status_code, picture.json()) == (404, {"detail": "no such picture"})

    @pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1].evil"])
    def test_a35_a_page_of_a_stranger_that_leads_its_name_here_gets_nothing(self, started: Started, host: str) -> None:
        assert httpx.get(f"{started.url}/auth/token", headers={"Host": host}).status_code in (400, 421)

    def test_a35_nothing_of_it_listens_on_the_network(self, started: Started) -> None:
        heard = set()
        for process in started.processes():
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended since listens to nobody
                connections = process.net_connections("inet")
                heard |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
        assert heard == {"127.0.0.1"}

    def test_a35_others_of_the_machine_cannot_enter_the_home(self, started: Started) -> None:
        assert started.home.stat().st_mode & 0o077 == 0

    def test_a35_the_run_of_a_morning_before_the_first_start_is_not_red(self, started: Started) -> None:
        def states() -> set[str]:
            with contextlib.closing(sqlite3.connect(started.home / "airflow/airflow.db")) as airflow:
                return {state for (state,) in airflow.execute("SELECT state FROM dag_run WHERE dag_id = 'freshness'")}

        await_true(lambda: bool(states() & {"success", "failed"}), READY_SECONDS, "the run of this morning")
        assert states() == {"success"}

    def test_a35_sigterm_ends_every_part(self, started: Started) -> None:
        processes = started.processes()
        assert len(processes) >= 5
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(120)
        _, left = psutil.wait_procs(processes, timeout=5)
        assert left == []


def test_a35_a_part_that_ends_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.jobs import up

    monkeypatch.setattr(up, "API_SERVER", ("http.server", "--bind", "127.0.0.1", str(free_port())))
    monkeypatch.setattr(up, "OTHERS", (("this", "--help"),))
    monkeypatch.setattr(up, "ask_health", lambda _: {})
    told: list[str] = []
    with pytest.raises(up.UpError, match="this --help ended with status 0"):
        up.run_parts("http://127.0.0.1:1", told.append)
    assert told


def test_a35_a_part_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = "from extract.jobs.up import Parts; import time; p = Parts(); p.start(('http.server', '0')); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code])
    root = psutil.Process(process.pid)
    await_true(lambda: bool(root.children()), 60, "the part")
    (part,) = root.children()
    time.sleep(1)  # it asks the kernel to follow as its first act
    process.kill()
    process.wait()
    _, left = psutil.wait_procs([part], timeout=20)
    assert left == []


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:8080", "localhost"),
        ("[::1]:8080", "::1"),
        ("A.Example.", "a.example"),
        ("", ""),
        ("[::1", ""),
        ("[::1].evil", ""),
        ("a@b", ""),
    ],
)
def test_a_host_header_is_read_without_its_port(host: str, name: str) -> None:
    assert name_of(host) == name
