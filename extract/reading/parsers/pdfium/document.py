"""Read the pages of a PDF to Ink with pdfium (the first reader).

pdfium is not safe to use from several threads; every document is read in a process of its own (sandbox.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from extract.errors import Reason, Refused
from extract.reading.ink.affine import display_matrix
from extract.reading.ink.ink import MAX_GLYPHS, Ink, Ints, are_blank
from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.glyphs import read_glyphs
from extract.reading.parsers.pdfium.layers import is_marked_hidden
from extract.reading.parsers.pdfium.marked_content import settle_actual_texts
from extract.reading.parsers.pdfium.page_objects import walk_objects
from extract.reading.parsers.pdfium.paths import read_paths
from extract.reading.parsers.pdfium.pictures import read_pictures

NAME = "pdfium"


def open_document(data: bytes, password: str | None) -> pypdfium2.PdfDocument:
    """Open a PDF; raises Refused (password, not_pdf, truncated). From memory: pdfium reads files in small pieces."""
    try:
        return pypdfium2.PdfDocument(data, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise Refused(Reason.PASSWORD, "the file needs a password that is not known") from error
        raise Refused(Reason.TRUNCATED, f"pdfium cannot open the file: {error}") from error


def read_pages(document: pypdfium2.PdfDocument, hidden_layers: frozenset[str]) -> Iterator[Ink]:
    """Yield every page of the document in order; raises Refused naming the page."""
    for number in range(1, len(document) + 1):
        yield load_page(document, number, hidden_layers)


def load_page(document: pypdfium2.PdfDocument, number: int, hidden_layers: frozenset[str]) -> Ink:
    """Load and read one page by its number, from 1; raises Refused naming it."""
    handle = calls.point_at(document)
    page = calls.load_page(handle, number - 1)
    if not page:
        raise Refused(Reason.TRUNCATED, "pdfium cannot load the page: Failed to load page.", number)
    (pointer,) = calls.prepare([page])
    try:
        return read_page(handle, pointer, number, hidden_layers)
    finally:
        calls.close_page(pointer)


def read_page(document: calls.Pointer, page: calls.Pointer, number: int, hidden_layers: frozenset[str]) -> Ink:
    """Read one page; raises Refused (too_large) for pages larger than any office prints."""
    left, top, right, bottom = calls.fill_structs(calls.get_page_box, 4, [page])[0].tolist()
    matrix, width, height = display_matrix((left, bottom, right, top), calls.get_rotation(page))
    objects = walk_objects(page, matrix)
    conflicts = settle_actual_texts(document, page, number, objects, matrix)
    text_handle = calls.load_text(page)
    if not text_handle:
        raise Refused(Reason.TRUNCATED, "pdfium cannot load the text of the page", number)
    (text_page,) = calls.prepare([text_handle])
    try:
        count = max(0, calls.count_chars(text_page))
        if count > MAX_GLYPHS:
            raise Refused(Reason.TOO_LARGE, f"{count} glyphs on one page", number)
        is_hidden = partial(is_marked_hidden, hidden_layers=hidden_layers) if hidden_layers else None
        bulk = _read_bulk(text_page, count)
        glyphs = read_glyphs(text_page, bulk, count, objects, matrix, is_hidden)
    finally:
        calls.close_text(text_page)
    rules, fills = read_paths(objects)
    pictures = read_pictures(document, page, objects, hidden_layers)
    count = int((~are_blank(bulk)).sum())
    return Ink(number, width, height, glyphs, rules, fills, pictures, count, conflicts)


def _read_bulk(text_page: calls.Pointer, count: int) -> Ints:
    """Return the characters of the whole page by one call of pdfium's own that ignores boxes."""
    buffer = np.zeros(count * 2 + 2, np.uint16)
    (place,) = calls.prepare([buffer.ctypes.data])
    written = calls.get_text(text_page, 0, count, place)
    units = buffer[: max(0, written - 1)].astype(np.int64)
    return units[(units < 0xDC00) | (units > 0xDFFF)]  # of a pair that is one character the second half goes
