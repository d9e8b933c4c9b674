"""Heads and rows that a page break cuts, and texts that belong to nobody."""

from __future__ import annotations

import pytest
from made_grid import Spec, make_grid, plain_rows, table_of

from extract.entities import Box, Column, Grid, Line, PageGrids
from extract.errors import Reason, Refused
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.cell_accounting import Account
from extract.reading.tables.drafts import Draft
from extract.reading.tables.form_head import read_head
from extract.reading.tables.indexed_grid import index_grid
from extract.reading.tables.layout import find_layout, move_layout
from extract.reading.tables.page_breaks import is_rest_of_level
from extract.reading.tables.page_joins import join_tables
from extract.reading.tables.titles import read_heading, refuse_unread_unit

HEADER = ("一级指标", "二级指标", "三级指标", "指标值")
ROW = ("产出指标", "数量指标", "巡查次数", "≥12次")


def head_rows(project: str, first: int = 0) -> list[Spec]:
    return [
        (first, 0, 1, 1, "项目名称"),
        (first, 1, 1, 3, project),
        (first + 1, 0, 1, 1, "年度资金总额（元）"),
        (first + 1, 1, 1, 3, "100.00"),
        (first + 2, 0, 1, 1, "年度目标"),
        (first + 2, 1, 1, 3, "全年巡查"),
    ]


def read_drafts(*grids: Grid) -> list[Draft]:
    """The drafts of grids, each a page of its own; raises the first doubt."""
    assembler = Assembler()
    for grid in grids:
        title = Line("2025年度项目支出绩效目标表", Box(0, -1, 400, 3))
        lines = (title,) if grid.page == 1 else ()
        assembler.read_page(PageGrids(grid.page, 600, 800, (grid,), lines, {}))
    assembler.finish()
    for doubt in (*assembler.lost, *(d for part in assembler.parts for p in part.projects for d in p.doubts)):
        raise Refused(doubt.reason, doubt.detail, doubt.page)
    return [d for part in assembler.parts for d in part.drafts]


def assemble(*grids: Grid) -> list[tuple[str, str]]:
    """The project and indicator of every draft, after reading each grid as a page of its own."""
    drafts = read_drafts(*grids)
    return [(d.project.fields[Column.PROJECT].text, d.fields[Column.INDICATOR].text) for d in drafts]


def texts_of(*grids: Grid) -> list[str]:
    """Level 1, level 2, indicator and values of every draft, in one text each."""
    columns = (Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.CYCLE_VALUE, Column.ANNUAL_VALUE)
    return [" ".join(d.fields[c].text if c in d.fields else "-" for c in columns) for d in read_drafts(*grids)]


def test_a_head_cut_after_its_first_row_keeps_its_own_indicators() -> None:
    whole = make_grid(
        [*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW), (5, 0, 1, 1, "项目名称"), (5, 1, 1, 3, "河道保洁")]
    )
    rest = [(row - 1, *cell) for row, *cell in head_rows("-")[2:]]
    below = make_grid([*rest, *plain_rows(2, HEADER, ROW)], page=2)  # type: ignore[list-item]
    assert assemble(whole, below) == [("道路保洁", "巡查次数"), ("河道保洁", "巡查次数")]


def test_rows_under_a_header_at_the_foot_of_a_page_are_that_forms() -> None:
    first = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    second = make_grid([*head_rows("河道保洁"), *plain_rows(3, HEADER)], page=2)
    third = make_grid(plain_rows(0, ROW), page=3)
    assert assemble(first, second, third) == [("道路保洁", "巡查次数"), ("河道保洁", "巡查次数")]


def test_a_head_that_another_head_follows_refuses_the_document() -> None:
    with pytest.raises(Refused, match="without its indicators") as refusal:
        assemble(
            make_grid(head_rows("道路保洁")), make_grid([*head_rows("河道保洁"), *plain_rows(3, HEADER, ROW)], page=2)
        )
    assert refusal.value.reason == Reason.PAGE_MISSING


@pytest.mark.parametrize(
    "row",
    [
        ("主要指标", "数量指标", "巡查次数", "≥12次"),
        ("考核内容", "产出", "数量", "12次"),
        ("效益", "公众", "满意情况", "≥95%"),
        ("产出指标", "数量指标", "巡查次数", "12次"),
    ],
)
def test_indicators_below_a_head_without_their_header_are_in_doubt(row: tuple[str, ...]) -> None:
    good = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    bare = make_grid([*head_rows("河道保洁"), *plain_rows(3, row)], page=2, edges=(0.0, 90.0, 170.0, 260.0, 400.0))
    with pytest.raises(Refused, match="without a header"):
        assemble(good, bare)


def test_a_head_with_goals_alone_beside_a_form_is_no_doubt() -> None:
    good = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    rest = plain_rows(3, ("数量", "3台", "质量", "合格"), ("项目期限", "3年", "验收率", "100%"))
    bare = make_grid([*head_rows("河道保洁"), *rest], page=2, edges=(0.0, 90.0, 170.0, 260.0, 400.0))
    assert assemble(good, bare) == [("道路保洁", "巡查次数")]


def test_a_goal_that_flows_over_the_page_break_is_one_text() -> None:
    upper = table_of(
        (0, 0, 1, 1, "项目名称"), (0, 1, 1, 1, "道路保洁"), (1, 0, 1, 1, "年度目标"), (1, 1, 1, 1, "全年保洁")
    )
    lower = table_of((0, 0, 1, 1, ""), (0, 1, 1, 1, "六百天"), page=2)
    joined = join_tables(upper, lower)
    head = read_head(joined, 0, joined.grid.n_rows)
    assert head.fields[Column.ANNUAL_GOAL].text == "全年保洁六百天"
    assert (joined.grid.n_rows, joined.row_pages) == (3, (1, 1, 2))


def test_a_label_whose_cell_goes_on_blank_is_one_cell_and_new_rows_stay_rows() -> None:
    upper = table_of((0, 0, 1, 1, "项目资金（元）"), (0, 1, 1, 1, "年度资金总额"), (0, 2, 1, 1, "20"))
    lower = table_of((0, 0, 1, 1, ""), (0, 1, 1, 1, "其他资金"), (0, 2, 1, 1, "3"), page=2)
    texts = [(c.text, c.rowspan) for c in join_tables(upper, lower).cells]
    assert texts == [("项目资金（元）", 2), ("年度资金总额", 1), ("20", 1), ("其他资金", 1), ("3", 1)]


def test_a_head_that_goes_on_in_a_table_of_another_width_is_refused() -> None:
    upper = table_of((0, 0, 1, 1, "项目名称"), (0, 1, 1, 1, "道路保洁"))
    with pytest.raises(Refused, match="another width"):
        join_tables(upper, table_of((0, 0, 1, 1, "年度目标"), (0, 1, 1, 1, "x"), edges=(0.0, 90.0, 300.0)))


def test_one_head_that_names_two_projects_is_refused() -> None:
    table = table_of((0, 0, 1, 1, "项目名称"), (0, 1, 1, 1, "甲"), (1, 0, 1, 1, "项目名称"), (1, 1, 1, 1, "乙"))
    assert "'甲' and '乙'" in read_head(table, 0, 2).doubts[0].detail


def test_a_layout_moves_to_a_table_with_fewer_upright_lines() -> None:
    layout = find_layout(index_grid(make_grid(plain_rows(0, HEADER, ROW), edges=(0.0, 50.0, 80.0, 200.0, 300.0))), 0)
    assert layout is not None
    moved = move_layout(layout, (0.0, 50.0, 80.0, 200.0, 300.0), (0.0, 50.0, 80.0, 120.0, 201.0, 300.0))
    assert [(h.first, h.last) for h in moved.headings] == [(0, 1), (1, 2), (2, 4), (4, 5)]


def test_a_two_row_header_keeps_the_level_that_stands_over_both_rows() -> None:
    upper = [(0, 0, 2, 1, "一级指标"), (0, 1, 1, 3, "中期指标"), (0, 4, 1, 3, "年度指标")]
    below = [(1, c + 1, 1, 1, word) for c, word in enumerate(("二级指标", "三级指标", "指标值") * 2)]
    layout = find_layout(index_grid(make_grid([*upper, *below])), 0)
    assert layout is not None
    assert [h.column for h in layout.headings][:4] == [
        Column.LEVEL1,
        Column.LEVEL2,
        Column.INDICATOR,
        Column.CYCLE_VALUE,
    ]
    assert layout.headings[6].column == Column.ANNUAL_VALUE


def across(*cells: str, level1: str = "成本指标") -> Grid:
    """A form with a row whose cell stands under level 2 and the indicator, or under level 1, too."""
    row: list[Spec] = [(5, 0, 1, 1, level1), (5, 1, 1, 2, cells[0]), (5, 3, 1, 1, cells[1])]
    if not level1:
        row = [(5, 0, 1, 3, cells[0]), (5, 3, 1, 1, cells[1])]
    last = plain_rows(6, ("满意度指标", "服务对象满意度", "群众满意度", "≥95%"))
    return make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW), *row, *last])


@pytest.mark.parametrize(("name", "value"), [("预算执行率", "100%"), ("单位维修费", "≤3万元"), ("完成率", "≥98%")])
def test_an_indicator_under_level_2_too_has_a_blank_level_2(name: str, value: str) -> None:
    assert texts_of(across(name, value))[1] == f"成本指标  {name} - {value}"


@pytest.mark.parametrize(
    ("name", "value", "level1"),
    [
        ("合计培训人次", "≥500人次", "成本指标"),
        ("总计投入", "150万元", "成本指标"),
        ("备注：按实结算", "≤1万元", "成本指标"),
        ("数量指标巡查次数", "≥6次", "成本指标"),  # a rule may be missing inside
        ("预算执行率", "良好", "成本指标"),
        ("预算执行率", "100%", ""),
        ("合计", "≥6栋", ""),
    ],
)
def test_a_text_across_columns_with_a_target_is_not_left_out(name: str, value: str, level1: str) -> None:
    with pytest.raises(Refused, match="stands across columns"):
        texts_of(across(name, value, level1=level1))


@pytest.mark.parametrize(
    ("name", "value"),
    [("合计", "100"), ("总分（100分）", "100"), ("备注", "无"), ("填表人：", "某甲"), ("合计得分", "")],
)
def test_a_sum_or_a_remark_across_columns_is_no_indicator(name: str, value: str) -> None:
    assert len(texts_of(across(name, value, level1=""))) == 2


HALF = ("二级指标", "三级指标", "指标值")


def two_periods(*rows: tuple[str, ...]) -> list[Spec]:
    """A form with the values of two periods side by side, its level 1 over all rows."""
    head: list[Spec] = [(0, 0, 1, 1, "项目名称"), (0, 1, 1, 6, "道路保洁")]
    below = [(row + 2, col + 1, 1, 1, text) for row, texts in enumerate(rows) for col, text in enumerate(texts)]
    return [*head, *plain_rows(1, ("一级指标", *HALF, *HALF)), (2, 0, len(rows), 1, "产出指标"), *below]


ONE_NAME = ("数量指标", "巡查次数", "≥12次", "数量指标", "巡查次数", "≥4次")
TWO_NAMES = ("质量指标", "合格率", "≥90%", "时效指标", "按期完成率", "≥80%")


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (("", "返工率", "≤1%", "", "延误率", "≤2%"), ["质量指标 返工率 ≤1% -", "时效指标 延误率 - ≤2%"]),
        (("", "返工率", "≤1%", "", "", ""), ["质量指标 返工率 ≤1% -"]),
        (("", "", "", "", "延误率", "≤2%"), ["时效指标 延误率 - ≤2%"]),
    ],
)
def test_each_half_of_a_form_goes_on_with_its_own_level_over_a_page_break(
    first: tuple[str, ...], below: list[str]
) -> None:
    upper = make_grid(two_periods(ONE_NAME, TWO_NAMES))
    lower = make_grid(plain_rows(0, ("", *first)), page=2)
    assert texts_of(upper, lower) == [
        "产出指标 数量指标 巡查次数 ≥12次 ≥4次",
        "产出指标 质量指标 合格率 ≥90% -",
        "产出指标 时效指标 按期完成率 - ≥80%",
        *(f"产出指标 {text}" for text in below),
    ]


def test_each_half_of_a_form_gets_the_rest_of_its_own_row() -> None:
    upper = make_grid(two_periods(ONE_NAME, TWO_NAMES))
    rest = make_grid(plain_rows(0, ("", "", "", "（全年）", "", "", "（当年）")), page=2)
    assert texts_of(upper, rest)[1:] == [
        "产出指标 质量指标 合格率 ≥90%（全年） -",
        "产出指标 时效指标 按期完成率 - ≥80%（当年）",
    ]


def test_one_indicator_under_two_levels_is_two_rows_or_in_doubt() -> None:
    apart = ("质量指标", "合格率", "≥90%", "时效指标", "合格率", "≥80%")
    assert texts_of(make_grid(two_periods(ONE_NAME, apart)))[1:] == [
        "产出指标 质量指标 合格率 ≥90% -",
        "产出指标 时效指标 合格率 - ≥80%",
    ]
    with pytest.raises(Refused, match="of its two halves"):
        texts_of(make_grid(two_periods(apart)), make_grid(plain_rows(0, ("", "", "返工率", "1", "", "返工率", "2")), 2))


def test_a_row_that_no_cell_of_a_level_reaches_is_refused() -> None:
    rows: list[Spec] = [(5, 0, 1, 1, "效益指标"), *((5 + r, c, 1, 1, "某") for r in (0, 1) for c in (1, 2, 3))]
    table = [*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW), *rows]
    with pytest.raises(Refused, match="no cell under level1"):
        assemble(make_grid(table))


@pytest.mark.parametrize("words", [("指标内容", "指标值"), ("四级指标", "指标值"), ("指标值", "指标内容")])
def test_two_words_for_an_indicator_without_values_of_each_are_in_doubt(words: tuple[str, str]) -> None:
    table = [(0, 0, 1, 1, "项目名称"), (0, 1, 1, 4, "道路保洁"), *plain_rows(1, (*HEADER[:3], *words), (*ROW, "≥1座"))]
    with pytest.raises(Refused, match="both mean indicator"):
        assemble(make_grid(table))


def test_sign_content_and_unit_under_one_word_are_the_parts_of_the_value() -> None:
    upper = [(0, c, 2, 1, word) for c, word in enumerate(("一级指标", "二级指标", "三级指标"))]
    below = [(1, c + 3, 1, 1, word) for c, word in enumerate(("运算符号", "内容", "度量单位"))]
    layout = find_layout(index_grid(make_grid([*upper, (0, 3, 1, 3, "指标值"), *below])), 0)
    assert layout is not None
    assert layout.columns[3:] == (Column.SIGN, Column.VALUE, Column.MEASURE_UNIT)


def test_a_text_that_became_nothing_is_refused_and_named() -> None:
    table = index_grid(make_grid(plain_rows(0, HEADER, ROW)))
    layout = find_layout(table, 0)
    assert layout is not None
    account = Account(table, layout)
    account.take(c for c in table.row_cells(1) if c.text != "巡查次数")
    (left,) = account.find_left_over(1, 2)
    assert "row 2: '巡查次数' became no field" in left.refusal.detail


def test_header_words_among_indicators_are_refused() -> None:
    first = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    with pytest.raises(Refused) as refusal:
        assemble(first, make_grid(plain_rows(0, ("", "", "运算符号", "度量单位"), ROW), page=2))
    assert (refusal.value.reason, refusal.value.page) == (Reason.UNKNOWN_HEADER, 2)


def test_an_indicator_without_a_target_at_the_top_of_a_page_is_refused() -> None:
    first = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    with pytest.raises(Refused, match="may be an indicator or the rest of one"):
        assemble(first, make_grid(plain_rows(0, ("", "", "完成率", "")), page=2))


def test_a_target_without_an_indicator_at_the_top_of_a_page_is_refused() -> None:
    first = make_grid([*head_rows("道路保洁"), *plain_rows(3, HEADER, ROW)])
    with pytest.raises(Refused, match="a target without an indicator"):
        assemble(first, make_grid(plain_rows(0, ("", "", "", "≥5次")), page=2))


def test_an_unknown_caption_that_may_name_the_unit_is_refused() -> None:
    with pytest.raises(Refused, match="报表单位"):
        refuse_unread_unit([Line("报表单位：清河县水利局", Box(0, 0, 1, 1))], 1)
    refuse_unread_unit([Line("主管单位：清河县水利局", Box(0, 0, 1, 1)), Line("金额单位：元", Box(0, 0, 1, 1))], 1)


def test_a_caption_names_the_unit_by_any_word_that_a_header_may_use() -> None:
    assert read_heading([Line("项目单位：206001-高新区科技创新局", Box(0, 0, 1, 1))]).unit == "206001-高新区科技创新局"


LIST = ("单位名称", "项目名称", "金额（元）", "三级指标", "指标值")
MERGED = [  # a project of two rows, then the upper part of one that the page cuts
    *plain_rows(0, LIST),
    (1, 0, 4, 1, "水利局"),
    (1, 1, 2, 1, "河道保洁"),
    (1, 2, 2, 1, "100.00"),
    *((row, 3, 1, 1, f"指标{row}") for row in range(1, 5)),
    *((row, 4, 1, 1, "≥1次") for row in range(1, 5)),
    (3, 1, 2, 1, ""),
    (3, 2, 2, 1, ""),
]


def test_a_project_named_on_the_second_page_only_has_its_rows_of_the_first() -> None:
    second = [(0, 0, 2, 1, ""), (0, 1, 2, 1, "堤防维修"), (0, 2, 2, 1, "200.00")]
    rest = [(row, 3 + k, 1, 1, text) for row in range(2) for k, text in enumerate((f"指标{row + 5}", "≥2次"))]
    drafts = assemble(make_grid(MERGED), make_grid([*second, *rest], page=2))
    assert drafts == [(name, f"指标{n}") for n, name in enumerate(["河道保洁"] * 2 + ["堤防维修"] * 4, start=1)]


def test_a_project_named_on_neither_page_has_no_name() -> None:
    drafts = assemble(make_grid(MERGED))
    assert drafts[2:] == [("", "指标3"), ("", "指标4")], "plausibility.py refuses a row that names no project"


@pytest.mark.parametrize(
    ("above", "now", "is_rest"),
    [
        ("服务对象满意度", "指标", True),
        ("满意度指", "标", True),
        ("可持续", "影响指标", True),
        ("12-质", "量指标", True),
        ("文化传承", "指标", True),
        ("数量指标", "质量指标", False),
        ("数量", "质量", False),
        ("数量指标", "其他", False),
        ("产出指标", "产出指标", False),
        ("社会效益", "满意度指标", False),
    ],
)
def test_the_rest_of_a_level_is_told_from_the_next_one(above: str, now: str, is_rest: bool) -> None:
    assert is_rest_of_level(above, now) is is_rest


def test_a_level_that_may_be_the_rest_of_an_unusual_one_is_undecided() -> None:
    assert is_rest_of_level("履职", "效益指标") is None
