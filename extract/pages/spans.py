"""A lattice in, its spanned cells out: rectangles of lattice cells with no line drawn inside and lines all around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.pages.ink import Ints
from extract.pages.lattice import Lattice


@dataclass(slots=True)
class Spans:
    """Cells as (row, col, rowspan, colspan), and for each lattice cell the number of its cell; -1 is outside."""

    cells: list[tuple[int, int, int, int]]
    owner: Ints  # (rows, columns)
    ragged: list[tuple[int, int]]  # lattice cells that belong to no rectangle


def find_spans(lattice: Lattice) -> Spans:
    """Tile the lattice with cells in row-major order; what does not tile is listed, not guessed."""
    rows, columns = len(lattice.ys) - 1, len(lattice.xs) - 1
    spans = Spans([], np.full((rows, columns), -2, np.int64), [])
    alone = lattice.upright[:, :-1] & lattice.upright[:, 1:] & lattice.level[:-1] & lattice.level[1:]
    right_open, below_open = (~lattice.upright[:, 1:]).tolist(), (~lattice.level[1:, :]).tolist()
    closed = alone.tolist()
    for row in range(rows):
        for column in range(columns):
            if closed[row][column]:  # lines on all four sides: most cells of most tables
                spans.owner[row, column] = len(spans.cells)
                spans.cells.append((row, column, 1, 1))
                continue
            if spans.owner[row, column] != -2:
                continue
            width = 1
            while column + width < columns and right_open[row][column + width - 1]:
                width += 1
            height = 1
            while row + height < rows and below_open[row + height - 1][column]:
                height += 1
            _settle(lattice, spans, row, column, height, width)
    return spans


def _settle(lattice: Lattice, spans: Spans, row: int, column: int, height: int, width: int) -> None:
    """Make a cell of the block when lines surround it and none crosses it; otherwise mark its region.

    One side may be missing on the table's own outline: LibreOffice leaves a merged cell open where the page ends. Two
    missing sides are a notch of the outline and no cell.
    """
    down, right = row + height, column + width
    free = bool((spans.owner[row:down, column:right] == -2).all())
    inside = lattice.level[row + 1 : down, column:right].any() or lattice.upright[row:down, column + 1 : right].any()
    sides = (
        bool(lattice.level[row, column:right].all()),
        bool(lattice.level[down, column:right].all()),
        bool(lattice.upright[row:down, column].all()),
        bool(lattice.upright[row:down, right].all()),
    )
    borders = (row == 0, down == len(lattice.ys) - 1, column == 0, right == len(lattice.xs) - 1)
    missing = [at_border for drawn, at_border in zip(sides, borders, strict=True) if not drawn]
    if free and not inside and len(missing) <= 1 and all(missing):
        spans.owner[row:down, column:right] = len(spans.cells)
        spans.cells.append((row, column, height, width))
        return
    for place in _flood(lattice, spans, row, column):
        spans.owner[place] = -1
        spans.ragged.append(place)


def _flood(lattice: Lattice, spans: Spans, row: int, column: int) -> list[tuple[int, int]]:
    """All lattice cells reached from one without crossing a line; none where the table's outside is reached."""
    rows, columns = spans.owner.shape
    seen = {(row, column)}
    waiting = [(row, column)]
    leaks = False
    while waiting:
        r, c = waiting.pop()
        steps = (
            (r - 1, c, lattice.level[r, c]),
            (r + 1, c, lattice.level[r + 1, c]),
            (r, c - 1, lattice.upright[r, c]),
            (r, c + 1, lattice.upright[r, c + 1]),
        )
        for y, x, closed in steps:
            if closed or (y, x) in seen:
                continue
            if not (0 <= y < rows and 0 <= x < columns):
                leaks = True
                continue
            seen.add((y, x))
            waiting.append((y, x))
    if leaks:  # a notch in the outline: outside the table, not a broken cell
        for place in seen:
            spans.owner[place] = -1
        return []
    return sorted(seen)
