"""Find lines and shapes drawn among the letters of a cell that change its meaning.

A line through a text strikes it out, one before a figure is a minus, and a filled outline beside figures is a digit
that was drawn. The text layer has none of them, so a page that has one may not be loaded.
"""

from __future__ import annotations

import numpy as np

from extract.errors import Reason
from extract.reading.grid.lattice import join
from extract.reading.grid.placement import PlacedTable, Spots
from extract.reading.ink.ink import KEPT, Bools, Floats, Ink, Ints
from extract.reading.page_checks.problems import Problem, list_problems
from extract.reading.tolerances import TOLERANCES

STRUCK_LETTERS = 2  # letters under one line
FIGURES = frozenset("0123456789０１２３４５６７８９.,，．%％≥≤=<>≧≦＞＜＝¥￥")


def check_strokes(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints) -> tuple[Problem, ...]:
    """Return a problem per cell: a text struck out (conservation), a drawn minus or digit (no_text_layer)."""
    level = ink.rules.box[ink.rules.level]
    if not tables or not (len(level) or ink.pictures.outline.any()):
        return ()
    inside = (owner >= 0) & (ink.glyphs.drop == KEPT) & (spots.turn == 0)
    lines = level[~_are_borders(tables, level)]
    problems = (
        *_find_lines(ink, spots, tables, owner, inside, lines),
        *_find_shapes(ink, spots, tables, owner, inside),
    )
    return tuple(dict.fromkeys(problems))


def _are_borders(tables: list[PlacedTable], level: Floats) -> Bools:
    """Return level lines between upright lines of a table, alone or with the pieces that continue them.

    A border may be drawn in pieces that end where the cells above end, not those below (c03_cut_by_own_border).
    """
    xs = np.concatenate([table.lattice.xs for table in tables])
    found = _reach(xs, level[:, 0]) & _reach(xs, level[:, 2])
    rest = np.flatnonzero(~found)
    middle = (level[:, 1] + level[:, 3]) / 2
    for k in rest.tolist():
        near = level[np.abs(middle - middle[k]) <= TOLERANCES.border_pieces_pt]
        whole = join(np.zeros(len(near)), near[:, 0], near[:, 2], TOLERANCES.dash_gap_pt)
        mine = (whole.start <= level[k, 0]) & (level[k, 2] <= whole.end)
        found[k] = bool((mine & _reach(xs, whole.start) & _reach(xs, whole.end)).any())
    return found


def _reach(xs: Floats, ends: Floats) -> Bools:
    near: Bools = np.abs(ends[:, None] - xs).min(1) < TOLERANCES.stroke_at_side_pt
    return near


def _find_lines(
    ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, inside: Bools, lines: Floats
) -> list[Problem]:
    """Find lines through letters, and short ones before figures."""
    box = ink.glyphs.box
    problems: list[Problem] = []
    for start, top, end, bottom in lines.tolist():
        beside = np.flatnonzero(
            inside & (np.abs(spots.y - (top + bottom) / 2) < TOLERANCES.struck_through_em * spots.size)
        )
        x, size = spots.x[beside], spots.size[beside]
        struck = beside[(x > start) & (x < end)]
        if len(struck) >= STRUCK_LETTERS:
            what = "a line is drawn through"
            problems += list_problems(ink, tables, owner, struck, Reason.CONSERVATION, what)
        gap = box[beside, 0] - end
        before = beside[
            (gap > -1) & (gap < TOLERANCES.before_figure_em * size) & (end - start < TOLERANCES.minus_length_em * size)
        ]
        for glyph in before.tolist() if not len(struck) else []:
            if ink.glyphs.text[glyph] in FIGURES and _lies_in(tables, int(owner[glyph]), start, end):
                text = beside[owner[beside] == owner[glyph]]
                problems += list_problems(ink, tables, owner, text, Reason.NO_TEXT_LAYER, "a line is drawn before")
    return problems


def _lies_in(tables: list[PlacedTable], cell: int, start: float, end: float) -> bool:
    """Return True if a stretch is inside a cell; the last dash of a border beside the cell is not."""
    table = next(table for table in reversed(tables) if table.first <= cell)
    left, _, right, _ = table.box_of(cell)
    return left + TOLERANCES.border_dash_pt < start and end < right - TOLERANCES.border_dash_pt


def _find_shapes(ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, inside: Bools) -> list[Problem]:
    """Find outlines as high as the letters of their line, beside a figure of a cell."""
    box = ink.glyphs.box
    problems: list[Problem] = []
    for x0, y0, x1, y1 in ink.pictures.box[ink.pictures.outline].tolist():
        like = (
            (y1 - y0 > TOLERANCES.least_shape_em * spots.size)
            & (y1 - y0 < spots.size)
            & (x1 - x0 < TOLERANCES.shape_width_em * spots.size)
        )
        on_line = inside & like & (np.abs(spots.y - (y0 + y1) / 2) < TOLERANCES.struck_through_em * spots.size)
        gap = np.maximum(box[:, 0] - x1, x0 - box[:, 2])
        near = np.flatnonzero(on_line & (np.abs(gap) < TOLERANCES.before_figure_em * spots.size))
        if any(ink.glyphs.text[i] in FIGURES for i in near.tolist()):
            what = "a shape is drawn beside"
            problems += list_problems(ink, tables, owner, near, Reason.NO_TEXT_LAYER, what)
    return problems
