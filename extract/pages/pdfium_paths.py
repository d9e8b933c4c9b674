"""Path objects of a pdfium page in, rules (thin boxes) and fills out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np

from extract.pages import raw
from extract.pages.affine import map_points
from extract.pages.ink import Bools, Fills, Floats, Rules
from extract.pages.pdfium_objects import PATH, Layer, Objects, intersect
from extract.pages.shapes import THIN, Points, cut_box, is_visible, open_path, settle_paths

MAX_SEGMENTS = 200_000  # of one path
AT_ONCE = 20_000  # segments that are opened together
MOVE = 2  # FPDF_SEGMENT_MOVETO
Row = tuple[float, float, float, float, float, float]  # box, brightness, painting order


def read_paths(objects: Objects) -> tuple[Rules, Fills]:
    """Every visible path of the page as rules and fills, in displayed coordinates."""
    rules, areas = [np.zeros((0, 6))], [np.zeros((0, 6))]
    for layer in objects.layers:
        places = layer.places_of(PATH)
        if places:
            thin, lines, wide = _read_layer(layer, places)
            rules += [thin, _stack(lines)]
            areas.append(_stack(wide))
    return settle_paths(np.concatenate(rules), np.concatenate(areas))


def _stack(rows: list[Row]) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(-1, 6)


def _read_layer(layer: Layer, places: list[int]) -> tuple[Floats, list[Row], list[Row]]:
    """Paths that are a rule as a whole, then the rules and the areas of those that have to be opened."""
    pointers = [layer.pointers[i] for i in places]
    modes = raw.fill_columns(raw.get_draw_mode, 2, pointers, kind=np.int32)
    filled, stroked = modes[:, 0] != 0, modes[:, 1] != 0
    boxes, clips = layer.bounds_of(pointers), layer.clips_of(pointers)
    lights, opaque = _read_colours(pointers)
    order = layer.order[places].astype(np.float64)
    seen = (filled & opaque[:, 0]) | (stroked & opaque[:, 1])
    thin = seen & (np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) <= THIN)
    light = np.where(stroked & opaque[:, 1], lights[:, 1], lights[:, 0])
    rows = np.concatenate([boxes, light[:, None], order[:, None]], axis=1)
    rules: list[Row] = []
    areas: list[Row] = []
    opened = np.flatnonzero(seen & ~thin).tolist()
    for i, subpaths in zip(opened, _read_subpaths([pointers[i] for i in opened], layer), strict=True):
        clip, when = tuple(clips[i].tolist()), float(order[i])
        fill_light, stroke_light = lights[i].tolist()
        fill_shows, stroke_shows = opaque[i].tolist()
        for box, is_rule, by_stroke in open_path(subpaths, bool(filled[i]), bool(stroked[i])):
            cut = cut_box(box, clip)
            if (stroke_shows if by_stroke else fill_shows) and is_visible(cut):
                (rules if is_rule else areas).append((*cut, stroke_light if by_stroke else fill_light, when))
    return _cut(rows[thin], clips[thin]), rules, areas


def _cut(rows: Floats, clips: Floats) -> Floats:
    """Rows cut to their clips; what is clipped away goes."""
    cut = np.concatenate([intersect(rows[:, :4], clips), rows[:, 4:]], axis=1)
    visible: Bools = (cut[:, 2] - cut[:, 0] > -1e-6) & (cut[:, 3] - cut[:, 1] > -1e-6)
    return cut[visible]


def _read_colours(pointers: list[raw.Pointer]) -> tuple[Floats, Bools]:
    """Brightness of fill and stroke, and whether any of that paint arrives (alpha above 2 %); (n, 2) each."""
    fill = raw.fill_columns(raw.get_fill, 4, pointers, kind=np.uint32) / 255.0
    stroke = raw.fill_columns(raw.get_stroke, 4, pointers, kind=np.uint32) / 255.0
    weights = np.array([0.299, 0.587, 0.114])
    lights = np.stack([fill[:, :3] @ weights, stroke[:, :3] @ weights], axis=1)
    return lights, np.stack([fill[:, 3] > 0.02, stroke[:, 3] > 0.02], axis=1)


def _read_subpaths(paths: list[raw.Pointer], layer: Layer) -> Iterator[list[Points]]:
    """The displayed points of each path by subpath; many paths are read at once, because most have few segments."""
    sizes = [min(max(0, n), MAX_SEGMENTS) for n in map(raw.count_segments, paths)]
    first = 0
    while first < len(paths):
        last, total = first + 1, sizes[first]
        while last < len(paths) and total + sizes[last] <= AT_ONCE:
            total += sizes[last]
            last += 1
        yield from _open_paths(paths[first:last], sizes[first:last], layer)
        first = last


def _open_paths(paths: list[raw.Pointer], sizes: list[int], layer: Layer) -> Iterator[list[Points]]:
    """The subpaths of each path; a closed one ends where it began; curves count by their end points."""
    owners = chain.from_iterable(map(repeat, paths, sizes))
    segments = raw.prepare(map(raw.get_segment, owners, chain.from_iterable(map(range, sizes))))
    kinds, closes = list(map(raw.get_segment_type, segments)), list(map(raw.get_close, segments))
    points = raw.fill_columns(raw.get_point, 2, segments)
    a, b, c, d, e, f = np.repeat(raw.fill_structs(raw.get_object_matrix, 6, paths), sizes, axis=0).T
    x, y = map_points(points[:, 0] * a + points[:, 1] * c + e, points[:, 0] * b + points[:, 1] * d + f, layer.matrix)
    shown: Points = np.stack([x, y], axis=1).tolist()
    first = 0
    for size in sizes:
        last = first + size
        starts = [i for i in range(first, last) if kinds[i] == MOVE] or [first]
        ends = [*starts[1:], last]
        yield [
            [*shown[start:end], shown[start]] if end > start and closes[end - 1] else shown[start:end]
            for start, end in zip(starts, ends, strict=True)
        ]
        first = last
