"""extract/reading/checks.yml: every check refuses what shows it, and what a rule calls harmless is read."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_grid import Spec, make_grid, plain_rows, table_of
from made_page import Page
from render_checks import PAGE, list_checks, list_harmless, render_page
from truth import Said, read_all

from extract.entities import Box, Column, Grid, Line, PageGrids, Record
from extract.errors import Reason, Refused
from extract.reading.document import read_document
from extract.reading.document_checks import find_cut_off, find_lost
from extract.reading.page import build_page
from extract.reading.plausibility import find_doubts
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.form_head import read_head
from extract.reading.tables.form_head_checks import check_department, check_head
from extract.settings import PROJECT

READING = PROJECT / "extract/reading"
FIXTURES = PROJECT / "tests/fixtures"
CHECKS = {one["code"]: one for one in list_checks()}
HARMLESS = {one["code"]: one for one in list_harmless()}
BY_SOURCE = {Reason.NOT_ALLOWED, Reason.FORBIDDEN, Reason.GONE}  # the network's, before anything is read
COSTS = {"project", "neighbours", "table", "document"}


@pytest.fixture(scope="session")
def said() -> Callable[[str, str], Said]:
    """Read each fixture once per reader."""
    return functools.cache(lambda name, reader: read_all(FIXTURES / f"{name}.pdf", reader))


def list_shown(entries: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(code, name) for code, one in entries.items() for name in one.get("fixtures", ())]


@pytest.mark.parametrize(("code", "name"), list_shown(CHECKS))
def test_a_check_refuses_its_fixture_with_its_reason_and_words(
    code: str, name: str, said: Callable[[str, str], Said]
) -> None:
    check = CHECKS[code]
    records, held, _, refusal = said(name, check.get("reader", "pdfium"))
    found = [(one.reason, one.detail) for one in (*held, *([refusal] if refusal else []))]
    assert any(reason == check["reason"] and re.search(check["says"], detail) for reason, detail in found), found
    if check["costs"] == "document":
        assert (records, held) == ((), ())
    else:
        assert held, "the projects that it costs are named"


@pytest.mark.parametrize(("code", "name"), list_shown(HARMLESS))
def test_what_a_rule_calls_harmless_is_read_whole_and_has_its_finding(
    code: str, name: str, said: Callable[[str, str], Said]
) -> None:
    records, held, findings, refusal = said(name, HARMLESS[code].get("reader", "pdfium"))
    assert records
    assert (held, refusal) == ((), None)
    wanted = HARMLESS[code].get("finding")
    assert wanted is None or wanted in {finding.code for finding in findings}


def test_every_entry_is_complete_and_names_what_is_there() -> None:
    assert len(CHECKS) == len(list_checks())
    assert len(HARMLESS) == len(list_harmless())
    for code, one in (CHECKS | HARMLESS).items():
        assert [name for name in one["where"] if not (READING / name).is_file()] == [], code
        assert one.get("fixtures") or one.get("tests"), code
        for test in one.get("tests", ()):
            file, name = test.split("::")
            assert f"\ndef {name}(" in (PROJECT / file).read_text(encoding="utf-8"), test
    assert {one["costs"] for one in CHECKS.values()} == COSTS


def test_every_reason_that_reading_can_give_is_named_and_no_other() -> None:
    assert {one["reason"] for one in CHECKS.values()} == set(Reason) - BY_SOURCE


def test_every_place_that_gives_a_reason_is_named_by_a_check_of_that_reason() -> None:
    named = {(where, one["reason"]) for one in CHECKS.values() for where in one["where"]}
    given = {
        (str(path.relative_to(READING)), reason) for path in READING.rglob("*.py") for reason in find_reasons(path)
    }
    assert given == named


def find_reasons(path: Path) -> set[str]:
    """Reasons that a module names in calls or assigns, those that it only compares left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    compared = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)}
    return {
        Reason[node.attr].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
        and id(node) not in compared
    } - ({"conservation"} if path.name == "agreement.py" else set())  # names there what may be healed


def test_the_table_in_the_documentation_is_up_to_date() -> None:
    assert render_page() == PAGE.read_text(encoding="utf-8"), "`make docs` writes it anew"


def test_a_file_that_no_parser_opens_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(200))
    for reader in ("pdfium", "oxide", "pdfplumber"):
        with pytest.raises(Refused, match=CHECKS["damaged_file"]["says"]) as refusal:
            read_document(path, reader=reader)
        assert refusal.value.reason == Reason.TRUNCATED


def damage(*changes: tuple[int, Column, str]) -> tuple[Record, ...]:
    """Records of a right document of which some cells say something else."""
    records = list(read_document(FIXTURES / "base_seedlike.pdf", reader="pdfium").records)
    for row, column, text in changes:
        cells = dict(records[row].cells)
        cells[column] = replace(cells[column], text=text)
        records[row] = replace(records[row], cells=cells)
    return tuple(records)


ALL = range(98)  # rows of the document


@pytest.mark.parametrize(
    ("code", "changes", "doubts"),
    [
        ("no_name", [(3, Column.PROJECT, "")], 1),
        ("no_name", [(3, Column.INDICATOR, "")], 1),
        ("several_in_a_cell", [(3, Column.ANNUAL_VALUE, "≥3处≥95%≤4次≥2个")], 1),
        ("several_in_a_cell", [(3, Column.INDICATOR, "101010101-巡查101010102-维修")], 1),
        ("goal_cut", [(3, Column.ANNUAL_GOAL, "预计需向")], 1),
        ("joined_names", [(0, Column.UNIT, "甲局"), (1, Column.UNIT, "乙局"), (2, Column.UNIT, "甲局乙局")], 1),
        ("unknown_levels", [(k, c, "某某") for k in ALL for c in (Column.LEVEL1, Column.LEVEL2)], 98),
        ("codes_and_levels", [(k, Column.INDICATOR, "999999999-巡查") for k in range(40)], 40),
    ],
)
def test_records_that_cannot_be_believed_are_doubts(
    code: str, changes: list[tuple[int, Column, str]], doubts: int
) -> None:
    check = CHECKS[code]
    assert list(find_doubts(damage())) == []
    found = [one.refusal for one in find_doubts(damage(*changes))]
    mine = [one for one in found if one.reason == check["reason"] and re.search(check["says"], one.detail)]
    assert len(mine) == doubts, found


ROW_RULES = [(50.0, 50.0 + 20 * k, 290.0, 50.0 + 20 * k) for k in range(62)]


def say(page: Page, **facts: Any) -> list[tuple[str, str]]:
    return [(one.reason.value, one.detail) for one in build_page(replace(page.ink(), **facts)).problems]


def has(code: str, found: list[tuple[str, str]]) -> bool:
    return any(reason == CHECKS[code]["reason"] and re.search(CHECKS[code]["says"], words) for reason, words in found)


def without(page: Page, *gone: tuple[float, ...]) -> Page:
    """A page on which some pieces of rules are not drawn."""
    page.rules = [rule for rule in page.rules if rule not in gone]
    return page


def test_what_a_page_shows_against_its_table_is_a_problem() -> None:
    assert say(Page().fill_table().rule_table()) == []
    upright = (110.0, 70.0, 110.0, 90.0)  # right of the second row's first cell, whose lower rule is not drawn either
    corner = say(without(Page().fill_table().rule_table(), upright, (50.0, 90.0, 110.0, 90.0)))
    assert has("broken_lattice", corner)
    assert has("glyph_counts", corner)
    assert has("glyph_counts", say(Page().fill_table().rule_table(), bulk_count=99))
    assert has("unknown_character", say(Page().fill_table().rule_table().write("\ue073", 210, 55)))
    words = (("单位", "项目", "指标"), ("某局", "", ""), ("某站", "维修", "座数"))
    across = Page().fill_table(words).rule_table().write("清理全县河道长度和水面", 140, 75)
    assert has("word_over_a_rule", say(across))


def test_a_word_over_a_border_that_only_gaps_suggest_is_a_problem() -> None:
    page = Page().fill_table((("单位名称", "项目名称", "指标名称"), *[("某所", "巡查", "次数")] * 60))
    page.rules = list(ROW_RULES)
    assert say(page, height=2000.0) == []
    _, x, y, size, facts = page.texts[10]
    page.texts[10] = ("巡查水库维修堤防渠", x, y, size, facts)
    assert has("undrawn_border", say(page, height=2000.0))


def test_indicators_beyond_the_edge_of_a_page_are_a_doubt() -> None:
    page = replace(build_page(Page().fill_table().rule_table().ink()), hidden="三级指标完成率指标值≥95%产出指标")
    (doubt,) = find_lost([page], set())
    assert has("rows_beyond_the_edge", [(doubt.reason.value, doubt.detail)])
    assert doubt.reaches
    assert list(find_lost([page], {1})) == []


def test_a_table_beyond_the_edge_of_a_page_is_a_doubt() -> None:
    words = (("单位", "项目", "绩效指标"), ("某局", "河道保洁", "清理河道长度"), ("某站", "水库维修", "维修水库座数"))
    ink = Page().fill_table(words).rule_table().ink()
    cut = build_page(replace(ink, width=180.0))
    (doubt,) = find_cut_off([cut], set(), {})
    assert has("table_beyond_the_edge", [(doubt.reason.value, doubt.detail)])
    assert doubt.reaches
    assert list(find_cut_off([cut], set(), {1: [Box(50, 50, 110, 70)]})) == []
    assert list(find_cut_off([build_page(Page().fill_table(words).rule_table().ink())], set(), {})) == []


def test_a_line_below_a_text_that_overflows_may_be_its_end() -> None:
    words = (("单位", "项目", "目标"), ("某局", "河道保洁", ""), ("某站", "水库维修", ""))
    page = Page().fill_table(words).rule_table().write("清理全县河道并且", 195, 84)
    assert not has("end_of_the_cell_above", say(page))
    found = say(page.write("验收", 195, 97))
    assert has("lost_rest", found)
    assert has("end_of_the_cell_above", found)


def test_a_clip_within_a_figure_is_a_problem_also_where_each_digit_is_a_run_of_its_own() -> None:
    words = (("单位", "项目", "得分"), ("某局", "河道保洁", ""), ("某站", "水库维修", "10"))
    page = Page().fill_table(words).rule_table().write("1", 195, 75, wide=0.5)
    assert not has("clipped", say(page.write("1", 200, 75, wide=0.5)))
    _, x, y, size, facts = page.texts[-1]
    page.texts[-1] = ("1", x, y, size, {**facts, "clip": (190.0, 70.0, 200.0, 90.0)})
    assert has("clipped", say(page))


HEAD_ROWS: list[Spec] = [
    *plain_rows(0, ("项目名称", "道路保洁"), ("年度资金总额（元）", "100.00"), ("年度目标", "全年巡查"))
]
NAME_ROW = HEAD_ROWS[:2]
GOALS_OF_TWO_TERMS: list[Spec] = [
    (2, 1, 1, 1, "长期目标"),
    (2, 2, 1, 1, "三年全部巡查"),
    (3, 1, 1, 1, "短期目标"),
    (3, 2, 1, 1, "全年巡查"),
]


@pytest.mark.parametrize(
    ("code", "cells"),
    [
        ("", HEAD_ROWS),
        ("head_text_alone", [*plain_rows(0, ("", "散落")), *((row + 1, *cell) for row, *cell in HEAD_ROWS)]),
        ("head_rule_missing", [*NAME_ROW, *plain_rows(1, ("年度资金总150万额：", ""))]),
        ("head_rule_missing", [NAME_ROW[0], (0, 1, 2, 1, "道路保洁"), (1, 0, 1, 1, "实施单位")]),
        ("head_rule_missing", [*HEAD_ROWS[:4], *plain_rows(2, ("总体目标", "年度目标")), (3, 0, 1, 2, "全年巡查")]),
        ("head_value_unread", [*NAME_ROW, *plain_rows(1, ("投入经费规模", "150万元"))]),
        ("head_value_unread", [*HEAD_ROWS, *plain_rows(3, ("本期工作目标", "巡查两遍"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("目标设定依据", "工作计划"))]),
        ("numbered_goal", [*HEAD_ROWS[:4], *plain_rows(2, ("年度目标", "目标1", "全年巡查"))]),
        ("head_text_alone", [*HEAD_ROWS, (0, 2, 1, 1, "二期工程")]),
        ("head_text_alone", [(0, 0, 2, 1, "项目名称"), (0, 1, 1, 1, "道路保洁"), (1, 1, 1, 1, "二期工程")]),
        ("head_text_alone", [*HEAD_ROWS[:5], *plain_rows(2, ("年度目标", "一季度", "巡查两遍"))]),
        ("", [*HEAD_ROWS, (1, 2, 1, 1, "（含上年结转）"), (2, 2, 1, 1, "联系人"), (2, 3, 1, 1, "王某")]),
        ("head_of_two_names", [*HEAD_ROWS, *plain_rows(3, ("年度绩效目标", "巡查两遍"))]),
        ("head_of_two_names", [*HEAD_ROWS, *plain_rows(3, ("预算单位", "某局"), ("实施单位", "某所"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("专项名称", "城市管理"), ("年度绩效目标", "全年巡查"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("填报单位", "某局"), ("实施单位", "某所"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("项目类别", "特定目标类"), ("项目属性", "□新增", "☑延续"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("实施单位", "某所", "（单位盖章）"))]),
        ("", [*HEAD_ROWS, *plain_rows(3, ("项目概况", "年度目标：按照部署巡查"))]),
        ("quoted_word", [*HEAD_ROWS[:4], *plain_rows(2, ("立项背景", "年度目标：按照部署巡查"))]),
        ("", [*HEAD_ROWS[:4], *plain_rows(2, ("基本情况", "年度目标：按照部署巡查"))]),
        ("head_value_unread", [*HEAD_ROWS, *plain_rows(3, ("主管部门", "某局"), ("责任部门", "某市第二中学"))]),
        ("head_value_unread", [*HEAD_ROWS[:4], (2, 0, 2, 1, "总体目标"), *GOALS_OF_TWO_TERMS]),
        ("head_value_unread", [*NAME_ROW, *plain_rows(1, ("年度资金总额", "/"), ("总体投入（万元）", "150.00"))]),
        (
            "head_value_unread",
            [*NAME_ROW, (1, 0, 2, 1, "资金来源（万元）"), (1, 1, 1, 1, "合计"), (2, 1, 1, 1, "150.00")],
        ),
        ("head_value_unread", [*HEAD_ROWS, *plain_rows(3, ("实施单位", ""), ("承办学校", "某市第二中学"))]),
        ("years_of_one_amount", [*NAME_ROW, *plain_rows(1, ("", "合计", "2025年"), ("资金总额", "230.00", "150.00"))]),
        ("", [*NAME_ROW, *plain_rows(1, ("主管部门", "某部"), ("省级财政部门", "某省财政厅"), ("年度资金", "5"))]),
        ("buried_goal", [*HEAD_ROWS[:4], (2, 0, 1, 2, f"完成道路保洁，{'清扫干道，' * 9}年度目标保持整洁。")]),
        ("", [*HEAD_ROWS, (3, 0, 1, 2, f"说明：{'清扫干道，' * 9}年度目标保持整洁。")]),
    ],
)
def test_a_head_whose_rules_or_words_leave_a_value_open_is_refused(code: str, cells: list[Spec]) -> None:
    table = table_of(*cells)
    head = read_head(table, 0, table.grid.n_rows)
    check_head(table, head)
    found = [(doubt.reason.value, doubt.detail) for doubt in head.doubts]
    assert has(code, found) if code else found == []


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        (  # below each other beside their word; what follows a blank cell is no part
            [(2, 0, 3, 1, "年度目标"), (2, 1, 1, 1, "目标1：巡查"), (3, 1, 1, 1, "目标2：维修"), (4, 1, 1, 1, "")],
            {Column.ANNUAL_GOAL: "目标1：巡查目标2：维修"},
        ),
        (  # below their words
            [
                *((2, 0, 3, 1, "总体目标"), (2, 1, 1, 1, "实施期目标"), (2, 2, 1, 1, "年度目标")),
                *((3, 1, 1, 1, "1.三年"), (3, 2, 1, 1, "1.巡查"), (4, 1, 1, 1, "2.达标"), (4, 2, 1, 1, "2.维修")),
            ],
            {Column.OVERALL_GOAL: "1.三年2.达标", Column.ANNUAL_GOAL: "1.巡查2.维修"},
        ),
        (
            [(2, 0, 2, 1, "目标任务"), *((2 + k, 1 + c, 1, 1, t) for k, c, t in ((0, 0, "年度目标"), (0, 1, "巡查")))],
            {Column.ANNUAL_GOAL: "巡查"},
        ),
        (plain_rows(2, ("年度目标", "全年完成以下目标：")), {Column.ANNUAL_GOAL: "全年完成以下目标："}),
        (plain_rows(2, ("项目概况", "年度目标：按照部署"), ("年度目标", "巡查")), {Column.ANNUAL_GOAL: "巡查"}),
        (plain_rows(2, ("一级项目名称", "城市管理")), {Column.PROJECT: "道路保洁"}),
        (plain_rows(2, ("", "上年", "本年"), ("资金总额", "120.00", "150.00")), {Column.AMOUNT: "150.00"}),
        (  # the second figure has a label of its own, and the date above is none of a column
            plain_rows(2, ("起止时间", "2025年1月至12月", "", ""), ("年度资金总额", "150.00", "财政拨款", "120.00")),
            {Column.AMOUNT: "150.00"},
        ),
        (plain_rows(2, ("项目资金", ""), ("年度资金总额", "150.00")), {Column.AMOUNT: "150.00"}),
        (
            plain_rows(2, ("年初预算数", "5.00", "全年执行数", "4.00"), ("年度目标", "巡查", "", "")),
            {Column.AMOUNT: "5.00", Column.AMOUNT_EXECUTED: "4.00"},
        ),
        ([(2, 0, 2, 1, "项目资金"), (2, 1, 1, 1, "合计"), (2, 2, 1, 1, "8.00")], {Column.AMOUNT: "8.00"}),
        (
            [
                *plain_rows(2, ("", "预算支出总额"), ("基本支出", "5.00"), ("项目支出", "3.00"), ("合计", "8.00")),
            ],
            {Column.AMOUNT: "8.00"},
        ),
    ],
)
def test_a_head_gives_each_field_all_of_its_text(cells: list[Spec], fields: dict[Column, str]) -> None:
    table = table_of(*NAME_ROW, (1, 0, 1, 2, "基本情况"), *cells)
    head = read_head(table, 0, table.grid.n_rows)
    check_head(table, head)
    assert {column: head.fields[column].text for column in fields} == fields
    assert head.doubts == []


HEADER = ("项目名称", "预算金额（元）", "绩效目标", "一级指标", "二级指标", "三级指标", "指标值")
FIRST = ("保洁", "5", "全年保洁", "产出指标", "数量指标", "次数", "≥1次")


def doubts_of(*grids: Grid) -> list[tuple[str, str]]:
    """What is doubtful about the projects of grids, each a page of its own under one title."""
    assembler = Assembler()
    for grid in grids:
        title = Line("2026年度项目支出绩效目标表", Box(0, -60, 400, -50))
        assembler.read_page(PageGrids(grid.page, 600, 800, (grid,), (title,) if grid.page == 1 else (), {}))
    assembler.finish()
    doubts = [doubt for part in assembler.parts for project in part.projects for doubt in project.doubts]
    return [(doubt.reason.value, doubt.detail) for doubt in (*assembler.lost, *doubts)]


def test_a_row_of_indicators_across_columns_is_refused() -> None:
    second = [*plain_rows(2, ("维修", "6", "修理", "产出指标", "数量指标")), (2, 5, 1, 2, "座数≥2座")]
    assert doubts_of(make_grid(plain_rows(0, HEADER, FIRST))) == []
    assert has("cell_across_columns", doubts_of(make_grid([*plain_rows(0, HEADER, FIRST), *second])))


def test_a_value_that_begins_with_its_header_is_refused() -> None:
    assert doubts_of(make_grid(plain_rows(0, HEADER, (*FIRST[:-1], "目标1次")))) == []
    for joined in ("指标值≥1次", "绩效指标值4"):
        assert has("header_among_rows", doubts_of(make_grid(plain_rows(0, HEADER, (*FIRST[:-1], joined)))))


def test_a_goal_of_a_department_under_an_unlisted_word_is_in_doubt() -> None:
    rows = plain_rows(0, ("部门名称", "某局"), ("部门履职方向目标", "保障教育系统正常运转，全面提高教学质量。"))
    table = table_of(*rows)
    head = read_head(table, 0, table.grid.n_rows)
    check_department(table, head)
    assert has("head_value_unread", [(doubt.reason.value, doubt.detail) for doubt in head.doubts])


def test_a_column_that_may_hold_the_other_goal_is_in_doubt() -> None:
    def read(word: str) -> list[tuple[str, str]]:
        header, row = (*HEADER[:3], word, *HEADER[3:]), (*FIRST[:3], "巡查两遍", *FIRST[3:])
        return doubts_of(make_grid(plain_rows(0, ("总体目标" if k == 2 else t for k, t in enumerate(header)), row)))

    assert read("经办科室") == []
    assert [detail for _, detail in read("本期工作目标") if "本期工作目标" in detail]


def test_levels_that_begin_again_under_a_blank_project_may_follow_a_lost_page() -> None:
    other = ("", "", "", "效益指标", "社会效益", "得到改善", "≥1次")
    upper = make_grid(plain_rows(0, HEADER, FIRST, other, ("维修", "6", "修理", *FIRST[3:]), other))
    again = make_grid(plain_rows(0, ("", "", "", "产出指标", "数量指标", "座数", "≥2次"), other), page=2)
    assert has("rows_lost_before", doubts_of(upper, again))
    assert has("rows_lost_before", doubts_of(make_grid(plain_rows(0, ("单位名称", *HEADER), ("", *FIRST)))))


def test_rows_before_any_project_are_refused() -> None:
    assert has("block_without_name", doubts_of(make_grid(plain_rows(0, HEADER, ("", *FIRST[1:])))))
