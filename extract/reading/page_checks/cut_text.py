"""Find texts of tables that paper shows only in part.

A clip, the page's edge or an area painted later may cut a text. A clip that ends at the border of the text's own cell
leaves no doubt about the cell's content: the text is kept whole, with a note. The rest of a figure may look like
another figure, so a figure that is cut is a problem, unless the page before or after shows the rest (page_seams.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.cell_text import Sorted, join_cells
from extract.reading.grid.clips import end_at_borders, find_sides, move_inside
from extract.reading.grid.placement import (
    OUTSIDE,
    PlacedTable,
    Spots,
    are_glued,
    boxes_of,
    find_cut,
    has_clips,
    owners_at,
)
from extract.reading.ink.ink import CLIPPED, HIDDEN, KEPT, Bools, Floats, Glyphs, Ink, Ints
from extract.reading.ink.visibility import find_meetings, list_ranges, surround_runs
from extract.reading.page_checks.problems import TEXT_CUT, PageNote, Problem, list_problems, part_by_cell
from extract.reading.tolerances import TOLERANCES

FIGURES = frozenset(map(ord, "0123456789０１２３４５６７８９.,，．%％≥≤=<>≧≦＞＜＝+-−±"))


@dataclass(frozen=True, slots=True)
class CutLine:
    """A line of a cut text, and the share of its height that is shown, 0 to 1."""

    text: str
    shown: float


@dataclass(frozen=True, slots=True)
class CutText:
    """A text that a clip cuts above or below at its own cell's border."""

    text: str
    shown: tuple[bool, ...]  # of each glyph: whether its middle is
    lines: tuple[CutLine, ...]
    box: Box  # of the cell
    cut: bool  # the clip takes so much that what is left may look like something else
    own: bool  # the clip shows this cell alone, so nothing but the cell itself is too low
    figure: bool  # digits or signs of a figure are cut

    def describe(self) -> str:
        """Return the first cut line of the text."""
        return next((line.text for line in self.lines if line.shown < 1), self.text)[:20]


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A text that the page's edge or a clip hides wholly, at a cell."""

    text: str
    box: Box  # of the cell

    def repeats(self, text: str) -> bool:
        """Return True if it is `text`, once or several times: a merged cell is drawn anew for each page it reaches."""
        return bool(text) and self.text == text * (len(self.text) // len(text))


@dataclass(slots=True)
class Cuts:
    """Glyphs of cells that a clip cuts or hides: at which sides, left, top, right, bottom; whether at own borders."""

    glyph: Ints
    sides: Bools
    own: Bools


def find_cuts(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints) -> Cuts:
    """Return the kept glyphs of cells that a clip hides or takes much of."""
    rows, sides = find_cut(ink.glyphs, spots)
    inside = owner[rows] >= 0
    rows, sides = rows[inside], sides[inside]
    return Cuts(rows, sides, end_at_borders(sides, spots.clip[rows], boxes_of(owner[rows], tables)))


def check_cuts(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, cuts: Cuts) -> tuple[Problem, ...]:
    """Return the unexplained partly hidden texts of tables, one problem per cell and kind."""
    if not len(ink.glyphs) or not tables:
        return ()
    kept = (ink.glyphs.drop == KEPT) & (owner >= 0)
    kinds = (
        ("a clip or the edge of the page cuts", _find_clipped(ink, kept, cuts)),
        ("an area painted later covers", _find_covered(ink, spots, kept)),
        ("only a part can be seen of", _find_broken(ink, spots, kept)),
        ("outside the table that it began in stands", _find_run_out(ink, spots, tables, owner)),
    )
    problems: list[Problem] = []
    for what, found in kinds:
        problems += list_problems(ink, tables, owner, found, Reason.CONSERVATION, what)
    return tuple(problems)


def find_hidden_texts(ink: Ink, spots: Spots, tables: list[PlacedTable]) -> tuple[HiddenText, ...]:
    """List the texts that a clip or the page's edge hides at cells, one for each cell."""
    if not tables:
        return ()
    hidden, homes = _find_hidden(ink, spots, tables)
    found = []
    for cell in np.unique(homes[homes != OUTSIDE]).tolist():
        text = "".join(ink.glyphs.text[i] for i in hidden[homes == cell].tolist())
        found.append(HiddenText(text, Box(*boxes_of(np.array([cell]), tables)[0].tolist())))
    return tuple(found)


def check_left_out(ink: Ink, cut: Sequence[CutText], notes: Sequence[PageNote]) -> tuple[Problem, ...]:
    """Return a problem for each cell whose text a clip cuts, in a file without the letters that clips hide.

    Such a text looks whole although letters are missing: `1-2` has become `12` (c21_left_out).
    """
    if not ink.lacks_hidden:
        return ()
    found = {one.box: one.describe() for one in cut} | {note.box: note.detail for note in notes}
    what = "cairo, which wrote the file, leaves out letters that a clip hides:"
    return tuple(Problem(Reason.CONSERVATION, ink.page, f"{what} {text!r}", box) for box, text in found.items())


def judge_cuts_aside(
    ink: Ink, tables: list[PlacedTable], owner: Ints, cuts: Cuts, texts: dict[int, str]
) -> tuple[list[Problem], list[PageNote]]:
    """Judge texts cut by their cell's border at the side: a note, for a figure a problem."""
    aside = cuts.glyph[cuts.own & (cuts.sides[:, 0] | cuts.sides[:, 2])]
    problems, notes = [], []
    for cell, some in part_by_cell(aside, owner):
        box, text = Box(*boxes_of(np.array([cell]), tables)[0].tolist()), texts[cell]
        if is_cut_figure(ink.glyphs.code[some], text):
            detail = f"a clip shows only a part of {text[:20]!r}"
            problems.append(Problem(Reason.CONSERVATION, ink.page, detail, box))
        else:
            notes.append(PageNote(TEXT_CUT, ink.page, box, text[:20]))
    return problems, notes


def is_cut_figure(cut: Ints, text: str) -> bool:
    """Return True if cut characters belong to a figure, which paper may then show as another one."""
    if FIGURES.isdisjoint(cut.tolist()):
        return False
    return sum(letter.isdigit() for letter in text) >= TOLERANCES.figure_digit_share * len(text)


def find_cut_texts(
    ink: Ink, spots: Spots, tables: list[PlacedTable], placed: Sorted, texts: dict[int, str], cuts: Cuts
) -> list[CutText]:
    """Return the cells whose clip hides lines above or below or cuts them, as over a page break."""
    if not has_clips(ink.glyphs):
        return []
    clip = spots.clip[placed.glyph]
    level = spots.turn[placed.glyph] == 0
    touched = level & (show_parts(spots, placed.glyph) < 1)
    touched |= (spots.y[placed.glyph] < clip[:, 1]) | (spots.y[placed.glyph] > clip[:, 3])
    if not touched.any():
        return []
    upright = cuts.glyph[cuts.own & (cuts.sides[:, 1] | cuts.sides[:, 3])]
    found = []
    for cell in np.unique(placed.group[touched]).tolist():
        rows = placed.take(placed.group == cell)
        box = Box(*boxes_of(np.array([cell]), tables)[0].tolist())
        cut = upright[np.isin(upright, rows.glyph)]
        found.append(_read_cut_text(ink.glyphs, spots, rows, texts[cell], box, cut))
    return found


def _read_cut_text(glyphs: Glyphs, spots: Spots, rows: Sorted, text: str, box: Box, cut: Ints) -> CutText:
    clip, y = spots.clip[rows.glyph], spots.y[rows.glyph]
    parts = show_parts(spots, rows.glyph)
    rows.group = rows.line
    lines = join_cells(glyphs, spots, rows)
    shown = (y >= clip[:, 1]) & (y <= clip[:, 3])
    high = spots.clip[cut, 3] - spots.clip[cut, 1]
    return CutText(
        text,
        tuple(shown.tolist()),
        tuple(CutLine(one, float(parts[rows.line == line].min())) for line, one in lines.items()),
        box,
        len(cut) > 0,
        len(cut) > 0 and bool(high.max() <= box.y1 - box.y0 + 2 * TOLERANCES.cell_clip_pt),
        is_cut_figure(glyphs.code[cut], text),
    )


def show_parts(spots: Spots, glyphs: Ints) -> Floats:
    """Return the share of each glyph's height that its clip shows, 0 to 1."""
    high, base = TOLERANCES.digit_height_em * np.maximum(spots.size[glyphs], 1e-6), spots.base[glyphs]
    top, bottom = np.maximum(spots.clip[glyphs, 1], base - high), np.minimum(spots.clip[glyphs, 3], base)
    part: Floats = np.clip((bottom - top) / high, 0.0, 1.0)
    return np.where(part > 1 - TOLERANCES.cut_digit_share, 1.0, part)


def _seen_through(ink: Ink) -> Floats:
    """Return the visible box of each glyph's run: its clip and the page."""
    clip = ink.glyphs.runs.clip
    return np.concatenate([np.maximum(clip[:, :2], 0.0), np.minimum(clip[:, 2:], [ink.width, ink.height])], axis=1)


def _find_hidden(ink: Ink, spots: Spots, tables: list[PlacedTable]) -> tuple[Ints, Ints]:
    """Return glyphs that are clipped away, and the cell of each."""
    rows = np.flatnonzero(ink.glyphs.drop == CLIPPED)
    if not len(rows):
        return rows, rows
    window = _seen_through(ink)[ink.glyphs.run[rows]]
    x, y = spots.x[rows], spots.y[rows]
    return rows, owners_at(*move_inside(x, y, window, find_sides(x, y, window)), tables)


def _find_clipped(ink: Ink, kept: Bools, cuts: Cuts) -> Ints:
    """Return glyphs shown in part for another reason than their own cell's border."""
    box = ink.glyphs.box
    wide = np.maximum(box[:, 2] - box[:, 0], 1e-6)
    cut = kept & (np.maximum(-box[:, 0], box[:, 2] - ink.width) / wide > TOLERANCES.cut_aside_share)
    cut[cuts.glyph] = ~cuts.own
    return np.flatnonzero(cut)


def _ink_boxes(ink: Ink, spots: Spots) -> Floats:
    """Estimate the ink of each glyph: its box without margins, of level glyphs from the baseline up."""
    box, level = ink.glyphs.box.copy(), spots.turn == 0
    margin = TOLERANCES.blank_beside_share * (box[:, 2:] - box[:, :2])
    box[:, :2] += margin
    box[:, 2:] -= margin
    box[level, 1] = (spots.base - TOLERANCES.digit_height_em * spots.size)[level]
    box[level, 3] = spots.base[level]
    return box


def _find_covered(ink: Ink, spots: Spots, kept: Bools) -> Ints:
    """Return kept glyphs whose ink a later area covers; those wholly under white are dropped already."""
    runs, fills = ink.glyphs.run, ink.fills
    order = ink.glyphs.runs.order
    late = np.flatnonzero(fills.order > int(order.min(initial=0)))
    if not len(late):
        return late
    box = _ink_boxes(ink, spots)
    areas, covered = find_meetings(fills.box[late], surround_runs(box, runs, len(order)))
    areas = late[areas]
    under = (order[covered] >= 0) & (order[covered] < fills.order[areas])
    areas, covered = areas[under], covered[under]
    if not len(areas):
        return areas
    shown = np.flatnonzero(kept)
    ordered = shown[np.argsort(runs[shown], kind="stable")]
    first, last = np.searchsorted(runs[ordered], covered), np.searchsorted(runs[ordered], covered, "right")
    glyph, area = ordered[list_ranges(first, last - first)], np.repeat(areas, last - first)
    return np.unique(glyph[_shares(box[glyph], fills.box[area]) > TOLERANCES.covered_share])


def _shares(boxes: Floats, areas: Floats) -> Floats:
    """Return the part of each box that its area covers, 0..1."""
    low, high = np.maximum(boxes[:, :2], areas[:, :2]), np.minimum(boxes[:, 2:], areas[:, 2:])
    whole = np.maximum(boxes[:, 2:] - boxes[:, :2], 1e-6).prod(-1)
    shared: Floats = np.clip(high - low, 0.0, None).prod(-1) / whole
    return shared


def _find_run_out(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints) -> Ints:
    """Return glyphs right behind the edge of a table that continue a text at that edge."""
    box = ink.glyphs.box
    outside = np.flatnonzero((owner == OUTSIDE) & (ink.glyphs.drop == KEPT) & (spots.turn == 0))
    x, y, size, start = spots.x[outside], spots.y[outside], spots.size[outside], box[outside, 0]
    found: list[int] = []
    for table in tables if len(outside) else ():
        right, (top, bottom) = float(table.lattice.xs[-1]), table.lattice.ys[[0, -1]]
        near = (y > top) & (y < bottom) & (start - right < TOLERANCES.continued_em * size) & (x > right)
        for i in outside[near].tolist():
            gap = box[i, 0] - box[:, 2]
            line = (owner >= table.first) & (
                np.abs(spots.base - spots.base[i]) < TOLERANCES.same_baseline_em * spots.size[i]
            )
            if (line & (np.abs(gap) < TOLERANCES.continued_em * spots.size[i])).any():
                found.append(i)
    return np.array(found, np.int64)


def _find_broken(ink: Ink, spots: Spots, kept: Bools) -> Ints:
    """Return glyphs whose neighbour in the same word is hidden."""
    hidden = (ink.glyphs.drop == HIDDEN) | (ink.glyphs.drop == CLIPPED)
    if not hidden.any():
        return np.zeros(0, np.int64)
    pairs = np.flatnonzero((kept[:-1] & hidden[1:]) | (hidden[:-1] & kept[1:]))
    glued = pairs[are_glued(ink.glyphs, spots, pairs, pairs + 1)]
    return np.where(kept[glued], glued, glued + 1)
