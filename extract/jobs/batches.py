"""Divide waiting documents into batches of bounded number and pages, after counting pages of local files."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from extract.archive.stored_documents import archive_path
from extract.entities import Reading
from extract.publishers import Publisher, load_publishers
from extract.settings import Settings

if TYPE_CHECKING:
    from extract.ledger import Ledger

MOST_BATCHES = 1000  # Airflow maps at most 1,024 items
COUNT_SECONDS = 30.0  # opening takes milliseconds, but a child must start first, on a machine that may be busy
AT_ONCE = 200  # documents per transaction of the ledger


def count_pages(settings: Settings, ledger: Ledger, publishers: Collection[str] | None = None) -> int:
    """Store page counts of uncounted documents that are on local disk; return how many.

    `publishers`: only of documents that were first seen at these. A child process with limits opens them. Nothing is
    fetched from the shared store: what is not here was counted where it landed, or is estimated from its size.
    """
    from extract.reading.sandbox import Sandbox

    known = load_publishers(settings.publishers_dir)
    waiting = [(sha256, code, archive_path(settings.archive, sha256)) for sha256, code in ledger.uncounted(publishers)]
    here = [(sha256, name_child(known, code, sha256), path) for sha256, code, path in waiting if path.exists()]
    if not here:
        return 0
    limits = replace(settings.limits(), seconds=COUNT_SECONDS)
    with Sandbox(limits, reader="pages", confined=settings.sandbox == "on") as sandbox:
        for start in range(0, len(here), AT_ONCE):
            some = here[start : start + AT_ONCE]
            ledger.note_pages({sha256: sandbox.count_pages(path, child) for sha256, child, path in some})
    return len(here)


def count_target_pages(reading: Reading) -> int:
    """Count the pages on which something was read or is held back."""
    pages = {one.page for one in reading.records}
    return len(pages.union(*(range(one.page, one.last_page + 1) for one in reading.held)))


def name_child(publishers: Iterable[Publisher], code: str, sha256: str) -> str:
    """Return the group whose documents may share a reading child: the publisher, for a shared source the document."""
    return code if any(one.code == code and one.name for one in publishers) else sha256


def make_batches(waiting: Iterable[tuple[str, int]], most_documents: int, most_pages: int) -> list[list[str]]:
    """Divide (hash, pages) into batches of hashes, in order; a document over the limit has a batch of its own.

    Neighbours are joined where there would be more batches than Airflow maps.
    """
    batches: list[list[str]] = []
    size = 0
    for sha256, pages in waiting:
        size += pages
        if not batches or len(batches[-1]) >= most_documents or size > most_pages:
            batches.append([])
            size = pages
        batches[-1].append(sha256)
    while len(batches) > MOST_BATCHES:
        batches = [[sha256 for batch in batches[i : i + 2] for sha256 in batch] for i in range(0, len(batches), 2)]
    return batches
