"""Convert pdf_oxide's paths of a page to rules, fills and letter-like outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from extract.reading.ink.affine import Matrix, map_boxes, map_points
from extract.reading.ink.ink import NO_CLIP, OUTLINE_POINTS, Bools, Fills, Floats, Ints, Rules, brightness
from extract.reading.ink.vector_paths import Subpaths, open_paths, settle_paths
from extract.reading.parsers.oxide.painting import Painting
from extract.reading.tolerances import TOLERANCES

Point = tuple[float, float]
MAX_POINTS = 400_000  # on one page


@dataclass(frozen=True, slots=True)
class PaintedPaths:
    """What the paths of a page paint, in displayed coordinates."""

    rules: Rules
    fills: Fills
    outlines: tuple[Floats, Ints]  # (n, 4) boxes and places in the painting order of filled dark paths of many points


def read_paths(
    paths: list[dict[str, Any]], painting: Painting, matrix: Matrix, hidden_layers: frozenset[str]
) -> PaintedPaths:
    """Read painted paths, cut to the clips that `painting` knows."""
    clips, order, alpha = _read_clips(painting, len(paths), matrix)
    shown = [k for k, path in enumerate(paths) if path["layer"] not in hidden_layers]
    paths, clips, order, alpha = [paths[k] for k in shown], clips[shown], order[shown], alpha[shown]
    subpaths = _gather(paths, matrix)
    filled, fill_light = _read_paint(paths, "fill_color")
    stroked, stroke_light = _read_paint(paths, "stroke_color")
    filled, stroked = (
        filled & (alpha[:, 0] > TOLERANCES.unseen_alpha),
        stroked & (alpha[:, 1] > TOLERANCES.unseen_alpha),
    )
    painted = open_paths(subpaths, filled, stroked)
    light = np.where(painted.by_stroke, stroke_light[painted.path], fill_light[painted.path])
    box, kept = _cut(painted.box, clips[painted.path])
    rows = np.concatenate([box, light[:, None], order[painted.path, None].astype(np.float64)], axis=1)
    rules, fills = settle_paths(rows[kept & painted.is_rule], rows[kept & ~painted.is_rule])
    dark = filled & (fill_light < TOLERANCES.pale_brightness) & (alpha[:, 0] > TOLERANCES.outline_alpha)
    return PaintedPaths(rules, fills, _find_outlines(subpaths, dark, clips, order))


def _read_clips(painting: Painting, count: int, matrix: Matrix) -> tuple[Floats, Ints, Floats]:
    """Return the displayed clip, the place in the painting order and the alpha of fill and stroke of each path."""
    if not painting.paths:
        return np.tile(NO_CLIP, (count, 1)), np.arange(count), np.ones((count, 2))
    rows = np.array(painting.paths, dtype=np.float64)
    clips, finite = rows[:, :4], rows[:, 0] > -1e8
    clips[finite] = map_boxes(clips[finite], matrix)
    return clips, rows[:, 4].astype(np.int64), rows[:, 5:]


def _cut(box: Floats, clips: Floats) -> tuple[Floats, Bools]:
    """Return boxes cut to their clips, and which of them show anything."""
    cut = np.concatenate([np.maximum(box[:, :2], clips[:, :2]), np.minimum(box[:, 2:], clips[:, 2:])], axis=1)
    shown: Bools = (cut[:, 2] - cut[:, 0] > -1e-6) & (cut[:, 3] - cut[:, 1] > -1e-6)
    return cut, shown


def _gather(paths: list[dict[str, Any]], matrix: Matrix) -> Subpaths:
    """Return the displayed subpaths of all paths; raises ValueError for too many points."""
    points: list[Point] = []
    subpath: list[int] = []
    owner: list[int] = []  # path of each subpath
    for number, path in enumerate(paths):
        for piece in split_subpaths(path["operations"]):
            points += piece
            subpath += [len(owner)] * len(piece)
            owner.append(number)
        if len(points) > MAX_POINTS:
            raise ValueError(f"more than {MAX_POINTS} points")
    place = np.array(points, dtype=np.float64).reshape(-1, 2)
    shown = np.stack(map_points(place[:, 0], place[:, 1], matrix), axis=1)
    return Subpaths(shown, np.array(subpath, np.int64), np.array(owner, np.int64))


def split_subpaths(operations: list[dict[str, Any]]) -> list[list[Point]]:
    """Return the points of each subpath; a closed one ends where it began, curves count by their end points."""
    found: list[list[Point]] = []
    is_open = False
    for step in operations:
        kind = step["op"]
        if kind == "rectangle":
            x, y, right, top = step["x"], step["y"], step["x"] + step["width"], step["y"] + step["height"]
            found.append([(x, y), (right, y), (right, top), (x, top), (x, y)])
            is_open = False
        elif kind == "close_path":
            if found and is_open:
                found[-1].append(found[-1][0])
            is_open = False
        else:
            if kind == "move_to" or not is_open:
                found.append([found[-1][0]] if kind != "move_to" and found else [])
                is_open = True
            found[-1].append((step["x"], step["y"]))
    return found


def _read_paint(paths: list[dict[str, Any]], key: str) -> tuple[Bools, Floats]:
    """Return which paths are painted by fill or by stroke, and the brightness of it."""
    colours = [path[key] for path in paths]
    light = [1.0 if colour is None else brightness(*colour) for colour in colours]
    return np.array([c is not None for c in colours], np.bool_), np.array(light, dtype=np.float64)


def _find_outlines(subpaths: Subpaths, dark: Bools, clips: Floats, order: Ints) -> tuple[Floats, Ints]:
    """Return boxes and order of filled dark paths with as many points as letters have."""
    path = subpaths.path[subpaths.subpath] if len(subpaths.path) else np.zeros(0, np.int64)
    starts = np.flatnonzero(np.diff(path, prepend=-1) > 0)
    if not len(starts):
        return np.zeros((0, 4)), np.zeros(0, np.int64)
    low = np.minimum.reduceat(subpaths.points, starts)
    high = np.maximum.reduceat(subpaths.points, starts)
    count = np.diff(np.append(starts, len(path)))
    number = path[starts]
    chosen = (count >= OUTLINE_POINTS) & dark[number]
    box, _ = _cut(np.concatenate([low, high], axis=1)[chosen], clips[number[chosen]])
    return box, order[number[chosen]]
