"""Which year a printed text names."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.entities import Box, Column, Line
from extract.errors import Refused
from extract.reading.document import read_document
from extract.reading.tables.years import (
    Evidence,
    agree,
    choose_year,
    find_in_lines,
    find_in_words,
    find_year,
    is_closed,
)

FIXTURES = Path(__file__).parents[1] / "fixtures"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("某市2026年部门预算项目绩效目标表", 2026),
        ("（２０２６年度）", 2026),
        ("二〇二六年部门预算", 2026),
        ("二○二六年度", 2026),
        ("二零二六年度", 2026),
        ("预算年度：2026", 2026),
        ("2024—2026年项目绩效目标", None),
        ("批复日期 2025年12月", None),
        ("二〇二五年十二月", None),
        ("2024年决算和2025年预算", None),
    ],
)
def test_titles_name_a_year_and_dates_and_ranges_do_not(text: str, year: int | None) -> None:
    assert find_year(text) == year


def test_years_over_history_do_not_count() -> None:
    words = [(Column.AMOUNT, ("2026年金额（元）",)), (Column.PRIOR_VALUE, ("2025年实际实现值",))]
    assert [e.year for e in find_in_words(words)] == [2026]


def test_years_that_contradict_are_refused_naming_both() -> None:
    with pytest.raises(Refused, match=r"title says 2025.*header says 2026"):
        choose_year([[Evidence(2025, "title")], [Evidence(2026, "header")]], 1)


def test_titles_that_differ_leave_the_year_open() -> None:
    assert agree([Evidence(2025, "a"), Evidence(2026, "b")]) is None


def test_sentences_before_the_table_name_no_year() -> None:
    box = Box(0, 0, 1, 1)
    lines = [Line("2024年以来，预算绩效管理已全覆盖。", box), Line("2026年部门预算公开表", box)]
    assert [e.year for e in find_in_lines(lines, titles_only=True)] == [2026]


@pytest.mark.parametrize(
    ("text", "closed"), [("2025年1月—2025年12月", True), ("2025年度", True), ("2025年起", False), ("2025年3月", False)]
)
def test_only_a_period_that_prints_its_end_names_a_year(text: str, closed: bool) -> None:
    assert is_closed(text) == closed


def test_the_name_of_the_file_is_the_last_evidence_of_the_year() -> None:
    pdf = FIXTURES / "s16d_budget_2026_file_name_only.pdf"
    named = read_document(pdf, reader="pdfium", names=["某局2026年部门预算"])
    assert {part.fiscal_year for part in named.parts} == {2026}
    (finding,) = [f for f in named.findings if f.code == "year_from"]
    assert "某局2026年部门预算" in finding.detail
    for names in (["draft_1", "预算公开"], []):
        with pytest.raises(Refused, match="no fiscal year is printed"):
            read_document(pdf, reader="pdfium", names=names)


def test_two_names_that_say_two_years_say_none() -> None:
    pdf = FIXTURES / "s16d_budget_2026_file_name_only.pdf"
    with pytest.raises(Refused, match="says 2025"):
        read_document(pdf, reader="pdfium", names=["2026年预算", "2025年预算"])


def test_a_printed_year_counts_before_the_name() -> None:
    reading = read_document(FIXTURES / "f06_one_row.pdf", reader="pdfium", names=["1999年预算", "2031年部门预算"])
    assert {part.fiscal_year for part in reading.parts} != {2031}
