"""Ink in, the same glyphs with a reason on each that no reader of the paper sees: invisible, hidden, watermark.

Clipping is decided later (placement.py), because text cut by the edge of its own cell belongs to that cell.
"""

from __future__ import annotations

import numpy as np

from extract.pages.ink import PALE, Bools, Drop, Fills, Floats, Ink, Ints

WHITE = 0.97
BIG = 1.8  # times the usual size of the page's text


def mark_unseen(ink: Ink) -> None:
    """Set `drop` on glyphs of runs that cannot be seen or are not part of the page's text."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    if not len(glyphs):
        return
    kept = glyphs.drop == Drop.KEPT
    usual = float(np.median(runs.size[glyphs.run[kept]])) if kept.any() else 1.0
    watermark = (runs.turn == -1) | ((runs.size >= BIG * usual) & ((runs.light > PALE) | runs.faint))
    watermark &= ~((runs.turn == 0) & _on_dark(runs.light))
    for mask, reason in (
        (watermark[glyphs.run], Drop.WATERMARK),
        (runs.unseen[glyphs.run] | (runs.size[glyphs.run] < 0.5), Drop.INVISIBLE),
        (runs.hidden[glyphs.run], Drop.HIDDEN),
        (_is_white(ink), Drop.INVISIBLE),
        (_is_covered(ink), Drop.HIDDEN),
    ):
        glyphs.drop[mask & (glyphs.drop == Drop.KEPT)] = reason


def _on_dark(light: Floats) -> Bools:
    """White letters are a matter of what lies under them, not of watermarks."""
    return light >= WHITE


def centres(box: Floats) -> tuple[Floats, Floats]:
    """Middles of boxes."""
    return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2


def _is_white(ink: Ink) -> Bools:
    """White glyphs that do not stand on a coloured area painted before them."""
    glyphs = ink.glyphs
    white = glyphs.runs.light[glyphs.run] >= WHITE
    rows = np.flatnonzero(white)
    if len(rows):
        x, y = centres(glyphs.box[rows])
        white[rows] = _last_under(ink.fills, x, y, glyphs.runs.order[glyphs.run[rows]]) >= WHITE
    return white


def _last_under(fills: Fills, x: Floats, y: Floats, order: Ints) -> Floats:
    """Brightness of the area painted last under each point; paper is white."""
    under = np.ones(len(x))
    for box, light, when in zip(fills.box, fills.light, fills.order, strict=True):
        inside = (box[0] <= x) & (x <= box[2]) & (box[1] <= y) & (y <= box[3]) & ((order < 0) | (when < order))
        under[inside] = light
    return under


def _is_covered(ink: Ink) -> Bools:
    """Glyphs under a white area painted after them."""
    glyphs, fills = ink.glyphs, ink.fills
    covered = np.zeros(len(glyphs), np.bool_)
    order = glyphs.runs.order[glyphs.run]
    late = np.flatnonzero((fills.light >= WHITE) & (fills.order > int(order.min(initial=0))))
    if len(late):
        x, y = centres(glyphs.box)
        for i in late:
            x0, y0, x1, y1 = fills.box[i]
            inside = (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
            covered |= inside & (order >= 0) & (order < fills.order[i])
    return covered
