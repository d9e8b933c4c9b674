"""What two readers of three say counts; what a third opinion may and may not heal."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdfium2
import pytest

from extract.entities import Column, Finding, Held, Reading, Record
from extract.errors import Reason, Refused
from extract.reading import document
from extract.reading.agreement import are_agreed, is_same_page, list_texts, merge_readings
from extract.reading.document import read_document
from extract.reading.page import CheckedPage
from extract.reading.pages import READERS, OpenFile
from extract.reading.parsers.oxide.painting import Painting

FIXTURES = Path(__file__).parents[1] / "fixtures"
# What the second reader does not see as pdfium does, by fixture: its page must differ, so that the third one is asked.
UNSAID = {
    "d11_cairo_rot90": "in which direction turned text runs",
    "d12_odt_two_forms": "what an ActualText says",
    "r06_actual_text_left_behind": "what an ActualText says",
    "r07_actual_text_repairs": "what an ActualText says",
    "r12_vertical_writing": "how a vertical font is set",
    "y02_covered_by_neighbour": "which of two touching texts has room on its far side",
    "z09_labels_of_two_words": "what an ActualText says",
}
# Of these only the operators say what is seen (painting.py): its page must be the same as pdfium's.
SAID_BY_OPERATORS = {
    "c01_print_area": "clips",
    "c02_line_on_seam": "clips",
    "c04_hidden_on_no_page": "clips",
    "c05_white_picture": "a picture painted later",
    "c12_hanging_lines": "order of painting",
    "k_covered": "an area painted later",
    "w02_picture_over": "a picture painted later",
    "y01_clipped_amount": "clips",
    "y15_hidden_lines": "order of painting",
}


@cache
def reading() -> Reading:
    """A reading of several projects, none of which is held back."""
    return read_document(FIXTURES / "base_seedlike.pdf", reader="pdfium")


def reword(one: Reading, number: int, text: str) -> Reading:
    """The same reading with another target in the first row of a project."""
    changed: list[Record] = []
    for record in one.records:
        if record.project_no == number and all(r.project_no != number for r in changed):
            cell = replace(record.cells[Column.ANNUAL_VALUE], text=text)
            record = replace(record, cells={**record.cells, Column.ANNUAL_VALUE: cell})
        changed.append(record)
    return replace(one, records=tuple(changed))


def hold(one: Reading, number: int, reason: Reason = Reason.CONSERVATION) -> Reading:
    """The same reading with a project held back."""
    rows = [record for record in one.records if record.project_no == number]
    name, (first, *_, last) = rows[0].cells[Column.PROJECT].text, rows
    held = Held(reason, first.page, last.page, "why", name, None, first.part, number, first.box, first.scope)
    return replace(drop(one, number), held=(held,))


def drop(one: Reading, number: int) -> Reading:
    return replace(one, records=tuple(record for record in one.records if record.project_no != number))


def first_target(one: Reading, number: int) -> str:
    return next(r.cells[Column.ANNUAL_VALUE].text for r in one.records if r.project_no == number)


def odd(one: Reading) -> list[Finding]:
    return [finding for finding in one.findings if finding.code == "odd_reader"]


def test_two_readers_that_agree_need_no_third() -> None:
    assert are_agreed(reading(), reading())
    merged = merge_readings(reading(), reading(), None, READERS)
    assert (merged.readers, merged.records, odd(merged)) == (("pdfium", "oxide"), reading().records, [])


def test_a_second_reader_that_two_others_outvote_is_named() -> None:
    second = reword(reading(), 2, "≥1件")
    assert not are_agreed(reading(), second)
    merged = merge_readings(reading(), second, reading(), READERS)
    assert (merged.records, merged.held) == (reading().records, ())
    assert merged.readers == READERS
    (finding,) = odd(merged)
    assert finding.detail.startswith("oxide is outvoted")
    assert "≥1件" in finding.detail


def test_a_first_reader_that_two_others_outvote_gives_way_in_that_project_alone() -> None:
    others = reword(reading(), 2, "≥1件")
    merged = merge_readings(reading(), others, others, READERS)
    assert [first_target(merged, n) for n in (1, 2)] == [first_target(reading(), 1), "≥1件"]
    assert [f.detail.split()[0] for f in odd(merged)] == ["pdfium"]


def test_what_no_two_readers_say_is_held_back() -> None:
    merged = merge_readings(reading(), reword(reading(), 2, "≥1件"), reword(reading(), 2, "≥7件"), READERS)
    (held,) = merged.held
    assert (held.reason, held.project_no) == (Reason.READERS_DISAGREE, 2)
    assert "≥1件" in held.detail
    assert "≥7件" in held.detail
    assert merged.records == drop(reading(), 2).records


@pytest.mark.parametrize("third", [None, "differs"])
def test_one_reader_alone_is_never_enough(third: str | None) -> None:
    other = None if third is None else reword(reading(), 2, "≥1件")
    merged = merge_readings(reading(), None, other, READERS)
    kept = {record.project_no for record in merged.records}
    assert kept == (set() if third is None else {r.project_no for r in reading().records} - {2})
    assert {held.reason for held in merged.held} == {Reason.READERS_DISAGREE}


def test_two_others_heal_what_speaks_of_the_first_parser() -> None:
    first = hold(reading(), 2)
    assert not are_agreed(first, reading())
    merged = merge_readings(first, reading(), reading(), READERS)
    assert merged.held == ()
    assert sorted(r.row for r in merged.records) == sorted(r.row for r in reading().records)
    assert [f.detail.split()[0] for f in odd(merged)] == ["pdfium"]


@pytest.mark.parametrize("others", [("reads", "holds"), ("holds", "reads"), ("differs", "reads"), ("reads", None)])
def test_one_opinion_heals_nothing(others: tuple[str, str | None]) -> None:
    first = hold(reading(), 2)
    say = {"reads": reading(), "holds": hold(reading(), 2), "differs": reword(reading(), 2, "≥1件"), None: None}
    merged = merge_readings(first, say[others[0]], say[others[1]], READERS)
    assert merged.held == first.held


def test_a_reason_that_speaks_of_the_document_is_not_healed_and_asks_nobody() -> None:
    first = hold(reading(), 2, Reason.YEAR_UNKNOWN)
    assert are_agreed(first, reading())
    assert merge_readings(first, reading(), reading(), READERS).held == first.held


def test_a_project_is_not_healed_into_a_document_of_another_year() -> None:
    first = hold(reading(), 2)
    parts = tuple(replace(part, fiscal_year=part.fiscal_year + 1) for part in reading().parts)
    other = replace(reading(), parts=parts)
    assert 2 in {held.project_no for held in merge_readings(first, other, other, READERS).held}


def test_a_project_that_the_first_reader_does_not_find_is_held_back_and_never_added() -> None:
    first = drop(reading(), 2)
    merged = merge_readings(first, reading(), reading(), READERS)
    assert merged.records == first.records
    assert [(held.reason, held.project_no) for held in merged.held] == [(Reason.READERS_DISAGREE, 2)]


def test_a_project_that_only_one_other_reader_finds_is_no_project() -> None:
    first = drop(reading(), 2)
    merged = merge_readings(first, reading(), first, READERS)
    assert (merged.records, merged.held) == (first.records, ())
    assert [f.detail.split()[0] for f in odd(merged)] == ["oxide"]
    unheard = merge_readings(first, reading(), None, READERS)
    assert [held.reason for held in unheard.held] == [Reason.READERS_DISAGREE]


def see(name: str) -> list[tuple[CheckedPage, CheckedPage]]:
    """Each page of a fixture as the first and the second reader see it."""
    with OpenFile(FIXTURES / f"{name}.pdf", None) as file:
        return [(file.read_page("pdfium", n), file.read_page("oxide", n)) for n in range(1, file.open("oxide") + 1)]


@pytest.mark.parametrize("name", sorted(UNSAID))
def test_what_the_second_reader_cannot_see_is_a_difference_on_its_page(name: str) -> None:
    assert not all(is_same_page(one, other) for one, other in see(name))


@pytest.mark.parametrize("name", sorted(SAID_BY_OPERATORS))
def test_clips_and_order_of_painting_are_read_from_the_operators(name: str) -> None:
    for one, other in see(name):
        assert list_texts(one.grids) == list_texts(other.grids)
        assert [(p.reason, p.detail) for p in one.problems] == [(p.reason, p.detail) for p in other.problems]


@pytest.mark.parametrize("name", ["c01_print_area", "k_covered", "y01_clipped_amount"])
def test_operators_that_paint_other_paths_than_pdf_oxide_says_count_for_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.reading.parsers.oxide.document.read_painting", lambda *_: Painting())
    assert not all(is_same_page(one, other) for one, other in see(name))


def test_a_page_whose_texts_are_cut_is_the_same_only_where_both_readers_see_the_same_cut() -> None:
    for one, other in see("s02_line_cut_in_half"):
        assert one.cut
        assert is_same_page(one, other)
        cut = one.cut[0]
        for change in (
            {"shown": tuple(not shown for shown in cut.shown)},
            {"cut": not cut.cut},
            {"own": not cut.own},
            {"figure": not cut.figure},
            {"text": cut.text + "x"},
            {"lines": tuple(replace(line, shown=line.shown / 2 + 0.25 * (line.shown == 0)) for line in cut.lines)},
        ):
            changed = replace(other, cut=(replace(other.cut[0], **change), *other.cut[1:]))
            assert not is_same_page(one, changed), change
        assert not is_same_page(one, replace(other, cut=()))


def test_both_parts_of_a_text_that_a_page_break_cuts_come_from_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = see("s02_line_cut_in_half")
    with OpenFile(FIXTURES / "s02_line_cut_in_half.pdf", None) as file:
        monkeypatch.setattr(document, "is_same_page", lambda one, _: one.grids.page != 1)
        monkeypatch.setattr(OpenFile, "read_page", lambda _, __, number: pairs[number - 1][1])
        seen: list[tuple[CheckedPage, ...]] = []
        monkeypatch.setattr(document, "interpret", lambda pages, *_, **__: (seen.append(pages), (None, None))[1])
        first = document.Outcome(None, None, document.Places(), tuple(one for one, _ in pairs))
        opinion = document._ask(file, first, reading(), "oxide", [1, 2])
    assert opinion.differing == (1,)
    assert all(pairs[k][1].cut for k in (0, 1))
    assert [page is pairs[k][1] for k, page in enumerate(seen[0][:2])] == [True, True]


def spy(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which pages each reader is asked for from now on."""
    asked: list[tuple[str, int]] = []
    read_page = OpenFile.read_page

    def note(file: OpenFile, reader: str, number: int) -> object:
        asked.append((reader, number))
        return read_page(file, reader, number)

    monkeypatch.setattr(OpenFile, "read_page", note)
    return asked


def test_the_third_reader_is_asked_where_the_others_differ_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = spy(monkeypatch)
    read_document(FIXTURES / "base_seedlike.pdf")
    assert [page for reader, page in asked if reader == "pdfplumber"] == []
    asked.clear()
    read_document(FIXTURES / "d12_odt_two_forms.pdf")
    third = [page for reader, page in asked if reader == "pdfplumber"]
    assert third
    assert set(third) <= {page for reader, page in asked if reader == "oxide"}
    assert max(asked.count(one) for one in asked) == 1  # nothing is read twice


def test_the_second_reader_reads_pages_that_may_hold_targets_and_no_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pypdfium2.PdfDocument.new() as book, pypdfium2.PdfDocument(FIXTURES / "f06_one_row.pdf") as form:
        for _ in range(3):
            book.new_page(595, 842)
        book.import_pages(form)
        for _ in range(3):
            book.new_page(595, 842)
        book.save(tmp_path / "book.pdf")
    asked, extracted = spy(monkeypatch), []
    extract = OpenFile._extract
    monkeypatch.setattr(OpenFile, "_extract", lambda file, number: extracted.append(number) or extract(file, number))
    one = read_document(tmp_path / "book.pdf")
    assert {record.page for record in one.records} == {4}
    assert sorted(set(extracted)) == [1, 3, 4, 5]
    assert {page for reader, page in asked if reader == "oxide"} <= {4}  # blank pages look alike


def test_a_file_that_the_second_reader_cannot_open_is_decided_by_the_third(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes, password: str | None) -> object:
        raise Refused(Reason.TRUNCATED, "pdf_oxide cannot open the file: no")

    monkeypatch.setattr("extract.reading.parsers.oxide.document.open_document", fail)
    one = read_document(FIXTURES / "f06_one_row.pdf")
    assert one.readers == ("pdfium", "pdfplumber")
    assert any("oxide cannot read the document" in finding.detail for finding in odd(one))
    monkeypatch.setattr("extract.reading.parsers.plumber.document.open_document", fail)
    with pytest.raises(Refused) as refusal:
        read_document(FIXTURES / "f06_one_row.pdf")
    assert refusal.value.reason == Reason.READERS_DISAGREE
