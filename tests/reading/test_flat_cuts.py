"""Projects of a flat table at a page break and of one name: which goal, amount and name is whose."""

from __future__ import annotations

import pytest
from made_flat import HEADER, page_of, read, rows_of
from made_grid import Spec, make_grid, plain_rows

from extract.entities import Answer, Column, Grid
from extract.reading.tables.drafts import Draft
from extract.reading.tables.inquiry import answering, inquiring

LEVELS = (("产出指标", "数量指标", "巡查", "≥1次"), ("效益指标", "社会效益指标", "整洁", "明显"))


def goals_of(drafts: list[Draft]) -> list[str]:
    return [draft.fields[Column.ANNUAL_GOAL].text for draft in drafts]


def merged(name: str, amount: str, goal: str, page: int, *levels: tuple[str, ...]) -> Grid:
    """A page with one project whose cells cover all its rows."""
    specs: list[Spec] = [] if page > 1 else plain_rows(0, HEADER)
    first = 0 if page > 1 else 1
    specs += [(first, c, len(levels), 1, text) for c, text in enumerate((name, amount, goal))]
    specs += [(first + k, 3 + c, 1, 1, text) for k, row in enumerate(levels) for c, text in enumerate(row)]
    return make_grid(specs, page)


def test_a_project_without_an_amount_at_the_top_of_a_page_is_its_own() -> None:
    upper, lower = merged("道路保洁", "5", "保洁。", 1, *LEVELS), merged("设备购置", "", "购置。", 2, *LEVELS)
    drafts, projects, _ = read(upper, lower)
    assert [row[:2] for row in rows_of(drafts)] == [("道路保洁", "5")] * 2 + [("设备购置", "")] * 2
    assert not any(project.doubts for project in projects)


def test_a_name_without_an_amount_that_may_be_a_rest_is_asked_about() -> None:
    upper, lower = merged("道路保洁", "5", "保洁", 1, *LEVELS), merged("设备购置", "", "购置。", 2, *LEVELS)
    _, projects, _ = read(upper, lower)
    assert all("may be a project or the rest of" in project.doubts[0].detail for project in projects)
    assert projects[0].doubts[0].question is not None


def test_a_bracket_that_the_next_page_closes_is_one_name() -> None:
    upper, lower = merged("道路保洁（法规科", "5", "保洁", 1, *LEVELS), merged("）", "", "购置。", 2, *LEVELS)
    drafts, projects, _ = read(upper, lower)
    assert {row[:2] for row in rows_of(drafts)} == {("道路保洁（法规科）", "5")}
    assert not any(project.doubts for project in projects)


def test_a_name_and_goal_flow_on_where_all_other_goals_are_whole() -> None:
    whole = [(f"项目{k}", "5", "保洁。", 2) for k in range(3)]
    upper = page_of(*whole, ("道路", "6", "全年", 2))
    drafts, projects, _ = read(upper, page_of(("保洁", "", "保洁。", 2), first=8, page=2))
    assert rows_of(drafts)[-1] == ("道路保洁", "6", "指标9")
    assert goals_of(drafts)[-1] == "全年保洁。"
    assert not any(project.doubts for project in projects)


def test_a_goal_that_the_end_of_the_page_cuts_again_is_not_doubled() -> None:
    row = ("道路保洁", "5", "全年清扫道路。")
    upper = make_grid(plain_rows(0, HEADER, (*row[:2], "全年清扫", *LEVELS[0])))
    middle = make_grid(plain_rows(0, ("", "", "道路。", "", "", "", ""), (*row[:2], "全年", *LEVELS[1])), 2)
    lower = make_grid(plain_rows(0, ("", "", "清扫道路。", "", "", "", ""), (*row, *LEVELS[1])), 3)
    drafts, projects, _ = read(upper, middle, lower)
    assert goals_of(drafts) == ["全年清扫道路。"] * 3
    assert not any(project.doubts for project in projects)


def test_a_goal_cut_in_the_first_row_of_a_page_is_not_added_to_the_one_above() -> None:
    upper = make_grid(plain_rows(0, HEADER, ("道路保洁", "5", "全年清扫道路。", *LEVELS[0])))
    middle = make_grid(plain_rows(0, ("道路保洁", "5", "全年", *LEVELS[1])), 2)
    lower = make_grid(plain_rows(0, ("", "", "清扫道路。", "", "", "", ""), ("河道", "6", "保洁。", *LEVELS[0])), 3)
    drafts, _, _ = read(upper, middle, lower)
    assert goals_of(drafts) == ["全年清扫道路。", "全年清扫道路。", "保洁。"]


def test_another_goal_beside_a_name_printed_again_is_held_back_without_proof() -> None:
    upper = make_grid(plain_rows(0, HEADER, ("道路保洁", "5", "全年清扫", *LEVELS[0])))
    lower = make_grid(plain_rows(0, ("道路保洁", "5", "及时洒水。", *LEVELS[1])), 2)
    _, projects, _ = read(upper, lower)
    assert "may be another goal of '道路保洁'" in projects[0].doubts[0].detail


@pytest.mark.parametrize(
    ("choice", "goals"), [("rest", ["保持整洁，及时洒水。"] * 4), ("project", ["保持整洁"] * 2 + ["，及时洒水。"] * 2)]
)
def test_a_person_says_whether_a_goal_goes_on_over_a_page_break(choice: str, goals: list[str]) -> None:
    upper, lower = merged("道路保洁", "5", "保持整洁", 1, *LEVELS), merged("道路保洁", "5", "，及时洒水。", 2, *LEVELS)
    _, projects, _ = read(upper, lower)
    question = projects[0].doubts[0].question
    assert question is not None
    with answering([Answer(choice, "张三", key=question.key)]), inquiring(()):
        drafts, projects, _ = read(upper, lower)
    assert goals_of(drafts) == goals
    assert len(projects) == len(set(goals))
    assert not any(project.doubts for project in projects)


@pytest.mark.parametrize(("choice", "levels"), [("rest", ["履职效益指标"] * 2), ("new", ["履职", "效益指标"])])
def test_a_person_says_whether_an_unusual_level_goes_on_over_a_page_break(choice: str, levels: list[str]) -> None:
    upper = merged("道路保洁", "5", "保洁。", 1, ("效益指标", "履职", "巡查", "≥1次"))
    lower = merged("", "", "", 2, ("", "效益指标", "整洁", "明显"))
    _, projects, _ = read(upper, lower)
    question = projects[0].doubts[0].question
    assert question is not None
    assert (question.asked, question.near) == ("效益指标", "履职")
    with answering([Answer(choice, "张三", key=question.key)]), inquiring(()):
        drafts, projects, _ = read(upper, lower)
    assert [draft.fields[Column.LEVEL2].text for draft in drafts] == levels
    assert not projects[0].doubts


def test_a_goal_of_its_own_where_each_row_prints_its_name_is_not_joined() -> None:
    upper = make_grid(plain_rows(0, HEADER, *(("道路保洁", "5", f"目标{k}", *LEVELS[k]) for k in (0, 1))))
    lower = make_grid(plain_rows(0, ("道路保洁", "5", "目标3", *LEVELS[1])), 2)
    drafts, projects, _ = read(upper, lower)
    assert goals_of(drafts) == ["目标0", "目标1", "目标3"]
    assert not any(project.doubts for project in projects)


def same_name(amount: str, goal: str, *levels: tuple[str, ...]) -> Grid:
    """Two rows of a project that prints all, then rows of the same name."""
    rows = [("道路保洁", "5", "保洁。", *level) for level in LEVELS]
    return make_grid(plain_rows(0, HEADER, *rows, *(("道路保洁", amount, goal, *level) for level in levels)))


def test_a_second_project_of_one_name_keeps_its_blank_amount() -> None:
    drafts, projects, _ = read(same_name("", "洒水。", *LEVELS))
    assert [amount for _, amount, _ in rows_of(drafts)] == ["5", "5", "", ""]
    assert [len(projects), any(project.doubts for project in projects)] == [2, False]


def test_a_blank_amount_that_may_be_of_another_project_is_held_back() -> None:
    for grid in (same_name("", "洒水。", LEVELS[1]), same_name("", "保洁。", *LEVELS)):
        _, projects, _ = read(grid)
        assert all("may be another project" in project.doubts[0].detail for project in projects)


def test_blank_amounts_below_the_first_row_are_filled() -> None:
    rows = [("道路保洁", "5", "保洁。", *LEVELS[0]), ("道路保洁", "", "保洁。", *LEVELS[1])]
    drafts, projects, _ = read(make_grid(plain_rows(0, HEADER, *rows)))
    assert [amount for _, amount, _ in rows_of(drafts)] == ["5", "5"]
    assert not any(project.doubts for project in projects)
