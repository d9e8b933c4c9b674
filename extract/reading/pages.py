"""Open a PDF file, with each parser at most once, and read its pages; raise Refused for files that are no PDF."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from extract.errors import Reason, Refused
from extract.limits import Limits
from extract.reading.grid.likeness import Look, are_alike, look_plainly
from extract.reading.ink.ink import Ink, add_stamps
from extract.reading.page import CheckedPage, StagedPage, build_page, stage_page
from extract.reading.parsers.outline.page_count import Notes, Outline, check_page_count
from extract.reading.process_limits import usual_limits

DAY_MADE = re.compile(r"D:(20\d\d)(\d\d)(\d\d)")
READERS = ("pdfium", "oxide", "pdfplumber")  # in the order in which `auto` asks them


def check_file(path: Path, most_bytes: int) -> None:
    """Raise Refused (empty, too_large, not_pdf) before any parser opens the file."""
    size = path.stat().st_size
    if size == 0:
        raise Refused(Reason.EMPTY, "the file is empty (0 bytes)")
    if size > most_bytes:
        raise Refused(Reason.TOO_LARGE, f"{size} bytes, more than {most_bytes}")
    with path.open("rb") as stream:
        if b"%PDF-" not in stream.read(1024 + 5):
            raise Refused(Reason.NOT_PDF, "no %PDF- in the first 1,024 bytes")


class OpenFile:
    """A PDF file that is read from disk, hashed and opened by each parser at most once, on demand.

    Every property and method raises Refused where a parser cannot open the file or read the page.
    """

    def __init__(self, path: Path, password: str | None, limits: Limits | None = None) -> None:
        self.data = path.read_bytes()
        self.password = password
        self.most_pages = (limits or usual_limits()).pages
        self._extracted: Any = None

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close what was opened."""
        for name in ("pdfium", "pdfplumber"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
        self.__dict__.pop("oxide", None)
        self._extracted = None

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def pdfium(self) -> Any:
        """The document by pypdfium2."""
        from extract.reading.parsers.pdfium import document

        return document.open_document(self.data, self.password)

    @cached_property
    def oxide(self) -> Any:
        """The document by pdf_oxide."""
        from extract.reading.parsers.oxide import document

        return document.open_document(self.data, self.password)

    @cached_property
    def pdfplumber(self) -> Any:
        """The document by pdfplumber."""
        from extract.reading.parsers.plumber import document

        return document.open_document(self.data, self.password)

    @cached_property
    def outline(self) -> Outline:
        """Pages, layers and annotations by pdfminer, whose page count must equal pdfium's (page_missing, too_large)."""
        try:
            count = len(self.pdfium)
        except Refused:
            count = None
        return check_page_count(count, self.data, self.password, self.most_pages)

    def list_days(self) -> list[str]:
        """List the days on which the file says that it was made, each as CreationDate 2026-03-01."""
        found = []
        with suppress(Refused):
            for name in ("CreationDate", "ModDate"):
                if day := DAY_MADE.match(self.pdfium.get_metadata_value(name)):
                    found.append(f"{name} {'-'.join(day.groups())}")
        return found

    @cached_property
    def lacks_hidden(self) -> bool:
        """Whether the program that wrote the file leaves out the letters that a clip hides: cairo does."""
        with suppress(Refused):
            return bool(self.pdfium.get_metadata_value("Producer").startswith("cairo"))
        return False

    def open(self, reader: str) -> int:
        """Open the document by a reader; return the number of its pages."""
        if reader not in READERS:
            raise ValueError(f"reader {reader!r}: expected {', '.join(READERS)}")
        getattr(self, reader)  # the parser's own refusal comes before that of the count
        return len(self.outline.notes)

    def read_ink(self, reader: str, number: int) -> tuple[Ink, Notes]:
        """Read one page, from 1, with its printed annotations; stamps become images painted last."""
        self.open(reader)
        notes, hidden = self.outline.notes[number - 1], self.outline.hidden_layers
        if reader == "pdfium":
            from extract.reading.parsers.pdfium.document import load_page

            ink = load_page(self.pdfium, number, hidden)
        elif reader == "oxide":
            from extract.reading.parsers.oxide.document import read_page

            ink = read_page(self._extract(number), notes, hidden)
        else:
            from extract.reading.parsers.plumber.document import load_page as load_plumber_page

            ink = load_plumber_page(self.pdfplumber, number, hidden)
        ink.lacks_hidden = self.lacks_hidden
        if len(notes.stamps):
            ink.pictures = add_stamps(ink.pictures, notes.stamps, notes.solid)
        return ink, notes

    def _extract(self, number: int) -> Any:
        """Return what pdf_oxide extracts of one page; of the last page asked for it is kept."""
        from extract.reading.parsers.oxide.document import extract_page

        if self._extracted is None or self._extracted.number != number:
            self._extracted = extract_page(self.oxide, number, self.outline.hidden_layers)
        return self._extracted

    def looks_alike(self, number: int, look: Look | None) -> bool:
        """Return True if pdf_oxide sees one page (1-based) as the first reader, which sees all of it, describes it."""
        from extract.reading.parsers.oxide.document import may_show_images, read_plainly

        self.open("oxide")
        notes = self.outline.notes[number - 1]
        if look is None or may_show_images(notes):
            return False
        own = look_plainly(read_plainly(self._extract(number), notes, self.outline.hidden_layers))
        return own is not None and are_alike(look, own)

    def stage_page(self, reader: str, number: int) -> StagedPage:
        """Read one page (1-based) through all its stages, without its checks."""
        ink, notes = self.read_ink(reader, number)
        return stage_page(ink, notes.typed)

    def read_page(self, reader: str, number: int) -> CheckedPage:
        """Read one page (1-based) through all its stages and checks."""
        return self.stage_page(reader, number).check()


def read_checked_pages(
    path: Path, reader: str, password: str | None, limits: Limits | None = None
) -> tuple[CheckedPage, ...]:
    """Read, build and check all pages with one reader."""
    return tuple(build_page(ink, notes.typed) for ink, notes in read_ink(path, reader, password, limits))


def read_ink(
    path: Path, reader: str, password: str | None, limits: Limits | None = None
) -> Iterator[tuple[Ink, Notes]]:
    """Yield each page with its printed annotations."""
    with OpenFile(path, password, limits) as file:
        for number in range(1, file.open(reader) + 1):
            yield file.read_ink(reader, number)
