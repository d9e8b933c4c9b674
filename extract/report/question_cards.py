"""Present a question of the reader to a person: words, choices, image of the place, command to copy."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from extract.entities import IGNORED, Choice, Quad, Question, QuestionKind
from extract.report.page_images import PictureError, draw_archived
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
}
TO_MARK = (QuestionKind.SAME_COLUMN, QuestionKind.AMOUNT, QuestionKind.FIRST_ROW)  # their choices are places


def tell_choice(choice: Choice) -> str:
    """Return the English meaning of a choice whose printed text does not show it, else ""."""
    return CHOICE_WORDS.get(choice.value, "")


def draw_question(settings: Settings, sha256: str, question: Question) -> Path | None:
    """Draw what stands around the places of a question into JIXIAO_HOME/pictures; None where it cannot be drawn."""
    target = settings.home / "pictures" / f"{sha256}-{question.key}.png"
    if target.exists():
        return target
    try:
        return draw_archived(settings, sha256, question.page, target, list_boxes(question), close=True).path
    except PictureError:
        return None


def list_boxes(question: Question) -> list[Quad]:
    """List the boxes of a question's place and of its choices on the same page."""
    places = [question.box] if question.box is not None else []
    if question.kind in TO_MARK or not places:
        places += [one.box for one in question.choices if one.page == question.page and one.box is not None]
    return [(box.x0, box.y0, box.x1, box.y1) for box in dict.fromkeys(places)]


def show_command(question: Question, sha256: str) -> str:
    """Return the command that shows a question with its picture."""
    return shlex.join(["jixiao", "questions", "show", question.key, "--document", sha256[:12], "--png", "place.png"])


def answer_command(question: Question, choice: Choice, sha256: str) -> str:
    """Return the command that answers a question, but for the reason."""
    document = [] if question.is_general else ["--document", sha256[:12]]
    return shlex.join(["jixiao", "questions", "answer", question.key, choice.value, *document]) + ' --why "…"'


def merge_documents(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Merge the rows of one question that several documents of a publisher ask; `held` and `documents` add up."""
    merged: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        place = (row["publisher"], row["printed_publisher"]) if row["is_general"] else (row["sha256"],)
        one = merged.setdefault((*place, row["key"]), {**row, "held": 0, "documents": 0})
        one["held"] += row["held"]
        one["documents"] += 1
    return list(merged.values())
