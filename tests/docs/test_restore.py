"""The backup and the restore of docs/operations.md, typed as they stand there: then the night goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import create_engine, text

from extract.settings import PROJECT

pytestmark = pytest.mark.slow

MANUAL = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")


def commands(heading: str) -> str:
    """The first block of commands below a heading."""
    found = re.search(rf"^### {heading}$.*?^```sh$\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def type_in(folder: Path, script: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIXIAO_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "JIXIAO_SETTLE_SECONDS": "0"}
    done = subprocess.run(
        ["/bin/bash", "-euc", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 3), done.stdout + done.stderr
    return done.stdout


def attempts(home: Path) -> int:
    engine = create_engine(f"sqlite:///{home / 'ledger.db'}")
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM attempts")) or 0)


def served(home: Path) -> dict[str, Any]:
    return dict(json.loads((home / "current/release.json").read_text(encoding="utf-8")))


def test_a_restored_home_reads_nothing_again_and_serves_and_builds_on(line: Any, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    new.mkdir()
    shutil.copytree(line.home, old / "var", symlinks=True)
    shutil.copytree(line.inbox, tmp_path / "inbox")
    type_in(old, commands("Backup"))
    read, before = attempts(old / "var"), served(old / "var")
    shutil.move(old / "backup", new)
    shutil.rmtree(old)

    type_in(new, commands("Restore"))
    counts = json.loads(type_in(new, "jixiao run --format jsonl --inbox ../inbox"))
    assert (counts["seen"], counts["loaded"], counts["unchanged"], counts["failed"]) == (4, 0, 3, 0)
    assert attempts(new / "var") == read
    assert served(new / "var")["checksum"] == before["checksum"]

    shutil.copy(PROJECT / "tests/fixtures/d02_typst_sichuan.pdf", tmp_path / "inbox")
    counts = json.loads(type_in(new, "jixiao run --format jsonl --inbox ../inbox"))
    assert (counts["seen"], counts["loaded"], counts["unchanged"]) == (5, 1, 3)
    assert attempts(new / "var") == read + 1
    with duckdb.connect(str(new / "var/current/warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(DISTINCT sha256) FROM dim_documents").fetchall() == [(3,)]
        compared = connection.execute("SELECT DISTINCT compared_with FROM release_changes").fetchall()
    assert compared == [(before["release_id"],)]
