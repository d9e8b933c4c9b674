"""Readings on their way from the read step to the stage step, as objects that every worker reaches.

A reading begins with its own hash: what is not what was put is never given out.
"""

from __future__ import annotations

import hashlib

from extract.archive.object_store import DamagedError, FolderStore, Store, open_bucket_store
from extract.settings import Settings


def keep_reading(settings: Settings, sha256: str, reading: str, answers_used: str = "") -> None:
    """Leave what was read of a document, with these answers of people, for the stage step, wherever that runs."""
    data = reading.encode()
    _readings(settings).put(
        _reading_name(sha256, answers_used), hashlib.sha256(data).hexdigest().encode() + b"\n" + data
    )


def load_reading(settings: Settings, sha256: str, answers_used: str = "") -> str:
    """What `keep_reading` left; raises FileNotFoundError, DamagedError."""
    digest, _, data = _readings(settings).get(_reading_name(sha256, answers_used)).partition(b"\n")
    if hashlib.sha256(data).hexdigest().encode() != digest:
        raise DamagedError(f"the reading of {sha256[:12]} is not what was kept; it is read again")
    return data.decode()


def drop_reading(settings: Settings, sha256: str, answers_used: str = "") -> None:
    """Staged: the rows say all that it said."""
    _readings(settings).drop(_reading_name(sha256, answers_used))


def _readings(settings: Settings) -> Store:
    return open_bucket_store(settings) or FolderStore(settings.home)


def _reading_name(sha256: str, answers_used: str) -> str:
    """Name a reading by all that it depends on: another answer makes another reading."""
    return f"readings/{sha256[:2]}/{sha256}{'-' if answers_used else ''}{answers_used}.json"
