"""Texts that clips, rules and page breaks cut: what is kept with a note, what both pages say, and what is a problem."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_page import Page

from extract.reading.ink.ink import Ink
from extract.reading.page import CheckedPage, build_page
from extract.reading.page_seams import settle_seams
from extract.reading.pages import read_checked_pages

FIXTURES = Path(__file__).parents[1] / "fixtures"
READERS = ("pdfium", "pdfplumber")
CELL = (190.0, 70.0, 290.0, 90.0)  # of the second row and the third column of the made table


def settle(*inks: Ink) -> tuple[CheckedPage, ...]:
    return settle_seams(tuple(build_page(ink) for ink in inks))


def read(name: str, reader: str) -> tuple[CheckedPage, ...]:
    return settle_seams(read_checked_pages(FIXTURES / f"{name}.pdf", reader, None))


def say(pages: tuple[CheckedPage, ...]) -> tuple[list[str], list[tuple[str, int]]]:
    problems = [problem.detail for page in pages for problem in page.problems]
    return problems, [(note.code, note.page) for page in pages for note in page.notes]


def texts(page: CheckedPage) -> list[str]:
    return [cell.text for grid in page.grids.grids for cell in grid.cells]


def table(words: tuple[tuple[str, ...], ...] = (("单位", "项目", "指标"), ("某局", "河道保洁", ""))) -> Page:
    return Page().fill_table(words).rule_table(2)


def test_a_word_that_its_cell_cuts_at_the_side_is_kept_with_a_note() -> None:
    page = table().write("清理河道的总长度和水面面积", 195, 75, clip=CELL)
    (checked,) = settle(page.ink())
    assert "清理河道的总长度和水面面积" in texts(checked)
    assert say((checked,)) == ([], [("text_cut", 1)])
    assert checked.notes[0].box == CELL


def test_a_figure_that_its_cell_cuts_at_the_side_is_a_problem() -> None:
    page = table().write("1,250,000,000.00", 195, 75, clip=CELL)
    (problem,) = settle(page.ink())[0].problems
    assert "a clip shows only a part of '1,250,000,000.00'" in problem.detail
    assert problem.box == CELL


def test_a_clip_that_ends_within_the_cell_is_a_problem_for_words_too() -> None:
    page = table().write("清理河道的总长度", 195, 75, clip=(190.0, 70.0, 230.0, 90.0))
    problems, notes = say(settle(page.ink()))
    assert any("a clip" in detail for detail in problems)
    assert notes == []


def test_lines_above_and_below_the_cells_own_clip_are_its_text() -> None:
    page = table()
    for k, line in enumerate(("清理河道长度", "水面保洁面积", "岸坡整修长度")):
        page.write(line, 195, 64 + 11 * k, clip=CELL)
    (checked,) = settle(page.ink())
    assert "清理河道长度水面保洁面积岸坡整修长度" in texts(checked)
    assert say((checked,)) == ([], [("text_cut", 1)])


def test_what_the_print_area_hides_and_no_page_shows_is_a_problem_of_its_cell() -> None:
    page = table()
    for k in range(2):
        page.write("清理河道长度", 195, 75 + 22 * k, clip=(40.0, 40.0, 300.0, 90.0))
    (problem,) = settle(page.ink())[0].problems
    assert "stand on no other page" in problem.detail
    assert problem.box == CELL


@pytest.mark.parametrize("reader", READERS)
def test_a_merged_cell_says_the_same_on_all_its_pages(reader: str) -> None:
    pages = read("c01_print_area", reader)
    assert say(pages) == ([], [])
    assert [texts(page).count("3,680,500.00") for page in pages] == [1, 1, 1]


@pytest.mark.parametrize("reader", READERS)
def test_a_line_on_the_seam_stands_where_its_middle_is_shown(reader: str) -> None:
    pages = read("c02_line_on_seam", reader)
    assert say(pages) == ([], [])
    goals = [max(texts(page), key=len) for page in pages]
    assert all("汛期落实" not in one or k == goals.index(one) for k, one in enumerate(goals))
    assert sum(map(len, goals)) == len("".join(goals))
    assert "".join(goals).count("公开结果") == 1


@pytest.mark.parametrize("reader", READERS)
def test_cells_cut_by_their_own_borders_have_notes(reader: str) -> None:
    problems, notes = say(read("c03_cut_by_own_border", reader))
    assert problems == []
    assert len(notes) >= 3


@pytest.mark.parametrize("reader", READERS)
def test_text_under_a_white_picture_is_hidden_and_later_text_is_not(reader: str) -> None:
    (page,) = read("c05_white_picture", reader)
    assert say((page,)) == ([], [])
    assert [line.text for line in page.grids.lines] == ["青岚县水务局2026年部门预算项目绩效目标表"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("c06_close_to_a_rule", ("3,680,500.00", "完成全县水库年度巡查。")),
        ("c08_gap_in_a_sentence", ("巡查完成率=实际座数",)),
        ("c09_squeezed_line", ("巡查水库，清除杂物；检修闸门，",)),
        ("c15_upright_label", ("产出指标",)),
    ],
)
def test_cells_hold_what_is_printed_in_them(name: str, parts: tuple[str, ...], reader: str) -> None:
    (page,) = read(name, reader)
    assert say((page,)) == ([], [])
    assert set(parts) <= set(texts(page))


@pytest.mark.parametrize("reader", READERS)
def test_prose_that_stops_over_its_cells_end_is_a_problem_of_that_cell_alone(reader: str) -> None:
    (page,) = read("c14_rest_lost", reader)
    (problem,) = page.problems
    assert "the rest may be lost" in problem.detail
    assert problem.box is not None
    assert problem.box[1::2] == pytest.approx((90.0, 116.0), abs=1.0)
    assert say(read("c13_line_over_the_rule", reader)) == ([], [])


@pytest.mark.parametrize("reader", READERS)
def test_a_drawing_is_no_table(reader: str) -> None:
    first, second = read("c11_drawings", reader)
    assert len(first.grids.grids) == 1
    assert second.grids.grids == ()


def test_every_problem_of_a_page_is_reported_with_its_cell() -> None:
    words = (("单位", "项目", "指标"), ("某局", "保洁", "1250.00"), ("某站", "维修", "≥12座"))
    page = Page().fill_table(words).rule_table()
    page.rules += [(198.0, 80.0, 240.0, 80.0), (198.0, 100.0, 230.0, 100.0)]
    boxes = [problem.box for problem in build_page(page.ink()).problems]
    assert boxes == [(190.0, 70.0, 290.0, 90.0), (190.0, 90.0, 290.0, 110.0)]


def test_digits_half_an_em_apart_stay_in_their_cell_although_the_font_says_an_em() -> None:
    page = table()
    for k, digit in enumerate("12,461.25"):
        page.write(digit, 241 + 5 * k, 75)
    (checked,) = settle(page.ink())
    assert "12,461.25" in texts(checked)
    assert checked.problems == ()


def test_two_texts_side_by_side_are_two_where_the_column_has_the_gap_again() -> None:
    words = (("单位", "项目", "指标"), ("某局", "保洁", ""), ("某站", "维修", ""))
    page = Page().fill_table(words).rule_table()
    page.write("清理河道", 192, 75, size=8.0).write("按期完成", 240, 75, size=8.0)
    assert build_page(page.ink()).problems == ()
    page.write("维修水库", 192, 95, size=8.0).write("有所提高", 240, 95, size=8.0)
    assert len(build_page(page.ink()).problems) == 2


def test_random_drawings_crash_nothing() -> None:
    for seed in range(150):
        rng = np.random.default_rng(seed)
        page = Page()
        for _ in range(int(rng.integers(1, 12))):
            x, y = np.round(rng.uniform(0, 15, 2)) * 20
            length = float(rng.choice([20, 40, 100, 200]))
            end = (x + length, y) if rng.random() < 0.5 else (x, y + length)
            page.rules.append((float(x), float(y), float(end[0]), float(end[1])))
        for _ in range(int(rng.integers(0, 8))):
            x0, y0 = rng.uniform(-10, 300, 2)
            x, y = rng.uniform(0, 280, 2)
            clip = (float(x0), float(y0), float(x0) + 90, float(y0) + 40)
            page.write("指标1,250.00", float(x), float(y), clip=clip)
        settle(page.ink(), page.ink())
