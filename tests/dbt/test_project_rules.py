"""The rules of dbt-project-evaluator, asked of the manifest: layers, names, fan-out, tests, documentation, governance.

The package itself comes from dbt's hub only. `RULES` names for each of its rules the test that holds it, or why it does
not apply; exceptions from a rule stand in constants with their reason.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from extract.settings import PROJECT

Node = dict[str, Any]

DBT_PROJECT = PROJECT / "dbt_project"

LAYERS = ("staging", "intermediate", "quality", "marts")
READS = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"staging", "intermediate", "quality", "marts", "seed"},
    # the checks look at what analysts look at, and quality_findings gathers them
    "quality": {"marts", "quality", "int_target_values_folded"},
}
PREFIXES = {"staging": "stg_jixiao__", "intermediate": "int_", "quality": "quality_"}
MART_PREFIXES = ("dim_", "fct_", "yoy_", "quality_")
MARTS_OF_THE_CONTRACT = {
    "document_cross_checks",
    "document_findings",
    "edition_changes",
    "held_back",
    "project_link_candidates",
    "project_links",
    "releases",
}
MOST_LEAVES = 3
MANY_LEAVES = {
    "int_documents_keyed": "changes, findings, links and checks each name their document, and so their partition",
}
MOST_JOINS = 6
MANY_JOINS = {
    "quality_findings": "the union of the 22 checks",
    "fct_indicator_results": "a result stands beside its target, its values and its four dimensions",
}
MOST_CHAINED_VIEWS = 4
REJOINED = {  # parent -> child -> model, where the model reads the parent too and nothing else reads the child
    "int_units_resolved": "the names of units are resolved once per name, then joined to the projects",
    "int_targets_compared": "the comparison is computed per pair of targets; the mart adds what both sides print",
    "int_department_targets_compared": "likewise for departments",
    "int_edition_cells": "the cells of both editions are listed apart from the pairs of editions that the mart counts",
}
STORED = ("table", "incremental")  # what dashboards read: no view is computed at each click
KEYLESS = re.compile(r"quality_c\d\d_\w+")  # quality_findings proves the key of their union


@pytest.fixture(scope="module")
def models(manifest: Node) -> dict[str, Node]:
    """Models by unique id."""
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def readers(models: dict[str, Node]) -> dict[str, list[Node]]:
    """For every source, seed and model the models that read it."""
    found: dict[str, list[Node]] = defaultdict(list)
    for model in models.values():
        for parent in model["depends_on"]["nodes"]:
            found[parent].append(model)
    return found


def layer(node: Node) -> str:
    return str(node["fqn"][1]) if node["resource_type"] == "model" else str(node["resource_type"])


def generic_tests(manifest: Node, name: str) -> dict[str, Node]:
    """Arguments of a generic test, by the unique id of the model that it is about."""
    return {
        node["attached_node"]: node["test_metadata"]["kwargs"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == name
    }


def test_every_model_lies_in_the_folder_and_schema_of_its_layer_and_bears_its_prefix(models: dict[str, Node]) -> None:
    for model in models.values():
        assert layer(model) in LAYERS, model["name"]
        assert model["schema"] == layer(model), model["name"]
        prefixes = MART_PREFIXES if layer(model) == "marts" else (PREFIXES[layer(model)],)
        assert model["name"].startswith(prefixes) or model["name"] in MARTS_OF_THE_CONTRACT, model["name"]


def test_a_layer_reads_only_the_layers_before_it(manifest: Node, models: dict[str, Node]) -> None:
    everything = manifest["nodes"] | manifest["sources"]
    for model in models.values():
        parents = [everything[key] for key in model["depends_on"]["nodes"]]
        allowed = READS[layer(model)]
        wrong = [p["name"] for p in parents if layer(p) not in allowed and p["name"] not in allowed]
        assert not wrong, f"{model['name']} reads {wrong}"
        assert parents, f"{model['name']} reads nothing"


def test_every_source_table_has_one_staging_model_of_its_name(manifest: Node, readers: dict[str, list[Node]]) -> None:
    for key, source in manifest["sources"].items():
        assert [model["name"] for model in readers[key]] == [f"stg_jixiao__{source['name']}"]


def test_every_staging_model_reads_one_source(models: dict[str, Node]) -> None:
    for model in models.values():
        if layer(model) == "staging":
            assert len(model["depends_on"]["nodes"]) == 1, model["name"]


def test_no_model_names_a_table_by_hand(models: dict[str, Node]) -> None:
    for model in models.values():
        sql = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|--[^\n]*", "", model["raw_code"], flags=re.DOTALL)
        assert not re.findall(r"(?i)\b(?:from|join)\s+\"?\w+\"?\.\"?\w+", sql), model["name"]


def test_no_model_has_more_leaves_than_three(models: dict[str, Node], readers: dict[str, list[Node]]) -> None:
    for key, model in models.items():
        leaves = [child["name"] for child in readers[key] if not readers[child["unique_id"]]]
        assert (len(leaves) > MOST_LEAVES) == (model["name"] in MANY_LEAVES), f"{model['name']}: {leaves}"


def test_no_model_joins_a_child_with_its_parent_again_without_a_reason(
    manifest: Node, models: dict[str, Node], readers: dict[str, list[Node]]
) -> None:
    shown = {key for exposure in manifest["exposures"].values() for key in exposure["depends_on"]["nodes"]}
    parents = {key: set(model["depends_on"]["nodes"]) for key, model in models.items()}
    rejoined = {
        models[child]["name"]
        for key in models
        for child in parents[key] & set(models)
        if len(readers[child]) == 1 and child not in shown and parents[child] & parents[key]
    }
    assert rejoined == set(REJOINED)


def test_no_table_is_two_sources(manifest: Node) -> None:
    tables = Counter((one["database"], one["schema"], one["identifier"]) for one in manifest["sources"].values())
    assert [table for table, count in tables.items() if count > 1] == []


def test_sources_lie_in_the_folder_of_staging(manifest: Node) -> None:
    assert {one["fqn"][1] for one in manifest["sources"].values()} == {"staging"}


def test_no_model_reads_more_than_six_others_without_a_reason(models: dict[str, Node]) -> None:
    many = {m["name"] for m in models.values() if len(set(m["depends_on"]["nodes"])) > MOST_JOINS}
    assert many == set(MANY_JOINS)


def test_views_are_not_chained_over_four_models(models: dict[str, Node]) -> None:
    def depth(key: str) -> int:
        model = models.get(key)
        if model is None or model["config"]["materialized"] not in ("view", "ephemeral"):
            return 0
        return 1 + max((depth(parent) for parent in model["depends_on"]["nodes"]), default=0)

    assert max(map(depth, models)) <= MOST_CHAINED_VIEWS


def test_every_model_proves_its_key(manifest: Node, models: dict[str, Node]) -> None:
    keyed = generic_tests(manifest, "is_key")
    missing = [m["name"] for key, m in models.items() if key not in keyed and not KEYLESS.fullmatch(m["name"])]
    assert missing == []


def test_the_keys_of_the_marts_are_proven_in_every_build_and_the_others_by_this_suite(manifest: Node) -> None:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and "development" in node["tags"]:
            assert manifest["nodes"][node["attached_node"]]["schema"] != "marts", node["name"]


def test_every_foreign_key_of_a_mart_is_proven(manifest: Node, models: dict[str, Node]) -> None:
    """Every column that is named like a dimension's key, and is not the model's own key, has a parent."""
    parents, keys = generic_tests(manifest, "has_parents"), generic_tests(manifest, "is_key")
    dimensions = {"document_key", "publisher_key", "unit_key", "project_key", "indicator_key", "category_key"}
    for key, model in models.items():
        if layer(model) == "marts":
            foreign = dimensions & set(model["columns"]) - set(keys[key]["columns"])
            assert foreign <= set(parents.get(key, {}).get("parents", ())), model["name"]


def test_every_model_and_column_is_described(manifest: Node, models: dict[str, Node]) -> None:
    for node in [*models.values(), *manifest["sources"].values()]:
        assert node["description"].startswith("One row per "), node["name"]
        assert node["columns"], node["name"]
        bare = [
            name for name, column in node["columns"].items() if not re.search(r"[\u4e00-\u9fff]", column["description"])
        ]
        assert bare == [], f"{node['name']}: no description with its Chinese term: {bare}"


def test_the_findings_are_those_of_every_check_and_every_check_is_in_the_seed(models: dict[str, Node]) -> None:
    (findings,) = (model for model in models.values() if model["name"] == "quality_findings")
    checks = {model["name"] for model in models.values() if KEYLESS.fullmatch(model["name"])}
    assert {models[key]["name"] for key in findings["depends_on"]["nodes"] if key in models} >= checks
    with (DBT_PROJECT / "seeds/quality_checks.csv").open(encoding="utf-8") as seed:
        codes = [row["check_code"] for row in csv.DictReader(seed)]
    assert codes == sorted(name.split("_")[1].upper() for name in checks)


def test_a_text_of_a_column_is_written_once() -> None:
    """What several columns say alike stands in models/docs/columns.md, and every text there is used."""
    blocks = dict(
        re.findall(
            r"{% docs (\w+) %}\n(.*?)\n{% enddocs %}",
            (DBT_PROJECT / "models/docs/columns.md").read_text(encoding="utf-8"),
        )
    )
    written = [column["description"] for column in list_columns() if "doc(" not in column["description"]]
    texts = [" ".join(text.split()) for text in (*written, *blocks.values())]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    used = Counter(re.findall(r"doc\('(\w+)'\)", " ".join(column["description"] for column in list_columns())))
    assert set(used) == set(blocks)
    assert min(used.values()) > 1


def list_columns() -> Iterator[dict[str, str]]:
    """Yield the columns of all models, sources and seeds as their files say."""
    for path in (*DBT_PROJECT.glob("models/**/*.yml"), *DBT_PROJECT.glob("seeds/*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        tables = [table for source in content.get("sources", ()) for table in source["tables"]]
        seeds = content["seeds"] if isinstance(content.get("seeds"), list) else []
        for node in (*content.get("models", ()), *tables, *seeds):
            yield from node.get("columns", ())


def test_every_mart_is_public_under_an_enforced_contract_and_nothing_else_is(models: dict[str, Node]) -> None:
    for model in models.values():
        is_mart = layer(model) == "marts"
        assert (model["access"] == "public") == is_mart, model["name"]
        assert model["contract"]["enforced"] == is_mart, model["name"]
        assert not is_mart or all(column["data_type"] for column in model["columns"].values()), model["name"]


def test_exposures_show_marts_only_and_every_mart_is_shown(manifest: Node, models: dict[str, Node]) -> None:
    shown = {key for exposure in manifest["exposures"].values() for key in exposure["depends_on"]["nodes"]}
    assert shown == {key for key, model in models.items() if layer(model) == "marts"}


def test_exposures_show_stored_tables_only(manifest: Node, models: dict[str, Node]) -> None:
    for exposure in manifest["exposures"].values():
        assert {models[key]["config"]["materialized"] for key in exposure["depends_on"]["nodes"]} <= set(STORED)


def test_every_rule_of_the_evaluator_is_held_by_a_test_or_excepted() -> None:
    for rule, held_by in RULES.items():
        assert held_by in globals() or " " in held_by, rule


def test_every_model_has_its_yaml_beside_its_sql(models: dict[str, Node]) -> None:
    for model in models.values():
        assert model["patch_path"].split("://")[1] == model["original_file_path"].replace(".sql", ".yml")


RULES = {
    "direct join to source": "test_a_layer_reads_only_the_layers_before_it",
    "downstream models dependent on source": "test_a_layer_reads_only_the_layers_before_it",
    "duplicate sources": "test_no_table_is_two_sources",
    "hard coded references": "test_no_model_names_a_table_by_hand",
    "model fanout": "test_no_model_has_more_leaves_than_three",
    "models with too many joins": "test_no_model_reads_more_than_six_others_without_a_reason",
    "multiple sources joined": "test_every_staging_model_reads_one_source",
    "rejoining of upstream concepts": "test_no_model_joins_a_child_with_its_parent_again_without_a_reason",
    "root models": "test_a_layer_reads_only_the_layers_before_it",
    "source fanout": "test_every_source_table_has_one_staging_model_of_its_name",
    "staging models dependent on downstream models": "test_a_layer_reads_only_the_layers_before_it",
    "staging models dependent on other staging models": "test_a_layer_reads_only_the_layers_before_it",
    "unused sources": "test_every_source_table_has_one_staging_model_of_its_name",
    "missing primary key tests": "test_every_model_proves_its_key",
    "missing source freshness": "offices publish in seasons: `extract/sources/freshness.py` compares each with its own",
    "test coverage": "test_every_model_proves_its_key",
    "documentation coverage": "test_every_model_and_column_is_described",
    "undocumented models": "test_every_model_and_column_is_described",
    "undocumented sources": "test_every_model_and_column_is_described",
    "undocumented source tables": "test_every_model_and_column_is_described",
    "model directories": "test_every_model_lies_in_the_folder_and_schema_of_its_layer_and_bears_its_prefix",
    "model naming conventions": "test_every_model_lies_in_the_folder_and_schema_of_its_layer_and_bears_its_prefix",
    "source directories": "test_sources_lie_in_the_folder_of_staging",
    "test directories": "test_every_model_has_its_yaml_beside_its_sql",
    "chained view dependencies": "test_views_are_not_chained_over_four_models",
    "exposure parents materializations": "test_exposures_show_stored_tables_only",
    "exposures dependent on private models": "test_exposures_show_marts_only_and_every_mart_is_shown",
    "public models without contracts": "test_every_mart_is_public_under_an_enforced_contract_and_nothing_else_is",
    "undocumented public models": "test_every_model_and_column_is_described",
}
