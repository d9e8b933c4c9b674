"""Documents with truth in; seconds of CPU per page, peak memory and cells right of each engine out, as one table.

    .venv/bin/python benchmarks/read.py [--documents DIR] [--repeat N]

Every engine runs in a process of its own on the same files, one after the other, so that memory and imports of one do
not count for another; imports are not timed. Engines that are not installed are left out and named.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FIELDS = "unit project category overall_goal annual_goal level1 level2 indicator cycle_value annual_value".split()
Engine = Callable[[Path], tuple[int, list[dict[str, Any]] | None]]


def run_floor(path: Path) -> tuple[int, None]:
    """pdfium alone: open the page, load its text."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
        return len(document), None


def run_plumber_tables(path: Path) -> tuple[int, None]:
    """pdfplumber as people use it."""
    import pdfplumber

    with pdfplumber.open(path) as document:
        for page in document.pages:
            page.extract_tables()
            page.close()
        return len(document.pages), None


def run_camelot(path: Path) -> tuple[int, None]:
    """camelot, lattice."""
    import camelot  # type: ignore[import-not-found, unused-ignore]

    tables = camelot.read_pdf(str(path), pages="all", flavor="lattice")
    return max((t.page for t in tables), default=0), None


def run_pymupdf(path: Path) -> tuple[int, None]:
    """PyMuPDF's find_tables."""
    import pymupdf  # type: ignore[import-not-found, unused-ignore]

    with pymupdf.open(path) as document:
        for page in document:
            for table in page.find_tables():
                table.extract()
        return len(document), None


def read_with(reader: str) -> Engine:
    """One of our readers through all stages and checks, or both."""

    def run(path: Path) -> tuple[int, list[dict[str, Any]] | None]:
        from extract.reading import read_document

        reading = read_document(path, reader=reader)
        rows = [
            {
                **{column.value: printed.text for column, printed in record.cells.items()},
                "amount_yuan": next((str(a) for c, a in record.amounts.items() if c.value == "amount"), None),
            }
            for record in reading.records
        ]
        return reading.page_count, rows

    return run


ENGINES: dict[str, tuple[str, Engine]] = {
    "pdfium load + text (floor)": ("pypdfium2", run_floor),
    "jixiao pdfium": ("pypdfium2", read_with("pdfium")),
    "jixiao pdfplumber": ("pdfplumber", read_with("pdfplumber")),
    "jixiao auto (both)": ("pdfplumber", read_with("auto")),
    "pdfplumber.extract_tables": ("pdfplumber", run_plumber_tables),
    "camelot lattice": ("camelot", run_camelot),
    "PyMuPDF find_tables": ("pymupdf", run_pymupdf),
}


def list_documents(folder: Path) -> list[tuple[Path, list[dict[str, Any]]]]:
    """PDFs that must be read, each with the rows of its truth."""
    found = []
    for truth in sorted(folder.glob("*.json")):
        data = json.loads(truth.read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("expect") == "ok":
            found.append((truth.with_name(data["file"]), [r for t in data["tables"] for r in t["rows"]]))
    return found


def blank(value: Any) -> str | None:
    """Text without blanks, widths folded; what the score of the gates compares."""
    import unicodedata

    return None if value is None else "".join(unicodedata.normalize("NFKC", str(value)).split()).replace("\u00ad", "-")


def count_right(want: list[dict[str, Any]], got: list[dict[str, Any]]) -> tuple[int, int]:
    """Cells right and cells in all."""
    right = sum(
        blank(row.get(field)) == blank(got[i].get(field) if i < len(got) else None)
        for i, row in enumerate(want)
        for field in FIELDS
    )
    return right, len(want) * len(FIELDS)


def measure(name: str, folder: Path, repeat: int) -> dict[str, Any]:
    """One engine over all documents in this process; CPU of the best of `repeat` rounds."""
    documents = list_documents(folder)
    _, engine = ENGINES[name]
    engine(documents[0][0])  # imports and caches
    rounds = []
    pages = right = cells = 0
    for number in range(repeat):
        start = time.process_time()
        for path, want in documents:
            count, got = engine(path)
            if number == 0:
                pages += count
                if got is not None:
                    a, b = count_right(want, got)
                    right, cells = right + a, cells + b
        rounds.append(time.process_time() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "engine": name,
        "pages": pages,
        "seconds": min(rounds) / pages,
        "peak": peak,
        "right": right,
        "cells": cells,
    }


def main() -> int:
    """Print a Markdown table; every engine is measured in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, default=HERE.parent / "tests" / "fixtures")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--engine", choices=ENGINES)
    options = parser.parse_args()
    if options.engine:
        print(json.dumps(measure(options.engine, options.documents, options.repeat)))
        return 0
    results = []
    for name, (module, _) in ENGINES.items():
        if importlib.util.find_spec(module) is None:
            print(f"{name}: not installed", file=sys.stderr)
            continue
        command = [sys.executable, __file__, "--engine", name, "--documents", str(options.documents)]
        done = subprocess.run(
            [*command, "--repeat", str(options.repeat)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
        results.append(json.loads(done.stdout))
    print_table(results)
    return 0


def print_table(results: list[dict[str, Any]]) -> None:
    """Ratios are to pdfplumber's extract_tables in the same run."""
    other = next((r["seconds"] for r in results if r["engine"] == "pdfplumber.extract_tables"), None)
    print("| engine | pages | ms CPU / page | times faster than pdfplumber | peak MB | cells right |")
    print("|---|---|---|---|---|---|")
    for r in results:
        ratio = f"{other / r['seconds']:.1f}" if other else "–"
        cells = f"{r['right']} / {r['cells']}" if r["cells"] else "–"
        row = (r["engine"], r["pages"], f"{1000 * r['seconds']:.1f}", ratio, f"{r['peak']:.0f}", cells)
        print("| " + " | ".join(map(str, row)) + " |")


if __name__ == "__main__":
    sys.exit(main())
