"""Draft records of all parts in, the frozen Parts and Records out: amounts in 元, values joined, rows numbered."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

from extract.entities import Column, Part, Printed, Record
from extract.errors import Reason, Refused
from extract.reading.tables.assembler import DraftPart
from extract.reading.tables.column_groups import AMOUNTS
from extract.reading.tables.drafts import Draft, Project
from extract.reading.tables.header_words import normalise
from extract.values import parse_amount

FACTORS = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
NO_AMOUNT = frozenset({"", "-", "—", "--", "/", "无"})
OWN_UNIT = re.compile(r"[亿万千]?元|[亿万]$")
NOT_ZERO = re.compile(r"[1-9]")
SIGNS = re.compile(r"^[≥≧⩾≤≦⩽><＞＜=＝═±≈]|^(?:大于|小于|等于|不低于|不少于|不超过|不高于)")


def build_parts(drafts: list[DraftPart]) -> tuple[tuple[Part, ...], tuple[Record, ...]]:
    """Freeze everything; raises Refused (year_unknown, unreadable_amount)."""
    parts: list[Part] = []
    records: list[Record] = []
    rows: Counter[int] = Counter()
    for number, part in enumerate(drafts, 1):
        if part.year is None:
            page = part.drafts[0].page if part.drafts else None
            raise Refused(Reason.YEAR_UNKNOWN, f"no fiscal year is printed with {part.heading.title!r}", page)
        parts.append(Part(number, part.heading.title, part.publisher, part.year, part.kind, part.columns, part.headers))
        _number_projects(part)
        for draft in part.drafts:
            rows[draft.page] += 1
            draft.part, draft.row = number, rows[draft.page]
            records.append(_build_record(draft))
    return tuple(parts), tuple(records)


def _number_projects(part: DraftPart) -> None:
    """1, 2, 3 … in printed order of the part."""
    seen: dict[int, Project] = {}
    for draft in part.drafts:
        if id(draft.project) not in seen:
            seen[id(draft.project)] = draft.project
            draft.project.number = len(seen)


def _build_record(draft: Draft) -> Record:
    cells = {c: f.printed() for c, f in draft.fields.items()}
    for column, field in draft.project.fields.items():
        if column not in cells or not cells[column].text:
            cells[column] = field.printed()
    _join_value(cells)
    amounts: dict[Column, Decimal] = {}
    for column in AMOUNTS:
        if column in cells and normalise(cells[column].text) not in NO_AMOUNT:
            amounts[column] = _read_amount(cells[column], draft.money_units.get(column))
    return Record(draft.part, draft.table, draft.page, draft.row, draft.project.number, draft.box, cells, amounts)


def _read_amount(printed: Printed, unit: str | None) -> Decimal:
    """Raises Refused (unreadable_amount) with the page, also where neither 元 nor 万元 is printed."""
    if unit is None and not OWN_UNIT.search(printed.text) and NOT_ZERO.search(printed.text):
        detail = f"no money unit is printed for {printed.text!r}"
        raise Refused(Reason.UNREADABLE_AMOUNT, detail, printed.page)
    try:
        return parse_amount(printed.text, Decimal(FACTORS[unit or "元"]))
    except Refused as refusal:
        raise Refused(refusal.reason, refusal.detail, printed.page) from None


def _join_value(cells: dict[Column, Printed]) -> None:
    """Sign, value and unit of columns of their own make the annual value; what the value prints itself wins."""
    value = cells.get(Column.VALUE)
    if value is None or Column.ANNUAL_VALUE in cells:
        return
    sign = cells[Column.SIGN].text if Column.SIGN in cells else ""
    unit = cells[Column.MEASURE_UNIT].text if Column.MEASURE_UNIT in cells else ""
    before = "" if SIGNS.match(value.text) else sign
    after = "" if unit and value.text.endswith(unit) else unit
    cells[Column.ANNUAL_VALUE] = Printed(before + value.text + after, value.page, value.box)
