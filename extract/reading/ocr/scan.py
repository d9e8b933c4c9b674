"""Convert the scanned pages of a PDF to Ink: straight dark runs to rules, recognised letters to glyphs.

For people to review, never for the warehouse: a recognised figure is a guess. Needs the extra `ocr` (rapidocr brings
its models with it and uses no network).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from extract.errors import JixiaoError, Reason, Refused
from extract.reading.ink.ink import (
    NO_CLIP,
    UNKNOWN_FONT,
    Drop,
    Fills,
    Floats,
    Glyphs,
    Ink,
    Pictures,
    Rules,
    TextRuns,
    are_blank,
)
from extract.reading.parsers.pdfium.document import open_document

NAME = "ocr"
DPI = 200
DARK = 140  # of 255: darker pixels may belong to a rule
SHORTEST = 20.0  # points: a shorter straight run is a stroke of a letter
THICKEST = 4.0  # points
STEEPEST = 3.0  # degrees: a page lying more askew is not set straight
EM = 0.86  # of the height of a recognised line: its em square
CLEAR = 1.0  # points between a rule and the letters beside it
DESCENT = 0.12  # of the em: height of the baseline above its lower edge
Gray = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """A recognised page; `certainty` is 0..1 for each glyph of `ink`."""

    ink: Ink
    certainty: Floats


def read_scans(path: Path, password: str | None) -> Iterator[ScannedPage]:
    """Yield every page in order; raises Refused (password, truncated) and JixiaoError without the extra."""
    recognise = _recogniser()
    with open_document(path.read_bytes(), password) as document:
        for number in range(1, len(document) + 1):
            gray = set_straight(_render(document, number))
            yield read_scan(number, gray, recognise(np.repeat(gray[:, :, None], 3, axis=2)))


def read_scan(number: int, gray: Gray, recognised: Any) -> ScannedPage:
    """Convert one straight page at DPI with its recognised text."""
    scale = 72 / DPI
    high, wide = gray.shape
    rules = find_rules(gray)
    glyphs, certainty = _glyphs(recognised, scale, rules)
    nothing = np.zeros(0, np.int64)
    boxes = np.zeros((0, 4))
    pictures = Pictures(boxes, nothing, *(nothing.astype(bool) for _ in range(4)))
    fills = Fills(boxes, np.zeros(0), nothing)
    ink = Ink(number, wide * scale, high * scale, glyphs, rules, fills, pictures, -1)
    return ScannedPage(ink, certainty)


def set_straight(gray: Gray) -> Gray:
    """Turn a page by the angle of its long level lines; without such lines it stays."""
    import cv2

    dark = (gray < DARK).astype(np.uint8) * 255
    lines = cv2.HoughLinesP(dark, 1, np.pi / 7200, 300, minLineLength=gray.shape[1] // 6, maxLineGap=8)
    if lines is None:
        return gray
    x0, y0, x1, y1 = np.asarray(lines, dtype=np.float64).reshape(-1, 4).T
    angles = np.degrees(np.arctan2(y1 - y0, x1 - x0))
    level = angles[np.abs(angles) < STEEPEST]
    if not len(level):
        return gray
    high, wide = gray.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), float(np.median(level)), 1.0)
    turned = cv2.warpAffine(gray, matrix, (wide, high), flags=cv2.INTER_CUBIC, borderValue=255)
    return np.asarray(turned, dtype=np.uint8)


def find_rules(gray: Gray) -> Rules:
    """Return straight dark runs, level and upright, as boxes in points."""
    level, upright = _find_runs(gray, level=True), _find_runs(gray, level=False)
    kinds = np.arange(len(level) + len(upright)) < len(level)
    return Rules(np.concatenate([level, upright]), kinds)


def _find_runs(gray: Gray, *, level: bool) -> Floats:
    """Find straight runs by opening with a long thin bar; thick results are filled areas and left out."""
    import cv2

    dark = (gray < DARK).astype(np.uint8)
    long = round(SHORTEST * DPI / 72)
    close = np.ones((1, 5) if level else (5, 1), np.uint8)  # noise interrupts a line
    bar = np.ones((1, long) if level else (long, 1), np.uint8)
    straight = cv2.morphologyEx(cv2.morphologyEx(dark, cv2.MORPH_CLOSE, close), cv2.MORPH_OPEN, bar)
    _, _, found, _ = cv2.connectedComponentsWithStats(straight)
    x, y, w, h = (found[1:, k].astype(np.float64) for k in range(4))  # the first is the background
    boxes = np.stack([x, y, x + w, y + h], axis=1) * 72 / DPI
    thin: Floats = boxes[(h if level else w) * 72 / DPI <= THICKEST]
    return thin


def _glyphs(recognised: Any, scale: float, rules: Rules) -> tuple[Glyphs, Floats]:
    """Return one glyph per letter; one run per piece of a recognised line between two upright rules."""
    letters = [
        (text, score, np.asarray(quad, dtype=np.float64) * scale, line)
        for line, found in enumerate(recognised.word_results or ())
        for text, score, quad in found
        if text
    ]
    box = np.array([[*quad.min(0), *quad.max(0)] for _, _, quad, _ in letters]).reshape(len(letters), 4)
    line = np.array([number for *_, number in letters], dtype=np.int64)
    piece = _part_lines(box, line, rules.box[~rules.level])
    _, run = np.unique(np.stack([line, piece], axis=1), axis=0, return_inverse=True)
    run = run.reshape(-1).astype(np.int64)
    code = np.array([ord(text[0]) for text, *_ in letters], dtype=np.int64)
    drop = np.where(are_blank(code), int(Drop.BLANK), int(Drop.KEPT)).astype(np.int64)
    runs = _runs(box, run, int(run.max()) + 1 if len(run) else 0)
    return Glyphs([text for text, *_ in letters], code, box, run, drop, runs), np.array([s for _, s, *_ in letters])


def _part_lines(box: Floats, line: NDArray[np.int64], upright: Floats) -> NDArray[np.int64]:
    """Return the number of upright rules left of each letter; boxes are cut where they reach over a rule.

    The recogniser takes neighbouring cells for one line and knows the edges of its letters only roughly.
    """
    piece = np.zeros(len(line), np.int64)
    for number in range(int(line.max()) + 1 if len(line) else 0):
        mine = np.flatnonzero(line == number)
        y = float(np.median(box[mine, 1] + box[mine, 3])) / 2
        crossing = upright[(upright[:, 1] < y) & (upright[:, 3] > y)]
        xs = np.array([-np.inf, *np.sort((crossing[:, 0] + crossing[:, 2]) / 2), np.inf])
        side = np.searchsorted(xs, (box[mine, 0] + box[mine, 2]) / 2)
        box[mine, 0] = np.maximum(box[mine, 0], xs[side - 1] + CLEAR)
        box[mine, 2] = np.maximum(np.minimum(box[mine, 2], xs[side] - CLEAR), box[mine, 0] + 0.1)
        piece[mine] = side
    return piece


def _runs(box: Floats, run: NDArray[np.int64], lines: int) -> TextRuns:
    size, base = np.ones(lines), np.zeros(lines)
    for line in range(lines):
        mine = box[run == line]
        if len(mine):
            size[line] = EM * float(np.median(mine[:, 3] - mine[:, 1]))
            middle = float(np.median(mine[:, 3] + mine[:, 1])) / 2
            base[line] = middle + (0.5 - DESCENT) * size[line]
    no = np.zeros(lines, np.bool_)
    clip = np.tile(np.array(NO_CLIP), (lines, 1))
    turn, order = np.zeros(lines, np.int64), np.full(lines, -1, np.int64)
    font = np.full(lines, UNKNOWN_FONT)
    return TextRuns(size, base, turn, np.zeros(lines), no, no.copy(), no.copy(), clip, order, font)


def _render(document: pypdfium2.PdfDocument, number: int) -> Gray:
    page = document[number - 1]
    wide, high = page.get_size()
    if max(wide, high) > 3000:  # 15 m at 200 dpi: more pixels than any scan of a sheet
        raise Refused(Reason.TOO_LARGE, f"a page of {wide:.0f} x {high:.0f} points", number)
    picture = page.render(scale=DPI / 72, grayscale=True).to_numpy()
    page.close()
    return np.ascontiguousarray(picture.reshape(picture.shape[0], picture.shape[1], -1)[:, :, 0])


@cache
def _recogniser() -> Any:
    """Return a function from image to lines and letters with boxes; raises JixiaoError without the extra."""
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise JixiaoError("recognising scans needs the extra `ocr`: make optional") from error
    engine = RapidOCR(params={"Global.log_level": "error", "Global.max_side_len": 8000})
    return lambda picture: engine(picture, return_word_box=True, return_single_char_box=True)
