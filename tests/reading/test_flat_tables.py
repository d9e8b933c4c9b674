"""Flat tables: which column is which, whose project a row is, and what a page break cuts."""

from __future__ import annotations

import pytest
from made_flat import HEADER, page_of, read, rows_of
from made_grid import make_grid, plain_rows, table_of

from extract.entities import Column
from extract.errors import Reason, Refused
from extract.reading.tables.layout import Layout, find_layout
from extract.reading.tables.numbered_text import Item, drop_endings, parse_items
from extract.reading.tables.page_breaks import drop_overlap

CODE = "11000022T00000044"


def layout_of(*rows: tuple[str, ...]) -> Layout:
    layout = find_layout(table_of(*plain_rows(0, *rows)), 0)
    assert layout is not None
    return layout


def test_signs_and_measure_words_under_unlisted_words_are_parts_of_the_value() -> None:
    layout = layout_of(
        ("一级指标", "二级指标", "三级指标", "指标值", "考核口径", "指标值类型", "计数"),
        ("产出指标", "数量指标", "巡查次数", "12", "实地巡查", "≥", "次"),
    )
    assert layout.columns[2:] == (Column.INDICATOR, Column.VALUE, Column.SIGN, Column.MEASURE_UNIT)
    assert layout.ignored == ("考核口径",)
    assert layout.doubts == ()


def test_two_columns_of_signs_are_a_doubt_that_names_both() -> None:
    layout = layout_of(("一级指标", "三级指标", "指标值", "甲列", "乙列"), ("产出指标", "巡查次数", "12", "≥", "="))
    assert {doubt.reason for doubt in layout.doubts} == {Reason.UNKNOWN_HEADER}
    assert "甲列" in layout.doubts[0].detail
    assert "乙列" in layout.doubts[1].detail


def test_a_blank_column_of_values_beside_targets_under_an_unlisted_word_is_a_doubt() -> None:
    layout = layout_of(("一级指标", "三级指标", "指标值", "完成程度"), ("产出指标", "巡查次数", "", "≥12次"))
    assert "完成程度" in layout.doubts[0].detail


@pytest.mark.parametrize(
    ("words", "figures", "amount"),
    [
        (("项目总额", "财政资金", "其他资金"), ("5", "3", "2"), "项目总额"),
        (("总计", "财政拨款", "财政专户拨款"), ("5", "3", "2"), "总计"),
        (("当年财政拨款预算金额",), ("5",), "当年财政拨款预算金额"),
        (("当年预算", "市级支出", "补助区县"), ("5", "3", "2"), "当年预算"),
        (("年度金额", "项目总投资"), ("5", "9"), "年度金额"),
        (("项目总投资", "2025年安排"), ("9", "5"), "2025年安排"),
    ],
)
def test_the_amount_is_the_total_and_never_a_source(
    words: tuple[str, ...], figures: tuple[str, ...], amount: str
) -> None:
    layout = layout_of(("项目名称", *words, "三级指标", "指标值"), ("道路保洁", *figures, "巡查次数", "≥12次"))
    found = layout.find(Column.AMOUNT)
    assert found is not None
    assert found.word == amount
    assert layout.doubts == ()


def test_two_years_beside_a_total_are_a_doubt() -> None:
    words = ("项目名称", "项目总投资", "2025年安排", "2026年安排", "三级指标", "指标值")
    assert layout_of(words, ("道路保洁", "9", "5", "4", "巡查次数", "≥12次")).doubts


def test_sources_without_a_total_are_a_doubt() -> None:
    layout = layout_of(
        ("项目名称", "财政拨款", "其他资金", "三级指标", "指标值"), ("道路保洁", "3", "2", "巡查次数", "≥12次")
    )
    assert layout.doubts


def test_a_header_word_joined_with_the_cell_below_it_is_a_doubt() -> None:
    layout = layout_of(("一级指标", "二级指标数量指标", "三级指标", "指标值"), ("产出指标", "", "巡查次数", "≥12次"))
    assert "二级指标数量指标" in layout.doubts[0].detail


def test_a_table_without_levels_is_read() -> None:  # 重庆
    header = (
        "项目名称",
        "当年财政拨款预算金额",
        "当年绩效目标",
        "指标名称",
        "指标性质",
        "指标值",
        "计量单位",
        "指标权重(%)",
    )
    rows = (
        ("道路保洁", "120", "全年保洁", "巡查次数", "≥", "12", "次", "50"),
        ("", "", "", "覆盖率", "≥", "90", "%", "40"),
    )
    drafts, _, _ = read(make_grid(plain_rows(0, header, *rows)))
    assert rows_of(drafts) == [("道路保洁", "120", "巡查次数"), ("道路保洁", "120", "覆盖率")]


UNITS = ("单位（项目）名称", "资金总额", "绩效目标", "三级指标", "指标值")


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        (("市信访局", "30", "", "", ""), "市信访局"),  # an office whose projects add up to its amount
        (("市政服务一部", "30", "", "", ""), "市政服务一部"),
        (("设备更新项目", "9", "", "", ""), ""),  # a project without indicators
    ],
)
def test_a_row_with_a_name_and_an_amount_is_the_unit_of_the_projects_below(head: tuple[str, ...], unit: str) -> None:
    rows = (("道路保洁", "10", "保洁", "巡查", "≥1次"), ("河道保洁", "20", "保洁", "巡河", "≥2次"))
    drafts, projects, _ = read(make_grid(plain_rows(0, UNITS, ("合计", "39", "", "", ""), head, *rows)))
    assert [d.fields[Column.UNIT].text if Column.UNIT in d.fields else "" for d in drafts] == [unit, unit]
    assert not any(project.doubts for project in projects)


def test_an_office_whose_projects_do_not_add_up_may_be_a_project_and_is_held_back() -> None:
    rows = (("信息中心", "7", "", "", ""), ("道路保洁", "10", "保洁", "巡查", "≥1次"))
    _, projects, _ = read(make_grid(plain_rows(0, UNITS, *rows)))
    assert "may be the unit" in projects[0].doubts[0].detail


def test_each_block_under_one_name_is_a_project_with_its_own_amount() -> None:
    drafts, projects, _ = read(
        page_of(("设备购置", "5", "甲处设备", 2), ("^", "7", "乙处设备", 2), ("保洁", "9", "保洁", 1))
    )
    assert rows_of(drafts)[1:3] == [("设备购置", "5", "指标1"), ("设备购置", "7", "指标2")]
    assert len(projects) == 3
    assert not any(project.doubts for project in projects)


def test_a_block_cut_by_a_page_break_goes_on_and_the_next_one_begins() -> None:
    upper = page_of(("设备购置", "5", "甲处设备。", 2), ("^", "", "", 1))
    lower = page_of(("设备购置", "7", "乙处设备。", 1), ("^", "8", "丙处设备。", 1), first=3, page=2)
    drafts, projects, _ = read(upper, lower)
    assert [amount for _, amount, _ in rows_of(drafts)] == ["5", "5", "7", "7", "8"]
    assert not any(project.doubts for project in projects)


def test_a_blank_name_with_another_amount_and_no_goal_is_held_back() -> None:
    upper, lower = page_of(("设备购置", "5", "更新设备。", 2)), page_of(("", "7", "", 2), first=2, page=2)
    _, projects, _ = read(upper, lower)
    assert "'7' stands under '设备购置', which has '5'" in projects[0].doubts[0].detail


def test_a_name_without_its_code_is_the_rest_of_the_name_above() -> None:
    whole = [(f"{CODE}{k}-项目{k}", str(k + 1), "目标。", 1) for k in range(1000, 1004)]
    upper = page_of(*whole, (CODE, "", "", 1))
    lower = page_of(("1004-无线电监测", "9", "目标。", 1), first=5, page=2)
    drafts, projects, _ = read(upper, lower)
    assert rows_of(drafts)[-1] == (f"{CODE}1004-无线电监测", "9", "指标5")
    assert rows_of(drafts)[-2][0] == rows_of(drafts)[-1][0]
    assert not any(project.doubts for project in projects)


def test_a_line_that_stands_on_both_pages_counts_once() -> None:
    assert (
        drop_overlap("受托方按照委托方审计质量的要求", "委托方审计质量的要求开展检查。")
        == "受托方按照委托方审计质量的要求开展检查。"
    )
    assert drop_overlap("提升服务", "服务质量") == "提升服务服务质量"  # two letters may be chance


def test_the_rest_of_an_indicator_without_a_target_is_joined_where_every_row_prints_one() -> None:
    upper = page_of(("道路保洁", "5", "保洁。", 6))
    rest = ("", "", "", "", "", "率", "")
    lower = make_grid(plain_rows(0, HEADER, rest, ("河道保洁", "6", "保洁", "产出指标", "数量指标", "巡河", "≥2次")), 2)
    drafts, projects, _ = read(upper, lower)
    assert [name for _, _, name in rows_of(drafts)][-2:] == ["指标5率", "巡河"]
    assert not any(project.doubts for project in projects)


def test_the_sum_of_a_unit_at_the_top_of_a_page_is_no_rest() -> None:
    header = ("单位名称", *HEADER)
    first = plain_rows(0, header, ("甲局", "道路保洁", "5", "保洁", "产出指标", "数量指标", "巡查", "≥1次"))
    second = plain_rows(
        0,
        header,
        ("乙局", "", "6", "", "", "", "", ""),
        ("乙局", "河道保洁", "6", "保洁", "产出指标", "数量指标", "巡河", "≥2次"),
    )
    drafts, _, _ = read(make_grid(first), make_grid(second, 2))
    assert rows_of(drafts) == [("道路保洁", "5", "巡查"), ("河道保洁", "6", "巡河")]


def test_rows_that_a_template_leaves_blank_open_their_project_and_are_no_rows() -> None:
    specs = plain_rows(0, HEADER)
    specs += [(1, 0, 2, 1, "道路保洁"), (1, 1, 2, 1, "5"), (1, 2, 2, 1, "保洁。")]
    specs += [*plain_rows(1, ("", "", "", "成本指标", "社会成本指标", "", ""))[3:]]
    specs += [*plain_rows(2, ("", "", "", "产出指标", "数量指标", "巡查", "≥1次"))[3:]]
    drafts, projects, assembler = read(make_grid(specs))
    assert rows_of(drafts) == [("道路保洁", "5", "巡查")]
    assert len(projects) == 1
    assert assembler.findings == []


def test_two_units_beside_one_name_hold_both_projects_back() -> None:
    header = ("单位名称", *HEADER)
    specs = plain_rows(0, header)
    specs += [(1, 1, 2, 1, "道路保洁"), (1, 2, 2, 1, "5"), (1, 3, 2, 1, "保洁。")]
    specs += [(1, 0, 1, 1, "甲局甲局"), (2, 0, 1, 1, "甲局")]
    for row in (1, 2):
        specs += [(row, 4 + k, 1, 1, t) for k, t in enumerate(("产出指标", "数量指标", f"巡查{row}", "≥1次"))]
    _, projects, _ = read(make_grid(specs))
    assert all(project.doubts for project in projects)


def item(number: str, indicator: str, values: str) -> str:
    return f"{number}1-产出指标；11-数量指标；{indicator}；{values}"


def test_a_numbered_text_is_parted_into_its_items() -> None:
    text = item("1、", "会议次数", "实施周期指标值:≥20场；年度指标值:≥10场。") + item(
        "2、", "时间.", "实施周期指标值:一级≤1；二级≤2；年度指标值:≤1。"
    )
    items = drop_endings([parse_items(text, 1)])[0]
    assert items[0] == Item("1-产出指标", "11-数量指标", "会议次数", "≥20场", "≥10场")
    assert items[1] == Item("1-产出指标", "11-数量指标", "时间.", "一级≤1；二级≤2", "≤1")


def test_a_full_stop_is_kept_where_items_end_with_semicolons() -> None:
    text = (
        item("1.", "次数", "年度指标值：是。")
        + item("2、", "率", "年度指标值：90%；")
        + item("1、", "数", "年度指标值：3;")
    )
    assert [one.annual_value for one in drop_endings([parse_items(text, 1)])[0]] == ["是。", "90%", "3"]


def test_digits_before_a_number_belong_to_the_value_where_the_count_says_so() -> None:
    text = (
        item("1、", "次数", "年度指标值：") + item("2、", "率", "年度指标值：≥9") + item("3、", "数", "年度指标值》90%")
    )
    assert [one.annual_value for one in parse_items(text, 1)] == ["", "≥9", "》90%"]


@pytest.mark.parametrize(
    "text",
    [
        "另附：" + item("1、", "次数", "年度指标值:1。"),
        item("1、", "次数", "年度指标值:1。") + item("3、", "率", "年度指标值:1。"),
        item("1、", "次数", "年度指标值:1；年度指标值:2。"),
        item("1、", "次数", "完成值:1。"),
    ],
)
def test_a_numbered_text_that_the_grammar_does_not_hold_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="conservation"):
        parse_items(text, 1)
