from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from extract.releases.query import QueryError
from extract.releases.trace import FACTS, TraceError, trace_key
from extract.settings import Settings


@pytest.fixture
def keyed(settings: Settings) -> Settings:
    """A release whose tables hold keys alone, two of them alike in their first nine digits."""
    folder = settings.releases / "20250101T000000Z-abcdef01"
    folder.mkdir(parents=True)
    manifest = {"release_id": folder.name, "published_at": "2025-01-01T00:00:00"}
    (folder / "release.json").write_text(json.dumps(manifest), encoding="utf-8")
    settings.current.symlink_to(folder)
    keys = {"fct_indicator_targets": ["abcdef0123", "abcdef0124"], "fct_project_budgets": ["abcdef0199"]}
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        for fact in FACTS.values():
            warehouse.execute(f"CREATE TABLE {fact.table} ({fact.key} VARCHAR)")
            for key in keys.get(fact.table, []):
                warehouse.execute(f"INSERT INTO {fact.table} VALUES ('{key}')")
        warehouse.execute("CREATE TABLE dim_documents (document_key VARCHAR)")
    return settings


def test_several_facts_that_begin_alike_are_all_named_with_their_kind(keyed: Settings) -> None:
    with pytest.raises(TraceError, match=r"abcdef0123 \(target\), abcdef0124 \(target\), abcdef0199 \(budget\)"):
        trace_key(keyed, "abcdef01")


def test_an_unknown_key_says_how_to_find_one(keyed: Settings) -> None:
    with pytest.raises(TraceError, match="SELECT target_key"):
        trace_key(keyed, "00000000")


@pytest.mark.parametrize("key", ["", "abcdef0", "x' OR '1'='1", "abcdef01'--", "a" * 65])
def test_what_is_no_key_never_reaches_the_database(keyed: Settings, key: str) -> None:
    with pytest.raises(TraceError, match="is no key: expected at least 8 hexadecimal digits"):
        trace_key(keyed, key)


def test_before_the_first_release_nothing_can_be_traced(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="jixiao run --inbox"):
        trace_key(Settings(home=tmp_path / "var"), "abcdef01")
