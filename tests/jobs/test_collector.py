"""Python's cyclic garbage collector: when it works, and what it looks at."""

from __future__ import annotations

import gc
import subprocess
import sys
from functools import partial

import pytest

from extract.jobs.local_run import _note_start
from extract.processes import pause_collector


def test_the_collector_goes_on_after_a_pause_and_stays_off_where_it_was_off() -> None:
    with pause_collector():
        assert not gc.isenabled()
        with pause_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"), pause_collector():
        raise ValueError("inside")
    assert gc.isenabled()


def test_what_exists_is_looked_at_no_more_and_what_comes_is() -> None:
    code = (
        "import gc\nfrom extract.processes import pause_collector, spare_present_objects\n"
        "with pause_collector():\n    before = [[] for _ in range(1000)]\n    spare_present_objects()\n"
        "    assert gc.isenabled()\nassert gc.get_freeze_count() > 1000\nassert gc.isenabled()\n"
        "class Knot: pass\none = Knot()\none.itself = one\ndel one\nassert gc.collect() > 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_first_task_of_a_run_switches_the_collector_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    spared: list[bool] = []
    monkeypatch.setattr("extract.jobs.local_run.spare_present_objects", lambda: (spared.append(True), gc.enable()))
    start = partial(_note_start, told.append)
    with pause_collector():
        start("sources")
        start("land")
    assert (told, spared) == (["sources", "land"], [True])
    assert gc.isenabled()
