"""Archive documents as read-only files named by their hash, written atomically, and as objects where shared.

With JIXIAO_STORE_URL the objects are the archive and the files are a local cache, whose entries expire after a day.
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
from extract.files import PART, sync_path, write_whole
from extract.settings import Settings

ABANDONED_SECONDS = 86_400  # a part as old as this belongs to no transfer that still runs
HEAD, TAIL = 1024 + 5, 64 * 1024


def archive_path(archive: Path, sha256: str) -> Path:
    """Return the file of the bytes with this hash."""
    return archive / sha256[:2] / sha256[2:4] / f"{sha256}.pdf"


def archive_name(sha256: str) -> str:
    """Return the object name of the bytes with this hash in the shared store."""
    return archive_path(Path("archive"), sha256).as_posix()


def name_place(settings: Settings, sha256: str) -> str:
    """Return where people find the bytes: a path, or the address in the shared store."""
    if settings.store_url is not None:
        return f"{settings.store_url.rstrip('/')}/{archive_name(sha256)}"
    return str(archive_path(settings.archive, sha256))


def land_bytes(archive: Path, data: bytes, store: Store | None = None) -> LandedPdf:
    """Archive bytes; idempotent. The name at the source never becomes a path."""
    with receive(archive, store) as incoming:
        incoming.write(data)
        return incoming.keep()


class Incoming:
    """A download on its way into the archive; it has no name before its hash is complete."""

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
        """Append a piece; `head` and `tail` keep the first and the last bytes."""
        self._file.write(piece)
        self._hash.update(piece)
        self.size += len(piece)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        self.tail = (self.tail + piece[-TAIL:])[-TAIL:]

    def keep(self) -> LandedPdf:
        """Give the complete file its name, atomically, and upload it to the shared store."""
        sha256 = self._hash.hexdigest()
        path = archive_path(self._archive, sha256)
        if not path.exists() or path.stat().st_size != self.size:
            self._file.flush()
            os.fsync(self._file.fileno())
            os.fchmod(self._file.fileno(), 0o444)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._path, path)
            sync_path(path.parent)
        if self._store is not None and self._store.size(archive_name(sha256)) != self.size:
            self._store.put(archive_name(sha256), path.read_bytes())
        return LandedPdf(sha256, path, self.size, datetime.now(UTC))

    def close(self) -> None:
        """Close, and remove the file if it was not kept."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def receive(archive: Path, store: Store | None = None) -> Iterator[Incoming]:
    """Open a download; leaving the block without `keep` removes it."""
    archive.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=archive, prefix=PART)
    incoming = Incoming(archive, descriptor, Path(temporary), store)
    try:
        yield incoming
    finally:
        incoming.close()


def sweep_parts(archive: Path) -> int:
    """Remove leftovers of killed downloads that are older than a day; return their number."""
    old = [part for part in archive.glob(f"{PART}*") if time.time() - part.stat().st_mtime > ABANDONED_SECONDS]
    for part in old:
        part.unlink(missing_ok=True)
    return len(old)


def fetch_archived(settings: Settings, sha256: str) -> Path:
    """Return the file of the bytes with this hash, verified; copy it from the store where it is missing.

    Raises FileNotFoundError where it is nowhere, DamagedError where its hash differs, StoreError where the store
    fails.
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
            raise DamagedError(f"{path}: the content does not match its name, the hash; moved aside, restore it")
    if store is None:
        raise FileNotFoundError(
            f"the archive has no document {sha256[:12]} (expected {path}): "
            "restore it, or let the next run fetch it again"
        )
    data = store.get(archive_name(sha256))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise DamagedError(
            f"{archive_name(sha256)} in JIXIAO_STORE_URL: the content does not match its name; restore it"
        )
    write_whole(path, data, 0o444)
    return path


def find_archived(settings: Settings, sha256: str) -> int | None:
    """Return the size of an archived document in bytes, None where the archive lacks it."""
    store = open_bucket_store(settings)
    if store is not None:
        return store.size(archive_name(sha256))
    path = archive_path(settings.archive, sha256)
    return path.stat().st_size if path.exists() else None


def forget_copies(settings: Settings) -> int:
    """Remove local copies unused for a day where a store is shared; return their number.

    Without a store the files are the archive itself, and nothing is removed.
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
