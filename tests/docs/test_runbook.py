"""docs/operations.md says of every alert that the product can raise what to do."""

from __future__ import annotations

import re

import pytest

from extract.settings import PROJECT, Settings
from extract.sources.discovery import LISTING_FINDINGS

MANUAL = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
RUNBOOK = MANUAL.partition("## Runbook")[2]
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "extract").rglob("*.py")))
FOUND = re.findall(
    r'Finding\("(\w+)"', "\n".join(p.read_text("utf-8") for p in (PROJECT / "extract/sources").glob("*.py"))
)
POSTED = re.findall(r'(?:alert=|"alert": )"(run_\w+)"', SOURCES)


@pytest.mark.parametrize("code", sorted({*FOUND, *POSTED, *LISTING_FINDINGS}))
def test_every_code_of_an_alert_is_in_the_runbook(code: str) -> None:
    assert f"`{code}`" in RUNBOOK


def test_every_line_of_freshness_is_in_the_runbook() -> None:
    text = (PROJECT / "extract/sources/freshness.py").read_text(encoding="utf-8")
    for said in (
        "source ahead of warehouse",
        "nothing new in season",
        "too little in season",
        "cannot be read again",
        "is pinned",
    ):
        assert said in text
        assert said in RUNBOOK


def test_every_dag_that_can_fail_is_in_the_runbook() -> None:
    for dag in (path.stem for path in (PROJECT / "dags").glob("*.py")):
        assert f"`run_failed` `{dag}`" in RUNBOOK


def test_every_setting_that_the_manual_names_is_a_setting() -> None:
    known = {f"JIXIAO_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"JIXIAO_[A-Z_]+[A-Z]", MANUAL)) <= known
