"""Assign glyphs that a clip hides to the cell at whose border the clip ends.

Such a clip hides what does not fit into the cell: the text is that cell's. Spreadsheets give each cell a clip of its
own, or the whole print area one clip that ends where the table does; a merged cell over a page break is drawn whole on
both pages. Whether another page shows the rest is checked later (page_seams.py).
"""

from __future__ import annotations

import numpy as np

from extract.reading.ink.ink import Bools, Floats
from extract.reading.tolerances import TOLERANCES


def find_sides(x: Floats, y: Floats, clip: Floats) -> Bools:
    """Return (n, 4): beyond which side of its clip, left, top, right, bottom, each point lies."""
    return np.stack([x < clip[:, 0], y < clip[:, 1], x > clip[:, 2], y > clip[:, 3]], axis=1)


def find_cut_sides(box: Floats, base: Floats, size: Floats, clip: Floats) -> Bools:
    """Return (n, 4): at which sides the clip cuts off so much of a glyph that it may look like another one."""
    wide, high = np.maximum(box[:, 2] - box[:, 0], 1e-6), TOLERANCES.digit_height_em * np.maximum(size, 1e-6)
    aside, above = TOLERANCES.cut_aside_share * wide, TOLERANCES.cut_above_share * high
    return np.stack(
        [
            clip[:, 0] - box[:, 0] > aside,
            clip[:, 1] - (base - high) > above,
            box[:, 2] - clip[:, 2] > aside,
            base - clip[:, 3] > above,
        ],
        axis=1,
    )


def move_inside(x: Floats, y: Floats, clip: Floats, sides: Bools) -> tuple[Floats, Floats]:
    """Move points that lie beyond their clip to just inside it, which is in the cell that the clip belongs to."""
    x = np.where(sides[:, 0], np.maximum(x, clip[:, 0] + TOLERANCES.inside_clip_pt), x)
    x = np.where(sides[:, 2], np.minimum(x, clip[:, 2] - TOLERANCES.inside_clip_pt), x)
    y = np.where(sides[:, 1], np.maximum(y, clip[:, 1] + TOLERANCES.inside_clip_pt), y)
    y = np.where(sides[:, 3], np.minimum(y, clip[:, 3] - TOLERANCES.inside_clip_pt), y)
    return x, y


def end_at_borders(sides: Bools, clips: Floats, boxes: Floats) -> Bools:
    """Return which clips end at their cell's border on all sides at which they cut; False without a cell."""
    near: Bools = np.abs(clips - boxes) <= TOLERANCES.cell_clip_pt  # never of no cell
    ends: Bools = np.all(near | ~sides, axis=1)
    return ends
