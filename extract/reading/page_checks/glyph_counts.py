"""A page with placed glyphs in, problems out: what would be lost, doubled or unreadable if the page were loaded.

Completeness: each glyph is in exactly one cell, outside every table, or dropped with a counted reason, and their number
equals the reader's own bulk text. Placement is proven elsewhere: a glyph moved to a wrong cell is caught by the second
reader, by the overlap check here and by the believability checks on the records (plausibility.py).
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.cell_text import Sorted
from extract.reading.grid.placement import LOST, PlacedTable
from extract.reading.ink.ink import BLANK, CLIPPED, KEPT, Ink, Ints

HEADER_ROWS = 2  # group words of a header may stand over several columns


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a page may not be loaded."""

    reason: Reason
    page: int
    detail: str
    box: Box | None = None


def check_page(
    ink: Ink, tables: list[PlacedTable], owner: Ints, placed: Sorted, outside: Sorted, overlaps: Ints
) -> tuple[Problem, ...]:
    """All checks of one page that need its glyphs."""
    problems = [*_check_tiles(ink, tables), *_check_counts(ink, owner, placed, outside), *_check_letters(ink, placed)]
    if len(overlaps):
        text = "".join(ink.glyphs.text[i] for i in overlaps.tolist()[:8])
        box = Box(*(float(v) for v in ink.glyphs.box[int(overlaps[0])]))
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"text over other text at {text!r}", box))
    return tuple(problems)


def _check_tiles(ink: Ink, tables: list[PlacedTable]) -> list[Problem]:
    """Cells tile each table: no lattice cell outside a rectangle."""
    problems = []
    for number, table in enumerate(tables, 1):
        if table.spans.ragged:
            row, column = table.spans.ragged[0]
            detail = f"table {number}: the lines around row {row + 1}, column {column + 1} do not enclose a rectangle"
            problems.append(Problem(Reason.CONSERVATION, ink.page, detail))
    return problems


def check_inferred(ink: Ink, tables: list[PlacedTable], crossing: list[int]) -> tuple[Problem, ...]:
    """A word that crosses a border which only the text suggests, below the header: the border is in doubt."""
    for number, table in enumerate(tables, 1):
        for cell in crossing if table.lattice.doubtful else []:
            if table.first <= cell < table.first + len(table.spans.cells):
                row, column, _, width = table.spans.cells[cell - table.first]
                if row >= HEADER_ROWS and {column, column + width} & set(table.lattice.doubtful):
                    detail = f"table {number}, row {row + 1}: text crosses an undrawn border of column {column + 1}"
                    return (Problem(Reason.CONSERVATION, ink.page, detail),)
    return ()


def check_side_by_side(ink: Ink, tables: list[PlacedTable], owner: Ints, before_gap: Ints) -> tuple[Problem, ...]:
    """Two texts side by side in one cell: an upright rule is missing. A row of one cell may print so."""
    for glyph in before_gap.tolist():
        cell = int(owner[glyph])
        for number, table in enumerate(tables, 1):
            if table.first <= cell < table.first + len(table.spans.cells):
                row, column, _, width = table.spans.cells[cell - table.first]
                if width < len(table.lattice.xs) - 1:
                    detail = f"table {number}, row {row + 1}, column {column + 1}: two texts stand side by side"
                    return (Problem(Reason.CONSERVATION, ink.page, detail),)
    return ()


def check_actual_texts(ink: Ink) -> tuple[Problem, ...]:
    """Glyphs whose font says what they are, under an ActualText that says something else."""
    return tuple(
        Problem(Reason.GARBLED_TEXT, ink.page, f"{c.drawn[:20]!r} is printed, its ActualText is {c.said[:20]!r}", Box(*c.box))
        for c in ink.conflicts
    )


def check_overflow(ink: Ink, doubtful: list[Ints]) -> tuple[Problem, ...]:
    """A word over a rule of which nobody can say to which cell it belongs."""
    for word in doubtful[:1]:
        text = "".join(ink.glyphs.text[i] for i in word.tolist())
        return (Problem(Reason.CONSERVATION, ink.page, f"{text[:20]!r} stands across a rule"),)
    return ()


def _check_counts(ink: Ink, owner: Ints, placed: Sorted, outside: Sorted) -> list[Problem]:
    """Placed + outside + dropped = all glyphs = bulk text; nothing inside a table's box without a cell."""
    problems = []
    drop = ink.glyphs.drop
    lost = np.flatnonzero((owner == LOST) & (drop == KEPT))
    if len(lost):
        text = "".join(ink.glyphs.text[i] for i in lost.tolist()[:8])
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"{len(lost)} glyphs in no cell of a table: {text!r}"))
    total = int((drop != BLANK).sum())
    counted = len(placed.glyph) + len(outside.glyph) + len(lost) + int((drop > BLANK).sum())
    if counted != total:
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"{total} glyphs on the page, {counted} accounted for"))
    clipped = ink.glyphs.run[drop == CLIPPED]
    half = np.intersect1d(clipped, ink.glyphs.run[placed.glyph]) if len(clipped) else clipped
    if len(half):
        text = "".join(ink.glyphs.text[i] for i in np.flatnonzero(ink.glyphs.run == half[0]).tolist())
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"a clip shows only a part of {text[:20]!r}"))
    if 0 <= ink.bulk_count != total:
        detail = f"{total} glyphs with boxes, {ink.bulk_count} in the text of the page"
        problems.append(Problem(Reason.CONSERVATION, ink.page, detail))
    return problems


def _check_letters(ink: Ink, placed: Sorted) -> list[Problem]:
    """Glyphs without a known character: private use, unassigned, replacement or control characters."""
    codes = ink.glyphs.code[placed.glyph]
    letters = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    if letters.isprintable() and "\ufffd" not in letters:
        return []
    bad = list(filter(is_garbled, np.unique(codes).tolist()))
    if not bad:
        return []
    count = int(np.isin(codes, bad).sum())
    sample = " ".join(f"U+{code:04X}" for code in bad[:5])
    return [Problem(Reason.GARBLED_TEXT, ink.page, f"{count} glyphs of a table have no known character: {sample}")]


@cache
def is_garbled(code: int) -> bool:
    """Whether a character says nothing about what is printed."""
    return code == 0xFFFD or unicodedata.category(chr(code)) in ("Co", "Cn", "Cs", "Cc")
