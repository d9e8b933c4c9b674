"""Every tolerance of reading is needed: with another value its fixture reads differently."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tolerance_pages import PAGES

from extract.errors import Refused
from extract.reading.document import read_document
from extract.reading.exchange import grids_to_dicts, reading_to_json, refusal_to_dict
from extract.reading.page import build_page
from extract.reading.tables.side_by_side_pages import split_sheets
from extract.reading.tolerances import TOLERANCES, Tolerances
from extract.settings import PROJECT

FIXTURES = PROJECT / "tests/fixtures"
FIELDS = dataclasses.fields(Tolerances)
UNITS = {"pt", "em", "px", "degrees", "ratio", "brightness", "alpha", "levels", "correlation"}


@contextmanager
def changed(name: str, value: float) -> Iterator[None]:
    """Set a tolerance for the time of the block."""
    before = getattr(TOLERANCES, name)
    object.__setattr__(TOLERANCES, name, value)
    try:
        yield
    finally:
        object.__setattr__(TOLERANCES, name, before)


def read(name: str, reader: str) -> object:
    """Return what a fixture reads as, a refusal with what is held back; of a made page its cells and problems."""
    if name in PAGES:
        page = build_page(PAGES[name]().ink())
        return grids_to_dicts(split_sheets(page.grids)), page.problems, page.notes
    try:
        return reading_to_json(read_document(FIXTURES / f"{name}.pdf", reader=reader))
    except Refused as refusal:
        return refusal_to_dict(refusal)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_tolerance_with_another_value_changes_what_its_fixture_reads_as(field: dataclasses.Field[float]) -> None:
    facts = field.metadata
    as_it_is = read(facts["fixture"], facts["reader"])
    with changed(field.name, facts["perturbed"]):
        otherwise = read(facts["fixture"], facts["reader"])
    assert as_it_is != otherwise
    assert read(facts["fixture"], facts["reader"]) == as_it_is


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_tolerance_has_a_unit_and_a_reason(field: dataclasses.Field[float]) -> None:
    assert field.metadata["unit"] in UNITS
    assert field.metadata["reason"]
