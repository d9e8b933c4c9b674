"""Classify the characters of figures, and the sizes that each kind of glyph has in ordinary fonts.

Sizes are parts of the font size: the width of the ink, its bottom and top relative to the baseline. They were
measured on 949 free fonts (benchmarks/witness.py) and on the digits and signs of published documents.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from extract.reading.ink.ink import BLANKS, Bools, Floats, Ints

KINDS = "0123456789≥≤><=%+()/:~×±‰-.,"
DIGITS = 10  # the first kinds
SHAPED = KINDS.index("-")  # kinds before this one are told by their shape, the others by their size
DASH, DOT, COMMA = (KINDS.index(sign) for sign in "-.,")
TILDE = KINDS.index("~")
BLANK_KIND, LETTER, ONE = -2, -3, -4  # a blank; a letter, which is no low mark; 一, which is no short dash
NO_KIND = -1
VARIANTS = {
    "≥": "≧⩾",
    "≤": "≦⩽",
    ">": "＞﹥",
    "<": "＜﹤",
    "=": "＝",
    "%": "％﹪",
    "+": "＋",
    "(": "（",
    ")": "）",
    "/": "／",
    ":": "：",
    "~": "～∼〜",
    "-": "‐‑‒–−﹣－⁃—―─",
    ".": "．",
    ",": "，",
}
LETTERS = ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x24F), (0x370, 0x52F))
FIRST_FULL_WIDTH = 0xFF10

# a dash: low, broad and between the baseline and the height of small letters
DASH_HIGH, DASH_BROAD, DASH_LOW, DASH_TOP = 0.18, 1.5, 0.1, 0.46
# a point: as wide as high, on the baseline
DOT_LONG, DOT_HIGH, DOT_LOW, DOT_TOP = 1.25, 0.24, -0.045, 0.24
# a comma: higher than wide, with a tail below the baseline
COMMA_LONG, COMMA_HIGH, COMMA_LOW, COMMA_TOP, COMMA_WIDE = 1.35, 0.14, -0.06, 0.26, 0.32
COMMA_LOWER, COMMA_BROAD = -0.1, 0.24  # broader than any point, and lower


@cache
def list_kinds() -> Ints:
    """Return the kind of each character of the basic plane."""
    kinds = np.full(0x10000, NO_KIND, np.int64)
    for first, last in LETTERS:
        kinds[first : last + 1] = LETTER
    for number, sign in enumerate(KINDS):
        for one in sign + VARIANTS.get(sign, ""):
            kinds[ord(one)] = number
    for digit in range(DIGITS):
        kinds[FIRST_FULL_WIDTH + digit] = digit
    kinds[[ord(blank) for blank in BLANKS]] = BLANK_KIND
    kinds[ord("一")] = ONE
    return kinds


def find_kinds(code: Ints) -> Ints:
    """Return the kinds of characters; NO_KIND for those that are not judged."""
    kinds: Ints = list_kinds()[np.minimum(code, 0xFFFF)]
    return kinds


def are_judged(code: Ints) -> Bools:
    """Return which characters the digit check looks at."""
    judged: Bools = find_kinds(code) != NO_KIND
    return judged


def find_low_marks(wide: Floats, bottom: Floats, top: Floats) -> Ints:
    """Return DASH, DOT or COMMA where a glyph of this size can be nothing else, else NO_KIND."""
    high = top - bottom
    dash = (high <= DASH_HIGH) & (wide >= DASH_BROAD * high) & (bottom >= DASH_LOW) & (top <= DASH_TOP)
    round_ = (high <= DOT_LONG * wide) & (wide <= 1.6 * high) & (high <= DOT_HIGH)
    dot = round_ & (bottom >= DOT_LOW) & (top <= DOT_TOP)
    tail = (high >= COMMA_LONG * wide) & (bottom <= COMMA_LOW) | (high >= wide) & (wide >= COMMA_BROAD) & (
        bottom <= COMMA_LOWER
    )
    comma = tail & (high >= COMMA_HIGH) & (wide <= COMMA_WIDE) & (top <= COMMA_TOP)
    marks: Ints = np.select([dash, dot, comma], [DASH, DOT, COMMA], NO_KIND)
    return marks


def fit_sizes(wide: Floats, bottom: Floats, top: Floats) -> Bools:
    """Return (n, kinds): whether glyphs of these sizes can be of each kind in some ordinary font."""
    size = np.stack([wide, bottom, top, top - bottom], axis=1)[:, None, :]
    fits: Bools = np.asarray(((size >= SIZES[:, 0]) & (size <= SIZES[:, 1])).all(axis=2))
    return fits


# least and most of width, bottom, top and height by kind, each 0.05 wider than what was measured
SIZES = np.array(
    [[[0.05, -0.3, 0.36, 0.36], [0.9, 0.12, 1.0, 1.05]]] * DIGITS
    + [[[0.22, -0.27, 0.36, 0.35], [0.9, 0.16, 0.9, 1.05]]] * 2  # ≥ ≤
    + [[[0.22, -0.23, 0.35, 0.26], [0.92, 0.23, 0.9, 1.05]]] * 2  # > <
    + [
        [[0.26, 0.0, 0.2, 0.11], [1.05, 0.32, 0.62, 0.47]],  # =
        [[0.26, -0.19, 0.5, 0.5], [1.1, 0.12, 1.1, 1.15]],  # %
        [[0.26, -0.28, 0.27, 0.27], [1.05, 0.23, 0.82, 1.05]],  # +
        [[0.07, -0.58, 0.5, 0.6], [0.56, 0.0, 1.1, 1.6]],  # (
        [[0.07, -0.58, 0.5, 0.6], [0.56, 0.0, 1.1, 1.6]],  # )
        [[0.15, -0.58, 0.5, 0.5], [0.95, 0.06, 1.1, 1.6]],  # /
        [[0.0, -0.12, 0.25, 0.25], [0.4, 0.2, 0.75, 0.72]],  # :
        [[0.18, 0.05, 0.2, 0.0], [1.05, 0.85, 0.97, 0.37]],  # ~
        [[0.18, -0.15, 0.27, 0.24], [0.87, 0.28, 0.77, 0.77]],  # ×
        [[0.25, -0.27, 0.25, 0.0], [1.05, 0.3, 0.87, 0.93]],  # ±
        [[0.25, -0.24, 0.5, 0.5], [1.6, 0.12, 1.1, 1.15]],  # ‰
        [[0.1, 0.05, 0.12, 0.0], [1.6, 0.42, 0.5, 0.24]],  # -
        [[0.0, -0.2, -0.05, 0.0], [0.3, 0.37, 0.55, 0.3]],  # .
        [[0.0, -0.28, -0.02, 0.1], [0.38, 0.27, 0.58, 0.48]],  # ,
    ]
)
