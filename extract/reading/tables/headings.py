"""Define a heading: one printed column of a header with its words, place and meaning."""

from __future__ import annotations

from dataclasses import dataclass

from extract.entities import Column
from extract.reading.tables.indexed_grid import IndexedGrid

VALUES = frozenset({Column.ANNUAL_VALUE, Column.CYCLE_VALUE, Column.VALUE, Column.ADJUSTED_VALUE})


@dataclass(frozen=True, slots=True)
class Heading:
    """One printed column: its meaning, its words from top to bottom, its lattice columns."""

    column: Column | None  # None: known and not loaded
    words: tuple[str, ...]
    first: int
    last: int  # one past
    block: int = 0  # 1 in the right half of a side-by-side header

    @property
    def word(self) -> str:
        """The lowest word of the heading."""
        return self.words[-1] if self.words else ""


def own_texts(table: IndexedGrid, heading: Heading, row: int) -> list[str]:
    """Return the texts of the cells that begin at `row` or below and lie under one heading alone."""
    cells = {id(c): c for r in range(row, table.grid.n_rows) if (c := table.cell(r, heading.first)) is not None}
    below = [c for c in cells.values() if c.row >= row]
    return [c.text for c in below if c.text and c.col >= heading.first and c.col + c.colspan <= heading.last]
