"""A Grid in, a table that answers "which cell is at this row and column" out."""

from __future__ import annotations

from dataclasses import dataclass

from extract.entities import Cell, Grid


@dataclass(slots=True)
class Table:
    """A grid with its cells by place; `at[row][col]` is an index into `cells`, -1 outside."""

    grid: Grid
    at: list[list[int]]
    row_pages: tuple[int, ...] = ()  # of a table joined over page breaks: the page of each row

    def page_of(self, cell: Cell) -> int:
        """The page on which a cell begins."""
        return self.row_pages[cell.row] if self.row_pages else self.grid.page

    @property
    def edges(self) -> tuple[float, ...]:
        """Where the lattice columns begin, and where the last one ends."""
        starts: dict[int, float] = {}
        for cell in self.grid.cells:
            starts.setdefault(cell.col, cell.box.x0)
        return (*(starts.get(col, self.grid.box.x0) for col in range(self.grid.n_cols)), self.grid.box.x1)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.grid.cells

    def cell(self, row: int, col: int) -> Cell | None:
        """The cell that covers a lattice place."""
        if 0 <= row < self.grid.n_rows and 0 <= col < self.grid.n_cols and self.at[row][col] >= 0:
            return self.grid.cells[self.at[row][col]]
        return None

    def row_cells(self, row: int) -> list[Cell]:
        """The different cells that cover a lattice row, left to right."""
        found: list[Cell] = []
        for col in range(self.grid.n_cols):
            cell = self.cell(row, col)
            if cell is not None and (not found or found[-1] is not cell):
                found.append(cell)
        return found

    def starting(self, row: int) -> list[Cell]:
        """The cells whose first row this is."""
        return [cell for cell in self.row_cells(row) if cell.row == row]


def index_grid(grid: Grid, row_pages: tuple[int, ...] = ()) -> Table:
    """Build the look-up once per grid."""
    at = [[-1] * grid.n_cols for _ in range(grid.n_rows)]
    for number, cell in enumerate(grid.cells):
        for row in range(cell.row, cell.row + cell.rowspan):
            at[row][cell.col : cell.col + cell.colspan] = [number] * cell.colspan
    return Table(grid, at, row_pages)
