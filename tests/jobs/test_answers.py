"""A document asks, a person answers, the next run loads it; the layout of next year needs no answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from homes import FIXTURES, run_night
from printed_tables import print_table
from sqlalchemy import select
from typer.testing import CliRunner, Result

from extract.cli.app import app
from extract.errors import LedgerError
from extract.jobs import ingest
from extract.jobs.answered_documents import give_answer, wake_answered
from extract.ledger import Ledger
from extract.publishers import load_publishers
from extract.report.question_cards import merge_documents
from extract.settings import PROJECT, Settings, get_settings
from extract.warehouse import raw_schema
from extract.warehouse.staging import open_warehouse

HEADERS = ("项目名称", "金额（元）", "二级指标", "三级指标", "考核刻度")
ROW = ("团工委工作经费", "1200", "数量指标", "购置数量", "≥3件")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home with an inbox and publisher files of its own, which the command uses too."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "publishers").mkdir()
    (tmp_path / "publishers/inbox.yml").write_bytes((PROJECT / "extract/publishers/inbox.yml").read_bytes())
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("JIXIAO_PUBLISHERS_DIR", str(tmp_path / "publishers"))
    monkeypatch.setenv("JIXIAO_SETTLE_SECONDS", "0")
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


def put(settings: Settings, name: str, office: str = "某区党群工作部", year: int = 2025) -> None:
    title = f"{office}{year}年预算项目绩效目标"
    data = print_table([(*ROW[:1], f"{year}.00", *ROW[2:])], headers=HEADERS, title=title)
    (settings.home.parent / "inbox" / f"{name}.pdf").write_bytes(data)


def night(settings: Settings, run_id: str) -> dict[str, int]:
    run_night(settings, settings.home.parent / "inbox", run_id)
    counts = ledger_of(settings).last_run() or {}
    return {name: counts[name] for name in ("loaded", "unchanged", "refused", "failed")}


def ledger_of(settings: Settings) -> Ledger:
    return Ledger(settings.ledger_url or "")


def jixiao(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def asked() -> list[dict[str, object]]:
    done = jixiao("questions", "list", "--format", "jsonl")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def findings(settings: Settings) -> list[str]:
    """The details of the findings `answered` in the raw schema."""
    table = raw_schema.findings
    with open_warehouse(settings) as engine, engine.connect() as connection:
        return list(connection.scalars(select(table.c.detail).where(table.c.finding_code == "answered")))


def test_an_answer_loads_what_waited_and_next_years_document_asks_nothing(home: Settings) -> None:
    put(home, "this")
    assert night(home, "one") == {"loaded": 0, "unchanged": 0, "refused": 1, "failed": 0}
    (question,) = asked()
    assert (question["kind"], question["asked"], question["held"]) == ("header_word", "考核刻度", 1)
    assert "questions that wait for an answer: 1" in jixiao("status").output
    done = jixiao("questions", "answer", str(question["key"]), "annual_value", "--by", "张三", "--why", "as printed")
    assert "for the publisher; documents that the next run reads again: 1" in done.output.replace("\n", " ")
    put(home, "next", year=2026)
    assert night(home, "two") == {"loaded": 2, "unchanged": 0, "refused": 0, "failed": 0}
    assert asked() == []
    found = findings(home)
    assert len(found) == 2
    assert all("annual_value (年度指标值); by 张三: as printed; 1 rows: 团工委工作经费" in one for one in found)
    assert night(home, "three") == {"loaded": 0, "unchanged": 2, "refused": 0, "failed": 0}


def test_an_answer_of_one_publisher_of_an_inbox_is_no_answer_of_another(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    give_answer(home, str(asked()[0]["key"]), "annual_value", "张三", "as printed")
    put(home, "other", office="某区水务局")
    assert night(home, "two") == {"loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}
    (question,) = asked()
    assert str(question["file"]).endswith("other.pdf")


def test_of_two_publishers_that_ask_the_same_one_is_named(home: Settings) -> None:
    put(home, "this")
    put(home, "other", office="某区水务局")
    night(home, "one")
    key = str(asked()[0]["key"])
    with pytest.raises(LedgerError, match=r"in 2 places.*--publisher 某区.*--publisher 某区"):
        give_answer(home, key, "annual_value", "张三", "as printed")
    done = jixiao("questions", "show", key, "--publisher", "某区水务局", "--format", "json")
    told = json.loads(done.stdout)
    assert told["holds_for"] == "publisher"
    assert told["choices"][0]["command"].startswith(
        f"jixiao questions answer {key} annual_value --publisher '某区水务局' --why"
    )
    assert give_answer(home, key, "annual_value", "张三", "as printed", publisher="某区水务局").scope == "publisher"
    assert night(home, "two") == {"loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}


def test_of_two_documents_that_ask_about_themselves_one_is_named(home: Settings) -> None:
    for name in ("one", "two"):
        path = home.home.parent / f"inbox/{name}.pdf"
        path.write_bytes((FIXTURES / "q01_first_row.pdf").read_bytes() + f"% {name}\n".encode())
    night(home, "one")
    rows = ledger_of(home).questions()
    with pytest.raises(LedgerError, match=r"in 2 places.*--document"):
        give_answer(home, rows[0]["key"], "rest", "张三", "one sentence")
    assert give_answer(home, rows[0]["key"], "rest", "张三", "x", rows[0]["sha256"][:12]).scope == "document"
    assert [row["said"] is None for row in ledger_of(home).questions()] == [False, True]


def test_an_answer_for_one_document_is_for_no_other(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    (row,) = ledger_of(home).questions()
    assert give_answer(home, row["key"], "annual_value", "张三", "here", row["sha256"]).scope == "document"
    put(home, "next", year=2026)
    assert night(home, "two") == {"loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}


def test_projects_that_are_held_back_are_loaded_beside_the_others_after_an_answer(home: Settings) -> None:
    (home.home.parent / "inbox/two.pdf").write_bytes((FIXTURES / "y04_two_amounts.pdf").read_bytes())
    assert night(home, "one")["loaded"] == 1
    (question,) = asked()
    assert (question["kind"], question["choices"]) == ("amount", ["1,250,000.00", "1,520,000.00"])
    assert give_answer(home, str(question["key"]), "1,520,000.00", "张三", "the sum says so").scope == "document"
    night(home, "two")
    assert asked() == []
    (detail,) = findings(home)
    assert "3 rows: 河道保洁经费" in detail


def test_another_answer_reads_the_document_again(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    (row,) = ledger_of(home).questions()
    for run_id, choice in (("two", "annual_value"), ("three", "cycle_value"), ("four", "ignored")):
        assert give_answer(home, row["key"], choice, "张三", "looked again").documents == 1
        night(home, run_id)
        (detail,) = findings(home)
        assert choice in detail
    answers = ledger_of(home).answers(row["key"])
    assert [one["choice"] for one in answers] == ["annual_value", "cycle_value", "ignored"], "all are kept"


def test_a_document_is_not_read_again_for_an_answer_that_it_was_read_with(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    ledger, publishers = ledger_of(home), load_publishers(home.publishers_dir)
    (row,) = ledger.questions()
    give_answer(home, row["key"], "annual_value", "张三", "as printed")
    assert wake_answered(ledger, publishers) == 0, "it waits already"
    night(home, "two")
    assert wake_answered(ledger, publishers) == 0
    assert ingest.plan_batches(home) == []


def test_a_publisher_file_says_what_a_word_means(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    file = home.publishers_dir / "dangqun.yml"
    file.write_text("name: 某区党群工作部\nwords: {考核刻度: annual_value}\n", encoding="utf-8")
    assert night(home, "two")["loaded"] == 1
    assert "by dangqun.yml" in findings(home)[0]
    file.write_text("name: 某区党群工作部\n", encoding="utf-8")
    assert night(home, "three") == {"loaded": 0, "unchanged": 0, "refused": 1, "failed": 0}, "the word is gone"


def test_a_publisher_file_answers_a_question(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    key = asked()[0]["key"]
    text = f"name: 某区党群工作部\nanswers:\n  - {{question: {key}, choice: cycle_value, by: 李四, why: 见说明}}\n"
    (home.publishers_dir / "dangqun.yml").write_text(text, encoding="utf-8")
    assert night(home, "two")["loaded"] == 1
    assert "cycle_value (实施周期指标值); by 李四 (dangqun.yml): 见说明" in findings(home)[0]


def test_an_answer_to_what_no_reader_asks_is_kept_and_ignored(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    (row,) = ledger_of(home).questions()
    give_answer(home, row["key"], "annual_value", "张三", "as printed")
    file = home.home.parent / "inbox/this.pdf"
    plain = print_table([ROW], headers=(*HEADERS[:-1], "年度指标值"), title="某区党群工作部2025年预算项目绩效目标")
    file.write_bytes(plain)
    night(home, "two")
    (answer,) = ledger_of(home).answers(row["key"])
    assert answer["choice"] == "annual_value"
    assert ledger_of(home).document(row["sha256"])["state"] == "staged"


def test_a_choice_that_is_not_offered_is_refused(home: Settings) -> None:
    put(home, "this")
    night(home, "one")
    key = str(asked()[0]["key"])
    with pytest.raises(LedgerError, match="expected one of"):
        give_answer(home, key, "≥4件", "张三", "typed")
    with pytest.raises(LedgerError, match="a person's name and a reason"):
        give_answer(home, key, "annual_value", "张三", " ")
    with pytest.raises(LedgerError, match="no question begins"):
        give_answer(home, "ffffffff", "annual_value", "张三", "x")
    assert ledger_of(home).answers(key) == []


def test_one_word_of_two_publishers_of_an_inbox_is_two_questions_and_of_one_publisher_one() -> None:
    row = {"publisher": "inbox", "is_general": True, "key": "k", "held": 2}
    asked = [
        {**row, "printed_publisher": name, "sha256": sha256} for name, sha256 in (("甲", "1"), ("乙", "2"), ("乙", "3"))
    ]
    merged = merge_documents(asked)
    assert [(one["printed_publisher"], one["held"], one["documents"]) for one in merged] == [("甲", 2, 1), ("乙", 4, 2)]
