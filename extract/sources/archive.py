"""Bytes become a read-only file named by their hash, complete or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from extract.entities import LandedPdf

PART = ".part-"
ABANDONED_SECONDS = 86_400  # a part as old as this belongs to no transfer that still runs
HEAD, TAIL = 1024 + 5, 64 * 1024


def archive_path(archive: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return archive / sha256[:2] / sha256[2:4] / f"{sha256}.pdf"


def land_bytes(archive: Path, data: bytes) -> LandedPdf:
    """Store bytes once, for ever; landing them again finds them there. The name at the source never becomes a path."""
    with receive(archive) as incoming:
        incoming.write(data)
        return incoming.keep()


class Incoming:
    """Bytes on their way into the archive; nothing has a hash for a name before all of it is there."""

    def __init__(self, archive: Path, descriptor: int, path: Path) -> None:
        self._archive = archive
        self._file = os.fdopen(descriptor, "wb")
        self._path = path
        self._hash = hashlib.sha256()
        self.size = 0
        self.head = b""
        self.tail = b""

    def write(self, piece: bytes) -> None:
        """Take the next bytes; `head` and `tail` keep the first and the last of them."""
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        self.tail = (self.tail + piece[-TAIL:])[-TAIL:]

    def keep(self) -> LandedPdf:
        """Everything is there: give it its name, in one step and for ever."""
        sha256 = self._hash.hexdigest()
        path = archive_path(self._archive, sha256)
        if path.exists() and path.stat().st_size == self.size:
            return LandedPdf(sha256, path, self.size, datetime.now(UTC))
        self._file.flush()
        os.fsync(self._file.fileno())
        os.fchmod(self._file.fileno(), 0o444)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self._path, path)
        sync_folder(path.parent)
        return LandedPdf(sha256, path, self.size, datetime.now(UTC))

    def close(self) -> None:
        """Let go; what was not kept is removed."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def receive(archive: Path) -> Iterator[Incoming]:
    """A place for bytes that come piece by piece; leaving the block without `keep` leaves nothing behind."""
    archive.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=archive, prefix=PART)
    incoming = Incoming(archive, descriptor, Path(temporary))
    try:
        yield incoming
    finally:
        incoming.close()


def sweep_parts(archive: Path) -> int:
    """Remove what killed transfers left behind more than a day ago; returns how many."""
    old = [part for part in archive.glob(f"{PART}*") if time.time() - part.stat().st_mtime > ABANDONED_SECONDS]
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file that others see whole or not at all: temporary name, sync, rename, sync the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=PART)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
