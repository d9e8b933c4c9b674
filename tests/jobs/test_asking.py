"""The questions of one document in Airflow: one text, options that are the choices, answers of who responded."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from homes import FIXTURES, run_night

from extract.errors import LedgerError
from extract.jobs.replay import apply_answer, choose_documents, make_question
from extract.ledger import Ledger
from extract.settings import Settings

FORM = {"outdated": False, "ids": [], "reason": None, "publisher": None, "since": None, "decision": "ask"}


@pytest.fixture
def asking(settings: Settings, tmp_path: Path) -> Settings:
    """A home with a refused document and a loaded one that each ask something."""
    (tmp_path / "inbox").mkdir()
    for name in ("q01_first_row", "y04_two_amounts"):
        (tmp_path / f"inbox/{name}.pdf").write_bytes((FIXTURES / f"{name}.pdf").read_bytes())
    run_night(settings, tmp_path / "inbox", "one")
    return settings


def ledger_of(settings: Settings) -> Ledger:
    return Ledger(settings.ledger_url or "")


def respond(*options: str) -> dict[str, Any]:
    return {"chosen_options": list(options), "params_input": {"because": "seen"}, "responded_by_user": {"name": "张三"}}


def test_the_choices_are_the_options_and_the_answer_is_who_responded(asking: Settings) -> None:
    chosen = choose_documents(asking, {**FORM, "questions": True})
    by_kind = {row["kind"]: row for row in ledger_of(asking).questions()}
    assert set(chosen) == {row["sha256"] for row in by_kind.values()}
    refused, loaded = by_kind["first_row"]["sha256"], by_kind["amount"]["sha256"]
    asked = make_question(asking, refused, "/jixiao/places/run/0")
    assert asked["options"] == [
        "1.1 rest – 编制防汛预案并组织防汛演练 – it goes on with the row above",
        "1.2 new – 并组织防汛演练 – it is a row of its own",
        *("retry", "accept", "drop"),
    ]
    assert "Does the first row of the page go on with the row above?" in asked["body"]
    assert "[![page 2](/jixiao/places/run/0/1.png)](/jixiao/places/run/0/1.png)" in asked["body"]
    (picture,) = map(b64decode, asked["pictures"])
    assert picture == (asking.home / f"pictures/{refused}-{by_kind['first_row']['key']}.png").read_bytes()
    assert make_question(asking, loaded)["options"] == [
        "1.1 1,250,000.00",
        "1.2 1,520,000.00",
    ]
    assert apply_answer(asking, refused, respond(asked["options"][0])).endswith(": rest")
    (answer,) = ledger_of(asking).answers(by_kind["first_row"]["key"])
    assert (answer["answered_by"], answer["why"], answer["choice"]) == ("张三", "seen", "rest")
    assert ledger_of(asking).document(refused)["state"] == "landed", "the next task reads it"


@pytest.mark.parametrize("options", [(0, 1), (0, 2), (2, 3)], ids=["two choices", "a choice and a decision", "two"])
def test_what_contradicts_itself_is_no_answer(asking: Settings, options: tuple[int, ...]) -> None:
    (row,) = [one for one in ledger_of(asking).questions() if one["kind"] == "first_row"]
    offered = make_question(asking, row["sha256"])["options"]
    with pytest.raises(LedgerError, match="expected one"):
        apply_answer(asking, row["sha256"], respond(*(offered[k] for k in options)))
    assert ledger_of(asking).answers(row["key"]) == []


def test_a_choice_that_is_asked_no_longer_is_no_answer(asking: Settings) -> None:
    (row,) = [one for one in ledger_of(asking).questions() if one["kind"] == "first_row"]
    option = make_question(asking, row["sha256"])["options"][0]
    ledger_of(asking).note_questions(row["sha256"], [])
    with pytest.raises(LedgerError, match="no longer open"):
        apply_answer(asking, row["sha256"], respond(option))


def test_questions_are_asked_of_people_alone(asking: Settings) -> None:
    with pytest.raises(LedgerError, match="asked of a person"):
        choose_documents(asking, {**FORM, "questions": True, "decision": "accept"})
    with pytest.raises(LedgerError, match="no document begins"):
        choose_documents(asking, {**FORM, "questions": True, "ids": ["abcdef"]})
