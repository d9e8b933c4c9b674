"""Questions are replaced at every reading; answers are kept, and the latest that holds for a document counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from extract.entities import Box, Choice, Held, LandedPdf, Publication, Question, QuestionKind
from extract.errors import LedgerError, Reason, Refused
from extract.ledger import Ledger

ONE, TWO = "ab" * 32, "cd" * 32
CHOICES = (Choice("annual_value", "年度指标值"), Choice("ignored", ""))
WORD = Question(
    "1" * 16, QuestionKind.HEADER_WORD, 2, "刻度", CHOICES, Box(1, 2, 3, 4), is_general=True, publisher="甲局"
)
ROW = Question(
    "2" * 16, QuestionKind.FIRST_ROW, 3, "演练", (Choice("rest", "a", 1, Box(0, 0, 1, 1)), Choice("new", "b"))
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two refused documents of one source."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.start_run("night")
    for sha256 in (ONE, TWO):
        publication = Publication("inbox", f"file:///{sha256[:2]}.pdf")
        ledger.sight("night", [publication])
        ledger.note_landed("night", publication, LandedPdf(sha256, tmp_path / "x.pdf", 3, datetime.now(UTC)))
        ledger.note_unread(sha256, "1", Refused(Reason.UNKNOWN_HEADER, "刻度", page=2))
    return ledger


def held(*questions: Question) -> Held:
    return Held(Reason.UNKNOWN_HEADER, 2, 2, "刻度", questions=questions)


def test_a_question_is_kept_whole_with_how_many_wait(ledger: Ledger) -> None:
    ledger.note_questions(ONE, [held(WORD), held(WORD, ROW)])
    assert [(row["question"], row["held"]) for row in ledger.questions()] == [(WORD, 2), (ROW, 1)]
    assert ledger.count_questions() == 2
    ledger.note_questions(TWO, [held(WORD)])
    assert ledger.count_questions() == 2, "the same question of two documents"


def test_a_question_that_is_asked_no_longer_goes_unless_somebody_answered_it(ledger: Ledger) -> None:
    ledger.note_questions(ONE, [held(WORD, ROW)])
    ledger.answer(ONE, ROW.key, "rest", "张三", "seen")
    ledger.note_questions(ONE, [])
    assert [(row["key"], row["held"]) for row in ledger.questions()] == [(ROW.key, 0)]
    assert ledger.questions(is_open=True) == []
    assert ledger.questions(is_open=False)[0]["said"]["choice"] == "rest"


def test_an_answer_holds_for_its_document_or_for_the_publisher_that_is_printed(ledger: Ledger) -> None:
    ledger.note_questions(ONE, [held(WORD, ROW)])
    ledger.answer(ONE, WORD.key, "ignored", "张三", "first", "publisher", "甲局")
    ledger.answer(ONE, WORD.key, "annual_value", "李四", "second", "publisher", "甲局")
    ledger.answer(ONE, ROW.key, "new", "张三", "seen")
    assert [one.choice for one in ledger.answers_for(ONE, "inbox", ["甲局"])] == ["ignored", "annual_value", "new"]
    assert [one.choice for one in ledger.answers_for(TWO, "inbox", ["甲局"])] == ["ignored", "annual_value"]
    assert ledger.answers_for(TWO, "inbox", ["乙局"]) == []
    assert ledger.answers_for(TWO, "other", ["甲局"]) == []
    assert [one["answered_by"] for one in ledger.answers(WORD.key)] == ["张三", "李四"]


@pytest.mark.parametrize(
    ("key", "choice", "by", "why", "scope", "said"),
    [
        (WORD.key, "amount", "张三", "x", "document", "expected one of annual_value, ignored"),
        (WORD.key, "ignored", " ", "x", "document", "a person's name and a reason"),
        (WORD.key, "ignored", "张三", "", "document", "a person's name and a reason"),
        (ROW.key, "rest", "张三", "x", "publisher", "about this document alone"),
        ("9" * 16, "rest", "张三", "x", "document", "asks no question"),
        (WORD.key, "ignored", "张三", "x", "world", "expected document or publisher"),
    ],
)
def test_what_is_no_answer_is_not_kept(
    ledger: Ledger, key: str, choice: str, by: str, why: str, scope: str, said: str
) -> None:
    ledger.note_questions(ONE, [held(WORD, ROW)])
    with pytest.raises(LedgerError, match=said):
        ledger.answer(ONE, key, choice, by, why, scope)
    assert ledger.answers(key) == []


def test_a_key_is_found_by_its_first_digits(ledger: Ledger) -> None:
    ledger.note_questions(ONE, [held(WORD)])
    ledger.note_questions(TWO, [held(ROW)])
    assert [one["sha256"] for one in ledger.find_questions("1111")] == [ONE]
    for start in ("3333", "11"):
        with pytest.raises(LedgerError):
            ledger.find_questions(start)


def test_reading_anew_takes_refused_and_loaded_documents_alike(ledger: Ledger) -> None:
    ledger.note_read(TWO, "1", answers_used="ffff")
    ledger.note_staged(TWO, "night", "rows")
    assert ledger.document(TWO)["answers_used"] == "ffff"
    assert ledger.read_anew([ONE, TWO]) == 2
    assert (ledger.document(ONE)["state"], ledger.document(TWO)["reread"]) == ("landed", "wanted")
    assert [sha256 for sha256, _ in ledger.to_read("1", 1)] == [ONE, TWO]
    assert ledger.read_anew([ONE, TWO]) == 0, "they wait already"
