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
AROUND_PT = 80.0  # of the page above and below what is marked, where only that is wanted
BREAK, DARK = 12, (110, 110, 110)  # pixels between two pages, and their colour
COLOURS = 32  # of a picture without marks: an office page has few, and a report holds hundreds


def draw_request(request: dict[str, Any], path: Path, limits: Limits) -> tuple[dict[str, float], bytes]:
    """Return the page's size in points and in pixels, and its PNG, below those of the pages `above` it."""
    import pypdfium2

    import extract.reading.parsers.pdfium.library  # noqa: F401 - starts pdfium anew, before any document is open

    with pypdfium2.PdfDocument(path.read_bytes(), password=request["password"]) as document:
        document.init_forms()  # else filled-in fields stay empty
        above = [_draw_page(document, {**request, **place}, path, limits)[1] for place in request["above"]]
        sizes, image = _draw_page(document, request, path, limits)
    drawn = BytesIO()
    _stack([*above, image]).save(drawn, format="PNG", optimize=bool(request["stage"]))
    return sizes, drawn.getvalue()


def _draw_page(document: Any, request: dict[str, Any], path: Path, limits: Limits) -> tuple[dict[str, float], Any]:
    """Return the size of one page in points and in pixels, and its image with marks, cut out where wanted."""
    if not 1 <= request["page"] <= len(document):
        raise ValueError(f"the document has {len(document)} pages")
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
        image = _cut_out(image, request["found"], image.height / height)
    return sizes, image


def _stack(images: Sequence[Any]) -> Any:
    """Stack the images of pages, with a dark bar for each page break."""
    from PIL import Image

    if len(images) == 1:
        return images[0]
    wide, high = max(image.width for image in images), sum(image.height for image in images)
    whole = Image.new("RGB", (wide, high + BREAK * (len(images) - 1)), DARK)
    top = 0
    for image in images:
        whole.paste((255, 255, 255), (0, top, wide, top + image.height))
        whole.paste(image, (0, top))
        top += image.height + BREAK
    return whole.quantize(COLOURS, dither=Image.Dither.NONE)


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


def _cut_out(image: Any, boxes: Sequence[Quad], down: float) -> Any:
    """Cut the strip around boxes out of the picture of a page, in few colours."""
    top = round((min(box[1] for box in boxes) - AROUND_PT) * down)
    bottom = round((max(box[3] for box in boxes) + AROUND_PT) * down)
    return image.crop((0, max(0, top), image.width, min(image.height, bottom))).quantize(COLOURS, dither=0)


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
