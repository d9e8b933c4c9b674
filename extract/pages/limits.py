"""What one document may cost in, limits set on this process out."""

from __future__ import annotations

import resource
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """Per document. `seconds` is wall-clock time, `memory` address space in bytes."""

    seconds: float = 180.0
    memory: int = 1_500_000_000
    pages: int = 2_000
    size: int = 200 * 1024 * 1024

    def to_dict(self) -> dict[str, Any]:
        """What a child process is started with."""
        return asdict(self)


def apply_limits(limits: Limits, written: int = 1 << 20) -> None:
    """Bound address space, written files (bytes) and core dumps of this process; time is bounded by the parent."""
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))
