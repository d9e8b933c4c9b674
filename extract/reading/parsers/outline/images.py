"""Detect images of pdfminer that paint nothing but white."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from pdfminer.pdftypes import PDFException, resolve1
from PIL import Image

from extract.reading.tolerances import TOLERANCES

MOST_PIXELS = 16_000_000  # larger ones are not looked at, and then not white
JPEG = ("DCTDecode", "DCT")
LEAST = int(TOLERANCES.white_pixel_brightness * 255)
COMPONENTS = {"DeviceGray": 1, "G": 1, "CalGray": 1, "DeviceRGB": 3, "RGB": 3, "CalRGB": 3}


def is_white(stream: Any) -> bool:
    """Return True if all pixels of an image are white; False where that is not certain."""
    width, height = (int(resolve1(stream.get_any((key, key[0]), 0)) or 0) for key in ("Width", "Height"))
    if not 0 < width * height <= MOST_PIXELS or stream.get_any(("Decode", "D")) is not None:
        return False
    filters = [str(getattr(name, "name", name)) for name, _ in stream.get_filters()]
    if filters and filters[-1] in JPEG:
        return _is_white_jpeg(_read_raw(stream, filters), width, height)
    if int(resolve1(stream.get_any(("BitsPerComponent", "BPC"), 0)) or 0) != 8:
        return False
    size = width * height * _count_components(stream.get_any(("ColorSpace", "CS")))
    try:
        pixels = np.frombuffer(stream.get_data()[:size], np.uint8)
    except PDFException:  # a filter that pdfminer does not have
        return False
    return bool(0 < size == len(pixels) and pixels.min() >= LEAST)


def _read_raw(stream: Any, filters: list[str]) -> bytes:
    """Return the bytes of an image; of a single JPEG as they are, since pdfminer would undo a predictor beside it."""
    if len(filters) > 1:  # packed again, as reportlab does in ASCII85
        try:
            return bytes(stream.get_data())
        except PDFException:
            return b""
    data = stream.get_rawdata() or b""
    return bytes(stream.decipher(stream.objid, stream.genno, data, stream.attrs) if stream.decipher else data)


def _is_white_jpeg(data: bytes, width: int, height: int) -> bool:
    try:
        with Image.open(BytesIO(data), formats=["JPEG"]) as image:
            if image.size != (width, height) or image.mode not in ("L", "RGB"):
                return False
            low = image.convert("L").getextrema()[0]
    except (OSError, SyntaxError, ValueError):
        return False
    return isinstance(low, int | float) and low >= LEAST


def _count_components(space: Any) -> int:
    """Return the bytes of a pixel in a colour space whose largest values are white; 0 for others."""
    space = resolve1(space)
    if isinstance(space, list) and space and str(getattr(space[0], "name", "")) == "ICCBased":
        count = int(resolve1(resolve1(space[1]).get("N", 0)))
        return count if count in (1, 3) else 0
    name = space[0] if isinstance(space, list) and space else space
    return COMPONENTS.get(str(getattr(name, "name", name)), 0)
