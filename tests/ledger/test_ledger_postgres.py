"""The ledger on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from extract.entities import CacheEntry, Finding, LandedPdf, Landing, Publication
from extract.errors import Reason, Refused
from extract.ledger import Ledger


@pytest.fixture
def url(make_database: Callable[..., str]) -> str:
    return make_database()


def landing(n: int) -> Landing:
    publication = Publication("gz", f"http://a/{n}.pdf")
    document = LandedPdf(f"{n:064x}", Path("unused"), 10, datetime(2026, 1, 1, tzinfo=UTC))
    entry = CacheEntry(publication.url, etag='"1"', sha256=document.sha256)
    return Landing(publication, document, cache_entry=entry, findings=(Finding("gone", "x"),))


def test_workers_at_the_same_time_neither_lose_nor_double_nor_migrate_twice(url: str) -> None:
    def work(n: int) -> None:
        mine = Ledger(url)
        mine.start_run("night")
        for _ in range(2):  # a step that is repeated changes nothing
            mine.sight("night", [landing(n).publication])
            mine.note_landings("night", [landing(n)])
        mine.note_read(f"{n:064x}", "1")
        mine.note_staged(f"{n:064x}", "night")
        mine.engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(30)))
    ledger = Ledger(url)
    assert ledger.close_run("night") == {"seen": 30, "loaded": 30, "unchanged": 0, "refused": 0, "failed": 0}
    assert len(ledger.findings("night")) == 30
    assert ledger.cache_entries("gz", ["http://a/1.pdf"])["http://a/1.pdf"].etag == '"1"'
    assert ledger.freshness()[0]["documents"] == 30
    assert ledger.waiting(is_behind=True)["gz"]["waiting"] == 30
    assert ledger.seen_before("night", "gz") == 0
    ledger.engine.dispose()


def test_refusals_decisions_and_constraints_hold_there_too(url: str) -> None:
    ledger = Ledger(url)
    ledger.start_run("night")
    ledger.sight("night", [landing(1).publication, Publication("gz", "http://a/2.pdf")])
    ledger.note_landings("night", [landing(1)])
    ledger.note_unlanded("night", "http://a/2.pdf", OSError("broken"))
    ledger.note_unread(f"{1:064x}", "1", Refused(Reason.NO_TABLE, "none"))
    assert ledger.close_run("night")["refused"] == 1
    assert ledger.waiting(is_behind=False)["gz"]["waiting"] == 1
    assert len(ledger.troubled()) == 2
    ledger.decide(ledger.find_document(f"{1:064x}"), "accept", "张三", "none of ours")
    assert len(ledger.troubled()) == 1
    with pytest.raises(IntegrityError, match="counts_add_up"), ledger.engine.begin() as connection:
        connection.execute(text("UPDATE runs SET seen = 7"))
    ledger.engine.dispose()


def test_loaded_documents_are_read_again_and_refused_there_too(url: str) -> None:
    ledger = Ledger(url)
    ledger.start_run("night")
    hashes = [f"{n:064x}" for n in (1, 2)]
    for n, sha256 in enumerate(hashes, 1):
        ledger.sight("night", [landing(n).publication])
        ledger.note_landings("night", [landing(n)])
        ledger.note_read(sha256, "1", 3)
        ledger.note_staged(sha256, "night", "rows")
    assert ledger.outdated("2", publisher="gz") == hashes
    assert ledger.want_again(hashes, "张三") == 2
    assert ledger.to_read("2", 3) == [(sha256, 3) for sha256 in hashes]
    ledger.note_read(hashes[0], "2", 3)
    ledger.note_unread(hashes[1], "2", OSError("broken"))
    assert ledger.reread_failures() == [{"publisher": "gz", "documents": 1, "reason": "OSError"}]
    ledger.note_unread(hashes[1], "2", Refused(Reason.NO_TABLE, "none"))
    assert (ledger.to_stage(), ledger.to_remove(), ledger.held()) == (hashes[:1], hashes[1:], hashes[:1])
    assert ledger.staged() == [(sha256, "rows") for sha256 in hashes]
    ledger.note_staged(hashes[0], "replay", "rows")
    ledger.note_removed(hashes[1])
    assert (ledger.outdated("2"), ledger.rereads(), ledger.uncounted()) == ([], 0, [])
    assert ledger.close_run("night") == {"seen": 2, "loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}
    with pytest.raises(IntegrityError, match="known_reread"), ledger.engine.begin() as connection:
        connection.execute(text("UPDATE documents SET reread = 'lost'"))
    ledger.engine.dispose()
