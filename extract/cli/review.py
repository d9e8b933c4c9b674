"""Recognise a refused scan and write a CSV for a person to check against the paper, with doubtful cells named.

The queue is a folder, `JIXIAO_HOME/review/<sha256>.csv`. Recognised text never reaches the warehouse: it is not
certainly what was printed (`warehouse/frames.py` rejects such a reading).
"""

from __future__ import annotations

import csv
import os
from dataclasses import replace
from pathlib import Path

from extract.archive.stored_documents import fetch_archived
from extract.cli.output import neutralise
from extract.entities import Reading
from extract.errors import Reason, Refused
from extract.reading.ocr.scan import NAME
from extract.reading.sandbox import read_sandboxed
from extract.settings import Settings

SECONDS = 3600.0  # recognising costs 10 to 60 s a page
MEMORY = 8 << 30  # address space; the models reserve far more than they touch
MAY_HELP = (Reason.NO_TEXT_LAYER, Reason.GARBLED_TEXT)


def queue_review(settings: Settings, sha256: str, reason: str | None) -> Path:
    """Recognise a refused document in a child process and write its CSV; raises Refused where that cannot help."""
    if reason not in MAY_HELP:
        wanted = " or ".join(MAY_HELP)
        raise Refused(
            Reason(reason) if reason else Reason.NO_TEXT_LAYER,
            f"text recognition is for {wanted} only",
        )
    limits = replace(settings.limits(), seconds=SECONDS, memory=MEMORY)
    reading = read_sandboxed(fetch_archived(settings, sha256), reader=NAME, limits=limits)
    target = review_path(settings, sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    write_review(reading, part)
    os.replace(part, target)
    return target


def review_path(settings: Settings, sha256: str) -> Path:
    """Return the CSV of a document."""
    return settings.home / "review" / f"{sha256}.csv"


def write_review(reading: Reading, target: Path) -> None:
    """Write one row per recognised indicator row: its place, its cells, which of them are doubtful."""
    columns = list(dict.fromkeys(column for record in reading.records for column in record.cells))
    doubts = [f for f in reading.findings if f.code == "ocr_doubtful"]
    with target.open("w", encoding="utf-8-sig", newline="") as stream:  # the mark makes Excel read UTF-8
        writer = csv.writer(stream)
        writer.writerow(["recognised", "page", "row", *(c.value for c in columns), "doubtful"])
        for record in reading.records:
            mine = [d.detail for d in doubts if d.page == record.page and d.detail.startswith(f"row {record.row} ")]
            texts = (record.cells[c].text if c in record.cells else None for c in columns)
            writer.writerow([NAME, record.page, record.row, *map(neutralise, texts), "; ".join(mine)])
