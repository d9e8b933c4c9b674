"""Remove redundant ActualText marks from a pdfium page, and report those that contradict the glyphs.

pdfium replaces the glyphs' own characters by an ActualText, in equal parts of the room that they take. The glyphs' own
characters are read when the page is loaded once more without any ActualText.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from itertools import repeat

import pypdfium2.raw as pdfium

from extract.reading.ink.actual_text import TextSource, choose_text, decode_text
from extract.reading.ink.affine import Matrix, map_boxes
from extract.reading.ink.ink import Conflict, Floats
from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.page_objects import TEXT, Objects, walk_objects

KEY = b"ActualText"
STRING = 3  # FPDF_OBJECT_STRING
LONGEST_TEXT = 8192  # bytes
GLUE = 2  # pdfium's mark for a hyphen at the end of a line


@dataclass(slots=True)
class Marked:
    """Consecutive text objects under one ActualText, by their numbers among the text objects of the page."""

    mark: calls.Handle
    actual: str
    objects: list[int] = field(default_factory=list)


def settle_actual_texts(
    document: calls.Pointer, page: calls.Pointer, number: int, objects: Objects, matrix: Matrix
) -> list[Conflict]:
    """Remove ActualText marks that add nothing to the glyphs' characters; return those that contradict them."""
    marked = _find_marked(objects)
    if not marked:
        return []
    (again,) = calls.prepare([calls.load_page(document, number - 1)])
    try:
        own = _read_own(again, matrix, marked)
    finally:
        calls.close_page(again)
    handles = _list_texts(objects)
    found = []
    for group, text in zip(marked, own, strict=True):
        choice = choose_text(text, group.actual)
        if choice == TextSource.ACTUAL:
            continue
        pointers = calls.prepare([handles[k] for k in group.objects])
        if choice == TextSource.CONFLICT:
            box = calls.fill_columns(calls.get_bounds, 4, pointers)
            found.append((text, group.actual, group.objects[0], box))
        for pointer in pointers:
            _remove_marks(pointer)
    return [Conflict(_place(objects, first, box), text, actual) for text, actual, first, box in found]


def _place(objects: Objects, first: int, box: Floats) -> tuple[float, float, float, float]:
    """Return the displayed box around objects of one layer, of which the first is known by its number."""
    for layer in objects.layers:
        count = len(layer.places_of(TEXT))
        if first < count:
            shown = map_boxes(box, layer.matrix)
            low, high = shown[:, :2].min(axis=0).tolist(), shown[:, 2:].max(axis=0).tolist()
            return low[0], low[1], high[0], high[1]
        first -= count
    raise IndexError(first)


def _list_texts(objects: Objects) -> list[calls.Handle]:
    """List the text objects of a page, layer by layer."""
    return [layer.handles[k] for layer in objects.layers for k in layer.places_of(TEXT)]


def _find_mark(pointer: calls.Pointer) -> calls.Handle:
    """Return the innermost mark of an object that has an ActualText, 0 for none."""
    for k in reversed(range(calls.count_marks(pointer))):
        handle: calls.Handle = calls.get_mark(pointer, k)
        (mark,) = calls.prepare([handle])
        if calls.get_param_type(mark, KEY) == STRING:
            return handle
    return 0


def _find_marked(objects: Objects) -> list[Marked]:
    """Return the groups of a page's text objects that have an ActualText."""
    pointers = calls.prepare(_list_texts(objects))
    counts = list(map(calls.count_marks, pointers))
    if not any(counts):
        return []
    found: list[Marked] = []
    last = 0
    for number, (pointer, count) in enumerate(zip(pointers, counts, strict=True)):
        mark = _find_mark(pointer) if count else 0
        if mark and mark == last:
            found[-1].objects.append(number)
        elif mark:
            actual = read_param(mark, KEY)
            if actual:
                found.append(Marked(mark, actual, [number]))
            else:
                mark = 0
        last = mark
    return found


def read_param(mark: calls.Handle, key: bytes) -> str:
    """Return a text parameter of a mark, '' where there is none; pdfium's own text of it is not decoded."""
    buffer, size = ctypes.create_string_buffer(LONGEST_TEXT), ctypes.c_ulong()
    place = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ubyte))
    pointer = ctypes.cast(mark, pdfium.FPDF_PAGEOBJECTMARK)
    if not pdfium.FPDFPageObjMark_GetParamBlobValue(pointer, key, place, LONGEST_TEXT, size):
        return ""
    return decode_text(buffer.raw[: size.value]) or ""


def _remove_marks(pointer: calls.Pointer) -> None:
    """Remove every ActualText mark of an object."""
    while mark := _find_mark(pointer):
        if not calls.remove_mark(pointer, *calls.prepare([mark])):
            return


def _read_own(page: calls.Pointer, matrix: Matrix, marked: list[Marked]) -> list[str]:
    """Return the glyphs' own characters of each group, on a page that was loaded once more."""
    objects = walk_objects(page, matrix)
    handles = _list_texts(objects)
    for pointer in calls.prepare([handles[k] for group in marked for k in group.objects]):
        _remove_marks(pointer)
    (text_page,) = calls.prepare([calls.load_text(page)])
    try:
        count = max(0, calls.count_chars(text_page))
        owners = list(map(calls.get_text_object, repeat(text_page), range(count)))
        codes = list(map(calls.get_unicode, repeat(text_page), range(count)))
        wrong = [k for k in range(count) if calls.has_map_error(text_page, k) == 1]
    finally:
        calls.close_text(text_page)
    for k in wrong:
        codes[k] = 0xFFFD
    texts: dict[calls.Handle, list[str]] = {}
    for owner, code in zip(owners, codes, strict=True):
        if owner and code:
            texts.setdefault(owner, []).append("-" if code == GLUE else chr(code))
    return ["".join("".join(texts.get(handles[k], [])) for k in group.objects) for group in marked]
