"""How fast one publisher is asked: a distance between requests, and a stop after many failures in a row."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from extract.errors import SourceError

MOST_FAILURES = 10  # in a row: the site is down, and thousands of addresses need not each find that out


class Pace:
    """Shared by the threads that ask one publisher."""

    def __init__(
        self,
        delay_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.delay_seconds = delay_seconds
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._failures = 0

    def wait(self) -> None:
        """Return when the next request may start; raises SourceError when the site has failed too often in a row."""
        with self._lock:
            if self._failures >= MOST_FAILURES:
                raise SourceError(f"not asked: the {MOST_FAILURES} requests before this one failed")
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self.delay_seconds
        if start > now:
            self._sleep(start - now)

    def note(self, answered: bool) -> None:
        """A request was answered, or it failed."""
        with self._lock:
            self._failures = 0 if answered else self._failures + 1
