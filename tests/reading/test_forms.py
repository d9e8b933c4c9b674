"""Rows below a form's indicators, heads that say the same again, and cells that hold several targets."""

from __future__ import annotations

import pytest

from extract.entities import Box, Cell, Column, Line, Printed, Record
from extract.errors import Refused
from extract.reading.plausibility import find_doubts
from extract.reading.tables.drafts import field_of
from extract.reading.tables.form_head import FormHead
from extract.reading.tables.forms import is_foot
from extract.reading.tables.indexed_grid import index_grid
from extract.reading.tables.layout import find_layout
from extract.reading.tables.target_words import looks_like_targets, prints_bounds
from extract.reading.tables.titles import refuse_unread_unit, split_caption

from .test_page_breaks import make_grid, plain_rows

BOX = Box(0.0, 0.0, 10.0, 10.0)


def cells(*texts: str) -> list[Cell]:
    return [Cell(0, col, 1, 1, BOX, text) for col, text in enumerate(texts)]


@pytest.mark.parametrize(
    "texts",
    [
        ("财政部门批复意见", "同意按上述绩效目标执行。"),
        ("调整原因", "上级追加资金。"),
        ("自评等级", "☑优 □良 □中 □差"),
        ("业务科室审核意见", "同意", "分管领导审核意见", "同意"),
    ],
)
def test_labels_and_what_a_person_wrote_beside_them_are_no_indicators(texts: tuple[str, ...]) -> None:
    assert is_foot(cells(*texts))


@pytest.mark.parametrize(
    "texts",
    [
        ("群众满意度", "≥95%"),  # an indicator whose rules are lost
        ("调整原因", "≥95%"),
        ("审核意见", "120.00"),
        ("资金情况", "财政拨款"),
        ("成本指标说明", "另行下达"),
        ("补充内容", "另行下达"),  # no word of a remark
    ],
)
def test_what_may_be_loaded_is_no_remark(texts: tuple[str, ...]) -> None:
    assert not is_foot(cells(*texts))


def head(**texts: str) -> FormHead:
    fields = {Column(name): field_of(cell, 1) for name, cell in zip(texts, cells(*texts.values()), strict=True)}
    return FormHead(1, fields)


def test_a_head_that_says_less_and_nothing_else_is_the_same_form() -> None:
    whole = head(project="道路保洁", unit="某局", amount="12.00")
    assert whole.holds(head(project="道路保洁"))
    assert whole.holds(head(project="道路保洁", unit="某局"))
    assert not whole.holds(head(project="道路保洁", unit="另一局"))
    assert not whole.holds(head(project="绿化养护"))
    assert not whole.holds(head(project="道路保洁", unit="某局", amount="12.00"))  # a second form that says it all
    assert not whole.holds(head(project="道路保洁", category="特定目标类"))


def test_one_row_of_indicators_without_a_header_is_recognised() -> None:
    row = ("满意度指标", "服务对象满意度指标", "企业满意度", "≥85%")
    assert looks_like_targets(index_grid(make_grid(plain_rows(0, row))))
    assert not looks_like_targets(index_grid(make_grid(plain_rows(0, ("等级", "优", "分数", "≥90")))))
    assert not looks_like_targets(index_grid(make_grid(plain_rows(0, ("满意度指标", "见附件", "", "")))))


def test_of_two_earlier_years_the_later_one_is_the_year_before() -> None:
    header = ("一级指标", "二级指标", "三级指标", "2024年实际实现值", "2023年实际实现值", "2025年预期实现值")
    row = ("产出指标", "数量指标", "巡查次数", "11次", "10次", "≥12次")
    layout = find_layout(index_grid(make_grid(plain_rows(0, header, row))), 0)
    assert layout is not None
    prior = layout.find(Column.PRIOR_VALUE)
    assert prior is not None
    assert prior.word == "2024年实际实现值"


def record(value: str) -> Record:
    texts = {Column.PROJECT: "道路保洁", Column.INDICATOR: "资金支出进度", Column.ANNUAL_VALUE: value}
    return Record(1, 1, 1, 1, 1, BOX, {column: Printed(text, 1, BOX) for column, text in texts.items()}, {})


def test_steps_of_one_target_are_not_several_targets() -> None:
    assert list(find_doubts((record("6月底≥50%，9月底≥75%，11月底≥95%"),))) == []
    for one in (
        "1年6个月",
        "2026年11月30日前",
        "5元8角",
        "3小时30分钟",
        "12次/年",
        "1年1次",
        "1个月2次",
        "6栋",
        "≥1.5公里",
    ):
        assert list(find_doubts((record(one),))) == []
    for joined in ("≥50%≥75%", "≥7家≥90%≥95%", "≥7家≥9个", "6栋2个", "100%98%", "6栋以上2个以上", "30天15天"):
        assert "several targets" in next(find_doubts((record(joined),))).refusal.detail


@pytest.mark.parametrize(
    ("line", "word", "value"),
    [
        ("申报单位：望湖县照明所", "申报单位", "望湖县照明所"),
        ("申报单位：望湖县照明所2026年度", "申报单位", "望湖县照明所"),
        ("填报单位：望湖县照明所 （2026年） 金额单位：万元", "填报单位", "望湖县照明所"),
        ("单位名称（公章）：望湖县照明所 填报日期：2026年1月5日", "单位名称(公章)", "望湖县照明所"),
        ("填报单位：望湖县照明所 填报人：周明 联系电话：5550123", "填报单位", "望湖县照明所"),
        ("单位：万元", "", ""),
        ("单位：元、%", "", ""),
        ("项目名称：路灯维护 实施单位：望湖县照明所", "", ""),  # which is whose only the gap says
        ("2026年度", "", ""),
    ],
)
def test_a_caption_names_what_stands_before_year_date_and_money_unit(line: str, word: str, value: str) -> None:
    assert split_caption(line) == (word, value)


def test_a_goals_word_right_of_the_indicators_heads_values_where_each_row_has_one() -> None:
    header = ("一级指标", "二级指标", "指标名称", "年度目标")
    rows = [("产出指标", "数量指标", "巡查次数", "≥12次"), ("产出指标", "质量指标", "完好率", "≥95%")]
    layout = find_layout(index_grid(make_grid(plain_rows(0, header, *rows))), 0)
    assert layout is not None
    assert layout.headings[-1].column == Column.ANNUAL_VALUE
    merged = [*plain_rows(0, header, *((*row[:3],) for row in rows)), (1, 3, 2, 1, "全年巡查")]
    assert find_layout(index_grid(make_grid(merged)), 0) is None


def test_a_caption_of_the_unit_with_another_label_is_refused_and_one_of_money_is_not() -> None:
    refuse_unread_unit([Line("单位：元、%", BOX), Line("项目名称：路灯维护 负责科室：运维科", BOX)], 1)
    with pytest.raises(Refused, match="more than one label"):
        refuse_unread_unit([Line("实施单位：望湖县照明所 项目名称：路灯维护", BOX)], 1)


def test_three_figures_with_bounds_are_the_rest_of_a_table_of_targets() -> None:
    rows = [("建设面积", "≥6000亩"), ("亩均增产", "≥50公斤"), ("单位成本", "≤1506元/亩")]
    assert prints_bounds(index_grid(make_grid(plain_rows(0, *rows))))
    assert not prints_bounds(index_grid(make_grid(plain_rows(0, *rows[:2]))))
