"""Pace the requests to one publisher: interval, total time, and a stop after many failures in a row."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from extract.errors import SourceError

MOST_FAILURES = 10  # in a row: the site is down, and thousands of addresses need not each find that out


class OutOfTimeError(SourceError):
    """The time that one publisher may take in a run is used up."""


class Pace:
    """Pace shared by the threads that ask one publisher; `night_seconds` count from its creation."""

    def __init__(
        self,
        delay_seconds: float,
        night_seconds: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.delay_seconds = delay_seconds
        self._night_seconds = night_seconds
        self._end = clock() + night_seconds if math.isfinite(night_seconds) else math.inf
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._failures = 0

    def wait(self) -> None:
        """Block until the next request may start.

        Raises SourceError when the site has failed too often in a row, OutOfTimeError at once when the request would
        start after the time of this publisher.
        """
        with self._lock:
            if self._failures >= MOST_FAILURES:
                raise SourceError(f"not requested: the {MOST_FAILURES} requests before this one failed")
            now = self._clock()
            start = max(now, self._next)
            if start > self._end:
                raise OutOfTimeError(f"not requested: this publisher has used its {self._night_seconds:g} s of a run")
            self._next = start + self.delay_seconds
        if start > now:
            self._sleep(start - now)

    def note(self, answered: bool) -> None:
        """Record whether a request was answered."""
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
