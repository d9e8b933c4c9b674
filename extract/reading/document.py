"""Read one PDF with both parsers, hold back the projects that anything speaks against, and return the rest."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from extract.entities import Finding, PageGrids, Reading
from extract.errors import Reason, Refused
from extract.limits import Limits
from extract.reading.agreement import SECOND_MAY_HEAL, merge_readings
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
    find_lost,
    find_problems,
    is_scan,
    refuse_missing_pages,
    refuse_unreadable,
)
from extract.reading.exchange import reading_from_json, reading_to_json
from extract.reading.page import CheckedPage
from extract.reading.page_seams import settle_seams
from extract.reading.pages import check_file, read_checked_pages
from extract.reading.plausibility import find_doubts, list_findings
from extract.reading.process_limits import usual_limits
from extract.reading.raster.digit_check import check_picture
from extract.reading.raster.digit_places import Digits
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.attribution import drop_furniture
from extract.reading.tables.freeze import build_parts, drop_copies, number_projects
from extract.reading.tables.side_by_side_pages import list_sheets

__all__ = ["READER_VERSION", "is_sampled", "read_document", "read_grids", "reading_from_json", "reading_to_json"]

READER_VERSION = "4"
PDFIUM, PDFPLUMBER = "pdfium", "pdfplumber"
NOT_SAMPLED = "the second reader was not asked: the document is outside its share"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reader made of a document: a reading, of which everything may be held back, or a refusal."""

    reading: Reading | None
    refusal: Refused | None
    places: Places
    digits: tuple[Digits, ...] = ()  # of the tables, page by page
    grids: tuple[PageGrids, ...] = ()


def read_document(
    path: Path,
    *,
    reader: str = "auto",
    password: str | None = None,
    second_reader_share: float = 1.0,
    limits: Limits | None = None,
) -> Reading:
    """Read one document in this process; raises Refused where nothing of it may be loaded.

    `reader` is pdfium, pdfplumber or auto: both, which must agree in every cell of a project. `second_reader_share` is
    the part of the documents, 0 to 1, that the second reader also reads under auto; a document of which the first
    holds something back is always tried again.
    """
    limits = limits or usual_limits()
    check_file(path, limits.size)
    if reader != "auto":
        alone = _read_with(path, reader, password, limits)
        return _deliver(alone.reading, alone)
    first = _try(path, PDFIUM, password, limits)
    if first.refusal is not None and first.refusal.reason not in SECOND_MAY_HEAL:
        raise first.refusal
    whole = first.reading is not None and not first.reading.held
    if first.reading is not None and whole and not is_sampled(first.reading.sha256, second_reader_share):
        single = Finding("single_reader", NOT_SAMPLED, None)
        return _deliver(replace(first.reading, findings=(*first.reading.findings, single)), first)
    second = _try(path, PDFPLUMBER, password, limits)
    reading, seen = _agree(first, second), first if first.reading is not None else second
    pages = {record.page for record in reading.records} | {p.page for r in reading.records for p in r.cells.values()}
    problems = check_picture(path, password, [digits for digits in seen.digits if digits.page in pages])
    touched = [(key, problem) for problem in problems for key in find_touched(problem, seen.places, None)]
    return _deliver(hold_back(reading, touched), seen)


def _deliver(reading: Reading | None, seen: Outcome) -> Reading:
    """Return a reading that has rows, compared with the other tables of the document.

    Raises Refused with the first reason where every project is held back.
    """
    if reading is None:
        raise Refused(Reason.CONSERVATION, "no reader could read the document")
    if not reading.records:
        first = reading.held[0]
        raise Refused(first.reason, first.detail, first.page, reading.held)
    checks = cross_check(reading.records, seen.grids, set(seen.places.rows))
    differing = [
        Finding("cross_check_differs", f"{c.kind} of {c.project!r}: {c.expected}, printed is {c.printed}", c.page)
        for c in checks
        if not c.agrees
    ]
    return replace(reading, cross_checks=checks, findings=(*reading.findings, *differing))


def is_sampled(sha256: str, share: float) -> bool:
    """Whether a document belongs to the share that both readers read: by its hash, so always the same ones.

    A larger share contains every smaller one; raises ValueError for a share outside 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share of the second reader {share}: expected 0 to 1")
    return int(sha256[:13], 16) < share * 16**13


def read_grids(
    path: Path, *, reader: str = "auto", password: str | None = None, limits: Limits | None = None
) -> tuple[PageGrids, ...]:
    """Every page with its ruled tables, whatever they hold; raises Refused for files that cannot be read."""
    limits = limits or usual_limits()
    check_file(path, limits.size)
    reader = PDFIUM if reader == "auto" else reader
    return tuple(page.grids for page in settle_seams(read_checked_pages(path, reader, password, limits)))


def _try(path: Path, reader: str, password: str | None, limits: Limits) -> Outcome:
    """Read with one reader through all stages; return what it ended with."""
    try:
        return _read_with(path, reader, password, limits)
    except Refused as refusal:
        return Outcome(None, refusal, Places())


def _read_with(path: Path, reader: str, password: str | None, limits: Limits) -> Outcome:
    """Read with one reader through all stages; raises Refused."""
    with _collector_at_rest():
        pages = read_checked_pages(path, reader, password, limits)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        reading, places = interpret(pages, sha256, reader)
        digits = tuple(page.digits for page in pages if page.digits is not None)
        return Outcome(reading, None, places, digits, tuple(page.grids for page in pages))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nothing that is made of a document is cyclic and nearly all of it is kept to the end.

    So the collector only costs (a fifth of the time on the fixtures).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def interpret(
    pages: tuple[CheckedPage, ...], sha256: str, reader: str, assembler: Assembler | None = None
) -> tuple[Reading, Places]:
    """Turn checked pages into a reading and the places of its projects; raises Refused where there is nothing to load.

    Who hands in an assembler sees how far it came.
    """
    pages = settle_seams(pages)
    refuse_unreadable(pages)
    assembler = assembler or Assembler()
    sheets, assembler.running = drop_furniture(list_sheets(page.grids for page in pages))
    for sheet in sheets:
        assembler.read_page(sheet)
    assembler.finish()
    drafts = [part for part in assembler.parts if part.drafts]
    number_projects(drafts)
    places, target_pages = list_places(drafts), set(assembler.target_pages)
    lost = [*assembler.lost, *find_lost(pages, target_pages)]
    problems = list(find_problems(pages, target_pages | {one.page for one in lost}))
    lost += find_skipped(problems, places)
    confine_problems(drafts, problems, places, pages)
    hold_torn(drafts, problems)
    findings = [*assembler.findings, *drop_copies(drafts)]
    confine_repeated_pages(drafts, pages)
    hold_neighbours(drafts, lost)
    parts, records, held = build_parts(drafts, find_doubts, adopt_problems(lost, problems), assembler.cover.title)
    if not records and (not held or any(map(is_scan, pages))):
        raise explain_absence(pages, assembler.goals, held)
    refuse_missing_pages(pages, target_pages)
    findings += list_findings(records)
    return Reading(sha256, len(pages), (reader,), parts, records, tuple(findings), held), places


def _agree(first: Outcome, second: Outcome) -> Reading:
    """Make one reading of two outcomes; raises Refused."""
    if first.reading is not None and second.reading is not None:
        return merge_readings(first.reading, second.reading, (PDFIUM, PDFPLUMBER))
    for mine, other in ((first, second), (second, first)):
        if mine.reading is not None and other.refusal is not None:
            single = Finding("single_reader", f"the other reader: {other.refusal}", other.refusal.page)
            return replace(mine.reading, findings=(*mine.reading.findings, single))
    raise first.refusal or Refused(Reason.CONSERVATION, "no reader could read the document")
