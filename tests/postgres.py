"""What tests on PostgreSQL share: a database of their own on the server that JIXIAO_TEST_POSTGRES_URL names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

URL = os.environ.get("JIXIAO_TEST_POSTGRES_URL", "")
needs_server = pytest.mark.skipif(not URL, reason="JIXIAO_TEST_POSTGRES_URL names no database")


@contextmanager
def make_database(name: str, collate: str = "C") -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    server = create_engine(URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE '{collate}' LC_CTYPE 'C.UTF-8'")
        )
        try:
            yield make_url(URL).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    server.dispose()
