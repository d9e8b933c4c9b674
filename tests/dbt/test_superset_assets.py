"""The asset tree of bi/superset against the marts: what it names is there, on DuckDB and on PostgreSQL."""

from __future__ import annotations

import importlib.util
import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
import yaml
from sqlalchemy import Connection, create_engine, text

from extract.settings import PROJECT

from .conftest import Query

pytestmark = pytest.mark.slow

ASSETS = PROJECT / "bi/superset/assets"


def load_assets(kind: str) -> dict[str, dict[str, Any]]:
    """File name -> asset."""
    files = sorted((ASSETS / kind).rglob("*.yaml"))
    assert files
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


DATABASES, DATASETS = load_assets("databases"), load_assets("datasets")
CHARTS, DASHBOARDS = load_assets("charts"), load_assets("dashboards")
BY_UUID = {dataset["uuid"]: dataset for dataset in DATASETS.values()}


@pytest.fixture(scope="module")
def pack() -> ModuleType:
    """bi/superset/pack.py, which stands outside of the package."""
    spec = importlib.util.spec_from_file_location("pack", PROJECT / "bi/superset/pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def warehouse(released: Path, pack: ModuleType) -> Any:
    """The release, opened with the arguments that Superset gets."""
    database = pack.fill_database(DATABASES["jixiao"], f"duckdb:///{released}/current/warehouse.duckdb")
    arguments = database["extra"]["engine_params"]["connect_args"]
    with duckdb.connect(database["sqlalchemy_uri"].removeprefix("duckdb:///"), **arguments) as connection:
        yield connection


def chart_places(dashboard: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Chart uuid -> its place on the dashboard."""
    parts = [part for part in dashboard["position"].values() if isinstance(part, dict)]
    return {part["meta"]["uuid"]: part for part in parts if part["type"] == "CHART"}


def names_of(chart: dict[str, Any]) -> tuple[set[str], set[str]]:
    """The columns and the metrics that a chart's settings name."""
    form = chart["params"]
    lists = ("groupby", "groupbyRows", "groupbyColumns", "all_columns")
    columns = {column for name in lists for column in form.get(name) or []}
    columns |= {form["x_axis"]} if "x_axis" in form else set()
    columns |= {one["subject"] for one in form["adhoc_filters"]}
    columns |= {re.fullmatch(r'\["(\w+)", (true|false)\]', one)[1] for one in form.get("order_by_cols", [])}  # type: ignore[index]
    metrics = {*(form.get("metrics") or []), *([form["metric"]] if "metric" in form else [])}
    metrics |= {form["timeseries_limit_metric"]} if "timeseries_limit_metric" in form else set()
    return columns, metrics


def test_every_asset_has_a_uuid_of_its_own_and_the_version_that_superset_reads() -> None:
    assets = [*DATABASES.values(), *DATASETS.values(), *CHARTS.values(), *DASHBOARDS.values()]
    assert max(Counter(asset["uuid"] for asset in assets).values()) == 1
    assert {asset["version"] for asset in assets} == {"1.0.0"}
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {DATABASES["jixiao"]["uuid"]}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_names_columns_and_metrics_of_its_dataset(name: str) -> None:
    chart = CHARTS[name]
    dataset = BY_UUID[chart["dataset_uuid"]]
    columns, metrics = names_of(chart)
    assert columns | metrics
    assert columns <= {column["column_name"] for column in dataset["columns"]}
    assert metrics <= {metric["metric_name"] for metric in dataset["metrics"]}
    assert chart["params"]["viz_type"] == chart["viz_type"]
    extra = {*chart["params"].get("column_config", {})} | {chart["params"].get("x_axis_sort")} - {None}
    assert extra <= columns | metrics


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_shows_charts_that_exist_in_rows_of_at_most_twelve_columns(name: str) -> None:
    position = DASHBOARDS[name]["position"]
    titles = {chart["uuid"]: chart["slice_name"] for chart in CHARTS.values()}
    places = chart_places(DASHBOARDS[name])
    assert {uuid: place["meta"]["sliceName"] for uuid, place in places.items()} == {
        uuid: titles[uuid] for uuid in places
    }
    shown = [child for row in position["GRID_ID"]["children"] for child in position[row]["children"]]
    assert sorted(shown) == sorted(key for key in position if key.startswith(("CHART-", "MARKDOWN-")))
    for row in position["GRID_ID"]["children"]:
        assert sum(position[child]["meta"]["width"] for child in position[row]["children"]) == 12
    numbers = [place["meta"]["chartId"] for place in places.values()]
    assert len(set(numbers)) == len(numbers)
    for native in DASHBOARDS[name]["metadata"]["native_filter_configuration"]:
        (target,) = native["targets"]
        assert target["column"]["name"] in {
            column["column_name"] for column in BY_UUID[target["datasetUuid"]]["columns"]
        }
        assert {*native["scope"]["excluded"]} <= {*numbers}


def test_a_preset_year_is_applied_and_not_only_shown() -> None:
    presets = [
        native
        for dashboard in DASHBOARDS.values()
        for native in dashboard["metadata"]["native_filter_configuration"]
        if native["controlValues"]["defaultToFirstItem"]
    ]
    assert presets
    for native in presets:  # without requiredFirst Superset 6.1 shows the value and asks for all years
        assert native["requiredFirst"] is True
        assert native["controlValues"]["sortAscending"] is False


def test_every_chart_stands_on_one_dashboard_and_every_dataset_is_used() -> None:
    shown = Counter(uuid for dashboard in DASHBOARDS.values() for uuid in chart_places(dashboard))
    assert shown == Counter(chart["uuid"] for chart in CHARTS.values())
    assert {chart["dataset_uuid"] for chart in CHARTS.values()} == {*BY_UUID}


def test_what_people_read_is_english_and_chinese() -> None:
    labels = [chart["slice_name"] for chart in CHARTS.values()]
    labels += [dashboard["dashboard_title"] for dashboard in DASHBOARDS.values()]
    labels += [one["name"] for board in DASHBOARDS.values() for one in board["metadata"]["native_filter_configuration"]]
    labels += [metric["verbose_name"] for dataset in DATASETS.values() for metric in dataset["metrics"]]
    assert [label for label in labels if not (re.search("[A-Za-z]", label) and re.search("[一-龥]", label))] == []


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_reads_published_marts_and_returns_the_columns_that_it_declares(
    name: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    dataset = DATASETS[name]
    found = [(column, str(kind)) for column, kind, *_ in warehouse.execute("describe " + dataset["sql"]).fetchall()]
    assert found == [(column["column_name"], column["type"]) for column in dataset["columns"]]
    steps = set(re.findall(r"(\w+) as \(\n", dataset["sql"]))
    marts = {file.stem for file in (PROJECT / "dbt_project/models/marts").glob("*.sql")}
    read = set(re.findall(r"\b(?:from|join) (\w+)", dataset["sql"])) - steps - {"lateral"}
    assert read
    assert read <= marts
    for metric in dataset["metrics"]:
        (value,) = warehouse.execute(f"select {metric['expression']} from ({dataset['sql']}) as t").fetchall()[0]
        assert value is not None, metric["metric_name"]


def test_missing_dimensions_are_the_findings_of_check_c05(marts: Query) -> None:
    sql = DATASETS["bi_target_dimensions"]["sql"]
    (missing,) = marts(f"select count(*) as n from ({sql}) as t where is_missing")
    (findings,) = marts("select count(*) as n from quality_findings where check_code = 'C05'")
    assert missing["n"] == findings["n"] > 0


def test_the_steps_of_a_year_add_up_to_its_budget(marts: Query) -> None:
    sums = "select publisher_name, fiscal_year, coalesce(sum({}), 0) as yuan from ({}) as t group by all order by all"
    steps = marts(sums.format("step_yuan", DATASETS["bi_budget_steps"]["sql"]))
    years = marts(sums.format("amount_yuan", DATASETS["bi_budget_changes"]["sql"]))
    assert [row for row in steps if row["yuan"]] == [row for row in years if row["yuan"]]
    assert {row["publisher_name"]: row["yuan"] for row in steps}["改名局"] == Decimal("180.00")


def test_a_row_of_a_fact_is_one_row_of_its_dataset(marts: Query) -> None:
    for dataset, counted in {
        "bi_budget_changes": "yoy_project_budgets",
        "bi_target_changes": "yoy_indicator_targets",
        "bi_quality_findings": "quality_findings",
        "bi_documents": "dim_documents",
    }.items():
        (rows,) = marts(f"select count(*) as n from ({DATASETS[dataset]['sql']}) as t")
        assert [rows] == marts(f"select count(*) as n from {counted}")


@pytest.mark.parametrize(
    "statement",
    [
        "create table intruder (i integer)",
        "insert into releases select * from releases",
        "copy releases to '/tmp/intruder.csv'",
        "attach '/tmp/intruder.duckdb' as intruder",
        "select * from read_text('/etc/hostname')",
        "set enable_external_access = true",
    ],
)
def test_superset_gets_a_connection_that_neither_writes_nor_leaves_the_file(
    statement: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(duckdb.Error):
        warehouse.execute(statement)


def test_the_packed_zip_holds_the_tree_and_the_url_it_was_given(pack: ModuleType) -> None:
    url = "postgresql+psycopg2://reader:secret@db.example.org/jixiao"
    packed = pack.pack_assets(url)
    assert packed == pack.pack_assets(url)
    with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
        names = {name.removeprefix("jixiao/") for name in bundle.namelist()}
        database = yaml.safe_load(bundle.read("jixiao/databases/jixiao.yaml"))
    assert names == {file.relative_to(ASSETS).as_posix() for file in ASSETS.rglob("*.yaml")}
    assert database["sqlalchemy_uri"] == url
    assert "default_transaction_read_only=on" in database["extra"]["engine_params"]["connect_args"]["options"]


def test_the_writers_login_is_never_given_to_superset(pack: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUPERSET_WAREHOUSE_URL", raising=False)
    monkeypatch.setenv("JIXIAO_WAREHOUSE_URL", "postgresql://writer@db/jixiao")
    with pytest.raises(SystemExit, match="jixiao_reader"):
        pack.find_url()
    monkeypatch.setenv("SUPERSET_WAREHOUSE_URL", "postgresql://reader@db/jixiao")
    assert pack.find_url() == "postgresql://reader@db/jixiao"


def test_without_a_release_the_error_says_what_to_run(
    pack: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SUPERSET_WAREHOUSE_URL", raising=False)
    monkeypatch.delenv("JIXIAO_WAREHOUSE_URL", raising=False)
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path))
    with pytest.raises(SystemExit, match="make demo"):
        pack.find_url()


@pytest.fixture(scope="module")
def postgres(warehouse: duckdb.DuckDBPyConnection, make_database: Callable[..., str]) -> Any:
    """The same rows as temporary tables of PostgreSQL, gone with the transaction."""
    engine = create_engine(make_database())
    with engine.connect() as connection:
        for (table,) in warehouse.execute("select table_name from duckdb_tables()").fetchall():
            copy_table(warehouse, connection, table)
        yield connection
        connection.rollback()
    engine.dispose()


def copy_table(warehouse: duckdb.DuckDBPyConnection, connection: Connection, table: str) -> None:
    columns = warehouse.execute(f"describe {table}").fetchall()
    kinds = ", ".join(f"{name} {kind.replace('DOUBLE', 'double precision')}" for name, kind, *_ in columns)
    connection.execute(text(f"create temporary table {table} ({kinds})"))
    names = [name for name, *_ in columns]
    insert = text(f"insert into {table} values ({', '.join(f':{name}' for name in names)})")
    if rows := warehouse.execute(f"select * from {table}").fetchall():
        connection.execute(insert, [dict(zip(names, row, strict=True)) for row in rows])


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_returns_the_same_rows_on_postgresql(
    name: str, warehouse: duckdb.DuckDBPyConnection, postgres: Connection
) -> None:
    dataset = DATASETS[name]
    there = postgres.execute(text(dataset["sql"].replace(":", r"\:")))
    assert list(there.keys()) == [column["column_name"] for column in dataset["columns"]]
    assert Counter(tuple(row) for row in there) == Counter(warehouse.execute(dataset["sql"]).fetchall())
    for metric in dataset["metrics"]:
        query = f"select {metric['expression']} from ({dataset['sql']}) as t"
        (here,) = warehouse.execute(query).fetchall()[0]
        assert float(postgres.execute(text(query.replace(":", r"\:"))).scalar_one()) == pytest.approx(float(here))
