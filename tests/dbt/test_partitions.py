"""Builds of what changed against one build of everything: random documents, in a random order, on several nights."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest
from sqlalchemy import delete

from extract.errors import BuildError
from extract.jobs.publish import publish
from extract.releases import duckdb_file
from extract.settings import Settings
from extract.warehouse import build, raw_schema
from extract.warehouse.staging import open_warehouse, stage_frames

Documents = dict[str, dict[str, list[dict[str, Any]]]]
"""Hash -> raw table -> rows."""

RUN_DBT = build.run_dbt
REGIONS = {"甲": "440400", "乙": "440400", "丙": "510100", "丁": None, "戊": None}
THEMES = ("宣传", "人才奖励补贴", "基层党建", "养老服务", "危房治理", "森林防火")
SUFFIXES = ("工作经费", "专项经费", "经费", "")
VALUES = ("≥5家", "≧６家", "95%", "≤10天", "约20人", "有所提升", "7次/年", "2025年12月底前", "")


@pytest.fixture
def random() -> Random:
    return Random(30)  # noqa: S311 - no secret


def invent_documents(schema: Any, random: Random) -> Documents:
    """Thirty: plans, corrections and reports of five publishers, and a PDF of two of them."""
    last: dict[str, list[dict[str, Any]]] = {}
    for number in range(29):
        publisher, year = random.choice(list(REGIONS)), random.choice((2022, 2023, 2024, 2025))
        projects = [invent_project(random) for _ in range(random.randint(2, 5))]
        # half of them repeat most of what the publisher printed last: a correction, or the next year
        if publisher in last and random.random() < 0.5:
            projects = last[publisher][1:] + projects[:1]
        last[publisher] = projects
        schema.add(
            publisher,
            year,
            *projects,
            name=str(number),
            kind=random.choice(("target", "target", "target", "self_evaluation")),
            region=REGIONS[publisher],
            layout=random.choice(("a|b", "a|c")),
            published_on=random.choice((None, date(year, random.randint(1, 12), 1))),
            seen=random.randint(0, 59),
        )
    joint = schema.add("丙", 2025, invent_project(random), name="joint", region="510100")
    other = schema.add("丁", 2025, invent_project(random), name="other")
    for rows in schema.rows.values():
        for row in rows:
            if row.get("sha256") == other:
                row |= {"sha256": joint, "part_no": 2}
    documents: Documents = {}
    for table in raw_schema.DOCUMENT_TABLES:
        for row in schema.rows[table.name]:
            documents.setdefault(row["sha256"], {}).setdefault(table.name, []).append(row)
    return documents


def invent_project(random: Random) -> dict[str, Any]:
    codes = random.sample(range(111000001, 111000009), random.randint(1, 4))
    indicators = [(f"{code}-指标{code % 7}", random.choice(VALUES), random.choice(VALUES)) for code in codes]
    unit = random.choice(("102001-机关", "102002-中心", "办公室"))
    return {
        "unit": random.choice((unit, unit, unit.replace("中心", "服务中心"))),
        "name": random.choice(THEMES) + random.choice(SUFFIXES),
        "amount": f"{random.randint(1, 9)}0000.00",
        "category": random.choice((None, "32-事业发展", "331-职能")),
        "annual_goal": random.choice((None, "完成任务。")),
        "indicators": indicators,
        "actual": random.choice((None, "8家")),
    }


def stage(settings: Settings, documents: Documents) -> None:
    with open_warehouse(settings) as engine:
        for sha256, tables in documents.items():
            frames = {
                table.name: pd.DataFrame(tables.get(table.name, []), columns=list(table.columns.keys()), dtype=object)
                for table in raw_schema.DOCUMENT_TABLES
            }
            stage_frames(engine, sha256, frames)


def remove(settings: Settings, sha256: str) -> None:
    with open_warehouse(settings) as engine, engine.begin() as connection:
        for table in raw_schema.DOCUMENT_TABLES:
            connection.execute(delete(table).where(table.c.sha256 == sha256))


def read_again(tables: dict[str, list[dict[str, Any]]], **changes: Any) -> dict[str, list[dict[str, Any]]]:
    """As a better reader would have it: other values, or another publisher."""
    documents = [row | changes for row in tables["documents"]]
    targets = [row | {"target_text": "≥99家"} for row in tables.get("targets", [])]
    return tables | {"documents": documents, "targets": targets}


def built_partitions(settings: Settings) -> set[str]:
    """Those of publishers with documents; one that only has a file is in every build."""
    with duckdb.connect(str(settings.build_db), read_only=True) as connection:
        found = connection.execute("select publisher_code from raw.changed_partitions").fetchall()
    return {row[0] for row in found} & set(REGIONS)


def different_marts(one: Path, other: Path) -> dict[str, int]:
    """Mart -> rows that only one of the two databases has; counts included, so a doubled row is found."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        marts = "select table_name from duckdb_tables() where database_name = 'other' and schema_name = 'marts'"
        marts += " and table_name <> 'releases'"  # the history of one home's releases
        names = [row[0] for row in connection.execute(marts).fetchall()]
        assert len(names) > 15
        found = {}
        for name in names:
            one_rows, other_rows = (f"select * from {side}.marts.{name}" for side in ("one", "other"))
            (rows,) = connection.execute(
                f"select count(*) from (({one_rows} except all {other_rows}) "
                f"union all ({other_rows} except all {one_rows}))"
            ).fetchone() or (0,)
            found[name] = rows
            if name.startswith("fct_indicator_t"):
                assert connection.execute(f"select count(*) > 100 from ({one_rows})").fetchone() == (True,)
        return {name: rows for name, rows in found.items() if rows}


def check_release(settings: Settings, *, made: str) -> dict[str, Any]:
    """Publish, and prove that the release holds the build's rows; returns it."""
    release = publish(settings)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.build_db}' as build (read_only)")
        connection.execute(f"attach '{(settings.current / 'warehouse.duckdb').resolve()}' as release (read_only)")
        for name, count in release["row_counts"].items():
            places = (
                f"release.{name}",
                f"read_parquet('{settings.current}/parquet/{name}/**/*.parquet', hive_partitioning = false)",
            )
            for place in places:
                wanted, found = f"select * from build.marts.{name}", f"select * from {place}"
                differing = f"({wanted} except all {found}) union all ({found} except all {wanted})"
                assert connection.execute(f"select count(*) from ({differing})").fetchone() == (0,), place
                assert connection.execute(f"select count(*) from {place}").fetchone() == (count,)
    assert release["file"]["made"] == made
    return release


def run_models_only(settings: Settings, *arguments: str, changed_only: bool) -> dict[str, int]:
    return RUN_DBT(settings, *arguments, "--exclude-resource-type", "test", changed_only=changed_only)


def die_half_way(settings: Settings, *arguments: str, changed_only: bool) -> dict[str, int]:
    left_out = ("--exclude", "fct_indicator_targets+", "dim_projects+")
    run_models_only(settings, *arguments, *left_out, changed_only=changed_only)
    raise BuildError("killed")


def make_small_releases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build models alone, and make releases without pages, of parts of few rows, each from an earlier one's file."""
    monkeypatch.setattr(build, "run_dbt", run_models_only)
    monkeypatch.setattr(duckdb_file, "PART_ROWS", 10)
    monkeypatch.setattr(duckdb_file, "REPLACED_SHARE", 9)
    monkeypatch.setattr("extract.jobs.publish.write_release_pages", lambda *_: None)


def compare_with_full_build(settings: Settings, fresh: Settings, documents: Documents) -> None:
    """Check that a home ends in the marts and the release of a fresh one into which its documents are built at once."""
    stage(fresh, documents)
    build.build_marts(fresh)
    assert different_marts(settings.build_db, fresh.build_db) == {}
    assert sums_of(settings) == sums_of(fresh)
    release, other = check_release(settings, made="copied"), check_release(fresh, made="new")
    assert release["checksum"] == other["checksum"]
    assert release["file"]["replaced_rows"] > 0


def list_kept_failures(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.build_db), read_only=True) as connection:
        return connection.execute("select table_name from duckdb_tables() where schema_name = 'audit'").fetchall()


def sums_of(settings: Settings) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.build_db), read_only=True) as connection:
        return connection.execute("select * from raw.mart_sums order by all").fetchall()


@pytest.mark.slow
def test_nights_of_changed_partitions_end_in_the_rows_of_one_full_build(
    settings: Settings, tmp_path: Path, raw_schema: Any, random: Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = invent_documents(raw_schema, random)
    order = random.sample(sorted(documents), len(documents))
    by_publisher = {sha256: {row["publisher_code"] for row in documents[sha256]["documents"]} for sha256 in order}
    assert len(order) == 30
    first, rest = order[:14], order[14:]
    joint = next(sha256 for sha256 in rest if by_publisher[sha256] == {"丙", "丁"})
    touched = next(sha256 for sha256 in first if by_publisher[sha256] == {"戊"})
    moved = next(sha256 for sha256 in first if by_publisher[sha256] == {"丁"})
    gone = next(sha256 for sha256 in first if by_publisher[sha256] == {"丙"})
    make_small_releases(monkeypatch)
    stage(settings, {sha256: documents[sha256] for sha256 in first})
    build.build_marts(settings)
    check_release(settings, made="new")
    assert built_partitions(settings) == {"甲", "丙", "丁", "戊"}

    # a PDF of two publishers comes, another document is read otherwise, and the build is killed
    stage(settings, {joint: documents[joint], touched: read_again(documents[touched])})
    monkeypatch.setattr(build, "run_dbt", die_half_way)
    with pytest.raises(BuildError, match="killed"):
        build.build_marts(settings)
    assert built_partitions(settings) == {"丙", "丁", "戊"}

    # before the next one that document is as it was: its partition is built again all the same
    late = [sha256 for sha256 in rest if by_publisher[sha256] <= {"丙"}]
    stage(settings, {sha256: documents[sha256] for sha256 in [touched, *late]})
    monkeypatch.setattr(build, "run_dbt", run_models_only)
    build.build_marts(settings)
    assert built_partitions(settings) == {"丙", "丁", "戊"}
    check_release(settings, made="copied")

    # all others come, one goes, and one turns out to be another publisher's; tests look at the changed partitions too
    documents[moved] = read_again(documents[moved], publisher_code="戊", publisher_name="戊局")
    del documents[gone]
    remove(settings, gone)
    stage(settings, {sha256: documents[sha256] for sha256 in [moved, *rest]})
    monkeypatch.setattr(build, "run_dbt", RUN_DBT)
    assert build.build_marts(settings)["pass"] > 40
    assert list_kept_failures(settings) == []  # a test that passes leaves no table

    monkeypatch.setattr(build, "run_dbt", run_models_only)
    shuffled = {sha256: documents[sha256] for sha256 in random.sample(sorted(documents), len(documents))}
    compare_with_full_build(settings, Settings(home=tmp_path / "fresh"), shuffled)


def test_a_mart_of_what_is_built_now_keeps_what_was_built_before(built: Path) -> None:
    """Staging, intermediate and quality models hold the partitions of one build: a mart of them is incremental."""
    nodes = json.loads((built.parent / "dbt/target/manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}

    def holds_part(key: str) -> bool:
        node = models.get(key)
        if node is None or node["config"]["materialized"] == "incremental":
            return False
        is_filtered = "staged_rows(" in node["raw_code"] or "changed_rows(" in node["raw_code"]
        return is_filtered or any(map(holds_part, node["depends_on"]["nodes"]))

    partial = {node["name"] for key, node in models.items() if node["schema"] == "marts" and holds_part(key)}
    assert partial == set()
    assert {node["name"] for key, node in models.items() if holds_part(key)} >= {
        "int_projects_current",
        "quality_c01_copied_targets",
    }


def test_only_the_changed_rows_of_a_mart_are_read_on(built: Path) -> None:
    """A quality model that read all rows of a mart would cost as much as the warehouse is large."""
    nodes = json.loads((built.parent / "dbt/target/manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    facts = {key for key, node in models.items() if node["name"].startswith(("fct_", "yoy_"))}
    readers = [
        (node["name"], models[key]["name"])
        for node in models.values()
        for key in facts & set(node["depends_on"]["nodes"])
        if f"changed_rows(ref('{models[key]['name']}')" not in node["raw_code"]
    ]
    assert readers == []
