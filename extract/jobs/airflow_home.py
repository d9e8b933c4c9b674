"""Create Airflow's files in this home atomically: secret, configuration, database.

The database is made in a temporary file and renamed. Airflow's migration is many transactions, and one that was killed
leaves a database that looks complete to the next: tables without the rows that Airflow needs in them. Where an earlier
version left such a database, it is moved away and made again; no DAG has ever run in it.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import secrets
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from extract.errors import JixiaoError
from extract.files import sync_path, write_whole
from extract.locks import hold_lock
from extract.processes import find_error, follow_me

SEEDED = ("alembic_version", "log_template", "slot_pool")  # tables that a migration leaves with rows
WAIT_SECONDS = 600.0  # for another process that prepares the same home; a slow machine takes a minute
PART = ".making-"
LOG = "migrate.log"


class AirflowHomeError(JixiaoError):
    """Airflow's database cannot be made; the message has the reason and what to do."""


def prepare_home(home: Path, tell: Callable[[str], None], own_database: bool) -> None:
    """Create what is missing, for the installed version of Airflow; quick where nothing is.

    With `own_database` the database is the file of this home; else AIRFLOW__DATABASE__SQL_ALCHEMY_CONN names another
    one, which is migrated in place. `tell` is called with what was repaired.
    """
    home.mkdir(parents=True, exist_ok=True)
    with hold_lock(home / "prepare.lock", WAIT_SECONDS):
        _make_secret(home / "jwt_secret")
        stamp, version = home / "migrated", importlib.metadata.version("apache-airflow")
        database = home / "airflow.db"
        is_stamped = stamp.exists() and stamp.read_text(encoding="utf-8") == version
        if is_stamped and (not own_database or is_complete(database)):
            return
        if own_database:
            _make_database(home, database, tell)
        else:
            _migrate({}, home / LOG)
        write_whole(stamp, version.encode())


def is_complete(database: Path) -> bool:
    """Return True if Airflow's file has the rows that a migration ends with."""
    if not database.exists():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return all(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in SEEDED)
    except sqlite3.Error:
        return False


def _make_secret(path: Path) -> None:
    if not path.exists() or not path.stat().st_size:
        write_whole(path, secrets.token_urlsafe(32).encode(), 0o600)


def _make_database(home: Path, database: Path, tell: Callable[[str], None]) -> None:
    """Create or migrate the database in a temporary file, and rename it when it is complete."""
    for left in home.glob(f"{PART}*"):  # of a killed process: this one holds the lock
        shutil.rmtree(left, ignore_errors=True)
        tell("Airflow's database was not finished by an earlier start; it is made again")
    part = home / f"{PART}{os.getpid()}"
    part.mkdir(mode=0o700)
    try:
        if is_complete(database):  # of another version of Airflow
            _copy(database, part / "airflow.db")
        elif database.exists():
            aside = _set_aside(database)
            tell(f"Airflow's database was incomplete, as a killed first start leaves it; it is now {aside}")
        config = home / "airflow.cfg"
        made = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{part / 'airflow.db'}"}
        if not config.exists() or not config.stat().st_size:
            made["AIRFLOW_CONFIG"] = str(part / "airflow.cfg")
        _migrate(made, home / LOG)
        if not is_complete(part / "airflow.db"):
            raise AirflowHomeError(
                f"`airflow db migrate` left a database without rows in {', '.join(SEEDED)}: "
                f"remove {home} (Airflow's own files; no document, no release) and start again"
            )
        if "AIRFLOW_CONFIG" in made and (part / "airflow.cfg").exists():
            text = (part / "airflow.cfg").read_text(encoding="utf-8")
            (part / "airflow.cfg").write_text(text.replace(str(part / "airflow.db"), str(database)), encoding="utf-8")
            os.replace(part / "airflow.cfg", config)
        _fold(part / "airflow.db")
        if database.exists():
            _fold(database)  # or what is left beside it would be taken for the new one's
        os.replace(part / "airflow.db", database)
        sync_path(home)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _migrate(environment: Mapping[str, str], log: Path) -> None:
    """Run Airflow's own migration, in a process that ends with this one; `log` keeps what a failed one printed."""
    done = subprocess.run(
        follow_me("airflow", "db", "migrate"), env={**os.environ, **environment}, capture_output=True, text=True
    )
    if done.returncode:
        printed = done.stdout + done.stderr
        write_whole(log, printed.encode(errors="replace"), 0o600)
        raise AirflowHomeError(f"airflow db migrate failed: {find_error(printed)}; see {log}")


def _copy(source: Path, target: Path) -> None:
    """Copy all that is committed, including the journal."""
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _fold(database: Path) -> None:
    """Merge the journal into the file."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def _set_aside(database: Path) -> Path:
    for number in range(1, 1000):
        aside = database.with_name(f"airflow.db.incomplete-{number}")
        if not aside.exists():
            database.rename(aside)
            for journal in ("-wal", "-shm"):
                database.with_name(database.name + journal).unlink(missing_ok=True)
            return aside
    raise AirflowHomeError(f"{database.parent} holds too many incomplete databases: remove them")
