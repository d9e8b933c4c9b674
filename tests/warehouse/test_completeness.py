"""PDFs of which projects are held back, and forms of whole departments, through the whole line into the marts."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from homes import FIXTURES, run_night
from typer.testing import CliRunner

from extract.cli.app import app
from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.ledger import Ledger
from extract.releases.query import ask
from extract.settings import Settings, get_settings
from extract.warehouse.build import build_marts

pytestmark = pytest.mark.slow

INCOMPLETE = "c14_rest_lost"
REFUSED = "g07_amounts_differ"
DEPARTMENTS = ("s08_department_beside_forms", "s08_beijing_department_beside", "f13_department")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home after one night: one document is incomplete, of one nothing is loaded, the others have departments."""
    folder = tmp_path_factory.mktemp("completeness")
    inbox = folder / "inbox"
    inbox.mkdir()
    for name in (INCOMPLETE, REFUSED, *DEPARTMENTS):
        shutil.copy(FIXTURES / f"{name}.pdf", inbox)
    settings = Settings(home=folder / "var", settle_seconds=0, second_reader_share=0)
    run_night(settings, inbox, "night")
    build_marts(settings)
    publish(settings)
    return settings


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    return list(ask(settings, sql)[1])


def test_what_is_held_back_stands_with_its_name_page_and_reason(home: Settings) -> None:
    truth = json.loads((FIXTURES / f"{INCOMPLETE}.json").read_text(encoding="utf-8"))["held"]
    found = rows(home, "SELECT * FROM held_back WHERE is_document_loaded")
    assert [(one["project_name"], one["page"]) for one in found] == [(one["project"], one["page"]) for one in truth]
    assert all(one["reason"] and one["detail"] for one in found)
    (refused,) = rows(home, "SELECT * FROM held_back WHERE NOT is_document_loaded")
    assert (refused["project_name"], refused["unit_name"], refused["page"]) == ("防火经费", "301001-林业局", 1)
    assert refused["reason"] == "conservation"
    assert "120.50" in refused["detail"]


def test_documents_know_whether_they_are_complete_and_coverage_counts_projects(home: Settings) -> None:
    documents = rows(home, "SELECT is_complete, held_projects, project_count FROM dim_documents ORDER BY 1, 2, 3")
    assert [one["is_complete"] for one in documents] == [False, True, True, True]
    (total,) = rows(
        home, "SELECT sum(projects_loaded) AS loaded, sum(projects_held_back) AS held FROM fct_publication_coverage"
    )
    assert total["loaded"] == sum(one["project_count"] for one in documents)
    assert total["held"] == sum(one["held_projects"] for one in documents) + 1


def test_the_targets_of_a_department_are_numbers_beside_those_of_projects(home: Settings) -> None:
    targets = rows(
        home,
        "SELECT department_name, form_title, indicator_name, comparator, low, measure_unit, amount_yuan "
        "FROM fct_department_targets WHERE department_name = '云岫区城市运行事务中心' ORDER BY record_no",
    )
    first = targets[0]
    assert (first["comparator"], first["low"], first["measure_unit"]) == ("ge", 960, "公里")
    assert first["form_title"] == "预算13表部门整体支出绩效目标表"
    assert str(first["amount_yuan"]) == "182041162.30"
    names = {one["department_name"] for one in rows(home, "SELECT department_name FROM fct_department_targets")}
    assert names == {"云岫区城市运行事务中心", "南埠区民政局", "市教育局"}
    (own,) = rows(home, "SELECT DISTINCT form_title FROM fct_indicator_targets WHERE form_title LIKE '部门专项%'")
    assert own["form_title"] == "部门专项业务经费绩效目标表"


def test_what_other_tables_of_a_document_say_stands_beside_it(home: Settings) -> None:
    checks = rows(home, "SELECT check_kind, is_agreeing FROM document_cross_checks")
    assert {one["check_kind"] for one in checks} >= {"weights"}
    assert all(one["is_agreeing"] for one in checks)


def test_status_and_refusals_count_what_is_held_back(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_HOME", str(home.home))
    get_settings.cache_clear()
    status = json.loads(CliRunner().invoke(app, ["status", "--format", "json"]).stdout)
    (one,) = status["incomplete"]
    assert one["file"].endswith(f"{INCOMPLETE}.pdf")
    assert [refusal["held_back"] for refusal in status["refusals"]] == [1]
    assert status["seen"] == status["loaded"] + status["refused"] == 5
    listed = CliRunner().invoke(app, ["refusals", "list", "--format", "jsonl"]).stdout
    assert [json.loads(line)["held_back"] for line in listed.splitlines()] == [1]
    shown = json.loads(CliRunner().invoke(app, ["refusals", "show", one["id"], "--format", "json"]).stdout)
    assert len(shown["held_back"]) == one["held_back"]
    assert "held back" in CliRunner().invoke(app, ["status"]).stdout
    get_settings.cache_clear()


def test_the_night_s_log_and_an_alert_name_what_is_held_back(
    home: Settings, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    from extract.sources.freshness import Freshness, check_freshness, describe_alerts

    with caplog.at_level(logging.WARNING):
        ingest.close(home, "night")
    assert f"{INCOMPLETE}.pdf" in caplog.text
    assert "held back" in caplog.text
    known = check_freshness(home, is_behind=False)
    assert [one.held_back for one in known if one.held_back] == [Ledger(home.ledger_url or "").incomplete()[0]["held"]]
    assert describe_alerts(known) == "", "what is held back is no alert by itself"
    alarmed = describe_alerts([*known, Freshness("gz", 0, None, 0, None, ("nothing new",))])
    assert "inbox: 1 projects are held back" in alarmed
