"""Mark glyphs that are not visible on paper, with the reason: invisible, hidden, watermark.

Clipping is decided later (placement.py), because text cut by the edge of its own cell belongs to that cell.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from extract.reading.ink.ink import HIDDEN, INVISIBLE, KEPT, WATERMARK, Bools, Fills, Floats, Ink, Ints
from extract.reading.tolerances import TOLERANCES

MOST_PAIRS = 1 << 20  # of areas and what may lie under them, looked at together
ROUNDING = 1e-6  # points


def mark_unseen(ink: Ink) -> None:
    """Set `drop` on glyphs of runs that cannot be seen or are not part of the page's text."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    if not len(glyphs):
        return
    kept = glyphs.drop == KEPT
    usual = find_median(runs.size[glyphs.run[kept]], 1.0)
    pale = (runs.size >= TOLERANCES.big_text_ratio * usual) & ((runs.light > TOLERANCES.pale_brightness) | runs.faint)
    pale &= ~((runs.turn == 0) & _on_dark(runs.light))
    if (pale & (runs.turn >= 0)).any():
        pale &= (runs.turn < 0) | _lie_over_ink(ink, pale)
    _drop_runs(ink, (runs.turn == -1) | pale, WATERMARK)
    _drop_runs(ink, runs.unseen | (runs.size < TOLERANCES.least_size_pt), INVISIBLE)
    _drop_runs(ink, runs.hidden, HIDDEN)
    _drop_glyphs(ink, _find_white(ink), INVISIBLE)
    _drop_glyphs(ink, _find_covered(ink), HIDDEN)


def find_median(values: Floats, otherwise: float) -> float:
    """Return the median; numpy's own takes ten times as long for a few hundred values."""
    if not len(values):
        return otherwise
    low, high = (len(values) - 1) // 2, len(values) // 2
    ordered = np.partition(values, (low, high))
    return float(ordered[low] + ordered[high]) / 2


def _drop_runs(ink: Ink, runs: Bools, reason: int) -> None:
    if runs.any():
        _drop_glyphs(ink, np.flatnonzero(runs[ink.glyphs.run]), reason)


def _drop_glyphs(ink: Ink, glyphs: Ints, reason: int) -> None:
    """Set the drop reason of glyphs that have none yet."""
    drop = ink.glyphs.drop
    drop[glyphs[drop[glyphs] == KEPT]] = reason


def _lie_over_ink(ink: Ink, pale: Bools) -> Bools:
    """Return large pale runs over other text or among rules; others are titles in a light colour."""
    glyphs = ink.glyphs
    around = surround_runs(glyphs.box, glyphs.run, len(pale))
    others = around[~pale & np.isin(np.arange(len(pale)), glyphs.run[glyphs.drop == KEPT])]
    if len(ink.rules.box):
        others = np.concatenate([others, [[*ink.rules.box[:, :2].min(0), *ink.rules.box[:, 2:].max(0)]]])
    over = np.zeros(len(pale), np.bool_)
    for k in np.flatnonzero(pale).tolist():
        over[k] = bool(overlap(around[k][None, :], others).any())
    return over


def surround_runs(box: Floats, runs: Ints, count: int) -> Floats:
    """Return the box around the glyphs of each run."""
    around = np.tile([np.inf, np.inf, -np.inf, -np.inf], (count, 1))
    np.minimum.at(around[:, :2], runs, box[:, :2])
    np.maximum.at(around[:, 2:], runs, box[:, 2:])
    return around


def overlap(one: Floats, other: Floats) -> Bools:
    """Return which boxes share any area."""
    room = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared: Bools = np.minimum(room[..., 0], room[..., 1]) > 0
    return shared


def find_meetings(areas: Floats, boxes: Floats) -> tuple[Ints, Ints]:
    """Find the pairs of an area and a box that share room; boxes without any height meet nothing."""
    some = np.flatnonzero(boxes[:, 3] > boxes[:, 1])
    some = some[np.argsort(boxes[some, 1], kind="stable")]
    top = boxes[some, 1]
    highest = float((boxes[some, 3] - top).max(initial=0.0)) + ROUNDING
    found = []
    for area, place in _list_pairs(*(np.searchsorted(top, y) for y in (areas[:, 1] - highest, areas[:, 3]))):
        box = some[place]
        meets = overlap(areas[area], boxes[box])
        found.append((area[meets], box[meets]))
    return np.concatenate([area for area, _ in found]), np.concatenate([box for _, box in found])


def _find_inside(areas: Floats, x: Floats, y: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Find the pairs of an area and a point inside it or on its border, in order of areas, some at a time."""
    order = np.argsort(y, kind="stable")
    ordered = y[order]
    first, last = np.searchsorted(ordered, areas[:, 1], "left"), np.searchsorted(ordered, areas[:, 3], "right")
    for area, place in _list_pairs(first, last):
        point = order[place]
        inside = (areas[area, 0] <= x[point]) & (x[point] <= areas[area, 2])
        yield area[inside], point[inside]


def _list_pairs(first: Ints, last: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield the pairs (k, i) with first[k] <= i < last[k], at most MOST_PAIRS at a time unless one k has more."""
    count = np.maximum(last - first, 0)
    before = np.cumsum(count) - count
    start = 0
    while True:
        stop = max(start + 1, int(np.searchsorted(before, before[start] + MOST_PAIRS))) if len(count) else 0
        number = np.repeat(np.arange(start, stop), count[start:stop])
        yield number, list_ranges(first[start:stop], count[start:stop])
        start = stop
        if start >= len(count):
            return


def list_ranges(first: Ints, count: Ints) -> Ints:
    """Concatenate the ranges first[k], first[k] + 1, … of count[k] numbers each: [5, 9], [2, 1] → [5, 6, 9]."""
    before = np.cumsum(count) - count
    numbers: Ints = np.arange(int(count.sum())) + np.repeat(first - before, count)
    return numbers


def _on_dark(light: Floats) -> Bools:
    """Return which runs are white: they are visible or not by the area below them, and are never watermarks."""
    return light >= TOLERANCES.white_brightness


def centres(box: Floats) -> tuple[Floats, Floats]:
    """Return the middles of boxes."""
    return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2


def _find_white(ink: Ink) -> Ints:
    """Return white glyphs that are not on a coloured area painted before them."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    white = runs.light >= TOLERANCES.white_brightness
    if not white.any():
        return np.zeros(0, np.int64)
    found = np.flatnonzero(white[glyphs.run])
    x, y = centres(glyphs.box[found])
    return found[_last_under(ink.fills, x, y, runs.order[glyphs.run[found]]) >= TOLERANCES.white_brightness]


def _last_under(fills: Fills, x: Floats, y: Floats, order: Ints) -> Floats:
    """Return the brightness, 0 to 1, of the area painted last under each point; 1 (paper) where there is none."""
    last = np.full(len(x), -1, np.int64)
    for area, point in _find_inside(fills.box, x, y):
        before = (order[point] < 0) | (fills.order[area] < order[point])
        np.maximum.at(last, point[before], area[before])
    return np.append(fills.light, 1.0)[last]


def _find_covered(ink: Ink) -> Ints:
    """Return glyphs under a white area or image painted after them (c05_white_picture: an old title)."""
    glyphs, fills, pictures = ink.glyphs, ink.fills, ink.pictures
    first = int(glyphs.runs.order.min(initial=0))
    areas = np.flatnonzero((fills.light >= TOLERANCES.white_brightness) & (fills.order > first))
    blank = np.flatnonzero(pictures.white & pictures.solid & (pictures.order > first))
    if not len(areas) and not len(blank):
        return np.zeros(0, np.int64)
    covered = np.zeros(len(glyphs), np.bool_)
    order = glyphs.runs.order[glyphs.run]
    x, y = centres(glyphs.box)
    late = np.concatenate([fills.order[areas], pictures.order[blank]])
    for area, point in _find_inside(np.concatenate([fills.box[areas], pictures.box[blank]]), x, y):
        covered[point[(order[point] >= 0) & (order[point] < late[area])]] = True
    return np.flatnonzero(covered)
