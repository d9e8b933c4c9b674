"""Homes after a run of the whole line, the command on them, and what the ledger counted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from extract.jobs import ingest
from extract.ledger import OUTCOMES, Ledger
from extract.settings import PROJECT, Settings

PUBLICATIONS = PROJECT / "demo/publications"
FIXTURES = PROJECT / "tests/fixtures"


class Line(NamedTuple):
    """A home after one run of the whole line, and the command on it."""

    home: Path
    inbox: Path

    def jixiao(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JIXIAO_HOME": str(self.home), "JIXIAO_SETTLE_SECONDS": "0"}
        command = [sys.executable, "-m", "extract", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def typed(self, command: str) -> str:
        """What a line of shell prints, typed in the project's folder."""
        environment = {**os.environ, "JIXIAO_HOME": str(self.home), "JIXIAO_SETTLE_SECONDS": "0"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        shell = ["bash", "-c", command]
        done = subprocess.run(shell, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        done = self.jixiao("run", "--inbox", str(self.inbox), "--format", "jsonl", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        done = self.jixiao("sql", query, "--format", "jsonl")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


def run_night(settings: Settings, inbox: Path, run_id: str) -> None:
    """What the DAG `ingest` does, step by step."""
    ingest.discover(settings, run_id, inbox=str(inbox))
    ingest.land(settings, run_id)
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    ingest.stage_read(settings, run_id)
    ingest.close(settings, run_id)


def counts_of(settings: Settings) -> dict[str, int]:
    """The counts of the last run that was closed, after proving that they add up."""
    last = Ledger(settings.ledger_url or "").last_run()
    assert last is not None
    assert last["seen"] == sum(last[name] for name in OUTCOMES)
    return {name: last[name] for name in ("seen", *OUTCOMES)}


def copy_line(line: Line, folder: Path) -> Settings:
    """A home of a test's own after one run of the whole line."""
    shutil.copytree(line.home, folder / "var", symlinks=True)
    return Settings(home=folder / "var", settle_seconds=0, inbox=line.inbox)
