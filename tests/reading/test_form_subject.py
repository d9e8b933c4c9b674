"""What a form speaks of: a project named in its title, the whole department, and levels over the end of a page."""

from __future__ import annotations

import pytest

from extract.entities import Column, Scope
from extract.reading.tables.drafts import Field
from extract.reading.tables.form_head import FormHead
from extract.reading.tables.form_subject import find_project, settle_subject
from extract.reading.tables.level_names import fit_levels
from extract.reading.tables.titles import TitleBlock


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("公务用车委托管理费项目绩效目标表", "公务用车委托管理费"),
        ("附件2 2026年公务用车委托管理费项目绩效目标表", "公务用车委托管理费"),
        ("（二）绩效目标表执法装备更新项目绩效目标表", "执法装备更新"),
        ("提前下达2026年（第一批）救助补助资金项目绩效目标表", "提前下达2026年（第一批）救助补助资金"),
        ("12345热线运行项目绩效目标表", "12345热线运行"),
        ("项目支出绩效目标表", ""),
        ("2026年度单位预算项目绩效目标申报表", ""),
        ("部门专项业务经费绩效目标表", ""),
        ("政策和项目预算绩效目标表", ""),
        ("公开表12-1 项目支出绩效自评表", ""),
        ("福州市项目支出绩效目标表", ""),
        ("专项资金总体绩效目标表", ""),
        ("全市登记系统运维费项目绩效评价报告", ""),
    ],
)
def test_a_title_names_a_project_or_none(title: str, name: str) -> None:
    assert find_project(title) == name


def test_an_office_in_a_title_is_no_project_without_doubt() -> None:
    head = FormHead(1, fields={Column.ANNUAL_GOAL: Field([])})
    settle_subject(head, TitleBlock("长沙市信访局项目绩效目标表"), [])
    assert "may name the project" in head.doubts[0].detail


def test_a_table_in_a_report_takes_no_project_from_its_caption() -> None:
    head = FormHead(1)
    assert settle_subject(head, TitleBlock("公务用车委托管理费项目绩效目标表"), []) == []
    assert "names no project" in head.doubts[0].detail


def test_a_department_form_has_no_project() -> None:
    head = FormHead(1, fields={Column.DEPARTMENT: Field([])}, said_by={Column.DEPARTMENT: "部门名称"})
    settle_subject(head, TitleBlock("部门整体支出绩效目标表"), [])
    assert (head.scope, Column.UNIT in head.fields, head.doubts) == (Scope.DEPARTMENT, True, [])


def test_second_levels_belong_to_first_ones_by_their_names() -> None:
    assert fit_levels("效益指标", "经济效益指标")
    assert fit_levels("产出指标", "经济效益指标") is False
    assert fit_levels("产出指标", "") is None
