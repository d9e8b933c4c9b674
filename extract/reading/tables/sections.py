"""Decide whether a row of a flat table with a name, an amount and no target is the unit of the rows below it.

It is the sub-total of a unit whose projects follow (长沙, 广州), or a project without indicators. Its name, the caption
and the sum of the amounts below decide; if they do not, every project below is held back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from extract.entities import Column, Finding
from extract.errors import Reason
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.drafts import Doubt, Draft, Field, Project
from extract.reading.tables.header_words import normalise

OFFICE = re.compile(
    r"(?:局|委|委员会|办公室|厅|院|所|站|中心|大队|支队|总队|中队|学校|小学|中学|幼儿园|大学|学院|医院|街道|办事处|镇|乡|政府"
    r"|馆|处|队|办|组|场|团|库|宫|剧院|协会|联合会|公司|园|台|会|部|校|署|社|基地|法院|检察院|本级|机关)(?:[(（].{1,10}[)）])?$"
)
UNIT_CODE = re.compile(r"^\d{3,9}[-—–]")
PROJECT_WORD = re.compile(r"项目|经费|资金|专项|补助|补贴|奖补|工程|费$|\d{6}[A-Z]\d")
ROUNDING = Decimal("0.01")  # of the last printed place, per project: sums are rounded one by one


@dataclass(slots=True)
class Section:
    """A row that may head the projects of a unit, with those that follow it up to the next such row."""

    printed: Field
    amount: str
    page: int
    projects: list[Project] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the printed name."""
        return self.printed.text


def settle_sections(
    sections: Sequence[Section], drafts: Sequence[Draft], caption: str, findings: list[Finding]
) -> None:
    """Give each draft the unit of its section; a section that is a project without indicators heads nothing."""
    unit: Field | None = None
    for k, section in enumerate(sections):
        if not section.projects and k + 1 < len(sections) and sections[k + 1].projects and _is_office(section):
            continue  # a department above its first unit
        verdict = _is_unit(section, caption) if section.projects else _is_office(section)
        if verdict is None:
            detail = f"{section.name!r} may be the unit of the rows below it or a project without indicators"
            for project in section.projects:
                project.doubts.append(Doubt(Reason.CONSERVATION, section.page, detail))
        if verdict is False:
            detail = f"{section.name} has no indicator row"
            findings.append(Finding("project_without_indicators", detail, section.page))
        unit = unit if verdict is False else section.printed
        mine = {id(project) for project in section.projects}
        for draft in drafts if unit is not section.printed else ():
            if id(draft.project) in mine:
                _set_unit(draft, unit)
        for project in section.projects:
            project.unit = unit


def _set_unit(draft: Draft, unit: Field | None) -> None:
    if unit is None:
        draft.fields.pop(Column.UNIT, None)
    else:
        draft.fields[Column.UNIT] = unit


def _is_office(section: Section) -> bool:
    return is_office_name(section.name)


def is_office_name(text: str) -> bool:
    """Return True if a name is plainly that of an office, and of no project."""
    name = normalise(text)
    return bool(UNIT_CODE.match(name) or OFFICE.search(name)) and not PROJECT_WORD.search(name)


def _is_unit(section: Section, caption: str) -> bool | None:
    """Judge whether a row heads the projects below it; None where it is ambiguous."""
    if caption and normalise(section.name) in (normalise(caption), normalise(caption).split("-")[-1]):
        return True
    agrees = _agrees(section)
    if agrees or (agrees is None and _is_office(section)):
        return True
    if _is_office(section):
        return None
    return False if agrees is False or PROJECT_WORD.search(normalise(section.name)) else None


def _agrees(section: Section) -> bool | None:
    """Return whether the amounts below add up to that of the row; None where an amount is not printed."""
    amounts = [project.fields[Column.AMOUNT].text for project in section.projects if Column.AMOUNT in project.fields]
    figures = [_figure(text) for text in amounts]
    whole = _figure(section.amount)
    if whole is None or None in figures or len(amounts) < len(section.projects):
        return None
    total = sum((figure for figure in figures if figure is not None), Decimal(0))
    return abs(total - whole) <= ROUNDING * (len(figures) + 1)


def _figure(text: str) -> Decimal | None:
    found = FIGURE.match(normalise(text))
    return Decimal(found.group(1).replace(",", "")) if found else None
