"""A PDF file in, one Ink per page out, read by pdf_oxide's parser (the second reader).

It shares no code with pdfium or pdfminer: other file parser, other fonts, other interpreter, and it is fast. It says
less: no clips, no transparency, no render modes, no order between texts, paths and pictures, and no widths or drawings
of its own beyond the advance of a glyph. What a page shows by these alone reads differently here, which asks the third
reader; it is never passed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pdf_oxide

from extract.errors import Reason, Refused
from extract.reading.ink.affine import Matrix, display_matrix, map_boxes
from extract.reading.ink.ink import MAX_GLYPHS, Floats, Ink, Pictures, add_outlines
from extract.reading.parsers.outline.page_count import Notes
from extract.reading.parsers.oxide.glyphs import read_glyphs
from extract.reading.parsers.oxide.paths import read_paths

NAME = "oxide"
PASSWORD_WORDS = ("password", "encrypt")

pdf_oxide.disable_logging()  # what it mends of a file would go to standard error


def open_document(data: bytes, password: str | None) -> Any:
    """Open a PDF from memory; raises Refused (password, truncated)."""
    try:
        return pdf_oxide.PdfDocument.from_bytes(data, password)
    except MemoryError:
        raise
    except Exception as error:  # it raises RuntimeError, ValueError and OSError with texts of its own
        if any(word in str(error).lower() for word in PASSWORD_WORDS):
            raise Refused(Reason.PASSWORD, "the file needs a password that is not known") from error
        raise Refused(Reason.TRUNCATED, f"pdf_oxide cannot open the file: {error}") from error


def read_page(document: Any, number: int, notes: Notes, hidden_layers: frozenset[str]) -> Ink:
    """Read one page by its number, from 1; raises Refused (truncated, too_large) naming it.

    `notes` say how the page is displayed: pdf_oxide's own boxes know nothing of what a page inherits.
    """
    try:
        return _read_page(document, number, notes, hidden_layers)
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise Refused(Reason.TRUNCATED, f"pdf_oxide cannot read the page: {error}", number) from error


def _read_page(document: Any, number: int, notes: Notes, hidden_layers: frozenset[str]) -> Ink:
    index = number - 1
    matrix, width, height = display_matrix(notes.box, notes.quarter_turns)
    letters = document.extract_chars(index, exclude_layers=sorted(hidden_layers) or None)
    if len(letters) > MAX_GLYPHS:
        raise Refused(Reason.TOO_LARGE, f"{len(letters)} glyphs on one page", number)
    glyphs = read_glyphs(letters, matrix, lambda: document.extract_spans(index))
    painted = read_paths([p for p in document.extract_paths(index) if p["layer"] not in hidden_layers], matrix)
    pictures = add_outlines(_read_pictures(document.page_images(index), matrix), *painted.outlines)
    return Ink(number, width, height, glyphs, painted.rules, painted.fills, pictures, -1)


def _read_pictures(images: list[dict[str, Any]], matrix: Matrix) -> Pictures:
    """Where images are; nothing is known of their order, masks and pixels, so none hides what lies under it."""
    rows = [(i["x"], i["y"], i["x"] + i["width"], i["y"] + i["height"]) for i in images]
    box: Floats = map_boxes(np.array(rows, dtype=np.float64).reshape(-1, 4), matrix)
    none = np.zeros(len(box), np.bool_)
    return Pictures(box, np.full(len(box), -1), none, none, none, none)
