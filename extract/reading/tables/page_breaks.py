"""The first row of a page and the last row before it in, how a project's cells are cut by the page break out.

Publishers' software cuts a merged cell in five ways: the rest is blank, the text flows on, the text is printed again,
it stands on the second page only, or the whole text is drawn on both and clipped (placement.py makes that the third).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from extract.entities import Cell, Column, Printed
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS, PROJECT_LEVEL
from extract.reading.tables.drafts import Field
from extract.reading.tables.rows import Row

ENDS = tuple("。！；.!;）)”")
CLASSES = (
    "产出|效益|满意度|成本|数量|质量|时效|经济成本|社会成本|生态环境成本|经济效益|社会效益|生态效益|环境效益|"
    "可持续影响|可持续发展|服务对象满意度|社会公众满意度"
)
LEVEL = re.compile(rf"^(?:\d{{1,2}}\s*[-—–])?(?:{CLASSES})(?:指标|目标)?$")  # a level of the usual names, whole
LEVEL_END = re.compile(r".(?:指标|目标)$|^其[他它]$")
GOALS = (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)


class Cut(Enum):
    """What the first row of a page says about its project."""

    NONE = "a new project"
    BLANK = "the rest of the cell is blank"
    AGAIN = "the text is printed again"
    FLOWS = "the text flows on"


def judge_cut(row: Row, previous: dict[Column, Field], known: bool, merged: bool, units: Collection[str] = ()) -> Cut:
    """Decide from the project-level cells of the row; a new unit is always a new project.

    Not new is a unit whose name goes on: of `units`, those that the document has printed, or in mid-sentence.
    """
    before = {c: previous[c].text for c in PROJECT_LEVEL if c in previous}
    now = {c: row.text(c) for c in PROJECT_LEVEL if c in row.cells}
    name = now.get(Column.PROJECT, "")
    rest = {c: t for c, t in now.items() if t and c != Column.PROJECT}
    if known or not before:
        return Cut.NONE
    if not before.get(Column.PROJECT):
        return Cut.FLOWS
    unit, above = row.text(Column.UNIT), previous[Column.UNIT].text if Column.UNIT in previous else ""
    if unit and above and unit != above:
        broken = any(t and c in rest and not t.endswith(ENDS) for c, t in before.items() if c in GOALS)
        if not (name and merged and (above + unit in units or broken)) or any(c in rest for c in AMOUNTS):
            return Cut.NONE
    same = {c for c, t in rest.items() if t == before.get(c)}
    if not name:
        return Cut.AGAIN if rest and same == set(rest) else Cut.FLOWS if rest else Cut.BLANK
    amounts = {c for c in AMOUNTS if c in rest}
    if name == before.get(Column.PROJECT):
        if amounts - same:
            return Cut.NONE
        others = {c for c in rest if c not in same and c in GOALS}
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


def is_rest_of_level(above: str, now: str, page: int) -> bool:
    """Whether the text at the top of a page is the rest of a level that the page before began; raises Refused."""
    if not above or not now or above == now or LEVEL_END.search(above):
        return False
    if LEVEL.match(above + now):
        return True
    if not LEVEL_END.search(now):
        return not LEVEL.match(now) and bool(LEVEL_END.search(above + now))
    if not LEVEL.match(above):
        raise Refused(Reason.CONSERVATION, f"{now!r} may be a level or the rest of {above!r}", page)
    return False


def stands_below(cell: Cell, field: Field | None, last: int) -> bool:
    """Whether a blank cell, where a table merges its projects, is the upper part of one with its text on the next page.

    `field` is what stands above it, `last` the row at which the page cuts the table.
    """
    return not cell.text and field is not None and bool(field.text) and cell.row + cell.rowspan == last
