"""Find the merged cells of a lattice: rectangles without a line inside and with lines all around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.reading.grid.lattice import Lattice
from extract.reading.ink.ink import Ints

FREE, OUTSIDE = -2, -1


@dataclass(slots=True)
class Spans:
    """Cells as (row, col, rowspan, colspan), and for each lattice cell the number of its cell; -1 is outside."""

    cells: list[tuple[int, int, int, int]]
    owner: Ints  # (rows, columns)
    regions: list[list[tuple[int, int]]]  # lattice cells that belong to no rectangle, those of one region together


@dataclass(slots=True)
class Tiling:
    """Spans under construction, as lists, since single items of arrays are slow."""

    level: list[list[bool]]
    upright: list[list[bool]]
    owner: list[list[int]]
    cells: list[tuple[int, int, int, int]]
    regions: list[list[tuple[int, int]]]


def find_spans(lattice: Lattice) -> Spans:
    """Tile the lattice with cells in row-major order; list what does not tile."""
    rows, columns = len(lattice.ys) - 1, len(lattice.xs) - 1
    alone = lattice.upright[:, :-1] & lattice.upright[:, 1:] & lattice.level[:-1] & lattice.level[1:]
    tiling = Tiling(lattice.level.tolist(), lattice.upright.tolist(), [[FREE] * columns for _ in range(rows)], [], [])
    for row, closed in enumerate(alone.tolist()):
        owner = tiling.owner[row]
        for column in range(columns):
            if closed[column]:  # lines on all four sides: most cells of most tables
                owner[column] = len(tiling.cells)
                tiling.cells.append((row, column, 1, 1))
            elif owner[column] == FREE:
                _settle(tiling, row, column)
    return Spans(tiling.cells, np.array(tiling.owner, np.int64).reshape(rows, columns), tiling.regions)


def _settle(tiling: Tiling, row: int, column: int) -> None:
    """Make a cell of the block that begins here if lines surround it and none crosses it; else mark its region.

    One side may be missing on the table's own outline: LibreOffice leaves a merged cell open where the page ends. Two
    missing sides are a notch of the outline and no cell.
    """
    level, upright, owner = tiling.level, tiling.upright, tiling.owner
    right, down = column + 1, row + 1
    while right < len(owner[0]) and not upright[row][right]:
        right += 1
    while down < len(owner) and not level[down][column]:
        down += 1
    block = range(row, down)
    sides = (
        (row == 0, all(level[row][column:right])),
        (down == len(owner), all(level[down][column:right])),
        (column == 0, all(upright[r][column] for r in block)),
        (right == len(owner[0]), all(upright[r][right] for r in block)),
    )
    missing = [at_border for at_border, drawn in sides if not drawn]
    nobodys = [FREE] * (right - column)
    free = all(owner[r][column:right] == nobodys for r in block)
    crossed = any(any(level[r][column:right]) for r in block[1:]) or any(
        any(upright[r][column + 1 : right]) for r in block
    )
    if free and not crossed and len(missing) <= 1 and all(missing):
        for r in block:
            owner[r][column:right] = [len(tiling.cells)] * (right - column)
        tiling.cells.append((row, column, down - row, right - column))
        return
    region = _flood(tiling, row, column)
    for r, c in region:
        owner[r][c] = OUTSIDE
    if region:
        tiling.regions.append(region)


def _flood(tiling: Tiling, row: int, column: int) -> list[tuple[int, int]]:
    """Return all lattice cells reached from one without crossing a line; [] where the outside is reached."""
    level, upright, owner = tiling.level, tiling.upright, tiling.owner
    rows, columns = len(owner), len(owner[0])
    seen = {(row, column)}
    waiting = [(row, column)]
    leaks = False
    while waiting:
        r, c = waiting.pop()
        steps = (
            (r - 1, c, level[r][c]),
            (r + 1, c, level[r + 1][c]),
            (r, c - 1, upright[r][c]),
            (r, c + 1, upright[r][c + 1]),
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
        for r, c in seen:
            owner[r][c] = OUTSIDE
        return []
    return sorted(seen)


def adopt_corners(lattice: Lattice, spans: Spans, places: list[tuple[int, int]]) -> None:
    """Make cells of blocks at a corner of the outline that hold text; `places` are the lattice cells of text.

    At a page break a label's cell may lack its lower border, and where no line is drawn round the table its outer one
    too. Without text such a block is a notch of the outline.
    """
    rows, columns = spans.owner.shape
    for row, column in places:
        if spans.owner[row, column] != OUTSIDE:
            continue
        block = sorted(_reach_inside(lattice, row, column))
        (top, left), (bottom, right) = block[0], block[-1]
        whole = len(block) == (bottom - top + 1) * (right - left + 1)
        level = top == 0 or bool(lattice.level[top, left : right + 1].all())
        level &= bottom == rows - 1 or bool(lattice.level[bottom + 1, left : right + 1].all())
        free = bool((spans.owner[top : bottom + 1, left : right + 1] == OUTSIDE).all())
        if whole and level and free and (top == 0) != (bottom == rows - 1) and (left == 0) != (right == columns - 1):
            spans.owner[top : bottom + 1, left : right + 1] = len(spans.cells)
            spans.cells.append((top, left, bottom - top + 1, right - left + 1))


def _reach_inside(lattice: Lattice, row: int, column: int) -> set[tuple[int, int]]:
    """Return all lattice cells reached from one without crossing a line or leaving the table."""
    seen = {(row, column)}
    waiting = [(row, column)]
    rows, columns = len(lattice.ys) - 1, len(lattice.xs) - 1
    while waiting:
        r, c = waiting.pop()
        steps = (
            (r - 1, c, lattice.level[r, c]),
            (r + 1, c, lattice.level[r + 1, c]),
            (r, c - 1, lattice.upright[r, c]),
            (r, c + 1, lattice.upright[r, c + 1]),
        )
        for y, x, closed in steps:
            if not closed and (y, x) not in seen and 0 <= y < rows and 0 <= x < columns:
                seen.add((y, x))
                waiting.append((y, x))
    return seen
