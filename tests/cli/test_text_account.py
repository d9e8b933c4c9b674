"""`jixiao read --account`: every character of a page with targets is counted once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from extract.settings import PROJECT

FIXTURES = PROJECT / "tests/fixtures"
FATES = ("loaded", "words", "held_back", "not_loaded", "outside")


def account(pdf: Path) -> list[dict[str, Any]]:
    command = [
        sys.executable,
        "-m",
        "extract",
        "read",
        "--account",
        "--reader",
        "pdfium",
        str(pdf),
        "--format",
        "jsonl",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("pdf", [PROJECT / "demo/publications/2025.pdf", FIXTURES / "s18_hunan_flat.pdf"])
def test_the_account_has_every_character_that_another_parser_finds(pdf: Path) -> None:
    rows = account(pdf)
    with pdfplumber.open(pdf) as document:
        found = {page.page_number: sum(not c["text"].isspace() for c in page.chars) for page in document.pages}
    assert {row["page"]: row["characters"] for row in rows} == {row["page"]: found[row["page"]] for row in rows}
    assert all(row["characters"] == sum(row[fate] for fate in FATES) for row in rows)
    assert all(row["held_back"] == 0 < row["loaded"] for row in rows)


def test_what_is_held_back_is_not_counted_as_loaded() -> None:
    (row,) = account(FIXTURES / "x05_hashes.pdf")
    assert row["held_back"] > len("##########")
    assert row["loaded"] > row["held_back"], "the other projects of the page are loaded"


def test_a_column_that_is_ignored_is_named() -> None:
    texts = " ".join(row["texts_not_loaded"] for row in account(FIXTURES / "s18_hunan_flat.pdf"))
    assert texts
