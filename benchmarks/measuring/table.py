"""Write the figures of several sizes of a warehouse as a Markdown table, one column per size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from statistics import median
from typing import Any

from measuring.meter import Cost

Figures = dict[str, Any]
SLOW = 0.2
"""No question of the cookbook should take more seconds than this."""


def _time(cost: Figures) -> str:
    return f"{cost['cpu']:.1f} s ({cost['wall']:.1f})"


def middle(costs: list[Figures]) -> Figures:
    """Return the median of each figure."""
    return {name: median(one[name] for one in costs) for name in (one.name for one in fields(Cost))}


def _rows(figures: Figures) -> dict[str, str]:
    """Return the rows of the table that these figures fill."""
    rows = {"target facts": f"{figures['facts']:,}"}
    if "build" in figures:
        build = figures["build"]
        rows["full build"] = _time(build)
        rows["full build: of it dbt"] = f"{build['children']:.0f} s"
        rows["full build: a million facts"] = f"{build['cpu'] / figures['facts'] * 1e6:.0f} s"
        rows["full build: peak memory"] = f"{build['peak']:.1f} GB"
    if "publish" in figures:
        rows["first release"] = _time(figures["publish"])
        rows["first release: written"] = f"{figures['publish']['megabytes']:,.0f} MB"
        rows["first release: peak memory"] = f"{figures['publish']['peak']:.1f} GB"
        rows["first release: its DuckDB file"] = f"{figures['file']:,.0f} MB"
    for name, costs in (("build", "document_builds"), ("release", "document_releases")):
        if costs in figures:
            cost = middle(figures[costs])
            rows[f"one new document: {name}"] = _time(cost)
            rows[f"one new document: {name}, written"] = f"{cost['megabytes']:,.0f} MB"
            rows[f"one new document: {name}, peak memory"] = f"{cost['peak']:.1f} GB"
    if "questions" in figures:
        asked = figures["questions"].values()
        rows["questions: the median one"] = f"{median(asked) * 1e3:.0f} ms"
        rows["questions: the slowest"] = f"{max(asked) * 1e3:.0f} ms"
        rows[f"questions: over {SLOW * 1e3:.0f} ms"] = f"{sum(one > SLOW for one in asked)} of {len(asked)}"
    if "releases" in figures:
        cost = middle(figures["releases"])
        rows["release among readers"] = _time(cost)
        rows["release among readers: written"] = f"{cost['megabytes']:,.0f} MB"
        rows["release among readers: made"] = ", ".join(one["made"] for one in figures["releases"])
        rows["release among readers: looks, the slowest"] = f"{figures['looks']:,}, {figures['slowest_look']:.1f} s"
        rows["release among readers: faults"] = str(len(figures["faults"]))
        rows["disk, all releases"] = f"{figures['disk']:,.0f} MB ({figures['kept']})"
    return rows


def render_table(sizes: list[Figures]) -> Iterator[str]:
    """Write the lines of a Markdown table, one column a size."""
    columns = [_rows(figures) for figures in sizes]
    for number, name in enumerate(columns[0]):
        yield "| " + " | ".join([name, *(column.get(name, "") for column in columns)]) + " |"
        if number == 0:
            yield "| --- |" + " ---: |" * len(columns)
