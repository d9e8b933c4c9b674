"""Join a target's sign, value and unit from separate columns to one TargetValue (guideline, chapter 7)."""

from __future__ import annotations

from dataclasses import replace

from extract.entities import TargetValue
from extract.text import fold_text
from extract.values.targets import parse_target

_BLANK = frozenset(("", "-", "—", "/", "\\", "无", "空"))
_NO_SIGN = frozenset(
    ("定性", "定量", "其他", "定量(其他)", "不适用", "正向", "反向", "正向指标", "反向指标", "定性指标", "定量指标")
)
_PERCENT = frozenset(("%", "%(百分比)", "百分比", "百分比(%)", "(%)", "百分率"))


def parse_parts(sign: str | None, value: str | None, unit: str | None) -> TargetValue:
    """Parse sign + value + unit as one target; `text` is the joined text without blank parts.

    A sign or unit in the value cell overrides the columns; where the two contradict each other (28.8万元 in a column of
    %) the value is marked suspect.
    """
    sign, value, unit = _shown(sign), value or "", _shown(unit)
    text = sign + value + unit
    if not value or fold_text(value) in _BLANK:
        return replace(parse_target(value or text), text=text)
    own = parse_target(value)
    shown_sign = "" if fold_text(sign) in _NO_SIGN else sign
    if _has_sign(own):
        joined = parse_target(value) if own.unit else parse_target(value + unit)
    elif own.unit:
        joined = parse_target(shown_sign + value)
    else:
        joined = parse_target(shown_sign + value + unit)
    return replace(joined, text=text, suspect=joined.suspect or _contradicts(own, shown_sign, unit))


def _shown(part: str | None) -> str:
    return "" if part is None or fold_text(part) in _BLANK else part


def _has_sign(own: TargetValue) -> bool:
    return own.comparator in ("ge", "gt", "le", "lt", "approx") or (own.comparator == "eq" and not own.implicit)


def _contradicts(own: TargetValue, sign: str, unit: str) -> bool:
    """Return True if the value cell prints another sign or unit than its columns."""
    folded = fold_text(unit)
    if own.unit and folded:
        column = parse_target("1" + unit)
        same = (own.unit == "%" and folded in _PERCENT) or column.unit == own.unit
        if not same:
            return True
    if sign and _has_sign(own):
        return parse_target(sign + "1").comparator not in (own.comparator, None, "qualitative")
    return False
