"""Bound what this process may use before a parser meets a document."""

from __future__ import annotations

import resource

from extract.limits import Limits


def apply_limits(limits: Limits) -> None:
    """Bound address space, core dumps and descriptors of this process, and let it write no file.

    Time is bounded by the parent.
    """
    for kind, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _, hard = resource.getrlimit(kind)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (bound, bound))


def usual_limits() -> Limits:
    """Those of the settings; a process that is given some imports none."""
    from extract.settings import get_settings

    return get_settings().limits()
