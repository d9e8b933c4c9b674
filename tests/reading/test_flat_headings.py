"""Rows of a flat table over its columns: sums, notes, and indicators that look like them."""

from __future__ import annotations

import pytest
from made_flat import HEADER, read, rows_of
from made_grid import Spec, make_grid, plain_rows

from extract.entities import Grid

INDICATOR = ("产出指标", "数量指标", "巡查", "≥1次")


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
