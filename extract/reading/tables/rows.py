"""Split the body of a table into printed rows: for each, the cell under every heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from extract.entities import Box, Cell, Column
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, ONE_EACH, PERIOD_VALUES
from extract.reading.tables.drafts import surround
from extract.reading.tables.header_words import find_money_unit, match_column, normalise
from extract.reading.tables.headings import VALUES
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout

TOTAL = re.compile(r"^(?:.{0,20}(?:合计|总计|小计|共计|累计)(?:数|金额)?)(?:[（(].*[)）])?$")
BARE_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|累计)$")
NUMBERING = frozenset({"栏次", "甲", "乙", "丙", "丁", "序号", "列次"})
HEADER_ONLY = frozenset(
    {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.SIGN, Column.MEASURE_UNIT, *PERIOD_VALUES}
)
BEGINS_AS_HEADER = re.compile(r"[一-鿿]{0,6}(?:指标|目标)值.")
FEWEST_NUMBERS = 4  # of columns in a row that numbers them
MOSTLY_ONE_EACH = (Column.WEIGHT, Column.SCORE, Column.DEVIATION)  # some tables merge them
NOTE = re.compile(
    r"^(?:注|备注|说明|填表说明|填报说明|附注|填表人|制表人|填报人|审核人|负责人|联系人|经办人|单位负责人)[:：\d]"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One printed row: lattice rows [first, last) and its cells by column."""

    first: int
    last: int
    cells: dict[Column, Cell]
    same: tuple[Cell, ...] = ()  # cells of the other half of a side-by-side table with equal texts
    half: int = 0  # 1 for a row of the right half alone
    level2_beside: Cell | None = None  # of the right half, where both halves are one row

    @property
    def has_target(self) -> bool:
        """True if a target is printed."""
        return any(self.text(c) for c in (*PERIOD_VALUES, Column.SIGN, Column.ACTUAL_VALUE))

    def text(self, column: Column) -> str:
        """Return the text of a column, '' where there is no such cell."""
        cell = self.cells.get(column)
        return cell.text if cell is not None else ""

    @property
    def has_indicator(self) -> bool:
        """True if an indicator or a target is printed."""
        return bool(self.text(Column.INDICATOR)) or self.has_target


def split_rows(table: IndexedGrid, layout: Layout, start: int, stop: int, block: int = 0) -> Iterator[Row]:
    """Yield rows of one block: a new row begins where an indicator or value cell begins."""
    headings = [h for h in layout.headings if h.column is not None and h.block == block]
    keys = [h for h in headings if h.column in (Column.INDICATOR, *PERIOD_VALUES)]
    if block == 0:
        keys += [h for h in headings if h.column == Column.PROJECT]
    first = start
    while first < stop:
        here = [table.cell(first, h.first) for h in keys]
        last = first + 1
        while last < stop and all(table.cell(last, h.first) is c for h, c in zip(keys, here, strict=True)):
            last += 1
        cells = {h.column: c for h in headings if h.column and (c := table.cell(first, h.first)) is not None}
        yield Row(first, last, cells)
        first = last


def find_merges(rows: list[Row], columns: Sequence[Column] = LEVELS) -> set[Column]:
    """Return the columns with merged cells, in which a blank cell at the top of a page continues the cell above."""
    return {c for row in rows for c in columns if c in row.cells and row.cells[c].rowspan > row.last - row.first}


def merges_projects(table: IndexedGrid, layout: Layout, start: int, stop: int) -> bool:
    """Return True if project cells cover several indicator rows more often than names are repeated."""
    project, indicator = layout.find(Column.PROJECT), layout.find(Column.INDICATOR)
    if project is None or indicator is None:
        return False
    merges = again = 0
    for row in range(start + 1, stop):
        above, cell = table.cell(row - 1, project.first), table.cell(row, project.first)
        if table.cell(row, indicator.first) is table.cell(row - 1, indicator.first) or cell is None or above is None:
            continue
        merges += cell is above
        again += cell is not above and bool(cell.text) and cell.text == above.text
    return merges > again


def box_of(row: Row) -> Box:
    """Return the box around the cells that begin in a row, or around all of its cells if none does."""
    return surround([c.box for c in row.cells.values() if c.row >= row.first] or [c.box for c in row.cells.values()])


class RowDoubt(NamedTuple):
    """A refusal of one row of a page; `first` is the row's first lattice row."""

    first: int
    refusal: Refused


def find_shared(rows: list[Row], page: int) -> Iterator[RowDoubt]:
    """Yield values and names in one cell for two indicator rows: a rule between them is missing.

    Also those in one cell with the header above the first row.
    """
    for joined in rows[0].cells.values() if rows else ():
        if joined.row < rows[0].first and joined.text:
            detail = f"row {rows[0].first + 1}: {joined.text[:20]!r} stands in one cell with the header above"
            yield RowDoubt(rows[0].first, Refused(Reason.CONSERVATION, detail, page))
    for above, row in pairwise(rows):
        for column in ONE_EACH:
            cell = row.cells.get(column)
            if cell is not None and cell.text and cell is above.cells.get(column):
                detail = f"row {row.first + 1}: {cell.text[:20]!r} stands in one cell for two rows"
                refusal = Refused(Reason.CONSERVATION, detail, page)
                yield from (RowDoubt(above.first, refusal), RowDoubt(row.first, refusal))
    for column in MOSTLY_ONE_EACH:
        yield from _find_joined(rows, column, page)


def _find_joined(rows: list[Row], column: Column, page: int) -> Iterator[RowDoubt]:
    """Yield cells over two rows that hold two texts of their column: 无无, 1212."""
    cells = [(row, row.cells[column]) for row in rows if column in row.cells]
    texts = {cell.text for row, cell in cells if cell.text and cell.row + cell.rowspan <= row.last}
    for (above, cell), (row, below) in pairwise(cells):
        if cell is not below or not cell.text:
            continue
        parts = [t for t in texts if cell.text != t and (cell.text.startswith(t) or cell.text.endswith(t))]
        if parts:
            detail = f"row {row.first + 1}: {cell.text[:20]!r} stands in one cell for two rows and holds {parts[0]!r}"
            refusal = Refused(Reason.CONSERVATION, detail, page)
            yield from (RowDoubt(above.first, refusal), RowDoubt(row.first, refusal))


def find_spanning_amounts(rows: list[Row], page: int) -> Iterator[RowDoubt]:
    """Yield amounts beside two projects: a rule between them is missing."""
    for above, row in pairwise(rows):
        for column in (*AMOUNTS, Column.PROJECT_CODE, Column.OVERALL_GOAL, Column.ANNUAL_GOAL):
            cell = row.cells.get(column)
            if cell is None or not cell.text or cell is not above.cells.get(column):
                continue
            upper, lower = above.cells.get(Column.PROJECT), row.cells.get(Column.PROJECT)
            if upper is None or lower is None or upper is lower or not (lower.text or upper.rowspan > 1):
                continue
            half = cell.text[: len(cell.text) // 2]  # 100.00100.00 beside one name that is printed on each row
            units = above.text(Column.UNIT), row.text(Column.UNIT)
            differ = upper.text != lower.text or (all(units) and units[0] != units[1])
            if differ or cell.text == half + half:
                detail = f"row {row.first + 1}: {cell.text[:20]!r} stands beside {upper.text!r} and {lower.text!r}"
                refusal = Refused(Reason.CONSERVATION, detail, page)
                yield from (RowDoubt(above.first, refusal), RowDoubt(row.first, refusal))


def refuse_words(row: Row, page: int) -> None:
    """Raise Refused (unknown_header) for a row of header words where indicators are expected."""
    words = [c.text for c in row.cells.values() if match_column(c.text) in HEADER_ONLY]
    if len(words) >= 2:
        detail = f"row {row.first + 1}: header words among indicators: {'、'.join(words)}"
        raise Refused(Reason.UNKNOWN_HEADER, detail, page)
    for column in VALUES & row.cells.keys():
        # of a table of costs, 金额（万元）; or no rule parts the header and its first value
        if _is_money_word(row.text(column)) or BEGINS_AS_HEADER.match(normalise(row.text(column))):
            detail = f"row {row.first + 1}: header words among indicators: {row.text(column)[:20]!r}"
            raise Refused(Reason.UNKNOWN_HEADER, detail, page)


def _is_money_word(text: str) -> bool:
    """Return True for the header word of a column of money; a figure with its unit is none."""
    is_word = match_column(text) in AMOUNTS or find_money_unit(text) is not None
    return is_word and not any(map(str.isdigit, text))


def is_total(row: Row, table: IndexedGrid) -> bool:
    """Return True for 合计, 小计 and department rows: amounts that are the sum of others."""
    if row.has_indicator:
        return False
    texts = [normalise(c.text) for c in table.row_cells(row.first) if c.text]
    return any(TOTAL.match(t) for t in texts)


def list_crossings(table: IndexedGrid, layout: Layout) -> set[tuple[int, int]]:
    """Return lattice column and width of the table's cells under more than one heading.

    A cell over both levels is excepted.
    """
    bounds = [(h.first, h.last, h.column) for h in layout.headings if h.words]
    found = set()
    for left, width in {(cell.col, cell.colspan) for cell in table.cells}:
        under = [column for first, last, column in bounds if left < last and first < left + width]
        if len(under) > 1 and not set(under) <= set(LEVELS):
            found.add((left, width))
    return found


def find_crossing(row: Row, crossings: set[tuple[int, int]]) -> Cell | None:
    """Return the cell of a row under several headings: a rule is missing, or it is no row of indicators."""
    if not crossings:
        return None
    return next((cell for cell in row.cells.values() if (cell.col, cell.colspan) in crossings), None)


def is_wide(row: Row, table: IndexedGrid) -> Cell | None:
    """Return the one cell that fills a row: a title, a note or a section heading inside the ruled table."""
    cells = table.row_cells(row.first)
    return cells[0] if len(cells) == 1 else None


def is_note(text: str) -> bool:
    """Return True for notes and signatures under a table."""
    return bool(NOTE.match(text))


def is_numbering(row: Row, table: IndexedGrid) -> bool:
    """Return True for a row of column numbers under the header: 1 2 3 4, or 栏次 and numbers.

    Raises Refused where a number shares its cell with the first text below it.
    """
    numbers: list[int] = []
    places: list[int] = []  # of the numbers among the texts of the row
    other, place = "", 0
    for cell in table.row_cells(row.first):
        text = normalise(cell.text).strip("()") if cell.text else ""
        if text.isascii() and text.isdigit():
            numbers.append(int(text))
            places.append(place)
        elif cell.text and text not in NUMBERING:
            other = other or cell.text
        place += bool(cell.text)
    steps = [b - a for a, b in pairwise(numbers)]
    is_counted = all(step == 1 for step in steps) or steps == [b - a for a, b in pairwise(places)]
    if len(numbers) < FEWEST_NUMBERS or not is_counted:
        return False
    if other:
        detail = f"row {row.first + 1}: {other[:20]!r} stands among the numbers of columns"
        raise Refused(Reason.CONSERVATION, detail, table.grid.page)
    return True


def is_subtotal(row: Row) -> bool:
    """Return True for a row with a unit or department and no project, level or indicator: a department's sum."""
    rest = (Column.PROJECT, Column.LEVEL1, Column.LEVEL2, Column.OVERALL_GOAL, Column.ANNUAL_GOAL)
    return not row.has_indicator and not any(row.text(c) for c in rest)


def is_blank(row: Row) -> bool:
    """Return True if nothing is printed under any heading."""
    return not any(c.text for c in row.cells.values())
