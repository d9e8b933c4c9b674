"""What several tests share: homes after a run of the line, and databases of their own on a PostgreSQL server."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from homes import FIXTURES, PUBLICATIONS, Line, run_night
from kept import copy_kept, find_kept, offer_parse
from own_postgres import find_postgres, own_postgres
from sites import Desk, Site, publisher_file
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from extract.jobs.publish import publish
from extract.report import write_night_report
from extract.settings import Settings
from extract.warehouse.build import build_marts


def pytest_configure() -> None:
    """Hand the dbt project as an earlier run parsed it to every dbt of this run."""
    offer_parse()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what starts a PostgreSQL server or a browser, and injected faults."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & {"make_database", "browsers"} or "faults" in item.path.parts:
            item.add_marker("slow")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on an empty home; files in the inbox count as at rest at once."""
    return Settings(home=tmp_path / "var", settle_seconds=0)


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Two good publications, one of them twice, and an HTML page named .pdf, after one run."""
    folder = copy_kept("line", tmp_path_factory.mktemp("line") / "kept", make_line)
    return Line(folder / "var", find_kept("line") / "inbox")


def make_line(folder: Path) -> None:
    """Run the whole line once, in DAGs of Airflow."""
    inbox = folder / "inbox"
    shutil.copytree(PUBLICATIONS, inbox)
    shutil.copy(inbox / "2025.pdf", inbox / "again.pdf")
    (inbox / "error.pdf").write_text("<html><title>404</title></html>", encoding="utf-8")
    status, counts = Line(folder / "var", inbox).run()
    assert status == 3, "something was refused"
    assert {name: counts[name] for name in ("seen", "loaded", "unchanged", "refused", "failed")} == {
        "seen": 4,
        "loaded": 2,
        "unchanged": 1,
        "refused": 1,
        "failed": 0,
    }


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two years, a corrected edition, and three documents that are refused: read, staged, built and published."""
    folder = copy_kept("reported", tmp_path_factory.mktemp("reported") / "kept", make_reported)
    return Settings(home=folder / "var", settle_seconds=0)


def make_reported(folder: Path) -> None:
    """Run two nights step by step, without Airflow, and publish two releases that differ in one text."""
    inbox = folder / "inbox"
    shutil.copytree(PUBLICATIONS, inbox)
    for name in ("v16_2025_corrected", "x07_no_year", "x06_unknown_value_header"):
        shutil.copy(FIXTURES / f"{name}.pdf", inbox)
    (inbox / "error.pdf").write_text("<html><title>404</title></html>", encoding="utf-8")
    settings = Settings(home=folder / "var", settle_seconds=0)
    run_night(settings, inbox, "night-1")
    build_marts(settings)
    publish(settings)
    with duckdb.connect(str(settings.build_db)) as build:  # a second release, in which one text differs
        build.execute(
            "UPDATE marts.quality_findings SET explanation_en = explanation_en || ' (again)' "
            "WHERE finding_key = (SELECT min(finding_key) FROM marts.quality_findings)"
        )
        build.execute("DELETE FROM raw.mart_sums")  # no build made this change: the publisher must look itself
    publish(settings)
    write_night_report(settings)


@pytest.fixture(scope="session")
def night() -> Callable[[Settings, Path, str], None]:
    """One night of ingest on a folder."""
    return run_night


@pytest.fixture(scope="session")
def make_database() -> Iterator[Callable[..., str]]:
    """Makes empty databases on a PostgreSQL of the tests' own and returns their URLs."""
    if find_postgres() is None:
        pytest.skip("PostgreSQL is not installed")
    names = (f"jixiao_test_{n}" for n in itertools.count())
    with own_postgres() as url:
        server = create_engine(url, isolation_level="AUTOCOMMIT")

        def make(order: str = "LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'") -> str:
            name = next(names)
            with server.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {order}"))
            return make_url(url).set(database=name).render_as_string(hide_password=False)

        yield make
        server.dispose()


@pytest.fixture
def built(settings: Settings) -> Settings:
    """A build database with one mart and the release history, as dbt leaves them."""
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


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    yield one
    one.close()


@pytest.fixture
def desk(site: Site, settings: Settings, tmp_path: Path) -> Desk:
    return Desk(site, settings, tmp_path / "publishers")


@pytest.fixture
def night_settings(desk: Desk) -> Settings:
    publisher_file(desk.folder, desk.site)
    return desk.settings.model_copy(update={"publishers_dir": desk.folder})
