"""Path objects of a pdfium page in, rules (thin boxes) and fills out."""

from __future__ import annotations

import numpy as np

from extract.pages import raw
from extract.pages.affine import map_boxes, map_points
from extract.pages.ink import Bools, Fills, Floats, Rules
from extract.pages.pdfium_objects import PATH, Layer, Objects, intersect, map_clips
from extract.pages.shapes import THIN, open_path, settle_paths

MAX_SEGMENTS = 200_000
CLOSED_MOVE = 2  # FPDF_SEGMENT_MOVETO


def read_paths(objects: Objects) -> tuple[Rules, Fills]:
    """Every visible path of the page as rules and fills, in displayed coordinates."""
    rules, areas = [np.zeros((0, 6))], [np.zeros((0, 6))]
    for layer in objects.layers:
        places = [i for i, t in enumerate(layer.types) if t == PATH]
        if places:
            thin, wide = _read_layer(layer, places)
            rules.append(thin)
            areas.append(wide)
    return settle_paths(np.concatenate(rules), np.concatenate(areas))


def _read_layer(layer: Layer, places: list[int]) -> tuple[Floats, Floats]:
    """Rules and areas, each (n, 6): box, brightness, painting order."""
    handles = [layer.handles[i] for i in places]
    n = len(handles)
    modes = raw.fill_rows(raw.get_draw_mode, n, 2, handles, kind=np.int32)
    filled, stroked = modes[:, 0] != 0, modes[:, 1] != 0
    boxes = map_boxes(raw.fill_rows(raw.get_bounds, n, 4, handles).astype(np.float64), layer.matrix)
    lights, opaque = _read_colours(handles)
    clips = intersect(map_clips(handles, layer.matrix), layer.clip)
    order = layer.order[places].astype(np.float64)
    seen = (filled & opaque[:, 0]) | (stroked & opaque[:, 1])
    thin = seen & (np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) <= THIN)
    light = np.where(stroked & opaque[:, 1], lights[:, 1], lights[:, 0])
    rows = np.concatenate([boxes, light[:, None], order[:, None]], axis=1)
    rules, areas = [_cut(rows[thin], clips[thin])], [np.zeros((0, 6))]
    for i in np.flatnonzero(seen & ~thin).tolist():
        for box, is_rule, by_stroke in open_path(_subpaths(handles[i], layer), bool(filled[i]), bool(stroked[i])):
            if opaque[i, int(by_stroke)]:
                row = _cut(np.array([[*box, lights[i, int(by_stroke)], order[i]]]), clips[i : i + 1])
                (rules if is_rule else areas).append(row)
    return np.concatenate(rules), np.concatenate(areas)


def _cut(rows: Floats, clips: Floats) -> Floats:
    """Rows cut to their clips; what is clipped away goes."""
    if not len(rows):
        return rows
    cut = np.concatenate([intersect(rows[:, :4], clips), rows[:, 4:]], axis=1)
    visible: Bools = (cut[:, 2] - cut[:, 0] > -1e-6) & (cut[:, 3] - cut[:, 1] > -1e-6)
    return cut[visible]


def _read_colours(handles: list[raw.Handle]) -> tuple[Floats, Bools]:
    """Brightness of fill and stroke, and whether any of that paint arrives (alpha above 2 %); (n, 2) each."""
    n = len(handles)
    fill = raw.fill_rows(raw.get_fill, n, 4, handles, kind=np.uint32).astype(np.float64) / 255.0
    stroke = raw.fill_rows(raw.get_stroke, n, 4, handles, kind=np.uint32).astype(np.float64) / 255.0
    weights = np.array([0.299, 0.587, 0.114])
    lights = np.stack([fill[:, :3] @ weights, stroke[:, :3] @ weights], axis=1)
    return lights, np.stack([fill[:, 3] > 0.02, stroke[:, 3] > 0.02], axis=1)


def _subpaths(handle: raw.Handle, layer: Layer) -> list[Floats]:
    """The points of each subpath, displayed; a closed one ends where it began; curves count by their end points."""
    n = min(raw.count_segments(handle), MAX_SEGMENTS)
    segments = list(map(raw.get_segment, [handle] * n, range(n)))
    kinds = list(map(raw.get_segment_type, segments))
    closes = list(map(raw.get_close, segments))
    a, b, c, d, e, f = (float(v) for v in raw.read_matrices([handle])[0])
    points = raw.fill_rows(raw.get_point, n, 2, segments).astype(np.float64)
    x, y = map_points(*map_points(points[:, 0], points[:, 1], (a, b, c, d, e, f)), layer.matrix)
    shown = np.stack([x, y], axis=1)
    starts = [i for i, kind in enumerate(kinds) if kind == CLOSED_MOVE] or [0]
    subpaths = []
    for start, end in zip(starts, [*starts[1:], n], strict=True):
        piece = shown[start:end]
        if len(piece) and closes[end - 1]:
            piece = np.concatenate([piece, piece[:1]])
        subpaths.append(piece)
    return subpaths
