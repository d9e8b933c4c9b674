"""A page with placed glyphs in, the digits that its tables print out: where each must stand in the page's picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.reading.grid.placement import MIDDLE, Spots
from extract.reading.ink.ink import KEPT, UNKNOWN_FONT, Bools, Floats, Ink, Ints

HIGH = 0.72  # of the size: how high a digit stands over the baseline
ASTRAY = 0.5  # of the size: so far from its box a glyph's baseline says nothing (vertical writing)
EDGE = 0.08  # of the size: so far a clip may cut into the room around a digit


@dataclass(frozen=True, slots=True)
class Digits:
    """The digits of one page's cells, one entry each; coordinates are those of the page as it is read."""

    page: int
    turn: int  # quarter turns that the page was turned back by
    width: float
    height: float
    said: Ints  # 0..9, by the text layer
    left: Floats
    right: Floats
    base: Floats  # the baseline's y
    size: Floats
    light: Floats  # brightness of the colour
    font: Ints  # number of the font on this page
    cell: Ints
    texts: dict[int, str]  # of the cells

    def quote(self, k: int) -> str:
        """The beginning of the text in which a digit stands."""
        return self.texts[int(self.cell[k])][:20]


def find_digits(ink: Ink, spots: Spots, owner: Ints, texts: dict[int, str], turn: int) -> Digits | None:
    """The level digits of cells that are shown whole, in fonts whose drawing is the document's own; None for none."""
    glyphs = ink.glyphs
    rows = np.flatnonzero((glyphs.code >= ord("0")) & (glyphs.code <= ord("9")) & (glyphs.drop == KEPT) & (owner >= 0))
    run = glyphs.run[rows]
    middle = (glyphs.box[rows, 1] + glyphs.box[rows, 3]) / 2 + MIDDLE * spots.size[rows]
    level = (spots.turn[rows] == 0) & (np.abs(middle - spots.base[rows]) < ASTRAY * spots.size[rows])
    whole = level & (glyphs.runs.font[run] != UNKNOWN_FONT)
    rows, run = rows[whole], run[whole]
    if not len(rows):
        return None
    shown = _are_shown(ink, glyphs.box[rows], spots.base[rows], spots.size[rows], glyphs.runs.clip[run])
    rows, run = rows[shown], run[shown]
    if not len(rows):
        return None
    box, runs = glyphs.box[rows], glyphs.runs
    said = glyphs.code[rows] - ord("0")
    where = (box[:, 0], box[:, 2], spots.base[rows], spots.size[rows])
    looks = (runs.light[run], runs.font[run])
    return Digits(ink.page, turn, ink.width, ink.height, said, *where, *looks, owner[rows], texts)


def _are_shown(ink: Ink, box: Floats, base: Floats, size: Floats, clip: Floats) -> Bools:
    """Whether no clip and no edge of the page comes near: of the others cut_text.py decides."""
    room = EDGE * size
    x0, y0 = np.maximum(clip[:, 0], 0.0), np.maximum(clip[:, 1], 0.0)
    x1, y1 = np.minimum(clip[:, 2], ink.width), np.minimum(clip[:, 3], ink.height)
    aside = (box[:, 0] >= x0 - room) & (box[:, 2] <= x1 + room)
    shown: Bools = aside & (base - HIGH * size >= y0 - room) & (base <= y1 + room)
    return shown
