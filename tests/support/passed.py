"""A pytest plugin for `make test`: leave out test files that passed before with the same files everywhere else.

As `go test` does: a file of tests whose own text, and every other file of the project but tests, are those of an
earlier run in which all its tests passed is not collected. `make test PASSED=` runs all of them. Nothing else uses
it: neither `pytest FILE`, nor `make check`, nor CI, which starts from a fresh clone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from tests.support.kept import PROJECT, hash_files

MEMORY = PROJECT / ".pytest_cache/passed.json"
PROGRAMS = ("initdb", "chromium", "chromedriver", "pg_dump", "docker", "unshare")


def is_test(path: Path) -> bool:
    """Return True for a file of tests."""
    return path.name.startswith("test_") and path.suffix == ".py"


@cache
def hash_surroundings() -> str:
    """Return a hash over all that a test file may depend on but its own text: files, Python, programs, and the day.

    Of the other test files their names count, not their texts.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout
    paths = sorted(PROJECT / name for name in set(listed.decode().split("\0")) if name)
    there = [path for path in paths if path.is_file()]
    files = hash_files([path for path in there if not is_test(path)])
    names = [str(path) for path in there if is_test(path)]
    programs = [shutil.which(name) for name in PROGRAMS]
    environment = sorted(item for item in os.environ.items() if item[0].startswith("JIXIAO_"))
    day = datetime.now(UTC).date().isoformat()
    rest = [names, sys.version, programs, environment, day]
    return hashlib.sha256(json.dumps([files, *rest]).encode()).hexdigest()


def hash_test(path: Path) -> str:
    """Return the key under which a passed test file is remembered."""
    return hashlib.sha256(hash_surroundings().encode() + path.read_bytes()).hexdigest()


class Passed:
    """Remembers files of which every collected test passed, and leaves them out of later runs."""

    def __init__(self) -> None:
        """Read what earlier runs remembered, and note what the files hold now."""
        self.remembered: dict[str, str] = json.loads(MEMORY.read_text()) if MEMORY.exists() else {}
        self.keys = {str(path.relative_to(PROJECT)): hash_test(path) for path in PROJECT.glob("tests/**/test_*.py")}
        self.left_out = {name for name, key in self.keys.items() if self.remembered.get(name) == key}
        self.collected: set[str] = set()
        self.outcomes: dict[str, set[str]] = defaultdict(set)

    def pytest_report_header(self) -> str:
        """Say how many files are left out, and how to run them."""
        return f"{len(self.left_out)} test files passed before as they are; `make test PASSED=` runs them too"

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out a file that passed as it is."""
        return True if str(collection_path.relative_to(PROJECT)) in self.left_out else None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what a run in one process will run."""
        self.collected |= {item.nodeid for item in session.items}

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Note what the workers will run."""
        self.collected |= set(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note every outcome of a test: of its fixtures and of itself."""
        self.outcomes[report.nodeid].add(report.outcome if report.when == "call" else f"{report.when} {report.outcome}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Remember the files of which all tests passed; a file with a skipped test is run again."""
        if hasattr(session.config, "workerinput"):
            return  # the process that started the workers sees all reports
        whole = {"setup passed", "passed", "teardown passed"}
        files: dict[str, bool] = {}
        for nodeid in self.collected:
            name = nodeid.split("::")[0]
            files[name] = files.get(name, True) and self.outcomes[nodeid] == whole
        known = {name: key for name, key in self.remembered.items() if name in self.keys}
        known |= {name: self.keys[name] for name, passed in files.items() if passed}
        MEMORY.parent.mkdir(exist_ok=True)
        MEMORY.write_text(json.dumps(known, indent=0, sort_keys=True))
        if not self.collected and self.left_out:
            session.exitstatus = pytest.ExitCode.OK


def pytest_configure(config: pytest.Config) -> None:
    """Begin; workers of xdist leave out the same files."""
    config.pluginmanager.register(Passed(), "passed-files")
