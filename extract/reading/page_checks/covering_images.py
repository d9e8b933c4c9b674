"""Find cells that images cover or fill instead of text.

A value in an image leaves its cell blank, and text under an image is not what one sees: neither may be loaded.
Watermarks, seals and letterheads lie over or under cells that hold text of their own, or are pale, or transparent.
"""

from __future__ import annotations

import numpy as np

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.placement import PlacedTable
from extract.reading.ink.ink import KEPT, Ink, Ints, Pictures
from extract.reading.ink.visibility import centres
from extract.reading.page_checks.problems import Problem, list_problems
from extract.reading.tolerances import TOLERANCES

COVERED_TEXT_LETTERS = 20  # outside tables under an image: with more, the page shows other text


def check_pictures(ink: Ink, tables: list[PlacedTable], owner: Ints) -> tuple[Problem, ...]:
    """Return one problem (no_text_layer) for each cell whose text an image hides or which holds an image only."""
    problems: list[Problem] = []
    reason = Reason.NO_TEXT_LAYER
    for k in range(len(ink.pictures.box)):
        hidden = _find_hidden(ink, k)
        if len(hidden) < COVERED_TEXT_LETTERS:
            hidden = hidden[owner[hidden] >= 0]
        problems += list_problems(ink, tables, owner, hidden, reason, "a picture lies over the text")
        for number, table in enumerate(tables, 1):
            for cell in [] if ink.pictures.pale[k] else _find_pictured(ink.pictures, k, table, owner):
                row, column, _, _ = table.spans.cells[cell - table.first]
                detail = f"table {number}, row {row + 1}, column {column + 1}: a picture stands where no text is"
                problems.append(Problem(reason, ink.page, detail, Box(*table.box_of(cell))))
    return tuple(dict.fromkeys(problems))


def _find_hidden(ink: Ink, k: int) -> Ints:
    """Return glyphs painted before an opaque image and under it."""
    pictures, glyphs = ink.pictures, ink.glyphs
    if not pictures.solid[k] or not len(glyphs):
        return np.zeros(0, np.int64)
    x, y = centres(glyphs.box)
    x0, y0, x1, y1 = pictures.box[k]
    order = glyphs.runs.order[glyphs.run]
    under = (x0 < x) & (x < x1) & (y0 < y) & (y < y1) & (order >= 0) & (order < pictures.order[k])
    return np.flatnonzero(under & (glyphs.drop == KEPT))


def _find_pictured(pictures: Pictures, k: int, table: PlacedTable, owner: Ints) -> list[int]:
    """Return blank cells covered by an image; [] if most cells that it overlaps hold text."""
    x0, y0, x1, y1 = (float(v) for v in pictures.box[k])
    blank, filled = [], 0
    for cell in range(table.first, table.first + len(table.spans.cells)):
        left, top, right, bottom = table.box_of(cell)
        shared = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, bottom) - max(y0, top))
        area, whole = (right - left) * (bottom - top), (x1 - x0) * (y1 - y0)
        inside = shared >= TOLERANCES.cell_of_image_share * whole
        if shared <= 0 or not (inside or shared >= TOLERANCES.image_of_cell_share * area):
            continue
        if pictures.outline[k] and (not inside or whole > TOLERANCES.image_of_cell_share * area):
            continue  # a letter is smaller than its cell; what fills one is its background or border
        if (owner == cell).any():
            filled += 1
        else:
            blank.append(cell)
    return blank if len(blank) > filled else []
