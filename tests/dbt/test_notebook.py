"""docs/notebook.ipynb, cell by cell, on a release of all scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extract.settings import PROJECT

NOTEBOOK = json.loads((PROJECT / "docs/notebook.ipynb").read_text(encoding="utf-8"))


def test_the_notebook_runs_and_its_tables_hold_what_the_marts_hold(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIXIAO_HOME", str(released))
    names: dict[str, Any] = {}
    for number, cell in enumerate(NOTEBOOK["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)  # noqa: S102
    assert "fct_indicator_targets" in set(names["tables"]["table_name"])
    assert names["by_unit"].loc["区关工委", 2025] == 180.0  # 110 + 50 + 20 of 改名
    copied = names["copied"].set_index("project_name")
    assert copied.loc["照抄经费", ["compared", "copied_pct", "budget_change_pct"]].tolist() == [3, 100, 20]
    assert set(names["moved"]["change_class"]) == {"raised", "lowered"}
    assert len(names["traced"]) == 5
    assert (names["traced"]["x0"] == 10.25).all()


def test_the_notebook_is_kept_without_outputs() -> None:
    code = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
