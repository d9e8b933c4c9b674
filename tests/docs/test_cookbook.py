"""docs/cookbook.md on the warehouse of the demo: every query runs, every printed row is what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
from render_cookbook import PAGE, find_queries, render_completeness, render_page

if TYPE_CHECKING:
    from homes import Line


def test_the_cookbook_prints_what_its_queries_give_on_the_demo(line: Line) -> None:
    page = PAGE.read_text(encoding="utf-8")
    with duckdb.connect(str((line.home / "current/warehouse.duckdb").resolve()), read_only=True) as warehouse:
        assert render_page(page, warehouse) == page, "`make docs` writes the results anew"


def test_the_cookbook_asks_its_questions_in_order() -> None:
    asked = dict(find_queries(PAGE.read_text(encoding="utf-8")))
    assert list(asked) == [f"Q{number}" for number in range(1, len(asked) + 1)]


def test_a_page_whose_result_is_old_is_told_from_what_the_query_gives() -> None:
    page = "## Q1 One?\n\n```sql\nSELECT 1 AS n, 'a|b' AS t\n```\n\n<!-- result -->\n| n |\n<!-- /result -->\n"
    fresh = page.replace("| n |\n", "| n | t |\n| ---: | --- |\n| 1 | a\\|b |\n")
    with duckdb.connect() as warehouse:
        assert render_page(page, warehouse) == fresh
        assert render_page(fresh, warehouse) == fresh


def test_an_answer_says_how_complete_its_years_are() -> None:
    with duckdb.connect() as warehouse:
        warehouse.execute(
            "CREATE TABLE fct_publication_coverage AS SELECT * FROM (VALUES (2023, 1, 9, 0), (2024, 1, 7, 2), "
            "(2025, 1, 8, 0), (2026, 0, 0, 0), (NULL, 0, 0, 3)) "
            "AS t (fiscal_year, loaded, projects_loaded, projects_held_back)"
        )
        years = "2024: 7 projects loaded, 2 held back; 2025: 8 projects loaded, 0 held back"
        assert render_completeness(warehouse, "… WHERE fiscal_year = 2025") == f"\n*{years}.*\n"
        assert render_completeness(warehouse, "SELECT 1").startswith("\n*2023: 9 projects loaded, 0 held back; 2024")
