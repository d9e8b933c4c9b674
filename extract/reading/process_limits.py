"""Limit the resources of this process before a parser opens a document."""

from __future__ import annotations

import math
import resource

from extract.limits import Limits


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


def usual_limits() -> Limits:
    """Return the limits of the settings; a process that is given limits imports none."""
    from extract.settings import get_settings

    return get_settings().limits()
