"""Every fixture is read as its truth says, or refused; nothing in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from truth import judge, load_truth, read_all

from extract.entities import Column
from extract.errors import Reason, Refused
from extract.reading.document import is_sampled, read_document, read_grids, reading_from_json, reading_to_json

FIXTURES = Path(__file__).parents[1] / "fixtures"
TRUTHS = sorted(FIXTURES.glob("*.json"))
LARGE = 150_000  # bytes: larger ones are read by both readers in the benchmark, and here by the first
LEGACY = ("ok_or_error", "error_or_partial", "refused", "error")  # nothing is said of what may be delivered


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda p: p.stem)
def test_a_fixture_is_read_as_its_truth_says_or_held_back(truth: Path) -> None:
    data, pdf = load_truth(truth)
    reader = "pdfium" if pdf.stat().st_size > LARGE else "auto"
    said = read_all(pdf, reader)
    _, held, findings, refusal = said
    if data["expect"] in LEGACY:
        assert held or refusal or judge(said, data) == []
        return
    assert judge(said, data) == []
    if reader == "auto":
        assert [f.detail for f in findings if f.code == "single_reader"] == []


def test_the_folder_of_fixtures_is_not_empty() -> None:
    assert len(TRUTHS) > 45


@pytest.mark.parametrize(
    ("name", "reason", "page"),
    [
        ("x03_garbled_pua", Reason.GARBLED_TEXT, 1),
        ("x05_hashes", Reason.UNREADABLE_AMOUNT, 1),
        ("x06_unknown_value_header", Reason.UNKNOWN_HEADER, 1),
        ("x07_no_year", Reason.YEAR_UNKNOWN, 1),
        ("f07_year_conflict", Reason.YEAR_UNKNOWN, 1),
        ("l_no_unit", Reason.UNREADABLE_AMOUNT, 1),
        ("s_overprint", Reason.CONSERVATION, 1),
        ("p_missing_vertical", Reason.CONSERVATION, 1),
        ("q_borderless_second_page", Reason.CONSERVATION, 2),
        ("w01_pictured_value", Reason.NO_TEXT_LAYER, 1),
        ("w02_picture_over", Reason.NO_TEXT_LAYER, 1),
        ("w04_field", Reason.NO_TEXT_LAYER, 1),
        ("w07_page_gap", Reason.PAGE_MISSING, 2),
        ("w12_header_conflict", Reason.YEAR_UNKNOWN, 1),
        ("w15_outlines", Reason.NO_TEXT_LAYER, 1),
        ("w18_last_page_lost", Reason.PAGE_MISSING, 2),
        ("y01_clipped_amount", Reason.CONSERVATION, 1),
        ("y02_covered_by_neighbour", Reason.CONSERVATION, 1),
        ("y04_two_amounts", Reason.CONSERVATION, 1),
        ("y11_stamp_over_amount", Reason.NO_TEXT_LAYER, 1),
        ("y14_page_twice", Reason.CONSERVATION, 2),
        ("z10_one_row_of_a_lost_page", Reason.UNKNOWN_HEADER, 1),
        ("z11_struck_out", Reason.CONSERVATION, 1),
        ("z12_drawn_minus", Reason.NO_TEXT_LAYER, 1),
        ("z13_drawn_digit", Reason.NO_TEXT_LAYER, 1),
        ("z14_raised_mark_behind_an_amount", Reason.UNREADABLE_AMOUNT, 1),
    ],
)
def test_a_refusal_has_the_fitting_reason_and_names_the_page(name: str, reason: Reason, page: int) -> None:
    _, held, _, refusal = read_all(FIXTURES / f"{name}.pdf", "pdfium")
    said = [(one.reason, one.page) for one in held] + ([(refusal.reason, refusal.page)] if refusal else [])
    assert (reason, page) in said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("y01_clipped_amount", "a clip shows only a part of '1,250,000.00'"),
        ("y02_covered_by_neighbour", "painted later covers"),
        ("y03_page_edge", "shows only a part of"),
        ("y04_two_amounts", "has '1,250,000.00' and '1,520,000.00'"),
        ("y09_lost_rule", "in one cell for two rows"),
        ("y10_two_texts_in_a_cell", "two texts stand side by side"),
        ("y13_head_two_amounts", "one head prints the amounts"),
        ("y14_page_twice", "the same page as page 1"),
        ("z11_struck_out", "a line is drawn through '有所改善，'"),
        ("z12_drawn_minus", "a line is drawn before '2,090,000.00'"),
        ("z13_drawn_digit", "is drawn be"),
        ("z14_raised_mark_behind_an_amount", "found '209.00¹'"),
    ],
)
def test_what_paper_does_not_show_plainly_is_refused_with_words_that_say_so(name: str, words: str) -> None:
    _, held, _, refusal = read_all(FIXTURES / f"{name}.pdf", "pdfium")
    assert any(words in detail for detail in [*(one.detail for one in held), *([refusal.detail] if refusal else [])])


def test_an_unknown_header_refusal_names_the_word() -> None:
    with pytest.raises(Refused, match="考核刻度"):
        read_document(FIXTURES / "x06_unknown_value_header.pdf", reader="pdfium")


def test_an_empty_file_and_a_web_page_are_refused_before_any_parser(tmp_path: Path) -> None:
    for content, reason in ((b"", Reason.EMPTY), (b"<html>404</html>", Reason.NOT_PDF)):
        path = tmp_path / "a.pdf"
        path.write_bytes(content)
        with pytest.raises(Refused) as refusal:
            read_document(path)
        assert refusal.value.reason == reason


def test_a_reading_survives_json_unchanged() -> None:
    reading = read_document(FIXTURES / "base_seedlike.pdf", reader="pdfium")
    assert reading_from_json(reading_to_json(reading)) == reading


def test_the_readers_that_agree_are_named() -> None:
    reading = read_document(FIXTURES / "d05_fpdf2_a3.pdf")
    assert reading.readers == ("pdfium", "oxide")


def test_the_second_reader_reads_its_share_of_the_documents_and_always_the_same_ones() -> None:
    hashes = [f"{i * 16**13 // 100:013x}" for i in range(100)]
    assert [is_sampled(h, 0.25) for h in hashes].count(True) == 25
    assert all(is_sampled(h, 1.0) and not is_sampled(h, 0.0) for h in hashes)
    assert all(is_sampled(h, 0.5) for h in hashes if is_sampled(h, 0.25))


def test_a_document_outside_the_share_says_that_one_reader_read_it() -> None:
    reading = read_document(FIXTURES / "d05_fpdf2_a3.pdf", second_reader_share=0.0)
    assert reading.readers == ("pdfium",)
    assert [f.code for f in reading.findings if f.code == "single_reader"] == ["single_reader"]


def test_two_projects_of_one_name_stay_two() -> None:
    reading = read_document(FIXTURES / "t_same_name_pagebreak.pdf", reader="pdfium")
    names = {(r.project_no, r.cells[Column.PROJECT].text) for r in reading.records}
    assert sorted(names) == [(1, "森林防火专项经费"), (2, "古树名木保护"), (3, "古树名木保护")]


def test_grids_are_given_for_tables_without_targets() -> None:
    pages = read_grids(FIXTURES / "f13_department.pdf")
    assert [(g.n_cols, g.cells[0].text) for g in pages[0].grids] == [(4, "部门名称")]


def test_names_and_telephone_numbers_on_forms_are_not_extracted() -> None:
    reading = read_document(FIXTURES / "f12_signature.pdf", reader="pdfium")
    text = "".join(p.text for r in reading.records for p in r.cells.values())
    assert "张三" not in text
    assert "138" not in text
