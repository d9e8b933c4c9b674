"""The command of compose's service `init`: it makes Airflow's admin, and follows a password that was changed."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from werkzeug.security import check_password_hash

from extract.processes import list_descendants
from extract.settings import PROJECT


def list_arguments(pid: int) -> set[bytes]:
    """List the command lines of a process and of all below it."""
    found = set()
    for one in (pid, *list_descendants(pid)):
        with contextlib.suppress(OSError):
            found.add(Path(f"/proc/{one}/cmdline").read_bytes())
    return found


@pytest.mark.slow
def test_a27_the_admin_has_the_password_of_the_file_and_no_list_of_processes_shows_it(tmp_path: Path) -> None:
    init = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]["init"]
    file = tmp_path / "admin_password"
    typed = "python -m extract.jobs.airflow_admin"
    assert init["command"][-1].endswith(f" && {typed} /run/secrets/{file.name}")
    command = [sys.executable, *typed.split()[1:], str(file)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__AUTH_MANAGER": init["environment"]["AIRFLOW__CORE__AUTH_MANAGER"],
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }
    shown: set[bytes] = set()
    for password in ("geheim-1", "geheim-2"):
        file.write_text(f"{password}\n", encoding="utf-8")
        with (tmp_path / "log").open("wb") as log:
            made = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=log, stderr=log)
            while made.poll() is None:
                shown |= list_arguments(made.pid)
                time.sleep(0.2)
        assert made.returncode == 0, (tmp_path / "log").read_text(encoding="utf-8")[-3000:]
        with contextlib.closing(sqlite3.connect(tmp_path / "airflow.db")) as airflow:
            ((name, kept),) = airflow.execute("SELECT username, password FROM ab_user").fetchall()
        assert name == "admin"
        assert check_password_hash(kept, password)
    assert any(str(file).encode() in arguments for arguments in shown)
    assert not [arguments for arguments in shown if b"geheim" in arguments]
