"""Pages on which two readers see the same letters, rules and areas need no second reading."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from extract.errors import Refused
from extract.reading.document import read_document, reading_to_json
from extract.reading.grid.likeness import Look, are_alike, look_plainly
from extract.reading.ink.ink import Ink
from extract.reading.pages import OpenFile
from extract.reading.parsers.oxide.document import may_show_images, read_plainly

FIXTURES = Path(__file__).parents[1] / "fixtures"
# Of these only clips, images or the order of painting say what is seen, so that a look at letters would not do.
NOT_PLAIN = {
    "c01_print_area": 1,
    "c05_white_picture": 1,
    "c12_hanging_lines": 1,
    "k_covered": 1,
    "w02_picture_over": 1,
    "y01_clipped_amount": 1,
}


def look_at(name: str, number: int = 1) -> Look | None:
    """The first reader's look of a page."""
    with OpenFile(FIXTURES / f"{name}.pdf", None) as file:
        return file.stage_page("pdfium", number).check().look


def ink_of(name: str, number: int = 1) -> Ink:
    """The second reader's ink of a page, without clips, images and order."""
    with OpenFile(FIXTURES / f"{name}.pdf", None) as file:
        file.open("oxide")
        return read_plainly(file._extract(number), file.outline.notes[number - 1], frozenset())


def test_two_readers_see_a_plain_page_alike() -> None:
    look = look_at("base_seedlike")
    own = look_plainly(ink_of("base_seedlike"))
    assert look is not None
    assert own is not None
    assert len(look.code) > 500
    assert len(look.rules) > 50
    assert are_alike(look, own)


def change(name: str, row: int, amount: float) -> Look:
    """The look of a page with one figure changed."""
    look = look_at("base_seedlike")
    assert look is not None
    array = getattr(look, name).astype(np.float64).copy()
    array[row] += amount
    return replace(look, **{name: array})


@pytest.mark.parametrize(
    ("name", "amount"), [("code", 1), ("turn", 1), ("place", 1.0), ("size", 0.5), ("light", 0.1), ("rules", 1.0)]
)
@pytest.mark.parametrize("row", [0, 7, -1])
def test_one_letter_or_rule_that_differs_makes_pages_differ(name: str, amount: float, row: int) -> None:
    look = look_at("base_seedlike")
    assert look is not None
    assert are_alike(look, change(name, row, 0.0))
    assert not are_alike(look, change(name, row, amount))


@pytest.mark.parametrize("name", ["code", "rules"])
def test_one_letter_or_rule_that_is_missing_makes_pages_differ(name: str) -> None:
    look = look_at("base_seedlike")
    assert look is not None
    letters = ("code", "turn", "place", "size", "light")
    less = {one: getattr(look, one)[1:] for one in (letters if name == "code" else (name,))}
    assert not are_alike(look, replace(look, **less))
    assert not are_alike(replace(look, **less), look)


@pytest.mark.parametrize(("name", "number"), NOT_PLAIN.items(), ids=list(NOT_PLAIN))
def test_a_page_on_which_something_may_be_hidden_has_no_look(name: str, number: int) -> None:
    assert look_at(name, number) is None


def test_a_blank_between_digits_may_part_two_figures() -> None:
    ink = ink_of("base_seedlike")
    digit = np.char.isdigit(np.array(ink.glyphs.text))
    place = int(np.flatnonzero(digit[:-2] & digit[1:-1] & digit[2:])[0])
    assert look_plainly(ink_of("base_seedlike")) is not None
    ink.glyphs.text[place + 1], ink.glyphs.code[place + 1], ink.glyphs.drop[place + 1] = " ", ord(" "), 1
    ink.glyphs.box[place + 2] = ink.glyphs.box[place + 1]
    assert look_plainly(ink) is None


def test_a_page_whose_resources_name_an_image_may_show_it() -> None:
    with OpenFile(FIXTURES / "w02_picture_over.pdf", None) as file:
        file.open("oxide")
        assert any(map(may_show_images, file.outline.notes))
    with OpenFile(FIXTURES / "base_seedlike.pdf", None) as file:
        file.open("oxide")
        assert not any(map(may_show_images, file.outline.notes))


@pytest.mark.parametrize("name", ["base_seedlike", "a_sideways", "b_frame_hrules", "k17_second_line_overflows"])
def test_a_look_changes_no_reading(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> str:
        try:
            return reading_to_json(read_document(FIXTURES / f"{name}.pdf"))
        except Refused as refusal:
            return f"{refusal} {refusal.held}"

    looked = read()
    monkeypatch.setattr(OpenFile, "looks_alike", lambda *_: False)
    assert read() == looked
