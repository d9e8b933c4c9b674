"""Define the limits on the cost of reading one document, and apply them to the process that reads.

A module of its own because the reading child has no settings, and imports nothing that it does not use.
"""

from __future__ import annotations

import math
import resource
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits per document. `seconds` is wall-clock time, `memory` address space in bytes."""

    seconds: float
    memory: int
    pages: int
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return the arguments that a child process is started with."""
        return asdict(self)


def apply_limits(limits: Limits, threads: int = 1) -> None:
    """Limit processor time, address space, core dumps and descriptors of this process, and let it write no file.

    The parent limits the time of a document; processor time, of `threads` at once, is for a parent that cannot.
    """
    for kind, value in (
        (resource.RLIMIT_CPU, bound_processor(limits) * threads),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def bound_processor(limits: Limits) -> int:
    """Return the processor seconds of a process: after `limits.seconds` it gets no further document."""
    return math.ceil(2 * limits.seconds) + 1
