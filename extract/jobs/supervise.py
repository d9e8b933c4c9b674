"""Run a command that starts processes of its own, and end all of them when this process gets a signal to end.

`airflow standalone` starts scheduler, triggerer, DAG processor and API server, and ends them on SIGINT alone: after a
SIGTERM they and their workers keep running as orphans.
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


class _EndRequested(BaseException):
    """Raised by the handler of a signal that ends this process; its argument is the signal's number."""


def run_supervised(command: Sequence[str]) -> int:
    """Run a command until it ends, or until SIGTERM, SIGINT or SIGHUP, then end all processes that it started.

    Returns the exit status of the command, or 128 + the number of the signal.
    """
    adopt_orphans()

    def request_end(number: int, _frame: FrameType | None) -> None:
        """Raise the exception that ends the wait for the command."""
        raise _EndRequested(number)

    before = {one: signal.signal(one, request_end) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    child: subprocess.Popen[bytes] | None = None
    status = 1
    try:
        child = subprocess.Popen(command, start_new_session=True)  # a terminal's Ctrl-C comes through us
        status = child.wait()
    except _EndRequested as request:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        status = 128 + int(request.args[0])
        if child is not None:
            child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(POLITE_SECONDS)
    finally:
        end_descendants(os.getpid(), ENDING)
        for one, handler in before.items():
            signal.signal(one, handler)
    return status
