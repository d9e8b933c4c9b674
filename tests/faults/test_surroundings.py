"""A clock that was set back, a terminal without Chinese, a user without a name, a full output: none misleads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extract import files
from extract.entities import CacheEntry
from extract.files import name_next
from extract.jobs.backup import KEPT_MOMENTS, back_up, restore
from extract.jobs.publish import list_releases, publish
from extract.ledger import Ledger
from extract.releases.shelves import served_release
from extract.report import write_night_report
from extract.settings import PROJECT, Settings
from extract.sources.freshness import check_freshness
from extract.sources.page_fetch import drop_old_validators
from extract.warehouse import fingerprints

if TYPE_CHECKING:
    from homes import Line

AHEAD = datetime(2036, 1, 1, tzinfo=UTC)
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime | None], None]:
    """Set the clock by which names are given."""
    given: list[datetime | None] = [None]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return given[0] or datetime.now(UTC)

    monkeypatch.setattr(files, "datetime", Clock)
    return lambda moment: given.__setitem__(0, moment)


def test_a44_names_follow_each_other_although_the_clock_was_set_back(
    tmp_path: Path, clock: Callable[[datetime | None], None]
) -> None:
    names = []
    for moment in (AHEAD, AHEAD, datetime(2026, 1, 1, tzinfo=UTC), None):
        clock(moment)
        names.append(name_next(tmp_path))
        (tmp_path / f"{names[-1]}-17").mkdir()
    assert names == sorted(set(names))
    (tmp_path / "20Zero").mkdir()  # no name of ours
    assert name_next(tmp_path) > names[-1]


def test_a44_a_backup_after_the_clock_was_set_back_is_not_taken_for_an_old_one(
    settings: Settings,
    night: Callable[[Settings, Path, str], None],
    tmp_path: Path,
    clock: Callable[[datetime | None], None],
) -> None:
    inbox, target = tmp_path / "inbox", tmp_path / "backup"
    inbox.mkdir()
    shutil.copy(PROJECT / "demo/publications/2025.pdf", inbox)
    quick = settings.model_copy(update={"reader": "pdfium"})
    clock(AHEAD)
    night(quick, inbox, "night-1")
    for _ in range(KEPT_MOMENTS):
        back_up(quick, target)
    clock(None)
    night(quick, inbox, "night-2")
    back_up(quick, target)
    again = Settings(home=tmp_path / "again")
    restore(again, target)
    assert [run["run_id"] for run in Ledger(again.ledger_url or "").recent_runs(9)] == ["night-1", "night-2"]


def test_a44_the_page_of_a_night_after_the_clock_was_set_back_is_there(
    settings: Settings, clock: Callable[[datetime | None], None]
) -> None:
    Ledger(settings.ledger_url or "")
    clock(AHEAD)
    for _ in range(2):
        write_night_report(settings)
    clock(None)
    page = write_night_report(settings)
    assert page.resolve().exists()


def test_a44_what_was_fetched_by_a_clock_that_was_ahead_is_asked_for_anew() -> None:
    known = CacheEntry("http://h/1.pdf", etag='"x"', fetched_at=AHEAD)
    assert drop_old_validators(known, datetime(2026, 1, 1, tzinfo=UTC), 28).etag is None


def test_a44_what_waits_since_a_day_to_come_is_told(
    settings: Settings, night: Callable[[Settings, Path, str], None], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(PROJECT / "demo/publications/2025.pdf", inbox)
    night(settings.model_copy(update={"reader": "pdfium"}), inbox, "night-1")
    past = datetime.now(UTC) - timedelta(days=400)
    alerts = [alert for row in check_freshness(settings, past, is_behind=True) for alert in row.alerts]
    assert any("source ahead of warehouse" in alert for alert in alerts)
    assert not [a for row in check_freshness(settings, is_behind=True) for a in row.alerts if "ahead" in a]


def run(home: Path, *arguments: str, before: Sequence[str] = (), **more: str) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "extract", *arguments]
    environment = {**PLAIN, "JIXIAO_HOME": str(home), **more}
    return subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False)


def test_a44_a_locale_without_chinese_ends_no_command_and_changes_no_data(line: Line) -> None:
    query = "SELECT DISTINCT publisher_name AS name FROM dim_publishers ORDER BY 1"
    expected = line.sql(query)
    assert any(not str(row["name"]).isascii() for row in expected)
    for form in ("jsonl", "csv"):
        done = run(line.home, "sql", query, "--format", form)
        assert done.returncode == 0, done.stderr
        assert str(expected[0]["name"]) in done.stdout
    assert [
        json.loads(one) for one in run(line.home, "sql", query, "--format", "jsonl").stdout.splitlines()
    ] == expected
    assert run(line.home, "status").returncode == 0
    shown = run(line.home, "status", PYTHONIOENCODING="ascii")  # as a terminal that can show nothing else
    assert (shown.returncode, shown.stdout.isascii()) == (0, True)


def test_a44_a_first_start_by_a_user_without_a_name_in_a_locale_without_utf_8_runs(line: Line, tmp_path: Path) -> None:
    """Airflow asks for the user's name, and reads files of its own in the encoding of the locale."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("hiding /etc/passwd needs root and unshare")
    home, nobody = tmp_path / "var", tmp_path / "passwd"
    nobody.touch()
    shutil.copytree(line.home, home, symlinks=True)
    shutil.rmtree(home / "airflow")
    hide = [
        shutil.which("unshare") or "",
        "--mount",
        "sh",
        "-c",
        f'mount --bind "{nobody}" /etc/passwd && exec "$@"',
        "sh",
    ]
    done = run(home, "run", "--inbox", str(line.inbox), "--format", "jsonl", before=hide, JIXIAO_SETTLE_SECONDS="0")
    assert done.returncode == 3, done.stderr
    counts = json.loads(done.stdout)
    assert {name: counts[name] for name in ("seen", "loaded", "unchanged", "refused", "failed")} == {
        "seen": 4,
        "loaded": 0,
        "unchanged": 3,
        "refused": 1,
        "failed": 0,
    }


@pytest.fixture
def nameless(line: Line, tmp_path: Path) -> Iterator[tuple[Path, list[str]]]:
    """A home of a user without a name, as containers are run by a number, and how to become that user."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("becoming another user needs root and setpriv")
    home = tmp_path / "var"
    shutil.copytree(line.home, home, symlinks=True)
    for path in (home, *home.rglob("*")):
        os.lchown(path, 54321, 54321)
    closed = [folder for folder in home.parents if not folder.stat().st_mode & 0o001]
    for folder in closed:
        folder.chmod(folder.stat().st_mode | 0o011)
    yield home, ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups"]
    for folder in closed:
        folder.chmod(folder.stat().st_mode & ~0o011)


def test_a44_a_user_without_a_name_decides_by_number(nameless: tuple[Path, list[str]]) -> None:
    home, become = nameless
    (refused,) = (one for one in Ledger(f"sqlite:///{home}/ledger.db").refusals() if one["reason"] == "not_pdf")
    command = [*become, sys.executable, "-m", "extract", "refusals", "retry", refused["sha256"]]
    environment = PLAIN | {"JIXIAO_HOME": str(home)}
    done = subprocess.run(command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    settings = Settings(home=home)
    with Ledger(settings.ledger_url or "").engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT decided_by FROM decisions").scalars().all() == ["uid 54321"]


def test_a44_a_full_output_is_told_as_one(line: Line) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "extract", "sql", "SELECT 1 AS one"]
        environment = {**os.environ, "JIXIAO_HOME": str(line.home)}
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "where the output goes" in done.stderr


@pytest.mark.parametrize("damage", ["lost", "half"])
def test_a44_a_served_release_that_the_disk_lost_is_published_anew(
    built: Settings, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    ledger = Ledger(built.ledger_url or "")
    monkeypatch.setattr(Ledger, "staged", lambda _: [("a" * 64, "rows")])
    first = publish(built)
    monkeypatch.setattr(fingerprints, "fingerprint_inputs", lambda _: ledger.releases()[-1]["inputs"])
    assert not fingerprints.is_behind(built)
    manifest = built.current / "release.json"
    if damage == "lost":
        shutil.rmtree(built.current.resolve())
    else:
        manifest.chmod(0o644)
        os.truncate(manifest, 100)
    time.sleep(1.1)  # a release is named by its second, and the spoiled one lies there
    assert fingerprints.is_behind(built), "so the next night builds and publishes"
    assert [one["release_id"] for one in list_releases(built)] == []
    second = publish(built)
    assert second["release_id"] > first["release_id"]
    assert second["row_counts"] == first["row_counts"]
    assert not fingerprints.is_behind(built)
    assert (served_release(built) or {})["release_id"] == second["release_id"]
