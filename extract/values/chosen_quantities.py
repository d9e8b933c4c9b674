"""Build the TargetValue from a cell and the quantity or date that was chosen as its target."""

from __future__ import annotations

import re

from extract.entities import TargetValue
from extract.values.measure_words import match_measure
from extract.values.quantities import Mention, Quantity
from extract.values.target_text import TargetText
from extract.values.vocabulary import GROWTH

# 2015-01-01 … 2035-12-31 as Excel counts days: 44,561 for 2021-12-31, seen in a self-evaluation of 乌海.
_SERIALS = range(42005, 49675)

# A year behind these words is what something is compared with or belongs to, not a deadline.
_REFERENCE = re.compile("(?:比|较|与|按|照|根据|依据|完成|落实|执行|保障|达到|符合|同|于上年)$")

# What may follow a point or period that is the target itself: 2025年6月完成.
_ACTIONS = "完成 到位 竣工 交付 实施 启动 开 建成 内 付 发放 验收 投 结 举 执行 毕 完工 止".split()


def answer(cell: TargetText, comparator: str | None, value_type: str, suspect: bool = False) -> TargetValue:
    """Build a TargetValue without numbers."""
    return TargetValue(cell.text, comparator, None, None, None, None, False, value_type, False, suspect)


def answer_quantity(cell: TargetText, quantity: Quantity) -> TargetValue:
    """Build the TargetValue of one quantity; a date beside it goes to `date_low` and `date_high`."""
    low, high = quantity.low, quantity.high
    if low is None or high is None:
        return answer(cell, None, "number", suspect=True)  # a run of digits that is no number
    comparator = "range" if quantity.is_range else quantity.comparator or "eq"
    unit = quantity.unit or _leading_unit(cell.body)
    dates = cell.found.dates
    date_low, date_high = _ends(dates[0]) if dates else (None, None)
    return TargetValue(
        text=cell.text,
        comparator=comparator,
        low=None if comparator in ("le", "lt") else low,
        high=None if comparator in ("ge", "gt") else high,
        unit=unit,
        per="·".join(dict.fromkeys(quantity.per)) or None,
        is_percent=unit == "%",
        value_type="percent" if unit == "%" else "money" if unit == "元" else "number",
        implicit=comparator == "eq" and quantity.comparator is None,
        suspect=quantity.suspect or cell.found.is_damaged or _looks_damaged(cell, quantity, unit),
        date_low=date_low,
        date_high=date_high,
    )


def answer_date(cell: TargetText, mention: Mention) -> TargetValue | None:
    """Build the TargetValue of a date, period or deadline; None where the date is only a reference."""
    span = mention.span
    if span.damaged and span.high is None:
        return answer(cell, None, "date", suspect=True)
    if is_reference(mention):
        return None
    front = None if mention.front == "eq" and not span.is_point else mention.front  # =2025年12月 is still a period
    comparator = span.bound or front or ("eq" if span.is_point else "range")
    date_low, date_high = _ends(mention)
    return TargetValue(
        text=cell.text,
        comparator=comparator,
        low=None,
        high=None,
        unit=None,
        per="·".join(mention.per) or None,
        is_percent=False,
        value_type="date",
        implicit=comparator == "eq" and mention.front is None,
        suspect=span.damaged or cell.found.is_damaged,
        date_low=date_low,
        date_high=date_high,
    )


def is_reference(mention: Mention) -> bool:
    """Return True if the date is a base of comparison or a year of work, and no deadline.

    较2020年提升, 完成2025年度工作任务, 不低于2023年水平.
    """
    if mention.span.bound:
        return False
    if _REFERENCE.search(mention.before):
        return bool(mention.after) or not mention.before.endswith("完成")
    is_action = any(word in mention.after for word in _ACTIONS) and "前" not in mention.after  # 2025年春节前
    return bool(mention.after) and not is_action


def _ends(mention: Mention) -> tuple[str | None, str | None]:
    span = mention.span
    comparator = span.bound or mention.front
    low = span.low.printed() if span.low and comparator not in ("le", "lt") else None
    high = span.high.printed() if span.high and comparator not in ("ge", "gt") else None
    return low, high


def _looks_damaged(cell: TargetText, quantity: Quantity, unit: str | None) -> bool:
    """Return True for a likely typing error.

    Over 100 % without a comparator (290% for ≥90%), or an Excel serial number for a date (44,561). Source: annotation
    guideline, chapter 6.
    """
    if quantity.comparator or quantity.is_range or quantity.low is None:
        return False
    if unit == "%" and quantity.low > 100:
        return not any(word in cell.folded for word in GROWTH)
    return unit is None and cell.folded[2:3] == "," and quantity.low in _SERIALS


def _leading_unit(body: str) -> str | None:
    """Return the unit that some forms print before the number: 公里=125."""
    unit = match_measure(body, 0)
    return unit if unit and body[len(unit) : len(unit) + 1] in tuple("≥≤≮≯<>=》") else None
