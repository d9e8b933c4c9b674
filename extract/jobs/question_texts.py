"""Write the questions of one document as a text with options, and convert chosen options to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.entities import Question
from extract.errors import LedgerError
from extract.jobs.answered_documents import give_answer
from extract.ledger import ACTIONS, Ledger
from extract.report.page_images import PictureError
from extract.report.question_cards import QUESTION_WORDS, draw_question, tell_choice
from extract.settings import Settings
from extract.text import fold_name

NO_PICTURE = "No picture of the page can be drawn."
LONGEST_OPTION = 80  # characters of a choice's text
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a text in their order, shown at `address` by their numbers."""

    address: str
    files: list[Path] = field(default_factory=list)

    def add(self, file: Path | None, said: str) -> str:
        """Add a picture; return what shows it in Markdown."""
        if file is None:
            return NO_PICTURE
        self.files.append(file)
        url = f"{self.address}/{len(self.files)}.png"
        return f"[![{said}]({url})]({url})"  # Airflow shows it small; a click shows it whole


def list_documents(ledger: Ledger, ids: Sequence[str] = (), publisher: str | None = None) -> list[str]:
    """List the hashes of documents with open questions; raises LedgerError for others among `ids`."""
    found = dict.fromkeys(row["sha256"] for row in ledger.questions(is_open=True, publisher=publisher))
    wanted = {ledger.find_document(one.strip()) for one in ids if one.strip()}
    if left := wanted - set(found):
        raise LedgerError(f"documents without open questions: {', '.join(sha256[:12] for sha256 in sorted(left))}")
    return [sha256 for sha256 in found if not wanted or sha256 in wanted]


def list_options(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """List the options, numbered by question: (key, choice) of each."""
    options: dict[str, tuple[str, str]] = {}
    for number, row in enumerate(rows, 1):
        for place, choice in enumerate(row["question"].choices, 1):
            value = "" if fold_name(choice.text).startswith(fold_name(choice.value)) else choice.value
            text = plain_text(" – ".join(filter(None, (value, choice.text, tell_choice(choice)))))
            short = text if len(text) <= LONGEST_OPTION else text[: LONGEST_OPTION - 1] + "…"
            options[f"{number}.{place} {short}"] = row["key"], choice.value
    return options


def describe_questions(settings: Settings, sha256: str, rows: Sequence[Mapping[str, Any]], shown: Pictures) -> str:
    """Describe the questions of a document in Markdown, each with the picture of its place."""
    parts = []
    for number, row in enumerate(rows, 1):
        question = row["question"]
        near = f" ({plain_text(question.near)})" if question.near else ""
        lasts = "all documents of the publisher with this layout" if question.is_general else "this document"
        asked = f"page {question.page}: {plain_text(question.asked)}{near}"
        parts.append(
            f"**{number}. {QUESTION_WORDS[question.kind]}** {asked}\n\n"
            f"Projects that wait: {row['held']}; the answer is for {lasts}.\n\n"
            + _show_place(settings, sha256, question, shown)
        )
    told = "Choose **one option of each question** that you can answer, and write why; nothing else is changed."
    return "\n\n".join([*parts, told])


def _show_place(settings: Settings, sha256: str, question: Question, shown: Pictures) -> str:
    try:
        picture = draw_question(settings, sha256, question)
    except PictureError:
        picture = None
    return shown.add(picture, f"page {question.page}")


def follow_choices(settings: Settings, sha256: str, chosen: Sequence[str], by: str, why: str) -> str | None:
    """Store the answers among chosen options; None where none of them is one. Raises LedgerError.

    Two choices for one question, a choice beside a decision about the document, and a question that is no longer asked
    count as no answer.
    """
    answers = [one for one in chosen if one not in ACTIONS]
    if not answers:
        return None
    options = list_options(Ledger(settings.ledger_url or "").questions(is_open=True, sha256=sha256))
    if unknown := [one for one in answers if one not in options]:
        raise LedgerError(f"document {sha256[:12]}: questions that are no longer open: {', '.join(unknown)}")
    keys = [options[one][0] for one in answers]
    if len(set(keys)) != len(keys) or len(answers) != len(chosen):
        raise LedgerError(f"document {sha256[:12]}: expected one choice of each question, found {', '.join(chosen)}")
    given = [give_answer(settings, *options[one], by, why, asked_by=sha256) for one in answers]
    return ", ".join(f"{one.key}: {one.choice}" for one in given)


def plain_text(text: str | None) -> str:
    """Escape printed text for a Markdown body that Airflow renders with Jinja."""
    swapped = (text or "–").translate({ord(c): " " for c in "{}`<>|[]\r\n"})
    return swapped if len(swapped) <= LONGEST_TEXT else swapped[: LONGEST_TEXT - 1] + "…"
