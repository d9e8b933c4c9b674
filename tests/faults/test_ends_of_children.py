"""Reading children end: with who wants the readings, with a killed parent, after the seconds that they may work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_code import HOSTILE, hostile_command, needs_kernel

from extract.errors import JixiaoError, Reason, Refused
from extract.processes import list_descendants
from extract.reading import fork_server
from extract.reading.sandbox import Sandbox
from extract.settings import PROJECT, get_settings

GOOD = PROJECT / "tests/fixtures/v15_2024.pdf"


@needs_kernel
def test_a18_children_end_with_the_process_that_wants_the_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is lost in a loop has nobody else to end it."""
    monkeypatch.setattr(fork_server, "COMMAND", hostile_command(lie="loop"))
    sandbox = Sandbox(reader="pdfium")

    def ask() -> None:
        with contextlib.suppress(JixiaoError, OSError, ValueError, TypeError):
            sandbox.count_pages(GOOD)

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    assert sandbox._fork_server is not None
    found = await_children(sandbox._fork_server.pid)
    sandbox.close()
    asked.join(30)
    await_ends(found)


ABANDON = """
import json, os, sys, threading
from extract.reading import fork_server
from extract.reading.sandbox import Sandbox
fork_server.COMMAND = [sys.executable, "-I", sys.argv[1], json.dumps({"lie": "loop"})]
sandbox = Sandbox(reader="pdfium")
threading.Thread(target=sandbox.count_pages, args=(__import__("pathlib").Path(sys.argv[2]),), daemon=True).start()
if os.fork() == 0:  # a copy that holds every descriptor, as a pool of workers does
    os.close(1)
    threading.Event().wait(60)
    os._exit(0)
print(sandbox._fork_server.pid, flush=True)
threading.Event().wait()
"""


@needs_kernel
def test_a18_children_of_a_parent_that_is_killed_end_though_a_copy_of_it_lives() -> None:
    command = [sys.executable, "-c", ABANDON, str(HOSTILE), str(GOOD)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        forker = int(parent.stdout.readline())
        (child,) = await_children(forker)
        (copy,) = {*list_descendants(parent.pid)} - {forker, child}
        parent.kill()
    try:
        await_ends([forker, child])
        assert Path(f"/proc/{copy}").exists(), "the copy held the descriptors all the time"
    finally:
        os.kill(copy, signal.SIGKILL)


@needs_kernel
def test_a32_a_process_whose_parent_is_gone_before_it_can_follow_does_nothing() -> None:
    given = {"limits": get_settings().limits().to_dict(), "purpose": "pages", "confined": True, "parent": 1 << 22}
    done = subprocess.run(
        [*fork_server.COMMAND, json.dumps(given)], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"is gone" in done.stderr


@needs_kernel
def test_a18_the_kernel_ends_a_child_that_works_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of the parent's clock."""
    monkeypatch.setattr(fork_server, "COMMAND", hostile_command(lie="loop"))
    limits = replace(get_settings().limits(), seconds=0.4)
    with Sandbox(limits, reader="pdfium") as sandbox, pytest.raises(Refused) as refusal:
        sandbox.draw(GOOD, {}, seconds=300)
    assert refusal.value.reason is Reason.TRUNCATED
    assert f"exit {-signal.SIGKILL}" in refusal.value.detail


@needs_kernel
def test_a_child_that_has_worked_for_long_gets_no_further_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "COMMAND", hostile_command(lie="count"))
    with Sandbox(reader="pdfium") as sandbox:
        counted = [sandbox.count_pages(GOOD, "a")]
        sandbox._spent = sandbox.limits.seconds + 1
        counted += [sandbox.count_pages(GOOD, "a"), sandbox.count_pages(GOOD, "a")]
    assert counted == [1, 1, 2]


def await_children(forker: int) -> list[int]:
    """The children of a process, as soon as there is one."""
    listed = Path(f"/proc/{forker}/task/{forker}/children")
    while not (found := listed.read_text(encoding="ascii").split()):
        threading.Event().wait(0.01)
    return [int(pid) for pid in found]


def await_ends(pids: list[int]) -> None:
    """Fail where a process still runs after half a minute."""
    for _ in range(3000):
        if not any(runs(pid) for pid in pids):
            return
        threading.Event().wait(0.01)
    pytest.fail(f"of {pids} some still run")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
