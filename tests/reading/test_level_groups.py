"""Levels that head groups of columns side by side, and levels that a table prints once."""

from __future__ import annotations

import pytest
from made_grid import Spec, plain_rows, table_of

from extract.reading.tables.level_groups import find_folding, goes_on, unfold

HEAD: list[Spec] = [
    (0, 0, 2, 1, "项目名称"),
    (0, 1, 2, 1, "预算金额（万元）"),
    (0, 2, 1, 2, "产出指标"),
    (0, 4, 1, 2, "效益指标"),
    *((1, 2 + k, 1, 1, word) for k, word in enumerate(("三级指标", "指标值") * 2)),
]
BODY: list[Spec] = [
    (2, 0, 2, 1, "泵站改造"),
    (2, 1, 2, 1, "12.00"),
    (2, 2, 1, 1, "改造座数"),
    (2, 3, 1, 1, "3座"),
    (2, 4, 1, 1, "受益户数"),
    (2, 5, 1, 1, "≥90户"),
    (3, 2, 1, 1, "合格率"),
    (3, 3, 1, 1, "100%"),
    (3, 4, 1, 1, ""),
    (3, 5, 1, 1, ""),
]


def rows_of(cells: list[Spec], has_header: bool = True) -> list[list[str]] | None:
    table = table_of(*cells)
    folding = find_folding(table_of(*HEAD, *BODY))
    assert folding is not None
    whole = unfold(table, folding, has_header)
    return whole and [[cell.text for cell in whole.row_cells(row)] for row in range(whole.grid.n_rows)]


def test_each_group_of_a_row_becomes_a_row_with_its_level() -> None:
    rows = rows_of([*HEAD, *BODY])
    assert rows is not None
    assert rows[0] == ["项目名称", "预算金额（万元）", "一级指标", "三级指标", "指标值"]
    assert rows[2:] == [
        ["泵站改造", "12.00", "产出指标", "改造座数", "3座"],
        ["泵站改造", "12.00", "效益指标", "受益户数", "≥90户"],
        ["泵站改造", "12.00", "产出指标", "合格率", "100%"],
    ]


def test_a_page_without_header_goes_on_with_the_groups_at_its_lines() -> None:
    below = [(row - 2, col, rowspan, colspan, text) for row, col, rowspan, colspan, text in BODY]
    folding = find_folding(table_of(*HEAD, *BODY))
    assert folding is not None
    assert goes_on(folding, table_of(*below))
    assert not goes_on(folding, table_of(*below, edges=(0.0, 90.0, 200.0, 300.0, 400.0, 500.0, 600.0)))
    assert rows_of(below, has_header=False) == (rows_of([*HEAD, *BODY]) or [])[2:]


def test_a_cell_over_two_rows_or_groups_leaves_the_table_as_it_is() -> None:
    tall = [cell for cell in BODY if cell[:2] not in ((2, 3), (3, 3))]
    assert rows_of([*HEAD, *tall, (2, 3, 2, 1, "3座")]) is None
    wide = [cell for cell in BODY if cell[:2] not in ((2, 3), (2, 4))]
    assert rows_of([*HEAD, *wide, (2, 3, 1, 2, "3座")]) is None


@pytest.mark.parametrize(
    "words",
    [
        ("三级指标", "指标值", "三级指标", "备注"),  # the groups differ
        ("三级指标", "备注", "三级指标", "备注"),  # no values
        ("数量", "质量", "数量", "质量"),  # no indicators
    ],
)
def test_levels_over_other_columns_are_no_groups(words: tuple[str, ...]) -> None:
    head = [*HEAD[:4], *((1, 2 + k, 1, 1, word) for k, word in enumerate(words))]
    assert find_folding(table_of(*head, *plain_rows(2, ("泵站改造", "12.00", "甲", "乙", "丙", "丁")))) is None
