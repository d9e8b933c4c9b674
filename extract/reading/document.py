"""A PDF file in, a Reading out: both readers, their checks, what they disagree about, and what the paper says to it."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from extract.entities import Finding, PageGrids, Reading
from extract.errors import Reason, Refused
from extract.reading.agreement import find_difference
from extract.reading.document_checks import check_pages
from extract.reading.exchange import reading_from_json, reading_to_json
from extract.reading.page import CheckedPage
from extract.reading.pages import check_file, read_checked_pages
from extract.reading.plausibility import check_records
from extract.reading.raster.digit_check import check_picture
from extract.reading.raster.digit_places import Digits
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.freeze import build_parts
from extract.reading.tables.side_by_side_pages import list_sheets
from extract.settings import Limits, get_settings

__all__ = ["READER_VERSION", "is_sampled", "read_document", "read_grids", "reading_from_json", "reading_to_json"]

READER_VERSION = "3"
PDFIUM, PDFPLUMBER = "pdfium", "pdfplumber"
NOT_SAMPLED = "the second reader was not asked: the document is outside its share"
SECOND_MAY_HEAL = frozenset({Reason.CONSERVATION})  # other reasons say that nobody should load the document


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reader made of a document."""

    reading: Reading | None
    refusal: Refused | None
    digits: tuple[Digits, ...] = ()  # of the tables, page by page


def read_document(
    path: Path,
    *,
    reader: str = "auto",
    password: str | None = None,
    second_reader_share: float = 1.0,
    limits: Limits | None = None,
) -> Reading:
    """Read one document in this process; raises Refused.

    `reader` is pdfium, pdfplumber or auto: both, which must agree in every cell. `second_reader_share` is the part of
    the documents, 0 to 1, that the second reader also reads under auto; a refusal by the first is always tried again.
    """
    limits = limits or get_settings().limits()
    check_file(path, limits.size)
    if reader != "auto":
        return _read_with(path, reader, password, limits)
    first = _try(path, PDFIUM, password, limits)
    if first.refusal is not None and first.refusal.reason not in SECOND_MAY_HEAL:
        raise first.refusal
    if first.reading is not None and not is_sampled(first.reading.sha256, second_reader_share):
        return replace(first.reading, findings=(*first.reading.findings, Finding("single_reader", NOT_SAMPLED, None)))
    second = _try(path, PDFPLUMBER, password, limits)
    reading = _agree(first, second)
    check_picture(path, password, (first if first.reading is not None else second).digits)
    return reading


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
    limits = limits or get_settings().limits()
    check_file(path, limits.size)
    reader = PDFIUM if reader == "auto" else reader
    return tuple(page.grids for page in read_checked_pages(path, reader, password, limits))


def _try(path: Path, reader: str, password: str | None, limits: Limits) -> Outcome:
    """One reader through all stages, and what it ended with."""
    pages: tuple[CheckedPage, ...] = ()
    with _collector_at_rest():
        try:
            pages = read_checked_pages(path, reader, password, limits)
            return Outcome(_interpret_file(pages, path, reader), None, _list_digits(pages))
        except Refused as refusal:
            return Outcome(None, refusal, _list_digits(pages))


def _list_digits(pages: tuple[CheckedPage, ...]) -> tuple[Digits, ...]:
    return tuple(page.digits for page in pages if page.digits is not None)


def _read_with(path: Path, reader: str, password: str | None, limits: Limits) -> Reading:
    """One reader through all stages; raises Refused."""
    with _collector_at_rest():
        return _interpret_file(read_checked_pages(path, reader, password, limits), path, reader)


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


def _interpret_file(pages: tuple[CheckedPage, ...], path: Path, reader: str) -> Reading:
    return interpret(pages, hashlib.sha256(path.read_bytes()).hexdigest(), reader)


def interpret(pages: tuple[CheckedPage, ...], sha256: str, reader: str, assembler: Assembler | None = None) -> Reading:
    """Checked pages to a Reading; raises Refused. Who hands in an assembler sees how far it came."""
    check_pages(pages)
    assembler = assembler or Assembler()
    for sheet in list_sheets(page.grids for page in pages):
        assembler.read_page(sheet)
    assembler.finish()
    if not assembler.grids:
        raise Refused(Reason.NO_TABLE, "no ruled table on any page")
    parts, records = build_parts([p for p in assembler.parts if p.drafts])
    if not records:
        raise Refused(Reason.NOT_TARGETS, "tables, but none of performance targets")
    findings = (*assembler.findings, *check_records(records))
    return Reading(sha256, len(pages), (reader,), parts, records, findings)


def _agree(first: Outcome, second: Outcome) -> Reading:
    """Two outcomes to one; raises Refused."""
    if first.reading is not None and second.reading is not None:
        difference = find_difference(first.reading, second.reading)
        if difference is not None:
            raise Refused(Reason.READERS_DISAGREE, difference.detail, difference.page)
        return replace(first.reading, readers=(PDFIUM, PDFPLUMBER))
    for mine, other in ((first, second), (second, first)):
        if mine.reading is not None and other.refusal is not None:
            single = Finding("single_reader", f"the other reader: {other.refusal}", other.refusal.page)
            return replace(mine.reading, findings=(*mine.reading.findings, single))
    raise first.refusal or Refused(Reason.CONSERVATION, "no reader could read the document")
