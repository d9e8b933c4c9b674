"""All checked pages of a document in; raises Refused where a page may not be loaded or hides what cannot be read."""

from __future__ import annotations

from extract.errors import Reason, Refused
from extract.pages.grids import CheckedPage
from extract.tables.targets import STRICT_WORDS

FEW_GLYPHS = 20
MOST_OF_PAGE = 0.45


def check_pages(pages: tuple[CheckedPage, ...]) -> None:
    """Scans first (they explain everything else), then each page's own problems, then gaps."""
    scans = [p.grids.page for p in pages if p.glyphs < FEW_GLYPHS and p.pictures > MOST_OF_PAGE]
    if scans:
        raise Refused(Reason.NO_TEXT_LAYER, f"scanned pages: {', '.join(map(str, scans))}", scans[0])
    for page in pages:
        for problem in page.problems:
            raise Refused(problem.reason, problem.detail, problem.page)
    for page in pages:
        words = sum(1 for line in page.grids.lines if STRICT_WORDS.search(line.text))
        if words >= 3:
            detail = f"{words} lines speak of indicators outside every ruled table"
            reason = Reason.CONSERVATION if any(p.grids.grids for p in pages) else Reason.NO_TABLE
            raise Refused(reason, detail, page.grids.page)
