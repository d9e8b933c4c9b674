"""Recognise a scanned document: a Reading with a finding for each doubtful cell."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from extract.entities import Box, Finding, Reading, Record
from extract.reading.document import interpret
from extract.reading.ocr.scan import NAME, ScannedPage, read_scans
from extract.reading.page import CheckedPage, build_page

DOUBT = 0.9  # a letter less certain makes its cell doubtful


def recognise_document(path: Path, password: str | None) -> Reading:
    """Recognise a document in this process; raises Refused, and JixiaoError without the extra `ocr`."""
    scans: list[ScannedPage] = []
    pages: list[CheckedPage] = []
    for scan in read_scans(path, password):
        scans.append(scan)
        pages.append(build_page(scan.ink))
    problems = [Finding("ocr_problem", p.detail, p.page) for page in pages for p in page.problems]
    reading, _ = interpret(
        tuple(replace(page, problems=()) for page in pages), hashlib.sha256(path.read_bytes()).hexdigest(), NAME
    )
    doubts = [doubt for record in reading.records for doubt in find_doubts(record, scans)]
    return replace(reading, findings=(*reading.findings, *problems, *dict.fromkeys(doubts)))


def find_doubts(record: Record, scans: list[ScannedPage]) -> list[Finding]:
    """Return a finding for each cell with a letter of a certainty below DOUBT."""
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
