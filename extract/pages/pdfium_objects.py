"""A pdfium page in, its text, path and image objects with their matrices and clips out, form XObjects opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from extract.errors import Reason, Refused
from extract.pages import raw
from extract.pages.affine import IDENTITY, Matrix, map_boxes, multiply
from extract.pages.ink import NO_CLIP, Floats, Ints

TEXT, PATH, IMAGE, SHADING, FORM = 1, 2, 3, 4, 5
ClipBox = tuple[float, float, float, float]
MAX_DEPTH = 12  # a form inside a form inside ...: pdf-association files go to 4
MAX_OBJECTS = 400_000  # per page; hostile/form_xobject_2pow18.pdf opens to 262,144 forms


@dataclass(slots=True)
class Layer:
    """The objects of one content stream: those of the page, or of one form XObject as it is placed."""

    handles: list[raw.Handle]
    types: list[int]
    matrix: Matrix  # to displayed coordinates
    clip: ClipBox  # of the form, displayed
    order: Ints  # place of each object in the painting order of the page


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


def walk_objects(page: raw.Handle, matrix: Matrix) -> Objects:
    """Open the page and every form XObject on it; refuses pages that grow without end (`too_large`)."""
    found = Objects()
    _open_layer(found, raw.list_objects(page), matrix, NO_CLIP, 0)
    return found


def _open_layer(found: Objects, handles: list[raw.Handle], where: Matrix, clip: ClipBox, depth: int) -> None:
    """Number the objects of one stream as they are painted: what a form paints comes before what follows the form."""
    if found.count + len(handles) > MAX_OBJECTS or depth > MAX_DEPTH:
        raise Refused(Reason.TOO_LARGE, f"more than {MAX_OBJECTS} drawing operations or {MAX_DEPTH} nested forms")
    types = list(map(raw.get_type, handles))
    order = np.zeros(len(handles), np.int64)
    found.layers.append(Layer(handles, types, where, clip, order))
    places = [i for i, t in enumerate(types) if t == FORM]
    forms = [handles[i] for i in places]
    clips = intersect(map_clips(forms, where), clip)
    start = 0
    for place, form, form_matrix, cut in zip(places, forms, raw.read_matrices(forms), clips, strict=True):
        start = found.number(order, start, place + 1)
        a, b, c, d, e, f = (float(v) for v in form_matrix)
        box = (float(cut[0]), float(cut[1]), float(cut[2]), float(cut[3]))
        _open_layer(found, raw.list_form_objects(form), multiply((a, b, c, d, e, f), where), box, depth + 1)
    found.number(order, start, len(order))


def map_clips(objects: list[raw.Handle], matrix: Matrix) -> Floats:
    """Objects in, (n, 4) displayed boxes of their clip paths out; NO_CLIP where nothing clips."""
    boxes = np.tile(np.array(NO_CLIP), (len(objects), 1))
    if not objects:
        return boxes
    paths = list(map(raw.get_clip, objects))
    counts = np.array(list(map(raw.count_clip_paths, paths)))
    for level in range(int(max(0, counts.max()))):
        rows = np.flatnonzero(counts > level)
        chosen = [paths[i] for i in rows]
        boxes[rows] = intersect(boxes[rows], map_boxes(_clip_boxes(chosen, level), matrix))
    return boxes


def _clip_boxes(paths: list[int], level: int) -> Floats:
    """Boxes around the `level`-th path of each clip, in the coordinates of the objects."""
    n = len(paths)
    sizes = np.array(list(map(raw.count_clip_segments, paths, repeat(level, n))))
    box = np.full((n, 4), np.nan)
    for k in range(int(min(64, max(0, sizes.max(initial=0))))):
        if k in (1, 3, 4) and sizes.max() <= 5:
            continue  # of a rectangle two opposite corners say it all
        rows = np.flatnonzero(sizes > k)
        segments = list(map(raw.get_clip_segment, [paths[i] for i in rows], repeat(level), repeat(k)))
        points = raw.fill_rows(raw.get_point, len(rows), 2, segments).astype(np.float64)
        box[rows, :2] = np.fmin(box[rows, :2], points)
        box[rows, 2:] = np.fmax(box[rows, 2:], points)
    box[np.isnan(box[:, 0])] = 0.0  # an empty clip path hides everything
    return box


def intersect(boxes: Floats, other: Floats | tuple[float, float, float, float]) -> Floats:
    """(n, 4) boxes cut by one or by as many others."""
    cut = np.broadcast_to(np.asarray(other, dtype=np.float64), boxes.shape)
    return np.concatenate([np.maximum(boxes[:, :2], cut[:, :2]), np.minimum(boxes[:, 2:], cut[:, 2:])], axis=1)


__all__ = ["IDENTITY", "Layer", "Objects", "intersect", "map_clips", "walk_objects"]
