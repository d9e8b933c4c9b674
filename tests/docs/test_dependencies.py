"""docs/dependencies.md says why each package is there, CHANGELOG.md is about this version, extras are called so."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from extract.settings import PROJECT

PACKAGE = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DOCUMENTS = [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").glob("*.md"))]
CORE = ""  # what everybody needs, beside the extras


def names_of(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def read_table() -> dict[str, list[str]]:
    """Extra -> distributions that the table of dependencies explains."""
    table = (PROJECT / "docs/dependencies.md").read_text(encoding="utf-8")
    found = defaultdict(list)
    for extra, names, why in re.findall(r"^\| (?:`\[(\w+)\]` )?([^|`]+) \| ([^|]+)", table, re.MULTILINE)[1:]:
        assert why.strip(), names
        found[extra] += [canonicalize_name(name.split()[0]) for name in names.split(", ")]
    return found


def test_every_dependency_stands_once_in_the_table_under_its_extra_and_nothing_else_does() -> None:
    asked = {CORE: names_of(PACKAGE["dependencies"])}
    asked |= {extra: names_of(names) for extra, names in PACKAGE["optional-dependencies"].items()}
    explained = read_table()
    assert {extra: sorted(names) for extra, names in explained.items()} == {
        extra: sorted(names) for extra, names in asked.items()
    }


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    (newest, *_) = re.findall(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest == PACKAGE["version"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_an_extra_that_a_document_names_can_be_installed(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"extra `\[?(\w+)\]?`|`\[(\w+)\]`|jixiao-warehouse\[(\w+)\]", text)
    assert {name for names in named for name in names if name} <= set(PACKAGE["optional-dependencies"])
