"""Report which loaded rows depend on a person's answer to a question of the reader, and who gave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from extract.entities import Column, Finding, Question, Record
from extract.reading.tables.draft_parts import DraftPart
from extract.reading.tables.inquiry import find_answer

MOST_NAMES = 3  # of projects that a finding names
LONGEST_TEXT = 80  # characters of a chosen text that a finding repeats


def list_answers(drafts: Sequence[DraftPart], records: Sequence[Record]) -> tuple[tuple[Question, ...], list[Finding]]:
    """List the questions on whose answers loaded rows depend, and one finding `answered` per question and page.

    The projects must have numbers (`number_projects`).
    """
    questions: dict[str, Question] = {}
    of_project: dict[tuple[int, int], set[str]] = {}
    for number, part in enumerate(drafts, 1):
        for project in part.projects:
            for question in project.settled:
                questions.setdefault(question.key, replace(question, publisher=part.publisher))
            of_project[number, project.number] = {question.key for question in project.settled}
    pages: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        for key in sorted(of_project.get((record.part, record.project_no), ())):
            pages[key, record.page].append(record)
    findings = [
        _describe_answer(questions[key], page, rows)
        for (key, page), rows in sorted(pages.items(), key=lambda p: p[0][1])
    ]
    used = {key for key, _ in pages}
    return tuple(question for key, question in questions.items() if key in used), findings


def _describe_answer(question: Question, page: int, rows: Sequence[Record]) -> Finding:
    """Make the finding of one page: the question, the choice, its author and reason, the projects that depend on it."""
    answer = find_answer(question)
    chosen = next(choice for choice in question.choices if choice.value == question.answer)
    text = chosen.text if len(chosen.text) <= LONGEST_TEXT else chosen.text[: LONGEST_TEXT - 1] + "…"
    named = dict.fromkeys(row.cells[Column.PROJECT].text for row in rows if Column.PROJECT in row.cells)
    names = ", ".join([*list(named)[:MOST_NAMES], *(["…"] if len(named) > MOST_NAMES else [])])
    who = f"{answer.by}: {answer.why}" if answer is not None and answer.why else answer.by if answer else ""
    what = f"{question.kind} of {question.asked!r}: {chosen.value}" + (f" ({text})" if text else "")
    return Finding("answered", f"{what}; by {who}; {len(rows)} rows: {names}", page)
