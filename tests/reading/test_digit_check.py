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
from truth import find_differences, load_truth, read_all

from extract.errors import Reason, Refused
from extract.reading.document import read_document
from extract.reading.grid.placement import locate
from extract.reading.ink.signs import KINDS, find_kinds
from extract.reading.pages import OpenFile, read_checked_pages
from extract.reading.parsers.pdfium import document as reader
from extract.reading.parsers.pdfium.calls import point_at
from extract.reading.raster.digit_check import check_page, check_picture
from extract.reading.raster.digit_picture import MOST_PIXELS, Picture, draw_page
from extract.reading.raster.digit_places import Digits, find_digits

FIXTURES = Path(__file__).parents[1] / "fixtures"
FONTS = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Bold", "Courier-Bold")
ALL = "0123456789"
SIGNS = "><=%+()/:-.,"  # of those that every viewer's fonts have


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


def say(digits: Digits, shown: str, said: str) -> Digits:
    """The same page, of which the text layer says one sign for another."""
    kind = find_kinds(np.array([ord(said)]))[0]
    letters = tuple(said if letter == shown else letter for letter in digits.letter)
    return replace(digits, kind=np.where([one == shown for one in digits.letter], kind, digits.kind), letter=letters)


def list_contradicted(digits: Digits, picture: Picture) -> list[str]:
    return [problem.detail for problem in check_page(digits, picture)]


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
    texts=st.lists(st.text(ALL + SIGNS, min_size=1, max_size=12), min_size=1, max_size=8),
)
def test_digits_and_signs_of_honest_fonts_pass_whatever_they_say(
    font: str, size: float, x: float, texts: list[str]
) -> None:
    digits, picture = draw_texts([(text, x, 270.0 - 30.0 * k) for k, text in enumerate(texts)], font, size)
    assert check_page(digits, picture) == []


@pytest.mark.parametrize("font", FONTS)
@pytest.mark.parametrize("size", [7.5, 12.0])
def test_every_digit_that_is_said_to_be_another_one_is_found_in_one_print(font: str, size: float) -> None:
    digits, picture = draw_texts([(ALL, 40.0, 200.0)], font, size)
    missed = []
    for shown in ALL:
        for said in set(ALL) - {shown}:
            found = list_contradicted(say(digits, shown, said), picture)
            if len(found) != 1 or not found[0].endswith(f"the paper shows {shown}"):
                missed.append((said, shown))
    assert len(missed) <= 3, missed


@pytest.mark.parametrize("font", FONTS)
def test_a_sign_that_is_said_to_be_a_digit_or_another_sign_is_found(font: str) -> None:
    digits, picture = draw_texts([("-5.2%", 40.0, 200.0), (">60,311", 41.3, 150.0), ("<7=8+9", 40.0, 100.0)], font, 9.0)
    for shown in "-.,><=%+":
        for said in set("0123456789≥≤><%-.,") - {shown}:
            found = list_contradicted(say(digits, shown, said), picture)
            assert found, (shown, said)
            assert all(f"says {said} in" in detail for detail in found)


def test_a_glyph_is_judged_by_all_its_prints_and_a_lie_of_one_print_by_itself() -> None:
    digits, picture = draw_texts([("6966986", 40.0, 200.0), ("999", 40.0, 150.0)])
    assert len(list_contradicted(say(digits, "9", "6"), picture)) == 5
    digits, picture = draw_texts([("66666666669", 40.0, 200.0)])
    assert len(list_contradicted(say(digits, "9", "6"), picture)) == 1


def test_a_blank_that_draws_something_is_found_and_one_that_draws_nothing_passes() -> None:
    digits, picture = draw_texts([("-5.2", 40.0, 200.0)])
    assert list_contradicted(say(digits, "-", " "), picture) == [
        "the text layer says a blank in '-5.2', the paper shows something"
    ]
    digits, picture = draw_texts([("5 2", 40.0, 200.0)])
    assert digits.letter == ("5", "2")


def test_a_letter_or_a_one_that_is_a_dash_on_paper_is_found() -> None:
    digits, picture = draw_texts([("-5.2", 40.0, 200.0)])
    for said in "ÿa一":
        assert list_contradicted(say(digits, "-", said), picture) == [
            f"the text layer says {said} in '-5.2', the paper shows -"
        ]


def test_a_line_through_digits_does_not_contradict_them() -> None:
    for line in (198.0, 200.5, 203.0, 206.0):
        digits, picture = draw_texts([(ALL + ">=-", 40.0, 200.0)], line=line)
        assert check_page(digits, picture) == []


def test_an_underline_does_not_hide_a_swap() -> None:
    digits, picture = draw_texts([(ALL, 40.0, 200.0)], line=198.0)
    swapped = say(say(say(digits, "9", "x"), "6", "9"), "x", "6")
    assert len(list_contradicted(swapped, picture)) == 2


def test_the_picture_of_a_huge_page_stays_small() -> None:
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(14_000, 200_000_000)
    where = (np.array([10.0, 13_900.0]), np.array([15.0, 13_905.0]), np.array([20.0, 1.9e8]), np.array([10.0, 10.0]))
    other = (np.zeros(2), np.zeros(2, np.int64), np.zeros(2, np.int64), {0: "11"})
    drawn = np.array([[11.0, 13.0, 14.0, 20.0], [13_901.0, 1.9e8 - 7, 13_904.0, 1.9e8]])
    digits = Digits(1, 0, 14_000, 200_000_000, np.array([1, 1]), ("1", "1"), *where, *other, drawn)
    picture = draw_page(page, digits)
    assert picture.pixels.size < 1.1 * MOST_PIXELS


def test_a_font_without_its_file_is_not_judged() -> None:
    pages = read_checked_pages(FIXTURES / "w03_marks.pdf", "pdfium", None)
    assert [page.digits for page in pages] == [None] * len(pages)


@pytest.mark.parametrize("name", ["a_sideways", "d11_cairo_rot90", "d08_pdfmake_dashed", "d14_latex_longtable"])
@pytest.mark.parametrize("by", ["pdfium", "pdfplumber"])
def test_digits_are_judged_where_either_reader_says_that_they_stand(name: str, by: str) -> None:
    path = FIXTURES / f"{name}.pdf"
    file = OpenFile(path, None)
    digits = file.read_page(by, 1).digits
    assert digits is not None
    assert check_picture(file.pdfium, [digits]) == []
    shown = max(set(digits.letter) & set(ALL), key=digits.letter.count)
    said = "6" if shown != "6" else "7"
    lie = say(replace(digits, letter=digits.letter), shown, said)
    if by == "pdfplumber":  # what is drawn is looked up by the letter that both readers see
        lie = replace(lie, letter=digits.letter)
    problems = check_picture(file.pdfium, [lie])
    assert len(problems) > 0.9 * digits.letter.count(shown)
    assert {problem.page for problem in problems} == {1}
    assert {problem.reason for problem in problems} == {Reason.GARBLED_TEXT}
    assert sum(problem.box is not None for problem in problems) > len(problems) - 5  # a year outside tables has none


@pytest.mark.parametrize(
    ("name", "touched", "words"),
    [
        ("r02_one_digit_said_another", 2, "says 8 in '1,868.40', the paper shows 3"),
        ("r03_minus_said_a_blank", 2, "says a blank in '3.6%', the paper shows something"),
        ("r04_sign_said_another", 2, "says ≤ in '≤74.5公里', the paper shows ≥"),
        ("r05_digit_of_one_cell", 1, "says 0 in '1,308.40', the paper shows 6"),
        ("r06_actual_text_left_behind", 1, "'1,368.40' is printed, its ActualText is '2,368.40'"),
    ],
)
def test_glyphs_that_the_text_layer_denies_cost_their_projects_and_leave_others_right(
    name: str, touched: int, words: str
) -> None:
    records, held, _, refusal = read_all(FIXTURES / f"{name}.pdf")
    truth, _ = load_truth(FIXTURES / "r01_every_sign.json")
    rows = [row for table in truth["tables"] for row in table["rows"]]
    assert refusal is None
    assert len(held) >= touched  # with neighbours that a place in doubt may belong to
    assert records
    assert words in held[0].detail
    assert {(one.reason, one.page) for one in held} == {(Reason.GARBLED_TEXT, 1)}
    gone = {one.project for one in held}
    assert find_differences(records, [row for row in rows if row["project"] not in gone]) == []


def test_kinds_fold_the_variants_of_a_sign() -> None:
    codes = np.array([ord(letter) for letter in "3３≥≧−－一ÿ 中"])
    assert [KINDS[k] if k >= 0 else k for k in find_kinds(codes).tolist()] == [
        "3",
        "3",
        "≥",
        "≥",
        "-",
        "-",
        -4,
        -3,
        -2,
        -1,
    ]
