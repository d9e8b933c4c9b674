"""Pages that are only glanced at change no reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.entities import PageGrids
from extract.errors import Refused
from extract.reading import document
from extract.reading.pages import OpenFile

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAMES = (
    "base_seedlike",
    "c01_print_area",
    "c16_label_over_three_pages",
    "y15_hidden_lines",
    "z18_goes_on_as_a_picture",
)


def read(name: str, monkeypatch: pytest.MonkeyPatch, *, speaks: bool) -> str:
    """Read a document as if all pages, or none, spoke of targets."""

    def say(page: PageGrids) -> bool:
        return speaks

    monkeypatch.setattr(document, "speaks_of_targets", say)
    try:
        return document.reading_to_json(document.read_document(FIXTURES / f"{name}.pdf", reader="pdfium"))
    except Refused as refusal:
        return f"{refusal.reason} {refusal.page} {refusal} {refusal.held}"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_that_speaks_of_nothing_and_belongs_to_a_table_is_read_in_full(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(name, monkeypatch, speaks=False) == read(name, monkeypatch, speaks=True)


def test_only_pages_near_one_that_speaks_of_targets_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "speaks_of_targets", lambda page: False)
    with OpenFile(FIXTURES / "base_seedlike.pdf", None) as file:
        pages = document._glance(file, "pdfium")
        assert [page.is_glance for page in pages] == [False, False, True]
        document._complete(file, "pdfium", pages, frozenset({3}))
    assert not pages[2].is_glance
