"""Decide from the rows of a table whether a blank level cell continues the level above it.

Some tables print a level once: on a row of its own above its indicators (云南), or on the first of their rows, with
ruled blank cells below it. There the level is carried down, where every row of the table agrees.
"""

from __future__ import annotations

from collections.abc import Sequence

from extract.entities import Column
from extract.reading.tables.column_groups import LEVELS
from extract.reading.tables.drafts import Field
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.level_names import fit_levels
from extract.reading.tables.rows import Row, is_numbering
from extract.reading.tables.usual_levels import is_level1, is_level2

FEWEST_LEVELS = 2  # levels 1 that must be printed, and blank cells below them, before a table proves its style


def judge_levels(rows: Sequence[Row], table: IndexedGrid, after_break: bool, before: bool | None) -> bool | None:
    """Return whether blank level cells go on with the level above, after `before`, the verdict of the pages so far.

    `after_break`: the first rows may go on with those of the page before. None where no page tells.
    """
    now = _carries_levels([row for row in rows if not is_numbering(row, table)], after_break)
    return before if now is None or before is False else now


def _carries_levels(rows: Sequence[Row], after_break: bool) -> bool | None:
    """Return True if the rows of a page prove that levels are carried down, False if one contradicts it, else None."""
    first = [row for row in rows if Column.LEVEL1 in row.cells]
    if not first or any(_is_merged(row, column) for row in first for column in LEVELS if column in row.cells):
        return False if first else None
    printed = blank = 0
    level1 = level2 = ""
    known = after_break
    each = all(row.text(Column.LEVEL2) for row in first if row.has_indicator)
    for row in first:
        one, two = row.text(Column.LEVEL1), row.text(Column.LEVEL2)
        begins = _begins_project(row)
        if begins and not one:
            known = False  # a project or a sum: a level above it does not continue
        if one:
            again = not begins and normalise(one) == normalise(level1)
            bare = row.has_indicator and Column.LEVEL2 in row.cells and not two
            if not is_level1(one) or again or bare:
                return False
            printed, known, level1, level2 = printed + 1, True, one, ""
        elif row.has_indicator:
            blank += 1
        if two:
            again = normalise(two) == normalise(level2) and not each
            if not is_level2(two) or again or not known or fit_levels(level1, two) is False:
                return False
            level2 = two
        if row.has_indicator and not known:
            return False
    return True if printed >= FEWEST_LEVELS and blank >= FEWEST_LEVELS else None


def carry_down(fields: dict[Column, Field], previous: dict[Column, Field]) -> None:
    """Give the blank levels of a row those of the row above; a new level 1 ends the level 2 above it."""
    level1 = fields.get(Column.LEVEL1)
    if level1 is None or level1.text:
        return
    for column in LEVELS:
        if column in fields and not fields[column].text and column in previous:
            fields[column] = previous[column]


def _is_merged(row: Row, column: Column) -> bool:
    return row.cells[column].rowspan > row.last - row.first


def _begins_project(row: Row) -> bool:
    """Return True if a row prints a project's name at its top."""
    cell = row.cells.get(Column.PROJECT)
    return cell is not None and bool(cell.text) and cell.row >= row.first
