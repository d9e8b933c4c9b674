"""What several tests share: settings on a home of their own, and the demo's publications."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from extract.settings import PROJECT, Settings

PUBLICATIONS = PROJECT / "demo/publications"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on an empty home; files in the inbox count as at rest at once."""
    return Settings(home=tmp_path / "var", settle_seconds=0)


class Line(NamedTuple):
    """A home after one run of the whole line, and the command on it."""

    home: Path
    inbox: Path

    def jixiao(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JIXIAO_HOME": str(self.home), "JIXIAO_SETTLE_SECONDS": "0"}
        command = [sys.executable, "-m", "extract", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def run(self) -> tuple[int, dict[str, Any]]:
        done = self.jixiao("run", "--inbox", str(self.inbox), "--format", "jsonl")
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        done = self.jixiao("sql", query, "--format", "jsonl")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Two good publications, one of them twice, and an HTML page named .pdf, after one run."""
    folder = tmp_path_factory.mktemp("line")
    inbox = folder / "inbox"
    shutil.copytree(PUBLICATIONS, inbox)
    shutil.copy(inbox / "2025.pdf", inbox / "again.pdf")
    (inbox / "error.pdf").write_text("<html><title>404</title></html>", encoding="utf-8")
    line = Line(folder / "var", inbox)
    status, counts = line.run()
    assert status == 3, "something was refused"
    assert {name: counts[name] for name in ("seen", "loaded", "unchanged", "refused", "failed")} == {
        "seen": 4,
        "loaded": 2,
        "unchanged": 1,
        "refused": 1,
        "failed": 0,
    }
    return line
