"""A page's picture and where its digits stand in, what each of them looks like out: a digit, none, or in doubt.

The ink of a digit is cut out, brought to one height and correlated with reference shapes (digit_shapes.npy, made from
free fonts by benchmarks/witness.py). Ink that touches anything else, a rule, a stamp or a neighbour, is in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from extract.reading.ink.ink import Bools, Floats, Ints

Pixels = NDArray[np.uint8]
Shapes = NDArray[np.float32]
HIGH, WIDE = 16, 12  # pixels of a shape
ABOVE, BELOW, ASIDE = 1.0, 0.4, 0.2  # of the size: the window around a digit's baseline and advance
LEAST_EM = 16.0  # pixels: in smaller print shapes are in doubt
MOST_EM = 160.0
MOST_ADVANCE = 1.2  # of the size
MIDDLE = 0.25  # of the size over the baseline: every digit has ink at this height, old-style ones too
INK = 0.3  # of the darkest pixel's darkness
TRACE = 0.1  # likewise of what may belong to a digit
FLAT = 4  # grey levels: paper without any ink
HEAD, FOOT = 0.8, 0.1  # of the size above and below the baseline: where a digit must have left some
TAIL = 0.3  # of the size below the baseline: so deep old-style digits reach
CONTRAST = 48  # grey levels between ink and paper, at least
LOWEST, HIGHEST = 0.5, 1.0  # of the size: how high a digit is; old-style ones that are lower stay in doubt
ON_LINE = 0.1  # of the size: so near to its baseline it ends; old-style ones that hang below it stay in doubt
STRAY = 0.05  # of the size: so far pdfium may paint a glyph from its place, in whole pixels
OVERHANG = 0.12  # of the size: so far ink may reach out of a digit's advance


@dataclass(frozen=True, slots=True)
class Places:
    """Where digits stand in a picture, in pixels, one entry each."""

    left: Floats
    right: Floats
    base: Floats
    size: Floats
    light: Bools  # lighter than what is under them

    def take(self, rows: Ints | Bools) -> Places:
        """Some of them."""
        return Places(self.left[rows], self.right[rows], self.base[rows], self.size[rows], self.light[rows])


@cache
def load_references() -> Shapes:
    """(10, styles, HIGH * WIDE) reference shapes of length one."""
    stored = np.load(Path(__file__).with_name("digit_shapes.npy"))  # of 0..255
    return normalise(stored.reshape(-1, HIGH * WIDE).astype(np.float32)).reshape(stored.shape)


def score_said(shape: Shapes, said: Ints) -> Shapes:
    """Correlation of each shape with the most alike reference of the digit that it is said to be."""
    references, scores = load_references(), np.zeros(len(shape), np.float32)
    for digit in range(10):
        mine = said == digit
        if mine.any():
            scores[mine] = (shape[mine] @ references[digit].T).max(axis=1)
    return scores


def score_digits(shape: Shapes) -> Shapes:
    """(n, 10) correlations with the most alike reference of each digit."""
    references = load_references()
    each = (shape @ references.reshape(-1, HIGH * WIDE).T).reshape(len(shape), *references.shape[:2])
    scores: Shapes = each.max(axis=2)
    return scores


def find_flat(picture: Pixels, places: Places) -> Ints:
    """The digits at whose places nothing at all is drawn, from their heads to right below their baselines."""
    found = [np.zeros(0, np.int64)]
    for em, rows in _by_size(places):
        some = places.take(rows)
        wide = int(float((some.right - some.left).max())) + 1
        top, start = np.round(some.base - HEAD * em).astype(np.int64), np.ceil(some.left).astype(np.int64)
        window, inside = _open_windows(picture, top, start, int((HEAD + FOOT) * em), wide)
        own = np.arange(wide) + 1 <= (some.right - start)[inside, None]
        darkest = np.where(own, window.min(axis=1), 255).min(axis=1).astype(np.int16)
        lightest = np.where(own, window.max(axis=1), 0).max(axis=1).astype(np.int16)
        found.append(rows[inside][(darkest <= lightest) & (lightest <= darkest + FLAT)])
    return np.sort(np.concatenate(found))


def cut_digits(picture: Pixels, places: Places) -> tuple[Ints, Shapes]:
    """Which digits are clean, ink of one character apart from everything else; and the shapes of these."""
    found, shapes = [np.zeros(0, np.int64)], [np.zeros((0, HIGH * WIDE), np.float32)]
    for em, rows in _by_size(places):
        clean, shape = _cut_size(picture, places.take(rows), em)
        found.append(rows[clean])
        shapes.append(shape)
    return np.concatenate(found), np.concatenate(shapes)


def _by_size(places: Places) -> Iterator[tuple[float, Ints]]:
    """Digits of about one size, whose windows are equally large; those too small for a verdict are left out."""
    advance, classes = places.right - places.left, np.ceil(places.size).astype(np.int64)
    fit = (places.size >= LEAST_EM) & (places.size <= MOST_EM) & (advance < MOST_ADVANCE * places.size) & (advance > 2)
    for em in np.unique(classes[fit]).tolist():
        yield float(em), np.flatnonzero(fit & (classes == em))


def _open_windows(picture: Pixels, top: Ints, start: Ints, high: int, wide: int) -> tuple[Pixels, Bools]:
    """(m, high, wide) copies of parts of a picture, and which of the windows are inside it."""
    inside = (top >= 0) & (start >= 0) & (top + high <= picture.shape[0]) & (start + wide <= picture.shape[1])
    if not inside.any():
        return np.zeros((0, high, wide), np.uint8), inside
    return sliding_window_view(picture, (high, wide))[top[inside], start[inside]], inside


def _cut_size(picture: Pixels, places: Places, em: float) -> tuple[Ints, Shapes]:
    """The clean ones of digits of one size, and their shapes."""
    wide = int(float((places.right - places.left).max()) + 2 * ASIDE * em) + 1
    top = np.round(places.base - ABOVE * em).astype(np.int64)
    start = np.floor(places.left - ASIDE * em).astype(np.int64)
    window, inside = _open_windows(picture, top, start, int((ABOVE + BELOW) * em) + 1, wide)
    rows = np.flatnonzero(inside)
    if not len(rows):
        return rows, np.zeros((0, HIGH * WIDE), np.float32)
    left, right, base = (places.left - start)[rows], (places.right - start)[rows], (places.base - top)[rows]
    window = np.where(places.light[rows, None, None], 255 - window, window)
    columns = np.arange(wide)
    own = (columns >= left[:, None]) & (columns + 1 <= right[:, None])
    inner = (columns >= left[:, None] + STRAY * em) & (columns + 1 <= right[:, None] - STRAY * em)
    dark = window.max(axis=(1, 2), keepdims=True) - window
    peak = np.where(own, dark.max(axis=1), 0).max(axis=1)
    ink = dark >= np.maximum(INK * peak, 1.0)[:, None, None]
    box, clean = _box_ink(ink, own, base, left, right, em)
    clean &= (peak >= CONTRAST) & ~_leave_ink(dark, peak, inner, box, em)
    kept = np.flatnonzero(clean)
    return rows[kept], normalise(resample(dark[kept], box[kept]))


def _box_ink(ink: Bools, own: Bools, base: Floats, left: Floats, right: Floats, em: float) -> tuple[Ints, Bools]:
    """Top, bottom, left and right of the ink at each digit's middle, and whether blank paper surrounds it."""
    heights, widths = np.arange(ink.shape[1]), np.arange(ink.shape[2])
    mine = ink & own[:, None, :]
    middle = np.round(base - MIDDLE * em).astype(np.int64)
    top, bottom, apart = _grow(np.any(mine, axis=2), middle)
    level: Bools = ((heights >= top[:, None]) & (heights < bottom[:, None]))[:, :, None]
    weight = (mine & level).sum(axis=1)
    centre = np.round((weight * widths).sum(axis=1) / np.maximum(weight.sum(axis=1), 1))
    start, stop, aside = _grow(np.any(ink & level, axis=1), centre.astype(np.int64))
    upright: Bools = ((widths >= start[:, None]) & (widths < stop[:, None]))[:, None, :]
    top, bottom, above = _grow(np.any(ink & level & upright, axis=2), middle)
    box = np.stack([top, bottom, start, stop], axis=1)
    high = bottom - top
    clean = apart & aside & above & (high >= LOWEST * em) & (high <= HIGHEST * em) & (stop - start >= 1)
    clean &= np.abs(bottom - base) <= ON_LINE * em + 0.5
    clean &= (start >= left - OVERHANG * em) & (stop <= right + OVERHANG * em)
    return box, clean


def _leave_ink(dark: Pixels, peak: Ints, inner: Bools, box: Ints, em: float) -> Bools:
    """Whether ink well within a digit's advance is outside its box: thin strokes may have broken, 4 be left as 1."""
    traces = dark >= np.maximum(TRACE * peak, FLAT)[:, None, None]
    traces &= ~traces.all(axis=2, keepdims=True)  # a level rule
    heights, widths = np.arange(dark.shape[1]), np.arange(dark.shape[2])
    core = (heights >= int((ABOVE - HEAD) * em)) & (heights < int((ABOVE + TAIL) * em))
    level = (heights >= box[:, :1] - 1) & (heights <= box[:, 1:2])
    upright = (widths >= box[:, 2:3] - 1) & (widths <= box[:, 3:])
    beside = inner[:, None, :] & core[None, :, None] & ~(level[:, :, None] & upright[:, None, :])
    left: Bools = (traces & beside).any(axis=(1, 2))
    return left


def _grow(inked: Bools, middle: Ints) -> tuple[Ints, Ints, Bools]:
    """(n, m) rows with ink and one place in each: the unbroken stretch there, and whether it ends on both sides."""
    places = np.arange(inked.shape[1])
    blank = ~inked
    before = np.where(blank & (places < middle[:, None]), places, -1).max(axis=1)
    after = np.where(blank & (places > middle[:, None]), places, inked.shape[1]).min(axis=1)
    here = inked[np.arange(len(inked)), np.clip(middle, 0, inked.shape[1] - 1)]
    return before + 1, after, here & (before >= 0) & (after < inked.shape[1])


def resample(dark: Pixels, box: Ints) -> Shapes:
    """Cut-outs to one height, as wide as their height says and at most WIDE, in the middle of a shape."""
    top, bottom, start, stop = (box[:, k].astype(np.float64) for k in range(4))
    high, wide = bottom - top, stop - start
    step_y = high / HIGH
    step_x = np.maximum(step_y, wide / WIDE)
    y = top[:, None] + (np.arange(HIGH) + 0.5) * step_y[:, None] - 0.5
    x = ((start + stop) / 2)[:, None] + (np.arange(WIDE) + 0.5 - WIDE / 2) * step_x[:, None] - 0.5
    outside = (x < start[:, None] - 1.0) | (x > stop[:, None])
    y0, x0 = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    fy, fx = (y - y0).astype(np.float32)[:, :, None], (x - x0).astype(np.float32)[:, None, :]
    rows = np.arange(len(dark))[:, None, None]

    def take(down: int, across: int) -> Shapes:
        at_y = np.clip(y0 + down, 0, dark.shape[1] - 1)[:, :, None]
        at_x = np.clip(x0 + across, 0, dark.shape[2] - 1)[:, None, :]
        return dark[rows, at_y, at_x].astype(np.float32)

    upper = take(0, 0) * (1 - fx) + take(0, 1) * fx
    lower = take(1, 0) * (1 - fx) + take(1, 1) * fx
    shape = (upper * (1 - fy) + lower * fy).astype(np.float32)
    shape[np.broadcast_to(outside[:, None, :], shape.shape)] = 0.0
    return soften(shape).reshape(len(dark), HIGH * WIDE)


def soften(shape: Shapes) -> Shapes:
    """Each pixel with half of its neighbours, so that bold and light prints of a digit are alike."""
    wider = np.pad(shape, ((0, 0), (1, 1), (1, 1)))
    level = wider[:, :, :-2] + 2 * wider[:, :, 1:-1] + wider[:, :, 2:]
    softened: Shapes = (level[:, :-2] + 2 * level[:, 1:-1] + level[:, 2:]) / 16
    return softened


def normalise(shape: Shapes) -> Shapes:
    """Rows of mean zero and length one: their products are correlations."""
    centred = shape - shape.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    unit: Shapes = centred / np.maximum(length, np.float32(1e-6))
    return unit
