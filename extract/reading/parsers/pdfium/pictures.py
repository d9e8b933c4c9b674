"""Convert image objects of a pdfium page to Pictures: their places, and whether they hide what lies under them."""

from __future__ import annotations

import ctypes

import numpy as np
import pypdfium2.raw as pdfium

from extract.reading.ink.ink import BRIGHTNESS_WEIGHTS, OUTLINE_POINTS, Floats, Ints, Pictures, add_outlines
from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.layers import is_marked_hidden
from extract.reading.parsers.pdfium.page_objects import IMAGE, PATH, Objects, intersect
from extract.reading.tolerances import TOLERANCES


def read_pictures(
    document: calls.Pointer, page: calls.Pointer, objects: Objects, hidden_layers: frozenset[str]
) -> Pictures:
    """Return all visible images, in painting order of their layers."""
    boxes, orders, flags = [np.zeros((0, 4))], [np.zeros(0, np.int64)], [np.zeros((0, 3), np.bool_)]
    for layer in objects.layers:
        places = [i for i in layer.places_of(IMAGE) if not is_marked_hidden(layer.pointers[i], hidden_layers)]
        if not places:
            continue
        pointers = [layer.pointers[i] for i in places]
        cut = intersect(layer.bounds_of(pointers), layer.clips[places])
        shown = (cut[:, 0] < cut[:, 2]) & (cut[:, 1] < cut[:, 3])
        boxes.append(cut[shown])
        orders.append(layer.order[places][shown])
        looks = [
            _classify_pixels(document, page, image)
            for image, seen in zip(pointers, shown.tolist(), strict=True)
            if seen
        ]
        flags.append(np.array(looks, dtype=np.bool_).reshape(-1, 3))
    flag = np.concatenate(flags)
    none = np.zeros(len(flag), np.bool_)
    images = Pictures(np.concatenate(boxes), np.concatenate(orders), flag[:, 0], flag[:, 1], flag[:, 2], none)
    return add_outlines(images, *_find_outlines(objects))


def _find_outlines(objects: Objects) -> tuple[Floats, Ints]:
    """Return boxes and order of filled dark paths with as many points as letters have."""
    boxes, orders = [np.zeros((0, 4))], [np.zeros(0, np.int64)]
    for layer in objects.layers:
        paths = layer.places_of(PATH)
        sizes = map(calls.count_segments, [layer.pointers[i] for i in paths])
        many = [place for place, size in zip(paths, sizes, strict=True) if size >= OUTLINE_POINTS]
        if not many:
            continue
        pointers = [layer.pointers[i] for i in many]
        modes = calls.fill_columns(calls.get_draw_mode, 2, pointers, kind=np.int32)
        paint = calls.fill_columns(calls.get_fill, 4, pointers, kind=np.uint32) / 255.0
        dark = (
            (modes[:, 0] != 0)
            & (paint[:, 3] > TOLERANCES.outline_alpha)
            & (paint[:, :3] @ BRIGHTNESS_WEIGHTS < TOLERANCES.pale_brightness)
        )
        boxes.append(intersect(layer.bounds_of(pointers), layer.clips[many])[dark])
        orders.append(layer.order[many][dark])
    return np.concatenate(boxes), np.concatenate(orders)


def _classify_pixels(document: calls.Pointer, page: calls.Pointer, image: calls.Pointer) -> tuple[bool, bool, bool]:
    """Return three answers by the rendered pixels of an image: is it opaque, is it pale, is it white all over.

    pdfium renders at one pixel per point, so a scan of any resolution costs half a million pixels. An image that it
    cannot render counts as solid and dark: then its page is refused where text or blank cells lie under it.
    """
    bitmap = ctypes.cast(calls.get_bitmap(document, page, image), pdfium.FPDF_BITMAP)
    if not bitmap:
        return True, False, False
    try:
        pixels = _read_pixels(bitmap)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    blue, green, red, alpha = (pixels[:, :, k].astype(np.uint16) for k in range(4))  # whole numbers: ten times as fast
    darkness = (255 - ((29 * blue + 150 * green + 77 * red) >> 8)) * alpha  # of 255 * 255
    solid = calls.has_transparency(image) != 1 and bool(
        (alpha > round(TOLERANCES.solid_alpha * 255)).mean() > TOLERANCES.solid_pixel_share
    )
    pale = bool(
        (darkness > (1.0 - TOLERANCES.faint_pixel_brightness) * 255 * 255).mean() <= TOLERANCES.dark_pixel_share
    )
    return solid, pale, bool(darkness.max(initial=0) <= (1.0 - TOLERANCES.white_pixel_brightness) * 255 * 255)


def _read_pixels(bitmap: pdfium.FPDF_BITMAP) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a bitmap as (height, width, 4) blue, green, red, alpha."""
    width, height = pdfium.FPDFBitmap_GetWidth(bitmap), pdfium.FPDFBitmap_GetHeight(bitmap)
    stride, form = pdfium.FPDFBitmap_GetStride(bitmap), pdfium.FPDFBitmap_GetFormat(bitmap)
    depth = {pdfium.FPDFBitmap_Gray: 1, pdfium.FPDFBitmap_BGR: 3}.get(form, 4)
    buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    rows = np.frombuffer(buffer, np.uint8).reshape(height, stride)[:, : width * depth].reshape(height, width, depth)
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[:, :, :3] = rows[:, :, : min(3, depth)]
    if form == pdfium.FPDFBitmap_BGRA:
        pixels[:, :, 3] = rows[:, :, 3]
    return pixels
