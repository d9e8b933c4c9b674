"""A SELECT becomes rows of a published release, and can do nothing else."""

from __future__ import annotations

import contextlib
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
    """The statement is wrong, takes too long, or there is no release to ask."""


def ask(settings: Settings, query: str, release_id: str | None = None, values: Sequence[Any] = ()) -> Answer:
    """Column names and rows of one statement on the served release, or on another one that is kept.

    `values` stand for the question marks of the statement. Everything but reading is locked.
    Raises QueryError with the database's own words when the statement fails.
    """
    with open_shelf(settings) as shelf:
        release = find_release(shelf.kept(), release_id) if release_id else shelf.served()
    if release is None:
        raise QueryError(f"nothing is published yet below {settings.home}: `jixiao run --inbox FOLDER` publishes")
    if settings.on_postgres:
        return _ask_postgres(settings, query, values, release["release_id"])
    return _ask_duckdb(settings, query, values, release["release_id"])


def _ask_duckdb(settings: Settings, query: str, values: Sequence[Any], release_id: str) -> Answer:
    warehouse = settings.releases / release_id / "warehouse.duckdb"
    try:
        connection = duckdb.connect(str(warehouse), read_only=True, config=LOCKED)
        limit = Timer(settings.sql_seconds, connection.interrupt)
        limit.daemon = True
        limit.start()
        result = connection.execute(query, list(values))
        columns = [column[0] for column in result.description or []]
    except duckdb.Error as error:
        raise QueryError(str(error)) from None

    def rows() -> Iterator[dict[str, Any]]:
        with connection:
            try:
                while batch := result.fetchmany(BATCH):
                    for row in batch:
                        yield dict(zip(columns, row, strict=True))
            except duckdb.Error as error:
                raise QueryError(str(error)) from None
            finally:
                limit.cancel()

    return columns, rows()


# A cursor opened inside a block takes one statement that returns rows: no `SELECT 1; COMMIT; DROP …` gets through.
OPEN_CURSOR = """
DO $block$
DECLARE answer refcursor := 'answer';
BEGIN
    OPEN answer FOR EXECUTE current_setting('jixiao.query');
END
$block$
"""


def _ask_postgres(settings: Settings, query: str, values: Sequence[Any], release_id: str) -> Answer:
    from extract.releases.postgres_schema import schema_of
    from extract.releases.reader_role import MISSING, READER, has_reader

    engine = create_engine(settings.warehouse_url or "", connect_args={"application_name": "jixiao sql"})
    connection = engine.connect()
    try:
        if not has_reader(connection):
            raise QueryError(MISSING)
        connection.rollback()
        for statement in (
            "SET SESSION default_transaction_read_only = on",
            f"SET SESSION statement_timeout = '{settings.sql_seconds}s'",
            f"SET SESSION search_path = {schema_of(release_id)}",
            f"SET SESSION ROLE {READER}",
        ):
            connection.execute(text(statement))
        connection.commit()
        if values:  # EXECUTE takes text alone: the driver writes the values into it, quoted
            with contextlib.closing(cast("Any", connection.connection.cursor())) as cursor:
                query = cursor.mogrify(query.replace("%", "%%").replace("?", "%s"), tuple(values)).decode()
        connection.execute(text("SELECT set_config('jixiao.query', :query, true)"), {"query": query})
        connection.execute(text(OPEN_CURSOR))
        first, columns = _fetch(connection)
    except (DBAPIError, QueryError) as error:
        connection.close()
        engine.dispose()
        raise QueryError(_words(error)) from None

    def rows() -> Iterator[dict[str, Any]]:
        batch = first
        try:
            while batch:
                for row in batch:
                    yield dict(zip(columns, row, strict=True))
                batch, _ = _fetch(connection)
        except DBAPIError as error:
            raise QueryError(_words(error)) from None
        finally:
            connection.close()
            engine.dispose()

    return columns, rows()


def _fetch(connection: Connection) -> tuple[list[tuple[Any, ...]], list[str]]:
    result = connection.execute(text(f"FETCH FORWARD {BATCH} FROM answer"))
    return [tuple(row) for row in result], list(result.keys())


def _words(error: Exception) -> str:
    return str(error.orig if isinstance(error, DBAPIError) else error).strip()
