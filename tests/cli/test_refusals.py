"""`jixiao refusals` and `jixiao publishers`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extract.archive.stored_documents import land_bytes
from extract.cli.app import app
from extract.entities import Publication
from extract.errors import LedgerError, Reason, Refused, SettingsError
from extract.ledger import Ledger
from extract.settings import PROJECT, Settings, get_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with one refused document."""
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path / "var"))
    get_settings.cache_clear()
    settings = get_settings()
    ledger = Ledger(settings.ledger_url or "")
    ledger.start_run("night")
    publication = Publication("inbox", "file:///inbox/2025.pdf")
    ledger.sight("night", [publication])
    landed = land_bytes(settings.archive, (PROJECT / "demo/publications/2025.pdf").read_bytes())
    ledger.note_landed("night", publication, landed)
    ledger.note_unread(landed.sha256, "1", Refused(Reason.UNKNOWN_HEADER, "the header 指标数 is unknown", page=2))
    ledger.close_run("night")
    yield settings
    get_settings.cache_clear()


def jixiao(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def listed(*options: str) -> list[dict[str, object]]:
    done = jixiao("refusals", "list", "--format", "jsonl", *options)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_is_refused_is_listed_with_its_reason(home: Settings) -> None:
    (row,) = listed()
    assert (row["reason"], row["page"], row["publisher"]) == ("unknown_header", 2, "inbox")
    assert listed("--reason", "no_table") == []
    assert "unknown_header" in jixiao("refusals").stdout


def test_one_document_is_shown_with_its_attempts_and_its_page(home: Settings, tmp_path: Path) -> None:
    identifier = str(listed()[0]["id"])
    done = jixiao("refusals", "show", identifier, "--format", "json", "--png", str(tmp_path / "page.png"))
    shown = json.loads(done.stdout)
    assert [one["reason"] for one in shown["attempts"]] == ["unknown_header"]
    assert [one["url"] for one in shown["sightings"]] == ["file:///inbox/2025.pdf"]
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    assert "指标数" in jixiao("refusals", "show", identifier).stdout


def test_a_refusal_is_accepted_by_a_name_and_for_a_reason_only(home: Settings) -> None:
    identifier = str(listed()[0]["id"])
    assert jixiao("refusals", "accept", identifier).exit_code == 2
    assert isinstance(jixiao("refusals", "accept", identifier, "--by", " ", "--why", "x").exception, LedgerError)
    assert jixiao("refusals", "accept", identifier, "--by", "张三", "--why", "公告").exit_code == 0
    assert listed() == []
    assert [row["decision"] for row in listed("--all")] == ["accept"]


def test_a_refused_document_is_tried_again_or_dropped(home: Settings) -> None:
    identifier = str(listed()[0]["id"])
    assert jixiao("refusals", "drop", identifier, "--by", "张三", "--why", "公告").exit_code == 0
    assert listed() == []
    assert jixiao("refusals", "retry", identifier).exit_code == 0
    ledger = Ledger(home.ledger_url or "")
    assert [sha256[:12] for sha256, _ in ledger.to_read("1", 3)] == [identifier]


def test_an_unknown_document_is_named(home: Settings) -> None:
    error = jixiao("refusals", "retry", "abcdef012345").exception
    assert isinstance(error, LedgerError)
    assert "abcdef012345" in str(error)


def test_publishers_check_names_every_wrong_file(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert jixiao("publishers", "check").exit_code == 0
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text("colour: red", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_PUBLISHERS_DIR", str(tmp_path))
    get_settings.cache_clear()
    error = jixiao("publishers", "check").exception
    assert isinstance(error, SettingsError)
    assert "one.yml, line 1: colour" in str(error)
    assert "two.yml, line 1: colour" in str(error)


def test_status_names_alerts_and_findings_of_publishers(home: Settings) -> None:
    Ledger(home.ledger_url or "").note_finding("night", "inbox", "listing_empty", "inbox", "shows nothing")
    status = json.loads(jixiao("status", "--format", "json").stdout)
    (inbox,) = status["publishers"]
    assert inbox["alerts"] == ["listing_empty: shows nothing"]
    assert "listing_empty" in jixiao("status").stdout


def test_the_list_has_its_formats_without_being_named(home: Settings) -> None:
    bare = jixiao("refusals", "--format", "csv")
    assert (bare.exit_code, bare.stdout) == (0, jixiao("refusals", "list", "--format", "csv").stdout)
    assert "unknown_header" in bare.stdout
