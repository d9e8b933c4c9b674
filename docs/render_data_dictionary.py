"""Write docs/data-dictionary.md from dbt's manifest: the published tables with keys, columns and values.

    python docs/render_data_dictionary.py           # parses the dbt project

Nothing on the page is written by hand: descriptions, types and tests are those of dbt_project/models/marts/*.yml.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("data-dictionary.md")
PROJECT = Path(__file__).parents[1] / "dbt_project"
GROUPS = {
    "dim_": "Dimensions (维度)",
    "fct_": "Facts (事实)",
    "yoy_": "Year over year (年度对比)",
    "quality_": "Quality (指标质量)",
}
OTHER = "Links, editions, findings, releases (关联、版本、提示、发布)"
HEAD = """# Data dictionary

Every table of a release, generated from dbt by `make docs`. The same descriptions stand in the warehouse as comments
(`SELECT table_name, comment FROM duckdb_tables()`), and `docs/cookbook.md` shows the tables at work.

A **key** is a hash of business columns: the same rows get the same keys in every rebuild. Facts hold every edition;
`is_current` says which rows count, and `yoy_*` and `quality_*` hold current editions only.
"""


def render_page(manifest: dict[str, Any]) -> str:
    """Return the whole page, tables in groups, each group by name."""
    tables = sorted(
        (node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == "marts"),
        key=lambda node: node["name"],
    )
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    pages = [HEAD]
    for group in (*GROUPS.values(), OTHER):
        mine = [table for table in tables if _group(table["name"]) == group]
        pages.append(f"## {group}\n")
        pages.extend(_render_table(table, _tests_of(table, tests)) for table in mine)
    return "\n".join(pages)


def _group(name: str) -> str:
    return next((title for prefix, title in GROUPS.items() if name.startswith(prefix)), OTHER)


def _tests_of(table: dict[str, Any], tests: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the arguments of the table's generic tests, by the test's name."""
    return {
        test["test_metadata"]["name"]: test["test_metadata"]["kwargs"]
        for test in tests
        if test.get("attached_node") == table["unique_id"] and test.get("test_metadata")
    }


def _render_table(table: dict[str, Any], tests: dict[str, dict[str, Any]]) -> str:
    lines = [f"### {table['name']}\n", f"{_flat(table['description'])}\n"]
    lines += [f"Tested in every build: {'; '.join(_render_tests(tests))}.\n"]
    lines += ["| column | type | may be null | what it is |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in _render_columns(table, tests)]
    return "\n".join(lines) + "\n"


def _render_tests(tests: dict[str, dict[str, Any]]) -> Iterator[str]:
    listed = {
        "the key is {}": tests.get("is_key", {}).get("columns", ()),
        "what {} point to is there": tests.get("has_parents", {}).get("parents", ()),
        "{} hold only the values named below": tests.get("has_only_values", {}).get("values", ()),
    }
    for sentence, names in listed.items():
        if names:
            yield sentence.format(", ".join(f"`{name}`" for name in names))


def _render_columns(table: dict[str, Any], tests: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    parents = tests.get("has_parents", {}).get("parents", {})
    for column in table["columns"].values():
        name = column["name"]
        required = any(rule["type"] in ("not_null", "primary_key") for rule in column["constraints"])
        text = _flat(column["description"])
        if name in parents:
            text += f" → `{parents[name]}`"
        yield f"`{name}`", column["data_type"], "" if required else "yes", text


def _flat(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def parse_project() -> dict[str, Any]:
    """Parse the project and return dbt's manifest."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"DBT_TARGET_PATH": folder, "DBT_LOG_PATH": folder}
        where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", *where]
        subprocess.run(command, env=environment, check=True)
        manifest: dict[str, Any] = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    return manifest


if __name__ == "__main__":
    PAGE.write_text(render_page(parse_project()), encoding="utf-8")
