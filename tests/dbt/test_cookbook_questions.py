"""The cookbook's 26 queries where there is something to find: the scenarios hold what the demo lacks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Protocol

import pytest
from render_cookbook import PAGE, find_queries

QUERIES = dict(find_queries(PAGE.read_text(encoding="utf-8")))


class Query(Protocol):
    def __call__(self, sql: str, *values: Any) -> list[dict[str, Any]]: ...


@pytest.mark.parametrize("question", QUERIES)
def test_every_question_finds_something_in_the_scenarios(marts: Query, question: str) -> None:
    assert marts(QUERIES[question])


def test_q9_names_the_target_below_what_was_reached(marts: Query) -> None:
    (row,) = marts(QUERIES["Q9"])
    assert (row["project_name"], row["reached_last_year"]) == ("易达经费", Decimal(10))


def test_q10_names_the_quantity_whose_cost_doubled(marts: Query) -> None:
    costs = {row["project_name"]: row["unit_cost_change_pct"] for row in marts(QUERIES["Q10"])}
    assert costs["单价经费"] == Decimal(100)


def test_q16_asks_about_a_floor_for_something_bad(marts: Query) -> None:
    assert "逾期经费" in {row["project_name"] for row in marts(QUERIES["Q16"])}


def test_q20_tells_a_changed_form_from_an_unchanged_one(marts: Query) -> None:
    forms = {row["publisher_name"]: row["is_same_layout"] for row in marts(QUERIES["Q20"])}
    assert (forms["版式局"], forms["改名局"]) == (False, True)


def test_q22_finds_a_revision_beside_the_plan_and_one_in_a_document_of_its_own(marts: Query) -> None:
    rows = marts(QUERIES["Q22"])
    assert {(row["project_name"], row["planned"], row["revised"], row["revision"]) for row in rows} == {
        ("巡查经费", "≥8次", "≥6次", "lowered"),
        ("培训经费", "≥50人", "≥60人", "raised"),
    }
    assert len(rows) == 2


def test_q23_lists_what_only_the_goal_says(marts: Query) -> None:
    assert {row["promise_text"] for row in marts(QUERIES["Q23"])} == {"知晓率达90%以上", "发放手册2份"}


def test_q24_sets_the_money_spent_beside_the_targets_reached(marts: Query) -> None:
    (row,) = marts(QUERIES["Q24"])
    assert (row["project_name"], row["executed_pct"], row["results"], row["reached_pct"]) == ("巡查经费", 50, 1, 100)
