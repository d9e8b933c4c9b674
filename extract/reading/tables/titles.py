"""Read the lines around a table: title, publisher, year, kind, money unit, unit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.entities import Column, DocumentKind, Line
from extract.errors import Reason, Refused
from extract.reading.tables.attribution import NAME, OFFICE, clean_office
from extract.reading.tables.header_words import find_money_unit, match_column, normalise
from extract.reading.tables.years import Evidence, find_in_lines, find_years, fold_years
from extract.reading.tolerances import TOLERANCES

PAGE_NUMBER = re.compile(r"^(?:第\s*\d+\s*页.*|共\s*\d+\s*页|[-—–\s]*\d+[-—–\s]*(?:/\s*\d+)?|\d+\s*/\s*\d+)$")
LABEL = re.compile(r"^\s*([^:：]{2,16})[:：]\s*(.*)$")
BEHIND_NAME = re.compile(  # on the line of a caption, behind what it names: 2026年度, 填报日期：, 金额单位：万元
    r"\s*(?:[（(]?20\d\d年度?[）)]?|(?:填报|填表|编制|申报|制表)?(?:日期|时间)[:：].*"
    r"|(?:填报|填表|制表|经办|联系|负责|审核)人[:：].*|(?:联系)?电话[:：].*"
    r"|(?:金额|货币|计量)?单位[:：]?[（(]?(?:人民币)?(?:亿|百万|万|千)?元[）)]?)$"
)
PUBLISHER_LABELS = re.compile(
    r"^(?:填报|编制|申报|预算|公开|主管)?(?:单位|部门)(?:[（(](?:单位|部门|公章|盖章)[)）])?(?:名称|全称)?(?:[（(](?:公章|盖章)[)）])?$"
)
YEAR_ALONE = re.compile(r"^the line '[(（]?\s*20\d\d\s*年度?\s*[)）]?'$")  # （2026年度） under a title
UNIT_CAPTION = re.compile(r"单位(?:名称|全称)?(?:\(.{0,6}\))?$")
SENTENCE = re.compile(r"[。；，！]")
OFFICE_END = re.compile(OFFICE + r"(?:[（(].{1,8}[)）])?$")
OFFICE_BEGINS = re.compile(rf"^({NAME})(?=(?:部门|单位)?(?:整体|项目|预算|专项|绩效|年度|支出))")
NOTE_LINE = re.compile(r"^(?:注|备注|说明|附注)[:：\d]")
ABOUT = ("绩效", "目标", "自评")


@dataclass(frozen=True, slots=True)
class TitleBlock:
    """Facts in the lines above a table; '' and None where there are none."""

    title: str = ""
    publisher: str = ""
    year: int | None = None
    money_unit: str | None = None
    unit: str = ""
    conflict: str = ""  # where the title and the lines beside it name two years

    @property
    def says_anything(self) -> bool:
        """True if a title was found."""
        return bool(self.title)


def is_sentence(text: str) -> bool:
    """Return True if a line is running text: not a title, caption, note or page number."""
    return bool(SENTENCE.search(text)) and not LABEL.match(text) and not NOTE_LINE.match(text)


def read_heading(lines: list[Line]) -> TitleBlock:
    """Read the lines above a table, given top to bottom."""
    texts = [line for line in lines if not PAGE_NUMBER.match(line.text.strip())]
    captions = [line for line in texts if LABEL.match(line.text)]
    titles = _find_titles([line for line in texts if line not in captions])
    title = "".join(line.text.strip() for line in titles)
    year, conflict = _find_heading_year(title, texts)
    publisher, unit = _find_publisher(title, captions), _find_caption_unit(captions)
    return TitleBlock(title, publisher, year, _find_unit(texts), unit, conflict)


def _find_titles(lines: list[Line]) -> list[Line]:
    """Return the lines of the title: those about targets, and larger lines right above them."""
    about = [k for k, line in enumerate(lines) if any(w in line.text for w in ABOUT)]
    if not about:
        return []
    last = about[-1]
    first = last
    height = lines[last].box.y1 - lines[last].box.y0
    while first > 0:
        above = lines[first - 1]
        if (above.box.y1 - above.box.y0) < TOLERANCES.title_height_ratio * height or normalise(above.text).startswith(
            "附"
        ):
            break
        first -= 1
    return lines[first : last + 1]


def _find_heading_year(title: str, texts: list[Line]) -> tuple[int | None, str]:
    """Return the year of the title, else of the lines beside it; and a contradiction between several."""
    found = [Evidence(y, f"the title {title!r}") for y in find_years(title)]
    near = [e for line in texts for e in find_in_lines([line], titles_only=False) if line.text.strip() not in title]
    if found:
        near = [e for e in near if YEAR_ALONE.match(fold_years(e.where))]
    stated = [*found, *near]
    others = [e for e in stated[1:] if e.year != stated[0].year]
    if others:
        return None, f"{stated[0].where} says {stated[0].year}, {others[0].where} says {others[0].year}"
    return (stated[0].year if stated else None), ""


def _find_publisher(title: str, captions: list[Line]) -> str:
    """Return the name before the year of the title, else the caption 填报单位 and its like."""
    before = re.split(r"20\d\d|二[〇○零Oo0]", title)[0]
    before = re.sub(r"^.*?附件?\s*\d*[:：]?", "", before).strip("（(关于 ")
    if before and before != title and OFFICE_END.search(before):
        return clean_office(before)
    for line in captions:
        word, value = split_caption(line.text)
        if value and PUBLISHER_LABELS.match(word):
            return clean_office(value)
    found = OFFICE_BEGINS.match(title)
    return clean_office(found.group(1)) if found else ""


def _find_unit(lines: list[Line]) -> str | None:
    """Return 元 or 万元 from 单位：万元 above the table."""
    return next((u for line in lines if (u := find_money_unit(line.text))), None)


def split_caption(text: str) -> tuple[str, str]:
    """Split a caption into its label, normalised, and what it names; '' twice for a line that is none, or two."""
    before, rest = "", text.strip()
    while rest != before:
        before, rest = rest, BEHIND_NAME.sub("", rest)
    label = LABEL.match(rest)
    if label is None or find_money_unit(rest) or re.search("[:：]", label.group(2)):
        return "", ""
    return normalise(label.group(1)), label.group(2).strip()


def _find_caption_unit(captions: list[Line]) -> str:
    """Return the spending unit that a caption names for every row below it."""
    for line in captions:
        word, value = split_caption(line.text)
        if word and (PUBLISHER_LABELS.match(word) or match_column(word) == Column.UNIT):
            return value
    return ""


def refuse_unread_unit(lines: list[Line], page: int) -> None:
    """Raise Refused (unknown_header) for a caption 某某单位：… that is no known word, or holds another label too."""
    for line in lines:
        label, (word, value) = LABEL.match(line.text), split_caption(line.text)
        if label and not word and not find_money_unit(line.text) and UNIT_CAPTION.search(normalise(label.group(1))):
            raise Refused(Reason.UNKNOWN_HEADER, f"caption {line.text[:40]!r} holds more than one label", page)
        if value and UNIT_CAPTION.search(word) and match_column(word) is None:
            raise Refused(Reason.UNKNOWN_HEADER, f"unknown caption {word!r} may name the unit", page)


def find_kind(title: str) -> DocumentKind:
    """Return the kind of document by the words of its title."""
    if re.search(r"自评|自我评价|绩效评价|评价表", title):
        return DocumentKind.SELF_EVALUATION
    if re.search(r"批复|审批|核定|下达", title):
        return DocumentKind.APPROVAL
    if re.search(r"调整|变更", title):
        return DocumentKind.ADJUSTED
    return DocumentKind.TARGET


def merge_headings(old: TitleBlock, new: TitleBlock) -> TitleBlock:
    """Merge title blocks: a new title replaces the old one, and inherits its year only where no title is new."""
    if new.says_anything:
        year = new.year
        if year is None and new.title == old.title:
            year = old.year
        return TitleBlock(new.title, new.publisher, year, new.money_unit, new.unit, new.conflict)
    money_unit = new.money_unit or old.money_unit
    return TitleBlock(old.title, old.publisher, new.year or old.year, money_unit, new.unit, new.conflict)


def add_captions(old: TitleBlock, new: TitleBlock) -> TitleBlock:
    """Add the units that captions name to a title block."""
    return TitleBlock(old.title, old.publisher, old.year, new.money_unit or old.money_unit, new.unit or old.unit)
