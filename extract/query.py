"""A SELECT becomes rows of the published release, and can do nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from extract.errors import JixiaoError
from extract.settings import Settings

LOCKED = {
    "enable_external_access": "false",  # no other file, no ATTACH, no COPY TO
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}


class QueryError(JixiaoError):
    """The statement is wrong, or there is no release to ask."""


def ask(settings: Settings, query: str, values: Sequence[Any] = ()) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """Column names and rows of one statement on the served release, opened read-only with everything else locked.

    `values` stand for the question marks of the statement.

    Raises QueryError with DuckDB's own words when the statement fails.
    """
    warehouse = settings.current / "warehouse.duckdb"
    if not warehouse.exists():
        raise QueryError(f"nothing is published yet below {settings.home}: `jixiao run --inbox FOLDER` publishes")
    try:
        connection = duckdb.connect(str(warehouse.resolve()), read_only=True, config=LOCKED)
        result = connection.execute(query, list(values))
        columns = [column[0] for column in result.description or []]
    except duckdb.Error as error:
        raise QueryError(str(error)) from None

    def rows() -> Iterator[dict[str, Any]]:
        with connection:
            while batch := result.fetchmany(1000):
                for row in batch:
                    yield dict(zip(columns, row, strict=True))

    return columns, rows()
