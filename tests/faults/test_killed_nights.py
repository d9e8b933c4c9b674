"""A night is killed with SIGKILL at random moments: nothing of it runs on, and the next night heals."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from homes import FIXTURES, Line
from processes import WAIT_SECONDS, is_running, kill

from extract.ledger import OUTCOMES, Ledger
from extract.processes import list_descendants
from extract.settings import Settings
from extract.warehouse.fingerprints import is_behind

KILLS = int(os.environ.get("JIXIAO_TEST_KILLS", "1"))  # by hand: 40
SEED = int(os.environ.get("JIXIAO_TEST_SEED", str(random.randrange(1 << 32))))  # noqa: S311 - of moments
TABLES = ("fct_indicator_targets", "fct_project_budgets", "yoy_project_budgets", "dim_projects", "dim_publishers")
REFUSED = 3  # exit status: the inbox holds a page of HTML


def start_night(home: Path, inbox: Path) -> subprocess.Popen[str]:
    """Start `jixiao run` in a process of its own, with one reader."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {"JIXIAO_HOME": str(home), "JIXIAO_SETTLE_SECONDS": "0", "JIXIAO_READER": "pdfium"}
    interruptible = ["env", "--default-signal=INT"]  # a shell starts what runs in its background without interrupts
    command = [*interruptible, sys.executable, "-m", "extract", "run", "--inbox", str(inbox)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def list_rows(home: Path) -> dict[str, list[Any]]:
    """List what readers see of the served release."""
    with duckdb.connect(str(home / "current/warehouse.duckdb"), read_only=True) as release:
        rows = {name: release.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in TABLES}
        documents = release.execute("SELECT sha256, edition_no FROM dim_documents ORDER BY ALL").fetchall()
    return {**rows, "documents": documents}


def check_healed(home: Path, expected: dict[str, list[Any]]) -> None:
    """Check that a home is what an undisturbed night leaves, and that its runs add up."""
    settings = Settings(home=home)
    ledger = Ledger(settings.ledger_url or "")
    assert list_rows(home) == expected
    assert not is_behind(settings)
    assert set(ledger.documents_by_state()) == {"staged", "refused"}
    runs = ledger.recent_runs(9)
    assert all(run["seen"] == sum(run[name] for name in OUTCOMES) for run in runs if run["finished_at"])
    assert sum(run["loaded"] or 0 for run in runs) == len(ledger.staged())
    left = [path for pattern in (".building-*", ".making-*", "readings/*/*.json") for path in home.rglob(pattern)]
    assert left == []


def test_a34_a_night_that_is_killed_at_any_moment_is_healed_by_the_next(line: Line, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(line.inbox, inbox)
    shutil.copy(FIXTURES / "v16_2025_corrected.pdf", inbox)
    before = list_rows(line.home)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(line.home, undisturbed, symlinks=True)
    begun = time.monotonic()
    night = start_night(undisturbed, inbox)
    _, errors = night.communicate()
    assert night.returncode == REFUSED, errors
    whole = time.monotonic() - begun
    after = list_rows(undisturbed)
    assert after != before
    check_healed(undisturbed, after)
    moments = random.Random(SEED)  # noqa: S311
    for number in range(1, KILLS + 1):
        home, at = tmp_path / f"killed-{number}", moments.uniform(0, whole)
        shutil.copytree(line.home, home, symlinks=True)
        was_at_work = kill(start_night(home, inbox), at)
        assert list_rows(home) in (before, after), f"seed {SEED}, kill {number}"
        served = "new" if list_rows(home) == after else "old"
        healing = start_night(home, inbox)
        _, errors = healing.communicate()
        assert healing.returncode == REFUSED, f"seed {SEED}, kill {number}: {errors}"
        check_healed(home, after)
        print(
            f"kill {number} after {at:.1f} s of {whole:.1f}: at work {was_at_work}, release {served}, healed",
            flush=True,
        )
        shutil.rmtree(home)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a34_a_night_that_is_interrupted_in_a_task_ends_at_once_and_says_so(
    line: Line, tmp_path: Path, number: signal.Signals
) -> None:
    home, inbox = tmp_path / "var", tmp_path / "inbox"
    shutil.copytree(line.home, home, symlinks=True)
    shutil.copytree(line.inbox, inbox)
    shutil.copy(FIXTURES / "v16_2025_corrected.pdf", inbox)
    night = start_night(home, inbox)
    assert night.stderr is not None
    assert any("publisher.read" in told for told in night.stderr)
    below = list_descendants(night.pid)
    night.send_signal(number)
    _, errors = night.communicate(timeout=WAIT_SECONDS)
    assert night.returncode == 128 + number
    assert "jixiao: ended before its work was done; a new `jixiao run` goes on from there" in errors
    assert "Traceback" not in errors
    end = time.monotonic() + WAIT_SECONDS
    while any(is_running(pid) for pid in below):
        assert time.monotonic() < end
        time.sleep(0.05)
