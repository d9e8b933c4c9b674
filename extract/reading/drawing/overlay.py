"""Draw marks on the image of a page: frames, tints and a legend.

A mark's kind determines its style, which the legend names. Colours are distinguishable with colour blindness (Okabe and
Ito); the page itself is pale grey, so that every colour is a mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING

from extract.entities import Quad

if TYPE_CHECKING:
    from PIL.Image import Image as Picture
    from PIL.ImageDraw import ImageDraw as Pen

Colour = tuple[int, int, int]
BLUE, ORANGE, GREEN, RED = (0, 114, 178), (230, 159, 0), (0, 158, 115), (213, 40, 30)
PURPLE, SKY, BROWN, GREY = (170, 70, 160), (60, 160, 230), (140, 90, 40), (120, 120, 120)
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, BROWN)  # of cells, which must differ from their neighbours
COLUMN_COLOURS = (
    *(BLUE, ORANGE, GREEN, PURPLE, SKY, BROWN, (200, 90, 120), (130, 150, 0), (90, 90, 200), (0, 150, 160)),
    *((240, 120, 60), (150, 120, 220), (80, 130, 80)),
)
GLOW = (255, 214, 0)  # under the requested cell
COLUMN = "column "  # before the name of a column
GREYS = 5  # of the page under marks: enough to read it, few enough for a small file
MOST_COLOURS = 256  # of a picture with marks
PALEST = 60  # what black becomes there
NARROWEST = 640  # pixels: a legend of a narrower page is wider than the page
LETTERS = 64  # em in the width of a legend
LINE = 3  # half heights of letters from one line of the legend to the next


class Stage(StrEnum):
    """Stages of reading that can be drawn (stage_overlay.py); docs/reading.md has one image of each."""

    INK = "ink"
    LATTICE = "lattice"
    CELLS = "cells"
    GRID = "grid"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Mark:
    """A frame on a page, in points from the top left of the displayed page."""

    box: Quad
    kind: str  # of STYLES, or a column


@dataclass(frozen=True, slots=True)
class Style:
    """Style of a kind of mark, and its text in the legend."""

    colour: Colour
    said: str
    width: int = 1  # of the frame; 0 is none
    tint: float = 0.0  # of what lies inside, 0 to 1
    corner: bool = False  # a dot at the first corner


def _list_styles() -> dict[str, Style]:
    """Return the styles by kind, in drawing order, later ones over earlier ones."""
    styles = {
        "fill": Style(ORANGE, "area painted in a colour", tint=0.12),
        "picture": Style(SKY, "picture or curve", tint=0.25),
        "rule": Style(GREEN, "rule", 3),
        "kept": Style(BLUE, "letter that is read"),
        "clipped": Style(PURPLE, "dropped: clipped", 2, 0.3),
        "invisible": Style(SKY, "dropped: invisible", 2, 0.3),
        "watermark": Style(RED, "dropped: watermark", 2, 0.3),
        "duplicate": Style(ORANGE, "dropped: printed twice", 2, 0.3),
        "hidden": Style(BROWN, "dropped: hidden", 2, 0.3),
        "line": Style(GREEN, "line of a table, drawn on the page", 5),
        "end": Style(ORANGE, "line that is not drawn: other lines end there", 5),
        "gap": Style(RED, "line that is not drawn: a gap in the text", 5),
        "cell": Style(BLUE, "cell, with its first corner", 2, 0.1, corner=True),
        "text": Style(GREEN, "line of text outside tables", 2),
    }
    for number, colour in enumerate(COLOURS):
        styles[f"cell {number}"] = Style(colour, "cell", 2)
        styles[f"letter {number}"] = Style(colour, "letter, in the colour of the cell that it is placed in", 1, 0.35)
    styles["outside"] = Style(GREY, "letter outside every table", 1, 0.25)
    styles["lost"] = Style(RED, "letter in a table and in none of its cells", 3, 0.5)
    styles["header"] = Style((0, 0, 0), "header or form word, tinted like what stands under it", 4)
    return styles


LegendEntry = tuple[list[Style], str]  # of a legend: samples and words
STYLES = _list_styles()


def name_column(column: str) -> str:
    """Return the kind of mark of a column."""
    return COLUMN + column


def choose_styles(marks: Sequence[Mark]) -> dict[str, Style]:
    """Return the styles of the kinds that occur, in drawing order; columns get colours in the order of marks."""
    kinds = dict.fromkeys(mark.kind for mark in marks)
    columns = [kind for kind in kinds if kind.startswith(COLUMN)]
    chosen = {}
    for number, kind in enumerate(columns):
        lap, place = divmod(number, len(COLUMN_COLOURS))
        red, green, blue = COLUMN_COLOURS[place]
        colour = (red >> lap, green >> lap, blue >> lap)  # a second lap is darker
        chosen[kind] = Style(colour, kind.removeprefix(COLUMN), 2, 0.3)
    return chosen | {kind: style for kind, style in STYLES.items() if kind in kinds}


def draw_found(image: Picture, boxes: Sequence[Quad], across: float, down: float) -> Picture:
    """Highlight the requested cells on the page."""
    from PIL import Image, ImageDraw

    shade = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(shade)
    for box in boxes:
        x0, y0, x1, y1 = _scale(box, across, down)
        pen.rectangle((x0 - 3, y0 - 3, x1 + 3, y1 + 3), outline=(*RED, 255), fill=(*GLOW, 70), width=4)
    return Image.alpha_composite(image.convert("RGBA"), shade).convert("RGB")


def draw_marks(image: Picture, marks: Sequence[Mark], across: float, down: float, said: Sequence[str]) -> Picture:
    """Draw all marks of a stage over the page in pale grey, and below it the texts `said` and a legend."""
    from PIL import Image, ImageChops, ImageDraw

    styles = choose_styles(marks)
    tints = Image.new("RGB", image.size, (255, 255, 255))
    pen = ImageDraw.Draw(tints)
    places = [(styles[kind], _scale(mark.box, across, down)) for kind in styles for mark in marks if mark.kind == kind]
    for style, box in places:
        if style.tint:
            pen.rectangle(box, fill=_lighten(style.colour, style.tint))
    sheet = ImageChops.multiply(_grey(image, PALEST), tints)
    sheet = sheet.crop((0, 0, sheet.width, _find_foot(image, [box for _, box in places])))
    pen = ImageDraw.Draw(sheet)
    for style, box in places:
        _draw_frame(pen, style, box)
    legend = _draw_legend(max(image.width, NARROWEST), _list_entries(styles, marks), said)
    whole = Image.new("RGB", (legend.width, sheet.height + legend.height), (255, 255, 255))
    whole.paste(sheet, (0, 0))
    whole.paste(legend, (0, sheet.height))
    return whole.quantize(MOST_COLOURS, dither=Image.Dither.NONE)


def _find_foot(image: Picture, boxes: Sequence[Quad]) -> int:
    """Return the pixel row at which the page may be cut off: a margin below all print and marks."""
    from PIL import ImageOps

    printed = ImageOps.invert(image.convert("L")).getbbox()
    lowest = max([printed[3] if printed else 0, *(int(box[3]) for box in boxes)])
    return min(image.height, lowest + image.width // 64)


def _scale(box: Quad, across: float, down: float) -> Quad:
    """Convert a box to pixels."""
    x0, x1 = sorted((box[0] * across, box[2] * across))
    y0, y1 = sorted((box[1] * down, box[3] * down))
    return x0, y0, x1, y1


def _lighten(colour: Colour, part: float) -> Colour:
    red, green, blue = (round(255 - (255 - side) * part) for side in colour)
    return red, green, blue


def _grey(image: Picture, darkest: int) -> Picture:
    """Reduce an image to a few greys, of which black becomes the darkest."""
    step = 255 / (GREYS - 1)
    greys = [round(darkest + (255 - darkest) * round(value / step) * step / 255) for value in range(256)]
    return image.convert("L").point(greys).convert("RGB")


def _draw_frame(pen: Pen, style: Style, box: Quad) -> None:
    """Draw a frame inside its box; a box without room becomes a line, as thick as its frame."""
    x0, y0, x1, y1 = box
    thick = style.width / 2
    if min(x1 - x0, y1 - y0) < style.width:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        wide, high = max((x1 - x0) / 2, thick), max((y1 - y0) / 2, thick)
        pen.rectangle((x - wide, y - high, x + wide, y + high), fill=style.colour)
    else:
        pen.rectangle(box, outline=style.colour, width=style.width)
    if style.corner:
        pen.ellipse((x0 - 4, y0 - 4, x0 + 4, y0 + 4), fill=RED)


def _list_entries(styles: dict[str, Style], marks: Sequence[Mark]) -> list[LegendEntry]:
    """List the legend's entries: samples and words of each kind, and the counts of all but columns."""
    counts = Counter(mark.kind for mark in marks)
    kinds: dict[str, list[str]] = {}
    for kind, style in styles.items():
        kinds.setdefault(style.said, []).append(kind)
    entries = []
    for said, some in kinds.items():
        number = "" if some[0].startswith(COLUMN) else f": {sum(counts[kind] for kind in some)}"
        entries.append(([styles[kind] for kind in some], said + number))
    return entries


def _draw_legend(wide: int, entries: list[LegendEntry], said: Sequence[str]) -> Picture:
    """Draw a strip as wide as the page: the texts `said`, then as many entries a line as fit."""
    from PIL import Image, ImageDraw, ImageFont

    size = wide // LETTERS
    font = ImageFont.load_default(size)
    texts = [line for text in said for line in wrap(text, 2 * LETTERS - 12)]
    lines = [(size, size + number * LINE * size // 2, text) for number, text in enumerate(texts)]
    places = _place_entries(entries, [int(font.getlength(text)) for _, text in entries], size, len(lines), wide)
    letters = Image.new("L", (wide, places[-1][1] + 2 * size if places else lines[-1][1] + 2 * size), 255)
    pen = ImageDraw.Draw(letters)
    for x, y, text in lines + [(x + len(styles) * size + size // 2, y, text) for x, y, styles, text in places]:
        pen.text((x, y), text, 0, font)
    strip = _grey(letters, 0)
    pen = ImageDraw.Draw(strip)
    pen.line((0, 0, wide, 0), fill=GREY, width=2)
    for x, y, styles, _ in places:
        for number, style in enumerate(styles):
            left, top = x + number * size, y + size // 8
            box = (left, top, left + 0.8 * size, top + 0.8 * size)
            pen.rectangle(box, fill=_lighten(style.colour, style.tint))
            _draw_frame(pen, style, box)
    return strip


def _place_entries(
    entries: list[LegendEntry], lengths: list[int], size: int, above: int, wide: int
) -> list[tuple[int, int, list[Style], str]]:
    """Return the place of each entry, below the given lines of text."""
    x, y = size, size + above * LINE * size // 2
    places = []
    for (styles, text), length in zip(entries, lengths, strict=True):
        needed = len(styles) * size + size // 2 + length
        if x > size and x + needed > wide - size:
            x, y = size, y + LINE * size // 2
        places.append((x, y, styles, text))
        x += needed + 2 * size
    return places
