"""Run the SQL of docs/cookbook.md, and write each query's rows below it as a Markdown table.

    python docs/render_cookbook.py                  # on the served release (`make demo` first)

The page is the only place where the queries stand; the text between the two marks behind each of them is generated.
"""

from __future__ import annotations

import re
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

PAGE = Path(__file__).with_name("cookbook.md")
BLOCK = re.compile(r"```sql\n(?P<sql>.*?)\n```\n\n<!-- result -->\n(?P<result>.*?)<!-- /result -->", re.DOTALL)
NOTHING = "*No row.*\n"
YEAR = re.compile(r"fiscal_year = (20\d\d)")
COMPLETENESS = """
    SELECT
        fiscal_year,
        CAST(sum(projects_loaded) AS integer),
        CAST(sum(projects_held_back) AS integer)
    FROM fct_publication_coverage
    WHERE fiscal_year IS NOT NULL AND loaded > 0
    GROUP BY fiscal_year
    ORDER BY fiscal_year
"""


def find_queries(page: str) -> list[tuple[str, str]]:
    """Return (question, SQL) of every question of the page, in order."""
    titles = re.finditer(r"^## (Q\d+) .*$", page, re.MULTILINE)
    starts = [(match[1], match.start()) for match in titles]
    return [(max((s, q) for q, s in starts if s < block.start())[1], block["sql"]) for block in BLOCK.finditer(page)]


def render_page(page: str, warehouse: duckdb.DuckDBPyConnection) -> str:
    """Return the page with the rows that the warehouse gives now."""

    def run(block: re.Match[str]) -> str:
        answer = render_rows(warehouse, block["sql"]) + render_completeness(warehouse, block["sql"])
        return f"```sql\n{block['sql']}\n```\n\n<!-- result -->\n{answer}<!-- /result -->"

    return BLOCK.sub(run, page)


def render_rows(warehouse: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Run a query; return its rows as a Markdown table, numbers to the right."""
    result = warehouse.execute(sql)
    names = [column[0] for column in result.description or ()]
    rows = result.fetchall()
    if not rows:
        return NOTHING
    numeric = [any(_is_number(row[at]) for row in rows) for at in range(len(names))]
    lines = [names, ["---:" if is_number else "---" for is_number in numeric]]
    lines += [[_show(value) for value in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def render_completeness(warehouse: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Describe the completeness of the years that a query names, each with the one before, else of all.

    '' where the warehouse has no coverage.
    """
    try:
        found = warehouse.execute(COMPLETENESS).fetchall()
    except duckdb.CatalogException:
        return ""
    named = {int(year) for year in YEAR.findall(sql)}
    wanted = named | {year - 1 for year in named}
    told = [
        f"{year}: {loaded} projects loaded, {held} held back"
        for year, loaded, held in found
        if not wanted or year in wanted
    ]
    return f"\n*{'; '.join(told)}.*\n" if told else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _show(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float):
        digits = format(value, ",f" if isinstance(value, Decimal) else ",")
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def main(arguments: list[str]) -> None:
    """Write the page; the one argument is the warehouse, by default the served release."""
    from extract.settings import get_settings

    path = Path(arguments[0]) if arguments else get_settings().current / "warehouse.duckdb"
    with duckdb.connect(str(path.resolve()), read_only=True) as warehouse:
        PAGE.write_text(render_page(PAGE.read_text(encoding="utf-8"), warehouse), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
