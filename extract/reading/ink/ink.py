"""Define ink, the output of every reader for one page: arrays of glyphs, rules, fills and images.

All readers deliver this and nothing else, so every later stage is the same for all. Coordinates are points of the
page as displayed (after /Rotate), origin top left, y downwards. Glyphs of one run were drawn by one text operator with
one font, size, colour and clip; what is common to a run is kept once, per run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from string import ascii_letters, digits
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from extract.reading.tolerances import TOLERANCES
from extract.text import FIRST_RADICAL, LAST_RADICAL, unify_radical

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

BLANKS = frozenset(" \t\r\n\f\v\u00a0\u3000\u2002\u2003\u2009\u200a\u200b\u200c\u200d\u202f\u2060\ufeff")
_IS_BLANK = np.zeros(0x10000, np.bool_)
_IS_BLANK[[ord(letter) for letter in BLANKS]] = True
SOFT_HYPHEN = 0xAD
MAX_GLYPHS = 120_000  # on one page; the fullest table of the fixtures has 5,000
LAST = 2**40  # a place in the painting order after everything in a page's content
OUTLINE_POINTS = 7  # a filled path with so many may be a letter; a rectangle has 4 or 5
COMPATIBLE = (0xF900, 0xFAFF)
COMPATIBLE_TOO = 0x2F800
FIRST_CHINESE = 0x2E80
FROM_FULL_WIDTH = 0xFEE0
FULL_WIDTH = [ord(letter) + FROM_FULL_WIDTH for letter in f"%{digits}{ascii_letters}"]
_IS_FULL_WIDTH = np.zeros(0x10000, np.bool_)
_IS_FULL_WIDTH[FULL_WIDTH] = True
BRIGHTNESS_WEIGHTS = np.array([0.299, 0.587, 0.114])  # of red, green, blue (ITU-R BT.601)
NO_CLIP = (-1e9, -1e9, 1e9, 1e9)
UNKNOWN_FONT = -1
STANDARD_FONTS = frozenset(
    "Courier Courier-Bold Courier-Oblique Courier-BoldOblique Helvetica Helvetica-Bold Helvetica-Oblique"
    " Helvetica-BoldOblique Times-Roman Times-Bold Times-Italic Times-BoldItalic".split()
)  # PDF 32000-1, 9.6.2.2, without the two of symbols


class Drop(IntEnum):
    """Why a glyph is not kept; 0 is kept."""

    KEPT = 0
    BLANK = 1
    CLIPPED = 2
    INVISIBLE = 3
    WATERMARK = 4
    DUPLICATE = 5
    HIDDEN = 6


# as plain numbers: numpy compares an array with a member of an enumeration four times as slowly
KEPT, BLANK, CLIPPED, INVISIBLE, WATERMARK, DUPLICATE, HIDDEN = map(int, Drop)


@dataclass(slots=True)
class TextRuns:
    """Attributes of text runs, one entry per run: size in points, baseline y, turn, brightness, clip."""

    size: Floats  # em height on the displayed page
    base: Floats  # baseline y of an upright run; of a turned run the x of its baseline
    turn: Ints  # quarter turns clockwise against the reader: 0, 1, 2, 3; -1 is oblique
    light: Floats  # 0 black .. 1 white, as painted
    unseen: Bools  # text render mode 3 or 7, or fully transparent
    faint: Bools  # painted with transparency
    hidden: Bools  # in a layer that is switched off
    clip: Floats  # (n, 4) box that cuts the run, NO_CLIP where nothing does
    order: Ints  # place of the run in the painting order of the page, -1 unknown
    font: Ints  # number of the font on the page, UNKNOWN_FONT where its file is not there and viewers may differ

    def take(self, rows: Ints) -> TextRuns:
        """Copy some rows."""
        return TextRuns(**{name: getattr(self, name)[rows] for name in self.__slots__})


@dataclass(slots=True)
class Glyphs:
    """Glyphs in the order of the reader; `box` is the em box (advance wide)."""

    text: list[str]
    code: Ints  # of the first character of each
    box: Floats  # (n, 4) x0 y0 x1 y1
    run: Ints
    drop: Ints  # of Drop
    runs: TextRuns
    drawn: Floats | None = (
        None  # (n, 4) boxes of what the font draws, NaN for characters that are not checked; None: unknown
    )

    def __len__(self) -> int:
        return len(self.text)


@dataclass(slots=True)
class Rules:
    """Drawn lines as thin boxes; `level` is True for horizontal ones."""

    box: Floats  # (n, 4)
    level: Bools


@dataclass(slots=True)
class Fills:
    """Areas painted in one colour, in painting order."""

    box: Floats  # (n, 4)
    light: Floats
    order: Ints


@dataclass(slots=True)
class Pictures:
    """Images, and filled outlines that may be letters: paint that may show text without being text.

    `solid` ones hide what lies under them, `pale` ones have no dark pixel (watermarks), `white` ones show nothing.
    """

    box: Floats  # (n, 4)
    order: Ints
    solid: Bools
    pale: Bools
    white: Bools
    outline: Bools  # a filled path of many points: text turned into curves looks like this


@dataclass(frozen=True, slots=True)
class Conflict:
    """Glyphs whose characters contradict the ActualText over them."""

    box: tuple[float, float, float, float]
    drawn: str  # by the glyphs
    said: str  # by the ActualText


@dataclass(slots=True)
class Ink:
    """One page as its reader delivers it."""

    page: int
    width: float
    height: float
    glyphs: Glyphs
    rules: Rules
    fills: Fills
    pictures: Pictures  # a page of nothing else is a scan
    bulk_count: int  # glyphs by the reader's own bulk text, blanks left out; -1 where it has none
    conflicts: list[Conflict] = field(default_factory=list)
    lacks_hidden: bool = False  # the program that wrote the file leaves out letters that a clip hides


def add_outlines(images: Pictures, box: Floats, order: Ints) -> Pictures:
    """Append to the images those outlines that are as high as letters."""
    if not len(box):
        return images
    high = box[:, 3] - box[:, 1]
    fit = (high > TOLERANCES.least_outline_pt) & (high < TOLERANCES.outline_height_pt) & (box[:, 2] > box[:, 0])
    n, m = len(images.box), int(fit.sum())
    nothing = np.zeros(m, np.bool_)
    return Pictures(
        np.concatenate([images.box, box[fit]]),
        np.concatenate([images.order, order[fit]]),
        np.concatenate([images.solid, nothing]),
        np.concatenate([images.pale, nothing]),
        np.concatenate([images.white, nothing]),
        np.arange(n + m) >= n,
    )


def add_stamps(pictures: Pictures, box: Floats, solid: Bools) -> Pictures:
    """Append stamps to the images, painted after all of them."""
    n, none = len(box), np.zeros(len(box), np.bool_)
    return Pictures(
        np.concatenate([pictures.box, box]),
        np.concatenate([pictures.order, np.full(n, LAST, np.int64)]),
        np.concatenate([pictures.solid, solid]),
        np.concatenate([pictures.pale, none]),
        np.concatenate([pictures.white, none]),
        np.concatenate([pictures.outline, none]),
    )


def are_blank(codes: Ints) -> Bools:
    """Return which characters leave no ink."""
    found: Bools = _IS_BLANK[np.minimum(codes, 0xFFFF)]
    return found


def settle_characters(glyphs: Glyphs) -> None:
    """Replace characters that Unicode encodes twice by their usual form.

    Soft hyphens with a width are hyphens (Qt and Chromium map the printed - to U+00AD), others are removed; a
    compatibility ideograph (U+F98E) becomes its canonical equal (年), a radical (U+2F6F) the ideograph drawn alike
    (石). A full-width digit, letter or per cent sign that is printed half as wide becomes the usual one.
    """
    radical = (glyphs.code >= FIRST_RADICAL) & (glyphs.code <= LAST_RADICAL)
    for i in np.flatnonzero(radical).tolist():
        ideograph = unify_radical(chr(glyphs.code[i]))
        glyphs.code[i], glyphs.text[i] = ord(ideograph), ideograph
    compatible = ((glyphs.code >= COMPATIBLE[0]) & (glyphs.code <= COMPATIBLE[1])) | (glyphs.code >= COMPATIBLE_TOO)
    for i in np.flatnonzero(compatible).tolist():
        canonical = normalize("NFC", glyphs.text[i])
        if canonical != glyphs.text[i] and len(canonical) == 1:
            glyphs.code[i], glyphs.text[i] = ord(canonical), canonical
    width = glyphs.box[:, 2] - glyphs.box[:, 0]
    narrow = _IS_FULL_WIDTH[np.minimum(glyphs.code, 0xFFFF)] & (
        width < TOLERANCES.narrow_chinese_em * glyphs.runs.size[glyphs.run]
    )
    narrow &= glyphs.runs.turn[glyphs.run] == 0
    for i in np.flatnonzero(narrow).tolist():
        glyphs.code[i] -= FROM_FULL_WIDTH
        glyphs.text[i] = chr(glyphs.code[i])
    for i in np.flatnonzero(glyphs.code == SOFT_HYPHEN).tolist():
        if glyphs.box[i, 2] - glyphs.box[i, 0] > TOLERANCES.hyphen_width_em * glyphs.runs.size[glyphs.run[i]]:
            glyphs.code[i], glyphs.text[i] = ord("-"), "-"
        else:
            glyphs.drop[i] = BLANK


def mend_widths(glyphs: Glyphs) -> None:
    """Fix wrong advance widths: extend too narrow Chinese characters, narrow too wide figures to the next glyph."""
    _widen_chinese(glyphs)
    _narrow_figures(glyphs)


def _narrow_figures(glyphs: Glyphs) -> None:
    """Narrow figures of one em that follow each other by half an em, the last one like those before it.

    Otherwise the middle of the last digit lies beyond the rule of its cell (Founder's fonts; made page `wide_digits`).
    """
    box, size = glyphs.box, glyphs.runs.size[glyphs.run]
    level = (glyphs.runs.turn[glyphs.run] == 0) & (glyphs.code < FIRST_CHINESE) & (glyphs.drop != BLANK)
    wide = np.flatnonzero(level & (box[:, 2] - box[:, 0] > (TOLERANCES.digit_step_em + TOLERANCES.too_wide_em) * size))
    wide = wide[wide + 1 < len(glyphs)]
    if not len(wide):
        return
    step = box[wide + 1, 0] - box[wide, 0]
    same = (np.abs(box[wide + 1, 3] - box[wide, 3]) < TOLERANCES.same_baseline_em * size[wide]) & level[wide + 1]
    same &= np.abs(size[wide + 1] - size[wide]) < TOLERANCES.same_size_share * size[wide]
    same &= (step >= TOLERANCES.digit_step_em * size[wide]) & (
        box[wide, 2] - box[wide + 1, 0] > TOLERANCES.too_wide_em * size[wide]
    )
    wide, step = wide[same], step[same]
    last = np.setdiff1d(wide + 1, wide)
    before = np.searchsorted(wide, last - 1)
    box[wide, 2] = box[wide + 1, 0]
    end = box[last, 0] + step[before]
    box[last, 2] = np.where(box[last, 2] - end > TOLERANCES.too_wide_em * size[last], end, box[last, 2])


def _widen_chinese(glyphs: Glyphs) -> None:
    """Widen narrow Chinese characters to one em if the next glyph starts there."""
    runs, box = glyphs.runs, glyphs.box
    size = runs.size[glyphs.run]
    narrow = (
        (glyphs.code >= FIRST_CHINESE)
        & (box[:, 2] - box[:, 0] < TOLERANCES.narrow_chinese_em * size)
        & (runs.turn[glyphs.run] == 0)
    )
    rows = np.flatnonzero(narrow[:-1])
    if len(rows):
        step = box[rows + 1, 0] - box[rows, 0]
        level = np.abs(box[rows + 1, 3] - box[rows, 3]) < TOLERANCES.same_baseline_em * size[rows]
        rows = rows[level & (np.abs(step - size[rows]) < TOLERANCES.next_letter_em * size[rows])]
        box[rows, 2] = box[rows + 1, 0]


def brightness(red: float, green: float, blue: float) -> float:
    """Return the perceived brightness 0..1 of colour parts 0..1."""
    return float(np.array([red, green, blue]) @ BRIGHTNESS_WEIGHTS)
