"""Migrate a database to the ledger schema of this version; a current one costs one query."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from extract.errors import LedgerError
from extract.locks import hold_lock

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0008"  # the newest file of migrations/versions; a test holds the two together
FIRST = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_NUMBER = 49251_0002  # any number that no other program of the database takes
WAIT_SECONDS = 60.0


def ensure_schema(engine: Engine) -> None:
    """Migrate the database to HEAD; concurrent workers wait for the one that migrates."""
    if _revision(engine) == HEAD:
        return
    with _alone(engine):
        found = _revision(engine)
        if found != HEAD:
            _migrate(engine, found)


def require_schema(engine: Engine) -> None:
    """Raise LedgerError where a read-only database is not at HEAD."""
    found = _revision(engine)
    if found != HEAD:
        raise LedgerError(
            f"the ledger is at {found}, this version needs {HEAD}, and this process may not write it: "
            "run `jixiao status` once as a user who may write it"
        )


def _revision(engine: Engine) -> str | None:
    try:
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError:  # no such table
        return None
    return None if found is None else str(found)


@contextlib.contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "sqlite":
        file = engine.url.database
        in_memory = not file or file == ":memory:"
        with contextlib.nullcontext() if in_memory else hold_lock(Path(f"{file}.lock"), WAIT_SECONDS):
            yield
    else:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": LOCK_NUMBER})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": LOCK_NUMBER})


def _migrate(engine: Engine, found: str | None) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    with engine.begin() as connection:
        config = _config(connection)
        if found is None and inspect(connection).has_table("runs"):
            command.stamp(config, FIRST)  # made before there were migrations
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            known = ", ".join(one.revision for one in ScriptDirectory.from_config(config).walk_revisions())
            raise LedgerError(f"the ledger is at {found}, this version knows {known}: a newer one made it") from error


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
