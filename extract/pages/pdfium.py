"""A PDF file in, one Ink per page out, read by pdfium (the first reader).

pdfium is not safe to use from several threads; every document is read in a process of its own (sandbox.py).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from extract.errors import Reason, Refused
from extract.pages import raw
from extract.pages.affine import display_matrix
from extract.pages.ink import Ink, Ints, are_blank
from extract.pages.layers import is_marked_hidden
from extract.pages.pdfium_glyphs import read_glyphs
from extract.pages.pdfium_objects import walk_objects
from extract.pages.pdfium_paths import read_paths
from extract.pages.pdfium_pictures import read_pictures

NAME = "pdfium"
MAX_GLYPHS = 120_000  # on one page; the fullest table of the fixtures has 5,000


def open_document(path: Path, password: str | None) -> pypdfium2.PdfDocument:
    """Open a PDF; raises Refused (password, not_pdf, truncated)."""
    try:
        return pypdfium2.PdfDocument(path, password=password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise Refused(Reason.PASSWORD, "the file needs a password that is not known") from error
        raise Refused(Reason.TRUNCATED, f"pdfium cannot open the file: {error}") from error


def read_pages(document: pypdfium2.PdfDocument, hidden_layers: frozenset[str]) -> Iterator[Ink]:
    """Every page of the document in order; raises Refused naming the page."""
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError as error:
            raise Refused(Reason.TRUNCATED, f"pdfium cannot load the page: {error}", number) from error
        try:
            yield read_page(page, number, hidden_layers)
        finally:
            page.close()


def read_page(page: pypdfium2.PdfPage, number: int, hidden_layers: frozenset[str]) -> Ink:
    """One page; raises Refused (too_large) for pages that no office prints."""
    box = page.get_bbox() if hasattr(page, "get_bbox") else page.get_cropbox()
    matrix, width, height = display_matrix(tuple(box), page.get_rotation() // 90)
    objects = walk_objects(raw.point_at(page), matrix)
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > MAX_GLYPHS:
            raise Refused(Reason.TOO_LARGE, f"{count} glyphs on one page", number)
        is_hidden = partial(is_marked_hidden, hidden_layers=hidden_layers) if hidden_layers else None
        bulk = _read_bulk(text_page, count)
        glyphs = read_glyphs(raw.point_at(text_page), bulk, count, objects, matrix, is_hidden)
    finally:
        text_page.close()
    rules, fills = read_paths(objects)
    return Ink(
        number,
        width,
        height,
        glyphs,
        rules,
        fills,
        read_pictures(page, objects, hidden_layers),
        int((~are_blank(bulk)).sum()),
    )


def _read_bulk(text_page: pypdfium2.PdfTextPage, count: int) -> Ints:
    """Characters of pdfium's text of the whole page: one call of its own that knows nothing of boxes."""
    buffer = (ctypes.c_ushort * (count * 2 + 2))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    units = np.frombuffer(bytes(buffer), np.uint16)[: max(0, written - 1)].astype(np.int64)
    return units[(units < 0xDC00) | (units > 0xDFFF)]  # of a pair that is one character the second half goes
