"""Read the served release with twenty readers while others are published; record what each saw, in what time.

Four programs with five connections each read as BI tools do: they resolve `current`, open the warehouse there, ask, and
close it, again and again until the last release is served. What each saw must be one release, whole, and nobody may go
back to an earlier one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

PROGRAMS, CONNECTIONS = 4, 5
PAUSE = 1.0
LAST = "SELECT release_id, row_counts FROM releases ORDER BY release_id DESC LIMIT 1"
ROWS = "SELECT count(*), sum(md5_number_lower(CAST(t AS varchar))) FROM fct_project_budgets AS t"


@dataclass(slots=True)
class Reading:
    """What all readers saw."""

    looks: list[dict[str, Any]] = field(default_factory=list)

    def find_faults(self) -> list[str]:
        """Return what no reader should have seen."""
        faults = [look["error"] for look in self.looks if "error" in look]
        whole = [look for look in self.looks if "error" not in look]
        faults += [f"{look['folder']}: not whole" for look in whole if not look["is_whole"]]
        for folder in {look["folder"] for look in whole}:
            if len({tuple(look["rows"]) for look in whole if look["folder"] == folder}) != 1:
                faults.append(f"{folder}: two readers saw different rows")
        for reader in {look["reader"] for look in whole}:
            folders = [look["folder"] for look in whole if look["reader"] == reader]
            if folders != sorted(folders):
                faults.append(f"{reader} went back to an earlier release")
        return faults

    def readers(self) -> int:
        """Count the readers that looked."""
        return len({look["reader"] for look in self.looks})

    def slowest(self) -> float:
        """Return the seconds of the longest look."""
        return max(look["seconds"] for look in self.looks)


@contextmanager
def reading(current: Path) -> Iterator[Reading]:
    """Let all readers look until the end of the block, and once more after it."""
    seen = Reading()
    with tempfile.TemporaryDirectory(prefix="jixiao-") as folder:
        notes = [Path(folder) / str(number) for number in range(PROGRAMS)]
        command = [sys.executable, __file__, str(current)]
        programs = [subprocess.Popen([*command, str(note)], stdin=subprocess.PIPE) for note in notes]
        try:
            yield seen
        finally:
            for program in programs:
                program.communicate()
            for note in notes:
                seen.looks += [
                    {**look, "reader": f"{note.name}.{look['reader']}"}
                    for look in map(json.loads, note.read_text(encoding="utf-8").splitlines())
                ]


def look(current: Path) -> dict[str, Any]:
    """Read the served release as a BI tool does."""
    folder = current.resolve()
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True, config={"threads": 1}) as warehouse:
        release_id, row_counts = warehouse.execute(LAST).fetchone() or ("", "{}")
        expected = json.loads(row_counts)
        counted = {
            name: (warehouse.execute(f'SELECT count(*) FROM "{name}"').fetchone() or (0,))[0] for name in expected
        }
        rows = warehouse.execute(ROWS).fetchone() or ()
    is_whole = release_id == folder.name and counted == expected
    return {"folder": folder.name, "is_whole": is_whole, "rows": [str(one) for one in rows]}


def main(current: Path, note: Path) -> None:
    """Look with all connections until standard input ends; write what each saw."""
    over, lock = threading.Event(), threading.Lock()

    def read(number: int) -> None:
        is_last = False
        while not is_last:
            is_last = over.is_set()
            begin = time.perf_counter()
            try:
                seen = look(current)
            except duckdb.Error as error:
                seen = {"error": f"{type(error).__name__}: {error}"}
            with lock, note.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**seen, "reader": number, "seconds": time.perf_counter() - begin}) + "\n")
            over.wait(PAUSE)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
