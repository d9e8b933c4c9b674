"""Build an expensive folder once per state of the code and day, and hand out copies of it.

A kept folder lies in `.pytest_cache/kept/`. Its key is a hash over every file that can change what is in it, so that
a second test run, and each worker of one run, copies it instead of building it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

from filelock import FileLock

from extract.settings import PROJECT

KEPT = PROJECT / ".pytest_cache/kept"
INPUTS = ("extract", "dbt_project", "dags", "demo", "tests/fixtures", "tests/support", "constraints.txt")
NO_INPUTS = {"__pycache__", "target", "logs"}
DONE = "done"


def list_files(root: Path) -> Iterator[Path]:
    """List the files of a folder in order, without what programs write beside the sources."""
    if root.is_file():
        yield root
        return
    for path in sorted(root.rglob("*")):
        if path.is_file() and not NO_INPUTS.intersection(path.relative_to(root).parts):
            yield path


def hash_files(paths: Iterator[Path] | list[Path]) -> str:
    """Return a hash over the paths and the bytes of files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(json.dumps(str(path.relative_to(PROJECT))).encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@cache
def hash_inputs() -> str:
    """Return the key of everything that is built now: code, data, fixtures, versions, and the day (seasons, ages)."""
    conftests = sorted(PROJECT.glob("tests/**/conftest.py"))
    files = hash_files([*(path for name in INPUTS for path in list_files(PROJECT / name)), *conftests])
    day = datetime.now(UTC).date().isoformat()
    return hashlib.sha256(f"{files} {sys.version} {day}".encode()).hexdigest()[:16]


def copy_kept(name: str, folder: Path, build: Callable[[Path], None]) -> Path:
    """Copy the kept folder `name` to `folder`, which must not exist; `build(path)` fills it where none is kept.

    Whoever comes second, in another worker or run, waits for the first. A folder whose build failed is not kept.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    kept = find_kept(name)
    with FileLock(KEPT / f"{name}.lock"):
        if not (kept / DONE).exists():
            for old in KEPT.glob(f"{name}-????????????????"):
                shutil.rmtree(old)
            for parsed in set(KEPT.glob("parse-*")) - {parse_path()}:
                parsed.unlink(missing_ok=True)
            kept.mkdir()
            build(kept)
            keep_parse(kept)
            (kept / DONE).touch()
        shutil.copytree(kept, folder, symlinks=True)
    offer_parse()
    return folder


def find_kept(name: str) -> Path:
    """Return the kept folder itself. Its files are for reading: all copies name them by their addresses."""
    return KEPT / f"{name}-{hash_inputs()}"


def parse_path() -> Path:
    """Return where the parsed dbt project of the same code is kept, from any kept home."""
    return KEPT / f"parse-{hash_inputs()}.msgpack"


def offer_parse() -> None:
    """Let every dbt that this process starts begin with the kept parse, where there is one."""
    if parse_path().exists():
        os.environ["DBT_PARTIAL_PARSE_FILE_PATH"] = str(parse_path())


def keep_parse(home: Path) -> None:
    """Keep what dbt parsed in a home for all later builds of these and other homes."""
    for parsed in home.rglob("partial_parse.msgpack"):
        partly = KEPT / f"partly-{uuid4().hex}"
        shutil.copy(parsed, partly)
        partly.replace(parse_path())
