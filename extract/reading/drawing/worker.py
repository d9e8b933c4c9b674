"""A page of a PDF with boxes or a stage in, a PNG of the page as it is read with marks out: a process of its own.

`python -m extract.reading.drawing.worker` is started by extract/report/page_images.py with one JSON request
on stdin. It limits itself before pdfium meets the file: a document may be drawn just because no reader survived it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from extract.reading.process_limits import apply_limits
from extract.settings import Limits

MOST_BYTES = 64 << 20  # of one picture
UPRIGHT = {1: 2, 2: 3, 3: 4}  # quarter turns of the print -> PIL's transpositions ROTATE_90, _180, _270
COLOURS = 32  # of a picture without marks: an office page has few, and a report holds hundreds


def main() -> int:
    """Answer one request; exit status 1 with a line on stderr where the page cannot be drawn."""
    request = json.load(sys.stdin)
    apply_limits(Limits(**request["limits"]), written=MOST_BYTES)
    try:
        print(json.dumps(draw_request(request)))
    except Exception as error:  # whatever a hostile file brings up, the parent needs one line
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def draw_request(request: dict[str, Any]) -> dict[str, float]:
    """Draw and write the picture; the page's size in points as the readers measure it, and in pixels."""
    import pypdfium2

    import extract.reading.parsers.pdfium.library  # noqa: F401 - starts pdfium anew, before any document is open

    with pypdfium2.PdfDocument(request["path"], password=request["password"]) as document:
        if not 1 <= request["page"] <= len(document):
            raise ValueError(f"the document has {len(document)} pages")
        document.init_forms()  # else filled-in fields stay empty
        page = document[request["page"] - 1]
        turn = _find_turn(document, page, request["page"])
        width, height = page.get_size()
        if turn % 2:
            width, height = height, width
        scale = min(request["pixels"] / width, 4 * request["pixels"] / height)
        image = page.render(scale=scale).to_pil().convert("RGB")
    if turn:
        image = image.transpose(UPRIGHT[turn])
    sizes = {"width": width, "height": height, "pixels_wide": image.width, "pixels_high": image.height}
    image = _mark(image, request, image.width / width, image.height / height)
    image.save(request["target"], format="PNG", optimize=bool(request["stage"]))
    return sizes


def _mark(image: Any, request: dict[str, Any], across: float, down: float) -> Any:
    """The picture with what was asked for: what a stage holds, the cells that were found, or the page alone."""
    from extract.reading.drawing.overlay import Stage, draw_found, draw_marks

    if request["stage"]:
        from extract.reading.drawing.stage_overlay import show_stage

        stage, path = Stage(request["stage"]), Path(request["path"])
        shown = show_stage(
            stage, path, request["page"], request["reader"], request["password"], Limits(**request["limits"])
        )
        return draw_marks(image, shown.marks, across, down, shown.said)
    if request["found"]:
        return draw_found(image, request["found"], across, down)
    return image.quantize(COLOURS, dither=0)


def _find_turn(document: Any, page: Any, number: int) -> int:
    """How the readers turned the page (rotation.py); 0 for a page that they cannot read."""
    from extract.errors import Refused
    from extract.reading.ink.ink import settle_characters
    from extract.reading.ink.rotation import find_turn
    from extract.reading.ink.visibility import mark_unseen
    from extract.reading.parsers.pdfium.calls import point_at
    from extract.reading.parsers.pdfium.document import read_page

    try:
        ink = read_page(point_at(document), point_at(page), number, frozenset())
        settle_characters(ink.glyphs)
        mark_unseen(ink)
        return find_turn(ink)
    except (Refused, ValueError, IndexError):
        return 0


if __name__ == "__main__":
    sys.exit(main())
