"""Compare a parser's page count with pdfminer's, and return pdfminer's outline of the document.

A public PDF of 429 pages reads as 1 in one parser: no parser alone proves that no page is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import numpy as np
import pypdfium2
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1

from extract.entities import Quad
from extract.errors import Reason, Refused
from extract.reading.ink.affine import display_matrix, map_boxes
from extract.reading.ink.ink import Bools, Floats
from extract.reading.parsers.outline.annotations import count_typed, list_stamps
from extract.reading.parsers.outline.document import OutlineDocument, OutlinePage
from extract.reading.parsers.pdfium.layers import hidden_names


@dataclass(frozen=True, slots=True)
class Notes:
    """What the annotations of one page print, and how the page is displayed."""

    typed: int  # form fields and free notes
    stamps: Floats  # (n, 4) displayed boxes
    solid: Bools  # of each stamp: nothing shows through
    box: Quad  # left, bottom, right, top of what is displayed, in the page's own points
    quarter_turns: int  # clockwise, by which it is displayed
    source: OutlinePage  # whose content streams are read where their operators are asked for


@dataclass(frozen=True, slots=True)
class Outline:
    """pdfminer's view of a whole document; `pages` is None where it cannot open the file."""

    pages: int | None
    hidden_layers: frozenset[str]
    notes: tuple[Notes, ...] = ()  # of each page


def check_page_count(by_pdfium: int | None, data: bytes, password: str | None, most: int) -> Outline:
    """Compare with pdfminer's count; raises Refused (page_missing, too_large)."""
    if by_pdfium is not None and by_pdfium > most:
        raise Refused(Reason.TOO_LARGE, f"{by_pdfium} pages, more than {most}")
    outline = outline_by_pdfminer(data, password, most)
    if by_pdfium != outline.pages:
        detail = f"{_say(by_pdfium)} pages by pdfium, {_say(outline.pages)} by pdfminer"
        raise Refused(Reason.PAGE_MISSING, detail)
    if not outline.pages:
        raise Refused(Reason.PAGE_MISSING, "the document has no page")
    return outline


def _say(count: int | None) -> str:
    return "unknown" if count is None else str(count)


def count_by_pdfium(path: Path, password: str | None) -> int | None:
    """Count pages with pdfium, None where it cannot open the file."""
    try:
        with pypdfium2.PdfDocument(path.read_bytes(), password=password) as document:
            return len(document)
    except pypdfium2.PdfiumError:
        return None


def _read_notes(page: OutlinePage) -> Notes:
    """Read the annotations of one page, in displayed coordinates."""
    stamps = list_stamps(page.annots)
    boxes = np.array([s.box for s in stamps], dtype=np.float64).reshape(-1, 4)
    box, quarter_turns = page.measure()
    if stamps:
        matrix, _, _ = display_matrix(box, quarter_turns)
        boxes = map_boxes(boxes, matrix)
    solid = np.array([s.solid for s in stamps], np.bool_)
    return Notes(count_typed(page.annots), boxes, solid, box, quarter_turns, page)


def outline_by_pdfminer(data: bytes, password: str | None, most: int) -> Outline:
    """Read pages and hidden layers with pdfminer; stops counting beyond `most` pages."""
    try:
        document = OutlineDocument(PDFParser(BytesIO(data)), password or "")
        hidden = hidden_names(resolve1(document.catalog.get("OCProperties")), resolve1)
        pages = islice(OutlinePage.create_pages(document), most + 1)
        notes = tuple(map(_read_notes, pages))
        return Outline(len(notes), hidden, notes)
    except MemoryError:
        raise
    except Exception:  # pdfminer lets any exception through on damaged files
        return Outline(None, frozenset())
