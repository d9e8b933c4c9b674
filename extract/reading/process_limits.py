"""Provide the limits of reading where the caller has given none."""

from __future__ import annotations

from extract.limits import Limits


def usual_limits() -> Limits:
    """Return the limits of the settings; a process that is given limits imports none."""
    from extract.settings import get_settings

    return get_settings().limits()
