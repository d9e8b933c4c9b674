"""One project's form in (its head, then its block of indicators over one or more pages), draft records out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.entities import Cell, Column, Finding, Printed
from extract.errors import Reason, Refused
from extract.tables.drafts import AMOUNTS, LEVELS, Draft, Field, Project, field_of, surround
from extract.tables.flat import Sink
from extract.tables.heads import FormHead, is_word
from extract.tables.layout import Layout
from extract.tables.rows import Row, find_crossing, is_note, is_numbering, is_total, split_rows
from extract.tables.table import Table
from extract.tables.titles import Heading

SUM = re.compile(r"^(?:总分|合计|总计|小计|总得分|得分合计|自评总分|自评得分|综合得分|总分合计)")


class Form:
    """One form; `read_rows` is called once per page that it stands on."""

    def __init__(self, number: int, head: FormHead, heading: Heading) -> None:
        self.number = number
        self.head = head
        self.heading = heading
        self.project = Project(dict(head.fields))
        self.money_units = self._find_units()
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []
        self._fields: dict[int, Field] = {}
        self._cells: list[Cell] = []
        self._previous: dict[Column, Field] = {}

    def _find_units(self) -> dict[Column, str]:
        """The money unit of each amount: its own word, else the head's, else the caption's."""
        common = self.head.money_unit or self.heading.money_unit
        units = {c: self.head.money_units.get(c) or common for c in AMOUNTS}
        return {c: u for c, u in units.items() if u}

    def attach(self, part: Sink, findings: list[Finding]) -> None:
        """Deliver into a part."""
        self.drafts, self.findings = part.drafts, findings
        part.projects.append(self.project)
        if Column.UNIT not in self.project.fields and self.heading.unit:
            unit = Printed(self.heading.unit, self.head.page, self.head.box)
            self.project.fields[Column.UNIT] = Field([unit])

    def read_rows(self, table: Table, layout: Layout, start: int, stop: int) -> None:
        """Add the indicator rows [start, stop) of a page."""
        after_break = bool(self._previous)
        for row in _list_rows(table, layout, start, stop):
            if find_crossing(row, layout) is not None:
                if self._ends(row, table):
                    break
                continue
            if is_numbering(row, table) or is_total(row, table) or not any(c.text for c in row.cells.values()):
                continue
            if not row.has_indicator:
                self._take_rest(row, table.grid.page, after_break)
                continue
            self._add(row, table.grid.page, after_break)
            after_break = False

    def _ends(self, row: Row, table: Table) -> bool:
        """A row whose cells do not stand under the headings: a sum, a note, another word; else not ours to guess."""
        texts = [c for c in table.row_cells(row.first) if c.text]
        if not texts or any(SUM.match(c.text) for c in texts):
            return False
        if any(is_word(c) or is_note(c.text) for c in texts):
            return True
        if len(table.row_cells(row.first)) <= 2:
            return True  # a remark over the whole width
        detail = f"row {row.first + 1}: the cell {texts[0].text[:20]!r} stands across columns"
        raise Refused(Reason.CONSERVATION, detail, table.grid.page)

    def _take_rest(self, row: Row, page: int, after_break: bool) -> None:
        """A row without indicator and value: levels alone are an empty class; after a break, the rest of a cell."""
        if after_break and not any(row.text(c) for c in LEVELS):
            for column, cell in row.cells.items():
                if cell.text and column in self._previous:
                    self._previous[column].fragments.append(Printed(cell.text, page, cell.box))

    def _field(self, cell: Cell, page: int) -> Field:
        if id(cell) not in self._fields:
            self._fields[id(cell)] = field_of(cell, page)
            self._cells.append(cell)
        return self._fields[id(cell)]

    def _add(self, row: Row, page: int, after_break: bool) -> None:
        fields: dict[Column, Field] = {}
        for column, cell in row.cells.items():
            previous = self._previous.get(column)
            continues = after_break and column in LEVELS and not cell.text and previous is not None
            if continues and previous is not None and (previous.spans or cell.rowspan > 1):
                self._fields[id(cell)] = previous
                self._cells.append(cell)
            fields[column] = self._field(cell, page)
        box = surround([c.box for c in row.cells.values()])
        self.drafts.append(Draft(page, self.number, box, self.project, fields, self.money_units))
        self._previous = fields


def _list_rows(table: Table, layout: Layout, start: int, stop: int) -> Iterator[Row]:
    """Rows of the block; of side-by-side blocks both, paired where they name the same indicator."""
    if layout.blocks == 1:
        yield from split_rows(table, layout, start, stop)
        return
    left = list(split_rows(table, layout, start, stop, 0))
    right = {row.first: row for row in split_rows(table, layout, start, stop, 1)}
    firsts = sorted({row.first for row in left} | set(right))
    left_at = {row.first: row for row in left}
    for first in firsts:
        yield from _pair(table, layout, left_at.get(first), right.get(first))


def _pair(table: Table, layout: Layout, left: Row | None, right: Row | None) -> Iterator[Row]:
    """One row where both halves name one indicator, else the left row, then the right one."""
    if right is not None:
        cells = dict(right.cells)
        value = cells.pop(Column.CYCLE_VALUE, None)
        if value is not None:
            cells.setdefault(Column.ANNUAL_VALUE, value)
        for column in LEVELS:
            heading = layout.find(column)
            if column not in cells and heading is not None and (c := table.cell(right.first, heading.first)):
                cells[column] = c
        right = Row(right.first, right.last, cells)
    if left is not None:
        cells = dict(left.cells)
        value = cells.pop(Column.ANNUAL_VALUE, None)
        if value is not None:
            cells.setdefault(Column.CYCLE_VALUE, value)
        left = Row(left.first, left.last, cells)
    if left is not None and right is not None and left.text(Column.INDICATOR) == right.text(Column.INDICATOR):
        yield Row(left.first, left.last, {**right.cells, **left.cells})
        return
    yield from (row for row in (left, right) if row is not None)
