"""A page of a PDF and boxes in, a PNG of the page as it is read with the boxes marked out: a process of its own.

`python -m extract.pages.picture` is started by extract/pictures.py with one JSON request on stdin. It limits itself
before pdfium meets the file: a document may be drawn just because no reader survived it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from extract.pages.limits import Limits, apply_limits

MOST_BYTES = 64 << 20  # of one picture
INKS = {"cell": (30, 110, 200), "corner": (200, 30, 30), "line": (60, 150, 60), "found": (214, 40, 40)}
GLOW = (255, 214, 0)  # under a `found` mark
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
    if request["marks"]:
        image = _mark(image, request["marks"], image.width / width, image.height / height)
    else:
        image = image.quantize(COLOURS, dither=0)
    image.save(request["target"], format="PNG")
    return {"width": width, "height": height, "pixels_wide": image.width, "pixels_high": image.height}


def _find_turn(document: Any, page: Any, number: int) -> int:
    """How the readers turned the page (turning.py); 0 for a page that they cannot read."""
    from extract.errors import Refused
    from extract.pages.ink import settle_characters
    from extract.pages.pdfium import read_page
    from extract.pages.raw import point_at
    from extract.pages.turning import find_turn
    from extract.pages.visible import mark_unseen

    try:
        ink = read_page(point_at(document), point_at(page), number, frozenset())
        settle_characters(ink.glyphs)
        mark_unseen(ink)
        return find_turn(ink)
    except (Refused, ValueError, IndexError):
        return 0


def _mark(image: Any, marks: list[dict[str, Any]], across: float, down: float) -> Any:
    """Frames over the page: cells with their first corners, lines outside tables, the one cell that was asked for."""
    from PIL import Image, ImageDraw

    shade = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(shade)
    for number, mark in enumerate(marks):
        x0, x1 = sorted((mark["box"][0] * across, mark["box"][2] * across))
        y0, y1 = sorted((mark["box"][1] * down, mark["box"][3] * down))
        ink = INKS[mark["kind"]]
        if mark["kind"] == "found":
            pen.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), outline=(*ink, 255), fill=(*GLOW, 70), width=4)
            continue
        fill = (*ink, 18 if number % 2 else 40) if mark["kind"] == "cell" else None
        pen.rectangle((x0, y0, x1, y1), outline=(*ink, 255), fill=fill, width=2)
        if mark["kind"] == "cell":
            pen.ellipse((x0 - 3, y0 - 3, x0 + 3, y0 + 3), fill=(*INKS["corner"], 255))
    return Image.alpha_composite(image.convert("RGBA"), shade).convert("RGB")


if __name__ == "__main__":
    sys.exit(main())
