"""Decide how a page break cuts a project's cells, from the rows on both sides of it.

Software cuts a merged cell at a page break in five ways: the lower part is blank, the text continues, the text is
repeated, the upper part is blank, or the whole text is drawn on both pages and clipped (placement.py makes that a
repeated text).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from extract.entities import GOALS, Cell, Column, Printed
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, PERIOD_VALUES, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import Draft, Field
from extract.reading.tables.inquiry import settle
from extract.reading.tables.row_questions import REST, ask_first_row
from extract.reading.tables.rows import Row
from extract.reading.tolerances import TOLERANCES

ENDS = tuple("。！；.!;）)”")
CLASSES = (
    "产出|效益|满意度|成本|数量|质量|时效|经济成本|社会成本|生态环境成本|经济效益|社会效益|生态效益|环境效益|"
    "可持续影响|可持续发展|服务对象满意度|社会公众满意度"
)
LEVEL = re.compile(rf"^(?:\d{{1,2}}\s*[-—–])?(?:{CLASSES})(?:指标|目标)?$")  # a level of the usual names, whole
LEVEL_END = re.compile(r".(?:指标|目标)$|^其[他它]$")
CODED = re.compile(r"^(?:\d{6,9}|[0-9A-Z]{12,24})\s*[-—–]\s*\S")
INDICATOR_CODE = re.compile(r"^\d{6,12}\s*[-—–]")
FEWEST_ROWS = 5  # of a table: fewer do not prove what every row prints
FEWEST_NAMES = 3  # of a table: fewer do not prove that all names have a code, or that all goals end with a stop
SHORTEST_LINE = 6  # characters: so many at the end of a text and at the beginning of its rest are one printed line


class Cut(Enum):
    """Relation of a page's first row to the project before."""

    NONE = "a new project"
    BLANK = "the rest of the cell is blank"
    AGAIN = "the text is printed again"
    FLOWS = "the text flows on"
    BLOCK = "another amount and goal under the name that goes on"


class Style(NamedTuple):
    """What the rows of a table so far prove about its texts, and how a row at the top of a page stands to them."""

    merged: bool  # project cells cover several rows
    repeats: bool = False  # each row prints its name again
    stops: bool = False  # the goals of the projects before end with a full stop
    begins_anew: bool = False  # the row begins a list of indicators
    is_last: bool = False  # the page ends with the row


def is_coded(name: str) -> bool:
    """Return True if a name begins with a whole code (11000022T000000444016-医疗保障公众评价, 北京)."""
    return bool(CODED.match(name))


def are_coded(names: Collection[str]) -> bool:
    """Return True if the projects of a table carry codes, so that a name without one is a part of a name."""
    return len(names) >= FEWEST_NAMES and sum(map(is_coded, names)) >= TOLERANCES.coded_names_share * len(names)


def judge_cut(
    row: Row,
    previous: dict[Column, Field],
    known: bool,
    style: Style,
    units: Collection[str] = (),
    names: Collection[str] = (),
    page: int = 0,
) -> Cut:
    """Decide from the project-level cells of the row; a new unit is always a new project.

    A unit is the same unit if its text so far is an incomplete sentence, or if the joined text equals one of `units`,
    those that the document has printed. `names` are those of the projects before, `page` is the row's. Raises Refused
    (conservation) where the row is ambiguous.
    """
    before = {c: previous[c].text for c in PROJECT_LEVEL if c in previous}
    now = {c: row.text(c) for c in PROJECT_LEVEL if c in row.cells}
    name = now.get(Column.PROJECT, "")
    rest: dict[Column, str] = {c: t for c, t in now.items() if t and c != Column.PROJECT}
    if known or not before:
        return Cut.NONE
    if not before.get(Column.PROJECT):
        return Cut.FLOWS
    above = previous[Column.UNIT].text if Column.UNIT in previous else ""
    if _is_new_unit(row.text(Column.UNIT), above, before, rest, units, may_flow=style.merged or not name):
        return Cut.NONE
    same = {c for c, t in rest.items() if t == before.get(c)}
    if not name:
        if any(before.get(c) for c in AMOUNTS if c in rest and c not in same):
            return _judge_second_amount(row, before, rest)
        return Cut.AGAIN if rest and same == set(rest) else Cut.FLOWS if rest else Cut.BLANK
    amounts = {c for c in AMOUNTS if c in rest}
    if name == before.get(Column.PROJECT):
        if any(before.get(c) for c in amounts - same):
            return Cut.NONE
        others = {c: t for c, t in rest.items() if c not in same and c in GOALS}
        return _judge_second_goal(row, previous, others, style, page) if others else Cut.AGAIN
    if are_coded(names):
        return _judge_codes(row, previous, rest, page)
    if style.merged and any(before.get(c) for c in AMOUNTS) and not amounts:
        flows = bool(above) and above + row.text(Column.UNIT) in units
        return Cut.FLOWS if flows else _judge_name(row, previous, rest, style, page)
    return Cut.NONE


def _judge_second_goal(
    row: Row, previous: Mapping[Column, Field], others: Mapping[Column, str], style: Style, page: int
) -> Cut:
    """Judge another goal beside a name that is printed again: the rest of the goal above, or one of its own.

    It is its own where each row prints its name, or where the page's end cuts it. Raises Refused.
    """
    above = {column: _text_in(previous, column) for column in others}
    is_cut = style.is_last and all(above[column].startswith(text) for column, text in others.items())
    stopped = any(text.endswith(ENDS) for text in above.values())
    if is_cut or (style.repeats and not style.merged):
        return Cut.NONE
    if style.merged and stopped == style.begins_anew:
        return Cut.NONE if stopped else Cut.FLOWS
    column, goal = next(iter(others.items()))
    name = _text_in(previous, Column.PROJECT)
    detail = f"row {row.first + 1}: {goal[:20]!r} may be another goal of {name!r} or the rest of the one above"
    question = ask_first_row(row, previous, column, page)
    return Cut.FLOWS if settle(question, Reason.CONSERVATION, detail) == REST else Cut.NONE


def _judge_name(row: Row, previous: Mapping[Column, Field], rest: Mapping[Column, str], style: Style, page: int) -> Cut:
    """Judge a name without an amount below one with an amount: a project of its own or the rest of the name above.

    The list of indicators and the goal above decide; raises Refused where they do not.
    """
    name, above = row.text(Column.PROJECT), previous[Column.PROJECT].text
    if _closes_bracket(above, name):
        return Cut.FLOWS
    goals = [text for c in GOALS if c in rest and (text := _text_in(previous, c))]
    is_broken = bool(goals) and not any(text.endswith(ENDS) for text in goals)
    if style.begins_anew and not is_broken:
        return Cut.NONE
    if is_broken and style.stops and not style.begins_anew:
        return Cut.FLOWS
    detail = f"row {row.first + 1}: {name!r} may be a project or the rest of {above!r}"
    question = ask_first_row(row, previous, Column.PROJECT, page)
    return Cut.FLOWS if settle(question, Reason.CONSERVATION, detail) == REST else Cut.NONE


def _closes_bracket(above: str, below: str) -> bool:
    """Return True if a text opens a bracket that the one below closes before it opens another."""
    is_open = max(above.rfind("（"), above.rfind("(")) > max(above.rfind("）"), above.rfind(")"))
    closes = re.search(r"[)）]", below)
    opens = re.search(r"[(（]", below)
    return is_open and closes is not None and (opens is None or closes.start() < opens.start())


def _is_new_unit(
    unit: str,
    above: str,
    before: Mapping[Column, str],
    rest: Mapping[Column, str],
    units: Collection[str],
    *,
    may_flow: bool,
) -> bool:
    """Return True if a unit is another one than that above; `may_flow`: its name may go on from there."""
    if not unit or not above or unit == above:
        return False
    is_broken = any(t and c in rest and not t.endswith(ENDS) for c, t in before.items() if c in GOALS)
    goes_on = may_flow and (above + unit in units or is_broken)
    return not goes_on or any(c in rest for c in AMOUNTS)


def _judge_second_amount(row: Row, before: Mapping[Column, str], rest: Mapping[Column, str]) -> Cut:
    """Judge an amount under a blank name below another one: a block with its own goal, or ambiguous."""
    goals = [c for c in GOALS if c in rest and rest[c] != before.get(c)]
    if goals:
        return Cut.BLOCK
    one, other = (next(t[c] for c in AMOUNTS if t.get(c)) for t in (before, rest))
    detail = f"row {row.first + 1}: {other!r} stands under {before[Column.PROJECT]!r}, which has {one!r}"
    raise Refused(Reason.CONSERVATION, detail)


def _judge_codes(row: Row, previous: Mapping[Column, Field], rest: Mapping[Column, str], page: int) -> Cut:
    """Judge a name where all names carry codes: without one it is the rest of the name above, if amounts allow."""
    above, name = previous[Column.PROJECT].text, row.text(Column.PROJECT)
    if is_coded(name):
        return Cut.NONE
    differ = [c for c in AMOUNTS if c in rest and c in previous and previous[c].text and rest[c] != previous[c].text]
    if is_coded(drop_overlap(above, name)) and not differ:
        return Cut.FLOWS
    detail = f"row {row.first + 1}: {name!r} may be a project or the rest of {above!r}"
    if differ:  # no rest: two amounts would be one text
        raise Refused(Reason.CONSERVATION, detail)
    question = ask_first_row(row, previous, Column.PROJECT, page)
    return Cut.FLOWS if settle(question, Reason.CONSERVATION, detail) == REST else Cut.NONE


def drop_overlap(above: str, below: str) -> str:
    """Join the two parts of a text; a line repeated whole on both sides of the page break counts once."""
    for size in range(min(len(above), len(below)), SHORTEST_LINE - 1, -1):
        if above.endswith(below[:size]):
            return above + below[size:]
    return above + below


def judge_rest(
    row: Row, drafts: Sequence[Draft], previous: Mapping[Column, Field], carries_levels: bool
) -> bool | None:
    """Decide if a row with an indicator at the top of a page is the rest of the row above; None if ambiguous.

    It is where it prints no target, no code or no level of its own and every row of the table so far prints one. A
    level that continues over the rows below could be that of a new row as well. Where a table prints a level once
    (`carries_levels`), a row without one is a row like the others.
    """
    levels = [c for c in LEVELS if c in row.cells]
    printed = [c for c in levels if row.text(c)]
    enough = len(drafts) >= FEWEST_ROWS
    if INDICATOR_CODE.match(row.text(Column.INDICATOR)):
        return False
    if enough and all(INDICATOR_CODE.match(_draft_text(d, Column.INDICATOR)) for d in drafts):
        return True
    if row.has_target and carries_levels:
        return False if any(_text_in(previous, c) for c in (*PERIOD_VALUES, Column.SIGN)) else None
    if row.has_target:
        own = [c for c in levels if enough and all(_draft_text(d, c) and not d.fields[c].spans for d in drafts)]
        return bool(own) and not printed and all(not row.text(c) for c in UNIT_LEVEL)
    above = [c for c in (*levels, *UNIT_LEVEL) if c in previous and c in row.cells]
    reaches_on = [c for c in above if row.cells[c].row + row.cells[c].rowspan > row.last]
    if not reaches_on and any(not previous[c].spans for c in above):
        return True
    has_targets = enough and all(any(_draft_text(d, c) for c in (*PERIOD_VALUES, Column.SIGN)) for d in drafts)
    return True if has_targets and not set(reaches_on) & set(LEVELS) else None


def _draft_text(draft: Draft, column: Column) -> str:
    return _text_in(draft.fields, column)


def _text_in(fields: Mapping[Column, Field], column: Column) -> str:
    return fields[column].text if column in fields else ""


def append_continuation(field: Field, cell: Cell, page: int) -> None:
    """Append the continuation of a text that a page break cuts; a blank or repeated one adds its place and no text."""
    text = "" if cell.text == field.text else drop_overlap(field.text, cell.text)[len(field.text) :]
    field.fragments.append(Printed(text, page, cell.box))


def continues_level(row: Row, column: Column, previous: Mapping[Column, Field], page: int) -> bool:
    """Return True if a level at the top of a page is the rest of the one above; raises Refused."""
    above, now = _text_in(previous, column), row.text(column)
    rest = is_rest_of_level(above, now)
    if rest is None:
        detail = f"{now!r} may be a level or the rest of {above!r}"
        question = ask_first_row(row, previous, column, page)
        return settle(question, Reason.CONSERVATION, detail) == REST
    return rest


def is_rest_of_level(above: str, now: str) -> bool | None:
    """Return True if a text continues a level of the page before; None if it may as well be a level of its own."""
    if not above or not now or above == now or LEVEL_END.search(above):
        return False
    if LEVEL.match(above + now):
        return True
    if not LEVEL_END.search(now):
        return not LEVEL.match(now) and bool(LEVEL_END.search(above + now))
    return False if LEVEL.match(above) else None


def stands_below(cell: Cell, field: Field | None, last: int) -> bool:
    """Return True if a blank cell is the upper part of a merged one with its text on the next page.

    `field` is the one above it, `last` the row at which the page cuts the table.
    """
    return not cell.text and field is not None and bool(field.text) and cell.row + cell.rowspan == last
