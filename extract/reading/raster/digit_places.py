"""Find the places of the digits and signs in a page's tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.reading.grid.placement import OUTSIDE, Spots
from extract.reading.ink.ink import BLANK, KEPT, UNKNOWN_FONT, Bools, Floats, Ink, Ints
from extract.reading.ink.signs import BLANK_KIND, LETTER, NO_KIND, ONE, find_kinds, find_low_marks
from extract.reading.tolerances import TOLERANCES

DIGIT_ROOM_EM = 0.08  # so far a clip may cut into the room around a digit
YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits and signs of one page's cells, one entry each; coordinates are those of the page as it is read."""

    page: int
    turn: int  # quarter turns that the page was turned back by
    width: float
    height: float
    kind: Ints  # by the text layer, of signs.KINDS; BLANK_KIND, LETTER, ONE for what is not one of them
    letter: tuple[str, ...]  # by the text layer
    left: Floats
    right: Floats
    base: Floats  # the baseline's y
    size: Floats
    light: Floats  # brightness of the colour
    font: Ints  # number of the font on this page
    cell: Ints  # OUTSIDE of a year outside the tables
    texts: dict[int, str]  # of the cells
    drawn: Floats | None  # (n, 4) boxes of what the font draws; None where the reader does not know them

    def quote(self, k: int) -> str:
        """Return the beginning of the text that contains a digit; outside the tables the digits on its line."""
        if self.cell[k] == OUTSIDE:
            return "".join(np.array(self.letter)[(self.cell == OUTSIDE) & (self.base == self.base[k])])[:20]
        return self.texts.get(int(self.cell[k]), "")[:20]


def find_digits(ink: Ink, spots: Spots, owner: Ints, texts: dict[int, str], turn: int) -> Digits | None:
    """Return the level, uncut digits and signs of cells, in fonts that are embedded; None if there are none.

    Included are blanks whose glyph has ink, and letters whose glyph is as low as a dash or a point.
    """
    glyphs = ink.glyphs
    kinds = find_kinds(glyphs.code)
    printed = (kinds != NO_KIND) & ((glyphs.drop == KEPT) | (glyphs.drop == BLANK))
    rows = np.flatnonzero(printed & ((owner >= 0) | _find_years(ink, owner)))
    run = glyphs.run[rows]
    middle = (glyphs.box[rows, 1] + glyphs.box[rows, 3]) / 2 + TOLERANCES.digit_height_em / 2 * spots.size[rows]
    level = (spots.turn[rows] == 0) & (
        np.abs(middle - spots.base[rows]) < TOLERANCES.digit_astray_em * spots.size[rows]
    )
    rows = rows[level & (glyphs.runs.font[run] != UNKNOWN_FONT) & ~glyphs.runs.unseen[run] & ~glyphs.runs.hidden[run]]
    rows = rows[_are_suspect(glyphs.drawn, rows, kinds[rows], spots)]
    if not len(rows):
        return None
    shown = _are_shown(ink, glyphs.box[rows], spots.base[rows], spots.size[rows], glyphs.runs.clip[glyphs.run[rows]])
    rows = rows[shown]
    if not len(rows):
        return None
    box, runs, run = glyphs.box[rows], glyphs.runs, glyphs.run[rows]
    said = (kinds[rows], tuple(glyphs.text[i] for i in rows.tolist()))
    where = (box[:, 0], box[:, 2], spots.base[rows], spots.size[rows])
    looks = (runs.light[run], runs.font[run])
    drawn = None if glyphs.drawn is None else glyphs.drawn[rows]
    return Digits(ink.page, turn, ink.width, ink.height, *said, *where, *looks, owner[rows], texts, drawn)


def _find_years(ink: Ink, owner: Ints) -> Bools:
    """Return the four digits before a 年 outside the tables: a title's year applies to all below it."""
    found = np.zeros(len(owner), np.bool_)
    rows = np.flatnonzero((owner == OUTSIDE) & (ink.glyphs.drop == KEPT))
    code = ink.glyphs.code[rows]
    digit = (code >= ord("0")) & (code <= ord("9"))
    years = np.flatnonzero(code == ord("年"))
    for k in years[years >= YEAR_DIGITS].tolist():
        if digit[k - YEAR_DIGITS : k].all():
            found[rows[k - YEAR_DIGITS : k]] = True
    return found


def _are_suspect(drawn: Floats | None, rows: Ints, kind: Ints, spots: Spots) -> Bools:
    """Return all digits and signs, blanks that draw something, and letters as low as a mark."""
    sign = kind >= 0
    if drawn is None:
        return sign
    box, size, base = drawn[rows], spots.size[rows], spots.base[rows]
    wide, bottom, top = (box[:, 2] - box[:, 0]) / size, (base - box[:, 3]) / size, (base - box[:, 1]) / size
    inked = (wide > TOLERANCES.least_ink_em) & (top - bottom > TOLERANCES.least_ink_em)
    low = find_low_marks(wide, bottom, top) != NO_KIND
    suspect: Bools = sign | (inked & ((kind == BLANK_KIND) | (low & (kind == LETTER))))
    suspect |= inked & low & (kind == ONE) & (wide < TOLERANCES.short_one_em)
    return suspect


def _are_shown(ink: Ink, box: Floats, base: Floats, size: Floats, clip: Floats) -> Bools:
    """Return which glyphs no clip and no page edge comes near; cut_text.py decides about the others."""
    room = DIGIT_ROOM_EM * size
    x0, y0 = np.maximum(clip[:, 0], 0.0), np.maximum(clip[:, 1], 0.0)
    x1, y1 = np.minimum(clip[:, 2], ink.width), np.minimum(clip[:, 3], ink.height)
    aside = (box[:, 0] >= x0 - room) & (box[:, 2] <= x1 + room)
    shown: Bools = aside & (base - TOLERANCES.digit_height_em * size >= y0 - room) & (base <= y1 + room)
    return shown
