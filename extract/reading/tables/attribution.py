"""Find a PDF's publisher, year and title from its cover, captions and forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from extract.entities import Line, PageGrids
from extract.reading.tables.header_words import normalise
from extract.reading.tables.years import Evidence, fold_years

COVER_LINES = 12  # lines: a cover or a table of contents prints its title before so many
TITLE_LINES = 4  # lines: so many does a title on a cover take at most
SENTENCE = re.compile(r"[。；！]")
RUNNING_LINE_PT = 4.0  # a running header or footer is at the same height on all pages
LONGEST_OFFICE = 40  # characters
OFFICE = (
    r"(?:局|委员会|委|办公厅|办公室|厅|处|中心|总队|支队|大队|队|院|学校|学院|大学|中学|小学|幼儿园|部|政府|镇|乡|街道|街道办事处|"
    r"联合会|总工会|协会|妇联|团委|工委|党委|政协|人大|检察院|法院|研究所|所|总站|站|馆|台|会|社|园|公司|集团)"
)
NAME = (
    rf"[一-龥A-Za-z0-9·“”\"、（）()]{{2,{LONGEST_OFFICE - 2}}}?{OFFICE}(?:[（(](?:本级|本部|机关|汇总|部门|单位)[)）])?"
)
BUDGET = r"(?:区级|市级|县级|省级)?(?:部门|单位)?(?:综合)?(?:预算|决算)"
COVER = (
    re.compile(rf"^(?:附件\d*[:：]?)?(?P<name>{NAME})(?P<year>20\d\d)年?度?{BUDGET}"),
    re.compile(rf"^(?:附件\d*[:：]?)?(?P<year>20\d\d)年?度?(?P<name>{NAME}){BUDGET}"),
)
COVER_YEAR = re.compile(rf"(?P<year>20\d\d)年?度?{BUDGET}")
COVER_LABEL = re.compile(
    r"(?:预算主管部门|主管部门|预算部门|预算单位|部门名称|单位名称|编制单位|编制部门)[（(]?(?:公章|盖章)?[)）]?[:：]"
    rf"(?P<name>{NAME})$"
)
CONTENTS = re.compile(r"^目录")
CODE = re.compile(r"^[\[【(（]?\d[\d\]】)）_\-—–]*")
MARGIN_LINES = 2  # running headers and footers stand in the first or last lines of a page
FEWEST_PAGES = 3  # a line at the same place of so many pages is a running header or footer
CAPTION = re.compile(r"^.{0,8}(?:单位|部门|金额)[^:：]{0,8}[:：]")
ABOUT_TARGETS = re.compile(r"绩效|目标|自评")


@dataclass(frozen=True, slots=True)
class Cover:
    """Content of a cover or the head of a table of contents; "" and None where it has none."""

    title: str = ""
    publisher: str = ""
    year: int | None = None


def read_cover(page: PageGrids) -> Cover | None:
    """Read a page without tables as a cover or the head of a table of contents; None where it is neither."""
    if page.grids:
        return None
    texts = ["".join(fold_years(line.text).split()) for line in page.lines[: COVER_LINES + 1]]
    contents = next((k for k, text in enumerate(texts) if CONTENTS.match(text)), None)
    lines = texts[:contents] if contents is not None else texts
    if not lines or len(lines) > COVER_LINES or any(SENTENCE.search(text) for text in lines):
        return None
    for first in range(len(lines)):
        title = ""
        for line in lines[first : first + TITLE_LINES]:
            title += line
            for pattern in COVER:
                if found := pattern.match(title):
                    return Cover(title, clean_office(found["name"]), int(found["year"]))
    year = COVER_YEAR.search("".join(lines))
    if year is None:
        return None
    label = next((found for line in lines if (found := COVER_LABEL.search(line))), None)
    return Cover(lines[0], clean_office(label["name"]) if label else "", int(year["year"]))


def clean_office(name: str) -> str:
    """Return an office's name without the code before it: [292]国家信访局, 201_烟台市人民政府办公室."""
    return CODE.sub("", name.strip()) or name.strip()


def drop_furniture(pages: Sequence[PageGrids]) -> tuple[list[PageGrids], list[Line]]:
    """Remove running headers and footers from the lines of pages; return the pages and one line of each kind.

    They name publisher and year, but do not describe the table below them. A line about targets is the title of a table
    that is printed again on every page, and stays; so do its captions (部门名称：…, 单位：万元).
    """
    places = Counter(key for page in pages for key in {_place(page, line) for line in _margins(page)})
    common = {key for key, count in places.items() if count >= FEWEST_PAGES}
    found: dict[str, Line] = {}
    stripped = []
    for page in pages:
        running = [line for line in _margins(page) if _place(page, line) in common]
        found |= {line.text: line for line in running}
        stripped.append(replace(page, lines=tuple(line for line in page.lines if line not in running)))
    return stripped, list(found.values())


def _margins(page: PageGrids) -> list[Line]:
    """List the lines above and below everything else of a page."""
    ordered = sorted(page.lines, key=lambda line: line.box.y0)
    top = min((grid.box.y0 for grid in page.grids), default=page.height)
    bottom = max((grid.box.y1 for grid in page.grids), default=0.0)
    upper = [line for line in ordered[:MARGIN_LINES] if line.box.y1 <= top + 1]
    lower = [line for line in ordered[-MARGIN_LINES:] if line.box.y0 >= bottom - 1]
    return [line for line in (*upper, *lower) if not ABOUT_TARGETS.search(line.text) and not CAPTION.match(line.text)]


def _place(page: PageGrids, line: Line) -> tuple[str, int, int]:
    """Return the key of a running line, equal on all pages: its text without numbers, and its height in pt."""
    text = re.sub(r"\d+", "#", normalise(line.text))
    return text, round(line.box.y0 / RUNNING_LINE_PT), round(page.height / RUNNING_LINE_PT)


def choose_publisher(covers: Iterable[str], departments: Iterable[str], units: Iterable[str]) -> str:
    """Choose the publisher where no title names one; "" where the document leaves it open.

    `covers` names covers and captions, `departments` the forms of whole departments, `units` what forms name.
    """
    for names in (covers, departments, units):
        cleaned = Counter(clean_office(name) for name in names if name)
        if len(cleaned) == 1:
            return next(iter(cleaned))
        if cleaned:
            (name, count), *_ = cleaned.most_common(1)
            if count > sum(cleaned.values()) / 2:
                return name
    return ""


def choose_document_year(ranks: Sequence[Sequence[Evidence]]) -> tuple[Evidence | None, str]:
    """Choose the year by the first rank that names one; and describe contradictions in that rank."""
    for rank in ranks:
        years = Counter(evidence.year for evidence in rank)
        if len(years) > 1:
            one, other = (next(e for e in rank if e.year == year) for year in list(years)[:2])
            return None, f"{one.where} says {one.year}, {other.where} says {other.year}"
        if rank:
            return rank[0], ""
    return None, ""
