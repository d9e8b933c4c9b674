"""The table of examples in docs/targets.md is what the code says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from extract.values import parse_target, value_as_json
from extract.values.targets import DECISIONS

DOC = (Path(__file__).parents[2] / "docs" / "targets.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in DOC.splitlines() if line.startswith("| `")]
HEAD = "comparator low high unit per value_type implicit suspect date_low date_high".split()


def test_the_table_has_an_example_of_every_comparator_and_value_type() -> None:
    values = [parse_target(row[0].strip("`")) for row in ROWS]
    assert {value.comparator for value in values} >= {
        "eq",
        "ge",
        "gt",
        "le",
        "lt",
        "approx",
        "range",
        "qualitative",
        None,
    }
    types = "number percent money date ratio boolean text empty placeholder composite".split()
    assert {value.value_type for value in values} >= set(types)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_example_is_what_the_command_prints(row: list[str]) -> None:
    printed = json.loads(value_as_json(parse_target(row[0].strip("`"))), parse_float=str, parse_int=str)
    shown = {True: "yes", False: "", None: ""}
    assert row[1:] == [shown[printed[key]] if isinstance(printed[key], bool | None) else printed[key] for key in HEAD]


def test_every_decision_is_described_in_its_order() -> None:
    places = [DOC.index(f"`{decision.__name__}`") for decision in DECISIONS]
    assert places == sorted(places)
