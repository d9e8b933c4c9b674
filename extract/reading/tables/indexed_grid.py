"""Index the cells of a grid by row and column."""

from __future__ import annotations

from dataclasses import dataclass

from extract.entities import Cell, Grid


@dataclass(slots=True)
class IndexedGrid:
    """A grid with its cells by place and by row, which every stage of reading looks up."""

    grid: Grid
    places: list[list[Cell | None]]  # [row][col]: the cell that covers a lattice place, None outside
    rows: list[list[Cell]]  # the different cells that cover a lattice row, left to right
    row_pages: tuple[int, ...] = ()  # of a table joined over page breaks: the page of each row
    lines: tuple[float, ...] = ()  # of a table whose columns do not stand where its cells do (level_groups.py)

    def page_of(self, cell: Cell) -> int:
        """Return the page on which a cell begins."""
        return self.row_pages[cell.row] if self.row_pages else self.grid.page

    @property
    def edges(self) -> tuple[float, ...]:
        """The left edges of the lattice columns, and the right edge of the last one.

        A column in which no cell begins or ends has no width, at the next line.
        """
        if self.lines:
            return self.lines
        lines: dict[int, float] = {0: self.grid.box.x0, self.grid.n_cols: self.grid.box.x1}
        for cell in self.grid.cells:
            lines.setdefault(cell.col, cell.box.x0)
        for cell in self.grid.cells:
            lines.setdefault(cell.col + cell.colspan, cell.box.x1)
        for col in range(self.grid.n_cols - 1, 0, -1):
            lines.setdefault(col, lines[col + 1])
        return tuple(lines[col] for col in range(self.grid.n_cols + 1))

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, row by row."""
        return self.grid.cells

    def cell(self, row: int, col: int) -> Cell | None:
        """Return the cell that covers a lattice place."""
        return self.places[row][col] if 0 <= row < self.grid.n_rows and 0 <= col < self.grid.n_cols else None

    def row_cells(self, row: int) -> list[Cell]:
        """Return the different cells that cover a lattice row, left to right."""
        return self.rows[row]

    def starting(self, row: int) -> list[Cell]:
        """Return the cells whose first row this is."""
        return [cell for cell in self.rows[row] if cell.row == row]


def index_grid(grid: Grid, row_pages: tuple[int, ...] = (), lines: tuple[float, ...] = ()) -> IndexedGrid:
    """Build the index once per grid."""
    places: list[list[Cell | None]] = [[None] * grid.n_cols for _ in range(grid.n_rows)]
    for cell in grid.cells:
        for row in range(cell.row, cell.row + cell.rowspan):
            places[row][cell.col : cell.col + cell.colspan] = [cell] * cell.colspan
    return IndexedGrid(grid, places, [_list_cells(line) for line in places], row_pages, lines)


def _list_cells(line: list[Cell | None]) -> list[Cell]:
    """Return the different cells of a lattice row."""
    found: list[Cell] = []
    for cell in line:
        if cell is not None and (not found or found[-1] is not cell):
            found.append(cell)
    return found
