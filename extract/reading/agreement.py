"""Compare the readings of one document project by project, and make one reading of two or three.

Two readers that agree are enough. Where they differ, or one of them cannot read, a third one decides: two of three
win, with a finding that names the odd one, and where no two agree the project is held back. A third reader overrules
only problems of a parser (`MAY_HEAL`); it never adds a project that the first reader does not find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache

from extract.entities import Column, Finding, Held, PageGrids, Part, Reading, Record
from extract.errors import Reason
from extract.reading.page import CheckedPage
from extract.values import fold_text

BLANK = re.compile(r"(?<!\d)\s+|\s+(?!\d)")
MAY_HEAL = frozenset({Reason.CONSERVATION})  # with any other reason the project stays held back
ODD_READER = "odd_reader"
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


@dataclass(frozen=True, slots=True)
class Trio:
    """One project as each reader has it, None where a reader does not find it or was not asked."""

    first: ProjectReading | None
    second: ProjectReading | None
    third: ProjectReading | None


def is_same_page(one: CheckedPage, other: CheckedPage) -> bool:
    """Return True if two readers read a page alike: its cells, its lines, what is cut of them, and no problem."""
    if one.problems or other.problems or one.notes or other.notes:
        return False
    if (one.typed, one.hidden) != (other.typed, other.hidden) or list_cuts(one) != list_cuts(other):
        return False
    return list_texts(one.grids) == list_texts(other.grids)


def list_cuts(page: CheckedPage) -> list[object]:
    """List the cut texts of a page with what of them is shown, to a hundredth of a line's height."""
    return [
        (
            fold_blanks(cut.text),
            (cut.shown, cut.cut, cut.own, cut.figure),
            [(fold_blanks(line.text), round(line.shown, 2)) for line in cut.lines],
        )
        for cut in page.cut
    ]


def list_texts(page: PageGrids) -> list[object]:
    """List the texts of a page: its lines from top to bottom, its tables cell by cell."""
    lines = sorted(fold_blanks(line.text) for line in page.lines)
    cells = [
        (grid.table, cell.row, cell.col, cell.rowspan, cell.colspan, fold_blanks(cell.text))
        for grid in page.grids
        for cell in grid.cells
    ]
    return [lines, cells]


def are_agreed(first: Reading, second: Reading) -> bool:
    """Return True if both readings agree on every project, so that no third reader is needed."""
    return all(_settle(trio) is not None for trio in _match(first, second, None))


def merge_readings(first: Reading, second: Reading | None, third: Reading | None, names: Sequence[str]) -> Reading:
    """Merge the first reader's reading with the others' by project; `names` are all readers'.

    A reading is None where its reader could not read, or, the third one, where it was not needed.
    """
    records: list[Record] = []
    held: list[Held] = []
    findings = list(first.findings)
    for trio in _match(first, second, third):
        chosen, odd = _settle(trio), None
        if chosen is None:
            chosen, odd = _decide(trio, names, was_asked=third is not None)
        if chosen is not None:
            records += chosen.records
            held += [chosen.held] if chosen.held else []
        findings += [odd] if odd else []
    heard = [name for name, reading in zip(names, (first, second, third), strict=False) if reading is not None]
    return replace(
        first,
        readers=tuple(heard) if records else first.readers,
        records=tuple(records),
        findings=tuple(dict.fromkeys(findings)),
        held=tuple(sorted(held, key=lambda h: h.page)),
    )


def _match(first: Reading, second: Reading | None, third: Reading | None) -> list[Trio]:
    """Match the projects of the readings to trios, in the order of the first; those that it lacks come last."""
    mine = list_projects(first)
    others = [list_projects(reading) if reading is not None else [] for reading in (second, third)]
    found = [_align(mine, other) for other in others]
    trios = [Trio(project, b, c) for project, b, c in zip(mine, *(partners for partners, _ in found), strict=True)]
    rest_b, rest_c = (rest for _, rest in found)
    pairs, only_c = _align(rest_b, rest_c)
    return (
        trios + [Trio(None, b, c) for b, c in zip(rest_b, pairs, strict=True)] + [Trio(None, None, c) for c in only_c]
    )


def _align(
    mine: list[ProjectReading], other: list[ProjectReading]
) -> tuple[list[ProjectReading | None], list[ProjectReading]]:
    """Return for each of `mine` the other reader's project or None, and the other reader's unmatched projects."""
    partners: list[ProjectReading | None] = [None] * len(mine)
    left: list[ProjectReading] = []
    matcher = SequenceMatcher(None, [_identify(p) for p in mine], [_identify(p) for p in other], autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            partners[a0:a1] = other[b0:b1]
        else:
            left += other[b0:b1]
    return partners, left


def _settle(trio: Trio) -> ProjectReading | None:
    """Return the project that the first two readers agree on, None where the third one decides."""
    mine, other = trio.first, trio.second
    if mine is None:
        return None
    if mine.held is not None:
        return mine if mine.held.reason not in MAY_HEAL or (other is not None and other.held is not None) else None
    return mine if _are_same(mine, other) else None


def _decide(trio: Trio, names: Sequence[str], *, was_asked: bool) -> tuple[ProjectReading | None, Finding | None]:
    """Decide a project on which the first two readers differ: the reading that two of three share, else held back.

    Returns the project, None where two of three do not find it, and a finding that names the outvoted reader.
    """
    mine, other, third = trio.first, trio.second, trio.third
    if mine is None:
        return _decide_extra(other, third, names, was_asked=was_asked)
    if mine.records and _are_same(mine, third):
        return mine, _report_outvoted(mine, names[1], _describe_difference(mine, other, names[1]))
    if _are_same(other, third) and third is not None and _have_one_part(mine, third):
        part, number = mine.key
        records = tuple(replace(r, part=part, project_no=number) for r in third.records)
        return replace(third, key=mine.key, records=records), _report_outvoted(
            mine, names[0], _describe_difference(third, mine, "")
        )
    if mine.held is not None:
        return mine, None
    detail = f"{_describe_difference(mine, other, names[1])}; {_describe_difference(mine, third, names[2])}"
    return replace(mine, records=(), held=_hold(mine, detail)), None


def _decide_extra(
    other: ProjectReading | None, third: ProjectReading | None, names: Sequence[str], *, was_asked: bool
) -> tuple[ProjectReading | None, Finding | None]:
    """Decide a project that the first reader does not find: held back, unless another reader does not find it too."""
    if other is not None and (third is not None or not was_asked):
        project = third if third is not None and third.held is not None else other
        return replace(project, records=(), held=project.held or _hold(project, _describe_absence(names[0]))), None
    reader = names[2] if other is None else names[1]
    return None, _report_outvoted(other or third, reader, "no other reader finds a project here")


def _are_same(mine: ProjectReading | None, other: ProjectReading | None) -> bool:
    """Return True if two readers deliver a project with equal contents."""
    if mine is None or other is None or not mine.records or not other.records:
        return False
    return find_difference(mine, other) is None


def _have_one_part(mine: ProjectReading, other: ProjectReading) -> bool:
    """Return True if two readers put a project into the same part of the document."""
    return mine.part is not None and other.part is not None and _describe_part(mine.part) == _describe_part(other.part)


def _describe_absence(reader: str) -> str:
    return f"{reader} does not read the project on this page"


def _describe_difference(mine: ProjectReading, other: ProjectReading | None, reader: str) -> str:
    """Describe how a reader differs from the chosen reading, or why it delivers nothing."""
    if other is None:
        return _describe_absence(reader)
    if other.held is not None:
        return f"{reader} holds it back: {other.held.reason}: {other.held.detail}"
    difference = find_difference(mine, other)
    if difference is None:
        return f"{reader} reads the same"
    return f"{reader} differs: page {difference.page}, {difference.detail}"


def _report_outvoted(project: ProjectReading | None, reader: str, detail: str) -> Finding:
    """Report the reader that two others outvote."""
    name, page = (project.name, project.page) if project is not None else ("", None)
    return Finding(ODD_READER, f"{reader} is outvoted about {name!r}: {detail}", page)


def list_projects(reading: Reading) -> list[ProjectReading]:
    """List the projects of a reading in printed order, including those held back."""
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
    """Return the key by which projects of two readers are matched."""
    return project.page, BLANK.sub("", project.name)


def _hold(project: ProjectReading, detail: str) -> Held:
    """Hold a project back because no two readers agree about it."""
    record, pages = project.records[0], [r.page for r in project.records]
    named, unit = record.cells.get(Column.PROJECT), record.cells.get(Column.UNIT)
    return Held(
        Reason.READERS_DISAGREE,
        min(pages),
        max(pages),
        detail,
        (named.text if named else "") or None,
        (unit.text if unit else "") or None,
        *project.key,
        record.box,
        record.scope,
    )


def find_difference(mine: ProjectReading, other: ProjectReading) -> Difference | None:
    """Find the first difference of two readings of a project, None where every record, cell and amount is the same."""
    if mine.part and other.part:
        one, two = _describe_part(mine.part), _describe_part(other.part)
        if one != two:
            return Difference(None, f"part: {one} and {two}")
    for a, b in zip(mine.records, other.records, strict=False):
        for found in _list_differences(a, b):
            return found
    if len(mine.records) != len(other.records):
        return Difference(mine.page, f"{len(mine.records)} and {len(other.records)} rows")
    return None


def _describe_part(part: Part) -> tuple[str, str, int | None, str]:
    return fold_text(part.title), fold_text(part.publisher), part.fiscal_year, part.document_kind.value


@lru_cache(maxsize=8192)  # two readers nearly always give the same text
def fold_blanks(text: str) -> str:
    """Fold a text for comparing readers: remove blanks, which depend on unreliable font widths.

    Between digits a blank counts: 1 200 may be two figures.
    """
    return BLANK.sub("", fold_text(text))


def _list_differences(mine: Record, other: Record) -> Iterator[Difference]:
    """Find what differs in two records."""
    if (mine.page, mine.scope, fold_text(mine.title)) != (other.page, other.scope, fold_text(other.title)):
        yield Difference(mine.page, f"row {mine.row} and row {other.row} of page {other.page}, titled {other.title!r}")
    for column in [*mine.cells, *(c for c in other.cells if c not in mine.cells)]:
        a, b = mine.cells.get(column), other.cells.get(column)
        if (a is None) != (b is None) or (a and b and a.text != b.text and fold_blanks(a.text) != fold_blanks(b.text)):
            left, right = a.text if a else None, b.text if b else None
            yield Difference(mine.page, f"row {mine.row}, {column}: {left!r} and {right!r}")
    if mine.amounts != other.amounts:
        yield Difference(mine.page, f"row {mine.row}: amounts {mine.amounts} and {other.amounts}")
