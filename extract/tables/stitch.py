"""The first row of a page and the last row before it in, how a project's cells are cut by the page break out.

Publishers' software cuts a merged cell in four ways: the rest is blank, the text flows on, the text is printed again,
or the whole text is drawn on both pages and clipped (placement.py makes that the third way).
"""

from __future__ import annotations

from enum import Enum

from extract.entities import Cell, Column, Printed
from extract.tables.drafts import AMOUNTS, PROJECT_LEVEL, Field
from extract.tables.rows import Row

ENDS = tuple("。！；.!;）)”")


class Cut(Enum):
    """What the first row of a page says about its project."""

    NONE = "a new project"
    BLANK = "the rest of the cell is blank"
    AGAIN = "the text is printed again"
    FLOWS = "the text flows on"


def judge_cut(row: Row, previous: dict[Column, Field], known: bool, merged: bool) -> Cut:
    """Decide from the project-level cells of the row; a new unit is always a new project."""
    before = {c: previous[c].text for c in PROJECT_LEVEL if c in previous}
    now = {c: row.text(c) for c in PROJECT_LEVEL if c in row.cells}
    unit = row.text(Column.UNIT)
    if known or not before or (unit and Column.UNIT in previous and unit != previous[Column.UNIT].text):
        return Cut.NONE
    name = now.get(Column.PROJECT, "")
    rest = {c: t for c, t in now.items() if t and c != Column.PROJECT}
    same = {c for c, t in rest.items() if t == before.get(c)}
    if not name:
        return Cut.AGAIN if rest and same == set(rest) else Cut.FLOWS if rest else Cut.BLANK
    amounts = {c for c in AMOUNTS if c in rest}
    if name == before.get(Column.PROJECT):
        if amounts - same:
            return Cut.NONE
        others = {c for c in rest if c not in same and c in (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)}
        begins_anew = any(before.get(c, "").endswith(ENDS) for c in others)
        return Cut.NONE if begins_anew and merged else Cut.FLOWS if others else Cut.AGAIN
    printed_before = {c for c in AMOUNTS if before.get(c)}
    if merged and printed_before and not amounts:
        return Cut.FLOWS
    return Cut.NONE


def join_fragment(field: Field, cell: Cell, page: int) -> None:
    """Add the rest of a cut text; a rest that is blank or says the whole again adds its place and no text."""
    text = "" if cell.text == field.text else cell.text
    field.fragments.append(Printed(text, page, cell.box))
