from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from PIL import Image
from printed_tables import print_table

from extract.archive.stored_documents import archive_path, land_bytes
from extract.entities import Cell
from extract.reading.document import read_grids
from extract.reading.drawing.overlay import Stage
from extract.reading.sandbox import Sandbox
from extract.report.page_images import PictureError, draw_archived, draw_cached, draw_page, forget_pictures
from extract.settings import PROJECT, Settings

DEMO = PROJECT / "demo/publications/2025.pdf"
SIDEWAYS = PROJECT / "tests/fixtures/a_sideways.pdf"


def change_page(source: Path, target: Path, *, rotation: int, crop: bool) -> Path:
    """The first page turned further, and its CropBox set inside its MediaBox with offsets that no side shares."""
    with pypdfium2.PdfDocument(source) as document:
        page = document[0]
        if crop:
            left, bottom, right, top = page.get_mediabox()
            page.set_mediabox(left - 70, bottom - 20, right + 10, top + 45)
            page.set_cropbox(left + 3, bottom + 5, right - 7, top - 11)
        page.set_rotation((page.get_rotation() + rotation) % 360)
        document.save(target)
    return target


def centre_on_paper(path: Path, text: str, pixels: tuple[int, int]) -> tuple[float, float]:
    """Where pdfium itself puts the middle of a printed text on a picture of this many pixels."""
    with pypdfium2.PdfDocument(path) as document:
        page = document[0]
        words = page.get_textpage()
        index, count = words.search(text).get_next()
        boxes = [words.get_charbox(index + k) for k in range(count)]
        x = (min(box[0] for box in boxes) + max(box[2] for box in boxes)) / 2
        y = (min(box[1] for box in boxes) + max(box[3] for box in boxes)) / 2
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium.FPDF_PageToDevice(page.raw, 0, 0, *pixels, 0, x, y, across, down)
        return across.value, down.value


def cell_with(path: Path, text: str) -> Cell:
    (page, *_) = read_grids(path, reader="pdfium")
    return next(cell for grid in page.grids for cell in grid.cells if cell.text == text)


def marked_region(picture: Path) -> tuple[int, int, int, int]:
    """The rectangle inside which the page glows yellow."""
    with Image.open(picture) as image:
        red, _, blue = image.convert("RGB").split()
        glow = Image.eval(blue, lambda v: 255 if v < 200 else 0)
        bright = Image.eval(red, lambda v: 255 if v > 240 else 0)
        both = Image.composite(glow, Image.new("L", image.size), bright)
        found = both.getbbox()
    assert found is not None
    return found


@pytest.mark.parametrize("crop", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_mark_lies_on_the_printed_text_however_the_page_is_turned_and_cropped(
    tmp_path: Path, rotation: int, crop: bool
) -> None:
    path = change_page(DEMO, tmp_path / "page.pdf", rotation=rotation, crop=crop)
    # a page turned by 90 degrees is read as it is displayed, text sideways: then the readers turn it back
    box = cell_with(path, "2,200,000.00").box
    sheet = draw_page(path, 1, tmp_path / "page.png", [box])
    with pypdfium2.PdfDocument(path) as document:
        across, down = document[0].get_size()
    turned = {0: 0, 90: 1, 180: 2, 270: 3}[rotation]  # quarter turns clockwise, to be undone
    pixels = (sheet.pixels_wide, sheet.pixels_high)
    displayed = pixels if turned % 2 == 0 else pixels[::-1]
    assert (across > down) == (displayed[0] > displayed[1])
    x, y = centre_on_paper(path, "2,200,000.00", displayed)
    wide, high = displayed
    upright = {0: (x, y), 1: (y, wide - x), 2: (wide - x, high - y), 3: (high - y, x)}[turned]
    left, top, right, bottom = marked_region(sheet.path)
    assert left < upright[0] < right
    assert top < upright[1] < bottom
    assert right - left < 0.1 * pixels[0], "one cell is marked and not the page"


def test_the_mark_lies_on_the_printed_text_of_a_sheet_that_is_printed_sideways(tmp_path: Path) -> None:
    sheet = draw_page(SIDEWAYS, 1, tmp_path / "page.png", [cell_with(SIDEWAYS, "≥150株").box])
    assert sheet.width > sheet.height
    x, y = centre_on_paper(SIDEWAYS, "150", (sheet.pixels_high, sheet.pixels_wide))
    left, top, right, bottom = marked_region(sheet.path)
    either = ((y, sheet.pixels_high - x), (sheet.pixels_wide - y, x))
    assert any(left < across < right and top < down < bottom for across, down in either)


def test_every_cell_of_a_page_is_framed(tmp_path: Path) -> None:
    (page, *_) = read_grids(DEMO, reader="pdfium")
    sheet = draw_page(DEMO, 1, tmp_path / "page.png", stage=Stage.CELLS)
    scale = sheet.pixels_wide / sheet.width
    with Image.open(sheet.path) as image:
        for box in (*(cell.box for grid in page.grids for cell in grid.cells), *(line.box for line in page.lines)):
            across, down = (round(side * scale) for side in box[:2])
            around = image.convert("RGB").crop((across - 3, down - 3, across + 4, down + 4))
            assert any(max(colour) - min(colour) > 60 for _, colour in around.getcolors(99) or ())


def test_a_page_without_marks_costs_little(tmp_path: Path) -> None:
    sheet = draw_page(DEMO, 2, tmp_path / "page.png")
    assert sheet.path.stat().st_size < 250_000


def test_an_archived_page_is_drawn_once(settings: Settings) -> None:
    landed = land_bytes(settings.archive, DEMO.read_bytes())
    first = draw_cached(settings, landed.sha256, 1)
    archive_path(settings.archive, landed.sha256).unlink()
    assert draw_cached(settings, landed.sha256, 1) == first


def test_pictures_that_nobody_wanted_lately_are_forgotten_first(settings: Settings) -> None:
    landed = land_bytes(settings.archive, DEMO.read_bytes())
    for page in (1, 2, 3):
        path = draw_cached(settings, landed.sha256, page).path
        os.utime(path, (page, page))
    draw_cached(settings, landed.sha256, 1)
    forget_pictures(settings, 2)
    kept = sorted(path.name for path in (settings.home / "pictures").iterdir())
    assert kept == [f"{landed.sha256}-{page}.{kind}" for page in (1, 3) for kind in ("json", "png")]


def test_a_missing_archived_file_is_named_with_what_to_do(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"archive has no document 0{12}.*restore"):
        draw_archived(settings, "0" * 64, 1, tmp_path / "page.png")


def test_a17_a_page_that_needs_too_much_memory_costs_its_child_alone(settings: Settings, tmp_path: Path) -> None:
    tight = Settings(home=settings.home, read_megabytes=64)
    landed = land_bytes(settings.archive, DEMO.read_bytes())
    with pytest.raises(PictureError, match="page 1 cannot be drawn"):
        draw_archived(tight, landed.sha256, 1, tmp_path / "page.png")
    assert list(tmp_path.glob("*.p*")) == []


def test_no_password_shows_in_a_process_list(tmp_path: Path) -> None:
    locked = tmp_path / "locked.pdf"
    locked.write_bytes(print_table([], password="geheim"))  # noqa: S106
    with Sandbox(reader="pictures") as sandbox:
        draw_page(locked, 1, tmp_path / "page.png", password="geheim", sandbox=sandbox)  # noqa: S106
        assert sandbox._fork_server is not None
        fork_server = Path(f"/proc/{sandbox._fork_server.pid}")
        children = (fork_server / "task" / fork_server.name / "children").read_text(encoding="ascii").split()
        for process in (fork_server, *(Path(f"/proc/{child}") for child in children)):
            shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            assert b"extract.reading.worker" in shown
            assert b"geheim" not in shown
