"""Sign, value and unit from columns of their own (guideline, chapter 7)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from extract.values import parse_parts, parse_target


@pytest.mark.parametrize(
    ("sign", "value", "unit"),
    [
        ("≧", "100", "%"), (">=", "98", "%(百分比)"), (">=", "75", ""), ("=", "6", "万元"), ("=", "6", "万立方米"),
        ("=", "24", "人/次"), ("", "470", "人/天"), ("≥", "1", "人/年"), ("=", "15000", "株"), ("≤", "0.9", "‰"),
        ("=", "5", "社区"), ("＝", "3", "个（项）"), ("大于等于", "5", "次"), ("定性", "优良中低差", ""),
        ("定性", "有效保障", None),
        ("≥", "95.00", "%"), (None, "", None), ("≥", "", "%"), ("≥", "**", "人次"), ("=", "2025年12月", ""),
    ],
)  # fmt: skip
def test_parts_say_the_same_as_their_joined_text(sign: str | None, value: str, unit: str | None) -> None:
    assert parse_parts(sign, value, unit) == parse_target((sign or "") + value + (unit or ""))


@pytest.mark.parametrize(
    ("sign", "value", "unit", "joined"),
    [
        ("≥", "≥95%", "%", "≥95%"),
        ("", "95%", "百分比", "95%"),
        ("=", "5次", "次", "=5次"),
        ("≥", "5", "/", "≥5"),
        ("≥", "5", "无", "≥5"),
    ],
)
def test_what_is_printed_twice_or_left_blank_adds_nothing(sign: str, value: str, unit: str, joined: str) -> None:
    parts = parse_parts(sign, value, unit)
    assert replace(parts, text="") == replace(parse_target(joined), text="")
    assert not parts.suspect


def test_the_suffix_in_the_value_cell_wins_and_the_contradiction_is_flagged() -> None:
    parts = parse_parts("", "28.8万元", "%")
    assert (parts.low, parts.unit, parts.value_type, parts.suspect) == (Decimal(288000), "元", "money", True)
    assert parts == parse_target("28.8万元%")


def test_the_sign_in_the_value_cell_wins_and_the_contradiction_is_flagged() -> None:
    parts = parse_parts("≤", "≥95%", "%")
    assert (parts.comparator, parts.suspect) == ("ge", True)
