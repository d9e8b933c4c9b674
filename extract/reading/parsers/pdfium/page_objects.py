"""List the text, path and image objects of a pdfium page with matrices and clips, with form XObjects opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from extract.errors import Reason, Refused
from extract.reading.ink.affine import IDENTITY, Matrix, map_boxes, multiply
from extract.reading.ink.ink import NO_CLIP, Floats, Ints
from extract.reading.parsers.pdfium import calls

TEXT, PATH, IMAGE, SHADING, FORM = 1, 2, 3, 4, 5
ClipBox = tuple[float, float, float, float]
MAX_DEPTH = 12  # a form inside a form inside ...: pdf-association files go to 4
MAX_OBJECTS = 400_000  # per page; hostile/form_xobject_2pow18.pdf opens to 262,144 forms


@dataclass(slots=True)
class Layer:
    """The objects of one content stream: those of the page, or of one form XObject as it is placed."""

    handles: list[calls.Handle]
    pointers: list[calls.Pointer]  # the same objects as functions take them
    types: Ints
    matrix: Matrix  # to displayed coordinates
    clips: Floats  # (n, 4) displayed boxes that cut the objects: their own clip paths and the form's
    order: Ints  # place of each object in the painting order of the page

    def places_of(self, kind: int) -> list[int]:
        """Return the indices of the objects of one type."""
        return np.flatnonzero(self.types == kind).tolist()

    def bounds_of(self, pointers: list[calls.Pointer]) -> Floats:
        """Return (n, 4) displayed boxes of objects."""
        return map_boxes(calls.fill_columns(calls.get_bounds, 4, pointers), self.matrix)


@dataclass(slots=True)
class Objects:
    """All objects of a page by layer."""

    layers: list[Layer] = field(default_factory=list)
    count: int = 0

    def number(self, order: Ints, start: int, stop: int) -> int:
        """Give the next places in the painting order to objects [start, stop) of a stream; returns stop."""
        order[start:stop] = np.arange(self.count, self.count + stop - start)
        self.count += stop - start
        return stop


def walk_objects(page: calls.Pointer, matrix: Matrix) -> Objects:
    """Open the page and every form XObject on it; refuses pages that grow without end (`too_large`)."""
    found = Objects()
    _open_layer(found, calls.list_objects(page), matrix, NO_CLIP, 0)
    return found


def _open_layer(found: Objects, handles: list[calls.Handle], where: Matrix, clip: ClipBox, depth: int) -> None:
    """Assign painting order to the objects of one stream: a form's contents before what follows the form."""
    if found.count + len(handles) > MAX_OBJECTS or depth > MAX_DEPTH:
        raise Refused(Reason.TOO_LARGE, f"more than {MAX_OBJECTS} drawing operations or {MAX_DEPTH} nested forms")
    pointers = calls.prepare(handles)
    types = np.fromiter(map(calls.get_type, pointers), np.int64, len(pointers))
    clips = intersect(_map_clips(pointers, where), clip)
    layer = Layer(handles, pointers, types, where, clips, np.zeros(len(handles), np.int64))
    found.layers.append(layer)
    places = layer.places_of(FORM)
    forms = [pointers[i] for i in places]
    matrices = calls.fill_structs(calls.get_object_matrix, 6, forms).tolist()
    start = 0
    for place, form, (a, b, c, d, e, f) in zip(places, forms, matrices, strict=True):
        start = found.number(layer.order, start, place + 1)
        x0, y0, x1, y1 = clips[place].tolist()
        placed = multiply((a, b, c, d, e, f), where)
        _open_layer(found, calls.list_form_objects(form), placed, (x0, y0, x1, y1), depth + 1)
    found.number(layer.order, start, len(handles))


def _map_clips(objects: list[calls.Pointer], matrix: Matrix) -> Floats:
    """Return (n, 4) displayed boxes of the objects' clip paths; NO_CLIP where nothing clips."""
    boxes = np.full((len(objects), 4), NO_CLIP)
    paths = calls.prepare(map(calls.get_clip, objects))
    counts = np.fromiter(map(calls.count_clip_paths, paths), np.int64, len(paths))
    for level in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > level)
        chosen = [paths[i] for i in rows.tolist()]
        boxes[rows] = intersect(boxes[rows], map_boxes(_clip_boxes(chosen, level), matrix))
    return boxes


def _clip_boxes(clips: list[calls.Pointer], level: int) -> Floats:
    """Return boxes around the `level`-th path of each clip, in the coordinates of the objects.

    Thousands of objects share one path; it is known by where its first point is kept.
    """
    first = np.fromiter(map(calls.get_clip_segment, clips, repeat(level), repeat(0)), np.int64, len(clips))
    _, one_each, same = np.unique(first, return_index=True, return_inverse=True)
    paths = [clips[i] for i in one_each.tolist()]
    n = len(paths)
    sizes = np.fromiter(map(calls.count_clip_segments, paths, repeat(level)), np.int64, n)
    box = np.full((n, 4), np.nan)
    for k in range(int(min(64, sizes.max(initial=0)))):
        if k in (1, 3, 4) and sizes.max() <= 5:
            continue  # two opposite corners determine a rectangle
        rows = np.flatnonzero(sizes > k)
        chosen = [paths[i] for i in rows.tolist()]
        segments = calls.prepare(map(calls.get_clip_segment, chosen, repeat(level), repeat(k)))
        points = calls.fill_columns(calls.get_point, 2, segments)
        box[rows, :2] = np.fmin(box[rows, :2], points)
        box[rows, 2:] = np.fmax(box[rows, 2:], points)
    box[np.isnan(box[:, 0])] = 0.0  # an empty clip path hides everything
    shared: Floats = box[same]
    return shared


def intersect(boxes: Floats, other: Floats | ClipBox) -> Floats:
    """Cut (n, 4) boxes by one or by as many others."""
    cut = np.asarray(other, dtype=np.float64)
    both = np.empty_like(boxes)
    np.maximum(boxes[:, :2], cut[..., :2], out=both[:, :2])
    np.minimum(boxes[:, 2:], cut[..., 2:], out=both[:, 2:])
    return both


__all__ = ["IDENTITY", "Layer", "Objects", "intersect", "walk_objects"]
