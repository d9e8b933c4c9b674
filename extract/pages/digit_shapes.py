"""A page's picture and where its digits stand in, what each of them looks like out: a digit, none, or in doubt.

The ink of a digit is cut out, brought to one height and correlated with reference shapes (digit_shapes.npy, made from
free fonts by benchmarks/witness.py). Ink that touches anything else, a rule, a stamp or a neighbour, is in doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from extract.pages.ink import Bools, Floats, Ints

Pixels = NDArray[np.uint8]
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
OVERHANG = 0.12  # of the size: so far ink may reach out of a digit's advance


@dataclass(slots=True)
class Looks:
    """What the picture shows at the place of each digit."""

    shape: NDArray[np.float32]  # (n, HIGH * WIDE) of length one; of those that are clean
    clean: Bools  # ink of one character, apart from everything else
    flat: Bools  # no ink at all


@cache
def load_references() -> tuple[NDArray[np.float32], Ints]:
    """Reference shapes of length one and the digit of each."""
    stored = np.load(Path(__file__).with_name("digit_shapes.npy"))  # (10, styles, HIGH * WIDE) of 0..255
    digits = np.repeat(np.arange(10), stored.shape[1])
    return normalise(stored.reshape(-1, HIGH * WIDE).astype(np.float32)), digits


def score_digits(shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 10) correlations with the reference that is most alike, of each digit."""
    references, digits = load_references()
    scores = shape @ references.T
    best: NDArray[np.float32] = np.maximum.reduceat(scores, np.flatnonzero(np.diff(digits, prepend=-1)), axis=1)
    return best


def cut_digits(picture: Pixels, left: Floats, right: Floats, base: Floats, size: Floats, light: Bools) -> Looks:
    """All digits of a picture; coordinates in pixels, `light` where letters are lighter than what is under them."""
    n = len(left)
    looks = Looks(np.zeros((n, HIGH * WIDE), np.float32), np.zeros(n, np.bool_), np.zeros(n, np.bool_))
    fit = (size >= LEAST_EM) & (size <= MOST_EM) & (right - left < MOST_ADVANCE * size) & (right > left)
    classes = np.ceil(size).astype(np.int64)
    for em in np.unique(classes[fit]).tolist():
        rows = np.flatnonzero(fit & (classes == em))
        _cut_size(picture, looks, rows, left[rows], right[rows], base[rows], float(em), light[rows])
    return looks


def _cut_size(
    picture: Pixels, looks: Looks, rows: Ints, left: Floats, right: Floats, base: Floats, em: float, light: Bools
) -> None:
    """Digits of one size, whose windows are equally large."""
    high = int((ABOVE + BELOW) * em) + 1
    wide = int(float((right - left).max()) + 2 * ASIDE * em) + 1
    top, edge = np.round(base - ABOVE * em).astype(np.int64), np.floor(left - ASIDE * em).astype(np.int64)
    inside = (top >= 0) & (edge >= 0) & (top + high <= picture.shape[0]) & (edge + wide <= picture.shape[1])
    rows, left, right, base, light = (values[inside] for values in (rows, left, right, base, light))
    top, edge = top[inside], edge[inside]
    if not len(rows):
        return
    window = sliding_window_view(picture, (high, wide))[top, edge].astype(np.int16)
    window[light] = 255 - window[light]
    left, right, base = left - edge, right - edge, base - top
    columns = np.arange(wide)
    own = (columns >= left[:, None]) & (columns + 1 <= right[:, None])  # (n, wide)
    paper = window.max(axis=(1, 2))
    dark = (paper[:, None, None] - window).astype(np.uint8)
    looks.flat[rows] = _are_flat(window, own, em)
    peak = np.where(own, dark.max(axis=1), 0).max(axis=1)
    ink = dark >= np.maximum(INK * peak, 1.0)[:, None, None]
    box, clean = _box_ink(ink, own, base, left, right, em)
    clean &= (peak >= CONTRAST) & ~_leave_ink(dark, peak, own, box, em)
    kept = np.flatnonzero(clean)
    looks.clean[rows[kept]] = True
    looks.shape[rows[kept]] = normalise(resample(dark[kept], box[kept]))


def _are_flat(window: NDArray[np.int16], own: Bools, em: float) -> Bools:
    """Whether nothing at all is drawn within a digit's advance, from its head to right below its baseline."""
    core = window[:, int((ABOVE - HEAD) * em) : int((ABOVE + FOOT) * em)]
    darkest, lightest = np.where(own, core.min(axis=1), 255).min(axis=1), np.where(own, core.max(axis=1), 0).max(axis=1)
    flat: Bools = lightest - darkest <= FLAT
    return flat


def _box_ink(ink: Bools, own: Bools, base: Floats, left: Floats, right: Floats, em: float) -> tuple[Ints, Bools]:
    """Top, bottom, left and right of the ink at each digit's middle, and whether blank paper surrounds it."""
    middle = np.round(base - MIDDLE * em).astype(np.int64)
    top, bottom, apart = _grow((ink & own[:, None, :]).any(axis=2), middle)
    heights = np.arange(ink.shape[1])
    ink = ink & ((heights >= top[:, None]) & (heights < bottom[:, None]))[:, :, None]
    weight = (ink & own[:, None, :]).sum(axis=1)
    centre = np.round((weight * np.arange(ink.shape[2])).sum(axis=1) / np.maximum(weight.sum(axis=1), 1))
    start, stop, aside = _grow(ink.any(axis=1), centre.astype(np.int64))
    widths = np.arange(ink.shape[2])
    ink = ink & ((widths >= start[:, None]) & (widths < stop[:, None]))[:, None, :]
    top, bottom, above = _grow(ink.any(axis=2), middle)
    box = np.stack([top, bottom, start, stop], axis=1)
    high = bottom - top
    clean = apart & aside & above & (high >= LOWEST * em) & (high <= HIGHEST * em) & (stop - start >= 1)
    clean &= np.abs(bottom - base) <= ON_LINE * em + 0.5
    clean &= (start >= left - OVERHANG * em) & (stop <= right + OVERHANG * em)
    return box, clean


def _leave_ink(dark: Pixels, peak: Ints, own: Bools, box: Ints, em: float) -> Bools:
    """Whether ink within a digit's advance is outside its box: thin strokes may have broken, and 4 be left as 1."""
    traces = dark >= np.maximum(TRACE * peak, FLAT)[:, None, None]
    traces &= ~traces.all(axis=2, keepdims=True)  # a level rule
    heights, widths = np.arange(dark.shape[1]), np.arange(dark.shape[2])
    core = (heights >= int((ABOVE - HEAD) * em)) & (heights < int((ABOVE + TAIL) * em))
    level = (heights >= box[:, :1] - 1) & (heights <= box[:, 1:2])
    upright = (widths >= box[:, 2:3] - 1) & (widths <= box[:, 3:])
    inner = own[:, None, :] & core[None, :, None] & ~(level[:, :, None] & upright[:, None, :])
    left: Bools = (traces & inner).any(axis=(1, 2))
    return left


def _grow(inked: Bools, middle: Ints) -> tuple[Ints, Ints, Bools]:
    """(n, m) lines with ink and one place of each row: the unbroken stretch there, and whether it ends on both sides."""
    places = np.arange(inked.shape[1])
    blank = ~inked
    before = np.where(blank & (places < middle[:, None]), places, -1).max(axis=1)
    after = np.where(blank & (places > middle[:, None]), places, inked.shape[1]).min(axis=1)
    here = inked[np.arange(len(inked)), np.clip(middle, 0, inked.shape[1] - 1)]
    return before + 1, after, here & (before >= 0) & (after < inked.shape[1])


def resample(dark: NDArray[np.uint8], box: Ints) -> NDArray[np.float32]:
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

    def take(down: int, across: int) -> NDArray[np.float32]:
        at_y = np.clip(y0 + down, 0, dark.shape[1] - 1)[:, :, None]
        at_x = np.clip(x0 + across, 0, dark.shape[2] - 1)[:, None, :]
        return dark[rows, at_y, at_x].astype(np.float32)

    upper = take(0, 0) * (1 - fx) + take(0, 1) * fx
    lower = take(1, 0) * (1 - fx) + take(1, 1) * fx
    shape = upper * (1 - fy) + lower * fy
    shape[np.broadcast_to(outside[:, None, :], shape.shape)] = 0.0
    return soften(shape).reshape(len(dark), HIGH * WIDE)


def soften(shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each pixel with half of its neighbours, so that bold and light prints of a digit are alike."""
    wider = np.pad(shape, ((0, 0), (1, 1), (1, 1)))
    level = wider[:, :, :-2] + 2 * wider[:, :, 1:-1] + wider[:, :, 2:]
    softened: NDArray[np.float32] = (level[:, :-2] + 2 * level[:, 1:-1] + level[:, 2:]) / 16
    return softened


def normalise(shape: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of mean zero and length one: their products are correlations."""
    centred = shape - shape.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return (centred / np.maximum(length, 1e-6)).astype(np.float32)
