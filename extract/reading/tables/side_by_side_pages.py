"""Split a page on which two sheets of a document are printed side by side.

Each sheet has its own title, tables and page number, and the left one is read to its end before the right one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from extract.entities import Box, PageGrids
from extract.reading.tolerances import TOLERANCES


def split_sheets(page: PageGrids) -> tuple[PageGrids, ...]:
    """Return the left and the right half, if both hold a table and nothing crosses the middle; else the page."""
    middle = page.width / 2
    boxes = [*(grid.box for grid in page.grids), *(line.box for line in page.lines)]
    if any(
        box.x0 < middle - TOLERANCES.over_middle_pt and box.x1 > middle + TOLERANCES.over_middle_pt for box in boxes
    ):
        return (page,)
    left, right = _take(page, middle, is_left=True), _take(page, middle, is_left=False)
    return (left, right) if left.grids and right.grids else (page,)


def list_sheets(pages: Iterable[PageGrids]) -> list[PageGrids]:
    """List the sheets of all pages in reading order."""
    return [sheet for page in pages for sheet in split_sheets(page)]


def _take(page: PageGrids, middle: float, *, is_left: bool) -> PageGrids:
    def stands_here(box: Box) -> bool:
        """Return True for a box whose middle lies on this side."""
        return ((box.x0 + box.x1) / 2 < middle) == is_left

    grids = tuple(grid for grid in page.grids if stands_here(grid.box))
    return replace(page, grids=grids, lines=tuple(line for line in page.lines if stands_here(line.box)))
