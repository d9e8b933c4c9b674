"""Read the pages of a PDF to Ink with pdf_oxide's parser (the second reader).

It shares no code with pdfium: other file parser, other fonts, other interpreter, and it is fast. It gives the glyphs
and paths of a page; clips and painting order are read from the operators (painting.py). Neither gives what a font
draws, how a vertical font is set and, often, an ActualText. Where such things decide, a page reads differently here,
and the third reader is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pdf_oxide
from pdfminer.pdftypes import resolve1

from extract.errors import Reason, Refused
from extract.reading.ink.affine import Matrix, display_matrix, map_boxes
from extract.reading.ink.ink import MAX_GLYPHS, Floats, Glyphs, Ink, Pictures, add_outlines
from extract.reading.parsers.outline.images import is_white
from extract.reading.parsers.outline.page_count import Notes
from extract.reading.parsers.oxide.glyphs import read_glyphs
from extract.reading.parsers.oxide.painting import Painting, read_painting
from extract.reading.parsers.oxide.paths import read_paths

NAME = "oxide"
PASSWORD_WORDS = ("password", "encrypt")
ENCRYPT = b"/Encrypt"  # the key of the trailer, where the trailer is not packed into a stream

pdf_oxide.disable_logging()  # what it mends of a file would go to standard error


def open_document(data: bytes, password: str | None) -> Any:
    """Open a PDF from memory; raises Refused (password, truncated)."""
    try:
        document = pdf_oxide.PdfDocument.from_bytes(data, password)
        locked = password is None and ENCRYPT in data and not document.authenticate("")
    except MemoryError:
        raise
    except Exception as error:  # it raises RuntimeError, ValueError and OSError with texts of its own
        if any(word in str(error).lower() for word in PASSWORD_WORDS):
            raise Refused(Reason.PASSWORD, "the file needs a password that is not known") from error
        raise Refused(Reason.TRUNCATED, f"pdf_oxide cannot open the file: {error}") from error
    if locked:  # it opens such a file, and finds no page in it
        raise Refused(Reason.PASSWORD, "the file needs a password that is not known")
    return document


@dataclass(frozen=True, slots=True)
class Extract:
    """What pdf_oxide gives of one page, its objects as they are."""

    number: int  # of the page, from 1
    letters: list[Any]
    paths: list[dict[str, Any]]
    list_spans: Callable[[], list[Any]]  # the texts of the page, which are seldom needed


def extract_page(document: Any, number: int, hidden_layers: frozenset[str]) -> Extract:
    """Extract the letters and paths of one page by its number, from 1; raises Refused (truncated, too_large)."""
    with _naming(number):
        index = number - 1
        letters = document.extract_chars(index, exclude_layers=sorted(hidden_layers) or None)
        if len(letters) > MAX_GLYPHS:
            raise Refused(Reason.TOO_LARGE, f"{len(letters)} glyphs on one page", number)
        return Extract(number, letters, document.extract_paths(index), lambda: document.extract_spans(index))


def read_page(extract: Extract, notes: Notes, hidden_layers: frozenset[str]) -> Ink:
    """Read one page with its clips and painting order; raises Refused naming it.

    `notes` give the display box and rotation: pdf_oxide's own boxes ignore what a page inherits.
    """
    with _naming(extract.number):
        return _read_with(extract, _read_operators(notes, len(extract.paths)), notes, hidden_layers)


def read_plainly(extract: Extract, notes: Notes, hidden_layers: frozenset[str]) -> Ink:
    """Read one page without its clips, images and painting order: as if everything on it were seen whole."""
    with _naming(extract.number):
        return _read_with(extract, Painting(), notes, hidden_layers)


def may_show_images(notes: Notes) -> bool:
    """Return True if the resources of a page name an image or a form, in which there may be one."""
    resources = resolve1(notes.source.attrs.get("Resources"))
    return not isinstance(resources, dict) or bool(resolve1(resources.get("XObject")))


@contextmanager
def _naming(number: int) -> Iterator[None]:
    """Raise whatever goes wrong in the block as Refused (truncated) of a page."""
    try:
        yield
    except (Refused, MemoryError):
        raise
    except Exception as error:
        raise Refused(Reason.TRUNCATED, f"pdf_oxide cannot read the page: {error}", number) from error


def _read_with(extract: Extract, painting: Painting, notes: Notes, hidden_layers: frozenset[str]) -> Ink:
    matrix, width, height = display_matrix(notes.box, notes.quarter_turns)
    glyphs = read_glyphs(extract.letters, matrix, painting, extract.list_spans)
    painted = read_paths(extract.paths, painting, matrix, hidden_layers)
    pictures = add_outlines(_read_pictures(painting, glyphs, matrix), *painted.outlines)
    return Ink(extract.number, width, height, glyphs, painted.rules, painted.fills, pictures, -1)


def _read_operators(notes: Notes, paths: int) -> Painting:
    """Read clips and order from the operators; nothing where their paths differ from pdf_oxide's."""
    try:
        painting = read_painting(notes.source.contents, notes.source.attrs.get("Resources"))
    except MemoryError:
        raise
    except Exception:  # damaged streams: pdfminer lets any exception through
        return Painting()
    return painting if len(painting.paths) == paths else Painting()


def _read_pictures(painting: Painting, glyphs: Glyphs, matrix: Matrix) -> Pictures:
    """Return the placed images; none is known to be pale, and only those over text are known to be white."""
    images = painting.images
    box: Floats = map_boxes(np.array([image.box for image in images], dtype=np.float64).reshape(-1, 4), matrix)
    x, y = (glyphs.box[:, 0] + glyphs.box[:, 2]) / 2, (glyphs.box[:, 1] + glyphs.box[:, 3]) / 2
    covers = [((x0 < x) & (x < x1) & (y0 < y) & (y < y1)).any() for x0, y0, x1, y1 in box.tolist()]
    solid = np.array([image.solid for image in images], np.bool_)
    white = [bool(over) and image.solid and is_white(image.stream) for over, image in zip(covers, images, strict=True)]
    order, none = np.array([image.order for image in images], np.int64), np.zeros(len(images), np.bool_)
    return Pictures(box, order, solid, none, np.array(white, np.bool_), none)
