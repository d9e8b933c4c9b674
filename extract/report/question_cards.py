"""Present a question of the reader to a person: words, choices, image of the place, command to copy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extract.entities import IGNORED, Choice, Question, QuestionKind
from extract.report.page_images import PagePlace, draw_archived
from extract.settings import Settings

QUESTION_WORDS = {
    QuestionKind.YEAR: "Of which year is the table with this title?",
    QuestionKind.HEADER_WORD: "Which column does this word head?",
    QuestionKind.SAME_COLUMN: "Which of these words heads this column?",
    QuestionKind.AMOUNT: "Which of these amounts counts?",
    QuestionKind.FIRST_ROW: "Does the first row of the page go on with the row above?",
}
CHOICE_WORDS = {
    IGNORED: "nothing that is loaded",
    "rest": "it goes on with the row above",
    "new": "it is a row of its own",
    "project": "it is another project, and its amount counts as well",
}
OF_TWO_PLACES = (QuestionKind.AMOUNT, QuestionKind.FIRST_ROW)  # one choice may be printed on a page before


def tell_choice(choice: Choice) -> str:
    """Return the English meaning of a choice whose printed text does not show it, else ""."""
    return CHOICE_WORDS.get(choice.value, "")


def draw_question(
    settings: Settings, sha256: str, question: Question, target: Path | None = None, *, close: bool = True
) -> Path:
    """Draw the places of a question, into JIXIAO_HOME/pictures without a target; raises PictureError.

    `close` leaves out what is far from them.
    """
    target = target or settings.home / "pictures" / f"{sha256}-{question.key}.png"
    *above, (page, boxes) = list_places(question)
    return draw_archived(settings, sha256, page, target, boxes, above=above, close=close).path


def list_places(question: Question) -> list[PagePlace]:
    """List the pages of a question in order, each with the boxes of what is asked and of what can be chosen.

    The last one is its own; one before it has the other amount, or the row above the page break.
    """
    asked = [Choice("", "", question.page, question.box), *question.choices]
    other = {one.page for one in asked if one.page and one.page < question.page and question.kind in OF_TWO_PLACES}
    return [
        (page, list(dict.fromkeys(one.box for one in asked if one.page == page and one.box is not None)))
        for page in (*sorted(other), question.page)
    ]


def answer_command(question: Question, choice: str, sha256: str) -> str:
    """Return the command that answers a question, but for the reason."""
    named = ["--publisher", question.publisher] if question.publisher else []
    place = named if question.is_general else ["--document", sha256[:12]]
    return shlex.join(["jixiao", "questions", "answer", question.key, choice, *place]) + ' --why "…"'


def merge_documents(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge the rows of one question that several documents of a publisher ask; `held` and `documents` add up."""
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        place = (row["publisher"], row["printed_publisher"]) if row["is_general"] else (row["sha256"],)
        one = merged.setdefault((*place, row["key"]), {**row, "held": 0, "documents": 0})
        one["held"] += row["held"]
        one["documents"] += 1
    return list(merged.values())
