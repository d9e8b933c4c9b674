"""Read one PDF with as many parsers as needed, compare the results, and hold back whatever is in doubt.

The first reader reads the text and the tables of all pages, and checks those that may belong to tables of targets; the
second one reads these, the third one those of them on which the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from extract.entities import Answer, Finding, PageGrids, Question, Reading
from extract.errors import Reason, Refused
from extract.limits import Limits
from extract.processes import pause_collector
from extract.reading.agreement import MAY_HEAL, ODD_READER, are_agreed, is_same_page, merge_readings
from extract.reading.answered import list_answers
from extract.reading.confinement import (
    Places,
    adopt_problems,
    confine_problems,
    confine_repeated_pages,
    find_skipped,
    find_touched,
    hold_back,
    hold_neighbours,
    hold_torn,
    list_places,
)
from extract.reading.cross_checks import cross_check
from extract.reading.document_checks import (
    explain_absence,
    find_cut_off,
    find_lost,
    find_problems,
    is_scan,
    list_cut_texts,
    list_pictured,
    refuse_missing_pages,
    refuse_unreadable,
    unite_places,
)
from extract.reading.exchange import reading_from_json, reading_to_json
from extract.reading.page import CheckedPage, StagedPage
from extract.reading.page_seams import settle_seams
from extract.reading.pages import READERS, OpenFile, check_file
from extract.reading.plausibility import find_doubts, list_findings
from extract.reading.process_limits import usual_limits
from extract.reading.raster.digit_check import check_picture
from extract.reading.reader_version import READER_VERSION
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.attribution import drop_furniture
from extract.reading.tables.freeze import build_parts, drop_copies, number_projects
from extract.reading.tables.inquiry import answering, inquiring, naming
from extract.reading.tables.side_by_side_pages import list_sheets
from extract.reading.tables.target_words import speaks_of_targets

__all__ = ["is_sampled", "read_document", "read_grids", "reading_from_json", "reading_to_json"]

PDFIUM, OXIDE, PDFPLUMBER = READERS
NOT_ASKED = Finding("single_reader", "the second reader was not asked: the document is outside its share", None)
Complete = Callable[[frozenset[int]], tuple[CheckedPage, ...]]
AROUND = (-1, 0, 1)  # pages beside one that holds targets: a table may go on there


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one reader: a reading, of which everything may be held back, or a refusal."""

    reading: Reading | None
    refusal: Refused | None
    places: Places
    pages: tuple[CheckedPage, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """Result of another reader for some pages, with the pages on which it differs."""

    reading: Reading | None
    refusal: Refused | None
    differing: tuple[int, ...]


def read_document(
    path: Path,
    *,
    reader: str = "auto",
    password: str | None = None,
    second_reader_share: float = 1.0,
    limits: Limits | None = None,
    answers: Sequence[Answer] = (),
    names: Sequence[str] = (),
) -> Reading:
    """Read one document in this process; raises Refused where nothing of it may be loaded.

    `answers` are people's choices where the document can be read in several ways; of two to one question the later
    counts. `names` are those of its file and of the link to it: the last evidence of its year.

    `reader` is pdfium, oxide, pdfplumber or auto: the first two, which must agree in every cell of a project, and the
    third where they do not. `second_reader_share` is the part of the documents, 0 to 1, that more than one reader reads
    under auto; a document of which the first holds something back is always tried again.
    """
    limits = limits or usual_limits()
    check_file(path, limits.size)
    with (
        OpenFile(path, password, limits) as file,
        answering(answers),
        naming(names, file.list_days),
        pause_collector(),  # almost nothing made of a document is cyclic; it would take a fifth of the time
    ):
        if reader != "auto":
            alone = _read_with(file, reader)
            return _deliver(alone.reading, alone)
        return _read_agreed(file, second_reader_share)


def _read_agreed(file: OpenFile, share: float) -> Reading:
    """Read with the first reader, confirm by the other readers and by the rendered page; raises Refused."""
    first = _read_or_refuse(file, PDFIUM)
    if first.refusal is not None and first.refusal.reason not in MAY_HEAL:
        raise first.refusal
    if first.reading is None:
        seen, reading = _read_without_first(file, first)
    elif not first.reading.held and not is_sampled(file.sha256, share):
        return _deliver(replace(first.reading, findings=(*first.reading.findings, NOT_ASKED)), first)
    else:
        seen, reading = first, _confirm(file, first, first.reading)
    pages = {record.page for record in reading.records} | {p.page for r in reading.records for p in r.cells.values()}
    digits = [page.digits for page in seen.pages if page.digits is not None and page.digits.page in pages]
    problems = check_picture(file.pdfium, digits) if digits else []
    touched = [(key, problem) for problem in problems for key in find_touched(problem, seen.places, None)]
    return _deliver(hold_back(reading, touched), seen)


def _confirm(file: OpenFile, first: Outcome, reading: Reading) -> Reading:
    """Read the pages in scope with the second reader, and those on which the two differ with the third one."""
    second = _ask(file, first, reading, OXIDE, sorted(first.places.scope))
    if second.reading is not None and are_agreed(reading, second.reading):
        return merge_readings(reading, second.reading, None, READERS)
    third = _ask(file, first, reading, PDFPLUMBER, second.differing)
    merged = merge_readings(reading, second.reading, third.reading, READERS)
    unread = [_note_unread(reader, one) for reader, one in ((OXIDE, second), (PDFPLUMBER, third)) if one.refusal]
    return replace(merged, findings=(*merged.findings, *unread))


def _ask(file: OpenFile, first: Outcome, reading: Reading, reader: str, numbers: Sequence[int]) -> Opinion:
    """Read pages with another reader; if all are equal to the first reader's, its reading is reused unchanged."""
    pages: list[CheckedPage] = list(first.pages)
    differing: dict[int, CheckedPage] = {}
    alike: dict[int, CheckedPage] = {}  # those whose texts a page break may cut
    try:
        for number in numbers:
            if reader == OXIDE and file.looks_alike(number, pages[number - 1].look):
                continue
            page = file.read_page(reader, number)
            if not is_same_page(pages[number - 1], page):
                differing[number] = page
            elif page.cut:
                alike[number] = page
        for number, page in (differing | _take_seams(differing.keys(), alike)).items():
            pages[number - 1] = page
        if differing:
            reading, _ = interpret(tuple(pages), file.sha256, reader, complete=partial(_complete, file, PDFIUM, pages))
    except Refused as refusal:
        return Opinion(None, refusal, tuple(numbers))
    return Opinion(reading, None, tuple(differing))


def _take_seams(differing: Iterable[int], alike: Mapping[int, CheckedPage]) -> dict[int, CheckedPage]:
    """Return the pages beside differing ones whose texts are cut: the two parts of a text must be one reader's."""
    taken: dict[int, CheckedPage] = {}
    for number in differing:
        for step in (1, -1):
            beside = number + step
            while beside in alike:
                taken[beside] = alike[beside]
                beside += step
    return taken


def _note_unread(reader: str, opinion: Opinion) -> Finding:
    """Report that a reader could not read the document."""
    refusal = opinion.refusal
    return Finding(ODD_READER, f"{reader} cannot read the document: {refusal}", refusal.page if refusal else None)


def _read_without_first(file: OpenFile, first: Outcome) -> tuple[Outcome, Reading]:
    """Read with the second and third reader where the first fails; raises Refused unless both can."""
    third = _read_or_refuse(file, PDFPLUMBER)
    second = _read_or_refuse(file, OXIDE)
    if third.reading is None or second.reading is None:
        raise first.refusal or Refused(Reason.CONSERVATION, "no reader could read the document")
    merged = merge_readings(third.reading, second.reading, None, (PDFPLUMBER, OXIDE))
    odd = _note_unread(PDFIUM, Opinion(None, first.refusal, ()))
    return third, replace(merged, findings=(*merged.findings, odd))


def _deliver(reading: Reading | None, seen: Outcome) -> Reading:
    """Return the reading with its cross-checks: amounts and weights compared with other tables of the document.

    Raises Refused with the first reason where every project is held back.
    """
    if reading is None:
        raise Refused(Reason.CONSERVATION, "no reader could read the document")
    if not reading.records:
        first = reading.held[0]
        raise Refused(first.reason, first.detail, first.page, reading.held)
    grids = [page.grids for page in seen.pages]
    checks = cross_check(reading.records, grids, set(seen.places.rows))
    differing = [
        Finding("cross_check_differs", f"{c.kind} of {c.project!r}: {c.expected}, printed is {c.printed}", c.page)
        for c in checks
        if not c.agrees
    ]
    return replace(reading, cross_checks=checks, findings=(*reading.findings, *differing))


def is_sampled(sha256: str, share: float) -> bool:
    """Return True if a document belongs to the share that several readers read, chosen by its hash.

    A larger share contains every smaller one; raises ValueError for a share outside 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share of the second reader {share}: expected 0 to 1")
    return int(sha256[:13], 16) < share * 16**13


def read_grids(
    path: Path, *, reader: str = "auto", password: str | None = None, limits: Limits | None = None
) -> tuple[PageGrids, ...]:
    """Return every page with its ruled tables, without interpreting them; raises Refused for unreadable files."""
    limits = limits or usual_limits()
    check_file(path, limits.size)
    reader = PDFIUM if reader == "auto" else reader
    with OpenFile(path, password, limits) as file:
        pages = tuple(file.stage_page(reader, number).glance() for number in range(1, file.open(reader) + 1))
    return tuple(page.grids for page in settle_seams(pages))


def _read_or_refuse(file: OpenFile, reader: str) -> Outcome:
    """Read with one reader through all stages; a refusal is returned as an outcome."""
    try:
        return _read_with(file, reader)
    except Refused as refusal:
        return Outcome(None, refusal, Places())


def _read_with(file: OpenFile, reader: str) -> Outcome:
    """Read with one reader through all stages; raises Refused."""
    pages = _stage_pages(file, reader)
    reading, places = interpret(tuple(pages), file.sha256, reader, complete=partial(_complete, file, reader, pages))
    return Outcome(reading, None, places, tuple(pages))


def _stage_pages(file: OpenFile, reader: str) -> list[CheckedPage]:
    """Read the text and tables of every page; run the checks on pages that mention targets, their neighbours, page 1.

    Which pages have tables of targets is known only after all are read: `_complete` checks those that are left.
    """
    pages: list[CheckedPage] = []
    before: StagedPage | None = None  # the last page, where it is not checked
    follows = False
    for number in range(1, file.open(reader) + 1):
        page = file.stage_page(reader, number)
        speaks = number == 1 or speaks_of_targets(page.grids)
        if speaks and before is not None:
            pages[-1] = before.check()
        is_near = speaks or follows
        pages.append(page.check() if is_near else page.glance())
        before, follows = None if is_near else page, speaks
    return pages


def _complete(file: OpenFile, reader: str, pages: list[CheckedPage], scope: frozenset[int]) -> tuple[CheckedPage, ...]:
    """Read and check those pages in scope that were not checked yet; changes `pages`."""
    for number in sorted(scope):
        if pages[number - 1].is_glance:
            pages[number - 1] = file.read_page(reader, number)
    return tuple(pages)


def find_scope(pages: set[int], count: int) -> frozenset[int]:
    """Return the pages that may belong to tables of targets: those given, the pages beside them, and the cover."""
    return frozenset({1, *(page + step for page in pages for step in AROUND if 1 <= page + step <= count)})


def interpret(
    pages: tuple[CheckedPage, ...],
    sha256: str,
    reader: str,
    assembler: Assembler | None = None,
    complete: Complete | None = None,
) -> tuple[Reading, Places]:
    """Interpret checked pages to a reading and the places of its projects; raises Refused where nothing is loadable.

    `assembler` lets a caller inspect what was read before a refusal. `complete` is needed where some pages are not
    checked yet: it gets the numbers of the pages in scope and returns all pages, with those checked.
    """
    with inquiring([page.grids for page in pages]):
        return _interpret(pages, sha256, reader, assembler or Assembler(), complete)


def _interpret(
    pages: tuple[CheckedPage, ...], sha256: str, reader: str, assembler: Assembler, complete: Complete | None
) -> tuple[Reading, Places]:
    """Interpret pages with people's answers applied; raises Refused."""
    printed, pages = pages, settle_seams(pages)
    refuse_unreadable(pages)
    sheets, assembler.evidence.running = drop_furniture(list_sheets(page.grids for page in pages))
    for sheet in sheets:
        assembler.read_page(sheet)
    assembler.finish()
    drafts = [part for part in assembler.parts if part.drafts]
    number_projects(drafts)
    places = list_places(drafts)
    target_pages = {*assembler.target_pages, *places.cells}  # a head may stand on the page before its indicators
    read = {number: [box for _, box in cells] for number, cells in places.cells.items()}
    cut = list(find_cut_off(pages, target_pages, read))
    lost = [*unite_places(assembler.lost, cut), *find_lost(pages, target_pages)]
    places.scope = find_scope(target_pages | {one.page for one in lost}, len(pages))
    if complete is not None and any(pages[number - 1].is_glance for number in places.scope):
        pages = settle_seams(complete(places.scope))
    problems = list(find_problems(pages, target_pages | {one.page for one in lost}))
    lost += find_skipped(problems, places)
    confine_problems(drafts, problems, places, pages)
    hold_torn(drafts, problems)
    findings = [*assembler.findings, *drop_copies(drafts)]
    confine_repeated_pages(drafts, printed)
    hold_neighbours(drafts, lost)
    parts, records, held = build_parts(
        drafts, find_doubts, adopt_problems(lost, problems), assembler.evidence.cover.title
    )
    if not records and (not held or any(map(is_scan, pages))):
        raise explain_absence(pages, assembler.goals, held)
    refuse_missing_pages(pages, target_pages)
    findings += [*list_pictured(pages, lost), *list_cut_texts(pages, records), *list_findings(records)]
    settled, answered = list_answers(drafts, records)
    held = tuple(replace(one, questions=_sign(one.questions)) for one in held)
    content = parts, records, (*findings, *answered), held
    return Reading(sha256, len(pages), (reader,), *content, settled=_sign(settled)), places


def _sign(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Add this reader's version to its questions."""
    return tuple(replace(question, reader_version=READER_VERSION) for question in questions)
