"""Serialise readings, refusals, questions and answers to JSON, and parse them back.

Used between child and parent, and between the steps `read` and `stage`. Amounts are decimal strings and boxes are
lists, so nothing is rounded. Grids are only written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from extract.entities import (
    Answer,
    Box,
    Choice,
    Column,
    CrossCheck,
    DocumentKind,
    Finding,
    Grid,
    Held,
    PageGrids,
    Part,
    Printed,
    Question,
    QuestionKind,
    Reading,
    Record,
    Scope,
)
from extract.errors import Reason, Refused

FORMAT = 3


def reading_to_json(reading: Reading) -> str:
    """Serialise a Reading to one line of JSON, the same for equal readings."""
    return json.dumps(
        {
            "format": FORMAT,
            "sha256": reading.sha256,
            "page_count": reading.page_count,
            "readers": list(reading.readers),
            "parts": [_part_to_dict(p) for p in reading.parts],
            "records": [_record_to_dict(r) for r in reading.records],
            "findings": [[f.code, f.detail, f.page] for f in reading.findings],
            "held": [held_to_dict(h) for h in reading.held],
            "questions": _questions_to_dicts(reading.held),
            "cross_checks": [asdict(check) for check in reading.cross_checks],
            "settled": [question_to_dict(q) for q in reading.settled],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def reading_from_json(text: str) -> Reading:
    """Parse a Reading that `reading_to_json` wrote; raises ValueError for another format."""
    data = json.loads(text)
    if data.get("format") != FORMAT:
        raise ValueError(f"reading of format {data.get('format')!r}, expected {FORMAT}")
    return Reading(
        data["sha256"],
        data["page_count"],
        tuple(data["readers"]),
        tuple(_part_from_dict(p) for p in data["parts"]),
        tuple(_record_from_dict(r) for r in data["records"]),
        tuple(Finding(code, detail, page) for code, detail, page in data["findings"]),
        _held_from_dicts(data),
        tuple(CrossCheck(**check) for check in data["cross_checks"]),
        tuple(question_from_dict(q) for q in data["settled"]),
    )


def held_to_dict(held: Held) -> dict[str, Any]:
    """Convert a held project to plain objects, its questions to their keys; `held_from_dict` is the inverse."""
    return {
        "reason": held.reason.value,
        "pages": [held.page, held.last_page],
        "detail": held.detail,
        "project": held.project,
        "unit": held.unit,
        "number": [held.part, held.project_no],
        "box": held.box and list(held.box),
        "scope": held.scope.value,
        "questions": [question.key for question in held.questions],
    }


def _questions_to_dicts(held: Iterable[Held]) -> list[dict[str, Any]]:
    """Convert the questions of held projects to plain objects, each once."""
    return [question_to_dict(q) for q in {q.key: q for one in held for q in one.questions}.values()]


def _held_from_dicts(data: dict[str, Any]) -> tuple[Held, ...]:
    """Build the held projects of a reading or refusal with their questions."""
    questions = {one["key"]: question_from_dict(one) for one in data.get("questions", ())}
    return tuple(held_from_dict(one, questions) for one in data.get("held", ()))


def held_from_dict(data: dict[str, Any], questions: Mapping[str, Question]) -> Held:
    """Build a held project from what `held_to_dict` returned; `questions` by their keys."""
    box = Box(*data["box"]) if data["box"] else None
    where, number = data["pages"], data["number"]
    return Held(
        Reason(data["reason"]),
        where[0],
        where[1],
        data["detail"],
        data["project"],
        data["unit"],
        number[0],
        number[1],
        box,
        Scope(data["scope"]),
        tuple(questions[key] for key in data["questions"]),
    )


def question_to_dict(question: Question) -> dict[str, Any]:
    """Convert a question to plain objects; `question_from_dict` is the inverse."""
    return asdict(question)


def question_from_dict(data: dict[str, Any]) -> Question:
    """Build a question from what `question_to_dict` returned."""
    choices = tuple(Choice(**{**one, "box": _box_of(one["box"])}) for one in data["choices"])
    given = {"kind": QuestionKind(data["kind"]), "choices": choices, "box": _box_of(data["box"])}
    return Question(**{**data, **given})


def _box_of(sides: list[float] | None) -> Box | None:
    return Box(*sides) if sides else None


def answer_to_dict(answer: Answer) -> dict[str, str]:
    """Convert an answer to plain objects; `answer_from_dict` is the inverse."""
    return asdict(answer)


def answer_from_dict(data: dict[str, str]) -> Answer:
    """Build an answer from what `answer_to_dict` returned."""
    return Answer(**data)


def refusal_to_dict(refusal: Refused) -> dict[str, Any]:
    """Convert a refusal to plain objects; `refusal_from_dict` is the inverse."""
    return {
        "refused": refusal.reason.value,
        "detail": refusal.detail,
        "page": refusal.page,
        "held": [held_to_dict(one) for one in refusal.held],
        "questions": _questions_to_dicts(refusal.held),
    }


def refusal_from_dict(data: dict[str, Any]) -> Refused:
    """Build a refusal from what `refusal_to_dict` returned."""
    return Refused(Reason(data["refused"]), data["detail"], data["page"], _held_from_dicts(data))


def _part_to_dict(part: Part) -> dict[str, Any]:
    return {
        "part": part.part,
        "title": part.title,
        "publisher": part.publisher,
        "fiscal_year": part.fiscal_year,
        "document_kind": part.document_kind.value,
        "columns": [c.value for c in part.columns],
        "headers": list(part.headers),
    }


def _part_from_dict(data: dict[str, Any]) -> Part:
    return Part(
        data["part"],
        data["title"],
        data["publisher"],
        data["fiscal_year"],
        DocumentKind(data["document_kind"]),
        tuple(Column(c) for c in data["columns"]),
        tuple(data["headers"]),
    )


def _record_to_dict(record: Record) -> dict[str, Any]:
    return {
        "place": [record.part, record.table, record.page, record.row, record.project_no],
        "box": list(record.box),
        "cells": {c.value: [p.text, p.page, *p.box] for c, p in record.cells.items()},
        "amounts": {c.value: str(a) for c, a in record.amounts.items()},
        "scope": record.scope.value,
        "title": record.title,
    }


def _record_from_dict(data: dict[str, Any]) -> Record:
    part, table, page, row, project_no = data["place"]
    cells = {Column(c): Printed(text, at, Box(*box)) for c, (text, at, *box) in data["cells"].items()}
    amounts = {Column(c): Decimal(a) for c, a in data["amounts"].items()}
    where = part, table, page, row, project_no, Box(*data["box"])
    return Record(*where, cells, amounts, Scope(data["scope"]), data["title"])


def grids_to_dicts(pages: tuple[PageGrids, ...]) -> list[dict[str, Any]]:
    """Convert pages, tables and cells to plain objects."""
    return [
        {
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "lines": [{"text": line.text, "bbox": list(line.box)} for line in page.lines],
            "tables": [_grid_to_dict(grid) for grid in page.grids],
        }
        for page in pages
    ]


def _grid_to_dict(grid: Grid) -> dict[str, Any]:
    return {
        "table": grid.table,
        "bbox": list(grid.box),
        "rows": grid.n_rows,
        "cols": grid.n_cols,
        "cells": [
            {
                "row": cell.row,
                "col": cell.col,
                "rowspan": cell.rowspan,
                "colspan": cell.colspan,
                "bbox": list(cell.box),
                "text": cell.text,
            }
            for cell in grid.cells
        ],
    }
