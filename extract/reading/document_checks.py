"""All checked pages of a document in; raises Refused where a page may not be loaded or hides what cannot be read."""

from __future__ import annotations

import numpy as np

from extract.errors import Reason, Refused
from extract.reading.ink.ink import Bools
from extract.reading.page import CheckedPage
from extract.reading.page_checks.cut_text import CutText
from extract.reading.tables.page_numbers import check_page_numbers
from extract.reading.tables.target_words import STRICT_WORDS

FEW_GLYPHS = 20
MOST_OF_PAGE = 0.45
COMMON = "的年度预算项目金额单位名称编码合计元万收支出资管理工作经费人部门用事业政府公共服务一二三级指标数量"


def check_pages(pages: tuple[CheckedPage, ...]) -> None:
    """Scans first (they explain everything else), then each page's own problems, then gaps."""
    scans = [p.grids.page for p in pages if p.glyphs < FEW_GLYPHS and p.pictures > MOST_OF_PAGE]
    if scans:
        raise Refused(Reason.NO_TEXT_LAYER, f"scanned pages: {', '.join(map(str, scans))}", scans[0])
    problems = [problem for page in pages for problem in page.problems]
    garbled = [p for p in problems if p.reason == Reason.GARBLED_TEXT]
    for problem in garbled:
        raise Refused(problem.reason, problem.detail, problem.page)
    check_language(pages)
    _check_subject(pages)
    _check_typed(pages)
    check_page_numbers([page.grids for page in pages])
    for problem in problems:
        raise Refused(problem.reason, problem.detail, problem.page)
    _check_cut_texts(pages)
    _check_twice(pages)
    for page in pages:
        words = sum(1 for line in page.grids.lines if STRICT_WORDS.search(line.text))
        if words >= 3:
            detail = f"{words} lines speak of indicators outside every ruled table"
            reason = Reason.CONSERVATION if any(p.grids.grids for p in pages) else Reason.NO_TABLE
            raise Refused(reason, detail, page.grids.page)


def _check_typed(pages: tuple[CheckedPage, ...]) -> None:
    """Form fields and free notes on a page of targets are printed and are not in its text."""
    for page in pages:
        if page.typed and any(STRICT_WORDS.search(c.text) for grid in page.grids.grids for c in grid.cells):
            detail = f"{page.typed} texts of the page are form fields or notes laid over it"
            raise Refused(Reason.NO_TEXT_LAYER, detail, page.grids.page)


def _check_twice(pages: tuple[CheckedPage, ...]) -> None:
    """The same page of targets twice: rows would count twice, and what continues a page would follow another."""
    seen: dict[tuple[str, ...], int] = {}
    for page in pages:
        texts = tuple(cell.text for grid in page.grids.grids for cell in grid.cells)
        number = page.grids.page
        if any(STRICT_WORDS.search(text) for text in texts) and seen.setdefault(texts, number) != number:
            raise Refused(Reason.CONSERVATION, f"the same page as page {seen[texts]}", number)


def _check_cut_texts(pages: tuple[CheckedPage, ...]) -> None:
    """What a page hides of a text that its break cuts, the page before or after shows."""
    for k, page in enumerate(pages):
        for cut in page.cut:
            shown = np.array(cut.shown)
            for step in (1, -1):
                other = k + step
                while 0 <= other < len(pages) and (more := _find_shown(pages[other], cut)) is not None:
                    shown |= more
                    other += step
            if not shown.all():
                detail = f"lines of {cut.text[:20]!r} are hidden and stand on no other page"
                raise Refused(Reason.CONSERVATION, detail, page.grids.page)


def _find_shown(page: CheckedPage, cut: CutText) -> Bools | None:
    """Which glyphs of a cut text another page shows, None where it does not print the text."""
    same = [c.shown for c in page.cut if c.text == cut.text and len(c.shown) == len(cut.shown)]
    if same:
        shown: Bools = np.any(np.array(same), axis=0)
        return shown
    whole = any(cell.text == cut.text for grid in page.grids.grids for cell in grid.cells)
    return np.ones(len(cut.shown), np.bool_) if whole else None


def _check_subject(pages: tuple[CheckedPage, ...]) -> None:
    """Whether the document speaks of indicators at all; of others nobody asks whether they could be read exactly."""
    for page in pages:
        if any("指标" in line.text or "绩效" in line.text for line in page.grids.lines):
            return
        if any("指标" in cell.text or "绩效" in cell.text for grid in page.grids.grids for cell in grid.cells):
            return
    if any(page.grids.grids for page in pages):
        raise Refused(Reason.NOT_TARGETS, "no table speaks of performance or indicators")
    raise Refused(Reason.NO_TABLE, "no ruled table on any page")


def check_language(pages: tuple[CheckedPage, ...]) -> None:
    """Tables of which nothing is understood: text that is no Chinese although it is set like it is garbled."""
    text = "".join(cell.text for page in pages for grid in page.grids.grids for cell in grid.cells)
    counts = np.bincount(np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2"), minlength=0x10000)
    chinese, common, mojibake = (
        counts[0x4E00:0xA000].sum(),
        counts[sorted(set(map(ord, COMMON)))].sum(),
        counts[0xA1:0x100].sum(),
    )
    if (chinese >= 60 and common < 0.06 * chinese) or (len(text) >= 60 and mojibake > 0.3 * len(text)):
        raise Refused(Reason.GARBLED_TEXT, f"no words that offices use in {text[:30]!r}")
