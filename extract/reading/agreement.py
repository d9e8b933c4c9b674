"""Two readings of one document in, the first difference out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.entities import Reading, Record
from extract.text import fold_text

BLANK = re.compile(r"(?<!\d)\s+|\s+(?!\d)")


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two readings differ."""

    page: int | None
    detail: str


def find_difference(first: Reading, second: Reading) -> Difference | None:
    """None where both say the same in every part, record, cell and amount."""
    one = [(fold_text(p.title), p.fiscal_year, p.document_kind, p.columns) for p in first.parts]
    two = [(fold_text(p.title), p.fiscal_year, p.document_kind, p.columns) for p in second.parts]
    if one != two:
        return Difference(None, f"parts: {one} and {two}")
    for mine, other in zip(first.records, second.records, strict=False):
        found = _differ(mine, other)
        if found:
            return found
    if len(first.records) != len(second.records):
        return Difference(None, f"{len(first.records)} and {len(second.records)} rows")
    return None


def _fold(text: str) -> str:
    """What two readers must agree on: all but blanks, which are judged by widths that fonts lie about.

    Between digits a blank counts: 1 200 may be two figures.
    """
    return BLANK.sub("", fold_text(text))


def _differ(mine: Record, other: Record) -> Difference | None:
    """The first difference of two records."""
    if (mine.page, mine.row, mine.project_no) != (other.page, other.row, other.project_no):
        place = f"row {mine.row} of project {mine.project_no} and row {other.row} of page {other.page}"
        return Difference(mine.page, f"{place}, project {other.project_no}")
    for column in [*mine.cells, *(c for c in other.cells if c not in mine.cells)]:
        a, b = mine.cells.get(column), other.cells.get(column)
        if (a is None) != (b is None) or (a and b and _fold(a.text) != _fold(b.text)):
            left, right = a.text if a else None, b.text if b else None
            return Difference(mine.page, f"row {mine.row}, {column}: {left!r} and {right!r}")
    if mine.amounts != other.amounts:
        return Difference(mine.page, f"row {mine.row}: amounts {mine.amounts} and {other.amounts}")
    return None
