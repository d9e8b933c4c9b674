"""Run a command of several processes; when this process is told to end, end all of them.

`airflow standalone` starts scheduler, triggerer, DAG processor and API server, and ends them on SIGINT alone: after a
SIGTERM they, and the workers of some, go on without it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from types import FrameType

from extract.processes import adopt_orphans, end_descendants

ENDING = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 10.0))
POLITE_SECONDS = 20.0  # for the command to end its parts itself


class _Told(BaseException):
    """A signal asks this process to end."""


def run_supervised(command: Sequence[str]) -> int:
    """Run a command until it ends, or until SIGTERM, SIGINT or SIGHUP; end all processes that it started."""
    adopt_orphans()

    def tell(number: int, _frame: FrameType | None) -> None:
        raise _Told(number)

    before = {one: signal.signal(one, tell) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    child: subprocess.Popen[bytes] | None = None
    status = 1
    try:
        child = subprocess.Popen(command, start_new_session=True)  # a terminal's Ctrl-C comes through us
        status = child.wait()
    except _Told as told:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        status = 128 + int(told.args[0])
        if child is not None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(POLITE_SECONDS)
    finally:
        end_descendants(os.getpid(), ENDING)
        for one, handler in before.items():
            signal.signal(one, handler)
    return status
