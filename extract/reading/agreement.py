"""Compare two readings of one document project by project, and make one reading of both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from extract.entities import Column, Finding, Held, Part, Reading, Record
from extract.errors import Reason
from extract.values import fold_text

BLANK = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
SECOND_MAY_HEAL = frozenset({Reason.CONSERVATION})  # other reasons say that nobody should load the project
Key = tuple[int, int]  # part and number of a project


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two readings of a project differ."""

    page: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class ProjectReading:
    """One project as one reader has it: its records, or why they are held back."""

    key: Key
    page: int
    name: str
    part: Part | None
    records: tuple[Record, ...]
    held: Held | None


def merge_readings(first: Reading, second: Reading, names: tuple[str, str]) -> Reading:
    """Make one reading of two; `names` are the readers'. What both deliver must be the same in every cell.

    A project that they read differently, or that one of them does not find, is held back (readers_disagree). One that
    only one of them delivers counts with the finding `single_reader`; the second may only heal a refusal of the first
    that speaks of its parser (conservation).
    """
    one, two = list_projects(first), list_projects(second)
    mine, other = [_identify(p) for p in one], [_identify(p) for p in two]
    records: list[Record] = []
    held: list[Held] = []
    findings = list(first.findings)
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, mine, other, autojunk=False).get_opcodes():
        if tag == "equal":
            for a, b in zip(one[a0:a1], two[b0:b1], strict=True):
                taken, finding = _choose(a, b)
                records += taken.records
                held += [taken.held] if taken.held else []
                findings += [finding] if finding else []
            continue
        for project, reader in (*((p, names[1]) for p in one[a0:a1]), *((p, names[0]) for p in two[b0:b1])):
            held.append(project.held or _hold(project, f"{reader} does not read the project on this page"))
    both = not any(f.code == "single_reader" for f in findings) and bool(records)
    return replace(
        first,
        readers=names if both else first.readers,
        records=tuple(records),
        findings=tuple(findings),
        held=tuple(sorted(held, key=lambda h: h.page)),
    )


def list_projects(reading: Reading) -> list[ProjectReading]:
    """List the projects of a reading in printed order, those that are held back too."""
    parts = {part.part: part for part in reading.parts}
    records: dict[Key, list[Record]] = {}
    for record in reading.records:
        records.setdefault((record.part, record.project_no), []).append(record)
    found = [
        ProjectReading(key, rows[0].page, _name_of(rows[0]), parts.get(key[0]), tuple(rows), None)
        for key, rows in records.items()
    ]
    found += [
        ProjectReading((h.part, h.project_no), h.page, fold_text(h.project or ""), parts.get(h.part), (), h)
        for h in reading.held
    ]
    return sorted(found, key=lambda p: (p.page, p.key if p.key[1] else (10**6, 0)))


def _name_of(record: Record) -> str:
    return fold_text(record.cells[Column.PROJECT].text) if Column.PROJECT in record.cells else ""


def _identify(project: ProjectReading) -> tuple[int, str]:
    """Return what says that two readers speak of the same project."""
    return project.page, BLANK.sub("", project.name)


def _choose(mine: ProjectReading, other: ProjectReading) -> tuple[ProjectReading, Finding | None]:
    """Choose between two readings of one project; return it with what a person should know."""
    if mine.records and other.records:
        difference = find_difference(mine, other)
        if difference is None:
            return mine, None
        return replace(mine, records=(), held=_hold(mine, difference.detail, difference.page)), None
    if mine.records and other.held is not None:
        return mine, _note_single(other.held)
    if other.records and mine.held is not None and mine.held.reason in SECOND_MAY_HEAL:
        part, number = mine.key
        records = tuple(replace(r, part=part, project_no=number) for r in other.records)
        return replace(other, key=mine.key, records=records), _note_single(mine.held)
    return mine, None


def _note_single(held: Held) -> Finding:
    return Finding("single_reader", f"the other reader: {held.reason}: page {held.page}: {held.detail}", held.page)


def _hold(project: ProjectReading, detail: str, page: int | None = None) -> Held:
    """Hold a project back because two readers do not agree about it."""
    record, pages = project.records[0], [r.page for r in project.records]
    named, unit = record.cells.get(Column.PROJECT), record.cells.get(Column.UNIT)
    return Held(
        Reason.READERS_DISAGREE,
        min(pages),
        max(pages),
        detail if page is None else f"page {page}, {detail}",
        (named.text if named else "") or None,
        (unit.text if unit else "") or None,
        *project.key,
        record.box,
        record.scope,
    )


def find_difference(mine: ProjectReading, other: ProjectReading) -> Difference | None:
    """Find the first difference of two readings of a project, None where every record, cell and amount is the same."""
    if mine.part and other.part:
        one, two = (
            (fold_text(p.title), fold_text(p.publisher), p.fiscal_year, p.document_kind.value)
            for p in (mine.part, other.part)
        )
        if one != two:
            return Difference(None, f"part: {one} and {two}")
    for a, b in zip(mine.records, other.records, strict=False):
        for found in _differ(a, b):
            return found
    if len(mine.records) != len(other.records):
        return Difference(mine.page, f"{len(mine.records)} and {len(other.records)} rows")
    return None


def fold_blanks(text: str) -> str:
    """Fold what two readers must agree on: all but blanks, which are judged by widths that fonts lie about.

    Between digits a blank counts: 1 200 may be two figures.
    """
    return BLANK.sub("", fold_text(text))


def _differ(mine: Record, other: Record) -> Iterator[Difference]:
    """Find what differs in two records."""
    if (mine.page, mine.scope, fold_text(mine.title)) != (other.page, other.scope, fold_text(other.title)):
        yield Difference(mine.page, f"row {mine.row} and row {other.row} of page {other.page}, titled {other.title!r}")
    for column in [*mine.cells, *(c for c in other.cells if c not in mine.cells)]:
        a, b = mine.cells.get(column), other.cells.get(column)
        if (a is None) != (b is None) or (a and b and fold_blanks(a.text) != fold_blanks(b.text)):
            left, right = a.text if a else None, b.text if b else None
            yield Difference(mine.page, f"row {mine.row}, {column}: {left!r} and {right!r}")
    if mine.amounts != other.amounts:
        yield Difference(mine.page, f"row {mine.row}: amounts {mine.amounts} and {other.amounts}")
