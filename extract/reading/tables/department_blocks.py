"""Split a table of departments into one block of rows for each (单位名称 and amounts in columns: 长沙)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from extract.entities import Cell, Column, Scope
from extract.reading.tables.column_groups import PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import field_of
from extract.reading.tables.form_head import FormHead
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout


@dataclass(frozen=True, slots=True)
class Block:
    """The rows [first, last) of one department, and the cells that describe it."""

    first: int
    last: int
    cells: dict[Column, Cell]

    @property
    def unit(self) -> str:
        """The department's printed name, "" where a page continues it."""
        return self.cells[Column.UNIT].text if Column.UNIT in self.cells else ""


def split_blocks(table: IndexedGrid, layout: Layout, stop: int) -> Iterator[Block]:
    """Split the rows below a header where another department is named."""
    heading = layout.find(Column.UNIT)
    if heading is None:
        return
    first, name = layout.stop, None
    for row in range(layout.stop, stop):
        cell = table.cell(row, heading.first)
        text = cell.text if cell is not None else ""
        if text and text != name:
            if name is not None:
                yield _cut_block(table, layout, first, row)
                first = row
            name = text
    if first < stop:
        yield _cut_block(table, layout, first, stop)


def _cut_block(table: IndexedGrid, layout: Layout, first: int, last: int) -> Block:
    columns = (*UNIT_LEVEL, *PROJECT_LEVEL)
    cells = {}
    for heading in layout.headings:
        if heading.column in columns:
            below = [c for row in range(first, last) if (c := table.cell(row, heading.first)) is not None]
            named = [cell for cell in below if cell.text]
            if below:
                cells[heading.column] = (named or below)[0]
    return Block(first, last, cells)


def describe_block(cells: dict[Column, Cell], page: int) -> FormHead:
    """Return the description of a department as the head of a form of its own."""
    head = FormHead(page, scope=Scope.DEPARTMENT)
    head.fields = {column: field_of(cell, page) for column, cell in cells.items()}
    return head
