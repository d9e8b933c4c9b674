"""List the questions of readers for the report: a close-up of each place, the choices, the commands to copy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from extract.entities import Box, Quad, Question
from extract.files import name_file
from extract.ledger import Ledger
from extract.report.linked_pages import Drawer, DrawnPage, Sheets
from extract.report.question_cards import QUESTION_WORDS, answer_command, list_places, merge_documents, tell_choice
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
            places = list_places(row["question"]) if row["href"] and place < MOST_PICTURES else []
            close_ups = [_close_up(boxes, drawer.draw(row["sha256"], page, [])) for page, boxes in places]
            row["close_ups"] = [one for one in close_ups if one is not None]
    return {"rows": shown, "total": len(found)}


def _describe(row: dict[str, Any]) -> dict[str, Any]:
    question: Question = row["question"]
    choices = [
        {
            "text": one.text or one.value,
            "means": tell_choice(one),
            "command": answer_command(question, one.value, row["sha256"]),
        }
        for one in question.choices
    ]
    file = name_file(row["first_url"])
    return {**row, "words": QUESTION_WORDS[question.kind], "file": file, "choices": choices}


def _close_up(boxes: Sequence[Quad], drawn: DrawnPage) -> dict[str, Any] | None:
    """Crop a drawn page to boxes, in points; None where there is no image."""
    if drawn.sheet is None or drawn.picture is None:
        return None
    top = max(0.0, min((y0 for _, y0, _, _ in boxes), default=0.0) - AROUND_PT)
    bottom = min(drawn.sheet.height, max((y1 for *_, y1 in boxes), default=drawn.sheet.height) + AROUND_PT)
    return {
        "picture": drawn.picture,
        "sheet": drawn.sheet,
        "boxes": [Box(*box) for box in boxes],
        "top": top,
        "height": bottom - top,
        "page": drawn.page,
    }
