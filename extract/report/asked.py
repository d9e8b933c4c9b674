"""List the questions of readers for the report: a close-up of each place, the choices, the commands to copy."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from extract.entities import Box, Question
from extract.ledger import Ledger
from extract.report.linked_pages import Drawer, DrawnPage, Sheets
from extract.report.question_cards import QUESTION_WORDS, answer_command, list_boxes, merge_documents, tell_choice
from extract.settings import Settings

MOST_QUESTIONS = 100  # on the page
MOST_PICTURES = 20  # close-ups on the page
AROUND_PT = 60.0  # of the printed page above and below a place


def list_asked(settings: Settings, target: Path, sheets: Sheets) -> dict[str, Any]:
    """List the questions that hold something back, those that hold back most first; `total` counts them all."""
    found = merge_documents(Ledger(settings.ledger_url or "").questions(is_open=True))
    found.sort(key=lambda row: -row["held"])
    shown = [_describe(row) for row in found[:MOST_QUESTIONS]]
    with closing(Drawer(settings, target, settings.report_megabytes << 18)) as drawer:  # a quarter: cells need theirs
        for place, row in enumerate(shown):
            row["href"] = sheets.link(row["sha256"], row["page"]) if place < settings.report_pages // 3 else None
            row["close_up"] = None
            if row["href"] and place < MOST_PICTURES:
                row["close_up"] = _close_up(row["question"], drawer.draw(row["sha256"], row["page"], []))
    return {"rows": shown, "total": len(found)}


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    question: Question = row["question"]
    choices = [
        {
            "text": one.text or one.value,
            "means": tell_choice(one),
            "command": answer_command(question, one, row["sha256"]),
        }
        for one in question.choices
    ]
    return {**row, "words": QUESTION_WORDS[question.kind], "choices": choices}


def _close_up(question: Question, drawn: DrawnPage) -> dict[str, Any] | None:
    """Crop a drawn page to the places of a question, in points; None where there is no image."""
    boxes = [Box(*sides) for sides in list_boxes(question)]
    if drawn.sheet is None or drawn.picture is None:
        return None
    top = max(0.0, min((box.y0 for box in boxes), default=0.0) - AROUND_PT)
    bottom = min(drawn.sheet.height, max((box.y1 for box in boxes), default=drawn.sheet.height) + AROUND_PT)
    return {"picture": drawn.picture, "sheet": drawn.sheet, "boxes": boxes, "top": top, "height": bottom - top}
