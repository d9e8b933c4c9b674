"""A PDF file and a reader's name in, its checked pages out; refuses what is not a readable PDF."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from extract.errors import Reason, Refused
from extract.limits import Limits
from extract.reading.ink.ink import Ink, add_stamps
from extract.reading.page import CheckedPage, build_page
from extract.reading.parsers.outline.page_count import Notes, check_page_count, count_by_pdfium
from extract.reading.process_limits import usual_limits


def check_file(path: Path, most_bytes: int) -> None:
    """Raises Refused (empty, too_large, not_pdf) before any parser sees the file."""
    size = path.stat().st_size
    if size == 0:
        raise Refused(Reason.EMPTY, "the file has no bytes")
    if size > most_bytes:
        raise Refused(Reason.TOO_LARGE, f"{size} bytes, more than {most_bytes}")
    with path.open("rb") as stream:
        if b"%PDF-" not in stream.read(1024 + 5):
            raise Refused(Reason.NOT_PDF, "no %PDF- in the first 1,024 bytes")


def read_checked_pages(
    path: Path, reader: str, password: str | None, limits: Limits | None = None
) -> tuple[CheckedPage, ...]:
    """All pages by one reader, built and checked one after the other."""
    return tuple(build_page(ink, notes.typed) for ink, notes in read_ink(path, reader, password, limits))


def read_ink(
    path: Path, reader: str, password: str | None, limits: Limits | None = None
) -> Iterator[tuple[Ink, Notes]]:
    """Each page with what its annotations print; stamps become pictures that were painted last."""
    most = (limits or usual_limits()).pages
    for ink, notes in _read_parts(path, reader, password, most):
        if len(notes.stamps):
            ink.pictures = add_stamps(ink.pictures, notes.stamps, notes.solid)
        yield ink, notes


def _read_parts(path: Path, reader: str, password: str | None, most_pages: int) -> Iterator[tuple[Ink, Notes]]:
    """Each page with what its annotations print."""
    if reader == "pdfium":
        from extract.reading.parsers.pdfium.document import open_document, read_pages

        with open_document(path, password) as document:
            outline = check_page_count(len(document), path, password, most_pages)
            yield from zip(read_pages(document, outline.hidden_layers), outline.notes, strict=True)
    elif reader == "pdfplumber":
        from extract.reading.parsers.plumber import document as plumber

        with plumber.open_document(path, password) as opened:
            outline = check_page_count(count_by_pdfium(path, password), path, password, most_pages)
            yield from zip(plumber.read_pages(opened, outline.hidden_layers), outline.notes, strict=True)
    else:
        raise ValueError(f"reader {reader!r}: expected pdfium or pdfplumber")
