"""Convert pdf_oxide's characters of a page to Glyphs: em boxes, and runs by the text operators of the page."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from extract.reading.ink.affine import Matrix, map_boxes, map_points
from extract.reading.ink.ink import (
    BLANK,
    BRIGHTNESS_WEIGHTS,
    FIRST_CHINESE,
    KEPT,
    NO_CLIP,
    UNKNOWN_FONT,
    Bools,
    Floats,
    Glyphs,
    Ints,
    TextRuns,
    are_blank,
)
from extract.reading.ink.rotation import turns_of
from extract.reading.parsers.oxide.painting import Painting
from extract.reading.tolerances import TOLERANCES

UNKNOWN_GAP_EM = 0.02  # as operator_gap_em, on pages whose text operators are not known
UNSEEN_MODES = (3, 7)
REPLACEMENT = "\ufffd"
WIDE, NARROW = 1.0, 0.5  # em: advance of a turned character that no text gives

_read_text = attrgetter("char")
_read_places = attrgetter("origin_x", "origin_y", "advance_width", "font_size", "rotation_degrees")
_read_paint = attrgetter("font_name", "color", "mcid")


def read_glyphs(letters: list[Any], matrix: Matrix, painting: Painting, list_spans: Callable[[], list[Any]]) -> Glyphs:
    """Read all characters of a page; their order is not that of painting.

    `painting` has the start of each text operator, `list_spans` gives the texts of the page, which alone have the
    widths of turned characters.
    """
    text = [_read_text(letter) or REPLACEMENT for letter in letters]
    place = np.array([_read_places(letter) for letter in letters], dtype=np.float64).reshape(-1, 5)
    numbers: dict[Any, int] = {}
    paint = np.array([numbers.setdefault(_read_paint(letter), len(numbers)) for letter in letters], np.int64)
    colours = np.array([colour for _, colour, _ in numbers], dtype=np.float64).reshape(-1, 3)
    turned = np.flatnonzero(np.abs(place[:, 4]) > TOLERANCES.level_degrees)
    if len(turned):
        _widen_turned(place, turned, [(letters[k].font_name, text[k]) for k in turned.tolist()], list_spans())
        order = _sort_lines(place)
        text, place, paint = [text[k] for k in order.tolist()], place[order], paint[order]
    code = np.fromiter((ord(one[0]) for one in text), np.int64, len(text))
    start = painting.find_starts(place[:, 0], place[:, 1])
    run, firsts = _number_runs(place, paint, start)
    drop = np.where(are_blank(code), BLANK, KEPT)
    show = _read_shows(_carry_starts(place, paint, start)[firsts], painting, matrix)
    runs = _read_runs(place[firsts], colours[paint[firsts]], show, matrix)
    return Glyphs(text, code, _surround(place, matrix), run, drop, runs)


def _widen_turned(place: Floats, turned: Ints, names: list[tuple[str, str]], spans: list[Any]) -> None:
    """Set the advance of turned characters, for which pdf_oxide gives the width along the page."""
    widths: dict[tuple[str, str], float] = {}
    for span in spans:
        if len(span.text) == len(span.char_widths) and span.font_size > 0:
            for letter, width in zip(span.text, span.char_widths, strict=True):
                widths.setdefault((span.font_name, letter), width / span.font_size)
    for k, (font, letter) in zip(turned.tolist(), names, strict=True):
        otherwise = WIDE if ord(letter[0]) >= FIRST_CHINESE else NARROW
        place[k, 2] = widths.get((font, letter), otherwise) * place[k, 3]


def _sort_lines(place: Floats) -> Ints:
    """Return the order of characters line by line in their own direction of writing."""
    across, along = _directions(place)
    forth, aside = place[:, 0] * across + place[:, 1] * along, place[:, 1] * across - place[:, 0] * along
    order: Ints = np.lexsort((forth, -np.round(aside), np.round(place[:, 4])))
    return order


def _directions(place: Floats) -> tuple[Floats, Floats]:
    """Return cosine and sine of the direction of writing of each character, in the page's own coordinates."""
    angle = np.radians(place[:, 4])
    return np.cos(angle), np.sin(angle)


def _surround(place: Floats, matrix: Matrix) -> Floats:
    """Return the displayed em boxes: as wide as the advance, around the baseline."""
    x, y, advance, size = place[:, 0], place[:, 1], place[:, 2], place[:, 3]
    across, along = _directions(place)
    corners = [
        (x + right * across - up * along, y + right * along + up * across)
        for right in (np.zeros(len(x)), advance)
        for up in (-TOLERANCES.em_below_em * size, (1.0 - TOLERANCES.em_below_em) * size)
    ]
    xs, ys = np.stack([c[0] for c in corners]), np.stack([c[1] for c in corners])
    return map_boxes(np.stack([xs.min(0), ys.min(0), xs.max(0), ys.max(0)], axis=1), matrix)


def _follow(place: Floats, paint: Ints) -> tuple[Bools, Floats]:
    """Return which characters stand on the line of the one before in its font and colour, and the room between."""
    x, y, advance, size = place[:, 0], place[:, 1], place[:, 2], place[:, 3]
    across, along = _directions(place)
    step_x, step_y = np.diff(x), np.diff(y)
    room = step_x * across[:-1] + step_y * along[:-1] - advance[:-1]
    aside = np.abs(step_y * across[:-1] - step_x * along[:-1])
    same: Bools = (paint[1:] == paint[:-1]) & (size[1:] == size[:-1]) & (place[1:, 4] == place[:-1, 4])
    return same & (aside < TOLERANCES.operator_line_em * size[1:]), room


def _number_runs(place: Floats, paint: Ints, start: Ints) -> tuple[Ints, Ints]:
    """Return the run of each character and the first character of each run.

    A run begins where a text operator begins. Where that is unknown, characters without a gap may be of one run.
    """
    same, room = _follow(place, paint)
    apart = TOLERANCES.operator_gap_em if (start >= 0).any() else UNKNOWN_GAP_EM
    begins: Bools = np.ones(len(place), np.bool_)
    begins[1:] = ~same | (np.abs(room) >= apart * place[1:, 3]) | (start[1:] >= 0)
    return np.cumsum(begins) - 1, np.flatnonzero(begins)


def _carry_starts(place: Floats, paint: Ints, start: Ints) -> Ints:
    """Return the text operator of each character: the one that begins there, or that of the character before it."""
    same, _ = _follow(place, paint)
    known = np.ones(len(place), np.bool_)
    known[1:] = ~same | (start[1:] >= 0)
    last = np.maximum.accumulate(np.where(known, np.arange(len(place)), 0)) if len(place) else start
    return start[last]


def _read_shows(start: Ints, painting: Painting, matrix: Matrix) -> Floats:
    """Return displayed clip, order, mode and alpha of text operators; defaults for unknown ones."""
    unknown = [*NO_CLIP, -1.0, 0.0, 1.0]
    shows = np.array([*(show[2:] for show in painting.shows), unknown])[start]
    finite = shows[:, 0] > -1e8
    shows[finite, :4] = map_boxes(shows[finite, :4], matrix)
    return shows


def _read_runs(place: Floats, colour: Floats, show: Floats, matrix: Matrix) -> TextRuns:
    """Return the attributes of runs from their first characters; unknown ones are as on most pages."""
    n = len(place)
    a, b, c, d, _, _ = matrix
    across, along = _directions(place)
    turn = turns_of(np.stack([across * a + along * c, across * b + along * d], axis=1))
    x, y = map_points(place[:, 0], place[:, 1], matrix)
    no: Bools = np.zeros(n, np.bool_)
    return TextRuns(
        size=np.abs(place[:, 3]),
        base=np.where(turn % 2 == 1, x, y),
        turn=turn,
        light=colour @ BRIGHTNESS_WEIGHTS,
        unseen=np.isin(show[:, 5], UNSEEN_MODES) | (show[:, 6] < TOLERANCES.unseen_alpha),
        faint=show[:, 6] < TOLERANCES.faint_alpha,
        hidden=no,
        clip=show[:, :4],
        order=show[:, 4].astype(np.int64),
        font=np.full(n, UNKNOWN_FONT),
    )
