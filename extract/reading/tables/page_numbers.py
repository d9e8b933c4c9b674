"""Refuse a document whose printed page numbers leave a page out (page_missing).

Only texts that are certainly page numbers count (第1页, 共3页, 1/3, - 1 -); a bare 3 may be anything. A page
without one or with several is ignored.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from extract.entities import PageGrids
from extract.errors import Reason, Refused
from extract.reading.tables.side_by_side_pages import list_sheets

NUMBER = r"(?P<number>\d{1,4})"
TOTAL = r"(?P<total>\d{1,4})"
PAGE = re.compile(
    rf"^(?:第{NUMBER}页[,;/|(]*(?:[共总]{TOTAL}页\)?)?|[共总]{TOTAL.replace('total', 'total2')}页[,;/|(]*"
    rf"第{NUMBER.replace('number', 'number2')}页\)?|-{{1,2}}{NUMBER.replace('number', 'number3')}-{{1,2}}"
    rf"|{NUMBER.replace('number', 'number4')}/{TOTAL.replace('total', 'total4')})$"
)


@dataclass(frozen=True, slots=True)
class PageNumber:
    """A printed page number."""

    page: int
    sheet: int  # counted through the document; a page may carry two
    number: int
    total: int | None


def check_page_numbers(pages: list[PageGrids]) -> None:
    """Check that numbers rise by one per sheet, or begin again, and that a printed total is reached."""
    sheets = list_sheets(pages)
    printed = [found for k, sheet in enumerate(sheets, 1) if (found := _read_number(sheet, k)) is not None]
    if len(printed) < 2 and not any(p.total is not None for p in printed):
        return
    for before, after in pairwise(printed):
        missing = (after.number - before.number) - (after.sheet - before.sheet)
        if after.number > before.number and missing > 0:
            detail = f"page {before.page} is printed as {before.number}, page {after.page} as {after.number}"
            raise Refused(Reason.PAGE_MISSING, detail, after.page)
    _check_total(printed, len(sheets))


def _check_total(printed: list[PageNumber], sheets: int) -> None:
    """Raise Refused (page_missing) if fewer pages exist than a printed total (共3页); several totals are ignored."""
    totals = {p.total for p in printed if p.total is not None}
    if len(totals) != 1 or len({p.number for p in printed}) != len(printed):
        return  # several documents in one file, each with numbers of its own
    total = totals.pop() or 0
    last = printed[-1].number + (sheets - printed[-1].sheet)
    if printed[0].number > printed[0].sheet or last < total:
        detail = f"{total} pages are printed, the file has {sheets}"
        raise Refused(Reason.PAGE_MISSING, detail, printed[-1].page)


def _read_number(page: PageGrids, sheet: int) -> PageNumber | None:
    """Return the only page number that a sheet prints, else None."""
    found: set[tuple[int, int | None]] = set()
    for line in page.lines:
        text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", line.text)).replace("—", "-").replace("–", "-")
        match = PAGE.match(text)
        if match:
            groups = match.groupdict()
            number = next(int(v) for k, v in groups.items() if k.startswith("number") and v)
            total = next((int(v) for k, v in groups.items() if k.startswith("total") and v), None)
            if total is None or 0 < number <= total:
                found.add((number, total))
    return PageNumber(page.page, sheet, *found.pop()) if len(found) == 1 else None


def join_pages(pages: Iterable[int]) -> str:
    """Join page numbers to a text: 1-4, 7."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
