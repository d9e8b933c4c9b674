"""Compute the marks that show what one stage of reading made of a page.

Runs in the reading child only (page_picture.py), which opens the file in place of the requesting process.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from extract.entities import Column, Grid, PageGrids, Quad
from extract.errors import Reason, Refused
from extract.limits import Limits
from extract.reading.document import interpret
from extract.reading.drawing.overlay import COLOURS, Mark, Stage, name_column
from extract.reading.grid.inferred_columns import stretches_of
from extract.reading.grid.lattice import Lattice, Stretches, find_stretches, mark_edges
from extract.reading.grid.placement import OUTSIDE, PlacedTable
from extract.reading.ink.ink import BLANK, KEPT, Bools, Drop, Floats, Ink
from extract.reading.page import CheckedPage, Stages, build_page, run_stages
from extract.reading.pages import read_checked_pages, read_ink
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.form_head import finds_head, is_columnar
from extract.reading.tables.head_cells import is_word
from extract.reading.tables.indexed_grid import index_grid
from extract.reading.tables.layout import Layout, find_layouts

COLUMN_KINDS = [name_column(column.value) for column in Column]
READER = "pdfium"  # whose stages are shown under `auto`: both readers have the same


TITLES = {
    Stage.INK: "ink: every letter as read or dropped, rules, areas and pictures",
    Stage.LATTICE: "lattice: the lines that make the tables, joined from rules or inferred",
    Stage.CELLS: "cells: what the lines enclose; a merged cell is one",
    Stage.GRID: "grid: the cell that each letter is placed in",
    Stage.RECORDS: "records: what each cell is read as; no tint: blank, not loaded, or the rest of a form's head",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Marks of a drawing, and the texts above its legend."""

    marks: list[Mark]
    said: tuple[str, ...]


def show_stage(
    stage: Stage, path: Path, page: int, reader: str, password: str | None, limits: Limits | None = None
) -> Shown:
    """Return the marks of a page (1-based) by the named reader; raises Refused."""
    reader = READER if reader == "auto" else reader
    said = (f"page {page}, {TITLES[stage]}",)
    if stage is Stage.RECORDS:
        pages = read_checked_pages(path, reader, password, limits)
        marks, verdicts = mark_records(pages, page)
        return Shown(marks, (*said, *verdicts))
    ink, _ = next(islice(read_ink(path, reader, password, limits), page - 1, None))
    return Shown(mark_ink_stage(stage, ink), said)


def mark_ink_stage(stage: Stage, ink: Ink) -> list[Mark]:
    """Return the marks of the stages that depend on one page only."""
    if stage is Stage.CELLS:
        return mark_cells(build_page(ink).grids)
    mark = {Stage.INK: mark_ink, Stage.LATTICE: mark_lattices, Stage.GRID: mark_letters}[stage]
    return mark(run_stages(ink))


def mark_ink(stages: Stages) -> list[Mark]:
    """Mark every glyph that leaves ink by its fate, and all other paint."""
    ink = stages.ink
    marks = [Mark(box, "fill") for box in _boxes(ink.fills.box)]
    marks += [Mark(box, "picture") for box in _boxes(ink.pictures.box)]
    marks += [Mark(box, "rule") for box in _boxes(ink.rules.box)]
    seen = ink.glyphs.drop != BLANK
    kinds = [Drop(reason).name.lower() for reason in ink.glyphs.drop[seen].tolist()]
    return marks + [Mark(box, kind) for box, kind in zip(_boxes(ink.glyphs.box[seen]), kinds, strict=True)]


def mark_lattices(stages: Stages) -> list[Mark]:
    """Mark the lines of every table: drawn ones, and those inferred from other lines or gaps in the text."""
    level, upright = find_stretches(stages.ink.rules, stages.tolerance)
    marks = []
    for table in stages.tables:
        lattice = table.lattice
        by_rules = _find_drawn(lattice.ys, lattice.xs, level, stages.tolerance)
        marks += [
            Mark((start, at, end, at), kind)
            for kind, edges in (("line", lattice.level & by_rules), ("end", lattice.level & ~by_rules))
            for at, start, end in _list_lines(lattice.ys, lattice.xs, edges)
        ]
        by_rules = _find_drawn(lattice.xs, lattice.ys, upright, stages.tolerance)
        marks += [
            Mark((at, start, at, end), kind)
            for kind, edges in _part_uprights(lattice, by_rules)
            for at, start, end in _list_lines(lattice.xs, lattice.ys, edges)
        ]
    return marks


def _part_uprights(lattice: Lattice, by_rules: Bools) -> list[tuple[str, Bools]]:
    """Divide the upright edges by their evidence."""
    edges, by_gap = lattice.upright.T, np.zeros((len(lattice.xs), 1), np.bool_)
    by_gap[list(lattice.doubtful)] = True
    return [("line", edges & by_rules), ("end", edges & ~by_rules & ~by_gap), ("gap", edges & ~by_rules & by_gap)]


def _find_drawn(at: Floats, along: Floats, stretches: Stretches, tolerance: float) -> Bools:
    """Return which parts of a lattice's lines the page draws."""
    if not len(stretches):
        return np.zeros((len(at), len(along) - 1), np.bool_)
    nearest = at[np.abs(at[None, :] - stretches.at[:, None]).argmin(1)]
    near = np.abs(nearest - stretches.at) <= tolerance
    return mark_edges(at, along, Stretches(nearest[near], stretches.start[near], stretches.end[near]), [])


def _list_lines(at: Floats, along: Floats, edges: Bools) -> Iterator[tuple[float, float, float]]:
    """Yield consecutive edges as one line: its position, start and end."""
    for position, row in zip(at.tolist(), edges, strict=True):
        for first, last in stretches_of(row):
            yield position, float(along[first]), float(along[last])


def mark_cells(page: PageGrids) -> list[Mark]:
    """Mark every cell, and the lines of text outside tables."""
    cells = [Mark(cell.box, "cell") for grid in page.grids for cell in grid.cells]
    return cells + [Mark(line.box, "text") for line in page.lines]


def mark_letters(stages: Stages) -> list[Mark]:
    """Mark every cell in a colour that no neighbour has, and every kept glyph in that of its cell."""
    marks, colours = [], {}
    for table in stages.tables:
        for cell, colour in enumerate(colour_cells(table), table.first):
            colours[cell] = colour
            marks.append(Mark(table.box_of(cell), f"cell {colour}"))
    glyphs = stages.ink.glyphs
    kept = glyphs.drop == KEPT
    for box, owner in zip(_boxes(glyphs.box[kept]), stages.placement.owner[kept].tolist(), strict=True):
        kind = f"letter {colours[owner]}" if owner >= 0 else "outside" if owner == OUTSIDE else "lost"
        marks.append(Mark(box, kind))
    return marks


def colour_cells(table: PlacedTable) -> list[int]:
    """Assign each cell of a table a colour number that differs from its neighbours'."""
    owner = table.spans.owner
    beside: dict[int, set[int]] = {cell: set() for cell in range(len(table.spans.cells))}
    for one, other in ((owner[:-1], owner[1:]), (owner[:, :-1], owner[:, 1:])):
        for a, b in {*zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)}:
            if a != b and min(a, b) >= 0:
                beside[a].add(b)
                beside[b].add(a)
    colours: list[int] = []
    for cell, others in beside.items():
        taken = {colours[other] for other in others if other < cell}
        turn = [(cell + k) % len(COLOURS) for k in range(len(COLOURS))]
        colours.append(next((colour for colour in turn if colour not in taken), turn[0]))
    return colours


def mark_records(pages: tuple[CheckedPage, ...], number: int) -> tuple[list[Mark], list[str]]:
    """Mark the cells of a page by the columns that they are read as, and header cells; list what is held back."""
    assembler, verdicts = Assembler(), []
    try:
        held = interpret(pages, "", READER, assembler)[0].held
    except Refused as error:
        held, verdicts = (), [f"the document is refused: {_in_ascii(error.reason, error.page)}"]
    here = {(one.reason, one.page) for one in held if one.page <= number <= one.last_page}
    verdicts += [f"held back: {_in_ascii(reason, page)}" for reason, page in sorted(here)]
    page = pages[number - 1].grids
    cells = {cell.box for grid in page.grids for cell in grid.cells}
    fields = {mark: None for mark in _list_fields(assembler, number) if mark.box in cells}  # a caption is no cell
    marks = sorted(fields, key=lambda mark: COLUMN_KINDS.index(mark.kind))  # the legend lists them so
    return marks + [mark for grid in page.grids for mark in _mark_header(grid)], verdicts


def _list_fields(assembler: Assembler, page: int) -> Iterator[Mark]:
    """Yield every printed piece of a field on a page."""
    for part in assembler.parts:
        for draft in part.drafts:
            for column, field in (*draft.project.fields.items(), *draft.fields.items()):
                for piece in field.fragments:
                    if piece.page == page:
                        yield Mark(piece.box, name_column(column.value))


def _mark_header(grid: Grid) -> Iterator[Mark]:
    """Mark the cells of header blocks with their columns, and the words of a form's head."""
    table = index_grid(grid)
    try:
        layouts = find_layouts(table)
    except Refused:  # an unlisted word: the legend names it
        return
    for layout in layouts:
        yield from _mark_block(grid, layout)
    is_form = any(not one.is_flat for one in layouts) or (
        not layouts and finds_head(table, 0, grid.n_rows) is not None and not is_columnar(table)
    )
    inside = {row for layout in layouts for row in range(layout.start, layout.stop)}
    for cell in grid.cells if is_form else ():
        if cell.row not in inside and is_word(cell):
            yield Mark(cell.box, "header")


def _mark_block(grid: Grid, layout: Layout) -> Iterator[Mark]:
    for cell in grid.cells:
        if layout.start <= cell.row < layout.stop and cell.text:
            below = {h.column for h in layout.headings if cell.col < h.last and h.first < cell.col + cell.colspan}
            if len(below) == 1 and (column := below.pop()) is not None:
                yield Mark(cell.box, name_column(column.value))
            yield Mark(cell.box, "header")


def _boxes(boxes: Floats) -> list[Quad]:
    return [(x0, y0, x1, y1) for x0, y0, x1, y1 in boxes.tolist()]


def _in_ascii(reason: Reason, page: int | None) -> str:
    """Describe a reason in ASCII, as the legend's font has no Chinese."""
    return f"{reason.value}, page {page}" if page else reason.value
