"""Limits on the cost of reading one document, passed to every process that reads one.

A module of its own because the reading child has no settings, and imports nothing that it does not use.
"""

from __future__ import annotations

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
