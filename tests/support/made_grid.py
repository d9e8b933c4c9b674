"""Grids from places and texts, for what reads tables."""

from __future__ import annotations

from collections.abc import Iterable

from extract.entities import Box, Cell, Grid
from extract.reading.tables.indexed_grid import IndexedGrid, index_grid
from extract.reading.tables.page_joins import cut_rows

WIDTH = 100.0  # points of a lattice column

Spec = tuple[int, int, int, int, str]  # row, col, rowspan, colspan, text


def make_grid(cells: Iterable[Spec], page: int = 1, edges: tuple[float, ...] | None = None) -> Grid:
    """A grid from places and texts; rows are 20 points high."""
    specs = list(cells)
    n_rows = max(row + rowspan for row, _, rowspan, _, _ in specs)
    n_cols = max(col + colspan for _, col, _, colspan, _ in specs)
    x = edges or tuple(WIDTH * k for k in range(n_cols + 1))
    made = tuple(
        Cell(row, col, rowspan, colspan, Box(x[col], 20.0 * row, x[col + colspan], 20.0 * (row + rowspan)), text)
        for row, col, rowspan, colspan, text in specs
    )
    return Grid(page, 1, Box(x[0], 0.0, x[n_cols], 20.0 * n_rows), n_rows, n_cols, made)


def plain_rows(first: int, *rows: tuple[str, ...]) -> list[Spec]:
    return [(first + r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row)]


def table_of(*cells: Spec, page: int = 1, edges: tuple[float, ...] | None = None) -> IndexedGrid:
    grid = make_grid(cells, page, edges)
    return cut_rows(index_grid(grid), 0, grid.n_rows)
