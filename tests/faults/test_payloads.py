"""Hostile text in a table goes the whole line as text (a25); readers of a release can only read (a26)."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from printed_tables import print_table

from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.releases.query import QueryError, ask
from extract.settings import Settings
from extract.warehouse.build import build_marts

UNIT = "102001-区党群工作部"
PAYLOADS = [
    '=HYPERLINK("//x","y")',
    "'; DROP TABLE raw",
    "{{ 7*7 }}{% raw %}",
    "{{ env_var('HOME') }}",
    "<script>x()</script>",
    "甲\u202e乙",
    "+cmd|'/C calc'!A0",
    "@SUM(A1:A9)",
    "-123",
    "-1+2",
    "%s ${HOME} $(id)",
]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after a whole line over one document whose cells hold payloads: names of projects, indicators, targets."""
    home = tmp_path_factory.mktemp("payloads") / "var"
    (home / "inbox").mkdir(parents=True)
    rows = [(UNIT, text, "1.00", f"111002106-{text}"[:28], text) for text in PAYLOADS]
    (home / "inbox/hostile.pdf").write_bytes(print_table(rows))
    settings = Settings(home=home, settle_seconds=0)
    ingest.discover(settings, "night", publisher="inbox")
    ingest.land(settings, "night")
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    assert ingest.stage_read(settings, "night") == 1
    counts = {"seen": 1, "loaded": 1, "unchanged": 0, "refused": 0, "failed": 0}
    assert ingest.close(settings, "night") == counts
    build_marts(settings)
    assert publish(settings)["published"]
    return settings


def served(settings: Settings, query: str) -> list[tuple[object, ...]]:
    _, rows = ask(settings, query)
    return [tuple(row.values()) for row in rows]


def test_a25_payloads_are_stored_as_printed_in_the_raw_schema_and_the_marts(loaded: Settings) -> None:
    with duckdb.connect(str(loaded.build_db), read_only=True) as build:
        projects = build.execute("SELECT project_text FROM raw.projects ORDER BY project_no").fetchall()
        targets = build.execute("SELECT target_text FROM raw.targets ORDER BY record_no").fetchall()
    assert [text for (text,) in projects] == PAYLOADS
    assert [text for (text,) in targets] == PAYLOADS
    texts = served(loaded, "SELECT target_text FROM fct_indicator_targets")
    assert sorted(str(text) for (text,) in texts) == sorted(PAYLOADS)
    with duckdb.connect() as outside:
        parquet = f"{loaded.current.resolve()}/parquet/fct_indicator_targets/*/data.parquet"
        copied = outside.execute(f"SELECT target_text FROM '{parquet}'").fetchall()
    assert sorted(text for (text,) in copied) == sorted(PAYLOADS)


def test_a25_jinja_in_a_cell_is_never_rendered(loaded: Settings) -> None:
    """Neither in the marts nor in the SQL that dbt made."""
    everything = "\n".join(
        repr(served(loaded, f'SELECT * FROM "{table}"'))
        for (table,) in served(loaded, "SELECT table_name FROM duckdb_tables()")
    )
    assert "{{ 7*7 }}" in everything
    assert "49" not in {str(text) for (text,) in served(loaded, "SELECT target_text FROM fct_indicator_targets")}
    assert os.environ["HOME"] + "'" not in everything
    compiled = [path for path in (loaded.home / "dbt/target").rglob("*") if path.suffix in (".sql", ".json")]
    assert compiled
    assert not any("{{ 7*7 }}" in path.read_text(encoding="utf-8") for path in compiled), "rows never become SQL text"


def test_a25_csv_neutralises_formulas_and_keeps_numbers_and_json_brings_all_back(loaded: Settings) -> None:
    def jixiao(how: str) -> str:
        query = "SELECT target_text FROM fct_indicator_targets ORDER BY record_no"
        command = [sys.executable, "-m", "extract", "sql", query, "--format", how]
        environment = {**os.environ, "JIXIAO_HOME": str(loaded.home)}
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=True)
        return done.stdout

    cells = [cell for (cell,) in list(csv.reader(io.StringIO(jixiao("csv"))))[1:]]
    formulas = ("=", "+", "@", "-1+")
    assert cells == ["'" + text if text.startswith(formulas) else text for text in PAYLOADS]
    assert "-123" in cells
    assert [json.loads(line)["target_text"] for line in jixiao("jsonl").splitlines()] == PAYLOADS


@pytest.fixture
def beside(loaded: Settings, tmp_path: Path) -> Iterator[Path]:
    """A file outside the release that a reader must not reach."""
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n", encoding="utf-8")
    before = (loaded.current / "warehouse.duckdb").read_bytes()
    yield tmp_path
    assert (loaded.current / "warehouse.duckdb").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"], "nothing was written"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a INTEGER)",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE dim_documents",
        "ALTER TABLE dim_documents ADD COLUMN a INTEGER",
        "COPY dim_documents TO '{here}/out.csv'",
        "COPY (SELECT 1) TO '{here}/out.parquet'",
        "EXPORT DATABASE '{here}/out'",
        "COPY dim_documents FROM '{here}/secret.csv'",
        "SELECT * FROM '{here}/secret.csv'",
        "SELECT * FROM read_csv('{here}/secret.csv')",
        "SELECT * FROM read_text('{here}/secret.csv')",
        "SELECT * FROM read_blob('{here}/*')",
        "SELECT * FROM glob('{here}/*')",
        "ATTACH '{here}/other.duckdb'",
        "ATTACH ':memory:' AS m",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET GLOBAL allowed_directories = ['/']",
        "SET threads = 1",
        "PRAGMA memory_limit = '1GB'",
        "RESET enable_external_access",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{here}/x.duckdb_extension'",
        "INSERT INTO dim_documents SELECT * FROM dim_documents",
        "UPDATE dim_documents SET title = 'x'",
        "DELETE FROM dim_documents",
        "SELECT 1; DROP TABLE dim_documents",
        "CREATE SECRET s (TYPE s3)",
    ],
)
def test_a26_a_reader_of_the_release_can_do_nothing_but_read(loaded: Settings, beside: Path, statement: str) -> None:
    with pytest.raises(QueryError):
        list(ask(loaded, statement.format(here=beside))[1])
    assert served(loaded, "SELECT count(*) AS n FROM dim_documents") == [(1,)]
