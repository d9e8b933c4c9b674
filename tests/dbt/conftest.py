"""Builds of all scenarios by dbt, kept between runs, and what asks them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from kept import copy_kept
from raw_rows import RawSchema
from scenarios import CHANGES, add_scenarios
from sqlalchemy import create_engine

from extract.settings import Settings
from extract.warehouse.build import run_dbt


def build(folder: Path, schema: RawSchema) -> Path:
    """Write the raw rows into a database of their own and run the models, seeds and tests on it."""
    settings = Settings(home=folder)
    engine = create_engine(f"duckdb:///{settings.build_db}")
    engine.dialect.supports_native_decimal = True  # otherwise Decimal is bound as float
    schema.write(engine)
    engine.dispose()
    run_dbt(settings, "build", "--exclude-resource-type", "unit_test")
    return settings.build_db


Query = Callable[..., list[dict[str, Any]]]


def open_query(database: Path) -> Iterator[Query]:
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("set search_path = 'marts'")

    def query(sql: str, *values: Any) -> list[dict[str, Any]]:
        cursor = connection.execute(sql, list(values))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    yield query
    connection.close()


@pytest.fixture
def raw_schema() -> RawSchema:
    """An empty one, to be filled by the test."""
    return RawSchema()


@pytest.fixture(scope="session")
def changes() -> tuple[tuple[str, str, str, str], ...]:
    return CHANGES


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build database of a home with the marts of all scenarios, beside what dbt left in `dbt/`."""
    return copy_kept("marts", tmp_path_factory.mktemp("marts") / "kept", make_marts) / "build.duckdb"


def make_marts(folder: Path) -> None:
    """Build all scenarios, and compile the analysis that sets 2022 beside 2025."""
    schema = RawSchema()
    add_scenarios(schema)
    build(folder, schema)
    run_dbt(Settings(home=folder), "compile", "--select", "compare_years", "--vars", "{from_year: 2022, to_year: 2025}")


@pytest.fixture(scope="session")
def unit_tests(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many of dbt's unit tests ended in which status, on a copy of that database."""
    home = tmp_path_factory.mktemp("unit_tests") / "var"
    shutil.copytree(built.parent, home)
    return run_dbt(Settings(home=home), "test", "--select", "test_type:unit")


@pytest.fixture(scope="session")
def manifest(built: Path) -> dict[str, Any]:
    """What dbt knows of its project."""
    found: dict[str, Any] = json.loads((built.parent / "dbt/target/manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def marts(built: Path) -> Iterator[Query]:
    """The marts of all scenarios, as a function that answers SQL with rows."""
    yield from open_query(built)


@pytest.fixture(scope="session")
def marts_of_another_arrival(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """The same documents, staged in another order; those with a day of publication were seen on another day."""
    folder = copy_kept("marts-reordered", tmp_path_factory.mktemp("reordered") / "kept", make_reordered_marts)
    yield from open_query(folder / "build.duckdb")


def make_reordered_marts(folder: Path) -> None:
    """Build all scenarios with their rows in another order and other days of first sight."""
    schema = RawSchema()
    add_scenarios(schema)
    for rows in schema.rows.values():
        Random(7).shuffle(rows)  # noqa: S311
    for row in schema.rows["documents"]:
        if row["published_on"]:
            row["first_seen_at"] += timedelta(days=row["published_on"].month * 10)
    build(folder, schema)


@pytest.fixture(scope="session")
def compare_years(built: Path) -> str:
    """The SQL that sets 2022 beside 2025."""
    return next((built.parent / "dbt/target/compiled").rglob("compare_years.sql")).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def released(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose `current/warehouse.duckdb` holds the marts of all scenarios, as a release does."""
    home = tmp_path_factory.mktemp("released")
    (home / "current").mkdir()
    with duckdb.connect(str(home / "current" / "warehouse.duckdb")) as warehouse:
        warehouse.execute(f"attach '{built}' as build (read_only)")
        tables = "select table_name from duckdb_tables() where database_name = 'build' and schema_name = 'marts'"
        for (table,) in warehouse.execute(tables).fetchall():
            warehouse.execute(f'create table "{table}" as select * from build.marts."{table}"')
        counts = '{"dim_documents": 2, "releases": 1}'
        row = ["20250301T000000Z-0123abcd", datetime(2025, 3, 1), 2, counts, "0123abcd"]  # noqa: DTZ001 naive UTC
        warehouse.execute("insert into releases values (?, ?, ?, ?, ?)", row)
    return home
