"""A release is made from the one before: what is shared, what is written, and that its rows are the build's."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.jobs.publish import publish
from extract.releases import duckdb_file, folder_shelf
from extract.releases.manifest import TableParts, as_json, checksum_of, from_json
from extract.releases.model import ReleaseError
from extract.releases.query import ask
from extract.settings import Settings
from extract.warehouse.mart_sums import measure_marts
from extract.warehouse.staging import open_warehouse

pytestmark = pytest.mark.slow

PUBLISHERS, YEARS = 9, (2023, 2024, 2025)
FACTS = """
CREATE TABLE marts.fct_project_budgets AS
SELECT y AS fiscal_year, 'p' || p AS publisher_key, y || '-' || p || '-' || n AS budget_key, n * 1.5 AS amount_yuan
FROM (SELECT unnest([2023, 2024, 2025]) AS y), range(9) AS a (p), range(10) AS b (n)
"""
ONE_PUBLISHER = (
    "UPDATE marts.fct_project_budgets SET amount_yuan = {} WHERE fiscal_year = 2024 AND publisher_key = 'p4'"
)


@pytest.fixture
def large(built: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A warehouse whose parts are small and which counts as large all the same."""
    monkeypatch.setattr(duckdb_file, "PART_ROWS", 30)
    monkeypatch.setattr(duckdb_file, "REPLACED_SHARE", 2)
    monkeypatch.setattr(folder_shelf, "LARGE_BYTES", 0)
    monkeypatch.setattr("extract.jobs.publish.write_release_pages", lambda *_: None)
    change(built, FACTS)
    return built.model_copy(update={"keep_releases": 2})


def change(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.build_db)) as build:
        build.execute(statement)


def rows(file: Path, table: str = "fct_project_budgets") -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as warehouse:
        return warehouse.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()


def expected(settings: Settings) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.build_db), read_only=True) as build:
        return build.execute("SELECT * FROM marts.fct_project_budgets ORDER BY ALL").fetchall()


def test_a_change_of_one_publisher_and_year_writes_one_file_and_links_the_others(large: Settings) -> None:
    first = publish(large)
    change(large, ONE_PUBLISHER.format(-1))
    second = publish(large)
    place = "parquet/fct_project_budgets"
    folders = [large.releases / one["release_id"] for one in (first, second)]
    files = sorted(path.relative_to(folders[0]) for path in (folders[0] / place).rglob("*.parquet"))
    assert [str(file.relative_to(place)) for file in files] == [
        f"fiscal_year={year}/data-{number:03}.parquet" for year in YEARS for number in range(3)
    ]
    written = [str(file) for file in files if not (folders[0] / file).samefile(folders[1] / file)]
    assert written == [f"{place}/fiscal_year=2024/data-001.parquet"]
    assert second["changes"]["fct_project_budgets"] == {"added": 0, "changed": 10, "gone": 0}
    assert second["file"]["made"] == "copied"
    assert second["file"]["replaced_rows"] == 20, "ten deleted, ten inserted"
    assert rows(folders[1] / "warehouse.duckdb") == expected(large) != rows(folders[0] / "warehouse.duckdb")
    parquet = duckdb.sql(f"SELECT * FROM read_parquet('{folders[1]}/{place}/**/*.parquet', hive_partitioning = false)")
    assert sorted(parquet.fetchall()) == sorted(expected(large))


def test_a_large_file_of_a_release_that_goes_is_what_the_next_one_is_made_of(large: Settings) -> None:
    made = []
    for number in range(6):
        change(large, ONE_PUBLISHER.format(-number))
        made.append(publish(large)["file"]["made"])
        assert rows(large.current / "warehouse.duckdb") == expected(large)
    assert made == ["new", "copied", "copied", "reused", "reused", "reused"]
    assert [path.name for path in large.spare_release.iterdir() if path.suffix == ".duckdb"] == ["warehouse.duckdb"]


@pytest.mark.parametrize("who", ["a reader", "a backup of hard links"])
def test_a_file_that_somebody_else_has_is_never_changed(large: Settings, tmp_path: Path, who: str) -> None:
    publish(large)
    oldest, before = large.current.resolve() / "warehouse.duckdb", expected(large)
    reader = duckdb.connect(str(oldest), read_only=True) if who == "a reader" else None
    if reader is None:
        os.link(oldest, tmp_path / "backup.duckdb")
    made = []
    for number in range(1, 4):
        change(large, ONE_PUBLISHER.format(-number))
        made.append(publish(large)["file"]["made"])
    assert made == ["copied", "copied", "copied"], "the third found the first one's file in use"
    if reader is None:
        assert rows(tmp_path / "backup.duckdb") == before
    else:
        with reader:
            assert reader.execute("SELECT * FROM fct_project_budgets ORDER BY ALL").fetchall() == before


def test_where_the_file_system_clones_no_spare_file_is_kept(large: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        folder_shelf, "clone_file", lambda source, target: bool(target.write_bytes(source.read_bytes()))
    )
    for number in range(4):
        change(large, ONE_PUBLISHER.format(-number))
        made = publish(large)["file"]["made"]
    assert made == "cloned"
    assert not large.spare_release.exists()
    assert rows(large.current / "warehouse.duckdb") == expected(large)


def test_a_file_in_which_much_was_replaced_or_that_another_duckdb_wrote_is_written_anew(
    large: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(large)
    with monkeypatch.context() as patched:
        patched.setattr(duckdb_file, "REPLACED_SHARE", 0.1)
        change(large, ONE_PUBLISHER.format(-1))
        assert publish(large)["file"] == {"made": "new", "replaced_rows": 0, "duckdb": duckdb.__version__}
    with monkeypatch.context() as patched:
        patched.setattr(duckdb, "__version__", "0.0.0")
        change(large, ONE_PUBLISHER.format(-2))
        assert publish(large)["file"]["made"] == "new"
    assert rows(large.current / "warehouse.duckdb") == expected(large)


def test_publishers_that_come_and_go_are_in_the_release_and_gone_from_it(large: Settings) -> None:
    publish(large)
    change(large, "DELETE FROM marts.fct_project_budgets WHERE publisher_key = 'p0' OR fiscal_year = 2023")
    change(large, "INSERT INTO marts.fct_project_budgets VALUES (2026, 'q', 'new', 1), (2024, NULL, 'nobody''s', 2)")
    release = publish(large)
    assert rows(large.current / "warehouse.duckdb") == expected(large)
    assert release["changes"]["fct_project_budgets"] == {"added": 2, "changed": 0, "gone": 110}
    assert not (large.current / "parquet/fct_project_budgets/fiscal_year=2023").exists()


MOVES = (
    "UPDATE {} SET publisher_key = 'p5' WHERE budget_key = '2024-4-1'",
    "UPDATE {} SET fiscal_year = 2025 WHERE budget_key LIKE '2024-1-%'",
    "UPDATE {} SET publisher_key = NULL, amount_yuan = 7 WHERE budget_key LIKE '2023-2-%'",
    "DELETE FROM {} WHERE publisher_key = 'p8' AND budget_key LIKE '%-3'",
    "UPDATE {} SET amount_yuan = amount_yuan + 1 WHERE publisher_key IS NULL OR fiscal_year = 2025",
    "INSERT INTO {0} SELECT fiscal_year, 'p''9', budget_key || '+', 1 FROM {0}",
)


@pytest.mark.parametrize("is_summed", [True, False])
def test_what_a_release_says_that_it_changed_is_what_all_rows_of_both_say(large: Settings, *, is_summed: bool) -> None:
    before, made = publish(large), set()
    for move in MOVES:
        change(large, move.format("marts.fct_project_budgets"))
        if is_summed:
            with open_warehouse(large) as engine:
                measure_marts(engine, large.dbt_dir, is_full=True)
        release = publish(large)
        made.add(release["file"]["made"])
        assert rows(large.current / "warehouse.duckdb") == expected(large), move
        assert release["changes"]["fct_project_budgets"] == compare_all(large, release, before), move
        before = release
    assert made == {"copied", "reused"}


def compare_all(settings: Settings, release: dict[str, Any], before: dict[str, Any]) -> dict[str, int]:
    """Count the budgets that were added, changed and gone, from all rows of two releases."""
    newer, older = (
        {row[2]: row for row in rows(settings.releases / one["release_id"] / "warehouse.duckdb")}
        for one in (release, before)
    )
    changed = [key for key in newer.keys() & older.keys() if newer[key] != older[key]]
    return {
        "added": len(newer.keys() - older.keys()),
        "changed": len(changed),
        "gone": len(older.keys() - newer.keys()),
    }


def test_a_table_that_has_grown_is_split_anew(large: Settings) -> None:
    publish(large)
    before = from_json((large.current / "parts.json").read_text(encoding="utf-8"))["fct_project_budgets"]
    change(
        large, "INSERT INTO marts.fct_project_budgets SELECT 2025, 'q' || n % 50, 'n' || n, n FROM range(900) AS t(n)"
    )
    publish(large)
    after = from_json((large.current / "parts.json").read_text(encoding="utf-8"))["fct_project_budgets"]
    assert len(after.bounds) > 10 * len(before.bounds) > 0
    assert rows(large.current / "warehouse.duckdb") == expected(large)


def test_sums_that_are_not_those_of_the_rows_stop_the_release(large: Settings) -> None:
    with open_warehouse(large):
        pass
    publish(large)
    change(large, ONE_PUBLISHER.format(-1))
    change(
        large,
        "INSERT INTO raw.mart_sums SELECT 'fct_project_budgets', fiscal_year, publisher_key, count(*), 7 "
        "FROM marts.fct_project_budgets GROUP BY ALL",
    )
    with pytest.raises(ReleaseError, match="expected rows and checksum"):
        publish(large)
    assert list(ask(large, "SELECT min(amount_yuan) AS least FROM fct_project_budgets")[1]) == [{"least": 0}]


def test_parts_are_written_and_read_without_loss_and_sum_up_to_one_checksum() -> None:
    one = TableParts({"fiscal_year": "INTEGER", "k": "VARCHAR"}, "k", ("b'", "中"), True, 9, {(2025, 0): (3, 2**100)})
    two = TableParts(one.columns, "k", (), False, 9, {(None, 0): (1, 2**99), (None, 1): (2, 2**99)})
    assert from_json(as_json({"t": one})) == {"t": one}
    assert checksum_of({"t": one}) == checksum_of({"t": two}), "however the rows are split"
    assert one.where([(2025, 0)]) == "true"
    many = TableParts(one.columns, "k", one.bounds, True, 9, {(2025, n): (1, 1) for n in range(3)})
    assert many.places_unlike(one) == {(2025, 0), (2025, 1), (2025, 2)}


def test_the_condition_of_some_parts_holds_for_the_rows_of_each_of_them_and_no_others() -> None:
    columns = {"fiscal_year": "INTEGER", "k": "VARCHAR"}
    places = [(year, number) for year in (2024, 2025) for number in range(3)]
    parts = TableParts(columns, "k", ("b'", "中"), True, 9, dict.fromkeys(places, (1, 1)))
    keys = ("'a'", "'b'''", "'c'", "'中'", "NULL")
    values = ", ".join(f"({year}, {key})" for year in (2024, 2025) for key in keys)
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {values}) AS v (fiscal_year, k)")

        def find(condition: str) -> set[tuple[object, ...]]:
            return {*database.execute(f"SELECT * FROM t WHERE {condition}").fetchall()}

        assert sum(len(find(parts.where_part(place))) for place in places) == len(find("true")) == 10
        for count in range(len(places) + 1):
            for some in combinations(places, count):
                assert find(parts.where(some)) == {row for place in some for row in find(parts.where_part(place))}, some
