"""The semantic models and metrics: MetricFlow's own validations, and that they stand on columns of the marts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator


@pytest.fixture(scope="module")
def semantics(built: Path) -> PydanticSemanticManifest:
    """What `dbt parse` hands to MetricFlow."""
    text = (built.parent / "dbt/target/semantic_manifest.json").read_text(encoding="utf-8")
    return PydanticSemanticManifest.parse_raw(text)


def test_metricflow_finds_nothing_wrong(semantics: PydanticSemanticManifest) -> None:
    found = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(semantics)
    assert [issue.as_readable_str() for issue in found.all_issues] == []


def test_the_promised_metrics_are_there(semantics: PydanticSemanticManifest) -> None:
    names = {metric.name for metric in semantics.metrics}
    assert names >= {"budget_yuan", "budget_growth_yuan", "targets_count", "copied_targets_share"}


def test_entities_and_plain_dimensions_are_columns_of_published_marts(
    semantics: PydanticSemanticManifest, manifest: dict[str, Any]
) -> None:
    columns = {
        node["alias"]: set(node["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts"
    }
    for model in semantics.semantic_models:
        named = {entity.expr or entity.name for entity in model.entities}
        named |= {dimension.name for dimension in model.dimensions if dimension.expr is None}
        assert named <= columns[model.node_relation.alias], model.name
