"""A small disk that is really full, processes that run DAGs, that read all the time, that are killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extract.processes import list_descendants
from extract.settings import Settings

WAIT_SECONDS = 60  # for what a killed process has started


class SmallDisk:
    """A tmpfs in a mount namespace of its own, which ends with this test's process however that ends.

    What runs on it and what looks at it runs inside that namespace; `settings` are those of a home on it.
    """

    def __init__(self, at: Path, megabytes: int) -> None:
        at.mkdir()
        self.home = at / "var"
        mount = f"mount -t tmpfs -o size={megabytes}m tmpfs {at} && echo mounted && exec cat"
        for enter in (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"]):
            self._holder = subprocess.Popen(
                [*enter, "sh", "-c", mount],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            assert self._holder.stdout is not None
            if self._holder.stdout.readline() == "mounted\n":
                users = ["--user", "--preserve-credentials"] if len(enter) == 3 else []
                self._enter = ["nsenter", "--target", str(self._holder.pid), *users, "--mount", "--"]
                return
            self._holder.communicate()
        pytest.skip("neither root nor user namespaces: no tmpfs can be mounted here")

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run Python on the disk, in a process of its own, with `settings` defined."""
        define = f"from pathlib import Path\nfrom extract.settings import Settings\nhome = Path({str(self.home)!r})\n"
        define += "settings = Settings(home=home, settle_seconds=0, reader='pdfium')\n"
        command = [*self._enter, sys.executable, "-"]
        return subprocess.run(command, input=define + code, capture_output=True, text=True, check=False)

    def ask(self, code: str) -> object:
        """What Python on the disk prints as JSON in its last line; it must succeed."""
        done = self.run("import json\n" + code)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    def close(self) -> None:
        self._holder.communicate()


DAGS = """
import json, sys
from extract.jobs.local_run import RunError, run_dag, start_airflow
from extract.settings import get_settings
start_airflow(get_settings())
print("ready", flush=True)
for line in sys.stdin:
    try:
        run_dag(get_settings(), *json.loads(line), lambda step: None)
    except RunError as error:
        print("ended", error, flush=True)
    else:
        print("ended", flush=True)
"""


class Scheduler:
    """A process that runs DAGs of a home, as Airflow's own does: nothing keeps a second one from running beside it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", DAGS],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line("ready")

    def _line(self, start: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(start):
                return line.removeprefix(start).strip()
        raise AssertionError("the process that runs the DAGs has ended")

    def start(self, dag_id: str, **params: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([dag_id, params]) + "\n")
        self._process.stdin.flush()

    def end(self) -> str:
        """Why the run ended red, empty when it ended green."""
        return self._line("ended")

    def run(self, dag_id: str, **params: object) -> str:
        self.start(dag_id, **params)
        return self.end()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


READER = """
import json, sys, threading
from extract.releases.query import ask
from extract.settings import get_settings
settings, seen, errors, over = get_settings(), [], [], threading.Event()
def read():
    while True:
        last = over.is_set()
        try:
            seen.append(next(ask(settings, "SELECT count(*) AS n FROM dim_documents")[1])["n"])
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        if last:
            return
        over.wait(0.05)
reader = threading.Thread(target=read)
reader.start()
print("reading", flush=True)
sys.stdin.read()
over.set()
reader.join()
print(json.dumps({"seen": sorted(set(seen)), "first": seen[:1], "last": seen[-1:], "errors": errors[:5]}))
"""


class Reader:
    """A process that opens new connections to the served release all the time."""

    def __init__(self, settings: Settings) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", READER],
            env={**os.environ, "JIXIAO_HOME": str(settings.home)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "reading\n"

    def end(self) -> dict[str, object]:
        """What it saw, the last time after everything that happened before this call."""
        answer, _ = self._process.communicate()
        found: dict[str, object] = json.loads(answer)
        return found


def kill(process: subprocess.Popen[str], seconds: float) -> bool:
    """Kill a process after a time, and return whether it was still at work; fail where its children run on."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    below = list_descendants(process.pid)
    process.kill()
    process.wait()
    end = time.monotonic() + WAIT_SECONDS
    while running := [pid for pid in below if is_running(pid)]:
        assert time.monotonic() < end, f"{running} run on"
        time.sleep(0.05)
    process.communicate()
    return process.returncode < 0


def is_running(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
