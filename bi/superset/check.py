"""Ask a running Superset for the rows of every chart, one line a chart, and for statements that it must refuse."""

from __future__ import annotations

import json
from typing import Any

import yaml
from client import Client
from pack import ASSETS, DATABASE

REFUSED = (
    "create table intruder as select 1 as one",
    "insert into releases select * from releases",
    "drop table releases",
    "drop view releases",
    "copy releases to '/tmp/intruder.csv'",
    "attach '/tmp/intruder.duckdb' as intruder",
    "install httpfs",
    "set lock_configuration = false",
    "select * from read_text('/etc/hostname')",
    "select pg_read_file('/etc/hostname')",
)


def check_dashboards(client: Client) -> None:
    """Ask every chart of every dashboard of the tree; raises SystemExit naming those without rows.

    A chart of a table that has no row, such as that of what is held back, has none either.
    """
    empty = []
    for file in sorted((ASSETS / "dashboards").glob("*.yaml")):
        dashboard = yaml.safe_load(file.read_text(encoding="utf-8"))
        charts = client.get(f"dashboard/{dashboard['slug']}/charts")["result"]
        wanted = {part["meta"]["uuid"] for part in dashboard["position"].values() if is_chart(part)}
        print(f"{dashboard['dashboard_title']}: {len(charts)} of {len(wanted)} charts")
        if len(charts) != len(wanted):
            empty.append(f"{dashboard['dashboard_title']}: expected {len(wanted)} charts, found {len(charts)}")
        all_rows = 0
        for chart in sorted(charts, key=lambda each: each["slice_name"]):
            found = client.post("chart/data", build_query(chart["form_data"]))["result"][0]["data"]
            rows = sum(any(value is not None for value in row.values()) for row in found)
            all_rows += rows
            print(f"  {rows:6,} rows  {chart['slice_name']}")
            if not rows and count_rows(client, chart["form_data"]):
                empty.append(f"{dashboard['dashboard_title']} – {chart['slice_name']}: no row")
        if not all_rows:
            empty.append(f"{dashboard['dashboard_title']}: no chart has a row")
    uuid = yaml.safe_load((ASSETS / DATABASE).read_text(encoding="utf-8"))["uuid"]
    databases = client.get("database/", q=json.dumps({"columns": ["id", "uuid"]}))["result"]
    (database_id,) = (each["id"] for each in databases if each["uuid"] == uuid)
    allowed = [statement for statement in REFUSED if not client.is_refused(database_id, statement)]
    print(f"{len(REFUSED) - len(allowed)} of {len(REFUSED)} statements that change or leave the database are refused")
    if empty or allowed:
        raise SystemExit("\n".join([*empty, *(f"not refused: {statement}" for statement in allowed)]))


def is_chart(part: Any) -> bool:
    """Whether a part of a dashboard's position is a chart."""
    return isinstance(part, dict) and part["type"] == "CHART"


def count_rows(client: Client, form: dict[str, Any]) -> int:
    """Count the rows of the table or view that a chart shows, before its filters."""
    query = build_query(form)
    count = {"expressionType": "SQL", "sqlExpression": "count(*)", "label": "n"}
    query["queries"] = [{"columns": [], "metrics": [count], "filters": []}]
    return int(client.post("chart/data", query)["result"][0]["data"][0]["n"])


def build_query(form: dict[str, Any]) -> dict[str, Any]:
    """The query of a chart's settings, as the browser asks it: dimensions, metrics, filters, limit."""
    names = ("groupby", "groupbyColumns", "groupbyRows", "all_columns")
    columns = [column for name in names for column in form.get(name) or []]
    if axis := form.get("x_axis"):
        columns.insert(0, axis)
    metrics = form.get("metrics") or ([form["metric"]] if form.get("metric") else None)
    filters = [
        {"col": one["subject"], "op": one["operator"], "val": one["comparator"]} for one in form["adhoc_filters"]
    ]
    number, _, kind = form["datasource"].partition("__")
    query = {"columns": columns, "metrics": metrics, "filters": filters, "row_limit": form.get("row_limit", 1000)}
    return {"datasource": {"id": int(number), "type": kind}, "queries": [query], "result_type": "full"}
