"""Killed at any moment: the loader (a01), between landing and registering (a02), the parent of dbt (a03)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from extract.ledger import OUTCOMES, Ledger
from extract.settings import PROJECT, Settings

INJECT = Path(__file__).with_name("inject.py")


def inject(case: str, kills: int, seed: int, *more: str) -> list[dict[str, object]]:
    """What the runner says of each kill; it fails when something is lost, torn or doubled."""
    command = [sys.executable, str(INJECT), case, "--kills", str(kills), "--seed", str(seed), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["held"]
    return lines


def test_a01_a_loader_killed_at_any_call_leaves_whole_documents_and_the_rerun_converges() -> None:
    lines = inject("a01", 6, seed=20261122)
    assert lines[-1]["hits"] == 6, "each moment was one of the work"


def test_a02_killed_at_any_call_around_landing_the_rerun_registers_each_once() -> None:
    lines = inject("a02", 8, seed=20261122)
    assert lines[-1]["hits"] == 8


@pytest.mark.long
@pytest.mark.parametrize("moments", ["calls", "clock"])
def test_a01_forty_kills_of_the_loader_lose_and_tear_nothing(moments: str) -> None:
    lines = inject("a01", 40, 7, "--moments", moments)
    assert int(str(lines[-1]["hits"])) >= (40 if moments == "calls" else 10)


@pytest.mark.long
@pytest.mark.parametrize("moments", ["calls", "clock"])
def test_a02_forty_kills_around_landing_lose_and_double_nothing(moments: str) -> None:
    lines = inject("a02", 40, 7, "--moments", moments)
    assert int(str(lines[-1]["hits"])) >= (40 if moments == "calls" else 10)


PARENT = """
import subprocess, sys, os, signal
command = [sys.executable, "-c", sys.argv[1], str(os.getpid())]
child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
print(child.pid, child.stdout.readline().decode(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def orphan(code: str) -> int:
    """Start `code` in a child of a process that is killed as soon as the child has printed a line; its pid."""
    done = subprocess.run([sys.executable, "-c", PARENT, code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return int(done.stdout.split()[0])


def wait_for_end(pid: int) -> None:
    """Returns when a process that is not our child is gone or a zombie; the suite's own limit ends a wait in vain."""
    descriptor = None
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        import select

        assert select.select([descriptor], [], [], 60)[0], f"process {pid} outlived its parent"
    finally:
        os.close(descriptor)


def test_a03_dbt_does_not_outlive_a_killed_task_and_so_keeps_no_lock() -> None:
    """An orphan of dbt would keep DuckDB's lock and write on, beside the retry of its task."""
    wait_for_end(
        orphan(
            "import sys, time; from extract.processes import follow_parent; "
            "follow_parent(int(sys.argv[1])); "
            "print('ready', flush=True); time.sleep(3600)"
        )
    )


KILLED_AFTER_ONE = """
import os, signal, sys
from pathlib import Path
from extract.jobs import ingest
from extract.settings import Settings
settings, inbox = Settings(home=Path(sys.argv[1]), settle_seconds=0, reader="pdfium"), sys.argv[2]
ingest.discover(settings, "night-1", inbox=inbox)
ingest.land(settings, "night-1")
for batch in ingest.plan_batches(settings):
    ingest.read_batch(settings, batch)
ingest.drop_reading = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # the first document is in, and acknowledged
ingest.stage_read(settings, "night-1")
"""


def test_a01_the_runs_loaded_add_up_to_the_documents_loaded_though_one_was_killed(
    tmp_path: Path, night: Callable[[Settings, Path, str], None]
) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "var"
    shutil.copytree(PROJECT / "demo/publications", inbox)
    killed = subprocess.run([sys.executable, "-c", KILLED_AFTER_ONE, str(home), str(inbox)], check=False)
    assert killed.returncode == -signal.SIGKILL
    settings = Settings(home=home, settle_seconds=0, reader="pdfium")
    night(settings, inbox, "night-2")
    ledger = Ledger(settings.ledger_url or "")
    runs = {one["run_id"]: one for one in ledger.recent_runs(9)}
    documents = len(ledger.staged())
    assert documents == 2
    assert {run: one["loaded"] for run, one in runs.items()} == {"night-1": 1, "night-2": 1}
    assert all(one["seen"] == sum(one[name] for name in OUTCOMES) for one in runs.values())
