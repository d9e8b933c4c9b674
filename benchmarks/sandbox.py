"""Measure the cost of reading in a confined child: confined or not, in one child or in one each.

Usage: `python benchmarks/sandbox.py [PDF…]`, by default with the readable fixtures of the tests.
"""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from extract.errors import Refused
from extract.reading.sandbox import Sandbox

FIXTURES = Path(__file__).parent.parent / "tests/fixtures"
ROUNDS = 3
CONFINE = """
import os, time
from extract.isolation.confine import confine_child, confine_fork_server
begun = time.perf_counter()
confine_fork_server()
between = time.perf_counter()
if os.fork() == 0:
    started = time.perf_counter()
    confine_child()
    print((between - begun) * 1e3, (time.perf_counter() - started) * 1e3, flush=True)
    os._exit(0)
os.wait()
"""


def measure_calls() -> tuple[float, float]:
    """Return the milliseconds of confining the fork server and a child: the least of some processes."""
    lines = (
        subprocess.run([sys.executable, "-I", "-c", CONFINE], capture_output=True, text=True, check=True).stdout
        for _ in range(10)
    )
    fork_server, child = zip(*(map(float, line.split()) for line in lines), strict=True)
    return min(fork_server), min(child)


def measure_reading(files: Sequence[Path], *, confined: bool, apart: bool) -> tuple[float, float]:
    """Return processor and wall milliseconds a document, without the process start: the least of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        with Sandbox(reader="pdfium", confined=confined) as sandbox:
            read_one(sandbox, files[0], "start")
            before, begun = time_of_children(sandbox), time.perf_counter()
            for file in files:
                read_one(sandbox, file, str(file) if apart else "all")
            wall = time.perf_counter() - begun
            rounds.append((time_of_children(sandbox) - before, wall))
    return min(cpu for cpu, _ in rounds) / len(files) * 1e3, min(wall for _, wall in rounds) / len(files) * 1e3


def read_one(sandbox: Sandbox, file: Path, publisher: str) -> None:
    """Read a document and ignore the outcome."""
    with contextlib.suppress(Refused):
        sandbox.read_text(file, reader="pdfium", publisher=publisher)


def time_of_children(sandbox: Sandbox) -> float:
    """Return the processor seconds of this process, and of the sandbox's with all its ended children."""
    sandbox._end_child()
    words = Path(f"/proc/{sandbox._fork_server.pid}/stat").read_text().rpartition(")")[2].split()
    own = resource.getrusage(resource.RUSAGE_SELF)
    return sum(map(int, words[11:15])) / 100 + own.ru_utime + own.ru_stime


def main() -> None:
    """Print the table."""
    files = [Path(name) for name in sys.argv[1:]] or sorted(FIXTURES.glob("*.pdf"))
    fork_server, child = measure_calls()
    print(f"giving up rights: fork server {fork_server:.2f} ms once, child {child:.2f} ms each; {len(files)} documents")
    print(f"{'':<34}{'ms CPU':>8}{'ms wall':>9}   a document, pdfium")
    for apart, what in ((False, "one child"), (True, "one child each")):
        for confined in (False, True):
            cpu, wall = measure_reading(files, confined=confined, apart=apart)
            print(f"{what + (', confined' if confined else ', not confined'):<34}{cpu:8.1f}{wall:9.1f}")


if __name__ == "__main__":
    main()
