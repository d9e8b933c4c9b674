"""Tables of other things inside a form, and words beside which a name or an amount of another kind may stand."""

from __future__ import annotations

import pytest
from made_grid import Spec, make_grid, plain_rows

from extract.entities import Box, Column, Line, PageGrids
from extract.reading.tables.assembler import Assembler

TITLE = "2025年项目支出绩效目标表"
HEADER = ("一级指标", "二级指标", "三级指标", "指标值")
ROWS = (("产出指标", "数量指标", "巡检次数", "≥24次"), ("效益指标", "社会效益指标", "案件处置率", "≥96%"))
MONEY: tuple[tuple[str, ...], ...] = (("年度资金总额（万元）", "75.20", "主管部门", "某市城管局"),)


def read(
    *head: tuple[str, ...],
    name: str = "项目名称",
    header: tuple[str, ...] = HEADER,
    rows: tuple[tuple[str, ...], ...] = ROWS,
    below: tuple[Spec, ...] = (),
    title: str = TITLE,
) -> tuple[list[tuple[str, ...]], str]:
    """The indicators and targets of a form with more rows in its head and below its indicators, and its doubts."""
    names: list[Spec] = [(0, 0, 1, 1, name), (0, 1, 1, len(header) - 1, "平台运行维护")]
    goal: list[Spec] = [(1 + len(head), 0, 1, 1, "年度目标"), (1 + len(head), 1, 1, len(header) - 1, "保障平台稳定。")]
    specs = [*names, *plain_rows(1, *head), *goal, *plain_rows(2 + len(head), header, *rows)]
    first = 3 + len(head) + len(rows)
    specs += [(first + row, col, high, wide, text) for row, col, high, wide, text in below]
    assembler = Assembler()
    grid = make_grid(specs)
    assembler.read_page(PageGrids(1, 600, 800, (grid,), (Line(title, Box(0, -2, 400, 0)),), {}))
    assembler.finish()
    drafts = [draft for part in assembler.parts for draft in part.drafts]
    doubts = [doubt.detail for part in assembler.parts for project in part.projects for doubt in project.doubts]
    columns = (Column.INDICATOR, Column.ANNUAL_VALUE)
    found = [tuple(d.fields[c].text if c in d.fields else "" for c in columns) for d in drafts]
    return found, "; ".join([*doubts, *(doubt.detail for doubt in assembler.lost)])


def test_a_form_without_any_of_this_is_read() -> None:
    assert read(*MONEY) == ([row[2:] for row in ROWS], "")


@pytest.mark.parametrize(
    "words",
    [("工作步骤", "责任单位", "完成时限", "备注"), ("任务", "实施单位", "完成时间", "备注")],
)
def test_the_word_of_an_office_over_a_column_of_a_list_is_no_label_of_the_form(words: tuple[str, ...]) -> None:
    _, doubts = read(("年度资金总额（万元）", "75.20", "", ""), words, ("巡检", "信息科", "6月底", ""))
    assert words[1] in doubts
    rows = (("巡检", "6月", "信息科", "20.00"), ("处置", "9月", "指挥科", "55.20"))
    _, doubts = read(("年度资金总额（万元）", "75.20", "", ""), ("任务", "时限", "责任单位", "预算金额（万元）"), *rows)
    assert "责任单位" in doubts


@pytest.mark.parametrize(
    "row",
    [("项目负责人", "张三", "实施单位", "某市信息中心"), ("实施单位", "某市信息中心", "项目负责人", "张三")],
)
def test_labels_and_their_values_may_take_turns(row: tuple[str, ...]) -> None:
    assert read(*MONEY, row) == ([row[2:] for row in ROWS], "")


@pytest.mark.parametrize("word", ["2025年投资计划（万元）", "2025年债券额度（万元）", "本年度拨款（万元）"])
def test_money_of_the_year_beside_an_investment_over_years_may_be_the_amount(word: str) -> None:
    _, doubts = read(("项目总投资（万元）", "300.00", word, "75.20"))
    assert word in doubts
    assert read(("项目总投资（万元）", "300.00", "建设工期（月）", "12"))[1] == ""


def test_a_project_that_is_named_by_the_title_may_have_its_name_in_the_head() -> None:
    titled = "动物疫病防控项目2025年支出绩效目标表"
    assert "任务名称" in read(*MONEY, name="任务名称", title=titled)[1]
    assert read(*MONEY, name="任务内容", title=titled)[1] == ""


def test_a_caption_that_speaks_of_costs_begins_another_table() -> None:
    costs = ((1, 0, 1, 1, "数量"), (1, 1, 1, 1, "培训人数"), (1, 2, 1, 1, "180人"), (1, 3, 1, 1, "5.00"))
    assert "经费支出明细" in read(*MONEY, below=((0, 0, 1, 4, "经费支出明细"), *costs))[1]
    more = tuple((1, col, 1, 1, text) for col, text in enumerate(ROWS[0]))
    for caption in ("二、设备采购", "年度绩效指标（资金使用）"):
        assert len(read(*MONEY, below=((0, 0, 1, 4, caption), *more))[0]) == 3
    assert read(*MONEY, below=((0, 0, 1, 4, "以上情况属实。"),)) == ([row[2:] for row in ROWS], "")


def test_the_word_of_a_column_of_money_is_no_target() -> None:
    costs = ((0, 0, 2, 1, "支出明细"), *plain_rows(0, ("", "成本项目", "数量", "金额（万元）"))[1:])
    more = plain_rows(1, ("", "成本", "培训", "20.00"))[1:]
    assert "金额（万元）" in read(*MONEY, below=(*costs, *more))[1]
    assert read(*MONEY, rows=(("产出指标", "成本指标", "总成本", "75.20万元"),))[1] == ""


def test_a_quantity_beside_the_label_of_a_table_is_an_indicator() -> None:
    bought = (
        ("活动", "数量指标", "演出场次", "60场"),
        ("", "数量", "采购音响", "20台"),
        ("", "数量", "采购灯具", "50套"),
    )
    specs = [
        (1, 0, 2, 1, "政府采购"),
        *(spec for row, one in enumerate(bought) for spec in plain_rows(row, one) if spec[4]),
    ]
    found, _ = read(*MONEY, header=("绩效指标", *HEADER[1:]), rows=(), below=tuple(specs))
    assert found == [("演出场次", "60场"), ("采购音响", "20台"), ("采购灯具", "50套")]


def test_the_target_before_it_was_changed_is_not_left_out() -> None:
    rows = tuple((*row[:3], "18次", row[3], "≥30次") for row in ROWS)
    _, doubts = read(*MONEY, header=(*HEADER[:3], "2024年完成", "2025年计划", "2025年调整后目标值"), rows=rows)
    assert "2025年计划" in doubts
