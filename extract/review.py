"""A refused scan in, a CSV for a person to check against the paper out: recognised cells, each doubtful one named.

The queue is a folder, `JIXIAO_HOME/review/<sha256>.csv`. Nothing here reaches the warehouse: what a machine guessed
from a picture is not what was printed (`stage.py` turns such a reading away).
"""

from __future__ import annotations

import csv
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from extract.entities import Box, Finding, Reading, Record
from extract.errors import Reason, Refused
from extract.pages.grids import CheckedPage, build_page
from extract.pages.sandbox import read_sandboxed
from extract.pages.scan import NAME, ScannedPage, read_scans
from extract.settings import Settings
from extract.sources.archive import fetch_archived

DOUBT = 0.9  # a letter less certain makes its cell doubtful
SECONDS = 3600.0  # recognising costs 10 to 60 s a page
MEMORY = 8 << 30  # address space; the models reserve far more than they touch
MAY_HELP = (Reason.NO_TEXT_LAYER, Reason.GARBLED_TEXT)


def recognise_document(path: Path, password: str | None) -> Reading:
    """Recognise a document in this process; raises Refused, and JixiaoError without the extra `ocr`."""
    from extract.reading import interpret

    scans: list[ScannedPage] = []
    pages: list[CheckedPage] = []
    for scan in read_scans(path, password):
        scans.append(scan)
        pages.append(build_page(scan.ink))
    problems = [Finding("ocr_problem", p.detail, p.page) for page in pages for p in page.problems]
    reading = interpret(
        tuple(replace(page, problems=()) for page in pages), hashlib.sha256(path.read_bytes()).hexdigest(), NAME
    )
    doubts = [doubt for record in reading.records for doubt in find_doubts(record, scans)]
    return replace(reading, findings=(*reading.findings, *problems, *dict.fromkeys(doubts)))


def find_doubts(record: Record, scans: list[ScannedPage]) -> list[Finding]:
    """The cells of a record with a letter that was recognised with less than DOUBT."""
    found = []
    for column, printed in record.cells.items():
        scan = scans[printed.page - 1]
        inside = _within(scan, printed.box)
        if inside.any() and (least := float(scan.certainty[inside].min())) < DOUBT:
            detail = f"row {record.row} {column.value} {printed.text!r}: a letter is only {least:.0%} certain"
            found.append(Finding("ocr_doubtful", detail, record.page))
    return found


def _within(scan: ScannedPage, box: Box) -> np.ndarray:
    glyphs = scan.ink.glyphs.box
    x, y = (glyphs[:, 0] + glyphs[:, 2]) / 2, (glyphs[:, 1] + glyphs[:, 3]) / 2
    return np.asarray((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1))


def queue_review(settings: Settings, sha256: str, reason: str | None) -> Path:
    """Recognise a refused document in a child process and write its CSV; raises Refused where that cannot help."""
    if reason not in MAY_HELP:
        wanted = " or ".join(MAY_HELP)
        raise Refused(Reason(reason) if reason else Reason.NO_TEXT_LAYER, f"recognition helps with {wanted} only")
    limits = replace(settings.limits(), seconds=SECONDS, memory=MEMORY)
    reading = read_sandboxed(fetch_archived(settings, sha256), reader=NAME, limits=limits)
    target = review_path(settings, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    write_review(reading, part)
    os.replace(part, target)
    return target


def review_path(settings: Settings, sha256: str) -> Path:
    """Where the CSV of a document lies."""
    return settings.home / "review" / f"{sha256}.csv"


def write_review(reading: Reading, target: Path) -> None:
    """One row per recognised indicator row: where it stands, its cells, what is doubtful in it."""
    columns = list(dict.fromkeys(column for record in reading.records for column in record.cells))
    doubts = [f for f in reading.findings if f.code == "ocr_doubtful"]
    with target.open("w", encoding="utf-8-sig", newline="") as stream:  # the mark makes Excel read UTF-8
        writer = csv.writer(stream)
        writer.writerow(["recognised", "page", "row", *(c.value for c in columns), "doubtful"])
        for record in reading.records:
            mine = [d.detail for d in doubts if d.page == record.page and d.detail.startswith(f"row {record.row} ")]
            texts = (record.cells[c].text if c in record.cells else None for c in columns)
            writer.writerow([NAME, record.page, record.row, *map(_plain, texts), "; ".join(mine)])


def _plain(text: str | None) -> str | None:
    """A text that a spreadsheet would take for a formula, marked as text."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text
