"""The whole line on the demo's publications: real DAGs, real PDFs, real dbt, one home for all tests."""

from __future__ import annotations

import json
import os
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from homes import Line


def test_the_year_over_year_answer_is_that_of_the_publications(line: Line) -> None:
    query = (
        "SELECT fiscal_year, count(DISTINCT project_key) AS projects, sum(amount_yuan) AS yuan "
        "FROM fct_project_budgets WHERE is_current AND amount_kind = 'year' GROUP BY 1 ORDER BY 1"
    )
    answers = [(r["fiscal_year"], r["projects"], Decimal(r["yuan"])) for r in line.sql(query)]
    assert answers == [(2024, 13, Decimal("110332424.50")), (2025, 12, Decimal("101342424.00"))]
    rows = line.sql(
        "SELECT fiscal_year, count(*) AS n FROM fct_indicator_targets WHERE horizon = 'annual' GROUP BY 1 ORDER BY 1"
    )
    assert [(r["fiscal_year"], r["n"]) for r in rows] == [(2024, 99), (2025, 98)]


def test_a_figure_leads_back_to_the_cell_it_was_printed_in(line: Line) -> None:
    (row,) = line.sql(
        "SELECT t.target_text, t.page, t.x0, t.y0, t.x1, t.y1, d.sha256 FROM fct_indicator_targets AS t "
        "JOIN dim_documents AS d USING (document_key) JOIN dim_projects AS p USING (project_key) "
        "WHERE t.fiscal_year = 2025 AND t.horizon = 'annual' AND t.target_text = '≥200万'"
    )
    import pypdfium2

    archived = line.home / "archive" / row["sha256"][:2] / row["sha256"][2:4] / f"{row['sha256']}.pdf"
    page = pypdfium2.PdfDocument(archived)[row["page"] - 1]
    height = page.get_height()
    box = (row["x0"], height - row["y1"], row["x1"], height - row["y0"])
    assert "".join(page.get_textpage().get_text_bounded(*box).split()) == "≥200万"


def test_show_leads_from_a_key_to_the_marked_cell(line: Line, tmp_path: Path) -> None:
    (row,) = line.sql(
        "SELECT target_key, document_key FROM fct_indicator_targets "
        "WHERE fiscal_year = 2025 AND horizon = 'annual' AND target_text = '≥200万'"
    )
    picture = tmp_path / "cell.png"
    done = line.jixiao("show", row["target_key"][:12], "--png", str(picture), "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["kind"], found["key"], found["printed"]) == ("target", row["target_key"], "≥200万")
    assert (found["reading"]["comparator"], found["reading"]["low"]) == ("ge", "2000000")
    assert found["document"]["fiscal_year"] == 2025
    assert Path(found["archive"]).exists()
    assert picture.read_bytes().startswith(b"\x89PNG")
    whole = line.jixiao("show", row["document_key"], "--format", "jsonl")
    assert json.loads(whole.stdout)["document"] == found["document"]
    for table, key in (("fct_project_budgets", "budget_key"), ("fct_indicator_targets", "target_key")):
        (first,) = line.sql(f"SELECT {key} AS key FROM {table} ORDER BY 1 LIMIT 1")
        assert json.loads(line.jixiao("show", first["key"], "--format", "jsonl").stdout)["key"] == first["key"]
    shown = line.jixiao("show", row["target_key"])
    assert "≥200万" in shown.stdout
    missing = line.jixiao("show", "00000000")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "no fact of the served release begins with 00000000" in missing.stderr


def test_what_was_refused_is_named_with_its_reason(line: Line) -> None:
    status = json.loads(line.jixiao("status", "--format", "json").stdout)
    assert status["seen"] == sum(status[name] for name in ("loaded", "unchanged", "refused", "failed"))
    (refusal,) = status["refusals"]
    assert refusal["reason"] == "not_pdf"
    assert refusal["file"].endswith("/error.pdf")
    assert status["waiting"] == 0
    assert not status["release_is_behind"]


def test_no_row_and_no_text_passes_through_airflow(line: Line) -> None:
    with sqlite3.connect(line.home / "airflow/airflow.db") as airflow:
        values = [str(value) for (value,) in airflow.execute("SELECT value FROM xcom")]
    assert values
    assert all(len(value) < 1000 for value in values)
    assert not any("绩效" in value or "万" in value for value in values)


def test_the_ledger_and_the_raw_schema_hold_the_same_documents(line: Line) -> None:
    import duckdb

    with sqlite3.connect(line.home / "ledger.db") as ledger:
        staged = {sha for (sha,) in ledger.execute("SELECT sha256 FROM documents WHERE state = 'staged'")}
    with duckdb.connect(str(line.home / "build.duckdb"), read_only=True) as build:
        raw = {sha for (sha,) in build.execute("SELECT DISTINCT sha256 FROM raw.documents").fetchall()}
    assert staged == raw
    assert len(raw) == 2


@pytest.mark.slow
def test_a09_a_second_run_changes_nothing_and_says_so(line: Line) -> None:
    before = os.readlink(line.home / "current")
    bytes_before = (line.home / "current/warehouse.duckdb").read_bytes()
    status, counts = line.run()
    assert status == 3
    assert (counts["seen"], counts["loaded"], counts["unchanged"], counts["refused"]) == (4, 0, 3, 1)
    assert os.readlink(line.home / "current") == before
    assert (line.home / "current/warehouse.duckdb").read_bytes() == bytes_before


@pytest.mark.slow
def test_building_everything_again_gives_the_rows_that_are_served(line: Line) -> None:
    before = os.readlink(line.home / "current")
    log = line.home / "logs/warehouse.log"
    builds = log.read_text(encoding="utf-8").count("full build: 1 publishers, 2 documents")
    line.run("--full-refresh")
    assert log.read_text(encoding="utf-8").count("full build: 1 publishers, 2 documents") == builds + 1
    assert os.readlink(line.home / "current") == before, "the checksum over all rows is the same"
