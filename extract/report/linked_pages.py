"""Write the pages that links to printed cells lead to: one image a printed page, with cells marked by an overlay."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract.files import copy_file
from extract.reading.sandbox import Sandbox
from extract.report.page_images import PictureError, Sheet, draw_cached
from extract.report.release_queries import AnswerRow
from extract.settings import Settings

log = logging.getLogger(__name__)
FOLDER, PICTURES = "documents", "pages"


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A printed page in the report. `sheet` is None where it cannot be drawn; `note` is the reason."""

    page: int
    picture: str | None
    sheet: Sheet | None
    note: str | None
    cells: list[AnswerRow]


class Sheets:
    """Pages that the report links to, up to `most`, in the order of the links."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._wanted: dict[str, set[int]] = {}
        self._count = 0

    def link(self, sha256: str | None, page: int | None, key: str | None = None) -> str | None:
        """Return the address of a cell, or of a whole page, from the report's front page; None beyond the limit."""
        if not sha256:
            return None
        number = page or 1
        pages = self._wanted.setdefault(sha256, set()) if sha256 in self._wanted or self._count < self._most else set()
        if number not in pages:
            if self._count >= self._most:
                return None
            pages.add(number)
            self._count += 1
        return f"{FOLDER}/{sha256[:16]}.html#" + (f"c-{key}" if key else f"p-{number}")

    def documents(self) -> Iterable[tuple[str, list[int]]]:
        """Yield (sha256, pages) of everything that was linked."""
        return ((sha256, sorted(pages)) for sha256, pages in self._wanted.items() if pages)


class Drawer:
    """Draw pages into the report's folder until its limit of bytes is reached."""

    def __init__(self, settings: Settings, folder: Path, most_bytes: int) -> None:
        self._settings = settings
        self._folder = folder / PICTURES
        self._left = most_bytes
        self._sandbox = Sandbox(settings.limits(), reader="pictures", confined=settings.sandbox == "on", at_once=False)

    def close(self) -> None:
        """End the reading child."""
        self._sandbox.close()

    def draw(self, sha256: str, page: int, cells: list[AnswerRow]) -> DrawnPage:
        """Draw one page with its cells; a page that cannot be drawn keeps its cells and the reason."""
        try:
            if self._left <= 0:
                raise PictureError("the report's pictures take as much room as they may")
            sheet = draw_cached(self._settings, sha256, page, self._sandbox)
            name = f"{sha256[:16]}-{page}.png"
            self._folder.mkdir(parents=True, exist_ok=True)
            copy_file(sheet.path, self._folder / name)
            self._left -= sheet.path.stat().st_size
        except (PictureError, OSError) as error:
            log.info("report: %s", error)
            return DrawnPage(page, None, None, str(error), cells)
        return DrawnPage(page, f"{PICTURES}/{name}", sheet, None, cells)


def link_rows(sheets: Sheets, rows: Iterable[dict[str, Any]], *ways: tuple[str, str, str, str]) -> None:
    """Add links to rows. A way names four columns: of the link, the document's hash, the page, the cell's key."""
    for row in rows:
        for href, sha256, page, key in ways:
            row[href] = sheets.link(row[sha256], row[page], row[key]) if row.get(key) and row.get(page) else None
