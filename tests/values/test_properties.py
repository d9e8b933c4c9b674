"""Properties that hold for every text, found out by hypothesis."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract import values
from extract.entities import TargetValue
from extract.text import fold_text
from extract.values import format_target, parse_parts, parse_target, value_as_json
from extract.values.measure_words import WORDS
from extract.values.numerals import NUMERALS
from extract.values.vocabulary import FILLERS, FRONT, SIGNS, TAILS

ANY_TEXT = st.text(st.characters(exclude_categories=()))
PIECES = [
    *SIGNS, *FRONT, *TAILS, *FILLERS, *WORDS, *NUMERALS,
    *"0123456789.,-—~至/:：%()（）《》每均第年月日季前底末*×_X□①²½٣ \u3000\x00\ud800"
]  # fmt: skip
LIKELY_TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
NUMBERS = st.decimals(min_value=0, max_value=10**12, places=3, allow_nan=False, allow_infinity=False)
# Of some numbers the digits are also those of a year, a month of a year (2025.1-2025.12) or a day (20251231).
ROUND_TRIP_NUMBERS = NUMBERS.filter(lambda number: not str(int(number)).startswith(("19", "20")))
# N年 and N月 are also dates, N季度 a part of the year, 人/次 is the misprint of 人次: no round trip for these.
UNITS = st.sampled_from([None, *sorted(WORDS - {"年", "年度", "学年", "月", "季", "季度", "人"})])
PERS = st.sampled_from([None, "年", "月", "村", "千人", "10万公顷", "人·天", "半年"])


def without_text(value: TargetValue) -> TargetValue:
    return replace(value, text="")


@given(st.one_of(ANY_TEXT, LIKELY_TEXT))
def test_no_text_raises_and_every_answer_keeps_the_table_of_the_guideline(text: str) -> None:
    value = parse_target(text)
    filled = {
        "eq": (True, True), "approx": (True, True), "range": (True, True),
        "ge": (True, False), "gt": (True, False), "le": (False, True), "lt": (False, True),
        "qualitative": (False, False), None: (False, False),
    }  # fmt: skip
    expected = (False, False) if value.value_type == "date" else filled[value.comparator]
    assert (value.low is not None, value.high is not None) == expected
    assert value.low is None or value.high is None or value.low <= value.high
    assert value.is_percent == (value.unit == "%")
    assert value.text == text


@given(st.one_of(ANY_TEXT, LIKELY_TEXT))
def test_every_answer_is_one_line_of_valid_json(text: str) -> None:
    line = value_as_json(parse_target(text))
    assert len(line.splitlines()) == 1
    line.encode("utf-8")
    assert json.loads(line)["text"] == text


@given(st.one_of(ANY_TEXT, LIKELY_TEXT))
def test_the_width_of_characters_does_not_matter(text: str) -> None:
    wide = text.translate({0x20: 0x3000} | {point: point + 0xFEE0 for point in range(0x21, 0x7F)})
    assert without_text(parse_target(wide)) == without_text(parse_target(text))


@given(st.one_of(ANY_TEXT, LIKELY_TEXT))
def test_folding_is_idempotent_and_changes_no_answer(text: str) -> None:
    folded = fold_text(text)
    assert fold_text(folded) == folded
    assert without_text(parse_target(folded)) == without_text(parse_target(text))


@given(
    st.sampled_from(["eq", "ge", "gt", "le", "lt", "approx", "range"]),
    ROUND_TRIP_NUMBERS,
    ROUND_TRIP_NUMBERS,
    UNITS,
    PERS,
    st.booleans(),
)
def test_a_printed_value_reads_back_as_itself(
    comparator: str, one: Decimal, other: Decimal, unit: str | None, per: str | None, implicit: bool
) -> None:
    low, high = (min(one, other), max(one, other)) if comparator == "range" else (one, one)
    value = TargetValue(
        text="",
        comparator=comparator,
        low=None if comparator in ("le", "lt") else low,
        high=None if comparator in ("ge", "gt") else high,
        unit=unit,
        per=per,
        is_percent=unit == "%",
        value_type="percent" if unit == "%" else "money" if unit == "元" else "number",
        implicit=implicit and comparator == "eq",
        suspect=False,
    )
    assert replace(parse_target(format_target(value)), text="", suspect=False) == value


@given(LIKELY_TEXT)
def test_what_was_read_once_reads_the_same_from_its_canonical_print(text: str) -> None:
    value = parse_target(text)
    if value.low is None and value.high is None:
        assert format_target(value) == text


@given(st.decimals(min_value="0.01", max_value=10**6, places=2), st.sampled_from(["", "元", "人次", "立方米"]))
def test_multipliers_are_monotone_and_exact(number: Decimal, unit: str) -> None:
    values = [parse_target(f"{number}{scale}{unit}").low for scale in ("", "百", "千", "万", "亿")]
    assert values == [number * factor for factor in (1, 100, 1000, 10**4, 10**8)]


@given(st.sampled_from(["≥", "≤", "=", "＞", "<", ""]), NUMBERS, UNITS)
def test_separate_columns_read_like_the_joined_text(sign: str, number: Decimal, unit: str | None) -> None:
    joined = f"{sign}{number}{unit or ''}"
    assert parse_parts(sign, str(number), unit) == parse_target(joined)


SHAPES = [
    "9", "一", "*", "(", "()", "≥5次、", "a1", "2025年12月-", "不低于", "1,", "每", "每个人", "1/", "1万", ">",
    "《", "《5",
    "1×", "1(", "百分之", "-", "1-", ".", "1.", "全区域内所有", "二十五人", "5元/人、", "月", "季度", "1:",
    "零", "、", "20250101",
]  # fmt: skip


def count_operations(text: str) -> int:
    """Calls that the grammar makes and receives; what the garbage collector calls meanwhile is not counted."""
    count = 0
    grammar = str(Path(values.__file__).parent)

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += frame.f_code.co_filename.startswith(grammar)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        parse_target(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_grows_no_faster_than_the_text(shape: str) -> None:
    small, large = (count_operations((shape * size)[:size]) for size in (450, 1800))
    assert large <= 4 * small + 200


@pytest.mark.parametrize("shape", SHAPES)
def test_the_work_on_an_endless_text_is_bounded(shape: str) -> None:
    assert count_operations((shape * 100_000)[:100_000]) <= count_operations((shape * 5_000)[:5_000]) + 50
