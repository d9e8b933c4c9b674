"""Rows of a flat table over its columns: units, sums, notes, and indicators that look like them."""

from __future__ import annotations

import pytest
from made_flat import HEADER, read, rows_of
from made_grid import Spec, make_grid, plain_rows

from extract.entities import Column, Grid
from extract.reading.tables.drafts import Draft
from extract.reading.tables.wide_rows import find_unit, says_nothing

UNIT_HEADER = ("单位名称", *HEADER)
INDICATOR = ("产出指标", "数量指标", "巡查", "≥1次")


def headed(*headings: str) -> Grid:
    """Projects of one row each, each below a row that one cell fills; '' leaves that row out."""
    specs, row = plain_rows(0, HEADER), 1
    for number, text in enumerate(headings):
        if text:
            specs.append((row, 0, 1, len(HEADER), text))
            row += 1
        specs += plain_rows(row, (f"项目{number}", f"{number + 1}", "保洁。", *INDICATOR))
        row += 1
    return make_grid(specs)


def units_of(drafts: list[Draft]) -> list[str]:
    return [d.fields[Column.UNIT].text if Column.UNIT in d.fields else "" for d in drafts]


@pytest.mark.parametrize("second", ["乙市第一小学", "二、乙市第一小学", "单位：乙市第一小学"])
def test_an_office_alone_in_a_row_is_the_unit_of_the_rows_below(second: str) -> None:
    drafts, projects, _ = read(headed("单位：甲市中心医院", second, ""))
    assert units_of(drafts) == ["甲市中心医院", "乙市第一小学", "乙市第一小学"]
    assert not any(project.doubts for project in projects)


def test_a_project_of_the_same_name_under_the_next_unit_is_another_one() -> None:
    specs = [*plain_rows(0, HEADER), (1, 0, 1, len(HEADER), "甲市中心医院"), (3, 0, 1, len(HEADER), "乙市第一小学")]
    for row in (2, 4):
        specs += plain_rows(row, ("道路保洁", "5", "保洁。", *INDICATOR))
    assert len(read(make_grid(specs))[1]) == 2


@pytest.mark.parametrize("text", ["教育类项目", "一、运转类", "主管部门：乙市卫生局", "市本级"])
def test_a_row_that_may_head_the_rows_below_holds_them_back(text: str) -> None:
    _, projects, _ = read(headed("甲市中心医院", text, ""))
    assert [bool(project.doubts) for project in projects] == [False, True, True]
    assert "may head the rows below" in projects[1].doubts[0].detail


@pytest.mark.parametrize(
    "text",
    ["2026年度项目支出绩效目标表（续）", "金额单位：万元", "注：以批复为准", "合计", "第 2 页", "以上数据以批复为准。"],
)
def test_titles_notes_and_sums_head_nothing(text: str) -> None:
    assert find_unit(text) == ""
    assert says_nothing(text)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("301001-甲市中心医院", "301001-甲市中心医院"),
        ("单位：甲市中心医院 金额单位：万元", "甲市中心医院"),
        ("单位：万元", ""),
        ("2025年度", ""),
        ("设备购置经费", ""),
    ],
)
def test_a_unit_is_named_by_its_label_its_code_or_its_name(text: str, unit: str) -> None:
    assert find_unit(text) == unit


def crossing(name: str, level1: str, text: str, value: str) -> Grid:
    """A project of two rows; the second row's text stands under level 2 and indicator."""
    specs: list[Spec] = plain_rows(0, HEADER, (name, "5", "保洁。", *INDICATOR))
    specs += [(2, c, 1, 1, t) for c, t in enumerate((name, "5", "保洁。", level1))]
    return make_grid([*specs, (2, 4, 1, 2, text), (2, 6, 1, 1, value)])


@pytest.mark.parametrize("text", ["培训人次合计", "小计", "备注：按实结算"])
def test_an_indicator_that_looks_like_a_sum_or_note_is_not_dropped(text: str) -> None:
    _, projects, _ = read(crossing("道路保洁", "产出指标", text, "≥5次"))
    assert "stands across columns" in projects[0].doubts[0].detail


def test_a_sum_over_the_levels_is_no_indicator() -> None:
    specs = [*plain_rows(0, HEADER, ("道路保洁", "5", "保洁。", *INDICATOR)), (2, 0, 1, 6, "合计"), (2, 6, 1, 1, "")]
    drafts, projects, _ = read(make_grid(specs))
    assert rows_of(drafts) == [("道路保洁", "5", "巡查")]
    assert not any(project.doubts for project in projects)


def test_a_unit_that_only_its_sum_prints_is_that_of_the_rows_below() -> None:
    rows = [
        ("甲市中心医院", "小计", "5", "", "", "", "", ""),
        ("", "道路保洁", "5", "保洁。", *INDICATOR),
        ("乙市第一小学", "", "6", "", "", "", "", ""),
        ("", "河道保洁", "6", "保洁。", *INDICATOR),
    ]
    drafts, projects, _ = read(make_grid(plain_rows(0, UNIT_HEADER, *rows)))
    assert units_of(drafts) == ["甲市中心医院", "乙市第一小学"]
    assert not any(project.doubts for project in projects)


def test_a_sum_of_another_unit_holds_rows_without_a_unit_back() -> None:
    rows = [
        ("甲市中心医院", "道路保洁", "5", "保洁。", *INDICATOR),
        ("乙市第一小学", "", "6", "", "", "", "", ""),
        ("", "河道保洁", "6", "保洁。", *INDICATOR),
        ("丙市图书馆", "桥梁保洁", "7", "保洁。", *INDICATOR),
    ]
    _, projects, _ = read(make_grid(plain_rows(0, UNIT_HEADER, *rows)))
    assert [bool(project.doubts) for project in projects] == [False, True, False]


def test_a_goal_beside_no_name_and_no_indicator_is_not_dropped() -> None:
    rows = [("道路保洁", "5", "保洁。", *INDICATOR), ("", "", "另一目标。", "", "", "", "")]
    _, projects, _ = read(make_grid(plain_rows(0, HEADER, *rows)))
    assert "beside no name and no indicator" in projects[0].doubts[0].detail
