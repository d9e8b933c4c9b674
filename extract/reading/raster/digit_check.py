"""A PDF and the digits of its tables in; refused where the picture of a page clearly shows other digits, or none.

Both readers believe the text layer; this one looks at the paper. A font may call its 9 a 6, and an amount may be
covered in a way that no reader knows. Doubt never refuses: print that is small, touched by other ink or unlike digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from extract.errors import Reason, Refused
from extract.reading.ink.ink import Ints
from extract.reading.parsers.pdfium.document import open_document
from extract.reading.raster.digit_places import Digits
from extract.reading.raster.digit_shapes import Pixels, Places, Shapes, cut_digits, find_flat, score_digits, score_said

EM = 28.0  # pixels of the usual size of a page's digits: between two of them one stays blank
MOST_SCALE = 5.0  # pixels a point
MOST_PIXELS = 6_000_000
MOST_SIDE = 100_000  # pixels of a whole page, of which only a part is painted
MARGIN = 1.5  # of the largest size: room around the digits
LIGHT = 0.6  # brightness: lighter letters stand on something darker
SURE = 0.75  # correlation with the digit that the paper shows
APART = 0.1  # and so much less with the one that the text layer says
PRINTS = 8  # of one font's digit on a page, about: as many are looked at
MOST = 0.5  # of the prints of one font's digit that were clean: more than that show the same other digit
MANY = 3  # or so many: a font may draw two digits that it calls the same


@dataclass(frozen=True, slots=True)
class Picture:
    """A part of a page as pdfium paints it; `left` and `top` are the pixels of the page that are cut off."""

    pixels: Pixels
    left: int
    top: int
    across: float  # pixels a point
    down: float


def check_picture(path: Path, password: str | None, pages: Sequence[Digits]) -> None:
    """Look at each page that has digits in its tables; raises Refused (garbled_text, conservation) naming the page."""
    if not pages:
        return
    with open_document(path, password) as document:
        for digits in pages:
            page = document[digits.page - 1]
            try:
                check_page(digits, draw_page(page, digits))
            finally:
                page.close()


def draw_page(page: pypdfium2.PdfPage, digits: Digits) -> Picture:
    """The part of a page that holds its digits, in grey, as large as it takes to tell them apart."""
    margin = MARGIN * float(digits.size.max())
    x0, y0 = max(0.0, float(digits.left.min()) - margin), max(0.0, float(digits.base.min()) - margin)
    x1 = min(digits.width, float(digits.right.max()) + margin)
    y1 = min(digits.height, float(digits.base.max()) + margin)
    room = max(1.0, (x1 - x0) * (y1 - y0))
    scale = min(MOST_SCALE, EM / float(np.median(digits.size)), math.sqrt(MOST_PIXELS / room))
    scale = min(scale, MOST_SIDE / max(digits.width, digits.height))
    whole_wide, whole_high = max(1, round(digits.width * scale)), max(1, round(digits.height * scale))
    across, down = whole_wide / digits.width, whole_high / digits.height
    left, top = math.floor(x0 * across), math.floor(y0 * down)
    wide, high = math.ceil(x1 * across) - left, math.ceil(y1 * down) - top
    pixels = np.full((high, wide), 255, np.uint8)
    bitmap = pdfium.FPDFBitmap_CreateEx(wide, high, pdfium.FPDFBitmap_Gray, pixels.ctypes.data, wide)
    if not bitmap:
        raise MemoryError("no bitmap")
    try:
        turned = -digits.turn % 4
        pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, -left, -top, whole_wide, whole_high, turned, 0)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Picture(pixels, left, top, across, down)


def check_page(digits: Digits, picture: Picture) -> None:
    """Raises Refused for the first figure of which the paper shows nothing, or another digit."""
    places = Places(
        digits.left * picture.across - picture.left,
        digits.right * picture.across - picture.left,
        digits.base * picture.down - picture.top,
        digits.size * picture.down,
        digits.light > LIGHT,
    )
    for k in find_flat(picture.pixels, places).tolist():
        detail = f"the text layer has {digits.quote(k)!r}, the paper shows nothing at its {digits.said[k]}"
        raise Refused(Reason.CONSERVATION, detail, digits.page)
    chosen = choose_prints(digits)
    clean, shape = cut_digits(picture.pixels, places.take(chosen))
    for k, shown in find_contradictions(digits, chosen[clean], shape):
        detail = f"the text layer says {digits.said[k]} in {digits.quote(k)!r}, the paper shows {shown}"
        raise Refused(Reason.GARBLED_TEXT, detail, digits.page)


def choose_prints(digits: Digits) -> Ints:
    """Some prints of each font's digit, from all over the page: a font draws its digit everywhere alike."""
    groups = digits.font * 10 + digits.said
    order = np.argsort(groups, kind="stable")
    firsts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    count = np.diff(firsts, append=len(order))
    rank = np.arange(len(order)) - np.repeat(firsts, count)
    step = np.repeat(-(-count // PRINTS), count)
    chosen: Ints = order[rank % step == 0]
    return chosen


def find_contradictions(digits: Digits, rows: Ints, shape: Shapes) -> list[tuple[int, int]]:
    """Digits that the paper clearly shows as another one, in several or most prints: place and digit."""
    said = digits.said[rows]
    doubted = score_said(shape, said)
    unlike = np.flatnonzero(doubted <= 1.0 - APART)  # no correlation is above 1
    scores = score_digits(shape[unlike])
    best = np.full(len(rows), -1)
    best[unlike] = scores.argmax(axis=1)
    most = scores.max(axis=1)
    best[unlike[(most < SURE) | (most < doubted[unlike] + APART)]] = -1
    groups = digits.font[rows] * 10 + said
    found = []
    for group in np.unique(groups[best >= 0]).tolist():
        mine = np.flatnonzero(groups == group)
        shown = np.bincount(best[mine] + 1, minlength=11)[1:]
        digit = int(shown.argmax())
        if shown[digit] >= MANY or shown[digit] > MOST * len(mine):
            found.append((int(rows[mine][best[mine] == digit][0]), digit))
    return found
