"""A pdfium text page in, Glyphs out: em boxes, runs and what is known of their visibility."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat

import numpy as np

from extract.pages import raw
from extract.pages.affine import Matrix, map_boxes, map_points
from extract.pages.ink import NO_CLIP, Bools, Drop, Floats, Glyphs, Ints, Runs, are_blank
from extract.pages.pdfium_objects import TEXT, Objects, intersect, map_clips

IsHidden = Callable[[raw.Handle], bool] | None
REPLACEMENT = 0xFFFD


def read_glyphs(
    text_page: raw.Handle, bulk: Ints, count: int, objects: Objects, matrix: Matrix, is_hidden: IsHidden
) -> Glyphs:
    """All glyphs that pdfium did not invent itself; blanks are kept and marked as such.

    `bulk` is the text of the whole page from one call. Where it has one code per glyph it says what the glyphs are;
    elsewhere each glyph is asked, and conservation.py compares the counts.
    """
    if len(bulk) == count:
        codes = bulk
    else:
        codes = np.array(list(map(raw.get_unicode, repeat(text_page, count), range(count))), dtype=np.int64)
    kept = np.ones(count, np.bool_)
    for i in np.flatnonzero((codes <= 32) | (codes == 0xA0)).tolist():
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
    drop = np.where(are_blank(codes), np.int64(Drop.BLANK), np.int64(Drop.KEPT))
    codes[_find_unmapped(text_page, codes, places, run_of, heads)] = REPLACEMENT
    return Glyphs(list(map(chr, codes.tolist())), codes, shown, run_of, drop, runs)


def _find_unmapped(text_page: raw.Handle, codes: Ints, places: list[int], run_of: Ints, heads: list[int]) -> Bools:
    """Glyphs whose font does not say what character they are; asked once per font and character."""
    fonts = np.array(list(map(raw.get_font, heads)), dtype=np.float64)  # no font is not a number
    if not len(codes):
        return np.zeros(0, np.bool_)
    number = np.unique(fonts, return_inverse=True)[1].reshape(-1)
    keys = codes + (number[run_of] << 22)
    _, firsts = np.unique(keys, return_index=True)
    wrong = [i for i in firsts.tolist() if raw.has_map_error(text_page, places[i]) == 1]
    found: Bools = np.isin(keys, keys[wrong]) if wrong else np.zeros(len(codes), np.bool_)
    return found & ~are_blank(codes)


def _mend_codes(text_page: raw.Handle, codes: Ints, places: list[int]) -> Ints:
    """Hyphens at line ends, which pdfium turns into a mark of its own, become hyphens; what is no character U+FFFD."""
    mended = codes.copy()
    for k in np.flatnonzero((codes == 2) | (codes == 0xAD) | (codes == 0xFFFE)).tolist():
        if raw.is_hyphen(text_page, places[k]):
            mended[k] = ord("-")
    surrogate = (mended >= 0xD800) & (mended <= 0xDFFF)
    control = (mended < 32) & ~are_blank(mended)
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
    modes = np.array(list(map(raw.get_render_mode, owners)), dtype=np.int64)  # -1 where there is no object
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
    handles: list[raw.Handle] = []
    boxes, orders = [np.zeros((0, 4))], [np.zeros(0, np.int64)]
    for layer in objects.layers:
        places = [i for i, t in enumerate(layer.types) if t == TEXT]
        mine = [layer.handles[i] for i in places]
        handles += mine
        boxes.append(intersect(map_clips(mine, layer.matrix), layer.clip))
        orders.append(layer.order[places])
    clips = np.tile(np.array(NO_CLIP), (len(owners), 1))
    order = np.full(len(owners), -1, np.int64)
    if handles and owners:
        known = np.array(handles, dtype=np.int64)
        ranks = np.argsort(known, kind="stable")
        wanted = np.array(owners, dtype=np.int64)
        at = ranks[np.minimum(np.searchsorted(known[ranks], wanted), len(known) - 1)]
        found = known[at] == wanted
        clips[found] = np.concatenate(boxes)[at[found]]
        order[found] = np.concatenate(orders)[at[found]]
    return clips, order
