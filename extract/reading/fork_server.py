"""Start the fork server (worker.py), a process with the parsers imported, and talk to it and to its children.

Uses `subprocess` with no fork hooks, so it is safe in an Airflow task that has threads.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from extract.errors import SandboxError
from extract.limits import Limits

COMMAND = [sys.executable, "-I", "-m", "extract.reading.worker"]  # -I: neither the environment nor the folder counts
ENVIRONMENT = {  # no variable of this process: no address, no secret
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    # one thread per numeric library: each would reserve address space that counts against the limit
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
START_SECONDS = 60.0  # of a machine that is very busy; usually less than one
END_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """End of a child: `status` as subprocess has it, and its peak memory."""

    status: int
    kilobytes: int


class Child:
    """One forked child: its channel of requests and its pipe of answers."""

    def __init__(self, requests: socket.socket, answers: int) -> None:
        self.requests = requests
        self.answers = answers

    def ask(self, request: dict[str, Any], document: int) -> None:
        """Send a request and an open document; raises OSError where the child is gone."""
        socket.send_fds(self.requests, [json.dumps(request).encode()], [document])

    def close(self) -> None:
        """Close the channels; the fork server ends the process."""
        self.requests.close()
        with contextlib.suppress(OSError):
            os.close(self.answers)


class ForkServer:
    """A confined process with the parsers imported, which forks one child at a time.

    It starts with this object and is ready a little later. The kernel ends it when the thread that created it ends.
    """

    def __init__(self, limits: Limits, purpose: str, *, confined: bool) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        given = {"limits": limits.to_dict(), "purpose": purpose, "confined": confined, "parent": os.getpid()}
        with theirs:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [*COMMAND, json.dumps(given)],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                close_fds=True,
                start_new_session=True,  # no terminal of ours, and none of its signals
            )
        self._reports = b""
        self._is_confined = False

    @property
    def pid(self) -> int:
        """The fork server's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True if it can still fork."""
        return self._process.poll() is None

    def fork(self) -> Child:
        """Request a child, which is forked when the server is ready; raises SandboxError if the server has ended."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        answers, written = os.pipe()
        try:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno(), written])
        except OSError:
            mine.close()
            os.close(answers)
            self.check()
            raise SandboxError("the reading process ended before it was asked anything") from None
        finally:
            theirs.close()
            os.close(written)
        return Child(mine, answers)

    def end(self, child: Child) -> Ended:
        """Kill a child unless it has ended, and return its exit status and peak memory; raises SandboxError."""
        child.close()
        with contextlib.suppress(OSError):
            self._control.send(b"end")
        self.check()
        found = self._report(END_SECONDS)
        return Ended(int(found["status"]), int(found["kilobytes"]))

    def check(self) -> None:
        """Wait until the process reports that it is confined; raises SandboxError if it is not, or did not start."""
        if self._is_confined:
            return
        found = self._report(START_SECONDS)
        if "failed" in found:
            why = str(found["failed"])
            if why.startswith(ModuleNotFoundError.__name__):
                why += "; `make .venv/installed` installs what the lock names"
            raise SandboxError(f"no PDF is read: the process that reads did not start confined: {why}")
        self._is_confined = True

    def close(self) -> None:
        """End the fork server at once; the kernel ends its child."""
        self._process.kill()
        self._process.wait()
        self._control.close()
        if self._process.stdout is not None:
            with contextlib.suppress(OSError):
                self._process.stdout.close()

    def _report(self, seconds: float) -> dict[str, Any]:
        """Return the fork server's next report about itself or a child; it opens no document and is trusted."""
        stream, end = self._process.stdout, time.monotonic() + seconds
        while stream is not None and b"\n" not in self._reports:
            ready, _, _ = select.select([stream], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(stream.fileno(), 65536) if ready else b""
            if not piece:
                what = "ended" if ready else f"says nothing for {seconds:g} s"
                raise SandboxError(f"the reading process {what}: `{' '.join(COMMAND)}` must start")
            self._reports += piece
        line, _, self._reports = self._reports.partition(b"\n")
        report: dict[str, Any] = json.loads(line)
        return report
