"""The marts of a tiny raw schema: each scenario of conftest.py is a publisher of its own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

Query = Callable[..., list[dict[str, Any]]]

PROJECTS = """
select y.* from yoy_project_budgets as y
inner join dim_publishers as p on y.publisher_key = p.publisher_key
where p.publisher_code = ? order by y.fiscal_year, y.amount_yuan, y.prior_amount_yuan
"""
TARGETS = """
select y.* from yoy_indicator_targets as y
inner join dim_publishers as p on y.publisher_key = p.publisher_key
where p.publisher_code = ? order by y.indicator_code, y.indicator_name
"""
DOCUMENTS = """
select d.* from dim_documents as d
inner join dim_publishers as p on d.publisher_key = p.publisher_key
where p.publisher_code = ? order by d.published_on, d.first_seen_at
"""
BUDGETS = """
select b.* from fct_project_budgets as b
inner join dim_publishers as p on b.publisher_key = p.publisher_key
where p.publisher_code = ? order by b.fiscal_year, b.project_no
"""


def test_renamed_projects_of_a_renamed_unit_are_one_project_each(marts: Query) -> None:
    rows = {row["project_name"] or row["prior_project_name"]: row for row in marts(PROJECTS, "改名")}
    assert {name: row["status"] for name, row in rows.items()} == {
        "党校工作经费": "renamed",
        "抑尘降尘费": "renamed",
        "评估经费": "dropped",
        "海归小镇经费": "added",
    }
    kept = rows["党校工作经费"]
    assert (kept["match_method"], kept["delta_yuan"], kept["delta_pct"]) == (
        "normalised",
        Decimal("10.00"),
        Decimal("10.0000"),
    )
    assert kept["unit_name"] == "区关工委"
    assert rows["评估经费"]["fiscal_year"] == 2025
    units = marts("select * from dim_units where unit_code = '102004' order by valid_from_year")
    assert [(u["unit_name"], u["valid_from_year"], u["valid_to_year"], u["is_current"]) for u in units] == [
        ("区关心下一代工委", 2024, 2024, False),
        ("区关工委", 2025, None, True),
    ]
    assert units[0]["unit_durable_key"] == units[1]["unit_durable_key"]


def test_renamed_and_recoded_indicators_are_pairs_and_not_new_and_dropped(marts: Query) -> None:
    rows = [row for row in marts(TARGETS, "改名") if row["project_name"] == "党校工作经费"]
    assert [
        (r["indicator_code"], r["prior_indicator_code"], r["change_class"], r["indicator_match_method"]) for r in rows
    ] == [
        ("111001840", "111001840", "raised", "code"),
        ("112002535", "112002536", "unchanged", "name"),
    ]


def test_indicators_of_added_and_dropped_projects_are_new_and_dropped(marts: Query) -> None:
    rows = {
        r["project_name"]: r["change_class"]
        for r in marts(TARGETS, "改名")
        if r["project_status"] in ("added", "dropped")
    }
    assert rows == {"海归小镇经费": "new", "评估经费": "dropped"}


def test_the_edition_published_last_counts_although_it_was_seen_first(marts: Query) -> None:
    documents = marts(DOCUMENTS, "更正")
    assert [(d["edition_no"], d["is_current"]) for d in documents] == [(1, False), (2, True)]
    assert documents[0]["superseded_by_key"] == documents[1]["document_key"]
    budgets = marts(BUDGETS, "更正")
    assert {(b["amount_yuan"], b["is_current"]) for b in budgets} == {
        (Decimal("90.00"), False),
        (Decimal("95.00"), True),
    }
    assert len({b["project_key"] for b in budgets}) == 1


def test_documents_of_different_units_are_parts_of_one_publication(marts: Query) -> None:
    assert [(d["edition_no"], d["is_current"]) for d in marts(DOCUMENTS, "分部")] == [(1, True), (1, True)]
    assert [b["is_current"] for b in marts(BUDGETS, "分部")] == [True, True]


def test_a_small_correction_replaces_only_the_projects_that_it_repeats(marts: Query) -> None:
    documents = marts(DOCUMENTS, "补正")
    assert [(d["edition_no"], d["is_current"], d["is_partly_superseded"]) for d in documents] == [
        (1, True, True),
        (2, True, False),
    ]
    current = [b["amount_yuan"] for b in marts(BUDGETS, "补正") if b["is_current"]]
    assert sorted(current) == [Decimal("10.00")] * 4 + [Decimal("33.00")]


def test_a_year_without_the_year_before_it_is_not_compared(marts: Query) -> None:
    assert marts(PROJECTS, "首年") == []
    assert marts(PROJECTS, "间隔") == []
    assert len({b["project_key"] for b in marts(BUDGETS, "间隔")}) == 1


def test_forms_without_any_code_match_by_their_folded_names(marts: Query) -> None:
    (row,) = marts(PROJECTS, "无码")
    assert (row["status"], row["match_method"], row["amount_yuan"], row["unit_name"]) == (
        "same",
        "normalised",
        None,
        "无码局",
    )
    (target,) = marts(TARGETS, "无码")
    assert (target["change_class"], target["level1_code"], target["level2_code"]) == ("unchanged", "1", "11")
    assert [b["annual_goal"] for b in marts(BUDGETS, "无码")] == ["完成任务。", "完成任务。"]


def test_two_projects_of_one_name_in_one_unit_stay_two(marts: Query) -> None:
    rows = marts(PROJECTS, "重名")
    assert [(r["prior_amount_yuan"], r["amount_yuan"]) for r in rows] == [
        (Decimal("1.00"), Decimal("3.00")),
        (Decimal("2.00"), Decimal("4.00")),
    ]


def test_a_printed_project_code_outlives_a_new_name_and_a_new_unit(marts: Query) -> None:
    (row,) = marts(PROJECTS, "编码")
    assert (row["status"], row["match_method"]) == ("renamed", "code")


def test_plans_are_compared_with_plans_and_counted_once(marts: Query) -> None:
    (row,) = marts(PROJECTS, "多种")
    assert (row["document_kind"], row["prior_amount_yuan"], row["amount_yuan"]) == (
        "target",
        Decimal("10.00"),
        Decimal("12.00"),
    )


def test_every_way_in_which_a_target_changes_has_its_class_reason_and_stringency(
    marts: Query, changes: tuple[tuple[str, str, str, str], ...]
) -> None:
    got = {
        f"{row['indicator_code']}-{row['indicator_name']}": " ".join(
            (row["change_class"], row["not_comparable_reason"] or "-", row["stringency"])
        )
        for row in marts(TARGETS, "指标")
    }
    assert got == {name: verdict for name, _, _, verdict in changes}


def test_differences_are_exact_decimals_in_a_named_unit(marts: Query) -> None:
    rows = {row["indicator_name"]: row for row in marts(TARGETS, "指标")}
    scaled = rows["换单位"]
    assert (scaled["delta"], scaled["delta_unit"], scaled["delta_pct"]) == (Decimal(500), "米", Decimal("33.3333"))
    assert (rows["降低下限"]["delta"], rows["降低下限"]["delta_pct"]) == (Decimal(-5), Decimal("-5.8824"))
    assert rows["换量词"]["delta"] is None


def test_a_sign_lost_with_a_new_layout_is_not_a_change_of_the_target(marts: Query) -> None:
    (row,) = marts(TARGETS, "版式")
    assert (row["change_class"], row["not_comparable_reason"], row["is_layout_changed"]) == (
        "not_comparable",
        "layout",
        True,
    )


def test_a_proposed_link_is_marked_and_scored_wherever_its_pair_is_used(marts: Query) -> None:
    (row,) = marts(PROJECTS, "推荐")
    assert (row["status"], row["match_method"]) == ("renamed", "proposed")
    assert Decimal("0.75") <= row["match_score"] < 1
    assert {target["project_match_method"] for target in marts(TARGETS, "推荐")} == {"proposed"}


def test_every_fact_leads_back_to_the_exact_box_it_was_printed_in(marts: Query) -> None:
    assert marts("select distinct page, x0, y0, x1, y1 from fct_indicator_targets") == [
        {"page": 1, "x0": 10.25, "y0": 20.5, "x1": 110.125, "y1": 40.0625}
    ]


def test_a_correction_is_told_cell_by_cell(marts: Query) -> None:
    rows = marts(
        """
        select c.project_name, c.cell, c.change, c.prior_cell_text, c.cell_text from edition_changes as c
        inner join dim_publishers as p on c.publisher_key = p.publisher_key
        where p.publisher_code = '三改' order by c.change, c.cell
        """
    )
    assert [tuple(row.values()) for row in rows] == [
        ("宣传经费", "indicator", "added", None, "111000009-场次"),
        ("宣传经费", "annual_value", "changed", "≥200万", "≥220万"),
        ("其他经费", "cycle_value", "changed", "1750", "1750件"),
        ("宣传经费", "overall_goal", "changed", "保确资金使用率。", "确保资金使用率。"),
        ("宣传经费", "indicator", "removed", "111000002-次数", None),
    ]


def test_a_small_correction_does_not_remove_what_it_does_not_repeat(marts: Query) -> None:
    rows = marts(
        """
        select c.* from edition_changes as c
        inner join dim_publishers as p on c.publisher_key = p.publisher_key where p.publisher_code = '补正'
        """
    )
    assert [(row["cell"], row["cell_text"]) for row in rows] == [("amount", "33.00")]


def test_a_weak_likeness_is_only_listed_with_the_line_that_accepts_it(marts: Query) -> None:
    assert {row["status"] for row in marts(PROJECTS, "候选")} == {"added", "dropped"}
    (row,) = marts("select * from project_link_candidates where publisher_code = '候选'")
    assert row["score"] < Decimal("0.75")
    assert row["curated_line"] == '候选,2024,2025,"102001","人才引进奖励","102001","人才培养奖励",same,,'


def test_results_stand_beside_their_targets(marts: Query) -> None:
    (row,) = marts(
        """
        select r.* from fct_indicator_results as r
        inner join dim_publishers as p on r.publisher_key = p.publisher_key where p.publisher_code = '质量'
        """
    )
    assert (row["target_text"], row["actual_text"], row["actual_value"]) == ("≥5户", "10户", Decimal(10))
    assert (row["is_reached"], row["achievement_pct"], row["score"]) == (True, Decimal(200), Decimal(10))


def test_a_number_of_the_goal_is_in_the_table_with_its_measure_word_another_of_its_dimension_or_none(
    marts: Query,
) -> None:
    rows = marts("select * from fct_goal_promises where project_name = '惠企经费' order by promise_no")
    assert [(row["goal"], row["promise_text"], row["is_in_targets"]) for row in rows] == [
        ("annual", "惠及企业700家", True),
        ("annual", "走访1.5公里", True),
        ("annual", "培训3场", True),
        ("annual", "满意度达90%以上", True),
        ("annual", "知晓率达90%以上", False),
        ("annual", "发放手册2份", False),
    ]


COVERAGE = """
select p.publisher_code, c.* from fct_publication_coverage as c
left join dim_publishers as p on c.publisher_key = p.publisher_key
where p.publisher_code = ? order by c.fiscal_year
"""


def test_what_is_due_and_not_loaded_is_late_and_what_is_not_due_yet_is_not(marts: Query) -> None:
    rows = marts(COVERAGE, "迟到")
    assert [(r["fiscal_year"], r["expected"], r["loaded"], r["missing"], r["is_late"]) for r in rows] == [
        (2024, 1, 0, 1, True),
        (2025, 2, 1, 1, True),
        (2026, 1, 0, 1, False),
        (None, None, 0, None, False),
    ]
    (row,) = marts(COVERAGE, "齐全")
    assert (row["expected"], row["published"], row["missing"], row["is_late"]) == (1, 1, 0, False)


def test_what_was_seen_and_not_loaded_stands_in_a_row_of_unknown_year(marts: Query) -> None:
    *years, unknown = marts(COVERAGE, "迟到")
    assert (unknown["published"], unknown["refused"], unknown["waiting"], unknown["document_kind"]) == (2, 1, 1, None)
    assert {row["of_unknown_year"] for row in years} == {2}
    (nobody,) = marts("select * from fct_publication_coverage where publisher_key is null")
    assert (nobody["fiscal_year"], nobody["refused"]) == (None, 1)


def test_a_publisher_of_whom_nothing_is_expected_has_its_loaded_documents_alone(marts: Query) -> None:
    (row,) = marts(COVERAGE, "补正")
    assert (row["expected"], row["loaded"], row["current_loaded"], row["missing"]) == (None, 2, 2, None)
    (row,) = marts(COVERAGE, "更正")
    assert (row["loaded"], row["current_loaded"]) == (2, 1)


def test_every_check_finds_the_fault_made_for_it(marts: Query) -> None:
    rows = marts(
        """
        select distinct f.check_code, coalesce(j.project_name, '') as project_name from quality_findings as f
        left join dim_projects as j on f.project_key = j.project_key
        left join dim_publishers as p on f.publisher_key = p.publisher_key
        left join dim_indicators as i on f.indicator_key = i.indicator_key
        where
            (p.publisher_code = '质量' or i.code_scope = '999999')
            and (f.fiscal_year = 2025 or f.check_code in ('C08', 'C09'))
        """
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["check_code"], set()).add(row["project_name"])
    assert sorted(found) == [f"C{number:02d}" for number in range(1, 23)]
    expected = {
        "C01": {"照抄经费", "百分经费", "雷同经费"},
        "C02": {"照抄经费", "单价经费"},
        "C03": {"2024年度专项", "新增补助"},
        "C04": {"定性经费"},
        "C13": {"单价经费"},
        "C14": {"逾期经费"},
        "C15": {"逾期经费"},
        "C16": {"易达经费"},
        "C17": {"逾期经费"},
        "C19": {"照抄经费"},
        "C20": {"照抄经费"},
    }
    assert {code: found[code] for code in expected} == expected
    assert found["C10"] == {"百分经费", "雷同经费"}
    assert len(found["C11"]) == 1
    assert found["C06"] >= {"定性经费"}


def test_every_finding_explains_itself_in_both_languages(marts: Query) -> None:
    (row,) = marts(
        """
        select count(*) as n from quality_findings
        where explanation_zh is null or explanation_en is null or check_name is null
        """
    )
    assert row["n"] == 0


def test_years_that_are_no_neighbours_compare_by_the_macro(marts: Query, compare_years: str) -> None:
    rows = marts(f"select * from ({compare_years}) as compared where project_name = '宣传经费'")
    assert [(row["from_year"], row["to_year"], row["change_class"], row["prior_target_text"]) for row in rows] == [
        (2022, 2025, "unchanged", "≥2次")
    ]


def test_no_odd_value_stops_the_build_or_gets_lost(marts: Query) -> None:
    rows = marts(TARGETS, "怪")
    assert len(rows) == 12 * 12
    assert all(row["target_text"] is not None and row["prior_target_text"] is not None for row in rows)
    assert {row["change_class"] for row in rows if row["target_text"] == row["prior_target_text"]} == {"unchanged"}
    (budget,) = marts(PROJECTS, "怪")
    assert budget["delta_yuan"] == Decimal("-100000000000000000.00")


@pytest.mark.slow
def test_the_order_of_arrival_changes_no_row_and_no_key(marts: Query, marts_of_another_arrival: Query) -> None:
    tables = marts("select table_name from information_schema.tables where table_schema = 'marts' order by table_name")
    assert len(tables) >= 18
    for table in (row["table_name"] for row in tables):
        columns = marts(
            "select column_name from information_schema.columns where table_schema = 'marts' and table_name = ?", table
        )
        names = ", ".join(row["column_name"] for row in columns if row["column_name"] != "first_seen_at")
        sql = f"select {names} from {table} order by all"
        assert marts(sql) == marts_of_another_arrival(sql), table


def test_year_over_year_reports_no_project_as_dropped_or_added_that_may_be_held_back(marts: Query) -> None:
    rows = marts(
        "select publisher_code, coalesce(project_name, prior_project_name) as name, status from yoy_project_budgets "
        "join dim_publishers using (publisher_key) where publisher_code in ('暂缓', '缺前', '别部') order by all"
    )
    found = {(row["publisher_code"], row["name"]): row["status"] for row in rows}
    assert found == {
        ("暂缓", "甲经费"): "same",
        ("暂缓", "乙经费"): "unread",  # its counterpart is held back
        ("暂缓", "丙经费"): "added",  # the year before is complete
        ("缺前", "甲经费"): "same",
        ("缺前", "丙经费"): "unread",  # something of the year before is held back, and nobody knows what
        ("别部", "甲经费"): "same",
        ("别部", "乙经费"): "unread",  # another document of the year is incomplete
        ("别部", "丙经费"): "added",
    }
    classes = marts("select distinct change_class from yoy_indicator_targets where project_status = 'unread'")
    assert [row["change_class"] for row in classes] == ["unread"]
    gone = marts("select status from yoy_project_budgets where prior_project_name = '评估经费'")
    assert [row["status"] for row in gone] == ["dropped"], "complete years still say what was dropped"


NAIVE = """
with budgets as (
    select b.fiscal_year, b.project_key, d.publisher_code from fct_project_budgets as b
    inner join dim_publishers as d on b.publisher_key = d.publisher_key
    where b.is_current and b.amount_kind = 'year' and d.publisher_code in ('暂缓', '别部')
)
select earlier.publisher_code, earlier.project_key
from budgets as earlier
left join budgets as later on earlier.project_key = later.project_key and later.fiscal_year = earlier.fiscal_year + 1
where later.project_key is null and earlier.fiscal_year + 1 in (select fiscal_year from budgets)
"""


def test_what_a_join_of_two_years_would_call_dropped_is_unread_where_the_later_year_is_incomplete(
    marts: Query,
) -> None:
    gone = marts(NAIVE)
    assert sorted(row["publisher_code"] for row in gone) == ["别部", "暂缓"], "乙经费 of both, held back or not read"
    keys = tuple(row["project_key"] for row in gone)
    said = marts(f"select status, amount_yuan from yoy_project_budgets where project_key in {keys}")
    assert [(row["status"], row["amount_yuan"]) for row in said] == [("unread", None)] * 2


def test_an_edition_of_which_a_project_is_held_back_takes_nothing_away(marts: Query) -> None:
    rows = marts(
        "select count(*) as n from edition_changes join dim_publishers using (publisher_key) "
        "where publisher_code = '暂缓版' and change = 'removed'"
    )
    assert rows == [{"n": 0}]


def test_any_two_years_are_compared_without_what_may_be_held_back(marts: Query, compare_years: str) -> None:
    rows = marts(
        f"select project_name, change_class from ({compare_years}) join dim_publishers using (publisher_key) "
        "where publisher_code = '隔年缺' order by all"
    )
    assert [(row["project_name"], row["change_class"]) for row in rows] == [
        ("丙经费", "new"),
        ("乙经费", "unread"),
        ("甲经费", "unchanged"),
    ]


def test_targets_of_a_department_are_compared_through_the_years(marts: Query) -> None:
    rows = marts("select indicator_name, change_class, stringency, delta from yoy_department_targets order by all")
    assert [(row["indicator_name"], row["change_class"]) for row in rows] == [
        ("满意度（%）", "not_comparable"),
        ("维修教学楼", "raised"),
    ]
    assert (rows[1]["stringency"], rows[1]["delta"]) == ("tighter", 1)
