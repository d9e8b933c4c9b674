"""What the ledger keeps of projects that are held back, of loaded and of refused documents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from extract.entities import Held, LandedPdf, Publication, Scope
from extract.errors import Reason, Refused
from extract.ledger import Ledger

SHA = "cd" * 32
FOREST = Held(Reason.CONSERVATION, 2, 3, "two amounts", project="防火经费", unit="301001-林业局", part=1, project_no=2)
WHOLE = Held(Reason.UNREADABLE_AMOUNT, 4, 4, "no unit", scope=Scope.DEPARTMENT)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with one document that waits to be read."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.start_run("night")
    publication = Publication("gz", "http://a/x.pdf")
    ledger.sight("night", [publication])
    ledger.note_landed("night", publication, LandedPdf(SHA, Path("unused"), 10, datetime(2026, 1, 1, tzinfo=UTC)))
    return ledger


def test_a_loaded_document_keeps_what_is_held_back_of_it_and_the_counts_add_up(ledger: Ledger) -> None:
    ledger.note_read(SHA, "1", 4)
    ledger.note_staged(SHA, "night", "rows", (FOREST, WHOLE))
    assert ledger.close_run("night") == {"seen": 1, "loaded": 1, "unchanged": 0, "refused": 0, "failed": 0}
    (one,) = ledger.incomplete()
    assert (one["sha256"], one["publisher"], one["first_url"], one["held"]) == (SHA, "gz", "http://a/x.pdf", 2)
    first, second = ledger.held_projects(SHA)
    assert (first["project"], first["unit"], first["page"], first["last_page"]) == ("防火经费", "301001-林业局", 2, 3)
    assert (first["reason"], first["detail"]) == ("conservation", "two amounts")
    assert (second["scope"], second["project"]) == ("department", None)
    assert ledger.troubled() == []


def test_a_refused_document_keeps_the_reason_of_each_of_its_projects(ledger: Ledger) -> None:
    ledger.note_unread(SHA, "1", Refused(FOREST.reason, FOREST.detail, 2, (FOREST, WHOLE)))
    assert ledger.close_run("night")["refused"] == 1
    assert ledger.incomplete() == [], "nothing of it is loaded"
    assert [one["held"] for one in ledger.troubled()] == [2]
    assert {sha256: len(rows) for sha256, rows in ledger.held_by_document().items()} == {SHA: 2}


def test_a_better_reading_forgets_what_the_one_before_held_back(ledger: Ledger) -> None:
    ledger.note_unread(SHA, "1", Refused(FOREST.reason, FOREST.detail, 2, (FOREST, WHOLE)))
    ledger.note_read(SHA, "2", 4)
    ledger.note_staged(SHA, "night", "rows", (WHOLE,))
    assert [one["scope"] for one in ledger.held_projects(SHA)] == ["department"]
    ledger.want_again([SHA], "张三")
    ledger.note_unread(SHA, "3", OSError("disk"))
    assert ledger.held_counts() == {SHA: 1}, "its rows stay, and so does what is held back of them"
    ledger.note_read(SHA, "3", 4)
    ledger.note_staged(SHA, "night", "rows")
    assert ledger.held_counts() == {}
