"""The subpaths of a drawn path in, rules and areas as boxes out. Both readers use it.

A rule may be a stroke, a thin filled rectangle, one piece of a dashed line, the ring between two nested rectangles or
one segment of a path that holds a whole table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from extract.pages.ink import Fills, Floats, Rules

THIN = 3.0  # points: thicker is an area, not a rule (the thickest border of Excel prints 2.5)
WHITE = 0.97
Quad = tuple[float, float, float, float]
Points = list[list[float]]  # x, y: subpaths are short, so plain lists are quicker than arrays


def around(points: Points) -> Quad:
    """The box around points."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def is_thin(box: Quad) -> bool:
    """Whether a box is a rule rather than an area."""
    return min(box[2] - box[0], box[3] - box[1]) <= THIN


def cut_box(box: Quad, clip: Quad) -> Quad:
    """The part of a box inside another."""
    return max(box[0], clip[0]), max(box[1], clip[1]), min(box[2], clip[2]), min(box[3], clip[3])


def is_visible(cut: Quad) -> bool:
    """Whether a clip leaves something of a box; a line without thickness counts."""
    return cut[2] - cut[0] > -1e-6 and cut[3] - cut[1] > -1e-6


def open_path(subpaths: Sequence[Points], filled: bool, stroked: bool) -> Iterator[tuple[Quad, bool, bool]]:
    """The boxes that a path paints, each with whether it is a rule and whether the stroke's colour paints it."""
    if stroked:
        for points in subpaths:
            yield from ((box, True, True) for box in _strokes(points))
    if filled:
        boxes = [around(points) for points in subpaths if points]
        for box in boxes:
            yield box, is_thin(box), False
        for outer, inner in pairwise(boxes):
            yield from ((box, True, False) for box in ring(outer, inner))


def ring(outer: Quad, inner: Quad) -> list[Quad]:
    """The thin sides between two nested boxes: Chromium paints a cell's border so."""
    gaps = (inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3])
    if min(gaps) < -0.01 or max(gaps) > THIN or max(gaps) <= 0:
        return []
    x0, y0, x1, y1 = outer
    sides = [(x0, y0, inner[0], y1), (x0, y0, x1, inner[1]), (inner[2], y0, x1, y1), (x0, inner[3], x1, y1)]
    return [side for side, gap in zip(sides, gaps, strict=True) if gap > 0]


def _strokes(points: Points) -> Iterator[Quad]:
    """The upright and level pieces of a stroked subpath as boxes without thickness."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x1 - x0) <= 0.5 or abs(y1 - y0) <= 0.5:
            yield min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def settle_paths(rules: Floats, areas: Floats) -> tuple[Rules, Fills]:
    """(n, 6) rows of box, brightness and painting order in; rules that show, and areas in painting order, out."""
    areas = areas[np.argsort(areas[:, 5], kind="stable")]
    keep = rules[:, 4] < WHITE
    for i in np.flatnonzero(~keep):  # white lines show only on a coloured area
        x, y = (rules[i, 0] + rules[i, 2]) / 2, (rules[i, 1] + rules[i, 3]) / 2
        under = (areas[:, 0] <= x) & (areas[:, 2] >= x) & (areas[:, 1] <= y) & (areas[:, 3] >= y)
        keep[i] = bool((under & (areas[:, 4] < WHITE)).any())
    box = rules[keep, :4]
    return Rules(box, (box[:, 2] - box[:, 0]) >= (box[:, 3] - box[:, 1])), Fills(
        areas[:, :4], areas[:, 4], areas[:, 5].astype(np.int64)
    )
