"""What several tests share: settings on a home of their own, and databases of their own on a PostgreSQL server."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from extract.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on an empty home; files in the inbox count as at rest at once."""
    return Settings(home=tmp_path / "var", settle_seconds=0)


@pytest.fixture(scope="session")
def make_database() -> Iterator[Callable[..., str]]:
    """Makes empty databases on the server of JIXIAO_TEST_POSTGRES_URL and returns their URLs; dropped at the end."""
    url = os.environ.get("JIXIAO_TEST_POSTGRES_URL", "")
    if not url:
        pytest.skip("JIXIAO_TEST_POSTGRES_URL names no database")
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    names = (f"jixiao_test_{os.getpid()}_{n}" for n in itertools.count())
    made: list[str] = []

    def make(order: str = "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'") -> str:
        made.append(next(names))
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {made[-1]} TEMPLATE template0 ENCODING 'UTF8' {order}"))
        return make_url(url).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    with server.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def built(settings: Settings) -> Settings:
    """A build database with one mart and the release history, as dbt leaves them."""
    import duckdb

    settings.home.mkdir()
    with duckdb.connect(str(settings.build_db)) as build:
        build.execute("CREATE SCHEMA marts")
        build.execute("CREATE TABLE marts.dim_documents AS SELECT * FROM range(3) AS t(document_key)")
        build.execute("COMMENT ON TABLE marts.dim_documents IS 'One row per document'")
        build.execute("COMMENT ON COLUMN marts.dim_documents.document_key IS 'key (主键)'")
        build.execute(
            "CREATE TABLE marts.releases (release_id VARCHAR, published_at TIMESTAMP, source_documents INTEGER, "
            "row_counts VARCHAR, checksum VARCHAR)"
        )
    return settings
