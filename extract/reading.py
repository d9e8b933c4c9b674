"""A PDF file in, a Reading out: both readers, their checks, and what they disagree about."""

from __future__ import annotations

import gc
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from extract.checks import check_records
from extract.entities import Finding, PageGrids, Reading
from extract.errors import Reason, Refused
from extract.pages.documents import check_file, read_checked_pages
from extract.pages.exchange import reading_from_json, reading_to_json
from extract.pages.grids import CheckedPage
from extract.tables.assemble import Assembler
from extract.tables.compare import find_difference
from extract.tables.page_checks import check_pages
from extract.tables.records import build_parts
from extract.tables.sheets import list_sheets

__all__ = ["READER_VERSION", "is_sampled", "read_document", "read_grids", "reading_from_json", "reading_to_json"]

READER_VERSION = "2"
PDFIUM, PDFPLUMBER = "pdfium", "pdfplumber"
NOT_SAMPLED = "the second reader was not asked: the document is outside its share"
SECOND_MAY_HEAL = frozenset({Reason.CONSERVATION})  # other reasons say that nobody should load the document


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one reader made of a document."""

    reading: Reading | None
    refusal: Refused | None


def read_document(
    path: Path, *, reader: str = "auto", password: str | None = None, second_reader_share: float = 1.0
) -> Reading:
    """Read one document in this process; raises Refused.

    `reader` is pdfium, pdfplumber or auto: both, which must agree in every cell. `second_reader_share` is the part of
    the documents, 0 to 1, that the second reader also reads under auto; a refusal by the first is always tried again.
    """
    check_file(path)
    if reader != "auto":
        return _read_with(path, reader, password)
    first = _try(path, PDFIUM, password)
    if first.refusal is not None and first.refusal.reason not in SECOND_MAY_HEAL:
        raise first.refusal
    if first.reading is not None and not is_sampled(first.reading.sha256, second_reader_share):
        return replace(first.reading, findings=(*first.reading.findings, Finding("single_reader", NOT_SAMPLED, None)))
    return _agree(first, _try(path, PDFPLUMBER, password))


def is_sampled(sha256: str, share: float) -> bool:
    """Whether a document belongs to the share that both readers read: by its hash, so always the same ones.

    A larger share contains every smaller one; raises ValueError for a share outside 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share of the second reader {share}: expected 0 to 1")
    return int(sha256[:13], 16) < share * 16**13


def read_grids(path: Path, *, reader: str = "auto", password: str | None = None) -> tuple[PageGrids, ...]:
    """Every page with its ruled tables, whatever they hold; raises Refused for files that cannot be read."""
    check_file(path)
    return tuple(page.grids for page in read_checked_pages(path, PDFIUM if reader == "auto" else reader, password))


def _try(path: Path, reader: str, password: str | None) -> Outcome:
    try:
        return Outcome(_read_with(path, reader, password), None)
    except Refused as refusal:
        return Outcome(None, refusal)


def _read_with(path: Path, reader: str, password: str | None) -> Reading:
    """One reader through all stages.

    Nothing that is made here is cyclic and nearly all of it is kept to the end, so the collector only costs (a fifth
    of the time on the fixtures); it rests meanwhile.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        pages = read_checked_pages(path, reader, password)
        return interpret(pages, hashlib.sha256(path.read_bytes()).hexdigest(), reader)
    finally:
        if collecting:
            gc.enable()


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
