"""Handles of pdfium in, numpy arrays out: pdfium's C functions called many times from one C loop.

pypdfium2's own objects cost 5 to 10 µs per glyph; `map` over a bare prototype with integer addresses costs 0.4 µs, and
results land in a numpy buffer without a Python object in between (measured on a page of 4,485 glyphs).
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from extract.pages.ink import Floats

_P, _I, _U, _F = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_float
Handle = int


def _bind(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """A prototype that takes addresses as plain integers and keeps the interpreter lock."""
    address = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    if address is None:  # pragma: no cover - a pdfium without this function does not import
        raise ImportError(f"pdfium has no {name}")
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


get_loose_box = _bind("FPDFText_GetLooseCharBox", _I, _P, _I, _P)
get_unicode = _bind("FPDFText_GetUnicode", _U, _P, _I)
get_text_object = _bind("FPDFText_GetTextObject", _P, _P, _I)
is_generated = _bind("FPDFText_IsGenerated", _I, _P, _I)
is_hyphen = _bind("FPDFText_IsHyphen", _I, _P, _I)
has_map_error = _bind("FPDFText_HasUnicodeMapError", _I, _P, _I)
get_font_size = _bind("FPDFText_GetFontSize", ctypes.c_double, _P, _I)
get_matrix = _bind("FPDFText_GetMatrix", _I, _P, _I, _P)
get_text_fill = _bind("FPDFText_GetFillColor", _I, _P, _I, _P, _P, _P, _P)
get_font = _bind("FPDFTextObj_GetFont", _P, _P)
get_render_mode = _bind("FPDFTextObj_GetTextRenderMode", _I, _P)
count_objects = _bind("FPDFPage_CountObjects", _I, _P)
get_object = _bind("FPDFPage_GetObject", _P, _P, _I)
count_form_objects = _bind("FPDFFormObj_CountObjects", _I, _P)
get_form_object = _bind("FPDFFormObj_GetObject", _P, _P, ctypes.c_ulong)
get_type = _bind("FPDFPageObj_GetType", _I, _P)
get_bounds = _bind("FPDFPageObj_GetBounds", _I, _P, _P, _P, _P, _P)
get_object_matrix = _bind("FPDFPageObj_GetMatrix", _I, _P, _P)
get_draw_mode = _bind("FPDFPath_GetDrawMode", _I, _P, _P, _P)
get_fill = _bind("FPDFPageObj_GetFillColor", _I, _P, _P, _P, _P, _P)
get_stroke = _bind("FPDFPageObj_GetStrokeColor", _I, _P, _P, _P, _P, _P)
get_stroke_width = _bind("FPDFPageObj_GetStrokeWidth", _I, _P, _P)
count_segments = _bind("FPDFPath_CountSegments", _I, _P)
get_segment = _bind("FPDFPath_GetPathSegment", _P, _P, _I)
get_point = _bind("FPDFPathSegment_GetPoint", _I, _P, _P, _P)
get_segment_type = _bind("FPDFPathSegment_GetType", _I, _P)
get_close = _bind("FPDFPathSegment_GetClose", _I, _P)
get_clip = _bind("FPDFPageObj_GetClipPath", _P, _P)
count_clip_paths = _bind("FPDFClipPath_CountPaths", _I, _P)
count_clip_segments = _bind("FPDFClipPath_CountPathSegments", _I, _P, _I)
get_clip_segment = _bind("FPDFClipPath_GetPathSegment", _P, _P, _I, _I)
has_transparency = _bind("FPDFPageObj_HasTransparency", _I, _P)
count_marks = _bind("FPDFPageObj_CountMarks", _I, _P)


def handle_of(thing: Any) -> Handle:
    """A pypdfium2 object in, the address of pdfium's own out."""
    return ctypes.cast(thing.raw, ctypes.c_void_p).value or 0


def fill_rows(
    call: Callable[..., Any], rows: int, columns: int, *arguments: Iterable[Any], kind: Any = np.float32
) -> NDArray[Any]:
    """Call once per row with `arguments` and the addresses of the row's `columns` items; the filled array out."""
    table = np.zeros((rows, columns), kind)
    step = table.itemsize
    start, stride = table.ctypes.data, table.itemsize * columns
    addresses = [range(start + step * k, start + step * k + stride * rows, stride) for k in range(columns)]
    deque(map(call, *arguments, *addresses), maxlen=0)
    return table


def fill_structs(
    call: Callable[..., Any], rows: int, columns: int, *arguments: Iterable[Any], kind: Any = np.float32
) -> NDArray[Any]:
    """As fill_rows, for functions that take one pointer to a struct of `columns` items."""
    table = np.zeros((rows, columns), kind)
    start, stride = table.ctypes.data, table.itemsize * columns
    deque(map(call, *arguments, range(start, start + stride * rows, stride)), maxlen=0)
    return table


def read_matrices(objects: Sequence[Handle]) -> Floats:
    """Page objects in, (n, 6) a b c d e f out."""
    return fill_structs(get_object_matrix, len(objects), 6, objects).astype(np.float64)


def list_objects(page: Handle) -> list[Handle]:
    """The handles of a page's objects, in painting order."""
    n = count_objects(page)
    return list(map(get_object, repeat(page, n), range(n)))


def list_form_objects(form: Handle) -> list[Handle]:
    """The handles of a form XObject's objects."""
    n = max(0, count_form_objects(form))
    return list(map(get_form_object, repeat(form, n), range(n)))
