"""docs/data-dictionary.md is what dbt's manifest says, and dbt's manifest leaves nothing unsaid."""

from __future__ import annotations

from typing import Any

from render_data_dictionary import PAGE, render_page

Node = dict[str, Any]


def test_the_data_dictionary_is_what_the_manifest_says(manifest: Node) -> None:
    assert render_page(manifest) == PAGE.read_text(encoding="utf-8"), "`make docs` writes it anew"
