"""Write files atomically, copy them without using space where the file system can, and name them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

PART = ".part-"
FICLONE = 0x40049409  # linux/fs.h
STAMP = "%Y%m%dT%H%M%S%fZ"
YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, where it is there: ten times as fast


def name_file(url: str) -> str:
    """Return the name of a file from its address, without percent signs: 目标.pdf of …/%E7%9B%AE%E6%A0%87.pdf."""
    return unquote(url.rpartition("/")[2])


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file atomically: temporary name, sync, rename, sync the folder."""
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
    sync_path(path.parent)


def name_next(folder: Path) -> str:
    """Return a timestamp that sorts after all such names in a folder, also where the clock was set back since."""
    moment = datetime.now(UTC).replace(tzinfo=None)
    for entry in folder.glob("[0-9]*Z*"):
        try:
            there = datetime.strptime(entry.name.partition("Z")[0] + "Z", STAMP)  # noqa: DTZ007 - all are UTC
        except ValueError:
            continue
        moment = max(moment, there + timedelta(microseconds=1))
    return moment.strftime(STAMP)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter; the mode of an existing one is left alone."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def load_yaml(path: Path) -> Any:
    """Parse a YAML file."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=YAML_LOADER)  # noqa: S506 - it is a safe loader


def sync_path(path: Path) -> None:
    """Sync a file, or a folder with the names in it, so that it survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def clone_file(source: Path, target: Path) -> bool:
    """Copy a file by sharing its blocks (XFS, btrfs); return False where that fails."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new.fileno(), FICLONE, old.fileno())
        except OSError:
            done = False
        else:
            done = True
    if not done:
        target.unlink()
    return done


def is_unused(path: Path) -> bool:
    """Return True if a file has one name only and no process, not even this one, has it open; False if unknown."""
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if os.fstat(descriptor).st_nlink != 1:
            return False
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)  # granted to the only one who has it open
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
