"""Remove what grows with every run and is not needed for ever: `jixiao housekeeping`, once or once a day.

Never a document, a row, a release or a decision: those are kept, or have a limit of their own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from extract.errors import JixiaoError, describe_error
from extract.ledger import Ledger
from extract.locks import LockedError, hold_lock
from extract.processes import find_error
from extract.settings import Settings

log = logging.getLogger(__name__)
LOG_BYTES = 16 << 20  # of a log of `jixiao run`, beyond which it is set aside; one is kept beside it
READING_DAYS = 30  # a reading not staged in that time is of a document that was accepted or dropped since


class HousekeepingError(JixiaoError):
    """Something could not be removed; the rest was."""


def keep_house(settings: Settings) -> dict[str, int]:
    """Remove what is older than `keep_days`; return how many of each. Raises HousekeepingError at the end."""
    moment = datetime.now(UTC)
    before = moment - timedelta(days=settings.keep_days)
    ledger = Ledger(settings.ledger_url or "")
    steps: dict[str, Callable[[], int]] = {
        "sightings": lambda: ledger.thin_sightings(before.replace(tzinfo=None)),
        "findings": lambda: ledger.forget_old_findings(before.replace(tzinfo=None)),
        "readings": lambda: _remove_readings(settings, ledger, moment - timedelta(days=READING_DAYS)),
        "logs": lambda: _remove_logs(settings, before),
        "airflow_rows": lambda: _clean_airflow(before),
    }
    done: dict[str, int] = {}
    trouble: list[str] = []
    for name, step in steps.items():
        try:
            done[name] = step()
        except Exception as error:  # a full disk must not keep the next step from making room
            is_known = isinstance(error, (JixiaoError, OSError)) or hasattr(error, "orig")  # of a disk or a database
            log.error("%s: %s", name, describe_error(error), exc_info=not is_known)
            trouble.append(f"{name}: {describe_error(error)}")
    log.info("removed: %s", done)
    if trouble:
        raise HousekeepingError("; ".join(trouble))
    return done


def keep_house_daily(settings: Settings, hours: float, beat: Path | None) -> None:
    """Keep house every so many hours, touching `beat` after each success. Never returns."""
    while True:
        try:
            keep_house(settings)
        except HousekeepingError:
            log.exception("housekeeping is tried again in %g h", hours)
        else:
            if beat is not None:
                beat.touch()
        time.sleep(hours * 3600)


def _remove_readings(settings: Settings, ledger: Ledger, before: datetime) -> int:
    wanted = set(ledger.to_stage())
    older = _older(settings.home / "readings", "*/*.json", before)
    old = [one for one in older if one.stem.partition("-")[0] not in wanted]  # a hash, then the answers it rests on
    return _remove(old)


def _remove_logs(settings: Settings, before: datetime) -> int:
    """Remove task logs of Airflow by age, and logs of `jixiao run` by size unless a run is writing to them."""
    airflow = Path(os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER") or _airflow_home(settings) / "logs")
    done = _remove(_older(airflow, "**/*", before))
    for folder in sorted((one for one in airflow.glob("**/*") if one.is_dir()), reverse=True):
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()
    big = [one for one in (settings.home / "logs").glob("*.log") if one.stat().st_size > LOG_BYTES]
    with contextlib.suppress(LockedError), hold_lock(settings.home / "run.lock", 0):
        for one in big:
            one.replace(one.with_suffix(".log.1"))
            done += 1
    return done


def _airflow_home(settings: Settings) -> Path:
    return Path(os.environ.get("AIRFLOW_HOME") or settings.airflow_home)


def _clean_airflow(before: datetime) -> int:
    """Run Airflow's own cleaning of old rows; return 0, since it gives no number. No database: does nothing."""
    if not any(name.startswith("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") for name in os.environ):
        return 0
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"]
    done = subprocess.run(
        [*command, "--clean-before-timestamp", before.isoformat()], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise HousekeepingError(f"airflow db clean failed: {find_error(done.stdout + done.stderr)}")
    return 0


def _older(folder: Path, pattern: str, before: datetime) -> Iterator[Path]:
    for one in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if one.is_file() and one.lstat().st_mtime < before.timestamp():
                yield one


def _remove(files: Iterator[Path] | list[Path]) -> int:
    done = 0
    for one in files:
        one.unlink(missing_ok=True)
        done += 1
    return done
