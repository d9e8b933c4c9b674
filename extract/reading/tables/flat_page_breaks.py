"""Decide whether a page break cuts the last row, project, unit or level of a flat table, and join the two parts."""

from __future__ import annotations

from itertools import groupby

from extract.entities import GOALS, Cell, Column
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import FIGURE, begins_anew
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import Field
from extract.reading.tables.flat_drafts import FlatDrafts
from extract.reading.tables.header_words import normalise
from extract.reading.tables.inquiry import settle
from extract.reading.tables.page_breaks import (
    ENDS,
    FEWEST_NAMES,
    FEWEST_ROWS,
    LEVEL,
    Cut,
    Style,
    append_continuation,
    continues_level,
    judge_rest,
    stands_below,
)
from extract.reading.tables.row_questions import REST, ask_first_row
from extract.reading.tables.rows import Row, is_subtotal

NAMES = (Column.PROJECT, Column.PROJECT_CODE, Column.CATEGORY)


def continues_row(flat: FlatDrafts, row: Row, page: int) -> bool:
    """Return True if a page's first row is the rest of the last row before it; raises Refused."""
    if row.text(Column.PROJECT) and row.text(Column.AMOUNT):
        return False
    if not row.text(Column.INDICATOR) and _is_second_sum(flat, row):
        return False
    if not _may_be_rest(flat, row):
        return False
    if not row.text(Column.INDICATOR):
        return True
    mine = [draft for draft in flat.drafts if draft.table == flat.number]
    rest = judge_rest(row, mine, flat.previous, bool(flat.carries_levels))
    if rest is None:
        detail = f"row {row.first + 1}: {row.text(Column.INDICATOR)!r} may be an indicator or the rest of one"
        question = ask_first_row(row, flat.previous, Column.INDICATOR, page)
        chosen = settle(question, Reason.CONSERVATION, detail)
        return chosen == REST
    return rest


def _is_second_sum(flat: FlatDrafts, row: Row) -> bool:
    """Return True if a row prints the sum of a unit: the whole amount above cannot continue in it."""
    above = flat.previous[Column.AMOUNT].text if Column.AMOUNT in flat.previous else ""
    figures = all(FIGURE.match(normalise(text)) for text in (above, row.text(Column.AMOUNT)))
    return figures and is_subtotal(row) and any(row.text(c) for c in UNIT_LEVEL)


def _may_be_rest(flat: FlatDrafts, row: Row) -> bool:
    """Return True if every name in a row is blank, that of the row above or its rest; levels never repeat."""
    for column in (*UNIT_LEVEL, *LEVELS):
        text, above = row.text(column), flat.previous.get(column)
        if not text or above is None:
            continue
        known = {draft.fields[column].text for draft in flat.drafts if column in draft.fields}
        again = text == above.text and column in UNIT_LEVEL
        if not again and above.text + text not in known and not LEVEL.match(above.text + text):
            return False
    return True


def judge_style(flat: FlatDrafts, row: Row) -> Style:
    """Return what the table so far proves about its texts, for a row at the top of a page."""
    current = flat.projects[-1] if flat.projects else None
    goals = [p.fields[c].text for p in flat.projects[:-1] for c in GOALS if c in p.fields and p.fields[c].text]
    stops = len(goals) >= FEWEST_NAMES and all(text.endswith(ENDS) for text in goals)
    anew = current is not None and begins_anew(current, flat.previous, row.cells)
    return Style(flat.merged, flat.repeats, stops, anew, flat.at_end)


def append_rest(flat: FlatDrafts, row: Row, page: int) -> list[Cell]:
    """Join the rest of a row that the page break cut to the row before; return the joined cells."""
    joined = []
    for column, cell in row.cells.items():
        previous = flat.previous.get(column)
        if previous is not None:
            append_continuation(previous, cell, page)
            flat.remember(cell, column, previous)
            joined.append(cell)
    return joined


def refuse_texts(flat: FlatDrafts, row: Row, page: int) -> None:
    """Refuse a row that prints a goal, code or category, and neither a name nor an indicator."""
    for column in (Column.PROJECT_CODE, Column.CATEGORY, *GOALS):
        cell = row.cells.get(column)
        if cell is not None and cell.text and not flat.is_read(cell, column):
            detail = f"row {row.first + 1}: {cell.text[:20]!r} stands beside no name and no indicator"
            raise Refused(Reason.CONSERVATION, detail, page)


def refuse_restart(flat: FlatDrafts, row: Row, cut: Cut, page: int) -> None:
    """Refuse levels that begin again under a blank project at a page's top: a page may be missing.

    Only where the rows so far keep each first level of a project together.
    """
    level, last = row.text(Column.LEVEL1), flat.previous.get(Column.LEVEL1)
    if cut is not Cut.BLANK or not level or last is None or level == last.text or not flat.drafts:
        return
    levels: dict[int, list[str]] = {}
    for draft in flat.drafts:
        if Column.LEVEL1 in draft.fields:
            levels.setdefault(id(draft.project), []).append(draft.fields[Column.LEVEL1].text)
    runs = [[text for text, _ in groupby(texts)] for texts in levels.values()]
    mine = levels.get(id(flat.drafts[-1].project), [])
    if level in mine and len(runs) > 1 and all(len(set(run)) == len(run) for run in runs):
        detail = f"row {row.first + 1}: {level!r} begins again under a project that is not named"
        raise Refused(Reason.PAGE_MISSING, detail, page)


def alias_cells(flat: FlatDrafts, row: Row, page: int, cut: Cut) -> None:
    """Give cells at the top of a page that continue a cell of the page before its text."""
    for column, cell in row.cells.items():
        previous = flat.previous.get(column)
        if previous is None or flat.is_read(cell, column):
            continue
        blank_unit = column in UNIT_LEVEL and not cell.text
        blank_level = column in LEVELS and not cell.text and _is_cut_level(flat, row, column, previous)
        goes_on = column in (*UNIT_LEVEL, *(NAMES if cut is Cut.BLOCK else PROJECT_LEVEL)) and cut is not Cut.NONE
        rest = column in LEVELS and continues_level(row, column, flat.previous, page)
        if blank_unit or blank_level or goes_on or rest:
            append_continuation(previous, cell, page)
            flat.remember(cell, column, previous)


def _is_cut_level(flat: FlatDrafts, row: Row, column: Column, previous: Field) -> bool:
    """Return True if a blank level at a page's top continues the cell before; not under a new level 1."""
    first, cell = row.text(Column.LEVEL1), row.cells.get(Column.LEVEL1)
    above = flat.previous.get(Column.LEVEL1)
    goes_on = cell is not None and above is not None and flat.fields.get((id(cell), Column.LEVEL1)) is above
    if column == Column.LEVEL2 and first and not goes_on:
        return False
    if previous.spans or row.cells[column].rowspan > 1 or column in flat.merges:
        return True
    mine = [draft.fields[column].text for draft in flat.drafts[-FEWEST_ROWS:] if column in draft.fields]
    return column == Column.LEVEL2 and cell is not None and (goes_on or not first) and all(mine)


def begins_cut(flat: FlatDrafts, row: Row, stop: int) -> bool:
    """Return True if the row begins a project that the end of the page cuts, named on the next page only."""
    cell = row.cells.get(Column.PROJECT)
    if cell is None or not flat.merged:
        return False
    if flat.knows_project(row):
        return _begins_cut_block(flat, row, stop)
    if not stands_below(cell, flat.previous.get(Column.PROJECT), stop):
        return False
    return not any(flat.is_read(c, column) for column, c in row.cells.items() if column in PROJECT_LEVEL)


def _begins_cut_block(flat: FlatDrafts, row: Row, stop: int) -> bool:
    """Return True if the row begins a block whose amount and goal are on the next page only."""
    columns = [c for c in row.cells if c in (*AMOUNTS, *GOALS) and flat.previous.get(c) and flat.previous[c].text]
    blank = [c for c in columns if stands_below(row.cells[c], flat.previous.get(c), stop)]
    fresh = [c for c in blank if not flat.is_read(row.cells[c], c) and flat.previous[c].spans]
    return fresh == columns and any(c in AMOUNTS for c in fresh) and any(c in GOALS for c in fresh)
