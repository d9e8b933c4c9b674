"""A page of a PDF in, a picture of what the reader made of it out: rules, lattice, cells with their texts' places."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw

from extract.entities import PageGrids
from extract.errors import Reason, Refused

SCALE = 2.0
CELL, EDGE, LINE = (30, 110, 200), (200, 30, 30), (60, 150, 60)


def draw_page(path: Path, page: PageGrids, target: Path, password: str | None = None) -> None:
    """Write a PNG: the page as printed, every cell framed (red at its first corner), lines outside tables in green."""
    with pypdfium2.PdfDocument(path, password=password) as document:
        if not 1 <= page.page <= len(document):
            raise Refused(Reason.PAGE_MISSING, f"the document has {len(document)} pages", page.page)
        image = document[page.page - 1].render(scale=SCALE).to_pil().convert("RGB")
    shade = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(shade)
    for grid in page.grids:
        for number, cell in enumerate(grid.cells):
            box = [v * SCALE for v in cell.box]
            pen.rectangle(box, outline=(*CELL, 255), fill=(*CELL, 18 if number % 2 else 40), width=2)
            pen.ellipse([box[0] - 3, box[1] - 3, box[0] + 3, box[1] + 3], fill=(*EDGE, 255))
    for line in page.lines:
        pen.rectangle([v * SCALE for v in line.box], outline=(*LINE, 255), width=2)
    Image.alpha_composite(image.convert("RGBA"), shade).convert("RGB").save(target)
