"""Convert path objects of a pdfium page to rules (thin boxes) and fills."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, repeat

import numpy as np

from extract.reading.ink.affine import map_points
from extract.reading.ink.ink import BRIGHTNESS_WEIGHTS, Bools, Fills, Floats, Ints, Rules
from extract.reading.ink.vector_paths import Subpaths, open_paths, settle_paths
from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.page_objects import PATH, Layer, Objects, intersect
from extract.reading.tolerances import TOLERANCES

MAX_SEGMENTS = 200_000  # of one path
AT_ONCE = 20_000  # segments that are opened together
MOVE = 2  # FPDF_SEGMENT_MOVETO


def read_paths(objects: Objects) -> tuple[Rules, Fills]:
    """Return every visible path of the page as rules and fills, in displayed coordinates."""
    rules, areas = [np.zeros((0, 6))], [np.zeros((0, 6))]
    for layer in objects.layers:
        places = layer.places_of(PATH)
        if places:
            for rows, is_rule in _read_layer(layer, places):
                rules.append(rows[is_rule])
                areas.append(rows[~is_rule])
    return settle_paths(np.concatenate(rules), np.concatenate(areas))


def _read_layer(layer: Layer, places: list[int]) -> Iterator[tuple[Floats, Bools]]:
    """Yield the paint of paths as rows of box, brightness, painting order, and which of them are rules."""
    pointers = [layer.pointers[i] for i in places]
    modes = calls.fill_columns(calls.get_draw_mode, 2, pointers, kind=np.int32)
    filled, stroked = modes[:, 0] != 0, modes[:, 1] != 0
    boxes, clips = layer.bounds_of(pointers), layer.clips[places]
    lights, opaque = _read_colours(pointers)
    order = layer.order[places]
    by_fill, by_stroke = filled & opaque[:, 0], stroked & opaque[:, 1]
    thin = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) <= TOLERANCES.rule_thickness_pt
    whole = np.flatnonzero((by_fill | by_stroke) & thin)  # a rule as it is
    light = np.where(by_stroke, lights[:, 1], lights[:, 0])
    rows, _ = _cut(boxes[whole], light[whole], order[whole], clips[whole])
    yield rows, np.ones(len(rows), np.bool_)
    opened = np.flatnonzero((by_fill | by_stroke) & ~thin)
    for some, subpaths in _read_subpaths(pointers, opened, layer):
        painted = open_paths(subpaths, by_fill[some], by_stroke[some])
        path = some[painted.path]
        light = np.where(painted.by_stroke, lights[path, 1], lights[path, 0])
        rows, kept = _cut(painted.box, light, order[path], clips[path])
        yield rows, painted.is_rule[kept]


def _cut(boxes: Floats, lights: Floats, order: Ints, clips: Floats) -> tuple[Floats, Ints]:
    """Cut rows of boxes to their clips; return those that are left, and which boxes they are."""
    cut = intersect(boxes, clips)
    kept = np.flatnonzero((cut[:, 2] - cut[:, 0] > -1e-6) & (cut[:, 3] - cut[:, 1] > -1e-6))
    return np.concatenate([cut[kept], lights[kept, None], order[kept, None]], axis=1), kept


def _read_colours(pointers: list[calls.Pointer]) -> tuple[Floats, Bools]:
    """Return brightness of fill and stroke, and whether any of that paint is visible (alpha above 2 %); (n, 2)."""
    fill = calls.fill_columns(calls.get_fill, 4, pointers, kind=np.uint32) / 255.0
    stroke = calls.fill_columns(calls.get_stroke, 4, pointers, kind=np.uint32) / 255.0
    lights = np.stack([fill[:, :3] @ BRIGHTNESS_WEIGHTS, stroke[:, :3] @ BRIGHTNESS_WEIGHTS], axis=1)
    return lights, np.stack([fill[:, 3] > TOLERANCES.unseen_alpha, stroke[:, 3] > TOLERANCES.unseen_alpha], axis=1)


def _read_subpaths(pointers: list[calls.Pointer], chosen: Ints, layer: Layer) -> Iterator[tuple[Ints, Subpaths]]:
    """Yield the chosen paths and their displayed subpaths, as many at once as the limit of segments allows."""
    sizes = [min(max(0, calls.count_segments(pointers[i])), MAX_SEGMENTS) for i in chosen.tolist()]
    first = 0
    while first < len(sizes):
        last, total = first + 1, sizes[first]
        while last < len(sizes) and total + sizes[last] <= AT_ONCE:
            total += sizes[last]
            last += 1
        some = chosen[first:last]
        yield some, _open([pointers[i] for i in some.tolist()], np.array(sizes[first:last]), layer)
        first = last


def _open(paths: list[calls.Pointer], sizes: Ints, layer: Layer) -> Subpaths:
    """Return the points of paths by subpath; a closed one ends where it began; curves count by their end points."""
    total = int(sizes.sum())
    owners = chain.from_iterable(map(repeat, paths, sizes.tolist()))
    segments = calls.prepare(map(calls.get_segment, owners, chain.from_iterable(map(range, sizes.tolist()))))
    begins = np.fromiter(map(calls.get_segment_type, segments), np.int64, total) == MOVE
    begins[(np.cumsum(sizes) - sizes)[sizes > 0]] = True
    closes = np.fromiter(map(calls.get_close, segments), np.bool_, total)
    points = calls.fill_columns(calls.get_point, 2, segments)
    a, b, c, d, e, f = np.repeat(calls.fill_structs(calls.get_object_matrix, 6, paths), sizes, axis=0).T
    x, y = map_points(points[:, 0] * a + points[:, 1] * c + e, points[:, 0] * b + points[:, 1] * d + f, layer.matrix)
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], total)[: len(starts)]
    closed = closes[ends - 1]
    places = np.insert(np.arange(total), ends[closed], starts[closed])
    subpath = np.cumsum(begins) - 1
    path = np.repeat(np.arange(len(paths)), sizes)[starts]
    return Subpaths(np.stack([x, y], axis=1)[places], subpath[places], path)
