"""Freeze draft records to Parts and Records: amounts in 元, values joined, rows numbered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from extract.entities import Column, Finding, Held, Part, Printed, Question, Record
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS
from extract.reading.tables.draft_parts import DraftPart
from extract.reading.tables.drafts import Doubt, Draft, Field, Project, confine, doubt_of
from extract.reading.tables.header_words import normalise
from extract.values import parse_amount
from extract.values.vocabulary import MONEY_FACTORS

NO_AMOUNT = frozenset({"", "-", "—", "--", "/", "无"})
OWN_UNIT = re.compile(r"[亿万千]?元|[亿万]$")
CODE_AND_NAME = re.compile(r"^(\d{8}[A-Z]\d{11}[0-9A-Z])\s*[-—–]")  # of the 一体化 system: 11000022T000000444016-…
NOT_ZERO = re.compile(r"[1-9]")
SIGNS = re.compile(r"^[≥≧⩾≤≦⩽><＞＜=＝═±≈]|^(?:大于|小于|等于|不低于|不少于|不超过|不高于)")


class RecordDoubt(NamedTuple):
    """A refusal of one record."""

    record: Record
    refusal: Refused


def build_parts(
    drafts: list[DraftPart],
    check: Callable[[tuple[Record, ...]], Iterable[RecordDoubt]],
    lost: Sequence[Doubt] = (),
    title: str = "",
) -> tuple[tuple[Part, ...], tuple[Record, ...], tuple[Held, ...]]:
    """Freeze everything without a doubt; the rest is held back, each project with its first doubt.

    `check` finds doubts in records; `lost` are places that belong to no project; `title` is the document's
    own, where it has one. The projects must be numbered.
    """
    parts: list[Part] = []
    records: dict[int, tuple[Record, Project]] = {}
    rows: Counter[int] = Counter()
    for number, part in enumerate(drafts, 1):
        year = part.year or 0
        name = title or part.heading.title
        parts.append(Part(number, name, part.publisher, year, part.kind, part.columns, part.headers))
        if part.year is None:
            _doubt_year(part)
        for draft in part.drafts:
            rows[draft.page] += 1
            draft.part, draft.row = number, rows[draft.page]
            with confine(draft.project.doubts, draft.page):
                record = _build_record(draft)
                records[id(record)] = record, draft.project
    believed = tuple(record for record, project in records.values() if not project.doubts)
    for doubt in check(believed):
        project = records[id(doubt.record)][1]
        project.doubts.append(doubt_of(doubt.refusal, doubt.record.page, doubt.record.box))
    delivered = tuple(record for record in believed if not records[id(record)][1].doubts)
    held = [h for number, part in enumerate(drafts, 1) for h in _list_held(number, part)]
    held += [Held(d.reason, d.page, max(d.page, d.last_page), d.detail, d.project or None, box=d.box) for d in lost]
    with_rows = {record.part for record in delivered} | {one.part for one in held}
    known = tuple(part for part in parts if part.part in with_rows)
    return known, delivered, tuple(sorted(held, key=lambda one: one.page))


def _doubt_year(part: DraftPart) -> None:
    """Hold back every project of a part without a fiscal year."""
    for draft in part.drafts:
        detail = part.conflict or f"no fiscal year is printed with {part.heading.title!r}"
        question = part.question if part.question is not None and part.question.choices else None
        draft.project.doubts.append(Doubt(Reason.YEAR_UNKNOWN, draft.page, detail, question=question))


def _list_held(number: int, part: DraftPart) -> Iterator[Held]:
    """Name each project of a part that has a doubt, with the pages on which it stands."""
    doubtful = [project for project in part.projects if project.doubts]
    pieces: dict[int, list[Printed]] = {id(project): [] for project in doubtful}
    for project, piece in list_pieces(part) if doubtful else ():
        if id(project) in pieces:
            pieces[id(project)].append(piece)
    for project in doubtful:
        first, mine = project.doubts[0], pieces[id(project)]
        pages = [piece.page for piece in mine] or [first.page]
        yield Held(
            first.reason,
            min(pages),
            max(pages),
            first.detail,
            project.name or None,
            project.unit_text or _text(project, Column.UNIT) or None,
            number,
            project.number,
            first.box or (mine[0].box if mine else None),
            project.scope,
            list_questions(project, part.publisher),
        )


def list_questions(project: Project, publisher: str) -> tuple[Question, ...]:
    """List the questions whose answers may load a held-back project; [] if its first doubt has no question."""
    if project.doubts[0].question is None:
        return ()
    asked = {doubt.question.key: doubt.question for doubt in project.doubts if doubt.question is not None}
    return tuple(replace(question, publisher=publisher) for question in asked.values())


def list_pieces(part: DraftPart) -> Iterator[tuple[Project, Printed]]:
    """List each printed piece of a part's projects: of their heads and of their indicator rows."""
    for project in part.projects:
        for field in project.fields.values():
            yield from ((project, piece) for piece in field.fragments)
    for draft in part.drafts:
        for field in draft.fields.values():
            yield from ((draft.project, piece) for piece in field.fragments)


def _text(project: Project, column: Column) -> str:
    return project.fields[column].text if column in project.fields else ""


def drop_copies(drafts: Sequence[DraftPart]) -> list[Finding]:
    """Count a form that is printed twice, word for word, once; return the findings."""
    seen: dict[tuple[tuple[str, ...], ...], int] = {}
    findings = []
    for part in drafts:
        rows: dict[int, list[Draft]] = {}
        for draft in part.drafts:
            if not draft.project.in_flat_table:
                rows.setdefault(id(draft.project), []).append(draft)
        for mine in rows.values():
            project = mine[0].project
            said = tuple(_texts_of(fields) for fields in (project.fields, *(draft.fields for draft in mine)))
            page = mine[0].page
            if seen.setdefault(said, page) != page and not project.doubts:
                part.drafts = [draft for draft in part.drafts if draft.project is not project]
                part.projects[:] = [one for one in part.projects if one is not project]
                detail = f"the form of {project.name!r} on page {seen[said]} is printed again: its rows count once"
                findings.append(Finding("printed_twice", detail, page))
    return findings


def _texts_of(fields: Mapping[Column, Field]) -> tuple[str, ...]:
    return tuple(f"{column}={field.text}" for column, field in fields.items())


def number_projects(drafts: Iterable[DraftPart]) -> None:
    """Assign numbers 1, 2, 3 … to the projects of each part in printed order."""
    for part in drafts:
        _number_projects(part)


def _number_projects(part: DraftPart) -> None:
    seen: dict[int, Project] = {}
    for draft in part.drafts:
        if id(draft.project) not in seen:
            seen[id(draft.project)] = draft.project
            draft.project.number = len(seen)
    for project in part.projects:  # heads whose rows were never read are held back and counted last
        if id(project) not in seen:
            seen[id(project)] = project
            project.number = len(seen)


def _build_record(draft: Draft) -> Record:
    cells = {c: f.printed() for c, f in draft.fields.items()}
    for column, field in draft.project.fields.items():
        if column not in cells or not cells[column].text:
            cells[column] = field.printed()
    _join_value(cells)
    _split_code(cells)
    amounts: dict[Column, Decimal] = {}
    for column in AMOUNTS:
        if column in cells and normalise(cells[column].text) not in NO_AMOUNT:
            amounts[column] = _read_amount(cells[column], draft.money_units.get(column))
    project, where = draft.project, (draft.part, draft.table, draft.page, draft.row, draft.project.number, draft.box)
    return Record(*where, cells, amounts, project.scope, project.title)


def _read_amount(printed: Printed, unit: str | None) -> Decimal:
    """Parse an amount; raises Refused (unreadable_amount) with the page, also without 元 or 万元."""
    if unit is None and not OWN_UNIT.search(printed.text) and NOT_ZERO.search(printed.text):
        detail = f"no money unit is printed for {printed.text!r}"
        raise Refused(Reason.UNREADABLE_AMOUNT, detail, printed.page)
    try:
        return parse_amount(printed.text, Decimal(MONEY_FACTORS[unit or "元"]))
    except Refused as refusal:
        raise Refused(refusal.reason, refusal.detail, printed.page) from None


def _split_code(cells: dict[Column, Printed]) -> None:
    """Split off the code before a project's name in one cell; the name stays as printed."""
    name = cells.get(Column.PROJECT)
    code = CODE_AND_NAME.match(name.text) if name is not None else None
    if name is not None and code and not (Column.PROJECT_CODE in cells and cells[Column.PROJECT_CODE].text):
        cells[Column.PROJECT_CODE] = Printed(code.group(1), name.page, name.box)


def _join_value(cells: dict[Column, Printed]) -> None:
    """Join sign, value and unit of separate columns to the annual value; those in the value cell have precedence."""
    value = cells.get(Column.VALUE)
    if value is None or Column.ANNUAL_VALUE in cells:
        return
    sign = cells[Column.SIGN].text if Column.SIGN in cells else ""
    unit = cells[Column.MEASURE_UNIT].text if Column.MEASURE_UNIT in cells else ""
    before = "" if SIGNS.match(value.text) else sign
    after = "" if unit and value.text.endswith(unit) else unit
    cells[Column.ANNUAL_VALUE] = Printed(before + value.text + after, value.page, value.box)
