"""Score how similar cut-outs of a page's image are to digits and signs.

The ink of a glyph is scaled to one size and correlated with reference shapes: those of digits (digit_shapes.npy), and
those of digits and signs that keep heights and widths in proportion (sign_shapes.npy). benchmarks/witness.py made both
from free fonts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from extract.reading.ink.ink import Bools, Floats, Ints
from extract.reading.tolerances import TOLERANCES

Pixels = NDArray[np.uint8]
Shapes = NDArray[np.float32]
FULL_INK_SHARE = 0.5  # of the darkest pixel: darker ones count as black, so that thin strokes are not lost
HIGH, WIDE = 16, 12  # pixels of a shape
MARGIN_PIXELS = 2  # around a glyph's box: pdfium paints glyphs up to one pixel from their place
CLASS_PIXELS = 8  # windows of one size, rounded up to so many pixels, are measured together
FLAT_LEVELS = 4  # grey levels: paper without any ink


@dataclass(frozen=True, slots=True)
class Prints:
    """Cut-outs of glyphs, one entry each."""

    whole: Bools  # the ink fills the box that the font gives: nothing covers it, no rule runs through it or beside it
    sign: Shapes  # (n, HIGH * WIDE) heights and widths in proportion
    digit: Shapes  # likewise of one height

    def take(self, rows: Ints) -> Prints:
        """Select rows."""
        return Prints(self.whole[rows], self.sign[rows], self.digit[rows])


@cache
def load_references(name: str) -> Shapes:
    """Load (kinds, styles, HIGH * WIDE) reference shapes of length one, of `digit` or `sign`."""
    stored = np.load(Path(__file__).with_name(f"{name}_shapes.npy"))  # of 0..255
    return normalise(stored.reshape(-1, HIGH * WIDE).astype(np.float32)).reshape(stored.shape)


def score_said(shape: Shapes, said: Ints, name: str) -> Shapes:
    """Return the correlation of each shape with the most similar reference of the text layer's kind."""
    references, scores = load_references(name), np.zeros(len(shape), np.float32)
    for kind in np.unique(said).tolist():
        mine = said == kind
        scores[mine] = (shape[mine] @ references[kind].T).max(axis=1)
    return scores


def score_shapes(shape: Shapes, name: str) -> Shapes:
    """Return (n, kinds) correlations with the most similar reference of each kind."""
    references = load_references(name)
    each = (shape @ references.reshape(-1, HIGH * WIDE).T).reshape(len(shape), *references.shape[:2])
    scores: Shapes = each.max(axis=2)
    return scores


def open_windows(drawn: Floats, picture: Pixels) -> tuple[Ints, Bools]:
    """Return top, bottom, left, right of the windows around boxes in pixels, and which of them are inside."""
    window = np.empty((len(drawn), 4), np.int64)
    window[:, 0], window[:, 2] = (np.floor(drawn[:, k]) - MARGIN_PIXELS for k in (1, 0))
    window[:, 1], window[:, 3] = (np.ceil(drawn[:, k]) + MARGIN_PIXELS for k in (3, 2))
    inside = (window[:, 0] >= 0) & (window[:, 2] >= 0)
    inside &= (window[:, 1] <= picture.shape[0]) & (window[:, 3] <= picture.shape[1])
    return window, inside


def measure_prints(cuts: list[Pixels], drawn: Floats, light: Bools) -> Prints:
    """Measure windows of any size with the boxes of their glyphs; light ones are lighter than paper.

    Prints of equal pixels, of which a document has many, are measured once.
    """
    at = np.stack([np.floor(drawn), np.ceil(drawn)], axis=2).astype(np.int64)
    numbers: dict[tuple[object, ...], int] = {}
    looks = zip(cuts, at, light.tolist(), strict=True)
    of = [numbers.setdefault((c.tobytes(), c.shape, box.tobytes(), one), len(numbers)) for c, box, one in looks]
    _, firsts = np.unique(of, return_index=True)
    n = len(firsts)
    clear, box = np.zeros(n, np.bool_), np.zeros((n, 4), np.int64)
    sign, digit = (np.zeros((n, HIGH * WIDE), np.float32) for _ in range(2))
    classes: dict[tuple[int, int], list[int]] = {}
    for k, first in enumerate(firsts.tolist()):
        high, wide = cuts[first].shape
        classes.setdefault((-(-high // CLASS_PIXELS), -(-wide // CLASS_PIXELS)), []).append(k)
    for rows in classes.values():
        chosen = firsts[rows]
        clear[rows], box[rows], sign[rows], digit[rows] = _measure_class(
            [cuts[k] for k in chosen.tolist()], at[chosen], light[chosen]
        )
    apart = np.abs(box[of] - drawn[:, [1, 3, 0, 2]]).max(axis=1)
    return Prints(clear[of] & (apart <= TOLERANCES.ink_astray_px), sign[of], digit[of])


def _measure_class(cuts: list[Pixels], at: Ints, light: Bools) -> tuple[Bools, Ints, Shapes, Shapes]:
    """Measure windows of about one size: which inks are clear of others, their boxes, and their shapes.

    `at` (n, 4, 2) is left, top, right and bottom of each glyph's box, rounded down and up. Boxes are top, bottom, left,
    right.
    """
    n = len(cuts)
    high, wide = max(cut.shape[0] for cut in cuts), max(cut.shape[1] for cut in cuts)
    dark = np.zeros((n, high, wide), np.uint8)
    beyond = np.ones((n, high, wide), np.bool_)
    for k, cut in enumerate(cuts):
        shown = 255 - cut if light[k] else cut
        tall, broad = cut.shape
        dark[k, :tall, :broad] = shown.max() - shown
        beyond[k, :tall, :broad] = False
    level, upright = _zone(high, at[:, 1], at[:, 3]), _zone(wide, at[:, 0], at[:, 2])
    zone = level[:, :, None] & upright[:, None, :]
    peak = np.where(zone, dark, 0).max(axis=(1, 2)).astype(np.float64)
    ink = dark >= np.maximum(np.ceil(TOLERANCES.ink_share * peak), 1).astype(np.uint8)[:, None, None]
    mine = ink & zone
    mine &= _cut_beyond(mine.any(axis=1), at[:, 0], at[:, 2])[:, None, :]  # neighbours
    mine &= _cut_beyond(mine.any(axis=2), at[:, 1], at[:, 3])[:, :, None]  # rules
    box = np.stack([*_find_ends(mine.any(axis=2)), *_find_ends(mine.any(axis=1))], axis=1)
    ink |= beyond
    ruled = (ink.all(axis=2) & ~beyond.all(axis=2)).any(axis=1) | (ink.all(axis=1) & ~beyond.all(axis=1)).any(axis=1)
    clear = (peak >= TOLERANCES.ink_contrast_levels) & (box[:, 1] > box[:, 0]) & ~ruled
    full = np.maximum(FULL_INK_SHARE * peak, 1.0).astype(np.float32)[:, None, None]
    filled = np.minimum(dark, full) * (255 / full)
    shapes = (resample(filled, box, proportional=proportional) for proportional in (True, False))
    return clear, box, *shapes


def _zone(length: int, start: Ints, stop: Ints) -> Bools:
    """Return (n, length): where a glyph may have ink that begins and ends there, with one pixel of margin."""
    places = np.arange(length)
    zone: Bools = (places >= start[:, :1] - 1) & (places < stop[:, 1:] + 1)
    return zone


def _cut_beyond(inked: Bools, start: Ints, stop: Ints) -> Bools:
    """Remove ink beyond the first blank row or column at either end of the glyph."""
    places = np.arange(inked.shape[1])
    after = np.where(~inked & (places >= stop[:, :1] - 1), places, inked.shape[1]).min(axis=1)
    before = np.where(~inked & (places <= start[:, 1:]), places, -1).max(axis=1)
    kept: Bools = (places > before[:, None]) & (places < after[:, None])
    return kept


def _find_ends(inked: Bools) -> tuple[Ints, Ints]:
    """Return where the first mark of each of (n, m) rows is and where its last one ends."""
    return inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)


def resample(dark: Shapes, box: Ints, *, proportional: bool) -> Shapes:
    """Scale cut-outs into a shape: to one height, or, `proportional`, as large as heights and widths allow.

    Of those to one height only the wide ones are made narrower.
    """
    top, bottom, start, stop = (box[:, k].astype(np.float64) for k in range(4))
    high, wide = bottom - top, stop - start
    step_x = np.maximum(high / HIGH, wide / WIDE)
    step_y = step_x if proportional else high / HIGH
    y = ((top + bottom) / 2)[:, None] + (np.arange(HIGH) + 0.5 - HIGH / 2) * step_y[:, None] - 0.5
    x = ((start + stop) / 2)[:, None] + (np.arange(WIDE) + 0.5 - WIDE / 2) * step_x[:, None] - 0.5
    aside = (x < start[:, None] - 1.0) | (x > stop[:, None])
    beyond = (y < top[:, None] - 1.0) | (y > bottom[:, None])
    y0, x0 = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    fy, fx = (y - y0).astype(np.float32)[:, :, None], (x - x0).astype(np.float32)[:, None, :]
    rows = np.arange(len(dark))[:, None, None]

    def take(down: int, across: int) -> Shapes:
        """Return the pixels at the sample points, shifted by whole pixels."""
        at_y = np.clip(y0 + down, 0, dark.shape[1] - 1)[:, :, None]
        at_x = np.clip(x0 + across, 0, dark.shape[2] - 1)[:, None, :]
        return dark[rows, at_y, at_x]

    upper = take(0, 0) * (1 - fx) + take(0, 1) * fx
    lower = take(1, 0) * (1 - fx) + take(1, 1) * fx
    shape = (upper * (1 - fy) + lower * fy).astype(np.float32)
    shape[np.broadcast_to(aside[:, None, :] | beyond[:, :, None], shape.shape)] = 0.0
    return normalise(soften(shape).reshape(len(dark), HIGH * WIDE))


def soften(shape: Shapes) -> Shapes:
    """Add half of its neighbours to each pixel, so that bold and light prints of a digit are similar."""
    wider = np.pad(shape, ((0, 0), (1, 1), (1, 1)))
    level = wider[:, :, :-2] + 2 * wider[:, :, 1:-1] + wider[:, :, 2:]
    softened: Shapes = (level[:, :-2] + 2 * level[:, 1:-1] + level[:, 2:]) / 16
    return softened


def normalise(shape: Shapes) -> Shapes:
    """Scale rows to mean zero and length one, so that their products are correlations."""
    centred = shape - shape.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit: Shapes = centred / np.maximum(length, np.float32(1e-6))
    return unit
