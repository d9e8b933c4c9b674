"""Build the ruled tables of a page from its ink, with the problems that its checks found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from extract.entities import Box, Cell, Grid, Line, PageGrids
from extract.reading.grid.cell_text import Sorted, find_overlaps, find_side_by_side, join_cells, join_lines, sort_glyphs
from extract.reading.grid.inferred_columns import infer_in_frame, infer_lattices
from extract.reading.grid.lattice import Lattice, find_lattices, find_stretches
from extract.reading.grid.likeness import Look, describe_look
from extract.reading.grid.outlined_letters import drop_outlines
from extract.reading.grid.overflow import find_covered, find_lost_ends, settle_hanging_lines
from extract.reading.grid.placement import LOST, OUTSIDE, PlacedTable, Placement, Spots, locate, place
from extract.reading.grid.spans import adopt_corners, find_spans
from extract.reading.ink.ink import BLANK, CLIPPED, KEPT, Drop, Floats, Ink, mend_widths, settle_characters
from extract.reading.ink.rotation import turn_upright
from extract.reading.ink.visibility import find_median, mark_unseen
from extract.reading.page_checks.covering_images import check_pictures
from extract.reading.page_checks.cut_text import (
    Cuts,
    CutText,
    HiddenText,
    check_cuts,
    check_left_out,
    find_cut_texts,
    find_cuts,
    find_hidden_texts,
    judge_cuts_aside,
)
from extract.reading.page_checks.drawn_strokes import check_strokes
from extract.reading.page_checks.glyph_counts import (
    check_actual_texts,
    check_covered,
    check_crossing_words,
    check_inferred,
    check_letters,
    check_looks,
    check_lost_ends,
    check_page,
    check_side_by_side,
    count_unreadable,
)
from extract.reading.page_checks.problems import PageNote, Problem
from extract.reading.raster.digit_places import Digits, find_digits
from extract.reading.tolerances import TOLERANCES

PARTED_FIGURES = re.compile(r"\d\s+\d")


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A page with its problems; a page with problems may be shown but not loaded."""

    grids: PageGrids
    problems: tuple[Problem, ...]
    pictures: float  # part of the page that images cover, 0..1
    glyphs: int  # kept
    typed: int = 0  # texts that are form fields or free notes and stand in no cell
    cut: tuple[CutText, ...] = ()  # texts that continue on the page before or after
    digits: Digits | None = None  # of its tables, for the digit check
    hidden: str = ""  # what a clip or the edge of the page hides, in the order of the file
    notes: tuple[PageNote, ...] = ()  # about texts that are exact and that paper does not show whole
    hidden_texts: tuple[HiddenText, ...] = ()  # at cells, which may be drawn again on the page beside
    unreadable: int = 0  # letters of its tables without a known character
    chinese: int = 0  # letters of its tables
    is_glance: bool = False  # only the checks that are made on every page were made
    look: Look | None = None  # of a page on which everything is seen whole


@dataclass(slots=True)
class Stages:
    """Intermediate results of one page, for `StagedPage` and for drawing (stage_overlay.py)."""

    ink: Ink  # upright; `drop` holds the reason why a glyph is left out
    turn: int  # quarter turns that it was turned back by
    spots: Spots
    tolerance: float  # points: rules so near to each other are one line
    tables: list[PlacedTable]
    placement: Placement
    rows: Sorted  # the glyphs of cells
    outside: Sorted  # those outside every table
    needs_order: bool  # the order of painting decides to which cell a line belongs


def run_stages(ink: Ink) -> Stages:
    """Run the stages of one page up to its text: unseen glyphs, lattices, spans, placement, reading order."""
    settle_characters(ink.glyphs)
    mend_widths(ink.glyphs)
    mark_unseen(ink)
    turn = turn_upright(ink)
    spots = locate(ink.glyphs)
    ink.rules = drop_outlines(ink.rules, ink.glyphs, spots)
    tolerance = _find_tolerance(ink, spots)
    tables = _find_tables(ink, spots, tolerance)
    placement = place(ink.glyphs, spots, tables, ink.width, ink.height)
    owner, before = placement.owner, placement.owner.copy()
    placement.doubtful += settle_hanging_lines(ink.glyphs, spots, tables, owner)
    needs_order = bool(placement.doubtful) or bool((owner != before).any())
    placed = sort_glyphs(ink.glyphs, spots, owner, (ink.glyphs.drop == KEPT) & (owner != LOST))
    first = int(np.count_nonzero(placed.group == OUTSIDE))  # they come before those of cells
    rows, outside = placed.take(slice(first, None)), placed.take(slice(first))
    return Stages(ink, turn, spots, tolerance, tables, placement, rows, outside, needs_order)


@dataclass(slots=True)
class StagedPage:
    """A page whose tables and texts are known; its checks, which take as long again, run on demand."""

    stages: Stages
    typed: int
    cuts: Cuts
    texts: dict[int, str]  # of cells
    grids: PageGrids

    def glance(self) -> CheckedPage:
        """Return the page with the checks that every page needs: hidden texts, cut texts, unreadable letters."""
        stages = self.stages
        ink, tables, rows = stages.ink, stages.tables, stages.rows
        garbled = (*check_letters(ink, tables, stages.placement.owner, rows), *check_actual_texts(ink))
        cut = tuple(find_cut_texts(ink, stages.spots, tables, rows, self.texts, self.cuts))
        hidden = "".join(ink.glyphs.text[i] for i in np.flatnonzero(ink.glyphs.drop == CLIPPED).tolist())
        away, kept = find_hidden_texts(ink, stages.spots, tables), len(rows.glyph) + len(stages.outside.glyph)
        about = (self.grids, garbled, _cover(ink), kept, self.typed, cut)
        unreadable, chinese = count_unreadable(ink, rows)
        return CheckedPage(
            *about, hidden=hidden, hidden_texts=away, unreadable=unreadable, chinese=chinese, is_glance=True
        )

    def check(self) -> CheckedPage:
        """Return the page with the problems that its checks find, and with the digits for the digit check."""
        stages, cuts, texts = self.stages, self.cuts, self.texts
        ink, spots, tables, placement = stages.ink, stages.spots, stages.tables, stages.placement
        owner, rows, outside = placement.owner, stages.rows, stages.outside
        aside, notes = judge_cuts_aside(ink, tables, owner, cuts, texts)
        problems = (
            *check_page(ink, tables, owner, rows, outside, find_overlaps(ink.glyphs, rows)),
            *check_cuts(ink, spots, tables, owner, cuts),
            *aside,
            *check_inferred(ink, tables, placement.crossing),
            *check_side_by_side(ink, tables, rows, find_side_by_side(ink.glyphs, rows)),
            *check_actual_texts(ink),
            *check_crossing_words(ink, placement.doubtful),
            *check_lost_ends(ink, spots, tables, owner, find_lost_ends(ink.glyphs, spots, tables, owner, ink.height)),
            *check_looks(ink, tables, rows),
            *check_covered(ink, tables, find_covered(ink.glyphs, spots, tables, owner)),
            *check_pictures(ink, tables, owner),
            *check_strokes(ink, spots, tables, owner),
        )
        glance = self.glance()
        problems += check_left_out(ink, glance.cut, notes)
        digits = find_digits(ink, spots, owner, texts, stages.turn)
        checked = replace(glance, problems=problems, notes=tuple(notes), digits=digits, is_glance=False)
        return replace(checked, look=describe_look(ink, spots)) if _is_plain(checked, stages) else checked


def _is_plain(page: CheckedPage, stages: Stages) -> bool:
    """Return True if the letters, rules and areas of a page, wherever they came from, determine its tables and texts.

    Everything is seen whole, no line belongs to a cell by the order of painting, and no blank parts two figures.
    """
    ink = stages.ink
    if stages.needs_order or page.problems or page.notes or page.typed or page.cut or page.hidden or page.hidden_texts:
        return False
    if ink.conflicts or len(ink.pictures.box) or (ink.glyphs.drop > BLANK).any():
        return False
    texts = chain((line.text for line in page.grids.lines), (c.text for grid in page.grids.grids for c in grid.cells))
    return not any(PARTED_FIGURES.search(text) for text in texts)


def build_page(ink: Ink, typed: int = 0) -> CheckedPage:
    """Run a page through all its stages and checks."""
    return stage_page(ink, typed).check()


def stage_page(ink: Ink, typed: int = 0) -> StagedPage:
    """Run the stages of a page without its checks: find its tables, the text of their cells, and the lines outside."""
    stages = run_stages(ink)
    cuts = find_cuts(ink, stages.spots, stages.tables, stages.placement.owner)
    texts = join_cells(ink.glyphs, stages.spots, stages.rows)
    lines = tuple(Line(text, box) for text, box in join_lines(ink.glyphs, stages.outside))
    grids = tuple(_build_grid(ink.page, number, table, texts) for number, table in enumerate(stages.tables, 1))
    page = PageGrids(ink.page, ink.width, ink.height, grids, lines, _count_dropped(ink))
    return StagedPage(stages, typed, cuts, texts, page)


def _find_tolerance(ink: Ink, spots: Spots) -> float:
    """Return the distance in pt up to which rules are one line: 0.45 em of the page's median size, from 1 to 3 pt."""
    size = find_median(spots.size[ink.glyphs.drop == KEPT], 10.0)
    return min(TOLERANCES.most_snap_pt, max(TOLERANCES.least_snap_pt, TOLERANCES.snap_em * size))


def _find_tables(ink: Ink, spots: Spots, tolerance: float) -> list[PlacedTable]:
    """Return lattices with at least two cells, top to bottom."""
    level, upright = find_stretches(ink.rules, tolerance)
    lattices, used = find_lattices(level, upright, tolerance, _find_middles(ink, spots))
    inferred = infer_lattices(level.take(~used), ink.rules, ink.glyphs, spots, tolerance) if (~used).sum() > 2 else []
    for k, lattice in enumerate(lattices):
        if len(lattice.xs) == 2:  # a frame with level rules alone inside
            lattices[k] = infer_in_frame(lattice, ink.rules, ink.glyphs, spots, tolerance) or lattice
    lattices = sorted([*lattices, *inferred], key=lambda la: (round(float(la.ys[0])), float(la.xs[0])))
    tables: list[PlacedTable] = []
    first = 0
    for lattice in lattices:
        spans = find_spans(lattice)
        if (spans.owner < 0).any():
            adopt_corners(lattice, spans, _find_places(lattice, ink, spots))
        if len(spans.cells) > 1 and _holds_anything(lattice, ink, spots):
            tables.append(PlacedTable(lattice, spans, first))
            first += len(spans.cells)
    return tables


def _find_middles(ink: Ink, spots: Spots) -> tuple[Floats, Floats]:
    """Return the middles of the kept letters."""
    kept = ink.glyphs.drop == KEPT
    return spots.x[kept], spots.y[kept]


def _find_places(lattice: Lattice, ink: Ink, spots: Spots) -> list[tuple[int, int]]:
    """Return the lattice cells that hold letters."""
    xs, ys = lattice.xs, lattice.ys
    x, y = spots.x, spots.y
    inside = (ink.glyphs.drop == KEPT) & (xs[0] < x) & (x < xs[-1]) & (ys[0] < y) & (y < ys[-1])
    rows, columns = np.searchsorted(ys, y[inside]) - 1, np.searchsorted(xs, x[inside]) - 1
    return sorted(set(zip(rows.tolist(), columns.tolist(), strict=True)))


def _holds_anything(lattice: Lattice, ink: Ink, spots: Spots) -> bool:
    """Return True if a letter or an image lies among the lines: those of a chart hold nothing (c11_drawings)."""
    left, top, right, bottom = lattice.box_of(0, 0, len(lattice.ys) - 1, len(lattice.xs) - 1)
    kept = ink.glyphs.drop == KEPT
    if (kept & (left < spots.x) & (spots.x < right) & (top < spots.y) & (spots.y < bottom)).any():
        return True
    box = ink.pictures.box
    return bool(((box[:, 0] < right) & (box[:, 2] > left) & (box[:, 1] < bottom) & (box[:, 3] > top)).any())


def _build_grid(page: int, number: int, table: PlacedTable, texts: dict[int, str]) -> Grid:
    xs, ys = table.lattice.xs.tolist(), table.lattice.ys.tolist()
    cells = tuple(
        Cell(row, col, height, width, Box(xs[col], ys[row], xs[col + width], ys[row + height]), texts.get(k, ""))
        for k, (row, col, height, width) in enumerate(table.spans.cells, table.first)
    )
    box = Box(xs[0], ys[0], xs[-1], ys[-1])
    return Grid(page, number, box, len(ys) - 1, len(xs) - 1, cells)


def _count_dropped(ink: Ink) -> dict[str, int]:
    counts = np.bincount(ink.glyphs.drop, minlength=len(Drop)).tolist()
    return {reason.name.lower(): counts[reason] for reason in Drop if reason > BLANK and counts[reason]}


def _cover(ink: Ink) -> float:
    """Return the largest part of the page, 0..1, that one image covers."""
    images = ink.pictures.box[~ink.pictures.outline]
    if not len(images) or ink.width <= 0 or ink.height <= 0:
        return 0.0
    box = np.clip(images, 0, [ink.width, ink.height, ink.width, ink.height])
    return float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).max() / (ink.width * ink.height))
