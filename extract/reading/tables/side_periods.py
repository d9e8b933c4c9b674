"""Read the period of values from a label beside the rows or across them, where the header names none.

    绩效指标 | 一级指标 | … | 目标值        below it: 中期指标 beside two rows, 年度指标 beside two more

A label column is no level and is not loaded, but 中期指标 makes the values beside it those of several years.
"""

from __future__ import annotations

import re
from dataclasses import replace

from extract.entities import Cell, Column
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import LEVELS
from extract.reading.tables.header_words import normalise
from extract.reading.tables.headings import VALUES
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout
from extract.reading.tables.rows import Row, find_crossing

BEFORE = r"(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:项目|绩效|工作)?"
NOUN = r"(?:绩效|目标|指标|任务|考核|工作|总体|值|表)*[一二三四五六七八九十\d]{0,2}"  # 长期目标1
CYCLE = (
    r"中长期|长期|中期|项目实施期|实施期|实施周期|全周期|项目期|规划期|(?:总|总体)(?=绩效|目标|指标)|三年|五年"
    r"|20\d\d年?[-~至—]20\d\d年?度?"
)
ANNUAL = r"年度|当年度?|本年度?|全年度?"
YEAR = r"20\d\d年?度?"
OTHER = (
    r"(?:上|下)?半年|第?[一二三四1-4]季度?|季度|\d{1,2}月(?:底|末)?|月度|[近远前后]期|上年度?|去年|以前年度|下年度?"
    r"|明年|次年"
)
PERIOD = re.compile(rf"{BEFORE}(?:(?P<cycle>{CYCLE})|(?P<annual>{ANNUAL})|(?P<other>{OTHER})|(?P<year>{YEAR})){NOUN}")
LOOSE_CYCLE = re.compile(r"(?:长期|中期|实施期|周期).*(?:指标|目标)|(?:指标|目标).*(?:长期|中期|实施期|周期)")
NAMES_ANOTHER = re.compile(r"(?:长期|中期|实施期|年度)(?:绩效)?(?:目标|指标)\d*:")
NAMES_TARGETS = re.compile(r"指标|目标|任务|绩效")
NAMES_CYCLE = re.compile(r"长期|中期|实施期|周期|总体|总目标")
NAMES_YEAR = re.compile(r"年")
LONGEST = 24  # characters of a label
PERIODS = (Column.CYCLE_VALUE, Column.ANNUAL_VALUE)


class SidePeriods:
    """Finds the labels of periods beside the rows of one form, over all of its pages."""

    def __init__(self) -> None:
        self._last: Cell | None = None  # the label of the row before
        self._above: Cell | None = None  # the label of the last row of the page before
        self._across: Cell | None = None  # the label that fills a row above this one
        self._page = 0
        self._years: set[str] = set()
        self._has_cycle = False
        self._has_bare = False  # a row with a target has no label

    def place(self, row: Row, table: IndexedGrid, layout: Layout, start: int, crossings: set[tuple[int, int]]) -> Row:
        """Return a row with its value in the column of the period beside it. Raises Refused where none is certain."""
        if table.grid.page != self._page:
            self._page, self._above = table.grid.page, self._last
        cells = table.row_cells(row.first)
        if len(cells) == 1:
            if read_period(cells[0].text) and NAMES_TARGETS.search(cells[0].text):
                self._across = self._last = cells[0]
            return row
        if layout.blocks > 1 or not row.has_indicator or find_crossing(row, crossings) is not None:
            return row
        labels = [label for cell in _list_beside(row, table, layout) if (label := self._find_label(cell, start))]
        if len({id(label) for label in labels}) > 1:
            raise _refuse(row, labels[0], "stands with another period beside one row")
        label = labels[0] if labels else self._across
        self._last = label
        return self._settle(row, layout, label)

    def _find_label(self, cell: Cell, start: int) -> Cell | None:
        """Return the label of a period, for the blank rest of one at the top of a page that on the page before."""
        if not cell.text and cell.row <= start:
            return self._above
        return cell if read_period(cell.text) else None

    def _settle(self, row: Row, layout: Layout, label: Cell | None) -> Row:
        period = read_period(label.text) if label is not None else ""
        self._has_cycle |= period == "cycle"
        self._has_bare |= not period and row.has_target
        if self._has_cycle and self._has_bare:
            detail = f"row {row.first + 1}: a label beside some rows names their period, and other rows have none"
            raise Refused(Reason.UNKNOWN_HEADER, detail)
        if label is None:
            return row
        if period == "year":
            self._years.add(normalise(label.text)[:4])
        if period == "other" or len(self._years) > 1:
            raise _refuse(row, label, "names a period that is not loaded")
        columns = [column for column in VALUES if layout.find(column) is not None and column in row.cells]
        if len(columns) != 1 or (period == "cycle") == (columns[0] == Column.CYCLE_VALUE):
            if len(columns) > 1 and period == "cycle" and Column.CYCLE_VALUE not in columns:
                raise _refuse(row, label, "stands beside values of a year")
            return row
        if columns[0] not in PERIODS or _contradicts(layout, columns[0]):
            raise _refuse(row, label, "stands beside values of another period")
        return _move(row, columns[0])


def read_period(text: str) -> str:
    """Return which period a label names (cycle, annual, year, other), "" for a text that is no such label."""
    word, _, rest = normalise(text).partition(":")  # 长期目标1：健全服务
    if not word or len(word) > LONGEST:
        return ""
    found = PERIOD.fullmatch(word)
    if NAMES_ANOTHER.search(rest):
        return "other" if found is not None else ""
    if found is not None and found.lastgroup:
        return found.lastgroup
    return "other" if LOOSE_CYCLE.search(word) else ""  # two labels that no rule parts: 中期指标年度指标


def _list_beside(row: Row, table: IndexedGrid, layout: Layout) -> list[Cell]:
    """List the cells beside a row under no loaded heading; right of the indicators only those that name targets."""
    named = [h.first for h in layout.headings if h.column in (*LEVELS, Column.INDICATOR)]
    edge = max(named, default=0)
    found: dict[int, Cell] = {}
    for heading in layout.headings:
        for place in range(row.first, row.last) if heading.column is None else ():
            cell = table.cell(place, heading.first)
            if cell is not None and (heading.first < edge or NAMES_TARGETS.search(cell.text)):
                found[id(cell)] = cell
    return list(found.values())


def _contradicts(layout: Layout, column: Column) -> bool:
    """Return True if the header's own words name the period of its values."""
    heading = layout.find(column)
    words = normalise("".join(heading.words)) if heading is not None else ""
    return bool((NAMES_CYCLE if column == Column.CYCLE_VALUE else NAMES_YEAR).search(words))


def _move(row: Row, column: Column) -> Row:
    """Return a row with its value in the column of the other period."""
    other = Column.ANNUAL_VALUE if column == Column.CYCLE_VALUE else Column.CYCLE_VALUE
    return replace(row, cells={other if c == column else c: cell for c, cell in row.cells.items()})


def _refuse(row: Row, label: Cell, what: str) -> Refused:
    return Refused(Reason.UNKNOWN_HEADER, f"row {row.first + 1}: {label.text[:20]!r} {what}")
