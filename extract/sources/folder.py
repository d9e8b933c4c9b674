"""A folder becomes publications; a file in it becomes bytes, only when nobody is writing to it any more."""

from __future__ import annotations

import fnmatch
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from extract.entities import Publication
from extract.errors import Reason, Refused, SourceError


def discover_folder(folder: Path, publisher: str, pattern: str = "*.pdf") -> list[Publication]:
    """Every entry below `folder` whose name fits, by path; raises SourceError if the folder cannot be listed.

    Entries that are no plain file (a pipe, a link to outside, a folder named .pdf) are publications too: `open_file`
    refuses them with a reason, so that they are counted and not passed over in silence.
    """
    if not folder.is_dir():
        raise SourceError(f"{publisher}: {folder} is not a folder")
    return [Publication(publisher, path.as_uri(), listing=folder.as_uri()) for path in _walk(folder, pattern)]


def _walk(folder: Path, pattern: str) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise SourceError(f"{error.filename}: {error.strerror}") from error

    for parent, folders, files in os.walk(folder, onerror=fail, followlinks=False):
        folders.sort()
        for name in sorted([*files, *folders]):
            if fnmatch.fnmatch(name.lower(), pattern.lower()):
                yield Path(parent, name)


def path_of(url: str) -> Path:
    """The path behind a file: URL, whatever bytes the name holds."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(url).path)))


def read_file(url: str, listing: str | None, settle_seconds: float, max_bytes: int) -> bytes:
    """The bytes of a plain file that has come to rest.

    Raises Refused for what is no plain file inside the listed folder or is too large, SourceError for what may pass
    (still being written, not readable).
    """
    path = path_of(url)
    _require_inside(path, listing)
    try:
        # O_NONBLOCK: opening a pipe must not wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be opened: {error.strerror}") from error
    try:
        return _read_plain(descriptor, path.name, settle_seconds, max_bytes)
    finally:
        os.close(descriptor)


def _read_plain(descriptor: int, name: str, settle_seconds: float, max_bytes: int) -> bytes:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        raise Refused(Reason.NOT_PDF, f"{name} is no file but a {_kind(before.st_mode)}")
    if before.st_size > max_bytes:
        raise Refused(Reason.TOO_LARGE, f"{name}: {before.st_size} bytes, at most {max_bytes} are taken")
    age = time.time() - before.st_mtime
    if 0 <= age < settle_seconds:
        time.sleep(settle_seconds - age)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data = file.read(max_bytes + 1)
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != after.st_size:
        raise SourceError(f"{name}: still being written, taken when it has been at rest for {settle_seconds} s")
    return data


def _require_inside(path: Path, listing: str | None) -> None:
    root = path_of(listing).resolve() if listing else path.parent.resolve()
    if not path.resolve().is_relative_to(root):
        raise Refused(Reason.NOT_PDF, f"{path.name} is a link that leads out of {root.name}")


def _kind(mode: int) -> str:
    return "folder" if stat.S_ISDIR(mode) else "pipe" if stat.S_ISFIFO(mode) else "device or socket"
