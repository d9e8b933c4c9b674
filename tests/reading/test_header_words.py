"""Header words and what they mean."""

from __future__ import annotations

import pytest

from extract.entities import Column
from extract.reading.tables.header_words import find_money_unit, is_ignored, load_synonyms, match_column


@pytest.mark.parametrize(
    ("word", "column"),
    [
        ("金额（万元）", Column.AMOUNT),
        ("2021年金额（元）", Column.AMOUNT),
        ("2025年度绩效目标", Column.ANNUAL_GOAL),
        ("年初目标值（A）", Column.ANNUAL_VALUE),
        ("预期2022年实现值", Column.ANNUAL_VALUE),
        ("指标值（长期）", Column.CYCLE_VALUE),
        ("全年预算数（A）", Column.AMOUNT_ADJUSTED),
        ("年度（/项目）指标值", Column.ANNUAL_VALUE),
        ("实施周 期指标值", Column.CYCLE_VALUE),
        ("中期目标（2023年—2025年）", Column.OVERALL_GOAL),
        ("部门（单位）名称", Column.UNIT),
        ("考核刻度", None),
    ],
)
def test_years_brackets_and_blanks_are_not_part_of_a_word(word: str, column: Column | None) -> None:
    assert match_column(word) == column


def test_a_long_text_is_never_a_header_word() -> None:
    assert match_column("项目" * 30) is None


def test_known_words_that_are_not_loaded_are_ignored_not_unknown() -> None:
    assert is_ignored("备 注")
    assert is_ignored("项目编号（内部）")
    assert not is_ignored("考核刻度")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("单位：万元", "万元"),
        ("金额单位:元", "元"),
        ("注：本表金额单位为万元。", "万元"),
        ("预算数（万元）", "万元"),
        ("单位名称", None),
    ],
)
def test_the_money_unit_is_read_from_headers_captions_and_notes(text: str, unit: str | None) -> None:
    assert find_money_unit(text) == unit


def test_no_synonym_means_two_columns() -> None:
    assert len(load_synonyms().columns) > 250


@pytest.mark.parametrize("word", ["三级指标及编码", "指标值及依据", "指标名称及代码", "其中：年度预算", "指标值内容"])
def test_a_word_that_may_head_what_is_loaded_is_never_ignored(word: str) -> None:
    assert not is_ignored(word)


@pytest.mark.parametrize("word", ["负责人及联系电话", "指标值来源", "其中：财政拨款", "功能科目编码"])
def test_words_of_persons_sources_and_codes_are_ignored(word: str) -> None:
    assert is_ignored(word)
