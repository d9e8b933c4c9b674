"""Which of several columns of values holds the year's target, and amounts that stand with their sources in one cell."""

from __future__ import annotations

import pytest
from made_grid import Spec, plain_rows, table_of

from extract.entities import Column
from extract.reading.tables.amount_lists import split_amounts
from extract.reading.tables.layout import Layout, find_layout

LEVELS = ("一级指标", "二级指标", "三级指标")
ROW = ("产出指标", "数量指标", "清运垃圾量")


def layout_under(*words: str, above: str = "") -> Layout:
    """Find the layout of levels and value columns, the columns of values under one word where `above` names it."""
    values = tuple(f"{k}万吨" for k in range(1, len(words) + 1))
    if not above:
        table = table_of(*plain_rows(0, (*LEVELS, *words), (*ROW, *values)))
    else:
        head = [(0, k, 2, 1, word) for k, word in enumerate(LEVELS)] + [(0, 3, 1, len(words), above)]
        head += [(1, 3 + k, 1, 1, word) for k, word in enumerate(words)]
        table = table_of(*head, *plain_rows(2, (*ROW, *values)))
    layout = find_layout(table, 0)
    assert layout is not None
    return layout


def target_of(layout: Layout) -> list[str]:
    return [heading.word for heading in layout.headings if heading.column == Column.ANNUAL_VALUE]


@pytest.mark.parametrize(
    ("words", "above", "target", "prior"),
    [
        (("2025年", "预计2026年实现"), "指标值", "预计2026年实现", "2025年"),
        (("前年", "上年", "预计当年实现"), "指标值", "预计当年实现", "上年"),
        (("2024年实际", "2025年预计", "2026年目标"), "", "2026年目标", "2024年实际"),
        (("2023年实际实现值", "2024年实际实现值", "预期2025年实现值"), "", "预期2025年实现值", "2024年实际实现值"),
        (("2026年目标值", "2025年实际完成值"), "", "2026年目标值", "2025年实际完成值"),
    ],
)
def test_the_target_of_the_year_is_told_from_earlier_years(
    words: tuple[str, ...], above: str, target: str, prior: str
) -> None:
    layout = layout_under(*words, above=above)
    assert target_of(layout) == [target]
    assert [h.word for h in layout.headings if h.column == Column.PRIOR_VALUE] == [prior]
    assert not layout.doubts


@pytest.mark.parametrize(
    ("words", "above"),
    [
        (("2026年", "2027年", "2028年"), "指标值"),  # history or a plan: the words do not say
        (("2026年目标值", "2027年目标值"), ""),
        (("2025年", "南片区"), "指标值"),  # a word that nobody has listed may head the year's value
    ],
)
def test_columns_that_may_all_be_the_target_are_doubted(words: tuple[str, ...], above: str) -> None:
    assert layout_under(*words, above=above).doubts


def test_a_result_of_the_year_of_the_target_is_its_actual_value() -> None:
    layout = layout_under("2025年目标值", "2025年实际完成值")
    assert target_of(layout) == ["2025年目标值"]
    assert layout.find(Column.ACTUAL_VALUE) is not None
    assert layout.find(Column.PRIOR_VALUE) is None


@pytest.mark.parametrize(
    ("title", "column"), [("长期绩效目标表", Column.CYCLE_VALUE), ("年度绩效目标表", Column.ANNUAL_VALUE)]
)
def test_a_title_of_several_years_makes_its_values_those_of_the_cycle(title: str, column: Column) -> None:
    rows = plain_rows(1, (*LEVELS, "指标值"), (*ROW, "≥2万吨"))
    layout = find_layout(table_of((0, 0, 1, 4, title), *rows), 1)
    assert layout is not None
    assert layout.headings[-1].column == column


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        (
            "年度资金总额：45.00万元其中：财政拨款45.00万元其他资金0万元",
            [("年度资金总额", "45.00万元"), ("财政拨款", "45.00万元"), ("其他资金", "0万元")],
        ),
        ("100.50（其中：财政拨款100.50）", [("", "100.50"), ("财政拨款", "100.50")]),
        ("45.00万元", []),
        ("共计45万元用于修缮", []),
        ("2026年度预算45万元，结余资金3万元", []),
        ("其中：财政拨款４５．００万元", []),
    ],
)
def test_an_amount_and_its_sources_in_one_cell_are_parted_where_nothing_else_stands_there(
    text: str, listed: list[tuple[str, str]]
) -> None:
    assert split_amounts(text) == listed


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([("≥", "6座"), ("＝", "100%")], [Column.SIGN, Column.VALUE]),
        ([("6", "座"), ("100", "%")], [Column.VALUE, Column.MEASURE_UNIT]),
        ([("≥", "6座"), ("≥", "")], [Column.ANNUAL_VALUE]),
        ([("6", "座"), ("良好", "无")], [Column.ANNUAL_VALUE]),
        ([("≥6座", "另一值"), ("≥", "2座")], [Column.ANNUAL_VALUE]),
    ],
)
def test_values_that_every_row_divides_are_sign_and_figure_or_figure_and_measure(
    rows: list[tuple[str, str]], columns: list[Column]
) -> None:
    header: list[Spec] = [*plain_rows(0, LEVELS), (0, 3, 1, 2, "指标值")]
    layout = find_layout(table_of(*header, *plain_rows(1, *((*ROW, *row) for row in rows))), 0)
    assert layout is not None
    assert list(layout.columns[3:]) == columns
