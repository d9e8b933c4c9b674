"""What several tests share: homes after a run of the line, and databases of their own on a PostgreSQL server."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from own_postgres import find_postgres, own_postgres
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.report import write_night_report
from extract.settings import PROJECT, Settings
from extract.warehouse.build import build_marts

PUBLICATIONS = PROJECT / "demo/publications"
FIXTURES = PROJECT / "tests/fixtures"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on an empty home; files in the inbox count as at rest at once."""
    return Settings(home=tmp_path / "var", settle_seconds=0)


class Line(NamedTuple):
    """A home after one run of the whole line, and the command on it."""

    home: Path
    inbox: Path

    def jixiao(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JIXIAO_HOME": str(self.home), "JIXIAO_SETTLE_SECONDS": "0"}
        command = [sys.executable, "-m", "extract", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def typed(self, command: str) -> str:
        """What a line of shell prints, typed in the project's folder."""
        environment = {**os.environ, "JIXIAO_HOME": str(self.home), "JIXIAO_SETTLE_SECONDS": "0"}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        shell = ["bash", "-c", command]
        done = subprocess.run(shell, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    def run(self, *options: str) -> tuple[int, dict[str, Any]]:
        done = self.jixiao("run", "--inbox", str(self.inbox), "--format", "jsonl", *options)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def sql(self, query: str) -> list[dict[str, Any]]:
        done = self.jixiao("sql", query, "--format", "jsonl")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Two good publications, one of them twice, and an HTML page named .pdf, after one run."""
    folder = tmp_path_factory.mktemp("line")
    inbox = folder / "inbox"
    shutil.copytree(PUBLICATIONS, inbox)
    shutil.copy(inbox / "2025.pdf", inbox / "again.pdf")
    (inbox / "error.pdf").write_text("<html><title>404</title></html>", encoding="utf-8")
    line = Line(folder / "var", inbox)
    status, counts = line.run()
    assert status == 3, "something was refused"
    assert {name: counts[name] for name in ("seen", "loaded", "unchanged", "refused", "failed")} == {
        "seen": 4,
        "loaded": 2,
        "unchanged": 1,
        "refused": 1,
        "failed": 0,
    }
    return line


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two years, a corrected edition, and three documents that are refused: read, staged, built and published."""
    folder = tmp_path_factory.mktemp("reported")
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
    publish(settings)
    write_night_report(settings)
    return settings


def run_night(settings: Settings, inbox: Path, run_id: str) -> None:
    """What the DAG `ingest` does, step by step."""
    ingest.discover(settings, run_id, inbox=str(inbox))
    ingest.land(settings, run_id)
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    ingest.stage_read(settings, run_id)
    ingest.close(settings, run_id)


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
