"""The production lock holds nothing for development, and its bill of materials and licences are those of the lock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from extract.settings import PROJECT

EXTRAS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
PAGE = (PROJECT / "docs/licences.md").read_text(encoding="utf-8")


def pins(name: str) -> set[tuple[str, str]]:
    """Name and version; a package may have two versions, for two versions of Python."""
    text = (PROJECT / name).read_text(encoding="utf-8")
    return {
        (canonicalize_name(one), version) for one, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    }


LOCK = pins("constraints-production.txt")
NAMES = {name for name, _ in LOCK}


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    command = [sys.executable, PROJECT / "deploy/sbom.py", PROJECT / "constraints-production.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_production_has_what_development_has_in_the_same_version() -> None:
    assert pins("constraints.txt") >= LOCK


def test_production_has_none_of_the_tools_of_development() -> None:
    tools = {canonicalize_name(Requirement(one).name) for one in EXTRAS["dev"]}
    assert not tools & NAMES
    assert not {"selenium", "docker", "boto3", "setuptools", "pip"} & NAMES
    for extra in ("postgres", "s3", "celery", "observe"):
        assert {canonicalize_name(Requirement(one).name) for one in EXTRAS[extra]} <= NAMES


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"^(?=[\w.-]+==)", (PROJECT / "constraints-production.txt").read_text("utf-8"), flags=re.M)[1:]
    assert len(blocks) == len(LOCK)
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


def test_the_bill_of_materials_names_every_pin_once_and_hangs_together(sbom: dict[str, Any]) -> None:
    assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.5")
    found = {(canonicalize_name(one["name"]), one["version"]) for one in sbom["components"]}
    assert found == LOCK
    refs = [one["bom-ref"] for one in sbom["components"]]
    assert len(set(refs)) == len(refs)
    assert sbom["dependencies"][0]["dependsOn"] == refs
    assert all(one["properties"] and one["licenses"][0]["license"]["name"] for one in sbom["components"])


def test_the_page_of_licences_is_of_this_lock() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| ([^ |]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert {(canonicalize_name(name), version) for name, version, _ in rows[1:]} == LOCK, "make sbom"
    assert "not stated" not in PAGE


def test_no_package_of_the_image_is_under_the_gpl_or_the_agpl_alone() -> None:
    strong = re.findall(r"^\| ([\w.-]+) \| [^|]+ \|([^|]*\b(?:AGPL|GPL|General Public)[^|]*)\|$", PAGE, re.MULTILINE)
    for name, licence in strong:
        assert "Lesser" in licence or "LGPL" in licence or "Artistic" in licence, (name, licence)


def test_an_image_installs_from_the_production_lock() -> None:
    file = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes constraints-production.txt" in file
    last = file.rpartition("\nFROM ")[2]
    assert "/opt/tools" not in last
    assert "pip install" not in last
