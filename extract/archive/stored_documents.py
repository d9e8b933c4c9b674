"""Bytes become a read-only file named by their hash, complete or not at all, and an object where machines share them.

With JIXIAO_STORE_URL the objects are the archive and the files are this machine's copies, forgotten after a day.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from extract.archive.object_store import DamagedError, Store, open_bucket_store
from extract.entities import LandedPdf
from extract.files import PART, sync_folder, write_whole
from extract.settings import Settings

ABANDONED_SECONDS = 86_400  # a part as old as this belongs to no transfer that still runs
HEAD, TAIL = 1024 + 5, 64 * 1024


def archive_path(archive: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return archive / sha256[:2] / sha256[2:4] / f"{sha256}.pdf"


def archive_name(sha256: str) -> str:
    """What these bytes are called in the store that machines share."""
    return archive_path(Path("archive"), sha256).as_posix()


def name_place(settings: Settings, sha256: str) -> str:
    """Where people find these bytes: a path, or the address in the store that machines share."""
    if settings.store_url is not None:
        return f"{settings.store_url.rstrip('/')}/{archive_name(sha256)}"
    return str(archive_path(settings.archive, sha256))


def land_bytes(archive: Path, data: bytes, store: Store | None = None) -> LandedPdf:
    """Store bytes once, for ever; landing them again finds them there. The name at the source never becomes a path."""
    with receive(archive, store) as incoming:
        incoming.write(data)
        return incoming.keep()


class Incoming:
    """Bytes on their way into the archive; nothing has a hash for a name before all of it is there."""

    def __init__(self, archive: Path, descriptor: int, path: Path, store: Store | None) -> None:
        self._archive = archive
        self._store = store
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
        """Everything is there: give it its name, in one step and for ever; then let the other machines have it."""
        sha256 = self._hash.hexdigest()
        path = archive_path(self._archive, sha256)
        if not path.exists() or path.stat().st_size != self.size:
            self._file.flush()
            os.fsync(self._file.fileno())
            os.fchmod(self._file.fileno(), 0o444)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._path, path)
            sync_folder(path.parent)
        if self._store is not None and self._store.size(archive_name(sha256)) != self.size:
            self._store.put(archive_name(sha256), path.read_bytes())
        return LandedPdf(sha256, path, self.size, datetime.now(UTC))

    def close(self) -> None:
        """Let go; what was not kept is removed."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def receive(archive: Path, store: Store | None = None) -> Iterator[Incoming]:
    """A place for bytes that come piece by piece; leaving the block without `keep` leaves nothing behind."""
    archive.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=archive, prefix=PART)
    incoming = Incoming(archive, descriptor, Path(temporary), store)
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


def fetch_archived(settings: Settings, sha256: str) -> Path:
    """The path of bytes that have this hash, proved now; copied from the store where this machine has none.

    Raises FileNotFoundError where nobody has them, DamagedError where they are others, StoreError where nobody knows.
    """
    path = archive_path(settings.archive, sha256)
    store = open_bucket_store(settings)
    if path.exists():
        if _hash_file(path) == sha256:
            if store is not None:
                os.utime(path)  # still wanted: see forget_copies
            return path
        path.rename(path.with_suffix(".damaged"))  # so that landing them again brings them anew
        if store is None:
            raise DamagedError(f"{path} has other bytes than its name says, and is set aside; restore it")
    if store is None:
        raise FileNotFoundError(
            f"the archive has no document {sha256[:12]} (expected {path}): "
            "restore it, or let the next run fetch it again"
        )
    data = store.get(archive_name(sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedError(f"{archive_name(sha256)} in JIXIAO_STORE_URL has other bytes than its name says; restore it")
    write_whole(path, data, 0o444)
    return path


def find_archived(settings: Settings, sha256: str) -> int | None:
    """The size of archived bytes, None where the archive does not hold them."""
    store = open_bucket_store(settings)
    if store is not None:
        return store.size(archive_name(sha256))
    path = archive_path(settings.archive, sha256)
    return path.stat().st_size if path.exists() else None


def forget_copies(settings: Settings) -> int:
    """Where machines share a store: remove the copies that nobody asked this one for within a day; returns how many.

    Without a store the files are the archive itself, and nothing is ever removed.
    """
    store = open_bucket_store(settings)
    if store is None:
        return 0
    forgotten = 0
    for path in settings.archive.glob("??/??/*.pdf"):
        held = path.stat()
        if time.time() - held.st_mtime > ABANDONED_SECONDS and store.size(archive_name(path.stem)) == held.st_size:
            path.unlink(missing_ok=True)
            forgotten += 1
    return forgotten


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
