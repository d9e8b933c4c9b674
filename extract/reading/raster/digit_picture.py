"""Render the places of a page's digits and signs, each as large as needed to distinguish it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from extract.reading.ink.ink import Bools, Floats, Ints
from extract.reading.raster.digit_places import Digits
from extract.reading.raster.digit_shapes import Pixels, open_windows
from extract.reading.tolerances import TOLERANCES

MOST_SCALE = 5.0  # pixels a point
MOST_PIXELS = 6_000_000
MOST_SIDE_PIXELS = 100_000  # of a whole page, of which only a part is painted
MARGIN_SIZES = 1.5  # of the largest size: room around the digits
PAD = 2  # pixels: at the edge of what is rendered a rule may look thinner than it is
JOINED_EM = 2.0  # digits of one line that stand no further apart are rendered together


@dataclass(frozen=True, slots=True)
class Picture:
    """A rendered part of a page; `left` and `top` are the pixels of the page that are cut off."""

    pixels: Pixels
    left: int
    top: int
    across: float  # pixels a point
    down: float


def draw_page(page: pypdfium2.PdfPage, digits: Digits) -> Picture:
    """Render a page around its digits, in grey, as large as needed to distinguish them; the rest stays white.

    Almost all of the time goes into the letters that are painted, so those elsewhere are left out.
    """
    margin = MARGIN_SIZES * float(digits.size.max())
    x0, y0 = max(0.0, float(digits.left.min()) - margin), max(0.0, float(digits.base.min()) - margin)
    x1 = min(digits.width, float(digits.right.max()) + margin)
    y1 = min(digits.height, float(digits.base.max()) + margin)
    room = max(1.0, (x1 - x0) * (y1 - y0))
    scale = min(MOST_SCALE, TOLERANCES.em_px / float(np.median(digits.size)), math.sqrt(MOST_PIXELS / room))
    scale = min(scale, MOST_SIDE_PIXELS / max(digits.width, digits.height))
    whole = max(1, round(digits.width * scale)), max(1, round(digits.height * scale))
    across, down = whole[0] / digits.width, whole[1] / digits.height
    left, top = math.floor(x0 * across), math.floor(y0 * down)
    wide, high = math.ceil(x1 * across) - left, math.ceil(y1 * down) - top
    picture = Picture(np.full((high, wide), 255, np.uint8), left, top, across, down)
    for part in _join_windows(digits, picture):
        _paint(page, digits, picture, part, whole)
    return picture


def _join_windows(digits: Digits, picture: Picture) -> list[list[int]]:
    """Return (top, bottom, left, right) in pixels around the digits of each word of digits."""
    if digits.drawn is None:
        return []
    _, window, inside = find_windows(digits.drawn, picture)
    gap = JOINED_EM * float(np.median(digits.size)) * picture.across
    base = digits.base[inside]
    order = np.lexsort((window[inside, 2], base))
    window, base = window[inside][order], base[order]
    if not len(window):
        return []
    begins = np.ones(len(window), np.bool_)
    begins[1:] = (base[1:] != base[:-1]) | (window[1:, 2] > window[:-1, 3] + gap)
    firsts = np.flatnonzero(begins)
    least, most = np.minimum.reduceat(window, firsts), np.maximum.reduceat(window, firsts)
    high, wide = picture.pixels.shape
    ends = [least[:, 0] - PAD, most[:, 1] + PAD, least[:, 2] - PAD, most[:, 3] + PAD]
    joined: list[list[int]] = np.clip(np.stack(ends, axis=1), 0, [high, high, wide, wide]).tolist()
    return joined


def _paint(
    page: pypdfium2.PdfPage, digits: Digits, picture: Picture, part: Sequence[int], whole: tuple[int, int]
) -> None:
    """Render a part of the page into its place in the picture; `whole` is the page's width and height in pixels."""
    top, bottom, left, right = part
    pixels = picture.pixels[top:bottom, left:right]
    pixels[:] = 255  # parts may overlap
    size, stride = (right - left, bottom - top), picture.pixels.strides[0]
    bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_Gray, pixels.ctypes.data, stride)
    if not bitmap:
        raise MemoryError("no bitmap")
    try:
        origin = -picture.left - left, -picture.top - top
        pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, *origin, *whole, -digits.turn % 4, 0)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


def find_windows(drawn: Floats, picture: Picture) -> tuple[Floats, Ints, Bools]:
    """Return the boxes of glyphs in pixels of the picture, the windows around them, and which of these are inside."""
    pixel: Floats = drawn * [picture.across, picture.down, picture.across, picture.down]
    pixel -= [picture.left, picture.top, picture.left, picture.top]
    window, inside = open_windows(np.nan_to_num(pixel, nan=-1e6), picture.pixels)
    inside &= (pixel[:, 2] - pixel[:, 0] > 0) & (pixel[:, 3] - pixel[:, 1] > 0)
    return pixel, window, inside
