"""docs/cookbook.md on the warehouse of the demo: every query runs, every printed row is what it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
from render_cookbook import PAGE, find_queries, render_page

if TYPE_CHECKING:
    from homes import Line


def test_the_cookbook_prints_what_its_queries_give_on_the_demo(line: Line) -> None:
    page = PAGE.read_text(encoding="utf-8")
    with duckdb.connect(str((line.home / "current/warehouse.duckdb").resolve()), read_only=True) as warehouse:
        assert render_page(page, warehouse) == page, "`make docs` writes the results anew"


def test_the_cookbook_asks_the_24_questions_in_order() -> None:
    queries = find_queries(PAGE.read_text(encoding="utf-8"))
    assert [question for question, _ in queries] == [f"Q{number}" for number in range(1, 25)]


def test_a_page_whose_result_is_old_is_told_from_what_the_query_gives() -> None:
    page = "## Q1 One?\n\n```sql\nSELECT 1 AS n, 'a|b' AS t\n```\n\n<!-- result -->\n| n |\n<!-- /result -->\n"
    fresh = page.replace("| n |\n", "| n | t |\n| ---: | --- |\n| 1 | a\\|b |\n")
    with duckdb.connect() as warehouse:
        assert render_page(page, warehouse) == fresh
        assert render_page(fresh, warehouse) == fresh
