"""Measure CPU seconds per page, whole processes, peak memory and right cells of each engine, as one table.

    .venv/bin/python benchmarks/read.py [--documents DIR …] [--repeat N] [--engine NAME …]

Every engine runs in a process of its own on the same files, one after the other, so that memory and imports of one do
not count for another. The first figure leaves imports out. The second is a whole process from its start to its end: for
ours what users run, `jixiao read FILE …` with its confined reading process; for the others this script. Cells are
counted for documents with a truth beside them; a folder without any truth is measured for cost alone. Engines that are
not installed are left out and named.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import difflib
import importlib.util
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import peers

PR_SET_CHILD_SUBREAPER = 36
HERE = Path(__file__).resolve().parent
FIELDS = "unit project category overall_goal annual_goal level1 level2 indicator cycle_value annual_value".split()
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")  # as the sandbox
Engine = Callable[[Path], tuple[int, list[dict[str, Any]] | None]]


def run_floor(path: Path) -> tuple[int, None]:
    """Run pdfium alone: open the page, load its text."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            text = page.get_textpage()
            text.get_text_range()
            text.close()
            page.close()
        return len(document), None


def run_peer(read: Callable[[Path], tuple[int, Iterable[peers.Rows]]]) -> Engine:
    """Run another engine, and make records of its tables."""

    def run(path: Path) -> tuple[int, list[dict[str, Any]] | None]:
        pages, tables = read(path)
        return pages, peers.interpret(tables)

    return run


def read_with(reader: str) -> Engine:
    """Run one of our readers through all stages and checks, or both."""

    def run(path: Path) -> tuple[int, list[dict[str, Any]] | None]:
        from extract.reading.document import read_document

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


def run_docling(path: Path) -> tuple[int, None]:
    """Run docling-parse: characters with boxes, and paths; it finds no tables."""
    from docling_parse.pdf_parser import DoclingPdfParser  # type: ignore[import-not-found, unused-ignore]

    document = DoclingPdfParser().load(path)
    return sum(1 for _ in document.iterate_pages()), None


ENGINES: dict[str, tuple[str, Engine]] = {
    "pdfium load + text (floor)": ("pypdfium2", run_floor),
    "jixiao pdfium": ("pypdfium2", read_with("pdfium")),
    "jixiao oxide": ("pdf_oxide", read_with("oxide")),
    "jixiao pdfplumber": ("pdfplumber", read_with("pdfplumber")),
    "jixiao auto": ("pdf_oxide", read_with("auto")),
    "pdfplumber.extract_tables": ("pdfplumber", run_peer(peers.read_plumber)),
    "camelot lattice": ("camelot", run_peer(peers.read_camelot)),
    "PyMuPDF find_tables": ("pymupdf", run_peer(peers.read_pymupdf)),
    "docling-parse (no tables)": ("docling_parse", run_docling),
    "tabula lattice": ("tabula", run_peer(peers.read_tabula)),
}


Documents = list[tuple[Path, list[dict[str, Any]] | None]]


def list_documents(folder: Path) -> Documents:
    """List PDFs that must be read, each with the rows of its truth; all PDFs with None where there is no truth."""
    found: Documents = []
    for truth in sorted(folder.glob("*.json")):
        data = json.loads(truth.read_text(encoding="utf-8"))
        if isinstance(data, dict) and data.get("expect") == "ok":
            found.append((truth.with_name(data["file"]), [r for t in data["tables"] for r in t["rows"]]))
    return found or [(path, None) for path in sorted(folder.glob("*.pdf"))]


def blank(value: Any) -> str | None:
    """Remove blanks and fold widths, as the score of the gates does."""
    import unicodedata

    return None if value is None else "".join(unicodedata.normalize("NFKC", str(value)).split()).replace("\u00ad", "-")


def count_right(want: list[dict[str, Any]], got: list[dict[str, Any]]) -> tuple[int, int]:
    """Count right cells and all cells; rows are aligned by their indicators, so that a lost row costs itself alone."""
    mine, theirs = ([blank(row.get("indicator")) or "" for row in rows] for rows in (want, got))
    blocks = difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    right = sum(
        blank(want[block.a + k].get(field)) == blank(got[block.b + k].get(field))
        for block in blocks
        for k in range(block.size)
        for field in FIELDS
    )
    return right, len(want) * len(FIELDS)


def measure(name: str, folder: Path, repeat: int, *, plain: bool) -> dict[str, Any]:
    """Run one engine over all documents in this process; return the CPU (children's too) of the best of `repeat`."""
    documents = list_documents(folder)
    _, engine = ENGINES[name]
    if plain:
        documents = [(path, None) for path, _ in documents]
    else:
        with contextlib.suppress(Exception):  # a refusal is no failure
            engine(documents[0][0])  # imports and caches
    rounds = []
    pages = right = cells = perfect = broken = 0
    for number in range(repeat):
        start = cpu_seconds()
        for path, want in documents:
            try:
                count, got = engine(path)
            except Exception as error:  # a peer may fail on a document; it has then none of its cells
                print(f"{name}: {path.name}: {type(error).__name__}: {error}", file=sys.stderr)
                count, got = peers.count_pages(path), []
                broken += number == 0
            if number == 0:
                pages += count
                if got is not None and want is not None:
                    a, b = count_right(want, got)
                    right, cells, perfect = right + a, cells + b, perfect + (a == b and len(want) == len(got))
        rounds.append(cpu_seconds() - start)
    return {
        "engine": name,
        "pages": pages,
        "documents": len(documents),
        "seconds": min(rounds) / pages,
        "peak": max(resource.getrusage(who).ru_maxrss for who in WHO) / 1024,
        "right": right,
        "cells": cells,
        "perfect": perfect,
        "broken": broken,
    }


WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def cpu_seconds() -> float:
    """Return the processor time of this process and of its children (tabula's Java)."""
    used = [resource.getrusage(who) for who in WHO]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure_process(name: str, folder: Path) -> float:
    """Return the CPU seconds of a whole process that reads all documents once, with its children."""
    reader = name.removeprefix("jixiao ")
    command = [sys.executable, __file__, "--measure", name, "--documents", str(folder), "--repeat", "1", "--plain"]
    if reader != name:
        files = [str(path) for path, _ in list_documents(folder)]
        command = [sys.executable, "-m", "extract", "read", "--format", "jsonl", "--reader", reader, *files]
    adopt_orphans()
    before = cpu_seconds()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, cwd=HERE.parent, env=os.environ | ONE_THREAD, check=False, **quiet)  # type: ignore[call-overload]
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    return cpu_seconds() - before


def adopt_orphans() -> None:
    """Become the parent of orphans: `jixiao read` kills its reading process and exits."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def main() -> int:
    """Print a Markdown table; every engine is measured in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=Path, action="append", help="a folder; may be given again (tests/fixtures)")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="only this one; may be given again")
    parser.add_argument("--measure", choices=ENGINES, help="measure it in this process and print JSON")
    parser.add_argument("--plain", action="store_true", help="read once and compare nothing")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="also draw cost against accuracy")
    options = parser.parse_args()
    folders = options.documents or [HERE.parent / "tests" / "fixtures"]
    if options.measure:
        print(json.dumps(measure(options.measure, folders[0], options.repeat, plain=options.plain)))
        return 0
    for folder in folders:
        results = measure_engines(folder, options.repeat, options.engine or list(ENGINES))
        print(
            f"{folder.name}: {results[0]['documents']} documents\n" if results else f"{folder.name}: nothing measured"
        )
        print_table(results)
        if options.plot and any(r["cells"] for r in results):
            draw_plot(results, options.plot)
    return 0


def measure_engines(folder: Path, repeat: int, names: list[str]) -> list[dict[str, Any]]:
    """Measure engines that are installed on one folder, each in a process of its own."""
    results = []
    for name in names:
        module, _ = ENGINES[name]
        if importlib.util.find_spec(module) is None or (module == "tabula" and not peers.has_java()):
            print(f"{name}: not installed", file=sys.stderr)
            continue
        command = [sys.executable, __file__, "--measure", name, "--documents", str(folder), "--repeat", str(repeat)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, env=os.environ | ONE_THREAD
        )
        result = json.loads(done.stdout)
        results.append(result | {"process": measure_process(name, folder) / result["pages"]})
    return results


def print_table(results: list[dict[str, Any]]) -> None:
    """Print a table with ratios to pdfplumber's extract_tables in the same run."""
    other = next((r for r in results if r["engine"] == "pdfplumber.extract_tables"), None)
    print(
        "| engine | pages | ms CPU / page | times faster | whole process, ms / page | times faster | peak MB "
        "| cells right | perfect files |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for r in results:
        ratios = [f"{other[key] / r[key]:.1f}" if other else "–" for key in ("seconds", "process")]
        cells = f"{r['right'] / r['cells']:.3f}" if r["cells"] else "–"
        perfect = f"{r['perfect']} / {r['documents']}" if r["cells"] else "–"
        cost = (f"{1000 * r['seconds']:.1f}", ratios[0], f"{1000 * r['process']:.1f}", ratios[1], f"{r['peak']:.0f}")
        print("| " + " | ".join(map(str, (r["engine"], r["pages"], *cost, cells, perfect))) + " |")


def draw_plot(results: list[dict[str, Any]], target: Path) -> None:
    """Plot milliseconds a page (logarithmic) against the share of right cells, one point an engine."""
    import matplotlib  # type: ignore[import-not-found, unused-ignore]

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "jixiao"
    from matplotlib import pyplot  # type: ignore[import-not-found, unused-ignore]

    figure, axes = pyplot.subplots(figsize=(7, 4))
    shown = [(r["engine"], 1000 * r["seconds"], r["right"] / r["cells"]) for r in results if r["cells"]]
    for number, (name, x, y) in enumerate(shown):
        axes.scatter([x], [y], color="#b3261e" if name.startswith("jixiao") else "#5b6470")
        place = (0, -14 if number % 2 else 8)  # neighbours in turn below and above
        axes.annotate(name, (x, y), xytext=place, textcoords="offset points", fontsize=8, ha="center")
    axes.set(xscale="log", xlabel="CPU ms per page", ylabel="share of cells right", ylim=(-0.03, 1.12))
    axes.set(xlim=(min(x for _, x, _ in shown) / 2, 2 * max(x for _, x, _ in shown)))
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
