"""Convert the subpaths of drawn paths to rules and areas, for all readers.

A rule may be a stroke, a thin filled rectangle, one piece of a dashed line, the ring between two nested rectangles or
one segment of a path that holds a whole table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.entities import Quad
from extract.reading.ink.ink import Bools, Fills, Floats, Ints, Rules
from extract.reading.tolerances import TOLERANCES


@dataclass(slots=True)
class Subpaths:
    """The subpaths of one or many paths: a page has hundreds of short ones, so they are processed together."""

    points: Floats  # (n, 2), those of a subpath one after the other
    subpath: Ints  # of each point, rising
    path: Ints  # of each subpath


@dataclass(slots=True)
class Painted:
    """The boxes that paths paint, with the path of each, whether it is a rule and whether the stroke paints it."""

    box: Floats
    path: Ints
    is_rule: Bools
    by_stroke: Bools


def around(points: Floats) -> Quad:
    """Return the box around points."""
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return float(x0), float(y0), float(x1), float(y1)


def gather(pieces: list[Floats]) -> Subpaths:
    """Collect the subpaths of one path."""
    pieces = [piece for piece in pieces if len(piece)]
    points = np.concatenate([np.zeros((0, 2)), *pieces])
    return Subpaths(points, np.repeat(np.arange(len(pieces)), list(map(len, pieces))), np.zeros(len(pieces), np.int64))


def open_paths(subpaths: Subpaths, filled: Bools, stroked: Bools) -> Painted:
    """Return the boxes that filled or stroked paths paint."""
    lines, line_paths = _find_strokes(subpaths)
    shown = stroked[line_paths]
    areas, area_paths = _find_areas(subpaths)
    inside = filled[area_paths]
    areas, area_paths = areas[inside], area_paths[inside]
    sides, side_paths = _find_rings(areas, area_paths)
    n, m, k = int(shown.sum()), len(areas), len(sides)
    thin = np.minimum(areas[:, 2] - areas[:, 0], areas[:, 3] - areas[:, 1]) <= TOLERANCES.rule_thickness_pt
    return Painted(
        np.concatenate([lines[shown], areas, sides]),
        np.concatenate([line_paths[shown], area_paths, side_paths]),
        np.concatenate([np.ones(n, np.bool_), thin, np.ones(k, np.bool_)]),
        np.arange(n + m + k) < n,
    )


def _find_strokes(subpaths: Subpaths) -> tuple[Floats, Ints]:
    """Return upright and level pieces of subpaths as boxes without thickness, and the path of each."""
    a, b = subpaths.points[:-1], subpaths.points[1:]
    same = subpaths.subpath[1:] == subpaths.subpath[:-1]
    straight = np.flatnonzero(same & (np.abs(b - a).min(1, initial=np.inf) <= TOLERANCES.straight_pt))
    a, b = a[straight], b[straight]
    return np.concatenate([np.minimum(a, b), np.maximum(a, b)], axis=1), subpaths.path[subpaths.subpath[straight]]


def _find_areas(subpaths: Subpaths) -> tuple[Floats, Ints]:
    """Return the box around each subpath, and its path."""
    starts = np.searchsorted(subpaths.subpath, np.arange(len(subpaths.path)))
    if not len(starts):
        return np.zeros((0, 4)), subpaths.path
    low, high = np.minimum.reduceat(subpaths.points, starts), np.maximum.reduceat(subpaths.points, starts)
    return np.concatenate([low, high], axis=1), subpaths.path


def _find_rings(areas: Floats, paths: Ints) -> tuple[Floats, Ints]:
    """Return the thin sides between nested areas that follow each other in one path."""
    found = [
        (side, k) for k in np.flatnonzero(paths[1:] == paths[:-1]).tolist() for side in ring(areas[k], areas[k + 1])
    ]
    boxes = np.array([side for side, _ in found], dtype=np.float64).reshape(-1, 4)
    return boxes, paths[[k for _, k in found]]


def ring(outer: Floats, inner: Floats) -> list[Quad]:
    """Return the thin sides between two nested boxes: Chromium paints a cell's border so."""
    (x0, y0, x1, y1), (left, top, right, bottom) = outer.tolist(), inner.tolist()
    gaps = (left - x0, top - y0, x1 - right, y1 - bottom)
    if min(gaps) < -0.01 or max(gaps) > TOLERANCES.rule_thickness_pt or max(gaps) <= 0:
        return []
    sides = [(x0, y0, left, y1), (x0, y0, x1, top), (right, y0, x1, y1), (x0, bottom, x1, y1)]
    return [side for side, gap in zip(sides, gaps, strict=True) if gap > 0]


def settle_paths(rules: Floats, areas: Floats) -> tuple[Rules, Fills]:
    """Split (n, 6) rows of box, brightness and painting order into visible rules and areas, in painting order."""
    areas = areas[np.argsort(areas[:, 5], kind="stable")]
    keep = rules[:, 4] < TOLERANCES.white_brightness
    for i in np.flatnonzero(~keep):  # white lines show only on a coloured area
        x, y = (rules[i, 0] + rules[i, 2]) / 2, (rules[i, 1] + rules[i, 3]) / 2
        under = (areas[:, 0] <= x) & (areas[:, 2] >= x) & (areas[:, 1] <= y) & (areas[:, 3] >= y)
        keep[i] = bool((under & (areas[:, 4] < TOLERANCES.white_brightness)).any())
    box = rules[keep, :4]
    return Rules(box, (box[:, 2] - box[:, 0]) >= (box[:, 3] - box[:, 1])), Fills(
        areas[:, :4], areas[:, 4], areas[:, 5].astype(np.int64)
    )
