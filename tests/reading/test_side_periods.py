"""Labels beside the rows of a form, or across them, that name the period of its values."""

from __future__ import annotations

import pytest
from made_grid import Spec, make_grid

from extract.entities import Box, Column, Grid, Line, PageGrids
from extract.reading.tables.assembler import Assembler

HEAD: list[Spec] = [
    (0, 0, 1, 2, "项目名称"),
    (0, 2, 1, 3, "校舍维修专项"),
    (1, 0, 1, 2, "项目资金（元）"),
    (1, 2, 1, 3, "150.00"),
    (2, 0, 1, 2, "实施单位"),
    (2, 2, 1, 3, "市第二中学"),
]
Read = tuple[list[tuple[str, str]], list[str]]


def header(value: str = "指标值", side: str = "绩效指标") -> list[Spec]:
    return [(3, k, 1, 1, word) for k, word in enumerate((side, "一级指标", "二级指标", "三级指标", value))]


def row(place: int, name: str, value: str) -> list[Spec]:
    return [(place, k, 1, 1, text) for k, text in enumerate(("产出指标", "数量指标", name, value), 1)]


def block(place: int, label: str, *values: str) -> list[Spec]:
    """Rows of indicators beside one label."""
    rows = [spec for k, value in enumerate(values) for spec in row(place + k, f"维修校舍{place + k}", value)]
    return [(place, 0, len(values), 1, label), *rows]


def read(*grids: Grid) -> Read:
    """The values for several years and for the year of each row, and the details of the doubts."""
    assembler = Assembler()
    for grid in grids:
        title = Line("2025年度项目支出绩效目标申报表", Box(0, -60, 400, -50))
        assembler.read_page(PageGrids(grid.page, 600, 800, (grid,), (title,) if grid.page == 1 else (), {}))
    assembler.finish()
    drafts = [draft for part in assembler.parts for draft in part.drafts]
    doubts = [doubt.detail for part in assembler.parts for project in part.projects for doubt in project.doubts]
    columns = (Column.CYCLE_VALUE, Column.ANNUAL_VALUE)
    values = [tuple(d.fields[c].text if c in d.fields else "" for c in columns) for d in drafts]
    return [(cycle, year) for cycle, year in values], [*doubts, *(doubt.detail for doubt in assembler.lost)]


def form(*below: Spec, head: list[Spec] | None = None) -> Read:
    return read(make_grid([*HEAD, *(head or header()), *below]))


@pytest.mark.parametrize(
    ("cycle", "year"),
    [
        ("中期指标", "年度指标"),
        ("长期绩效指标", "年度绩效指标"),
        ("长期目标", "年度目标"),
        ("一、实施期目标", "二、当年目标"),
        ("2025-2027年", "2025年"),
        ("长期目标1", "年度目标1"),
        ("长期目标：改善办学条件", "年度目标：维修校舍"),
    ],
)
def test_a_label_beside_rows_names_the_period_of_their_values(cycle: str, year: str) -> None:
    stacked = (*block(4, cycle, "≥18栋", "≥96%"), *block(6, year, "≥6栋", "≥95%"))
    assert form(*stacked) == ([("≥18栋", ""), ("≥96%", ""), ("", "≥6栋"), ("", "≥95%")], [])
    turned = (*block(4, year, "≥6栋"), *block(5, cycle, "≥18栋"))
    assert form(*turned) == ([("", "≥6栋"), ("≥18栋", "")], [])


def test_a_listed_column_of_periods_counts_as_labels() -> None:
    below = (*block(4, "长期目标", "≥18栋", "≥96%"), *block(6, "年度目标", "≥6栋"))
    assert form(*below, head=header(side="目标类别"))[0] == [("≥18栋", ""), ("≥96%", ""), ("", "≥6栋")]


def test_a_label_that_fills_a_row_counts_for_the_rows_below_it() -> None:
    upper = [(4, 0, 1, 5, "一、长期绩效指标"), *block(5, "", "≥18栋")]
    lower = [(6, 0, 1, 5, "二、年度绩效指标"), *block(7, "", "≥6栋")]
    assert form(*upper, *lower) == ([("≥18栋", ""), ("", "≥6栋")], [])


@pytest.mark.parametrize("labels", [("上半年", "全年"), ("2025年", "2026年"), ("中期指标", ""), ("", "长期指标")])
def test_values_of_no_period_that_is_loaded_are_in_doubt(labels: tuple[str, str]) -> None:
    _, doubts = form(*block(4, labels[0], "≥2栋"), *block(5, labels[1], "≥6栋"))
    assert doubts


def test_a_label_that_contradicts_the_header_or_joins_two_is_in_doubt() -> None:
    for value in ("年度指标值", "2025年指标值"):
        assert any("another period" in d for d in form(*block(4, "长期指标", "≥2栋"), head=header(value))[1])
    assert any("no period" in d or "not loaded" in d for d in form(*block(4, "中期指标年度指标", "≥2栋", "≥6栋"))[1])


def test_a_label_of_the_year_alone_changes_nothing() -> None:
    assert form(*block(4, "年度绩效指标", "≥2栋", "≥6栋")) == ([("", "≥2栋"), ("", "≥6栋")], [])
    assert form(*block(4, "", "≥2栋", "≥6栋")) == ([("", "≥2栋"), ("", "≥6栋")], [])


def test_the_blank_rest_of_a_label_below_a_page_break_is_that_label() -> None:
    first = make_grid([*HEAD, *header(), *block(4, "长期指标", "≥18栋", "≥20栋")])
    rest = [(0, 0, 1, 1, ""), *row(0, "维修操场", "≥3处"), (1, 0, 1, 1, "年度指标"), *row(1, "维修校舍", "≥6栋")]
    values, doubts = read(first, make_grid(rest, page=2))
    assert (values[2:], doubts) == ([("≥3处", ""), ("", "≥6栋")], [])


def test_a_row_beside_a_label_whose_rule_is_lost_is_in_doubt() -> None:
    across = [*row(4, "", "")[:2], (4, 3, 1, 2, "维修校舍≥18栋")]
    assert any("across columns" in d for d in form((4, 0, 2, 1, "中期指标"), *across, *row(5, "操场", "≥6处"))[1])
    assert any("across columns" in d for d in form((4, 0, 1, 1, "年度指标"), *across, *block(5, "年度指标", "≥6处"))[1])


def test_a_level_below_a_header_that_joins_it_with_a_label_is_in_doubt() -> None:
    joined = [(3, 0, 1, 2, "绩效指一级指标标"), *header()[2:]]
    assert any("产出指标" in d for d in form(*block(4, "年度指标", "≥2栋", "≥6栋"), head=joined)[1])
