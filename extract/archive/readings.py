"""Keep readings between the read step and the stage step, as objects that every worker reaches.

A reading begins with its own hash, which is verified when it is loaded.
"""

from __future__ import annotations

import hashlib

from extract.archive.object_store import DamagedError, FolderStore, Store, open_bucket_store
from extract.settings import Settings


def keep_reading(settings: Settings, sha256: str, reading: str, answers_used: str = "") -> None:
    """Store the reading of a document, made with these answers, for the stage step on any machine."""
    data = reading.encode()
    _readings(settings).put(
        _reading_name(sha256, answers_used), hashlib.sha256(data).hexdigest().encode() + b"\n" + data
    )


def load_reading(settings: Settings, sha256: str, answers_used: str = "") -> str:
    """Load a stored reading; raises FileNotFoundError, or DamagedError where its hash differs."""
    digest, _, data = _readings(settings).get(_reading_name(sha256, answers_used)).partition(b"\n")
    if hashlib.sha256(data).hexdigest().encode() != digest:
        raise DamagedError(f"the stored reading of {sha256[:12]} is damaged; the document is read again")
    return data.decode()


def drop_reading(settings: Settings, sha256: str, answers_used: str = "") -> None:
    """Remove a reading once it is staged."""
    _readings(settings).drop(_reading_name(sha256, answers_used))


def _readings(settings: Settings) -> Store:
    return open_bucket_store(settings) or FolderStore(settings.home)


def _reading_name(sha256: str, answers_used: str) -> str:
    """Return the object name of a reading: document and answers, so that other answers make another object."""
    return f"readings/{sha256[:2]}/{sha256}{'-' if answers_used else ''}{answers_used}.json"
