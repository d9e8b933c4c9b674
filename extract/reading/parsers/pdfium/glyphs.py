"""Convert a pdfium text page to Glyphs: em boxes, runs and visibility."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from itertools import repeat

import numpy as np

from extract.reading.ink.affine import Matrix, map_boxes, map_points
from extract.reading.ink.ink import (
    BLANK,
    BRIGHTNESS_WEIGHTS,
    KEPT,
    NO_CLIP,
    STANDARD_FONTS,
    UNKNOWN_FONT,
    Bools,
    Floats,
    Glyphs,
    Ints,
    TextRuns,
    are_blank,
)
from extract.reading.ink.rotation import turns_of
from extract.reading.ink.signs import are_judged
from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.page_objects import Objects
from extract.reading.tolerances import TOLERANCES

IsHidden = Callable[[calls.Pointer], bool] | None
SQUARE_SHARE = 0.001  # of the height: so equal are the sides of a box made from the font size alone
STACKED_STEP_EM = 0.5  # they differ so much along the page
STACKED_EM = 0.1  # glyphs of a vertical text differ so little across
REPLACEMENT = 0xFFFD
LONGEST_NAME = 64
PLACE_BITS = 17  # hold the number of a glyph: pdfium.py refuses pages of more than 120,000


def read_glyphs(
    text_page: calls.Pointer, bulk: Ints, count: int, objects: Objects, matrix: Matrix, is_hidden: IsHidden
) -> Glyphs:
    """Return all glyphs that pdfium did not invent itself; blanks are kept and marked as such.

    `bulk` is the text of the whole page from one call. Where it has one code per glyph it gives the characters;
    elsewhere each glyph is asked, and glyph_counts.py compares the counts.
    """
    if len(bulk) == count:
        codes = bulk
    else:
        codes = np.fromiter(map(calls.get_unicode, repeat(text_page), range(count)), np.int64, count)
    kept = np.ones(count, np.bool_)
    blanks = np.flatnonzero((codes <= 32) | (codes == 0xA0))
    invented = np.fromiter(map(calls.is_generated, repeat(text_page), blanks.tolist()), np.int64, len(blanks))
    kept[blanks[invented != 0]] = False  # pdfium adds blanks and line ends of its own
    places = np.flatnonzero(kept).tolist()
    codes = _mend_codes(text_page, codes[kept], places)
    owners = np.fromiter(map(calls.get_text_object, repeat(text_page), places), np.int64, len(places))
    boxes = calls.fill_structs(calls.get_loose_box, 4, text_page, places)
    shown = map_boxes(boxes, matrix)
    drawn = _read_drawn(text_page, codes, places, matrix)
    run_of, firsts = _number_runs(owners)
    heads = owners[firsts].tolist()
    pointers = calls.prepare(heads)
    fonts, known = _number_fonts(pointers)
    clips = _find_clips(owners[firsts], objects)
    runs = _read_runs(text_page, [places[i] for i in firsts.tolist()], pointers, clips, matrix)
    runs.font[:] = known[fonts]
    if is_hidden is not None:
        runs.hidden[:] = [bool(owner) and is_hidden(pointer) for owner, pointer in zip(heads, pointers, strict=True)]
    blank = are_blank(codes)
    drop = np.where(blank, BLANK, KEPT)
    codes[_find_unmapped(text_page, codes, places, run_of, fonts) & ~blank] = REPLACEMENT
    run_of, runs = _part_vertical(text_page, places, shown, run_of, runs, matrix)
    letters = list(codes.astype("<u4").tobytes().decode("utf-32-le"))
    return Glyphs(letters, codes, shown, run_of, drop, runs, drawn)


def _part_vertical(
    text_page: calls.Pointer, places: list[int], shown: Floats, run_of: Ints, runs: TextRuns, matrix: Matrix
) -> tuple[Ints, TextRuns]:
    """Make each glyph of a vertical font a run of its own, with its own baseline and an em box around it.

    pdfium tells a vertical font by its boxes alone: they stand below each other, and they are as large as the font's
    own size, whatever the matrix makes of it. Changes `shown`.
    """
    size, level = runs.size[run_of], runs.turn[run_of] == 0
    rows = np.flatnonzero(_find_vertical(shown, size, run_of) & level)
    rows = np.union1d(rows, np.flatnonzero(level & _are_unscaled(text_page, places, shown, size, level)))
    if not len(rows):
        return run_of, runs
    origin = calls.fill_doubles(calls.get_origin, 2, text_page, [places[i] for i in rows.tolist()])
    x, y = map_points(origin[:, 0], origin[:, 1], matrix)
    em = size[rows]
    shown[rows] = np.stack(
        [x, y - (1.0 - TOLERANCES.em_below_em) * em, x + em, y + TOLERANCES.em_below_em * em], axis=1
    )
    old = np.concatenate([np.arange(len(runs.size)), run_of[rows]])
    new = run_of.copy()
    new[rows] = len(runs.size) + np.arange(len(rows))
    parted = runs.take(old)
    parted.base[new[rows]] = y
    return new, parted


def _find_vertical(shown: Floats, size: Floats, run_of: Ints) -> Bools:
    """Return glyphs below or above another one of their text object, at the same place across."""
    found = np.zeros(len(shown), np.bool_)
    step = np.abs(np.diff(shown, axis=0))
    below = (
        (run_of[1:] == run_of[:-1]) & (step[:, 0] < STACKED_EM * size[1:]) & (step[:, 1] > STACKED_STEP_EM * size[1:])
    )
    found[1:] |= below
    found[:-1] |= below
    return found


def _are_unscaled(text_page: calls.Pointer, places: list[int], shown: Floats, size: Floats, level: Bools) -> Bools:
    """Return glyphs with square boxes unlike their size on the page: as large as their font's own size."""
    wide, high = shown[:, 2] - shown[:, 0], shown[:, 3] - shown[:, 1]
    odd = level & (np.abs(wide - high) < SQUARE_SHARE * high) & ((high > 2 * size) | (high < size / 2)) & (high > 0)
    for i in np.flatnonzero(odd).tolist():
        odd[i] = abs(calls.get_font_size(text_page, places[i]) - high[i]) < SQUARE_SHARE * high[i]
    return odd


def _read_drawn(text_page: calls.Pointer, codes: Ints, places: list[int], matrix: Matrix) -> Floats:
    """Return the boxes of the drawn shapes of characters that the digit check judges; NaN for others."""
    drawn = np.full((len(codes), 4), np.nan)
    asked = np.flatnonzero(are_judged(codes))
    box = calls.fill_doubles(calls.get_char_box, 4, text_page, [places[i] for i in asked.tolist()])
    drawn[asked] = map_boxes(box[:, [0, 2, 1, 3]], matrix)
    return drawn


def _find_unmapped(text_page: calls.Pointer, codes: Ints, places: list[int], run_of: Ints, fonts: Ints) -> Bools:
    """Return glyphs whose font maps them to no character; asked once per font and character."""
    keys = codes + (fonts << 22)[run_of]
    ordered = np.sort((keys << PLACE_BITS) + np.arange(len(keys)))  # one sort instead of the three of np.unique
    firsts = ordered[np.diff(ordered >> PLACE_BITS, prepend=-1) > 0] & (1 << PLACE_BITS) - 1
    wrong = [keys[i] for i in firsts.tolist() if calls.has_map_error(text_page, places[i]) == 1]
    return np.isin(keys, wrong) if wrong else np.zeros(len(codes), np.bool_)


def _number_fonts(objects: list[calls.Pointer]) -> tuple[Ints, Ints]:
    """Return the number of each text object's font on this page, and of each font its number if viewers agree."""
    numbers: dict[calls.Handle, int] = {}
    fonts = [numbers.setdefault(font, len(numbers)) for font in map(calls.get_font, objects)]
    common = [bool(font) and _is_common(pointer) for font, pointer in zip(numbers, calls.prepare(numbers), strict=True)]
    drawn = [k if same else UNKNOWN_FONT for k, same in enumerate(common)]
    return np.array(fonts, np.int64), np.array(drawn, np.int64)


def _is_common(font: calls.Pointer) -> bool:
    """Return True if a font's file is in the document, or every viewer has it."""
    if calls.is_embedded(font) == 1:
        return True
    buffer = ctypes.create_string_buffer(LONGEST_NAME)
    length = calls.get_font_name(font, buffer, LONGEST_NAME)
    return 0 < length <= LONGEST_NAME and buffer.value.decode("utf-8", "replace") in STANDARD_FONTS


def _mend_codes(text_page: calls.Pointer, codes: Ints, places: list[int]) -> Ints:
    """Restore hyphens at line ends, which pdfium replaces by a mark; surrogates and control codes become U+FFFD."""
    mended = codes.copy()
    for k in np.flatnonzero((codes == 2) | (codes == 0xAD) | (codes == 0xFFFE)).tolist():
        if calls.is_hyphen(text_page, places[k]):
            mended[k] = ord("-")
    surrogate = (mended >= 0xD800) & (mended <= 0xDFFF)
    control = (mended < 32) & ~are_blank(mended)
    mended[surrogate | control | (mended > 0x10FFFF)] = REPLACEMENT
    return mended


def _number_runs(owners: Ints) -> tuple[Ints, Ints]:
    """Return the run number per glyph and the first glyph of each run, from the text objects of glyphs."""
    changes = np.ones(len(owners), np.bool_)
    np.not_equal(owners[1:], owners[:-1], out=changes[1:])
    return np.cumsum(changes) - 1, np.flatnonzero(changes)


def _read_runs(
    text_page: calls.Pointer,
    firsts: list[int],
    objects: list[calls.Pointer],
    clips: tuple[Floats, Ints],
    matrix: Matrix,
) -> TextRuns:
    n = len(firsts)
    font = np.fromiter(map(calls.get_font_size, repeat(text_page), firsts), np.float64, n)
    m = calls.fill_structs(calls.get_matrix, 6, text_page, firsts)
    paint = calls.fill_columns(calls.get_text_fill, 4, text_page, firsts, kind=np.uint32) / 255
    modes = np.fromiter(map(calls.get_render_mode, objects), np.int64, n)  # -1 where there is no object
    a, b, c, d, _, _ = matrix
    along = np.stack([m[:, 0] * a + m[:, 1] * c, m[:, 0] * b + m[:, 1] * d], axis=1)
    up = np.stack([m[:, 2] * a + m[:, 3] * c, m[:, 2] * b + m[:, 3] * d], axis=1)
    turn = turns_of(along)
    origin = calls.fill_doubles(calls.get_origin, 2, text_page, firsts)
    x, y = map_points(origin[:, 0], origin[:, 1], matrix)
    return TextRuns(
        size=np.abs(font) * np.hypot(up[:, 0], up[:, 1]),
        base=np.where(turn % 2 == 1, x, y),
        turn=turn,
        light=paint[:, :3] @ BRIGHTNESS_WEIGHTS,
        unseen=(modes == 3) | (modes == 7) | (paint[:, 3] < TOLERANCES.unseen_alpha),
        faint=paint[:, 3] < TOLERANCES.faint_alpha,
        hidden=np.zeros(n, np.bool_),
        clip=clips[0],
        order=clips[1],
        font=np.full(n, UNKNOWN_FONT),
    )


def _find_clips(owners: Ints, objects: Objects) -> tuple[Floats, Ints]:
    """Return the clip and painting order of each run's text object; unknown objects have neither."""
    layers = objects.layers
    handles = np.concatenate([*(np.array(layer.handles, np.int64) for layer in layers), [-1]])
    clips = np.concatenate([*(layer.clips for layer in layers), [NO_CLIP]])
    order = np.concatenate([*(layer.order for layer in layers), [-1]])
    ordered = np.argsort(handles, kind="stable")  # the first of its address
    at = ordered[np.searchsorted(handles, owners, sorter=ordered) % len(handles)]
    at[handles[at] != owners] = -1
    return clips[at], order[at]
