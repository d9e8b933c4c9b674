"""Run a SELECT on a published release, and nothing else."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from threading import Timer
from typing import Any, cast

import duckdb
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from extract.errors import JixiaoError
from extract.releases.model import find_release
from extract.releases.shelves import open_shelf
from extract.settings import Settings

LOCKED = {
    "enable_external_access": "false",  # no other file, no ATTACH, no COPY TO
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}
BATCH = 1000
Answer = tuple[list[str], Iterator[dict[str, Any]]]


class QueryError(JixiaoError):
    """The statement is wrong, exceeds a limit, or there is no release."""


def ask(settings: Settings, query: str, release_id: str | None = None, values: Sequence[Any] = ()) -> Answer:
    """Run one of our own statements on the served release, or another kept one; return column names and rows.

    `values` stand for the question marks of the statement. Everything but reading is locked.
    Raises QueryError with the database's own words when the statement fails.
    """
    return _ask(settings, query, values, _find(settings, release_id), None)


def ask_untrusted(settings: Settings, query: str, release_id: str | None = None) -> Answer:
    """Run a user's statement as `ask` does; on PostgreSQL only with the login of JIXIAO_READER_URL.

    A role that a session has taken can be left inside a query, so the session itself must not be able to do more.
    Raises QueryError as well where the answer has more rows than JIXIAO_SQL_ROWS.
    """
    release = _find(settings, release_id)
    login = settings.reader_url.get_secret_value() if settings.reader_url else None
    if settings.on_postgres and login is None:
        raise QueryError(NO_LOGIN)
    columns, rows = _ask(settings, query, (), release, login)
    return columns, _bounded(rows, settings.sql_rows)


def _find(settings: Settings, release_id: str | None) -> str:
    with open_shelf(settings) as shelf:
        release = find_release(shelf.kept(), release_id) if release_id else shelf.served()
    if release is None:
        raise QueryError(f"nothing is published yet below {settings.home}: `jixiao run --inbox FOLDER` publishes")
    return str(release["release_id"])


def _ask(settings: Settings, query: str, values: Sequence[Any], release_id: str, login: str | None) -> Answer:
    if settings.on_postgres:
        return _ask_postgres(settings, query, values, release_id, login)
    return _ask_duckdb(settings, query, values, release_id)


def _bounded(rows: Iterator[dict[str, Any]], most: int) -> Iterator[dict[str, Any]]:
    for number, row in enumerate(rows, start=1):
        if number > most:
            raise QueryError(f"the answer has more than {most} rows (JIXIAO_SQL_ROWS): ask for fewer, with LIMIT")
        yield row


def lock_release(settings: Settings, spill: str) -> dict[str, str]:
    """Return DuckDB's configuration for reading a release: read-only, with limits on memory and threads.

    What does not fit into memory goes to the folder `spill` and never beside the release, which is read-only.
    """
    room = {"max_temp_directory_size": settings.sql_spill, "memory_limit": settings.sql_memory}
    return {**LOCKED, **room, "temp_directory": spill}


def _ask_duckdb(settings: Settings, query: str, values: Sequence[Any], release_id: str) -> Answer:
    warehouse = settings.releases / release_id / "warehouse.duckdb"
    with contextlib.ExitStack() as opening:
        try:
            spill = opening.enter_context(tempfile.TemporaryDirectory(prefix="jixiao-sql-"))
            config: dict[str, Any] = lock_release(settings, spill)
            connection = opening.enter_context(duckdb.connect(str(warehouse), read_only=True, config=config))
            limit = Timer(settings.sql_seconds, connection.interrupt)
            limit.daemon = True
            limit.start()
            opening.callback(limit.cancel)
            result = connection.execute(query, list(values))
            columns = [column[0] for column in result.description or []]
        except duckdb.Error as error:
            raise QueryError(_explain(error, settings)) from None
        opened = opening.pop_all()

    def rows() -> Iterator[dict[str, Any]]:
        """Yield the rows in batches, and close everything after the last."""
        with opened:
            try:
                while batch := result.fetchmany(BATCH):
                    for row in batch:
                        yield dict(zip(columns, row, strict=True))
            except duckdb.Error as error:
                raise QueryError(_explain(error, settings)) from None

    return columns, rows()


def _explain(error: duckdb.Error, settings: Settings) -> str:
    """Return DuckDB's message, with the setting that stopped the statement."""
    if isinstance(error, duckdb.InterruptException):
        return f"the query took longer than {settings.sql_seconds} s (JIXIAO_SQL_SECONDS)"
    if isinstance(error, duckdb.OutOfMemoryException):
        said = str(error).splitlines()[0]
        return (
            f"the query needs more than {settings.sql_memory} of memory (JIXIAO_SQL_MEMORY) and {settings.sql_spill} "
            f"of disk (JIXIAO_SQL_SPILL): {said}"
        )
    return str(error)


NO_LOGIN = (
    "questions are asked by a login of their own: set JIXIAO_READER_URL to the warehouse's address with another name "
    "and password, postgresql+psycopg2://jixiao_question:PASSWORD@HOST/DATABASE; the next publish makes that login"
)

# A cursor opened inside a block takes one statement that returns rows: no `SELECT 1; COMMIT; DROP …` gets through.
OPEN_CURSOR = """
DO $block$
DECLARE answer refcursor := 'answer';
BEGIN
    OPEN answer FOR EXECUTE current_setting('jixiao.query');
END
$block$
"""


class _TimeLimit:
    """The time that a query may take on a connection, measured here: a query can lift the server's own limit."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self._connection, self._seconds, self._late = connection, seconds, threading.Event()
        self._timer = Timer(seconds, self._stop)
        self._timer.daemon = True

    def start(self) -> None:
        """Begin to count."""
        self._timer.start()

    def cancel(self) -> None:
        """Count no longer."""
        self._timer.cancel()

    def explain(self, error: Exception) -> str:
        """Return the database's words, and the setting that has stopped it."""
        said = _words(error)
        is_late = self._late.is_set() or "statement timeout" in said
        return f"the query took longer than {self._seconds} s (JIXIAO_SQL_SECONDS): {said}" if is_late else said

    def _stop(self) -> None:
        self._late.set()
        cast("Any", self._connection.connection).cancel()


def _ask_postgres(settings: Settings, query: str, values: Sequence[Any], release_id: str, login: str | None) -> Answer:
    with contextlib.ExitStack() as opening:
        engine = create_engine(login or settings.warehouse_url or "", connect_args={"application_name": "jixiao sql"})
        opening.callback(engine.dispose)
        try:
            connection = opening.enter_context(engine.connect())
        except DBAPIError as error:
            raise QueryError(_words(error)) from None
        limit = _TimeLimit(connection, settings.sql_seconds)
        opening.callback(limit.cancel)
        try:
            _become_reader(connection, settings, release_id, has_login=login is not None)
            limit.start()
            _open_cursor(connection, query, values)
            first, columns = _fetch(connection)
        except (DBAPIError, QueryError) as error:
            raise QueryError(limit.explain(error)) from None
        opened = opening.pop_all()

    def rows() -> Iterator[dict[str, Any]]:
        """Yield the rows in batches, and close everything after the last."""
        batch = first
        with opened:
            try:
                while batch:
                    for row in batch:
                        yield dict(zip(columns, row, strict=True))
                    batch, _ = _fetch(connection)
            except DBAPIError as error:
                raise QueryError(limit.explain(error)) from None

    return columns, rows()


def _become_reader(connection: Connection, settings: Settings, release_id: str, *, has_login: bool) -> None:
    """Let a session read one release and nothing else; raises QueryError where the server has no such role."""
    from extract.releases.postgres_schema import schema_of
    from extract.releases.reader_role import MISSING, READER, find_power, has_reader

    if not has_reader(connection):
        raise QueryError(MISSING)
    if has_login and (power := find_power(connection)):
        raise QueryError(f"JIXIAO_READER_URL: {power}")
    connection.rollback()
    for statement in (
        "SET SESSION default_transaction_read_only = on",
        f"SET SESSION statement_timeout = '{settings.sql_seconds}s'",
        f"SET SESSION search_path = {schema_of(release_id)}",
        f"SET SESSION ROLE {READER}",
    ):
        connection.execute(text(statement))
    connection.commit()


def _open_cursor(connection: Connection, query: str, values: Sequence[Any]) -> None:
    """Open the cursor `answer` for one statement."""
    if values:  # EXECUTE takes text alone: the driver writes the values into it, quoted
        with contextlib.closing(cast("Any", connection.connection.cursor())) as cursor:
            query = cursor.mogrify(query.replace("%", "%%").replace("?", "%s"), tuple(values)).decode()
    connection.execute(text("SELECT set_config('jixiao.query', :query, true)"), {"query": query})
    connection.execute(text(OPEN_CURSOR))


def _fetch(connection: Connection) -> tuple[list[tuple[Any, ...]], list[str]]:
    result = connection.execute(text(f"FETCH FORWARD {BATCH} FROM answer"))
    return [tuple(row) for row in result], list(result.keys())


def _words(error: Exception) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).strip()
