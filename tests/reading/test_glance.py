"""Pages that are only glanced at change no reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.errors import Refused
from extract.reading import document
from extract.reading.page import CheckedPage
from extract.reading.pages import OpenFile

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAMES = ("base_seedlike", "k_covered", "w02_picture_over", "y01_clipped_amount")


def read(name: str, monkeypatch: pytest.MonkeyPatch, *, in_full: bool) -> str:
    """Read a document of which at first all pages are read in full, or all only glanced at."""

    def open_pages(file: OpenFile, reader: str) -> list[CheckedPage]:
        staged = [file.stage_page(reader, number) for number in range(1, file.open(reader) + 1)]
        return [page.check() if in_full else page.glance() for page in staged]

    monkeypatch.setattr(document, "_stage_pages", open_pages)
    try:
        return document.reading_to_json(document.read_document(FIXTURES / f"{name}.pdf", reader="pdfium"))
    except Refused as refusal:
        return f"{refusal.reason} {refusal.page} {refusal} {refusal.held}"


@pytest.mark.parametrize("name", NAMES)
def test_what_speaks_against_a_page_of_targets_counts_although_it_was_glanced_at(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(name, monkeypatch, in_full=False) == read(name, monkeypatch, in_full=True)


def test_only_pages_near_one_that_speaks_of_targets_are_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "speaks_of_targets", lambda page: False)
    with OpenFile(FIXTURES / "base_seedlike.pdf", None) as file:
        pages = document._stage_pages(file, "pdfium")
        assert [page.is_glance for page in pages] == [False, False, True]
        document._complete(file, "pdfium", pages, frozenset({3}))
    assert not pages[2].is_glance
