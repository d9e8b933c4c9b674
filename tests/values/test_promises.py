"""Numbers that a goal in prose promises."""

from __future__ import annotations

import pytest

from extract.values import find_promises


def promised(text: str | None) -> list[tuple[str, str | None, str, str | None]]:
    """(clause, comparator, level, measure word) of each promise."""
    return [
        (value.text, value.comparator, format(value.high if value.low is None else value.low, "f"), value.unit)
        for value in find_promises(text)
    ]


def test_every_number_with_a_measure_word_is_a_promise_with_its_clause() -> None:
    goal = "工作内容包括猎头项目1个项目，预计惠及企业1,750家，惠及人才5万人；知晓率达到 90%以上，增粉量≥5%等。"
    assert promised(goal) == [
        ("工作内容包括猎头项目1个项目", "eq", "1", "个"),
        ("预计惠及企业1,750家", "eq", "1750", "家"),
        ("惠及人才5万人", "eq", "50000", "人"),
        ("知晓率达到 90%以上", "ge", "90", "%"),
        ("增粉量≥5%等", "ge", "5", "%"),
    ]


def test_two_numbers_of_one_clause_are_two_promises_and_a_range_is_one() -> None:
    assert promised("培训3场500人") == [("培训3场500人", "eq", "3", "场"), ("培训3场500人", "eq", "500", "人")]
    (value,) = find_promises("每期20-30人")
    assert (value.comparator, value.low, value.high, value.per) == ("range", 20, 30, "期")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "按照国发〔2024〕5号文、第3届大会要求",
        "2025年6月30日前完成，为期3年",
        "吸引培育一批人才，深化与“两报两台”的合作，三年行动计划",
        "1、完成各项任务。2、按时完成。",
        "完成率达到100",
    ],
)
def test_years_ordinals_set_phrases_and_bare_numbers_promise_nothing(text: str | None) -> None:
    assert promised(text) == []


def test_percentages_count_in_words_too() -> None:
    assert promised("满意度百分之九十以上") == [("满意度百分之九十以上", "ge", "90", "%")]


def test_a_text_without_any_end_of_clause_is_read_in_bounded_pieces() -> None:
    assert len(find_promises("惠及700家" * 2000)) > 100
