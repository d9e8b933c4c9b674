"""Read the pages of a PDF to Ink with pdfplumber's parser (the third reader).

It shares no code with pdfium and pdf_oxide: other file parser, other fonts, other interpreter. Slow and thorough.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from extract.errors import Reason, Refused
from extract.reading.ink.affine import display_matrix, visible_box
from extract.reading.ink.ink import (
    BLANK,
    BLANKS,
    KEPT,
    MAX_GLYPHS,
    NO_CLIP,
    Floats,
    Glyphs,
    Ink,
    Pictures,
    TextRuns,
    add_outlines,
)
from extract.reading.ink.rotation import turns_of
from extract.reading.ink.vector_paths import settle_paths
from extract.reading.parsers.plumber.device import Collected, InkDevice
from extract.reading.parsers.plumber.interpreter import InkInterpreter
from extract.reading.tolerances import TOLERANCES

NAME = "pdfplumber"


def open_document(data: bytes, password: str | None) -> pdfplumber.PDF:
    """Open a PDF; raises Refused (password, truncated)."""
    try:
        return pdfplumber.open(BytesIO(data), password=password)
    except PdfminerException as error:
        cause = error.args[0] if error.args else error  # its own text is empty
        if isinstance(cause, PDFPasswordIncorrect):
            raise Refused(Reason.PASSWORD, "the file needs a password that is not known") from error
        raise Refused(Reason.TRUNCATED, f"pdfplumber cannot open the file: {type(cause).__name__}: {cause}") from error
    except Exception as error:  # pdfminer lets IndexError, TypeError and others through on damaged files
        raise Refused(Reason.TRUNCATED, f"pdfplumber cannot open the file: {type(error).__name__}: {error}") from error


def load_page(document: pdfplumber.PDF, number: int, hidden: frozenset[str]) -> Ink:
    """Read one page by its number, from 1; raises Refused naming it."""
    try:
        page = document.pages[number - 1]
        try:
            return read_page(page, number, hidden)
        finally:
            page.close()
    except Refused as refusal:
        raise Refused(refusal.reason, refusal.detail, number) from refusal
    except MemoryError:
        raise
    except Exception as error:
        detail = f"pdfplumber cannot read the page: {type(error).__name__}: {error}"
        raise Refused(Reason.TRUNCATED, detail, number) from error


def read_page(page: Any, number: int, hidden_layers: frozenset[str]) -> Ink:
    """Read one page through the interpreter."""
    device = InkDevice(page.pdf.rsrcmgr)
    interpreter = InkInterpreter(page.pdf.rsrcmgr, device, hidden_layers)
    box = visible_box(page.page_obj.mediabox, page.page_obj.cropbox)
    matrix, width, height = display_matrix(box, int(page.page_obj.rotate or 0) // 90)
    interpreter.render_contents(page.page_obj.resources, page.page_obj.contents, ctm=matrix)
    drawn = device.page
    if len(drawn.text) > MAX_GLYPHS:
        raise Refused(Reason.TOO_LARGE, f"{len(drawn.text)} glyphs on one page", number)
    rules, fills = settle_paths(_rows(drawn.rules, 6), _rows(drawn.areas, 6))
    return Ink(number, width, height, _glyphs(drawn), rules, fills, _pictures(drawn), -1, drawn.conflicts)


def _pictures(drawn: Collected) -> Pictures:
    """Return the images; none is known to be pale, and only those over text are known to be white."""
    rows = _rows(drawn.pictures, 7)
    none = np.zeros(len(rows), np.bool_)
    images = Pictures(rows[:, :4], rows[:, 4].astype(np.int64), rows[:, 5] > 0, none, rows[:, 6] > 0, none)
    outlines = _rows(drawn.outlines, 5)
    return add_outlines(images, outlines[:, :4], outlines[:, 4].astype(np.int64))


def _rows(values: list[Any], columns: int) -> Floats:
    return np.array(values, dtype=np.float64).reshape(-1, columns)


def _glyphs(drawn: Collected) -> Glyphs:
    """Convert lists to arrays."""
    drop = np.array([BLANK if _is_blank(t) else KEPT for t in drawn.text], dtype=np.int64)
    code = np.array([ord(t[0]) for t in drawn.text], dtype=np.int64)
    return Glyphs(drawn.text, code, _rows(drawn.box, 4), np.array(drawn.run, dtype=np.int64), drop, _runs(drawn))


def _is_blank(text: str) -> bool:
    return all(letter in BLANKS for letter in text)


def _runs(drawn: Collected) -> TextRuns:
    """Return the attributes of runs; the baseline is that of the first glyph of the run."""
    n = len(drawn.runs)
    m = np.array([r[0] for r in drawn.runs], dtype=np.float64).reshape(n, 6)
    size = np.abs(np.array([r[1] for r in drawn.runs], dtype=np.float64)) * np.hypot(m[:, 2], m[:, 3])
    turn = turns_of(m[:, :2])
    boxes = _rows(drawn.box, 4)
    base = np.zeros(n)
    runs, firsts = np.unique(np.array(drawn.run, dtype=np.int64), return_index=True)
    for run, first in zip(runs.tolist(), firsts.tolist(), strict=True):
        x0, y0, x1, y1 = boxes[first]
        below = TOLERANCES.em_below_em * size[run]
        edges = {0: y1 - below, 1: x0 + below, 2: y0 + below, 3: x1 - below}
        base[run] = edges.get(int(turn[run]), y1)
    flags = [np.array([bool(r[k]) for r in drawn.runs], dtype=np.bool_) for k in (3, 4, 5)]
    clip = np.array([r[6] for r in drawn.runs] or [NO_CLIP], dtype=np.float64).reshape(-1, 4)[:n]
    light = np.array([r[2] for r in drawn.runs], dtype=np.float64)
    order = np.array([r[7] for r in drawn.runs], dtype=np.int64)
    font = np.array([r[8] for r in drawn.runs], dtype=np.int64)
    return TextRuns(size, base, turn, light, flags[0], flags[1], flags[2], clip, order, font)
