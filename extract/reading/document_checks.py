"""Check a reading against the pages of its document, and explain a document without targets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from extract.entities import Box, Finding, Grid, Held, Line, PageGrids, Printed, Record
from extract.errors import Reason, Refused
from extract.reading.page import CheckedPage
from extract.reading.page_checks.problems import PageNote, Problem
from extract.reading.tables.drafts import Doubt
from extract.reading.tables.page_numbers import check_page_numbers
from extract.reading.tables.target_words import STRICT_WORDS, speaks_of_targets
from extract.reading.tables.titles import read_heading
from extract.reading.tolerances import TOLERANCES

FEW_GLYPHS = 20
PICTURE_GLYPHS = 100  # a page with a picture of a table prints a heading and a note beside it, no more
ROW_PIECES = 3  # texts side by side on one line: a row of a table that nothing rules
UNRULED_ROWS = 2
UNREADABLE_GLYPHS = 20  # of one page, more than a few symbols of a font for bullets
HIDDEN_WORDS = 2  # of indicators, in what the edge of a page cuts off
ABOUT_TARGETS = re.compile("指标|绩效")
COMMON = "的年度预算项目金额单位名称编码合计元万收支出资管理工作经费人部门用事业政府公共服务一二三级指标数量"


def is_scan(page: CheckedPage) -> bool:
    """Return True if a page is an image without text."""
    return page.glyphs < FEW_GLYPHS and page.pictures > TOLERANCES.image_of_page_share


def is_pictured(page: CheckedPage) -> bool:
    """Return True if most of a page may be a table in an image, beside its heading."""
    return page.glyphs < PICTURE_GLYPHS and page.pictures > TOLERANCES.image_of_page_share and not page.grids.grids


def is_unreadable(page: CheckedPage) -> bool:
    """Return True if most letters of a page's tables have no known character (c18_font_without_a_map)."""
    return page.unreadable >= UNREADABLE_GLYPHS and page.unreadable > page.chinese


def _describe_unreadable(page: CheckedPage) -> str:
    return f"{page.unreadable} letters of the tables have no known character, {page.chinese} are Chinese"


def refuse_unreadable(pages: Sequence[CheckedPage]) -> None:
    """Raise Refused for a document of scans only (no_text_layer) or with implausible text (garbled_text)."""
    if pages and all(is_scan(page) or not page.glyphs for page in pages) and any(map(is_scan, pages)):
        _refuse_scans(pages)
    check_language(pages)


def explain_absence(pages: Sequence[CheckedPage], goals: int, held: tuple[Held, ...] = ()) -> Refused:
    """Return the refusal of a document without rows.

    `goals` counts projects without indicators, `held` is what is held back.
    """
    if goals and not held:
        return Refused(Reason.GOALS_ONLY, f"{goals} projects with goals and without indicators")
    scans = [page.grids.page for page in pages if is_scan(page)]
    if scans:
        return Refused(Reason.NO_TEXT_LAYER, f"scanned pages: {', '.join(map(str, scans))}", scans[0], held)
    about = [page for page in pages if speaks_of_targets(page.grids) or is_unreadable(page)]
    garbled = [p for page in about for p in page.problems if p.reason == Reason.GARBLED_TEXT]
    if garbled:
        return Refused(Reason.GARBLED_TEXT, garbled[0].detail, garbled[0].page)
    if not any(page.grids.grids for page in pages):
        return Refused(Reason.NO_TABLE, "no ruled table on any page")
    if not about:
        return Refused(Reason.NOT_TARGETS, "no table speaks of performance or indicators")
    return Refused(Reason.NOT_TARGETS, "tables, but none of performance targets")


def find_problems(pages: Sequence[CheckedPage], target_pages: set[int]) -> Iterator[Problem]:
    """Yield the problems of texts on pages with targets; other pages are not checked."""
    for page in pages:
        if page.grids.page in target_pages:
            if is_unreadable(page):  # all its other problems follow from that
                yield Problem(Reason.GARBLED_TEXT, page.grids.page, _describe_unreadable(page))
                continue
            yield from page.problems
            if page.typed and _has_strict_words(page):
                detail = f"{page.typed} texts of the page are form fields or notes laid over it"
                yield Problem(Reason.NO_TEXT_LAYER, page.grids.page, detail)


def refuse_missing_pages(pages: Sequence[CheckedPage], target_pages: set[int]) -> None:
    """Raise Refused where pages of the tables are missing.

    Printed page numbers leave a page out among its targets (page_missing), or a table goes on by its title (续) on a
    page that is an image (no_text_layer): the number of projects there is unknown.
    """
    for page in pages:
        number = page.grids.page
        goes_on = is_pictured(page) and number - 1 in target_pages
        if goes_on and "续" in (read_heading(list(page.grids.lines)).title or ""):
            raise Refused(Reason.NO_TEXT_LAYER, "the table of the page before goes on here as a picture", number)
    try:
        check_page_numbers([page.grids for page in pages])
    except Refused as refusal:
        if {refusal.page or 0, (refusal.page or 0) - 1} & target_pages:
            raise


def find_lost(pages: Sequence[CheckedPage], target_pages: set[int]) -> Iterator[Doubt]:
    """Yield places that may hold targets and cannot be read.

    Rows without rules, pictures next to a table of targets, tables in a font without a map to characters.
    """
    yield from find_unruled(pages)
    for at, page in enumerate(pages):
        number = page.grids.page
        follows = number + 1 in target_pages and not (at + 1 < len(pages) and _begins_table(pages[at + 1]))
        if is_pictured(page) and (number - 1 in target_pages or follows):
            detail = "a picture on this page may hold rows of the table beside it"
            yield Doubt(Reason.NO_TEXT_LAYER, number, detail, reaches=not _begins_table(page))
        if target_pages and number not in target_pages and is_unreadable(page):
            yield Doubt(Reason.GARBLED_TEXT, number, _describe_unreadable(page), reaches=not _begins_table(page))
        if number not in target_pages and len(STRICT_WORDS.findall(page.hidden)) >= HIDDEN_WORDS:
            detail = f"indicators are cut off by the edge of the page: {page.hidden[:20]!r}"
            yield Doubt(Reason.CONSERVATION, number, detail, reaches=True)


def find_cut_off(
    pages: Sequence[CheckedPage], target_pages: set[int], read: Mapping[int, Sequence[Box]]
) -> Iterator[Doubt]:
    """Yield tables that run over the edge of the page, which hides texts of them, and of which no project was read.

    Without the words that the edge hides, such a table is not known as one of targets, or nothing of it can be read,
    nor of the pages of targets on which it goes on. `read` are the boxes of the cells that were read, by page.
    """
    for page in pages:
        for grid in page.grids.grids:
            if not _runs_off(grid, page.grids) or any(_meet(box, grid.box) for box in read.get(page.grids.page, ())):
                continue
            hidden = [one.text for one in page.hidden_texts if _meet(one.box, grid.box)]
            if hidden and any(ABOUT_TARGETS.search(text) for text in (*hidden, *(cell.text for cell in grid.cells))):
                detail = f"the edge of the page cuts off a part of a table: {hidden[0][:20]!r}"
                last = page.grids.page
                while last + 1 in target_pages and last + 1 not in read:
                    last += 1
                yield Doubt(Reason.CONSERVATION, page.grids.page, detail, grid.box, reaches=True, last_page=last)


def unite_places(lost: Sequence[Doubt], cut: Sequence[Doubt]) -> list[Doubt]:
    """Unite the doubts of unread places with those of tables that the edge of a page cuts: each table has one."""
    united = []
    for one in lost:
        same = [other for other in cut if (one.page, one.box) == (other.page, other.box)]
        last = max((one.last_page, *(other.last_page for other in same)))
        united.append(replace(one, reaches=one.reaches or bool(same), last_page=last))
    known = {(one.page, one.box) for one in lost}
    return [*united, *(one for one in cut if (one.page, one.box) not in known)]


def _runs_off(grid: Grid, page: PageGrids) -> bool:
    """Return True if a table goes on beyond the edge of its page."""
    box = grid.box
    return box.x0 < 0 or box.y0 < 0 or box.x1 > page.width or box.y1 > page.height


def _meet(one: Box, other: Box) -> bool:
    """Return True if two boxes share room."""
    return min(one.x1, other.x1) > max(one.x0, other.x0) and min(one.y1, other.y1) > max(one.y0, other.y0)


def list_pictured(pages: Sequence[CheckedPage], lost: Sequence[Doubt]) -> list[Finding]:
    """Report pages that are images, if no row of them was read and no project is held back because of them."""
    known = {doubt.page for doubt in lost}
    numbers = [page.grids.page for page in pages if is_scan(page) and page.grids.page not in known]
    detail = "the page is a picture, beside no table of targets; nothing of it is read"
    return [Finding("page_is_picture", detail, number) for number in numbers]


def list_cut_texts(pages: Sequence[CheckedPage], records: Sequence[Record]) -> list[Finding]:
    """Report the loaded texts that paper shows only in part (text_cut), with the rows that contain them."""
    notes = [note for page in pages for note in page.notes]
    pages_noted = {note.page for note in notes}
    printed_on: dict[int, list[tuple[Record, Printed]]] = {number: [] for number in pages_noted}
    for record in records if notes else ():
        for printed in record.cells.values():
            if printed.page in pages_noted:
                printed_on[printed.page].append((record, printed))
    found = []
    for note in notes:
        rows = [r.row for r in _unique(r for r, printed in printed_on[note.page] if _stands_at(printed, note))]
        if rows:
            which = f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"
            found.append(Finding(note.code, f"{which}: paper shows only a part of {note.detail!r}", note.page))
    return found


def _unique(records: Iterable[Record]) -> list[Record]:
    """List records that follow each other once each."""
    return list({id(record): record for record in records}.values())


def _stands_at(printed: Printed, note: PageNote) -> bool:
    """Return True if a printed text lies in the cell of a note."""
    box, cell = printed.box, note.box
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return cell.x0 <= x <= cell.x1 and cell.y0 <= y <= cell.y1


def _begins_table(page: CheckedPage) -> bool:
    """Return True if a page prints a title of its own, other than that of a continued table."""
    title = read_heading(list(page.grids.lines)).title
    return bool(title) and "续" not in title


def find_unruled(pages: Sequence[CheckedPage]) -> Iterator[Doubt]:
    """Find rows of indicators that stand outside every ruled table, page by page."""
    for page in pages:
        rows = _rows_of(page.grids.lines)
        about = [row for row in rows if len(row) >= ROW_PIECES and any(STRICT_WORDS.search(x.text) for x in row)]
        if len(about) >= UNRULED_ROWS:
            lines = [line for row in about for line in row]
            box = Box(
                min(line.box.x0 for line in lines),
                min(line.box.y0 for line in lines),
                max(line.box.x1 for line in lines),
                max(line.box.y1 for line in lines),
            )
            detail = f"{len(about)} lines speak of indicators outside every ruled table"
            yield Doubt(Reason.CONSERVATION, page.grids.page, detail, box, reaches=True)


def _rows_of(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines that are side by side."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: one.box.y0):
        if rows and abs(line.box.y0 - rows[-1][0].box.y0) < TOLERANCES.loose_line_pt:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _refuse_scans(pages: Sequence[CheckedPage]) -> None:
    scans = [page.grids.page for page in pages if is_scan(page)]
    raise Refused(Reason.NO_TEXT_LAYER, f"scanned pages: {', '.join(map(str, scans))}", scans[0])


def _has_strict_words(page: CheckedPage) -> bool:
    return any(STRICT_WORDS.search(c.text) for grid in page.grids.grids for c in grid.cells)


def check_language(pages: Sequence[CheckedPage]) -> None:
    """Raise Refused (garbled_text) if tables hold hardly any common Chinese character, or many accented Latin letters.

    Both come from a font with a wrong map to characters.
    """
    text = "".join(cell.text for page in pages for grid in page.grids.grids for cell in grid.cells)
    counts = np.bincount(np.frombuffer(text.encode("utf-16-le", "surrogatepass"), "<u2"), minlength=0x10000)
    chinese, common, mojibake = (
        counts[0x4E00:0xA000].sum(),
        counts[sorted(set(map(ord, COMMON)))].sum(),
        counts[0xA1:0x100].sum(),
    )
    if (chinese >= 60 and common < TOLERANCES.common_letters_share * chinese) or (
        len(text) >= 60 and mojibake > TOLERANCES.accented_letters_share * len(text)
    ):
        raise Refused(Reason.GARBLED_TEXT, f"no words that offices use in {text[:30]!r}")
