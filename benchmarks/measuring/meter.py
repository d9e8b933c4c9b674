"""Measure processor time, wall time, bytes written and peak memory of a block of code, with its child processes."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

INTERVAL = 0.5


@dataclass(slots=True)
class Cost:
    """What a block of code took."""

    wall: float = 0
    cpu: float = 0
    children: float = 0
    """Processor time of child processes, part of `cpu`."""
    megabytes: float = 0
    """Given to the file system, less what was taken back before it was on the disk."""
    peak: float = 0
    """Most gigabytes that this process and its children held at one moment."""

    def __str__(self) -> str:
        return f"{self.cpu:.1f} s ({self.wall:.1f} s), {self.megabytes:,.0f} MB written, {self.peak:.2f} GB of memory"


@contextmanager
def measure() -> Iterator[Cost]:
    """Measure the block; the cost is known after it."""
    cost, over = Cost(), threading.Event()
    watcher = threading.Thread(target=_watch, args=(cost, over), daemon=True)
    watcher.start()
    own, children, written, begin = _seconds(), _seconds_of_children(), _written(), time.perf_counter()
    try:
        yield cost
    finally:
        over.set()
        watcher.join()
        cost.wall = time.perf_counter() - begin
        cost.children = _seconds_of_children() - children
        cost.cpu = _seconds() - own + cost.children
        cost.megabytes = (_written() - written) / 1e6


def _watch(cost: Cost, over: threading.Event) -> None:
    this = psutil.Process()
    while not over.wait(INTERVAL):
        held = 0
        for one in (this, *this.children(recursive=True)):
            try:
                held += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        cost.peak = max(cost.peak, held / 1e9)


def _seconds(who: int = resource.RUSAGE_SELF) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _seconds_of_children() -> float:
    return _seconds(resource.RUSAGE_CHILDREN)


def _written() -> int:
    """Return the bytes written by this process and by the children that it waited for."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    counted = dict(line.split(": ") for line in lines)
    return int(counted["write_bytes"]) - int(counted["cancelled_write_bytes"])
