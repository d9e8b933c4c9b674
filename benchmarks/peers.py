"""Make records from the tables of other engines, in the same way for each.

Header words are ours (headers.yml), project-level cells that are blank are filled from above, columns are remembered
over pages. Every engine gets this help, so that the figures compare geometry and not header words.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from extract.reading.tables.header_words import match_column

Rows = list[list[Any]]
FILLED = ("unit", "project", "category", "amount", "overall_goal", "annual_goal", "level1", "level2")
ENOUGH = 4  # known words: so many make a header


def interpret(tables: Iterable[Rows]) -> list[dict[str, Any]]:
    """Return the records of all tables of a document, in order."""
    found: list[dict[str, Any]] = []
    columns: list[str | None] = []
    above: dict[str, str] = {}
    for rows in tables:
        for row in rows:
            texts = ["" if cell is None or cell != cell else "".join(str(cell).split()) for cell in row]
            header = [column.value if (column := match_column(text)) else None for text in texts]
            if len({name for name in header if name}) >= ENOUGH:
                columns, above = header, {}
                continue
            record = {name: text for name, text in zip(columns, texts, strict=False) if name and text}
            for name in FILLED:
                if name in record:
                    above[name] = record[name]
                elif name in above:
                    record[name] = above[name]
            if "indicator" in record:
                found.append(record)
    return found


def read_plumber(path: Path) -> tuple[int, Iterator[Rows]]:
    """Extract tables with pdfplumber's defaults."""
    import pdfplumber

    with pdfplumber.open(path) as document:
        tables: list[Rows] = []
        for page in document.pages:
            tables += page.extract_tables()
            page.close()
        return len(document.pages), iter(tables)


def read_camelot(path: Path) -> tuple[int, Iterator[Rows]]:
    """Extract tables with camelot, lattice; spanning cells copied as its documentation advises."""
    import camelot  # type: ignore[import-not-found, unused-ignore]

    tables = camelot.read_pdf(str(path), pages="all", flavor="lattice", copy_text=["v"])
    return count_pages(path), (table.df.values.tolist() for table in tables)


def read_pymupdf(path: Path) -> tuple[int, Iterator[Rows]]:
    """Extract tables with PyMuPDF's find_tables."""
    import pymupdf  # type: ignore[import-not-found, unused-ignore]

    with pymupdf.open(path) as document:
        found = [table.extract() for page in document for table in page.find_tables().tables]
        return len(document), iter(found)


def read_tabula(path: Path) -> tuple[int, Iterator[Rows]]:
    """Extract tables with tabula, lattice; its CPU is that of a Java process."""
    import tabula  # type: ignore[import-not-found, unused-ignore]

    options: dict[str, Any] = {"pages": "all", "lattice": True, "silent": True, "force_subprocess": True}
    frames: Sequence[Any] = tabula.read_pdf(str(path), pandas_options={"header": None}, **options)
    return count_pages(path), (frame.values.tolist() for frame in frames)


def count_pages(path: Path) -> int:
    """Count pages with pdfium, for engines that do not return the number; 0 of a file that it cannot open."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(path) as document:
            return len(document)
    except pypdfium2.PdfiumError:
        return 0


def has_java() -> bool:
    """Return True if tabula can run."""
    return shutil.which("java") is not None
