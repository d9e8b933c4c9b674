"""List the files of a folder as publications, and read one when it is no longer being written."""

from __future__ import annotations

import fnmatch
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from extract.entities import Publication
from extract.errors import Reason, Refused, SourceError, describe_error


def discover_folder(folder: Path, publisher: str, pattern: str = "*.pdf") -> tuple[list[Publication], list[str]]:
    """List every entry below `folder` whose name fits, by path, and the sub-folders that cannot be listed.

    Raises SourceError if the folder itself cannot be. Entries that are no plain file (a pipe, a link to outside, a
    folder named .pdf) are publications too: `read_file` refuses them with a reason, so that they are counted.
    """
    if not folder.is_dir():
        raise SourceError(f"{publisher}: {folder} is not a folder")
    broken: list[str] = []
    found = [
        Publication(publisher, path.as_uri(), listing=folder.as_uri(), version=_version_at(path))
        for path in _walk(folder, pattern, broken)
    ]
    return found, broken


def _walk(folder: Path, pattern: str, broken: list[str]) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        """Record a folder that cannot be listed; raises SourceError for the source itself."""
        if Path(error.filename) == folder:
            raise SourceError(f"{error.filename}: {error.strerror}") from error
        broken.append(f"{Path(error.filename).as_uri()}: {error.strerror}")

    for parent, folders, files in os.walk(folder, onerror=fail, followlinks=False):
        folders.sort()
        for name in sorted([*files, *folders]):
            if fnmatch.fnmatch(name.lower(), pattern.lower()):
                yield Path(parent, name)


def path_of(url: str) -> Path:
    """Return the path of a file: URL, whatever bytes the name holds."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(url).path)))


def read_file(url: str, listing: str | None, settle_seconds: float, max_bytes: int) -> tuple[bytes, str]:
    """Return the bytes of a plain file that is at rest, and their version.

    Raises Refused for what is no plain file inside the listed folder, is too large or forbidden, SourceError for what
    may pass (still being written, vanished).
    """
    path = path_of(url)
    root = path_of(listing) if listing else path.parent
    try:
        _require_plain(path.stat(), path.name)  # before it is opened: a socket cannot be, a device may act on it
        # O_NONBLOCK: opening a pipe must not wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise Refused(Reason.FORBIDDEN, f"{path.name}: {error.strerror}") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself, before Python 3.13
        if path.is_symlink():
            raise Refused(Reason.NOT_PDF, f"{path.name} is a link that leads nowhere") from error
        raise SourceError(f"{path.name}: cannot be opened: {describe_error(error)}") from error
    try:
        _require_inside(descriptor, path, root)
        return _read_plain(descriptor, path.name, settle_seconds, max_bytes)
    finally:
        os.close(descriptor)


def _version_at(path: Path) -> str | None:
    try:
        return _version(path.stat())
    except (OSError, RuntimeError, ValueError):
        return None


def _version(status: os.stat_result) -> str:
    """Return the version of a file by its status-change time, which no program can set back."""
    return f"{status.st_dev:x}-{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ctime_ns:x}"


def _require_plain(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refused(Reason.NOT_PDF, f"{name}: expected a file, found a {_kind(status.st_mode)}")


def _read_plain(descriptor: int, name: str, settle_seconds: float, max_bytes: int) -> tuple[bytes, str]:
    before = os.fstat(descriptor)
    _require_plain(before, name)
    if before.st_size > max_bytes:
        raise Refused(Reason.TOO_LARGE, f"{name}: {before.st_size} bytes, at most {max_bytes} are taken")
    age = time.time() - max(before.st_mtime, before.st_ctime)
    if 0 <= age < settle_seconds:
        time.sleep(settle_seconds - age)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data = file.read(max_bytes + 1)
    after = os.fstat(descriptor)
    if _version(before) != _version(after) or len(data) != after.st_size:
        raise SourceError(f"{name}: still being written, taken when it has been at rest for {settle_seconds} s")
    return data, _version(after)


def _require_inside(descriptor: int, path: Path, root: Path) -> None:
    """Check where an opened file lies, not its name, which others could swap between two checks."""
    if not _opened_path(descriptor, path).is_relative_to(root.resolve()):
        raise Refused(Reason.NOT_PDF, f"{path.name} is a link that leads out of {root.name}")


def _opened_path(descriptor: int, path: Path) -> Path:
    try:
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
    except OSError:  # no Linux: what the name leads to at this moment, if that is what was opened
        found = path.resolve()
        if not os.path.samestat(found.stat(), os.fstat(descriptor)):
            raise SourceError(f"{path.name}: was replaced while it was opened") from None
        return found


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "folder"
    return "pipe" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "device"
