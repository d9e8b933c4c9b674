"""`jixiao status --check` for a monitor: one line, an exit status; on homes that it may not write too."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from homes import Line
from sites import Hook

from extract.cli.check import find_trouble, read_age
from extract.jobs.alerts import send_heartbeat
from extract.settings import PROJECT, Settings

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)
WELL: dict[str, Any] = {
    "finished_at": datetime(2026, 3, 1, 3),  # noqa: DTZ001 - UTC, as the ledger stores it
    "running_since": None,
    "seen": 9,
    "failed": 0,
    "waiting": 0,
    "release_is_behind": False,
    "pin": None,
    "sandbox": {"trouble": None},
    "publishers": [{"publisher": "inbox", "alerts": ()}],
}


def troubles(**changed: Any) -> list[str]:
    return find_trouble(WELL | changed, timedelta(hours=26), NOW)


def test_nothing_is_said_where_all_is_well() -> None:
    assert troubles() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"finished_at": None}, "no run has ended yet"),
        ({"finished_at": datetime(2026, 2, 1)}, "the last run ended 28 days ago"),  # noqa: DTZ001
        ({"finished_at": datetime(2027, 3, 1)}, "the last run ended in 365 days: the clock was set back"),  # noqa: DTZ001
        ({"running_since": datetime(2027, 3, 1), "waiting": 3}, "3 documents wait to be loaded"),  # noqa: DTZ001
        ({"running_since": datetime(2026, 2, 28)}, "a run began 30 h ago and has not ended"),  # noqa: DTZ001
        ({"failed": 2}, "2 of 9 publications failed in the last run"),
        ({"waiting": 3}, "3 documents wait to be loaded"),
        ({"release_is_behind": True}, "what is staged is in no release"),
        ({"pin": {"release_id": "R", "pinned_by": "张三"}}, "release R is pinned by 张三"),
        ({"sandbox": {"trouble": "no PDF is read: no Landlock"}}, "no PDF is read: no Landlock"),
        ({"publishers": [{"publisher": "gz", "alerts": ("gone:\n\x1b[31mfile",)}]}, "gz: gone: [31mfile"),
    ],
)
def test_a36_each_trouble_is_one_line(changed: dict[str, Any], said: str) -> None:
    assert troubles(**changed) == [said]


def test_what_waits_while_a_run_is_under_way_is_no_trouble() -> None:
    running = {"running_since": datetime(2026, 3, 1, 5), "waiting": 3, "release_is_behind": True}  # noqa: DTZ001
    assert troubles(**running) == []


def test_an_age_is_minutes_hours_or_days() -> None:
    assert [read_age(text) for text in ("90m", "26h", "2d")] == [
        timedelta(minutes=90),
        timedelta(hours=26),
        timedelta(days=2),
    ]
    with pytest.raises(typer.BadParameter, match="found '1 week'"):
        read_age("1 week")


def test_a36_a_monitor_gets_one_line_and_an_exit_status(line: Line) -> None:
    good = line.jixiao("status", "--check")
    assert (good.returncode, good.stdout, good.stderr) == (0, "jixiao: all is well\n", "")
    late = line.jixiao("status", "--check", "--max-age", "0m")
    assert late.returncode == 1
    assert late.stdout.startswith("jixiao: the last run ended 0 h ago")
    told = json.loads(line.jixiao("status", "--check", "--max-age", "0m", "--format", "json").stdout)
    assert (told["is_well"], len(told["troubles"])) == (False, 1)


def test_status_says_what_the_kernel_gives(line: Line) -> None:
    found = json.loads(line.jixiao("status", "--format", "json").stdout)["sandbox"]
    assert found["setting"] == "on"
    assert found["landlock"] > 0 or "Landlock" in found["trouble"]


@pytest.mark.parametrize("command", [["status"], ["status", "--check"], ["releases"], ["sql", "SELECT 1 AS one"]])
def test_a36_a_home_on_a_disk_without_writing_is_looked_at(line: Line, tmp_path: Path, command: list[str]) -> None:
    done = run_read_only(line.home, command)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("command", [["report"], ["housekeeping"], ["publishers", "refetch", "inbox"], ["run"]])
def test_what_must_write_says_in_a_sentence_that_it_cannot(line: Line, command: list[str]) -> None:
    done = run_read_only(line.home, command)
    assert done.returncode == 1
    assert re.search("Read-only file system|readonly database", done.stderr)
    assert "Traceback" not in done.stderr
    assert "[SQL:" not in done.stderr


@pytest.mark.parametrize("command", [["status"], ["refusals"], ["report"], ["housekeeping"]])
@pytest.mark.parametrize("trouble", ["no server", "no database"])
def test_a27_a_ledger_that_is_away_is_told_in_a_sentence_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, command: list[str]
) -> None:
    home = tmp_path / "var"
    home.mkdir()
    if trouble == "no server":
        monkeypatch.setenv("JIXIAO_LEDGER_URL", "postgresql+psycopg2://jixiao:geheim@127.0.0.1:9/ledger")
    else:
        (home / "ledger.db").write_bytes(b"a disk that lied" * 100)
    done = Line(home, tmp_path).jixiao(*command)
    assert (done.returncode, done.stdout) == (1, "")
    *progress, said = done.stderr.splitlines()
    assert len(progress) <= 1
    assert said.startswith("jixiao: the database does not answer: ")
    assert re.search("Connection refused|file is not a database", said)
    assert "geheim" not in said


def run_read_only(home: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """A command on a home that is mounted without writing, in a mount namespace of its own."""
    if shutil.which("unshare") is None or os.getuid() != 0:
        pytest.skip("mounting needs root and unshare")
    typed = [sys.executable, "-m", "extract", *command]
    mounted = f'mount --bind "{home}" "{home}" && mount -o remount,bind,ro "{home}" && exec "$@"'
    environment = {**os.environ, "JIXIAO_HOME": str(home)}
    return subprocess.run(
        [shutil.which("unshare") or "", "--mount", "sh", "-c", mounted, "sh", *typed],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )


@pytest.fixture
def beats() -> Iterator[Hook]:
    hook = Hook("/ping/secret")
    yield hook
    hook.close()


def test_a36_the_heartbeat_is_sent_when_all_that_is_staged_is_published(line: Line, beats: Hook) -> None:
    send_heartbeat(Settings(home=line.home, heartbeat_url=beats.url))
    assert beats.asked == ["/ping/secret"]
    send_heartbeat(Settings(home=line.home))
    assert len(beats.asked) == 1


def test_a36_no_heartbeat_while_a_release_is_behind(reported: Settings, beats: Hook, tmp_path: Path) -> None:
    rules = tmp_path / "dbt"
    shutil.copytree(reported.dbt_dir, rules, ignore=shutil.ignore_patterns("target", "logs"))
    (rules / "seeds/extra.csv").write_text("a\n1\n", encoding="utf-8")
    behind = reported.model_copy(update={"dbt_dir": rules})
    beating = Settings(home=reported.home, heartbeat_url=beats.url)
    send_heartbeat(beating.model_copy(update={"dbt_dir": behind.dbt_dir}))
    assert beats.asked == []


def test_an_address_that_does_not_answer_harms_nothing_and_is_not_logged(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    send_heartbeat(Settings(home=line.home, heartbeat_url="http://127.0.0.1:9/geheim"))
    assert "could not be sent" in caplog.text
    assert "geheim" not in caplog.text
