"""Account for every cell of a table; a text that became nothing is a refusal.

Conservation of glyphs (page_checks/glyph_counts.py) proves that every text is in a cell; this proves that every cell is
a header, a field of a record or project, or a row or column that is known and not loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from extract.entities import Cell
from extract.errors import Reason, Refused
from extract.reading.tables.head_cells import is_word
from extract.reading.tables.header_words import is_part_of_group
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout
from extract.reading.tables.rows import RowDoubt
from extract.reading.tables.usual_levels import is_level1, is_level2


class Account:
    """Records which cells of a stretch of rows were read or left out for a named reason."""

    def __init__(self, table: IndexedGrid, layout: Layout) -> None:
        self._table = table
        self._known: set[int] = set()
        self._ignored = {c for h in layout.headings if h.column is None and h.words for c in range(h.first, h.last)}

    def take(self, cells: Iterable[Cell]) -> None:
        """Mark cells as accounted for."""
        self._known.update(map(id, cells))

    def take_row(self, first: int, last: int) -> None:
        """Mark all cells of whole rows: a sum, a note, column numbers."""
        for row in range(first, last):
            self.take(self._table.row_cells(row))

    def find_left_over(self, start: int, stop: int) -> Iterator[RowDoubt]:
        """Yield the texts of rows [start, stop) that became nothing."""
        for row in range(start, stop):
            for cell in self._table.row_cells(row):
                if cell.text and id(cell) not in self._known and not self._is_ignored(cell):
                    detail = f"row {row + 1}: {cell.text[:30]!r} became no field of any record"
                    yield RowDoubt(row, Refused(Reason.CONSERVATION, detail, self._table.grid.page))

    def _is_ignored(self, cell: Cell) -> bool:
        """Return True for a cell under a known heading that is not loaded, or the label at the left edge."""
        if "指标" in cell.text and (is_level1(cell.text) or is_level2(cell.text)):
            return False  # the rule between the header's words of a label and of a level is lost
        covered = range(cell.col, cell.col + cell.colspan)
        return all(col in self._ignored for col in covered) or (
            cell.col == 0 and (is_word(cell) or is_part_of_group(cell.text))
        )
