"""Twenty readers of the served release, all the time, while others are built and published: always readable.

Four programs with five connections each read as BI tools do: they resolve `current`, open the warehouse there, ask, and
close it; again and again until the last release is served. What each saw must be one release, whole.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.jobs.publish import list_releases, publish
from extract.settings import PROJECT, Settings
from extract.warehouse.build import build_marts

pytestmark = pytest.mark.slow

PROGRAMS, CONNECTIONS = 4, 5

READER = """
import json, sys, threading
from pathlib import Path
import duckdb

current, connections, over, lock = Path(sys.argv[1]), int(sys.argv[2]), threading.Event(), threading.Lock()

def look():
    folder = current.resolve()
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True, config={"threads": 1}) as warehouse:
        last = "SELECT release_id, row_counts, checksum FROM releases ORDER BY release_id DESC LIMIT 1"
        release_id, row_counts, checksum = warehouse.execute(last).fetchone()
        expected = json.loads(row_counts)
        counted = {name: warehouse.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in expected}
        sums = "SELECT count(*), md5(string_agg(t::VARCHAR, ',' ORDER BY target_key)) FROM fct_indicator_targets AS t"
        rows = warehouse.execute(sums).fetchone()
    return [folder.name, release_id, checksum, counted == expected, *rows]

def read(number):
    before = None
    while True:
        is_last = over.is_set()
        try:
            seen = look()
        except Exception as error:
            seen = ["error", f"{type(error).__name__}: {error}"]
        if seen != before or is_last:
            with lock:
                print(json.dumps([number, is_last, seen]), flush=True)
        before = seen
        if is_last:
            return
        over.wait(0.5)

threads = [threading.Thread(target=read, args=(number,)) for number in range(connections)]
for thread in threads:
    thread.start()
sys.stdin.read()
over.set()
for thread in threads:
    thread.join()
"""


@contextmanager
def reading(settings: Settings) -> Iterator[list[tuple[str, bool, Any]]]:
    """All readers at work; at the end the list holds who saw what, and whether it was that reader's last look."""
    command = [sys.executable, "-c", READER, str(settings.current), str(CONNECTIONS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    programs = [subprocess.Popen(command, **pipes) for _ in range(PROGRAMS)]  # type: ignore[call-overload]
    seen: list[tuple[str, bool, Any]] = []

    def note(program: int, line: str) -> None:
        number, is_last, what = json.loads(line)
        seen.append((f"{program}.{number}", is_last, what))

    try:
        for number, program in enumerate(programs):  # each has looked once before anything changes
            for _ in range(CONNECTIONS):
                note(number, program.stdout.readline())
        yield seen
    finally:
        for number, program in enumerate(programs):
            for line in program.communicate()[0].splitlines():
                note(number, line)


def sum_of(release: Path) -> tuple[int, str]:
    """What a reader of a release must see of its targets."""
    query = "SELECT count(*), md5(string_agg(t::VARCHAR, ',' ORDER BY target_key)) FROM fct_indicator_targets AS t"
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as warehouse:
        row = warehouse.execute(query).fetchone()
    assert row is not None
    return row


def test_twenty_readers_see_one_whole_release_each_while_two_are_built_and_published(
    reported: Settings, tmp_path: Path, night: Callable[[Settings, Path, str], None]
) -> None:
    shutil.copytree(reported.home, tmp_path / "var", symlinks=True)
    settings = reported.model_copy(
        update={
            "home": tmp_path / "var",
            "ledger_url": f"sqlite:///{tmp_path / 'var/ledger.db'}",
            "warehouse_url": f"duckdb:///{tmp_path / 'var/build.duckdb'}",
        }
    )
    first = settings.current.resolve().name
    published = [first]
    with reading(settings) as seen:
        for number, document in enumerate(("d05_fpdf2_a3", "d02_typst_sichuan"), start=2):
            inbox = tmp_path / document
            inbox.mkdir()
            shutil.copy(PROJECT / f"tests/fixtures/{document}.pdf", inbox)
            night(settings, inbox, f"night-{number}")
            build_marts(settings)
            release = publish(settings)
            assert release["published"]
            published.append(release["release_id"])
    assert [what for _, _, what in seen if what[0] == "error"] == []
    releases = {one["release_id"]: one for one in list_releases(settings)}
    whole = {
        name: [name, name, releases[name]["checksum"], True, *sum_of(settings.releases / name)] for name in published
    }
    assert len({tuple(one[4:]) for one in whole.values()}) == 3, "each release has other targets"
    assert [what for _, _, what in seen if what != whole.get(what[0])] == []
    readers = {reader for reader, _, _ in seen}
    assert len(readers) == PROGRAMS * CONNECTIONS
    for reader in readers:
        mine = [(is_last, what[0]) for one, is_last, what in seen if one == reader]
        assert mine[0][1] == first
        assert mine[-1] == (True, published[-1])
        assert [name for _, name in mine] == sorted(name for _, name in mine), "nobody goes back"
