"""Lines and shapes among the letters of cells, and digits set higher than the figure before them."""

from __future__ import annotations

import pytest
from made_page import Page

from extract.errors import Reason
from extract.reading.grid.cell_text import join_cells
from extract.reading.page import build_page, run_stages

WORDS = (("单位", "项目", "指标"), ("某局", "保洁", "1250.00"), ("某站", "维修", "≥12座"))
MIDDLE = 80.0  # of the letters of the second row, which begin at x 195


def table() -> Page:
    return Page().fill_table(WORDS).rule_table()


def found(page: Page) -> list[tuple[Reason, str]]:
    return [(problem.reason, problem.detail) for problem in build_page(page.ink()).problems]


def test_a_table_without_strokes_has_no_problem() -> None:
    assert found(table()) == []


@pytest.mark.parametrize(("x0", "x1"), [(194.0, 266.0), (190.5, 230.0), (205.0, 226.0)])
def test_a_line_through_letters_strikes_them_out(x0: float, x1: float) -> None:
    page = table()
    page.rules.append((x0, MIDDLE, x1, MIDDLE))
    ((reason, detail),) = found(page)
    assert reason == Reason.CONSERVATION
    assert "a line is drawn through" in detail


@pytest.mark.parametrize("y", [MIDDLE + 5, MIDDLE - 5.5])
def test_a_line_under_or_over_letters_is_none_through_them(y: float) -> None:
    page = table()
    page.rules.append((195.0, y, 245.0, y))
    assert not [detail for _, detail in found(page) if "drawn" in detail]


def test_a_short_line_before_a_figure_is_a_minus_and_before_a_word_is_none() -> None:
    page = Page().fill_table((*WORDS[:2], ("某站", "维修", "约十座"))).rule_table()
    page.rules.append((191.0, MIDDLE + 20, 194.0, MIDDLE + 20))
    assert found(page) == []
    page.rules.append((191.0, MIDDLE, 194.0, MIDDLE))
    assert found(page) == [(Reason.NO_TEXT_LAYER, "a line is drawn before '1250.00'")]


def test_the_dashes_of_a_border_are_no_minus() -> None:
    page = table()
    page.rules += [(x, MIDDLE, x + 3, MIDDLE) for x in range(131, 190, 5)]  # beside the cell, and no line of the table
    assert not [detail for _, detail in found(page) if "before" in detail]


def test_an_outline_beside_a_figure_is_a_digit_that_was_drawn() -> None:
    page = table()
    page.outlines.append((266.0, 76.0, 272.0, 84.0))
    assert found(page) == [(Reason.NO_TEXT_LAYER, "a shape is drawn beside '0'")]


@pytest.mark.parametrize("box", [(75.5, 76.0, 81.5, 84.0), (272.0, 72.0, 288.0, 89.0)])
def test_an_outline_beside_a_word_or_larger_than_letters_is_a_mark_of_some_kind(
    box: tuple[float, float, float, float],
) -> None:
    page = table()
    page.outlines.append(box)
    assert not [detail for _, detail in found(page) if "drawn" in detail]


@pytest.mark.parametrize("lift", [3.0, 5.5])
def test_a_digit_that_is_set_higher_and_smaller_is_no_digit_of_the_figure(lift: float) -> None:
    words = (("单位", "项目", "指标"), ("某局", "保洁", "209.00"), ("某站", "维修", "120m"))
    page = Page().fill_table(words).rule_table()
    page.write("12", 255, 79.3 - lift, size=5.0).write("2", 235, 99.3 - lift, size=5.0)
    stages = run_stages(page.ink())
    texts = join_cells(stages.ink.glyphs, stages.spots, stages.rows)
    assert {"209.00¹²", "120m2"} <= set(texts.values())
