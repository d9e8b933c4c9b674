"""Write the tables of reading checks in docs/reading.md; `make docs` runs this script."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).with_name("reading.md")
TABLES = re.compile(r"(?<=<!-- checks: docs/render_checks.py -->\n).*?(?=<!-- end of checks -->\n)", re.DOTALL)
HEAD = "| check | sees | asked in | costs | reason | shown by |\n|---|---|---|---|---|---|\n"
HEAD_OF_HARMLESS = "| rule | what is loaded | asked in | finding | shown by |\n|---|---|---|---|---|\n"


def list_checks() -> list[dict[str, Any]]:
    """List every check of extract/reading/checks.yml, in its order."""
    return _load()["checks"]


def list_harmless() -> list[dict[str, Any]]:
    """List every rule about what looks like a doubt and is none."""
    return _load()["harmless"]


def _load() -> dict[str, list[dict[str, Any]]]:
    text = (resources.files("extract.reading") / "checks.yml").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return found


def render_tables() -> str:
    """Render both tables, the checks and the harmless rules."""
    checks = "".join(
        _row(one["code"], one["sees"], _list(one["where"]), one["costs"], f"`{one['reason']}`", _show(one))
        for one in list_checks()
    )
    harmless = "".join(
        _row(one["code"], one["rule"], _list(one["where"]), _code(one.get("finding")), _show(one))
        for one in list_harmless()
    )
    return f"\n{HEAD}{checks}\nThese look like doubts and cost nothing:\n\n{HEAD_OF_HARMLESS}{harmless}\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def _list(names: list[str]) -> str:
    """List modules by their names, as many as a cell can hold."""
    shown = ", ".join(names[:3])
    return f"{shown} …" if len(names) > 3 else shown


def _show(one: dict[str, Any]) -> str:
    """List the fixtures, else the files of the tests."""
    if "fixtures" in one:
        return ", ".join(f"`{name}`" for name in one["fixtures"])
    return ", ".join(dict.fromkeys(f"`{test.split('::')[0].split('/')[-1]}`" for test in one["tests"]))


def _code(name: str | None) -> str:
    return f"`{name}`" if name else ""


def render_page() -> str:
    """Return docs/reading.md with the tables of the present file of checks."""
    return TABLES.sub(lambda _: render_tables(), PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
