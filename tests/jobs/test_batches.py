"""Documents that wait become batches by their pages, which a child process counts once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from printed_tables import print_table

from extract.archive.stored_documents import archive_path, land_bytes
from extract.entities import LandedPdf, Publication
from extract.errors import Reason, Refused
from extract.jobs import ingest
from extract.jobs.batches import MOST_BATCHES, count_pages, make_batches
from extract.ledger import Ledger
from extract.reading.sandbox import Sandbox
from extract.settings import PROJECT, Settings

FIXTURES = PROJECT / "tests/fixtures"
ROW = [("102001-区党群工作部", "项目", "1.00", "111002106-开展项目数", "≥1家")]


@tries(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=120), st.integers(1, 20), st.integers(1, 200))
def test_batches_hold_every_document_once_and_no_more_pages_than_allowed(
    pages: list[int], most_documents: int, most_pages: int
) -> None:
    waiting = [(f"{n:03}", count) for n, count in enumerate(pages)]
    batches = make_batches(waiting, most_documents, most_pages)
    assert [sha256 for batch in batches for sha256 in batch] == [sha256 for sha256, _ in waiting]
    for batch in batches:
        assert 1 <= len(batch) <= most_documents
        assert len(batch) == 1 or sum(dict(waiting)[sha256] for sha256 in batch) <= most_pages


@pytest.mark.parametrize("many", [MOST_BATCHES, MOST_BATCHES + 1, 5 * MOST_BATCHES + 3])
def test_there_are_never_more_batches_than_airflow_maps(many: int) -> None:
    batches = make_batches(((str(n), 500) for n in range(many)), 20, 120)
    assert MOST_BATCHES / 2 < len(batches) <= MOST_BATCHES
    assert [one for batch in batches for one in batch] == [str(n) for n in range(many)]


def see(settings: Settings, name: str, data: bytes) -> str:
    """A publication whose bytes have landed, as `land` leaves it before it counts."""
    ledger = Ledger(settings.ledger_url or "")
    ledger.start_run("night")
    publication = Publication("inbox", f"file:///inbox/{name}.pdf")
    ledger.sight("night", [publication])
    landed = land_bytes(settings.archive, data)
    ledger.note_landed("night", publication, landed)
    return landed.sha256


def test_the_child_counts_pages_and_what_cannot_be_opened_counts_as_one(tmp_path: Path) -> None:
    locked, damaged = tmp_path / "locked.pdf", tmp_path / "damaged.pdf"
    locked.write_bytes(print_table(ROW, ROW, password="right"))  # noqa: S106
    damaged.write_bytes(b"%PDF-1.7\nnothing")
    with Sandbox() as sandbox:
        assert sandbox.count_pages(FIXTURES / "v15_2024.pdf") == 3
        assert [sandbox.count_pages(path) for path in (locked, damaged, tmp_path / "nowhere.pdf")] == [1, 1, 1]
        assert len(sandbox.read(FIXTURES / "v15_2024.pdf", reader="pdfium").records) == 99, "the same child reads on"


def test_landing_counts_pages_once_and_planning_goes_by_them(settings: Settings, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n, pages in enumerate((1, 2, 7, 3)):
        (inbox / f"{n}.pdf").write_bytes(print_table(*[ROW] * pages, title=f"某区党群工作部202{n}年预算项目绩效目标"))
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    ledger = Ledger(settings.ledger_url or "")
    counted = dict(ledger.to_read("1", 3))
    assert sorted(counted.values()) == [1, 2, 3, 7]
    assert ledger.uncounted() == []
    assert count_pages(settings, ledger) == 0
    for most in (3, 6, 13):
        batches = ingest.plan_batches(settings.model_copy(update={"batch_pages": most}))
        assert {sha256 for batch in batches for sha256 in batch} == set(counted)
        assert all(sum(counted[one] for one in batch) <= most or len(batch) == 1 for batch in batches)
    assert len(batches) == 1


def test_a_document_of_an_older_ledger_is_counted_when_it_is_planned(settings: Settings) -> None:
    sha256 = see(settings, "old", print_table(ROW, ROW, ROW))
    ledger = Ledger(settings.ledger_url or "")
    assert ledger.document(sha256)["pages"] is None
    ingest.plan_batches(settings)
    assert ledger.document(sha256)["pages"] == 3


def test_what_is_not_on_this_machine_is_not_fetched_to_be_counted_but_guessed_from_its_size(
    settings: Settings, tmp_path: Path
) -> None:
    shared = settings.model_copy(update={"store_url": f"file://{tmp_path / 'shared'}"})
    ledger = Ledger(shared.ledger_url or "")
    ledger.start_run("night")
    elsewhere = Publication("inbox", "s3://bucket/elsewhere.pdf")
    ledger.sight("night", [elsewhere])
    sha256 = "ab" * 32
    landed = LandedPdf(sha256, tmp_path / "elsewhere", 3_000_000, datetime(2026, 1, 1, tzinfo=UTC))
    ledger.note_landed("night", elsewhere, landed)
    assert ingest.plan_batches(shared) == [[sha256]]
    assert ledger.to_read("1", 3) == [(sha256, 101)]
    assert not archive_path(shared.archive, sha256).exists()
    ledger.note_read(sha256, "1", 88)
    assert ledger.document(sha256)["pages"] == 88, "who has read it knows"


def test_of_a_document_that_is_read_again_the_pages_in_scope_count(settings: Settings, tmp_path: Path) -> None:
    ledger = Ledger(settings.ledger_url or "")
    sha256 = see(settings, "long", print_table(ROW, ROW, ROW))
    ledger.note_read(sha256, "1", 300)
    ledger.note_staged(sha256, "night", "rows", (), 5)
    assert ledger.want_again([sha256], "somebody") == 1
    assert ledger.to_read("2", 3) == [(sha256, 5 + 295 // 20)]


def test_staging_notes_on_how_many_pages_something_was_read(settings: Settings) -> None:
    sha256 = see(settings, "new", (FIXTURES / "v15_2024.pdf").read_bytes())
    (batch,) = ingest.plan_batches(settings)
    ingest.read_batch(settings, batch)
    assert ingest.stage_read(settings, "night") == 1
    assert Ledger(settings.ledger_url or "").document(sha256)["target_pages"] == 3


def test_what_landed_is_read_in_one_batch_while_others_land_and_the_rest_is_planned_then(settings: Settings) -> None:
    mine = settings.model_copy(update={"batch_documents": 2})
    names = [see(mine, str(n), print_table(ROW, title=f"某区党群工作部202{n}年预算项目绩效目标")) for n in range(3)]
    first = ingest.plan_first_batch(mine, ["inbox"])
    assert len(first) == 2
    assert ingest.plan_first_batch(mine, ["another"]) == []
    assert ingest.read_batch(mine, first) == 2
    assert ingest.plan_batches(mine, "night") == [sorted(set(names) - set(first))]


def test_what_failed_while_others_landed_is_tried_again_in_the_next_run_and_not_in_this_one(settings: Settings) -> None:
    sha256 = see(settings, "slow", print_table(ROW))
    assert ingest.plan_first_batch(settings, ["inbox"]) == [sha256]
    ledger = Ledger(settings.ledger_url or "")
    ledger.note_unread(sha256, "1", Refused(Reason.TIMEOUT, "1 s"), 3)
    assert ingest.plan_batches(settings, "night") == []
    ledger.start_run("next night")
    assert ingest.plan_batches(settings, "next night") == [[sha256]]
