from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.entities import LandedPdf, Publication
from extract.errors import LedgerError, Reason, Refused, SourceError
from extract.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def publication(name: str) -> Publication:
    return Publication("inbox", f"file:///inbox/{name}.pdf")


def landed(sha256: str) -> LandedPdf:
    return LandedPdf(sha256, Path("unused"), 10, datetime(2026, 1, 1, tzinfo=UTC))


def see(ledger: Ledger, run: str, **names: str) -> None:
    ledger.start_run(run)
    ledger.sight(run, [publication(name) for name in names])
    for name, sha256 in names.items():
        ledger.note_landed(run, publication(name), landed(sha256))


def load(ledger: Ledger, sha256: str, run: str) -> None:
    ledger.note_read(sha256, "1")
    ledger.note_staged(sha256, run)


def test_a_new_document_is_loaded_once_and_unchanged_the_next_night(ledger: Ledger) -> None:
    see(ledger, "night1", a="a1")
    load(ledger, "a1", "night1")
    assert ledger.close_run("night1") == {"seen": 1, "loaded": 1, "unchanged": 0, "refused": 0, "failed": 0}
    see(ledger, "night2", a="a1")
    assert ledger.to_read("1", 3) == []
    assert ledger.close_run("night2") == {"seen": 1, "loaded": 0, "unchanged": 1, "refused": 0, "failed": 0}


def test_one_content_at_two_places_is_one_document_with_two_sightings(ledger: Ledger) -> None:
    see(ledger, "night", a="same", b="same")
    assert ledger.to_read("1", 3) == [("same", 1)]
    load(ledger, "same", "night")
    assert ledger.close_run("night") == {"seen": 2, "loaded": 1, "unchanged": 1, "refused": 0, "failed": 0}


def test_closing_a_run_again_gives_the_same_counts(ledger: Ledger) -> None:
    see(ledger, "night", a="a1", b="b1")
    load(ledger, "a1", "night")
    ledger.note_unread("b1", "1", Refused(Reason.NO_TABLE, "no ruled table", page=2))
    first = ledger.close_run("night")
    assert ledger.close_run("night") == first == {"seen": 2, "loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}


def test_a_refused_document_waits_for_another_reader_and_a_failed_one_does_not(ledger: Ledger) -> None:
    see(ledger, "night", a="a1", b="b1")
    ledger.note_unread("a1", "1", Refused(Reason.UNKNOWN_HEADER, "指标数"))
    ledger.note_unread("b1", "1", OSError("disk"))
    assert ledger.to_read("1", 3) == [("b1", 1)]
    assert ledger.to_read("2", 3) == [("a1", 1), ("b1", 1)]


def test_a_timeout_is_tried_again_but_not_for_ever(ledger: Ledger) -> None:
    see(ledger, "night", a="a1")
    for _ in range(3):
        assert ledger.to_read("1", 3) == [("a1", 1)]
        ledger.note_unread("a1", "1", Refused(Reason.TIMEOUT, "300 s"))
    assert ledger.to_read("1", 3) == []


def test_what_could_not_be_landed_is_counted_and_named(ledger: Ledger) -> None:
    ledger.start_run("night")
    ledger.sight("night", [publication("half"), publication("pipe")])
    ledger.note_unlanded("night", publication("half").url, SourceError("still being written"))
    ledger.note_unlanded("night", publication("pipe").url, Refused(Reason.NOT_PDF, "a pipe"))
    assert ledger.close_run("night") == {"seen": 2, "loaded": 0, "unchanged": 0, "refused": 1, "failed": 1}
    assert {(one["state"], one["reason"]) for one in ledger.troubled()} == {
        ("failed", "SourceError"),
        ("refused", "not_pdf"),
    }


def test_a_staged_document_may_not_become_refused(ledger: Ledger) -> None:
    see(ledger, "night", a="a1")
    load(ledger, "a1", "night")
    with pytest.raises(LedgerError, match="staged may not become refused"):
        ledger.note_unread("a1", "1", Refused(Reason.NO_TABLE, "late"))


def test_an_unknown_document_may_not_be_moved(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="unknown may not become staged"):
        ledger.note_staged("nowhere", "night")


def test_seeing_the_same_again_in_one_run_counts_once(ledger: Ledger) -> None:
    see(ledger, "night", a="a1")
    see(ledger, "night", a="a1")
    load(ledger, "a1", "night")
    assert ledger.close_run("night")["seen"] == 1


def test_workers_at_the_same_time_neither_lose_nor_double(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    names = [f"d{n}" for n in range(40)]
    Ledger(url).start_run("night")

    def work(name: str) -> None:
        mine = Ledger(url)
        mine.sight("night", [publication(name)])
        mine.note_landed("night", publication(name), landed(name))
        load(mine, name, "night")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, names * 1))
    assert Ledger(url).close_run("night") == {"seen": 40, "loaded": 40, "unchanged": 0, "refused": 0, "failed": 0}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["loaded", "refused", "failed", "unlanded", "waiting"]), max_size=8))
def test_whatever_becomes_of_publications_the_four_counts_add_up(fates: list[str]) -> None:
    ledger = Ledger("sqlite://")
    ledger.start_run("night")
    ledger.sight("night", [publication(str(n)) for n in range(len(fates))])
    for n, fate in enumerate(fates):
        if fate == "unlanded":
            ledger.note_unlanded("night", publication(str(n)).url, SourceError("gone"))
            continue
        ledger.note_landed("night", publication(str(n)), landed(f"s{n}"))
        if fate == "loaded":
            load(ledger, f"s{n}", "night")
        elif fate != "waiting":
            error = Refused(Reason.EMPTY, "0 bytes") if fate == "refused" else OSError("disk")
            ledger.note_unread(f"s{n}", "1", error)
    counts = ledger.close_run("night")
    assert counts["seen"] == len(fates) == sum(counts.values()) - counts["seen"]
    assert counts["loaded"] == fates.count("loaded")
    assert counts["refused"] == fates.count("refused")


def test_what_a_killed_run_loaded_is_counted_as_its_own_when_the_next_one_starts(ledger: Ledger) -> None:
    see(ledger, "night1", a="a1", b="b1")
    ledger.sight("night1", [publication("c")])
    load(ledger, "a1", "night1")  # killed here
    assert ledger.start_run("night2") == ["night1"]
    last = ledger.last_run()
    assert last is not None
    assert {name: last[name] for name in ("run_id", "seen", "loaded", "unchanged", "refused", "failed")} == {
        "run_id": "night1",
        "seen": 3,
        "loaded": 1,
        "unchanged": 0,
        "refused": 0,
        "failed": 2,
    }
    assert ledger.start_run("night2") == [], "it is closed"


def test_a_run_that_goes_on_beside_a_new_one_still_lands_and_counts_everything(ledger: Ledger) -> None:
    see(ledger, "slow", a="a1")
    ledger.sight("slow", [publication("c")])
    ledger.start_run("quick")
    assert [one.url for one in ledger.unlanded("slow")] == ["file:///inbox/c.pdf"]
    ledger.note_landed("slow", publication("c"), landed("c1"))
    load(ledger, "a1", "slow")
    load(ledger, "c1", "slow")
    assert ledger.close_run("slow") == {"seen": 2, "loaded": 2, "unchanged": 0, "refused": 0, "failed": 0}


def test_a_document_is_called_as_it_was_where_it_was_first_seen(ledger: Ledger) -> None:
    ledger.start_run("night")
    first = Publication("gz", "https://gov.cn/a/%E5%B1%80%E9%A2%84%E7%AE%97.pdf?x=1", title="2026年部门预算")
    for one in (first, Publication("inbox", "file:///b.pdf")):
        ledger.sight("night", [one])
        ledger.note_landed("night", one, landed("same"))
    assert ledger.names("same") == ["局预算", "2026年部门预算"]
    assert ledger.names("another") == []
