"""A page with placed glyphs in, the texts of its tables of which paper shows only a part out.

A clip, the page's edge or an area painted later may cut a text. What is left of a number may look like another number,
so a text that is cut is refused. Only where the page break itself cuts a merged cell may a part be hidden: then the
next page shows the rest, which document_checks.py proves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.errors import Reason
from extract.reading.grid.cell_text import Sorted
from extract.reading.grid.placement import OUTSIDE, PlacedTable, Spots, are_glued, boxes_of, fits_height, owners_at
from extract.reading.ink.ink import CLIPPED, HIDDEN, KEPT, Bools, Floats, Ink, Ints
from extract.reading.ink.visibility import overlap, surround_runs
from extract.reading.page_checks.glyph_counts import Problem

CUT_ASIDE = 0.34  # of a glyph's width: more than its own margin
CUT_ABOVE = 0.25  # of the height of a digit
HIGH = 0.72  # of the size: how high a digit stands over the baseline
COVERED = 0.25  # of a glyph's ink
MARGIN = 0.12  # of a glyph's width is blank on each side
BEHIND = 0.5  # of the size: nearer than this a letter goes on
INSIDE = 1.0  # points
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class CutText:
    """A text that its cell's clip cuts above or below, and which of its glyphs are shown."""

    text: str
    shown: tuple[bool, ...]


def check_cuts(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, level_cut: Bools) -> tuple[Problem, ...]:
    """One problem at most: the first text of a table of which a part is hidden; `level_cut` is from find_level_cuts."""
    if not len(ink.glyphs) or not tables:
        return ()
    kept = (ink.glyphs.drop == KEPT) & (owner >= 0)
    cuts = (
        ("a clip or the edge of the page hides", _find_hidden(ink, spots, tables)),
        ("a clip or the edge of the page cuts", _find_clipped(ink, spots, tables, owner, kept, level_cut)),
        ("an area painted later covers", _find_covered(ink, spots, kept)),
        ("only a part can be seen of", _find_broken(ink, spots, kept)),
        ("outside the table that it began in stands", _find_run_out(ink, spots, tables, owner)),
    )
    for what, found in cuts:
        if len(found):
            text = "".join(ink.glyphs.text[i] for i in found.tolist()[:12])
            return (Problem(Reason.CONSERVATION, ink.page, f"{what} {text!r}"),)
    return ()


def find_cut_texts(spots: Spots, placed: Sorted, texts: dict[int, str], level_cut: Bools) -> list[CutText]:
    """The cells whose clip hides lines above or below them, as a merged cell over a page break does."""
    cells = np.unique(placed.group[level_cut[placed.glyph]]).tolist() if level_cut.any() else []
    found = []
    for cell in cells:
        glyphs = placed.glyph[placed.group == cell]
        clip, y = spots.clip[glyphs], spots.y[glyphs]
        shown = (y >= clip[:, 1]) & (y <= clip[:, 3])
        found.append(CutText(texts[cell], tuple(shown.tolist())))
    return found


def _seen_through(ink: Ink) -> Floats:
    """What shows of each glyph's run: its clip and the page."""
    clip = ink.glyphs.runs.clip
    return np.concatenate([np.maximum(clip[:, :2], 0.0), np.minimum(clip[:, 2:], [ink.width, ink.height])], axis=1)


def _find_hidden(ink: Ink, spots: Spots, tables: list[PlacedTable]) -> Ints:
    """Glyphs that are clipped away at a place in a table."""
    rows = np.flatnonzero(ink.glyphs.drop == CLIPPED)
    if not len(rows):
        return rows
    window = _seen_through(ink)[ink.glyphs.run[rows]]
    x = np.clip(spots.x[rows], window[:, 0] + INSIDE, np.maximum(window[:, 2], window[:, 0]) - INSIDE)
    y = np.clip(spots.y[rows], window[:, 1] + INSIDE, np.maximum(window[:, 3], window[:, 1]) - INSIDE)
    hidden: Ints = rows[owners_at(x, y, tables) != OUTSIDE]
    return hidden


def _find_clipped(
    ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, kept: Bools, level_cut: Bools
) -> Ints:
    """Glyphs that are shown in part, and not because their merged cell is cut by the page break."""
    box, clip = ink.glyphs.box, spots.clip
    wide = np.maximum(box[:, 2] - box[:, 0], 1e-6)
    left, right = np.maximum(clip[:, 0], 0.0), np.minimum(clip[:, 2], ink.width)
    aside = np.maximum(left - box[:, 0], box[:, 2] - right) / wide
    cut = kept & level_cut
    rows = np.flatnonzero(cut)
    if len(rows):
        cut[rows] = ~fits_height(clip[rows], boxes_of(owner[rows], tables))
    return np.flatnonzero(cut | (kept & (aside > CUT_ASIDE)))


def find_level_cuts(spots: Spots) -> Bools:
    """Level glyphs of whose height the clip cuts too much above or below."""
    high = HIGH * np.maximum(spots.size, 1e-6)
    above, below = (spots.clip[:, 1] - (spots.base - high)) / high, (spots.base - spots.clip[:, 3]) / high
    cut: Bools = (np.maximum(above, below) > CUT_ABOVE) & (spots.turn == 0)
    return cut


def _ink_boxes(ink: Ink, spots: Spots) -> Floats:
    """Where the ink of each glyph is, about: its box without margins, of level glyphs from the baseline up."""
    box, level = ink.glyphs.box.copy(), spots.turn == 0
    margin = MARGIN * (box[:, 2:] - box[:, :2])
    box[:, :2] += margin
    box[:, 2:] -= margin
    box[level, 1] = (spots.base - HIGH * spots.size)[level]
    box[level, 3] = spots.base[level]
    return box


def _find_covered(ink: Ink, spots: Spots, kept: Bools) -> Ints:
    """Kept glyphs on whose ink an area was painted later; those wholly under white are dropped already."""
    runs, fills = ink.glyphs.run, ink.fills
    order = ink.glyphs.runs.order
    late = np.flatnonzero(fills.order > int(order.min(initial=0)))
    if not len(late):
        return late
    box = _ink_boxes(ink, spots)
    around = surround_runs(box, runs, len(order))
    found = np.zeros(len(kept), np.bool_)
    for first in range(0, len(late), AT_ONCE):
        some = late[first : first + AT_ONCE]
        under = overlap(around[None, :], fills.box[some][:, None]) & (order >= 0) & (order < fills.order[some][:, None])
        for area, run in zip(*np.nonzero(under), strict=True):
            mine = np.flatnonzero(kept & (runs == run))
            found[mine] |= _shares(box[mine], fills.box[some[area]]) > COVERED
    return np.flatnonzero(found)


def _shares(boxes: Floats, area: Floats) -> Floats:
    """The part of each box that an area covers, 0..1."""
    low, high = np.maximum(boxes[:, :2], area[:2]), np.minimum(boxes[:, 2:], area[2:])
    whole = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6).prod(-1)
    shared: Floats = np.clip(high - low, 0.0, None).prod(-1) / whole
    return shared


def _find_run_out(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints) -> Ints:
    """Glyphs right behind the edge of a table that go on from a text at that edge."""
    box, outside = ink.glyphs.box, (ink.glyphs.drop == KEPT) & (owner == OUTSIDE) & (spots.turn == 0)
    found: list[int] = []
    for table in tables:
        right, (top, bottom) = float(table.lattice.xs[-1]), table.lattice.ys[[0, -1]]
        near = (
            outside
            & (spots.y > top)
            & (spots.y < bottom)
            & (box[:, 0] - right < BEHIND * spots.size)
            & (spots.x > right)
        )
        for i in np.flatnonzero(near).tolist():
            gap = box[i, 0] - box[:, 2]
            line = (owner >= table.first) & (np.abs(spots.base - spots.base[i]) < 0.1 * spots.size[i])
            if (line & (np.abs(gap) < BEHIND * spots.size[i])).any():
                found.append(i)
    return np.array(found, np.int64)


def _find_broken(ink: Ink, spots: Spots, kept: Bools) -> Ints:
    """Glyphs whose neighbour in the same word is hidden."""
    hidden = ink.glyphs.drop == HIDDEN
    if not hidden.any():
        return np.zeros(0, np.int64)
    pairs = np.flatnonzero((kept[:-1] & hidden[1:]) | (hidden[:-1] & kept[1:]))
    glued = pairs[are_glued(ink.glyphs, spots, pairs, pairs + 1)]
    return np.where(kept[glued], glued, glued + 1)
