"""Mark glyphs that are not visible on paper, with the reason: invisible, hidden, watermark.

Clipping is decided later (placement.py), because text cut by the edge of its own cell belongs to that cell.
"""

from __future__ import annotations

import numpy as np

from extract.reading.ink.ink import HIDDEN, INVISIBLE, KEPT, PALE, WATERMARK, Bools, Fills, Floats, Ink, Ints

WHITE = 0.97
BIG = 1.8  # times the usual size of the page's text


def mark_unseen(ink: Ink) -> None:
    """Set `drop` on glyphs of runs that cannot be seen or are not part of the page's text."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    if not len(glyphs):
        return
    kept = glyphs.drop == KEPT
    usual = find_median(runs.size[glyphs.run[kept]], 1.0)
    pale = (runs.size >= BIG * usual) & ((runs.light > PALE) | runs.faint)
    pale &= ~((runs.turn == 0) & _on_dark(runs.light))
    if (pale & (runs.turn >= 0)).any():
        pale &= (runs.turn < 0) | _lie_over_ink(ink, pale)
    _drop_runs(ink, (runs.turn == -1) | pale, WATERMARK)
    _drop_runs(ink, runs.unseen | (runs.size < 0.5), INVISIBLE)
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


def _on_dark(light: Floats) -> Bools:
    """Return which runs are white letters, which depend on the area below them and are no watermarks."""
    return light >= WHITE


def centres(box: Floats) -> tuple[Floats, Floats]:
    """Return the middles of boxes."""
    return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2


def _find_white(ink: Ink) -> Ints:
    """Return white glyphs that are not on a coloured area painted before them."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    white = runs.light >= WHITE
    if not white.any():
        return np.zeros(0, np.int64)
    found = np.flatnonzero(white[glyphs.run])
    x, y = centres(glyphs.box[found])
    return found[_last_under(ink.fills, x, y, runs.order[glyphs.run[found]]) >= WHITE]


def _last_under(fills: Fills, x: Floats, y: Floats, order: Ints) -> Floats:
    """Return the brightness of the area painted last under each point; paper is white."""
    under = np.ones(len(x))
    for box, light, when in zip(fills.box, fills.light, fills.order, strict=True):
        inside = (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3]) & ((order < 0) | (when < order))
        under[inside] = light
    return under


def _find_covered(ink: Ink) -> Ints:
    """Return glyphs under a white area or image painted after them (w20_white_picture: an old title)."""
    glyphs, fills, pictures = ink.glyphs, ink.fills, ink.pictures
    first = int(glyphs.runs.order.min(initial=0))
    areas = np.flatnonzero((fills.light >= WHITE) & (fills.order > first))
    blank = np.flatnonzero(pictures.white & pictures.solid & (pictures.order > first))
    if not len(areas) and not len(blank):
        return np.zeros(0, np.int64)
    covered = np.zeros(len(glyphs), np.bool_)
    order = glyphs.runs.order[glyphs.run]
    x, y = centres(glyphs.box)
    boxes = np.concatenate([fills.box[areas], pictures.box[blank]]).tolist()
    late = [*fills.order[areas].tolist(), *pictures.order[blank].tolist()]
    for (x0, y0, x1, y1), when in zip(boxes, late, strict=True):
        inside = (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
        covered |= inside & (order >= 0) & (order < when)
    return np.flatnonzero(covered)
