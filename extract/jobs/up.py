"""Run Airflow's processes under one parent that a service manager can start and stop: `jixiao up`.

Three differences to `airflow standalone`: the scheduler starts when the API server answers, so that no first run fails
because of it; logs are on this disk and not served over the network; when this process or one of its parts ends, all
end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from types import FrameType

from extract.errors import JixiaoError
from extract.jobs.health import ask_health
from extract.processes import follow_me

log = logging.getLogger(__name__)
START_SECONDS = 300.0
TERM_SECONDS = 30.0
POLL_SECONDS = 1.0
API_SERVER = ("airflow", "api-server")
OTHERS = (
    ("airflow", "scheduler", "--skip-serve-logs"),
    ("airflow", "dag-processor"),
    ("airflow", "triggerer", "--skip-serve-logs"),
    ("extract", "housekeeping", "--every", "24"),
)


class UpError(JixiaoError):
    """A part of Airflow ended, or did not start in time."""


class Parts:
    """The running processes, each the leader of its own process group."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.is_ending = False

    def start(self, command: Sequence[str]) -> None:
        """Start one part; the kernel kills it when this process dies."""
        self._running[" ".join(command[:2])] = subprocess.Popen(
            follow_me(*command), stdin=subprocess.DEVNULL, start_new_session=True
        )

    def check(self) -> None:
        """Raise UpError when a part has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None and not self.is_ending:
                raise UpError(f"{name} ended with status {process.returncode}; see its last lines above")

    def end(self) -> None:
        """Send SIGTERM to all parts and their children, and SIGKILL to those that have not ended in time."""
        self.is_ending = True
        for number, seconds in ((signal.SIGTERM, TERM_SECONDS), (signal.SIGKILL, TERM_SECONDS)):
            for process in self._running.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            end = time.monotonic() + seconds
            for process in self._running.values():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, end - time.monotonic()))


def run_parts(address: str, tell: Callable[[str], None]) -> None:
    """Start the API server, then the rest, and wait; returns after SIGTERM or SIGINT, raises UpError otherwise.

    `start_airflow` comes first.
    """
    parts = Parts()

    def end(_number: int, _frame: FrameType | None) -> None:
        """Handle a signal: let the loop end all parts."""
        parts.is_ending = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        parts.start(API_SERVER)
        _await_api(parts, address)
        for command in OTHERS:
            if not parts.is_ending:
                parts.start(command)
        if not parts.is_ending:
            tell(f"Airflow is up: {address}")
        while not parts.is_ending:
            parts.check()
            time.sleep(POLL_SECONDS)
    finally:
        parts.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _await_api(parts: Parts, address: str) -> None:
    end = time.monotonic() + START_SECONDS
    while not parts.is_ending:
        parts.check()
        with contextlib.suppress(OSError, ValueError):
            ask_health(address)
            return
        if time.monotonic() > end:
            raise UpError(f"{address} did not answer within {START_SECONDS:g} s")
        time.sleep(POLL_SECONDS)
