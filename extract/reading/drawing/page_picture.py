"""Render a page of a PDF with boxes or a stage marked on it, to PNG.

Runs in the reading child only (child_answers.py), since a document may be drawn because no reader survived it.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from extract.entities import Quad
from extract.limits import Limits

UPRIGHT = {1: 2, 2: 3, 3: 4}  # quarter turns of the print -> PIL's transpositions ROTATE_90, _180, _270
AROUND_PT = 100.0, 50.0  # of the page beside, and above and below what is marked, where only that is wanted
COLOURS = 32  # of a picture without marks: an office page has few, and a report holds hundreds


def draw_request(request: dict[str, Any], path: Path, limits: Limits) -> tuple[dict[str, float], bytes]:
    """Return the page's size in points and in pixels, and its PNG."""
    import pypdfium2

    import extract.reading.parsers.pdfium.library  # noqa: F401 - starts pdfium anew, before any document is open

    with pypdfium2.PdfDocument(path.read_bytes(), password=request["password"]) as document:
        if not 1 <= request["page"] <= len(document):
            raise ValueError(f"the document has {len(document)} pages")
        document.init_forms()  # else filled-in fields stay empty
        page = document[request["page"] - 1]
        turn = _find_rotation(document, page, request["page"])
        width, height = page.get_size()
        if turn % 2:
            width, height = height, width
        scale = min(request["pixels"] / width, 4 * request["pixels"] / height)
        image = page.render(scale=scale).to_pil().convert("RGB")
    if turn:
        image = image.transpose(UPRIGHT[turn])
    sizes = {"width": width, "height": height, "pixels_wide": image.width, "pixels_high": image.height}
    image = _mark(image, request, path, limits, image.width / width, image.height / height)
    if request["close"] and request["found"]:
        image = _cut_out(image, request["found"], image.width / width, image.height / height)
    drawn = BytesIO()
    image.save(drawn, format="PNG", optimize=bool(request["stage"]))
    return sizes, drawn.getvalue()


def _mark(image: Any, request: dict[str, Any], path: Path, limits: Limits, across: float, down: float) -> Any:
    """Draw what was requested: the marks of a stage, the found cells, or the page alone."""
    from extract.reading.drawing.overlay import Stage, draw_found, draw_marks

    if request["stage"]:
        from extract.reading.drawing.stage_overlay import show_stage

        stage = Stage(request["stage"])
        shown = show_stage(stage, path, request["page"], request["reader"], request["password"], limits)
        return draw_marks(image, shown.marks, across, down, shown.said)
    if request["found"]:
        return draw_found(image, request["found"], across, down)
    return image.quantize(COLOURS, dither=0)


def _cut_out(image: Any, boxes: Sequence[Quad], across: float, down: float) -> Any:
    """Cut the part of a page around boxes out of its picture, in few colours."""
    beside, over = AROUND_PT
    left, top = min(box[0] for box in boxes) - beside, min(box[1] for box in boxes) - over
    right, bottom = max(box[2] for box in boxes) + beside, max(box[3] for box in boxes) + over
    start = max(0, round(left * across)), max(0, round(top * down))
    end = min(image.width, round(right * across)), min(image.height, round(bottom * down))
    return image.crop((*start, *end)).quantize(COLOURS, dither=0)


def _find_rotation(document: Any, page: Any, number: int) -> int:
    """Return the readers' rotation of the page (rotation.py); 0 for a page that they cannot read."""
    from extract.errors import Refused
    from extract.reading.ink.ink import settle_characters
    from extract.reading.ink.rotation import find_rotation
    from extract.reading.ink.visibility import mark_unseen
    from extract.reading.parsers.pdfium.calls import point_at
    from extract.reading.parsers.pdfium.document import read_page

    try:
        ink = read_page(point_at(document), point_at(page), number, frozenset())
        settle_characters(ink.glyphs)
        mark_unseen(ink)
        return find_rotation(ink)
    except (Refused, ValueError, IndexError):
        return 0
