"""Bytes become a read-only file named by their hash, complete or not at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from extract.entities import LandedPdf


def archive_path(archive: Path, sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return archive / sha256[:2] / sha256[2:4] / f"{sha256}.pdf"


def land_bytes(archive: Path, data: bytes) -> LandedPdf:
    """Store bytes once, for ever; landing them again finds them there. The name at the source never becomes a path."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = archive_path(archive, sha256)
    if not path.exists():
        write_whole(path, data, mode=0o444)
    return LandedPdf(sha256, path, len(data), datetime.now(UTC))


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file that others see whole or not at all: temporary name, sync, rename, sync the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
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
