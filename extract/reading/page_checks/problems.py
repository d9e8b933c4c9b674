"""Make problems and notes with their places from glyphs or boxes that a check found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.placement import PlacedTable, boxes_of
from extract.reading.ink.ink import Floats, Ink, Ints

TEXT_CUT = "text_cut"
QUOTED = 12  # letters of a text that a problem quotes


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason why a place of a page may not be loaded; without a box it is the whole page."""

    reason: Reason
    page: int
    detail: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class PageNote:
    """A remark on a place although its text is exact: `text_cut`, paper shows only a part of it."""

    code: str
    page: int
    box: Box
    detail: str


def unite(boxes: Floats) -> Box:
    """Return the box around (n, 4) boxes."""
    low, high = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def quote(ink: Ink, glyphs: Ints) -> str:
    """Return the first letters of some glyphs."""
    return "".join(ink.glyphs.text[i] for i in glyphs.tolist()[:QUOTED])


def list_problems(
    ink: Ink, tables: list[PlacedTable], owner: Ints, glyphs: Ints, reason: Reason, what: str
) -> list[Problem]:
    """Make one problem for each cell of some glyphs, with the cell's box; outside cells with the glyphs' own box."""
    problems = []
    for cell, some in part_by_cell(glyphs, owner):
        box = Box(*boxes_of(np.array([cell]), tables)[0].tolist()) if cell >= 0 else unite(ink.glyphs.box[some])
        problems.append(Problem(reason, ink.page, f"{what} {quote(ink, some)!r}", box))
    return problems


def part_by_cell(glyphs: Ints, owner: Ints) -> list[tuple[int, Ints]]:
    """Group glyphs by cell, in page order; those in no cell are one group."""
    cells = owner[glyphs]
    return [(cell, glyphs[cells == cell]) for cell in np.unique(cells).tolist()]
