"""Resolve texts that a page break cuts, over all checked pages of a document.

A merged cell over a page break is drawn whole on both pages, and each page clips the part that the other one shows:
both keep the whole text. Some software draws only the lines that touch a page; the line on the break is then drawn on
both pages, and stays on the page that shows its middle. Text that no page shows is a note if its own cell is too low
for it, and a problem otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from extract.entities import Box, Cell
from extract.errors import Reason
from extract.reading.ink.ink import Bools
from extract.reading.page import CheckedPage
from extract.reading.page_checks.cut_text import CutText, HiddenText
from extract.reading.page_checks.problems import TEXT_CUT, PageNote, Problem
from extract.reading.tolerances import TOLERANCES


def settle_seams(pages: tuple[CheckedPage, ...]) -> tuple[CheckedPage, ...]:
    """Return the pages with each cut text resolved: shown on the page beside, drawn twice, note, or problem."""
    settled = list(pages)
    for k, page in enumerate(pages):
        for cut in page.cut:
            if not cut.cut or _is_shown_beside(pages, k, cut):
                continue
            if _drop_line_on_seam(pages, settled, k, cut):
                continue
            settled[k] = _judge(settled[k], cut)
        for hidden in page.hidden_texts:
            if not _is_drawn_again(pages, k, hidden):
                detail = f"a clip or the edge of the page hides {hidden.text[:20]!r}"
                problem = Problem(Reason.CONSERVATION, page.grids.page, detail, hidden.box)
                settled[k] = replace(settled[k], problems=(*settled[k].problems, problem))
    return tuple(settled)


def _is_drawn_again(pages: tuple[CheckedPage, ...], k: int, hidden: HiddenText) -> bool:
    """Return True if the hidden text is that of its cell, printed by the cell or its part on a page beside."""
    mine = [cell for grid in pages[k].grids.grids for cell in grid.cells if cell.box == hidden.box]
    if any(cell.text and hidden.repeats(cell.text) for cell in mine):
        return True
    if any(cell.text for cell in mine):
        return False
    for step in (1, -1):
        other, box = k + step, hidden.box
        while 0 <= other < len(pages) and (cell := _find_part(pages, other - step, other, box)) is not None:
            if cell.text:
                return hidden.repeats(cell.text)
            other, box = other + step, cell.box
    return False


def _find_part(pages: tuple[CheckedPage, ...], k: int, other: int, box: Box) -> Cell | None:
    """Return the part on a page beside of a cell that spans the break between them, None where there is none."""
    cells = [cell for grid in pages[other].grids.grids for cell in grid.cells]
    return next((cell for cell in cells if _are_beside(pages, k, other, box, cell.box)), None)


def _judge(page: CheckedPage, cut: CutText) -> CheckedPage:
    """Make a note or a problem of a text of which no page shows the rest."""
    number = page.grids.page
    if not cut.figure and (cut.own or all(cut.shown)):
        return replace(page, notes=(*page.notes, PageNote(TEXT_CUT, number, cut.box, cut.describe())))
    if cut.figure and all(cut.shown):
        detail = f"a clip or the edge of the page cuts {cut.describe()!r}"
    else:
        detail = f"lines of {cut.text[:20]!r} are hidden and stand on no other page"
    return replace(page, problems=(*page.problems, Problem(Reason.CONSERVATION, number, detail, cut.box)))


def _is_shown_beside(pages: tuple[CheckedPage, ...], k: int, cut: CutText) -> bool:
    """Return True if the pages before and after that print the same text show what this one hides."""
    shown: Bools = np.array(cut.shown)
    beside = False
    for step in (1, -1):
        other = k + step
        while 0 <= other < len(pages) and (more := _find_shown(pages[other], cut)) is not None:
            shown |= more
            beside = True
            other += step
    return bool(beside and shown.all())


def _find_shown(page: CheckedPage, cut: CutText) -> Bools | None:
    """Return the glyphs of a cut text that another page shows, None where it does not print the text."""
    same = [c.shown for c in page.cut if c.text == cut.text and len(c.shown) == len(cut.shown)]
    if same:
        shown: Bools = np.any(np.array(same), axis=0)
        return shown
    whole = any(cell.text == cut.text for grid in page.grids.grids for cell in grid.cells)
    return np.ones(len(cut.shown), np.bool_) if whole else None


def _drop_line_on_seam(pages: tuple[CheckedPage, ...], settled: list[CheckedPage], k: int, cut: CutText) -> bool:
    """Drop one of two parts of a line drawn on both pages of a break; return True if there was one."""
    for step, here, there in ((1, -1, 0), (-1, 0, -1)):
        other = k + step
        if not 0 <= other < len(pages):
            continue
        line = cut.lines[here]
        rest = [one for one in pages[other].cut if _are_beside(pages, k, other, cut.box, one.box)]
        hidden = [one.shown < 1 for one in cut.lines]
        if sum(hidden) != 1 or not hidden[here]:
            continue
        for one in rest:
            twin = one.lines[there]
            if twin.text == line.text and line.shown + twin.shown >= TOLERANCES.whole_line_share:
                if (line.shown, -step) < (twin.shown, step):
                    settled[k] = _take_line(settled[k], cut, line.text, step)
                return True
    return False


def _are_beside(pages: tuple[CheckedPage, ...], k: int, other: int, box: Box, twin: Box) -> bool:
    """Return True if two cells are in one column, at the end of one page's table and the start of the other's."""
    if abs(box.x0 - twin.x0) > TOLERANCES.column_moved_pt or abs(box.x1 - twin.x1) > TOLERANCES.column_moved_pt:
        return False
    upper, lower, page = (box, twin, k) if k < other else (twin, box, other)
    ends = [abs(grid.box.y1 - upper.y1) < TOLERANCES.seam_edge_pt for grid in pages[page].grids.grids]
    return any(ends) and lower.y0 < upper.y1


def _take_line(page: CheckedPage, cut: CutText, line: str, step: int) -> CheckedPage:
    """Remove the last line of a cell's text (the first, where the rest is on the page before)."""

    def shorten(cell: Cell) -> Cell:
        """Return the cut cell without the line, other cells unchanged."""
        if cell.box != cut.box or cell.text != cut.text:
            return cell
        return replace(cell, text=cell.text.removesuffix(line) if step > 0 else cell.text.removeprefix(line))

    grids = tuple(replace(grid, cells=tuple(map(shorten, grid.cells))) for grid in page.grids.grids)
    return replace(page, grids=replace(page.grids, grids=grids))
