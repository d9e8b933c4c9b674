"""Lock a path or a database between processes; kernel or server releases the lock when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from extract.errors import JixiaoError
from extract.settings import Settings

LOCK_NOT_AVAILABLE = "55P03"
WRITER = 49251_0001  # any number that no other program of the database takes


class LockedError(JixiaoError):
    """Another process holds the lock and did not let go in time."""


@contextmanager
def hold_lock(path: Path, wait_seconds: float, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the lock during the block; raises LockedError, naming the holder, after `wait_seconds`.

    `tell` is called once, with a message that names the holder, if this call has to wait.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
                held = f"{path.name} is held by process {holder}"
                if time.monotonic() >= deadline:
                    raise LockedError(held) from None
                if tell is not None:
                    tell(f"waiting: {held}")
                    tell = None
                time.sleep(0.2)
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def hold_writer(settings: Settings) -> Iterator[None]:
    """Hold the writer lock of the warehouse: per home on DuckDB, across machines on PostgreSQL.

    Raises LockedError after `writer_wait_seconds`.
    """
    if not settings.on_postgres:
        with hold_lock(settings.home / "writer.lock", settings.writer_wait_seconds):
            yield
        return
    engine = create_engine(settings.warehouse_url or "", isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:  # the lock lasts as long as this session
            # 0 would mean to wait for ever
            connection.execute(text(f"SET lock_timeout = {max(1, settings.writer_wait_seconds * 1000)}"))
            try:
                connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": WRITER})
            except DBAPIError as error:
                if getattr(error.orig, "pgcode", None) != LOCK_NOT_AVAILABLE:
                    raise
                raise LockedError(f"another writer holds the warehouse {engine.url!r}") from None
            yield
    finally:
        engine.dispose()
