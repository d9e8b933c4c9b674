"""What the picture of a page says to its text layer: clear contradictions refuse, doubt and honest fonts never do."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.errors import Reason, Refused
from extract.reading.document import read_document
from extract.reading.grid.placement import locate
from extract.reading.ink.ink import Ints
from extract.reading.pages import read_checked_pages
from extract.reading.parsers.pdfium import document as reader
from extract.reading.parsers.pdfium.calls import point_at
from extract.reading.raster.digit_check import (
    MOST_PIXELS,
    Picture,
    check_page,
    choose_prints,
    draw_page,
    find_contradictions,
)
from extract.reading.raster.digit_places import Digits, find_digits
from extract.reading.raster.digit_shapes import Places, Shapes, cut_digits, find_flat, score_digits

FIXTURES = Path(__file__).parents[1] / "fixtures"
FONTS = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Bold", "Courier-Bold")
ALL = "0123456789"


def draw_texts(
    texts: list[tuple[str, float, float]], font: str = "Times-Roman", size: float = 10.0, line: float | None = None
) -> tuple[Digits, Picture]:
    """A page with texts at places (x and baseline from below), and perhaps a level line; its digits and its picture."""
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(400, 300)
    loaded = pdfium.FPDFText_LoadStandardFont(document.raw, font.encode())
    for text, x, y in texts:
        drawn = pdfium.FPDFPageObj_CreateTextObj(document.raw, loaded, size)
        letters = (ctypes.c_ushort * (len(text) + 1))(*map(ord, text), 0)
        pdfium.FPDFText_SetText(drawn, letters)
        pdfium.FPDFPageObj_Transform(drawn, 1, 0, 0, 1, x, y)
        pdfium.FPDFPage_InsertObject(page.raw, drawn)
    if line is not None:
        path = pdfium.FPDFPageObj_CreateNewPath(20, line)
        pdfium.FPDFPath_LineTo(path, 380, line)
        pdfium.FPDFPageObj_SetStrokeWidth(path, 0.8)
        pdfium.FPDFPath_SetDrawMode(path, 0, True)
        pdfium.FPDFPage_InsertObject(page.raw, path)
    pdfium.FPDFPage_GenerateContent(page.raw)
    ink = reader.read_page(point_at(document), point_at(page), 1, frozenset())
    owner = np.zeros(len(ink.glyphs), np.int64)
    digits = find_digits(ink, locate(ink.glyphs), owner, {0: "".join(ink.glyphs.text)}, 0)
    assert digits is not None
    return digits, draw_page(page, digits)


def look(digits: Digits, picture: Picture) -> tuple[Ints, Shapes]:
    chosen = choose_prints(digits)
    clean, shape = cut_digits(picture.pixels, place(digits, picture).take(chosen))
    return chosen[clean], shape


def place(digits: Digits, picture: Picture) -> Places:
    left, right = (x * picture.across - picture.left for x in (digits.left, digits.right))
    base = digits.base * picture.down - picture.top
    return Places(left, right, base, digits.size * picture.down, digits.light > 0.6)


def test_a_font_that_calls_its_9_a_6_is_refused_with_both_digits() -> None:
    with pytest.raises(Refused, match=r"the text layer says 6 in '1,690.00', the paper shows 9") as refusal:
        read_document(FIXTURES / "z15_digits_swapped.pdf")
    assert (refusal.value.reason, refusal.value.page) == (Reason.GARBLED_TEXT, 1)


def test_an_amount_of_which_paper_shows_nothing_is_refused_with_its_text() -> None:
    with pytest.raises(Refused, match=r"has '1,250.00', the paper shows nothing") as refusal:
        read_document(FIXTURES / "z16_amount_under_a_shading.pdf")
    assert (refusal.value.reason, refusal.value.page) == (Reason.CONSERVATION, 1)


@pytest.mark.parametrize("name", ["z15_digits_swapped", "z16_amount_under_a_shading"])
def test_no_reader_alone_sees_what_the_picture_shows(name: str) -> None:
    for alone in ("pdfium", "pdfplumber"):
        assert len(read_document(FIXTURES / f"{name}.pdf", reader=alone).records) == 4


@settings(max_examples=40, deadline=None)
@given(
    font=st.sampled_from(FONTS),
    size=st.floats(6.0, 16.0),
    x=st.floats(20.0, 60.0),
    texts=st.lists(st.text(ALL + ",.", min_size=1, max_size=12), min_size=1, max_size=8),
)
def test_digits_of_honest_fonts_pass_whatever_they_say(font: str, size: float, x: float, texts: list[str]) -> None:
    if not any(letter.isdigit() for text in texts for letter in text):
        return
    digits, picture = draw_texts([(text, x, 270.0 - 30.0 * k) for k, text in enumerate(texts)], font, size)
    check_page(digits, picture)


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("size", [7.5, 10.0, 14.0])
def test_every_digit_that_is_said_to_be_another_one_is_found(font: str, size: float) -> None:
    digits, picture = draw_texts([(ALL, 40.0, 200.0), (ALL, 41.3, 150.0)], font, size)
    rows, shape = look(digits, picture)
    missed = []
    for shown in range(10):
        mine = digits.said[rows] == shown
        for said in set(range(10)) - {shown}:
            lie = replace(digits, said=np.where(digits.said == shown, said, digits.said))
            found = find_contradictions(lie, rows[mine], shape[mine])
            missed += [(said, shown)] if [digit for _, digit in found] != [shown] else []
    assert len(missed) <= 3, missed


def test_digits_that_a_line_touches_are_in_doubt() -> None:
    digits, picture = draw_texts([(ALL, 40.0, 200.0)], line=200.5)
    rows, _ = look(digits, picture)
    assert len(rows) == 0


def test_an_underline_does_not_hide_a_swap() -> None:
    digits, picture = draw_texts([(ALL, 40.0, 200.0)], line=198.0)
    swapped = np.where(digits.said == 9, 6, np.where(digits.said == 6, 9, digits.said))
    with pytest.raises(Refused, match="the paper shows 9"):
        check_page(replace(digits, said=swapped), picture)


def test_a_font_with_two_shapes_for_one_digit_is_found() -> None:
    digits, picture = draw_texts([("6966986", 40.0, 200.0), ("999", 40.0, 150.0)])
    with pytest.raises(Refused, match="the paper shows 9"):
        check_page(replace(digits, said=np.where(digits.said == 9, 6, digits.said)), picture)


def test_one_contradicting_print_among_others_of_its_font_is_doubt() -> None:
    digits, picture = draw_texts([("6669", 40.0, 200.0)])
    check_page(replace(digits, said=np.array([6, 6, 6, 6])), picture)


def test_paper_without_ink_is_found_in_any_grey() -> None:
    each = np.ones(3)
    places = Places(np.array([20.0, 40.0, 60.0]), np.array([30.0, 50.0, 70.0]), 60 * each, 20 * each, each > 1)
    for grey in (0, 90, 252, 255):
        picture = np.full((100, 100), grey, np.uint8)
        assert find_flat(picture, places).tolist() == [0, 1, 2]
        picture[50, 45] = 255 - grey if grey != 90 else 30
        assert find_flat(picture, places).tolist() == [0, 2]


def test_the_picture_of_a_huge_page_stays_small() -> None:
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(14_000, 200_000_000)
    where = (np.array([10.0, 13_900.0]), np.array([15.0, 13_905.0]), np.array([20.0, 1.9e8]), np.array([10.0, 10.0]))
    other = (np.zeros(2), np.zeros(2, np.int64), np.zeros(2, np.int64), {0: "11"})
    digits = Digits(1, 0, 14_000, 200_000_000, np.array([1, 1]), *where, *other)
    picture = draw_page(page, digits)
    assert picture.pixels.size < 1.1 * MOST_PIXELS
    check_page(digits, picture)  # too small for a verdict


def test_a_font_without_its_file_is_not_judged() -> None:
    pages = read_checked_pages(FIXTURES / "w03_marks.pdf", "pdfium", None)
    assert [page.digits for page in pages] == [None] * len(pages)


@pytest.mark.parametrize("name", ["a_sideways", "d11_cairo_rot90", "d08_pdfmake_dashed", "d14_latex_longtable"])
@pytest.mark.parametrize("by", ["pdfium", "pdfplumber"])
def test_digits_are_found_where_either_reader_says_that_they_stand(name: str, by: str) -> None:
    path = FIXTURES / f"{name}.pdf"
    digits = read_checked_pages(path, by, None)[0].digits
    assert digits is not None
    with reader.open_document(path, None) as document:
        rows, shape = look(digits, draw_page(document[0], digits))
    assert len(rows) > 0.7 * len(choose_prints(digits))
    assert (score_digits(shape).argmax(axis=1) == digits.said[rows]).all()
