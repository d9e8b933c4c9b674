"""Tie child processes to their parent, find and end all descendants of a process, and name its user.

    python -m extract.processes PARENT MODULE ARGUMENT…      runs a module as `python -m` does, until PARENT ends

Linux only; elsewhere the parent is only checked at the start.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import getpass
import os
import re
import runpy
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

SHOW_CURSOR = "\x1b[?25h\n"  # a spinner had hidden it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h


def name_user() -> str:
    """Return the name of the user, or the number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def find_error(output: str) -> str:
    """Return the last line of a program's output that names an error, or its last line, at most 500 characters."""
    lines = output.rstrip().splitlines() or [""]
    named = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    return (named or lines)[-1][:500]


def follow_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; exit at once where it is dead already."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")


def follow_me(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module in a process that ends with this one."""
    return [sys.executable, "-m", "extract.processes", str(os.getpid()), module, *arguments]


@contextlib.contextmanager
def pause_collector() -> Iterator[None]:
    """Switch off Python's cyclic garbage collector during the block: for work whose objects are hardly ever cyclic."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def spare_present_objects() -> None:
    """Let the collector, switched on from here, never look at the objects that exist now.

    To look at all of a large program again and again costs seconds, once more at its end.
    """
    gc.freeze()
    gc.enable()


@contextlib.contextmanager
def end_on_signals(told: str) -> Iterator[None]:
    """End this process with a line on stderr when it is interrupted or told to end, whatever handlers others set.

    Airflow takes an interrupt in a task for a failure of that task and goes on, and replaces the handler of SIGTERM.
    Processes that follow this one end with it.
    """
    channel, (reader, writer) = os.dup(2), os.pipe()
    os.set_blocking(writer, False)

    def watch() -> None:
        """Wait for a signal that ends this process; print the line and exit with 128 + its number."""
        while number := os.read(reader, 1):
            if number[0] in (signal.SIGINT, signal.SIGTERM):
                os.write(channel, ((SHOW_CURSOR if os.isatty(channel) else "") + f"{told}\n").encode())
                os._exit(128 + number[0])

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    handler = signal.signal(signal.SIGTERM, lambda *_: None)  # one of Python's, which alone write to the pipe
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signal.signal(signal.SIGTERM, handler)
        os.close(writer)
        watcher.join()
        os.close(reader)
        os.close(channel)


def _forget_wakeup() -> None:
    """Keep a copy of this process from telling it of the copy's signals."""
    with contextlib.suppress(ValueError):
        signal.set_wakeup_fd(-1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_wakeup)


def adopt_orphans() -> None:
    """Become the parent of orphaned descendants, so that they can be found and ended."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def list_descendants(pid: int) -> list[int]:
    """List all running descendants of a process."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            number, rest = stat.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)
            words = rest.split()
            if words[0] != "Z":
                parents[int(number.split()[0])] = int(words[1])
    found, wanted = [], {pid}
    while wanted:
        wanted = {child for child, parent in parents.items() if parent in wanted}
        found += sorted(wanted)
    return found


def end_descendants(pid: int, signals: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send each signal to all running descendants and wait so many seconds until the last has ended."""
    for number, seconds in signals:
        for one in list_descendants(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)
        end = time.monotonic() + seconds
        while list_descendants(pid) and time.monotonic() < end:
            _reap()
            time.sleep(0.1)
        _reap()


def _reap() -> None:
    """Reap adopted processes that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    follow_parent(int(sys.argv.pop(1)))
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
