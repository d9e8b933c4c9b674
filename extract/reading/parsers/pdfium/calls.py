"""Call pdfium's C functions in bulk from one C loop, into numpy arrays.

pypdfium2's own objects cost 5 to 10 µs a call. `map` over a bare prototype costs 0.12 µs with arguments that are ready
for C: pointers prepared once, integers as they are, results in one buffer whose places are prepared at import. With
declared argument types, which ctypes converts at each call, it would be twice that (on a page of 2,947 glyphs).
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any, NewType

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from extract.reading.ink.ink import Floats

Handle = int  # the address of a thing of pdfium; 0 for none
Pointer = NewType("Pointer", object)  # the same, ready for C: the only form in which functions take it
_ADDRESS, _NUMBER = ctypes.c_size_t, ctypes.c_int

ROWS, COLUMNS = 1024, 6  # rows of the buffer that functions write to, four bytes an item
_BUFFER = np.zeros((ROWS, COLUMNS), np.uint32)
_FIRST = (ctypes.c_uint32 * _BUFFER.size).from_buffer(_BUFFER.data)
_PLACES = [[ctypes.byref(_FIRST, 4 * (COLUMNS * row + k)) for row in range(ROWS)] for k in range(4)]
_DOUBLES = np.zeros((ROWS, 4), np.float64)
_FIRST_DOUBLE = (ctypes.c_double * _DOUBLES.size).from_buffer(_DOUBLES.data)
_DOUBLE_PLACES = [[ctypes.byref(_FIRST_DOUBLE, 8 * (4 * row + k)) for row in range(ROWS)] for k in range(4)]


def _bind(name: str, result: Any) -> Callable[..., Any]:
    """Return a prototype without argument types that keeps the interpreter lock; pointers must be prepared."""
    address = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    if address is None:  # pragma: no cover - a pdfium without this function does not import
        raise ImportError(f"pdfium has no {name}")
    return ctypes.PYFUNCTYPE(result)(address)


# (document, index), (page)
load_page = _bind("FPDF_LoadPage", _ADDRESS)
close_page = _bind("FPDF_ClosePage", None)
get_page_box = _bind("FPDF_GetPageBoundingBox", _NUMBER)  # left, top, right, bottom
get_rotation = _bind("FPDFPage_GetRotation", _NUMBER)  # in quarter turns
load_text = _bind("FPDFText_LoadPage", _ADDRESS)
close_text = _bind("FPDFText_ClosePage", None)
count_chars = _bind("FPDFText_CountChars", _NUMBER)
get_text = _bind("FPDFText_GetText", _NUMBER)  # (text page, index, count, buffer)
# (text page, index) and, where something is filled, places of it
get_loose_box = _bind("FPDFText_GetLooseCharBox", _NUMBER)
get_char_box = _bind("FPDFText_GetCharBox", _NUMBER)  # left, right, bottom, top, as doubles
get_origin = _bind("FPDFText_GetCharOrigin", _NUMBER)  # x, y, as doubles
get_unicode = _bind("FPDFText_GetUnicode", ctypes.c_uint)
get_text_object = _bind("FPDFText_GetTextObject", _ADDRESS)
is_generated = _bind("FPDFText_IsGenerated", _NUMBER)
is_hyphen = _bind("FPDFText_IsHyphen", _NUMBER)
has_map_error = _bind("FPDFText_HasUnicodeMapError", _NUMBER)
get_font_size = _bind("FPDFText_GetFontSize", ctypes.c_double)
get_matrix = _bind("FPDFText_GetMatrix", _NUMBER)
get_text_fill = _bind("FPDFText_GetFillColor", _NUMBER)
# (page object) and places
get_font = _bind("FPDFTextObj_GetFont", _ADDRESS)
is_embedded = _bind("FPDFFont_GetIsEmbedded", _NUMBER)  # (font)
get_font_name = _bind("FPDFFont_GetBaseFontName", ctypes.c_size_t)  # (font, buffer, its length)
get_render_mode = _bind("FPDFTextObj_GetTextRenderMode", _NUMBER)
get_type = _bind("FPDFPageObj_GetType", _NUMBER)
get_bounds = _bind("FPDFPageObj_GetBounds", _NUMBER)
get_object_matrix = _bind("FPDFPageObj_GetMatrix", _NUMBER)
get_draw_mode = _bind("FPDFPath_GetDrawMode", _NUMBER)
get_fill = _bind("FPDFPageObj_GetFillColor", _NUMBER)
get_stroke = _bind("FPDFPageObj_GetStrokeColor", _NUMBER)
get_bitmap = _bind("FPDFImageObj_GetRenderedBitmap", _ADDRESS)  # (document, page, image object)
has_transparency = _bind("FPDFPageObj_HasTransparency", _NUMBER)
count_marks = _bind("FPDFPageObj_CountMarks", _NUMBER)
get_mark = _bind("FPDFPageObj_GetMark", _ADDRESS)
remove_mark = _bind("FPDFPageObj_RemoveMark", _NUMBER)  # (page object, mark)
get_param_type = _bind("FPDFPageObjMark_GetParamValueType", _NUMBER)  # (mark, key)
# (page), (form object): their objects
count_objects = _bind("FPDFPage_CountObjects", _NUMBER)
get_object = _bind("FPDFPage_GetObject", _ADDRESS)
count_form_objects = _bind("FPDFFormObj_CountObjects", _NUMBER)
get_form_object = _bind("FPDFFormObj_GetObject", _ADDRESS)
# (path object), (clip path): their segments
count_segments = _bind("FPDFPath_CountSegments", _NUMBER)
get_segment = _bind("FPDFPath_GetPathSegment", _ADDRESS)
get_point = _bind("FPDFPathSegment_GetPoint", _NUMBER)
get_segment_type = _bind("FPDFPathSegment_GetType", _NUMBER)
get_close = _bind("FPDFPathSegment_GetClose", _NUMBER)
get_clip = _bind("FPDFPageObj_GetClipPath", _ADDRESS)
count_clip_paths = _bind("FPDFClipPath_CountPaths", _NUMBER)
count_clip_segments = _bind("FPDFClipPath_CountPathSegments", _NUMBER)
get_clip_segment = _bind("FPDFClipPath_GetPathSegment", _ADDRESS)


def prepare(handles: Iterable[Handle]) -> list[Pointer]:
    """Return addresses in the form that functions take."""
    return list(map(ctypes.c_void_p.from_param, handles))  # type: ignore[arg-type]


def point_at(thing: Any) -> Pointer:
    """Return the pointer of a pypdfium2 object."""
    return prepare([ctypes.cast(thing.raw, ctypes.c_void_p).value or 0])[0]


def fill_columns(call: Callable[..., Any], columns: int, *arguments: Any, kind: Any = np.float32) -> Floats:
    """Call once per item of the last argument; each call fills the `columns` places of its row.

    The arguments before the last one are the same for all calls. Rows of failed calls are 0.
    """
    return _fill(call, columns, _PLACES[:columns], arguments, kind)


def fill_structs(call: Callable[..., Any], columns: int, *arguments: Any, kind: Any = np.float32) -> Floats:
    """Call as `fill_columns` does, functions that take one pointer to a struct of `columns` items."""
    return _fill(call, columns, _PLACES[:1], arguments, kind)


def fill_doubles(call: Callable[..., Any], columns: int, *arguments: Any) -> Floats:
    """Call as `fill_columns` does, functions that fill doubles."""
    return _fill(call, columns, _DOUBLE_PLACES[:columns], arguments, np.float64, _DOUBLES)


def _fill(
    call: Callable[..., Any],
    columns: int,
    places: list[list[Any]],
    arguments: Sequence[Any],
    kind: Any,
    buffer: NDArray[Any] = _BUFFER,
) -> Floats:
    """Call as often at a time as the buffer has rows; pdfium serves one thread, and so does the buffer."""
    same, items = [repeat(argument) for argument in arguments[:-1]], arguments[-1]
    table = np.empty((len(items), columns))
    filled = buffer.view(kind)[:, :columns]
    for start in range(0, len(items), ROWS):
        some = items[start : start + ROWS]
        filled[: len(some)] = 0
        deque(map(call, *same, some, *places), maxlen=0)
        table[start : start + ROWS] = filled[: len(some)]
    return table


def list_objects(page: Pointer) -> list[Handle]:
    """List a page's objects, in painting order."""
    return list(map(get_object, repeat(page), range(count_objects(page))))


def list_form_objects(form: Pointer) -> list[Handle]:
    """List a form XObject's objects, in painting order."""
    return list(map(get_form_object, repeat(form), range(count_form_objects(form))))
