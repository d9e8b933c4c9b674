"""A pdfium text page in, Glyphs out: em boxes, runs and what is known of their visibility."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat

import numpy as np

from extract.pages import raw
from extract.pages.affine import Matrix, map_boxes, map_points
from extract.pages.ink import BLANK_CODES, NO_CLIP, Bools, Drop, Floats, Glyphs, Ints, Runs
from extract.pages.pdfium_objects import TEXT, Objects, intersect, map_clips

IsHidden = Callable[[raw.Handle], bool] | None
MAYBE_INVENTED = np.array([0, 10, 13, 32, 0xA0])
MAYBE_HYPHEN = np.array([2, 0xAD, 0xFFFE])
REPLACEMENT = 0xFFFD


def read_glyphs(text_page: raw.Handle, count: int, objects: Objects, matrix: Matrix, is_hidden: IsHidden) -> Glyphs:
    """All glyphs that pdfium did not invent itself; blanks are kept and marked as such."""
    codes = np.array(list(map(raw.get_unicode, repeat(text_page, count), range(count))), dtype=np.int64)
    kept = np.ones(count, np.bool_)
    for i in np.flatnonzero(np.isin(codes, MAYBE_INVENTED)).tolist():
        kept[i] = not raw.is_generated(text_page, i)  # pdfium adds blanks and line ends of its own
    places = np.flatnonzero(kept).tolist()
    codes = _mend_codes(text_page, codes[kept], places)
    owners = [o or 0 for o in map(raw.get_text_object, repeat(text_page), places)]
    boxes = raw.fill_structs(raw.get_loose_box, len(places), 4, repeat(text_page), places)
    shown = map_boxes(boxes[:, [0, 3, 2, 1]].astype(np.float64), matrix)
    run_of, firsts = _number_runs(owners)
    heads = [owners[i] for i in firsts]
    runs = _read_runs(text_page, [places[i] for i in firsts], heads, objects, matrix)
    if is_hidden is not None:
        runs.hidden[:] = [bool(owner) and is_hidden(owner) for owner in heads]
    drop = np.where(np.isin(codes, BLANK_CODES), np.int64(Drop.BLANK), np.int64(Drop.KEPT))
    codes[_find_unmapped(text_page, codes, places, run_of, heads)] = REPLACEMENT
    return Glyphs(list(map(chr, codes.tolist())), codes, shown, run_of, drop, runs)


def _find_unmapped(text_page: raw.Handle, codes: Ints, places: list[int], run_of: Ints, heads: list[int]) -> Bools:
    """Glyphs whose font does not say what character they are; asked once per font and character."""
    fonts = np.array([raw.get_font(owner) or 0 if owner else 0 for owner in heads], dtype=np.int64)
    if not len(codes):
        return np.zeros(0, np.bool_)
    number = np.unique(fonts, return_inverse=True)[1].reshape(-1)
    keys, firsts, back = np.unique(codes + (number[run_of] << 22), return_index=True, return_inverse=True)
    wrong = np.array([raw.has_map_error(text_page, places[i]) == 1 for i in firsts.tolist()], dtype=np.bool_)
    found: Bools = wrong[back.reshape(len(codes))]
    return found & ~np.isin(codes, BLANK_CODES) & (len(keys) > 0)


def _mend_codes(text_page: raw.Handle, codes: Ints, places: list[int]) -> Ints:
    """Hyphens at line ends, which pdfium turns into a mark of its own, become hyphens; what is no character U+FFFD."""
    mended = codes.copy()
    for k in np.flatnonzero(np.isin(codes, MAYBE_HYPHEN)).tolist():
        if raw.is_hyphen(text_page, places[k]):
            mended[k] = ord("-")
    surrogate = (mended >= 0xD800) & (mended <= 0xDFFF)
    control = (mended < 32) & ~np.isin(mended, (9, 10, 13))
    mended[surrogate | control | (mended > 0x10FFFF)] = REPLACEMENT
    return mended


def _number_runs(owners: list[int]) -> tuple[Ints, list[int]]:
    """Text objects per glyph in; run number per glyph and the first glyph of each run out."""
    if not owners:
        return np.zeros(0, np.int64), []
    ids = np.array(owners, dtype=np.int64)
    changes = np.concatenate([[True], ids[1:] != ids[:-1]])
    return np.cumsum(changes) - 1, [int(i) for i in np.flatnonzero(changes)]


def _read_runs(
    text_page: raw.Handle, firsts: list[int], owners: list[raw.Handle], objects: Objects, matrix: Matrix
) -> Runs:
    n = len(firsts)
    font = np.array(list(map(raw.get_font_size, repeat(text_page, n), firsts)), dtype=np.float64)
    m = raw.fill_structs(raw.get_matrix, n, 6, repeat(text_page), firsts).astype(np.float64)
    paint = raw.fill_rows(raw.get_text_fill, n, 4, repeat(text_page), firsts, kind=np.uint32).astype(np.float64) / 255
    modes = np.array([raw.get_render_mode(o) if o else 0 for o in owners], dtype=np.int64)
    clips, order = _find_clips(owners, objects)
    a, b, c, d, _, _ = matrix
    along = np.stack([m[:, 0] * a + m[:, 1] * c, m[:, 0] * b + m[:, 1] * d], axis=1)
    up = np.stack([m[:, 2] * a + m[:, 3] * c, m[:, 2] * b + m[:, 3] * d], axis=1)
    turn = turns_of(along)
    x, y = map_points(m[:, 4], m[:, 5], matrix)  # the origin of the object's first glyph
    return Runs(
        size=np.abs(font) * np.hypot(up[:, 0], up[:, 1]),
        base=np.where(turn % 2 == 1, x, y),
        turn=turn,
        light=paint[:, :3] @ np.array([0.299, 0.587, 0.114]),
        unseen=(modes == 3) | (modes == 7) | (paint[:, 3] < 0.02),
        faint=paint[:, 3] < 0.7,
        hidden=np.zeros(n, np.bool_),
        clip=clips,
        order=order,
    )


def turns_of(along: Floats) -> Ints:
    """Directions of writing on the displayed page in, quarter turns clockwise out, -1 for oblique (over 3 degrees)."""
    angle = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    quarter = np.round(angle / 90.0)
    turn = (quarter.astype(np.int64)) % 4
    return np.where(np.abs(angle - quarter * 90.0) > 3.0, -1, turn)


def _find_clips(owners: list[raw.Handle], objects: Objects) -> tuple[Floats, Ints]:
    """The clip and painting order of each run's text object."""
    clip_of: dict[int, tuple[float, ...]] = {}
    order_of: dict[int, int] = {}
    for layer in objects.layers:
        places = [i for i, t in enumerate(layer.types) if t == TEXT]
        handles = [layer.handles[i] for i in places]
        clips = intersect(map_clips(handles, layer.matrix), layer.clip)
        clip_of.update(zip(handles, map(tuple, clips.tolist()), strict=True))
        order_of.update((h, layer.first + i) for h, i in zip(handles, places, strict=True))
    clips = np.array([clip_of.get(o, NO_CLIP) for o in owners], dtype=np.float64).reshape(-1, 4)
    return clips, np.array([order_of.get(o, -1) for o in owners], dtype=np.int64)
