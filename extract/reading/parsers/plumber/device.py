"""Collect glyphs, rules, areas and images from the drawing operations of pdfminer's interpreter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFType3Font, PDFUnicodeNotDefined
from pdfminer.utils import mult_matrix

from extract.entities import Quad
from extract.reading.ink.affine import map_boxes, map_points
from extract.reading.ink.ink import (
    NO_CLIP,
    OUTLINE_POINTS,
    STANDARD_FONTS,
    UNKNOWN_FONT,
    Conflict,
    Floats,
    brightness,
)
from extract.reading.ink.vector_paths import around, gather, open_paths
from extract.reading.parsers.outline.images import is_white
from extract.reading.tolerances import TOLERANCES

UNSEEN_MODES = (3, 7)
UNICODE = 1 << 24  # marks a code that is a character by itself


@dataclass(slots=True)
class Collected:
    """Drawing operations of a page, in painting order."""

    text: list[str] = field(default_factory=list)
    box: list[Quad] = field(default_factory=list)
    run: list[int] = field(default_factory=list)
    # matrix, size, light, unseen, faint, hidden, clip, order, font
    runs: list[tuple[Any, ...]] = field(default_factory=list)
    rules: list[tuple[float, ...]] = field(default_factory=list)
    areas: list[tuple[float, ...]] = field(default_factory=list)
    outlines: list[tuple[float, ...]] = field(default_factory=list)  # box, order: filled paths of many points
    pictures: list[tuple[float, ...]] = field(default_factory=list)  # box, order, solid, white
    conflicts: list[Conflict] = field(default_factory=list)


class InkDevice(PDFTextDevice):  # type: ignore[misc]
    """A device that collects; the interpreter sets `clip`, `alpha` and `hidden` as it goes."""

    def __init__(self, manager: Any) -> None:
        super().__init__(manager)
        self.page = Collected()
        self.clip: Quad = NO_CLIP
        self.alpha = (1.0, 1.0)  # fill, stroke
        self.hidden = 0
        self.blends = False  # what is painted mixes with what lies under it
        self.order = 0
        self.fonts: dict[int, tuple[int, Any]] = {}  # by address, which is theirs as long as they are kept here

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        """Collect one text operator as one run."""
        self.order += 1
        mend_unicode_font(textstate.font)
        stroked = textstate.render == 1
        colour, space = (graphicstate.scolor, graphicstate.scs) if stroked else (graphicstate.ncolor, ncs)
        alpha = self.alpha[1] if stroked else self.alpha[0]
        matrix = mult_matrix(textstate.matrix, self.ctm)
        unseen = textstate.render in UNSEEN_MODES or alpha < TOLERANCES.unseen_alpha
        self.page.runs.append(
            (
                matrix,
                textstate.fontsize,
                light_of(colour, space),
                unseen,
                alpha < TOLERANCES.faint_alpha,
                self.hidden > 0,
                self.clip,
                self.order,
                self.number_font(textstate.font),
            )
        )
        super().render_string(textstate, seq, ncs, graphicstate)

    def number_font(self, font: Any) -> int:
        """Return a font's number on this page, UNKNOWN_FONT where it is not embedded and viewers may differ."""
        number, _ = self.fonts.setdefault(id(font), (len(self.fonts), font))
        return number if has_file(font) else UNKNOWN_FONT

    def render_char(
        self,
        matrix: Any,
        font: Any,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,
        graphicstate: Any,
    ) -> float:
        """Collect one glyph: its em box on the displayed page."""
        try:
            text = chr(cid - UNICODE) if cid >= UNICODE else font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = "\ufffd"
        advance = float(font.char_width(cid)) * fontsize * scaling
        left, low, high = (
            0.0,
            -TOLERANCES.em_below_em * fontsize + rise,
            (1.0 - TOLERANCES.em_below_em) * fontsize + rise,
        )
        right = advance
        if font.is_vertical():
            shift, down = font.char_disp(cid) if isinstance(font.char_disp(cid), tuple) else (None, 880)
            left = -(fontsize * 0.5 if shift is None else shift * fontsize * 0.001)
            right, high = left + fontsize, ((1.0 - TOLERANCES.em_below_em) - down * 0.001) * fontsize + rise
            low = high - fontsize
            if self.page.run and self.page.run[-1] == len(self.page.runs) - 1:
                self.page.runs.append(self.page.runs[-1])  # each glyph has a baseline of its own
        box = map_boxes(np.array([[left, low, right, high]]), matrix)[0]
        self.page.text.append(text or "\ufffd")
        self.page.box.append((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
        self.page.run.append(len(self.page.runs) - 1)
        return advance

    def paint_path(self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:
        """Collect a path as rules and areas, cut to the clip."""
        self.order += 1
        if self.hidden or not path:
            return
        fill_light = light_of(graphicstate.ncolor, graphicstate.ncs)
        stroke_light = light_of(graphicstate.scolor, graphicstate.scs)
        pieces = subpaths_of(path, self.ctm)
        if (
            fill
            and fill_light < TOLERANCES.pale_brightness
            and self.alpha[0] > TOLERANCES.outline_alpha
            and sum(map(len, pieces)) >= OUTLINE_POINTS
        ):
            self.page.outlines.append((*cut_box(around(np.concatenate(pieces)), self.clip), float(self.order)))
        painted = open_paths(gather(pieces), np.array([fill]), np.array([stroke]))
        facts = zip(painted.box.tolist(), painted.is_rule.tolist(), painted.by_stroke.tolist(), strict=True)
        for box, is_rule, by_stroke in facts:
            cut = cut_box(box, self.clip)
            seen = self.alpha[1 if by_stroke else 0] > TOLERANCES.unseen_alpha
            if seen and cut[2] - cut[0] > -1e-6 and cut[3] - cut[1] > -1e-6:
                row = (*cut, stroke_light if by_stroke else fill_light, float(self.order))
                (self.page.rules if is_rule else self.page.areas).append(row)

    def render_image(self, name: str, stream: Any) -> None:
        """Collect the box of an image: the mapped unit square, cut to the clip; opaque without mask and alpha."""
        self.order += 1
        box = cut_box(tuple(map_boxes(np.array([[0.0, 0.0, 1.0, 1.0]]), self.ctm)[0].tolist()), self.clip)
        masks = any(stream.get(key) for key in ("SMask", "Mask", "ImageMask", "IM"))
        if not self.hidden and self.alpha[0] > TOLERANCES.unseen_alpha and box[0] < box[2] and box[1] < box[3]:
            solid = not masks and not self.blends and self.alpha[0] > TOLERANCES.solid_alpha
            white = solid and self._covers_text(box) and is_white(stream)
            self.page.pictures.append((*box, float(self.order), float(solid), float(white)))

    def _covers_text(self, box: Quad) -> bool:
        """Return True if the middle of a glyph that was painted before lies under a box."""
        glyphs = np.array(self.page.box, dtype=np.float64).reshape(-1, 4)
        x, y = (glyphs[:, 0] + glyphs[:, 2]) / 2, (glyphs[:, 1] + glyphs[:, 3]) / 2
        return bool(((box[0] < x) & (x < box[2]) & (box[1] < y) & (y < box[3])).any())


def mend_unicode_font(font: Any) -> None:
    """Keep characters that pdfminer's character map lacks, whose codes it drops silently.

    UniGB-UCS2-H as pdfminer carries it has no U+00B7; codes of UCS2 and UTF-16 maps are Unicode by themselves.
    """
    name = str(getattr(getattr(font, "cmap", None), "attrs", {}).get("CMapName", ""))
    if getattr(font, "mended", False) or not ("UCS2" in name or "UTF16" in name):
        return

    def decode(data: bytes) -> list[int]:
        """Return the codes of two bytes each, marked with UNICODE where the map lacks them."""
        found: list[int] = []
        for k in range(0, len(data) - 1, 2):
            cids = list(font.cmap.decode(data[k : k + 2]))
            found.extend(cids or [UNICODE + int.from_bytes(data[k : k + 2], "big")])
        return found

    font.decode, font.mended = decode, True


def has_file(font: Any) -> bool:
    """Return True if a font is embedded, or every viewer has it."""
    if isinstance(font, PDFType3Font) or str(getattr(font, "basefont", "")) in STANDARD_FONTS:
        return True
    return any(key in getattr(font, "descriptor", {}) for key in ("FontFile", "FontFile2", "FontFile3"))


def cut_box(box: Quad, clip: Quad) -> Quad:
    """Return the part of a box inside another."""
    return max(box[0], clip[0]), max(box[1], clip[1]), min(box[2], clip[2]), min(box[3], clip[3])


def subpaths_of(path: Any, matrix: Any) -> list[Floats]:
    """Convert pdfminer's path operators to the points of each subpath on the displayed page."""
    found: list[list[tuple[float, float]]] = []
    for operator, *values in path:
        if operator == "m" or not found:
            found.append([])
        if operator == "h":
            found[-1].append(found[-1][0] if found[-1] else (0.0, 0.0))
        else:
            found[-1].append((float(values[-2]), float(values[-1])))
    shown = []
    for piece in found:
        points = np.array(piece, dtype=np.float64).reshape(-1, 2)
        shown.append(np.stack(map_points(points[:, 0], points[:, 1], matrix), axis=1))
    return shown


def light_of(colour: Any, space: Any) -> float:
    """Convert a colour as pdfminer keeps it (a number or a tuple) to brightness; unknown colours are dark."""
    parts = [c for c in (colour if isinstance(colour, (tuple, list)) else (colour,)) if isinstance(c, (int, float))]
    if len(parts) == 1:
        tint = getattr(space, "name", "") in ("Separation", "DeviceN")
        return 1.0 - float(parts[0]) if tint else float(parts[0])
    if len(parts) == 3:
        return brightness(float(parts[0]), float(parts[1]), float(parts[2]))
    if len(parts) == 4:
        c, m, y, k = (float(p) for p in parts)
        return brightness((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))
    return 0.0
