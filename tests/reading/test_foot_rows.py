"""Rows below a form's indicators: what is written by those who filled it in, and tables of other things."""

from __future__ import annotations

import pytest
from made_grid import Spec, plain_rows, table_of

from extract.entities import Box, Column, Printed, Record
from extract.reading.plausibility import find_doubts
from extract.reading.tables.foot_rows import find_foot
from extract.reading.tables.layout import find_layout

HEADER = ("绩效指标", "一级指标", "二级指标", "三级指标", "指标值")
BOX = Box(0.0, 0.0, 10.0, 10.0)
INDICATOR = ("", "产出指标", "数量指标", "维修校舍", "≥6栋")


def count_foot(*below: Spec) -> int:
    """How many of the last rows are no indicators; the first of them is row 2."""
    table = table_of(*plain_rows(0, HEADER, INDICATOR), *below)
    layout = find_layout(table, 0)
    assert layout is not None
    return table.grid.n_rows - find_foot(table, layout, layout.stop, table.grid.n_rows)


def wide(row: int, *texts: str) -> list[Spec]:
    """A label over two columns, what is written to it over two, and more."""
    spans = [(0, 2), (2, 2), (4, 1)] if len(texts) > 2 else [(0, 2), (2, 3)]
    return [(row, col, 1, width, text) for (col, width), text in zip(spans, texts, strict=True)]


@pytest.mark.parametrize(
    "texts",
    [
        ("绩效目标审核人", "赵六"),
        ("主管处室审核人", "赵六"),
        ("填报单位负责人", "王五", "66668888"),
        ("填报人", "李四", "2024年11月5日"),
        ("负责人签字", "", "填报时间"),
        ("单位意见", "同意申报。"),
        ("资金测算说明", "6栋×25万元=150万元"),
        ("是否需要第三方评价", "否"),
        ("财政部门初审意见：同意", "负责人签字：王五"),
    ],
)
def test_a_listed_label_and_what_is_written_to_it_is_no_indicator(texts: tuple[str, ...]) -> None:
    assert count_foot(*wide(2, *texts)) == 1
    assert count_foot(*wide(2, *texts), *wide(3, *texts), (4, 0, 1, 5, "注：无")) == 3


@pytest.mark.parametrize(
    "texts",
    [
        ("群众满意度", "≥95%"),
        ("补充内容", "另行下达"),
        ("质量指标是否公开", "是"),
        ("审核人", "≥2人"),
        ("审核人", "2人"),
        ("单位意见", "100%"),
        ("单位意见", "满意度指标", "同意"),
        ("群众意见", "满意"),
        ("", "审核人", "赵六"),
    ],
)
def test_what_may_be_an_indicator_is_none_of_the_last_rows(texts: tuple[str, ...]) -> None:
    assert count_foot(*wide(2, *texts)) == 0


def test_a_row_above_an_indicator_is_none_of_the_last_rows() -> None:
    assert count_foot(*wide(2, "填报人", "李四"), *plain_rows(3, INDICATOR)) == 0


def beside(label: str, *rows: tuple[str, ...]) -> list[Spec]:
    """Rows beside one label in the first column."""
    return [
        (2, 0, len(rows), 1, label),
        *((2 + r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row, 1)),
    ]


@pytest.mark.parametrize("label", ["政府采购", "资产配置", "支出明细预算（万元）", "实施计划"])
def test_a_table_beside_a_listed_label_is_no_indicators(label: str) -> None:
    assert count_foot(*beside(label, ("采购品目", "数量", "单价", "总价"), ("A0201", "6", "20.00", "120.00"))) == 2


def test_levels_targets_and_other_labels_beside_rows_are_kept() -> None:
    first = ("采购品目", "数量", "单价", "总价")
    assert count_foot(*beside("政府采购", first, ("产出指标", "数量指标", "采购台数", "6台"))) == 0
    assert count_foot(*beside("政府采购", first, ("A0201", "6", "20.00", "≥6台"))) == 0
    assert count_foot(*beside("校舍维修", first, ("A0201", "6", "20.00", "120.00"))) == 0


def record(row: int, *texts: str) -> Record:
    """A record of one project with levels, an indicator and its target."""
    columns = (Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.ANNUAL_VALUE)
    named = zip((Column.PROJECT, *columns), ("校舍维修", *texts), strict=True)
    return Record(1, 1, 1, row, 1, BOX, {column: Printed(text, 1, BOX) for column, text in named}, {})


@pytest.mark.parametrize(
    "texts",
    [
        ("采购品目", "A020101", "公开招标", "20.00"),
        ("实施单位", "某局", "配合单位", "各乡镇"),
        ("产出指标", "数量指标", "联系电话", "66668888"),
    ],
)
def test_rows_of_another_table_in_the_columns_of_indicators_are_doubted(texts: tuple[str, ...]) -> None:
    first = record(1, *INDICATOR[1:])
    assert not list(find_doubts((first, record(2, "效益指标", "", "就读学生", "≥600人"))))
    (doubt,) = find_doubts((first, record(2, *texts)))
    assert "is no level and no indicator" in doubt.refusal.detail


@pytest.mark.parametrize("label", ["成本测算", "成本核算", "满意度调查", "质量控制", "上年产出", "效益情况"])
def test_a_level_that_is_named_otherwise_than_the_others_is_a_label(label: str) -> None:
    usual = [record(1, *INDICATOR[1:]), record(2, "效益指标", "社会效益指标", "就读学生", "≥600人")]
    (doubt,) = find_doubts((*usual, record(3, label, "问卷", "500份", "12月")))
    assert repr(label)[1:-1] in doubt.refusal.detail
    for level in ("满意度", "社会效益", "产出成果指标（50分）", "成本目标"):
        assert not list(find_doubts((*usual, record(3, level, "", "家长满意度", "≥95%"))))
    assert not list(find_doubts((*usual, record(3, label, "社会监督指标", "公开次数", "≥2次"))))
    assert not list(find_doubts((usual[0], record(2, label, "质量", "问卷", "500份"))))  # one level shows no style


def test_rows_under_levels_of_another_kind_alone_are_kept() -> None:
    doubts = find_doubts((record(1, "决策", "项目立项", "立项规范性", "规范"),))
    assert not [doubt for doubt in doubts if "no level and" in doubt.refusal.detail]
