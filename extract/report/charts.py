"""Draw charts from rows: Vega-Lite specifications, rendered to SVG without network, scripts or inline styles."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from extract.report.release_queries import AnswerRow
from extract.report.safe_text import clean_text

log = logging.getLogger(__name__)
HERE = "https://report.invalid/"  # vl-convert makes relative links absolute: they leave with this and lose it again
MOST_BARS = 12
MOST_CHARTS = 6
STEP = 24  # pixels of a bar and its gap
FONT, LINE = 12, 14  # pixels of a label, and from one of its lines to the next
LONGEST_LINE = 20  # em of a label; longer ones go on on the next line, and none is cut
NARROW, WIDE = 0.66, 1.0  # em of a letter: what no common font exceeds by much, for the drawing program has other fonts
BESIDE = 16  # pixels between a label and its bar
PADDING = {"left": 4, "right": 24, "top": 6, "bottom": 6}
WAN = Decimal(10_000)
COLOURS = {
    "total": "#6b7a90",
    "up": "#2f855a",
    "down": "#c05621",
    "added": "#2b6cb0",
    "dropped": "#b83280",
    "unread": "#a0aec0",
    "raised": "#2f855a",
    "lowered": "#c05621",
    "unchanged": "#8a94a6",
    "new": "#2b6cb0",
    "not_comparable": "#805ad5",
    "loaded": "#2f855a",
    "refused": "#c05621",
    "failed": "#c53030",
}


def draw_waterfalls(projects: Iterable[AnswerRow], words: dict[str, str]) -> list[AnswerRow]:
    """Draw the change from last year's money to this year's, one chart a unit of the newest year, largest first."""
    rows = list(projects)
    newest = max((row["fiscal_year"] for row in rows), default=0)
    units: dict[tuple[str, str], list[AnswerRow]] = defaultdict(list)
    for row in rows:
        if row["fiscal_year"] == newest and _delta(row):
            units[row["publisher_name"], row["unit_name"]].append(row)
    moved = sorted(units, key=lambda unit: (-sum(abs(_delta(row)) for row in units[unit]), unit))
    charts = []
    for publisher, unit in moved[:MOST_CHARTS]:
        mine = [r for r in rows if (r["publisher_name"], r["unit_name"], r["fiscal_year"]) == (publisher, unit, newest)]
        before = sum((row["prior_amount_yuan"] or Decimal(0) for row in mine), Decimal(0))
        after = sum((row["amount_yuan"] or Decimal(0) for row in mine), Decimal(0))
        steps = _steps(mine, before, after, newest)
        svg, kinds = _draw(_bars(steps)), {step["kind"] for step in steps}
        legend = [(kind, words[kind]) for kind in ("dropped", "down", "up", "added", "unread") if kind in kinds]
        charts.append({"unit": unit, "year": newest, "before": before, "after": after, "svg": svg, "legend": legend})
    return [chart for chart in charts if chart["svg"]]


def _delta(row: AnswerRow) -> Decimal:
    return (row["amount_yuan"] or Decimal(0)) - (row["prior_amount_yuan"] or Decimal(0))


def _steps(rows: Sequence[AnswerRow], before: Decimal, after: Decimal, year: int) -> list[AnswerRow]:
    """List the bars from left to right in 万元: the old sum, each project's part in the change, the new sum."""
    changed = sorted((row for row in rows if _delta(row)), key=lambda row: (-abs(_delta(row)), row["project_key"]))
    shown = sorted(changed[:MOST_BARS], key=lambda row: (_delta(row), row["project_key"]))
    steps = [_step(f"{year - 1}", before, before, "total", text=f"{before / WAN:,.2f}")]
    level = before
    for row in shown:
        kind = row["status"] if row["status"] in ("added", "dropped", "unread") else "up" if _delta(row) > 0 else "down"
        name = row["project_name"] or row["prior_project_name"]
        steps.append(_step(name, level, level + _delta(row), kind, row.get("href") or row.get("prior_href")))
        level += _delta(row)
    if level != after:
        steps.append(_step("其余 others", level, after, "up" if after > level else "down"))
    return [*steps, _step(f"{year}", after, after, "total", text=f"{after / WAN:,.2f}")]


def _step(
    name: str, low: Decimal, high: Decimal, kind: str, href: str | None = None, text: str | None = None
) -> AnswerRow:
    return {
        "name": clean_text(name),
        "low": float(low / WAN),
        "high": float(high / WAN),
        "text": text or f"{(high - low) / WAN:+,.2f}",
        "kind": kind,
        "href": HERE + href if href else None,
    }


def measure(text: str) -> float:
    """Return how wide a text is at most, in em: no font of this machine says how wide it is on another."""
    return sum(NARROW if letter.isascii() else WIDE for letter in text)


def wrap_label(text: str) -> str:
    """Break a label into lines, wherever a line is full: Chinese may break anywhere."""
    lines = [""]
    for letter in text:
        if lines[-1] and measure(lines[-1] + letter) > LONGEST_LINE:
            lines.append("")
        lines[-1] += letter
    return "\n".join(lines)


def _label_axis(names: Sequence[str]) -> tuple[dict[str, Any], int]:
    """Return an axis with room for all of its labels, whose lines end with a line feed; and the height of its bars."""
    labels = [name.split("\n") for name in names]
    extent = round(FONT * max(measure(line) for lines in labels for line in lines)) + BESIDE
    axis = {
        "title": None,
        "labelLimit": 0,
        "labelLineHeight": LINE,
        "labelExpr": "split(datum.value, '\\n')",
        "labelPadding": BESIDE // 2,
        "minExtent": extent,
        "maxExtent": extent,
    }
    return axis, max(STEP, LINE * max(map(len, labels)) + LINE // 2)


def _bars(steps: list[AnswerRow]) -> dict[str, Any]:
    """Write the specification of a waterfall, whose lines stand in the order of `steps`."""
    _name_steps(steps)
    names = [step["name"] for step in steps]
    labels, height = _label_axis(names)
    y = {"field": "name", "type": "nominal", "scale": {"domain": names}, "axis": labels}
    layers = _list_layers(steps, y)
    right = round(FONT * max(measure(step["text"]) for step in steps)) + BESIDE
    return {
        "width": 420,
        "height": {"step": height},
        "padding": {**PADDING, "right": right},
        "layer": [layer for layer in layers if layer["data"]["values"]],
    }


def _name_steps(steps: list[AnswerRow]) -> None:
    """Give each step a name of its own, its text for screen readers, and the end at which its figure stands."""
    used: dict[str, int] = defaultdict(int)
    for step in steps:
        step["right"] = max(step["low"], step["high"])
        step["spoken"] = f"{step['name']}: {step['text']} 万元"
        used[step["name"]] += 1
        if used[step["name"]] > 1:  # two projects of one name keep a line each
            step["name"] = f"{step['name']} ({used[step['name']]})"
        step["name"] = wrap_label(step["name"])


def _list_layers(steps: list[AnswerRow], y: AnswerRow) -> list[AnswerRow]:
    """List the marks of a waterfall: bars, linked bars, sums as strokes (bars would need zero on the axis), figures."""
    axis = {"title": "万元 (10,000 yuan)", "tickCount": 5}
    x = {"field": "low", "type": "quantitative", "axis": axis, "scale": {"zero": False, "padding": 12}}
    colour = {"field": "kind", "type": "nominal", "scale": _scale(COLOURS), "legend": None}
    bar: AnswerRow = {"type": "bar", "height": STEP - 8, "cornerRadius": 2}
    span = {"y": y, "x": x, "x2": {"field": "high"}, "color": colour, "description": {"field": "spoken"}}
    end = {"field": "right", "type": "quantitative"}
    sums = [step for step in steps if step["kind"] == "total"]
    changes = [step for step in steps if step["kind"] != "total"]
    return [
        {"data": {"values": [s for s in changes if not s["href"]]}, "mark": bar, "encoding": span},
        {
            "data": {"values": [s for s in changes if s["href"]]},
            "mark": bar,
            "encoding": {**span, "href": {"field": "href"}},
        },
        {
            "data": {"values": sums},
            "mark": {"type": "tick", "thickness": 4, "size": STEP - 4, "color": COLOURS["total"]},
            "encoding": {"y": y, "x": {**end, "axis": axis}, "description": {"field": "spoken"}},
        },
        {
            "data": {"values": steps},
            "mark": {"type": "text", "align": "left", "dx": 6, "fontSize": 11, "aria": False},
            "encoding": {"y": y, "x": end, "text": {"field": "text"}},
        },
    ]


def _scale(kinds: Iterable[str]) -> dict[str, list[str]]:
    return {"domain": list(kinds), "range": [COLOURS[kind] for kind in kinds]}


def draw_change_classes(counts: list[AnswerRow], words: dict[str, str]) -> AnswerRow | None:
    """Draw the number of targets of each year by direction of change, one bar a year."""
    order = ("raised", "lowered", "new", "dropped", "not_comparable", "unread", "unchanged")
    values: list[AnswerRow] = [
        {
            "year": str(row["fiscal_year"]),
            "n": row["n"],
            "kind": row["change_class"],
            "place": order.index(row["change_class"]),
            "spoken": f"{row['fiscal_year']}: {words[row['change_class']]} {row['n']}",
        }
        for row in counts
    ]
    return _stack(values, "year", order, words)


def draw_runs(runs: list[AnswerRow], words: dict[str, str]) -> AnswerRow | None:
    """Draw the outcomes of the last runs, one bar a run; None before there are two."""
    if len(runs) < 2:
        return None
    order = ("loaded", "refused", "failed")
    values = [
        {
            "run": f"{run['started_at']:%m-%d %H:%M}",
            "n": run[name],
            "kind": name,
            "place": place,
            "spoken": f"{run['started_at']:%Y-%m-%d %H:%M}: {words[name]} {run[name]}",
        }
        for run in runs
        for place, name in enumerate(order)
        if run[name]
    ]
    return _stack(values, "run", order, words)


def _stack(values: list[AnswerRow], field: str, order: Sequence[str], words: dict[str, str]) -> AnswerRow | None:
    """Draw bars of parts; return the drawing and what its colours mean, None where there is nothing to see."""
    if not values:
        return None
    kinds = [kind for kind in order if kind in {value["kind"] for value in values}]
    labels, _ = _label_axis([str(value[field]) for value in values])
    ticks = min(5, max(value["n"] for value in values))  # no half documents
    svg = _draw(
        {
            "data": {"values": values},
            "width": 520,
            "padding": PADDING,
            "height": {"step": STEP + 6},
            "mark": {"type": "bar", "height": STEP - 4},
            "encoding": {
                "y": {"field": field, "type": "ordinal", "axis": labels},
                "x": {"field": "n", "type": "quantitative", "axis": {"title": None, "format": "d", "tickCount": ticks}},
                "color": {"field": "kind", "type": "nominal", "scale": _scale(kinds), "legend": None},
                "order": {"field": "place"},
                "description": {"field": "spoken"},
            },
        }
    )
    return {"svg": svg, "legend": [(kind, words[kind]) for kind in kinds]} if svg else None


def load_drawing() -> None:
    """Start the drawing program by drawing nothing: the first chart of a process takes a second more than others."""
    _draw({"data": {"values": []}, "mark": "bar"})


def _draw(spec: dict[str, Any]) -> str | None:
    """Render to SVG; None where that fails, since the same figures stand in a table beside it."""
    return _draw_text(json.dumps(spec, ensure_ascii=False))


@lru_cache(maxsize=64)
def _draw_text(spec: str) -> str | None:
    """Render a chart once per process: a release's own report and the newest page show the same ones."""
    import vl_convert

    look = {
        "background": None,
        "font": "sans-serif",
        "view": {"stroke": None},
        "axis": {"domain": False, "labelFontSize": FONT, "titleFontWeight": "normal", "ticks": False},
        "axisY": {"grid": False},
    }
    try:
        svg: str = vl_convert.vegalite_to_svg(spec, vl_version="6.4", config=look, allowed_base_urls=[])
    except ValueError as error:
        log.warning("a chart cannot be drawn: %s", error)
        return None
    return svg.replace(f'xlink:href="{HERE}', 'href="')
