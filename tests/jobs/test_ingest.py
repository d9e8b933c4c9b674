"""The steps of the nightly ingest on sources of their own, without Airflow."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sites import LONG_AGO, Site, ledger_of, load_all, pdf, publisher_file, see

from extract.entities import Answer
from extract.errors import LedgerError, Reason, Refused
from extract.jobs import ingest
from extract.settings import Settings

if TYPE_CHECKING:
    from sites import Desk


KILLED = """
import os, signal
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.settings import Settings
settings = Settings()
ingest.discover(settings, "night")
Ledger.note_landings = lambda self, run_id, landings: landings and os.kill(os.getpid(), signal.SIGKILL)
ingest.land(settings, "night")
"""


def test_a02_killed_between_landing_and_registering_the_rerun_registers_one_blob(
    site: Site, night_settings: Settings
) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    places = {"JIXIAO_HOME": str(night_settings.home), "JIXIAO_PUBLISHERS_DIR": str(night_settings.publishers_dir)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=places, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    blobs = list(night_settings.archive.rglob("*.pdf"))
    assert len(blobs) == 1
    assert ledger_of(night_settings).documents_by_state() == {}
    ingest.land(night_settings, "night")
    assert ledger_of(night_settings).documents_by_state() == {"landed": 1}
    assert list(night_settings.archive.rglob("*.pdf")) == blobs
    assert load_all(night_settings, "night") == {"seen": 1, "loaded": 1, "unchanged": 0, "refused": 0, "failed": 0}


def test_two_places_with_one_content_are_two_sightings_of_one_document(site: Site, night_settings: Settings) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a><a href="/b.pdf">b</a>')
    for path in ("/a.pdf", "/b.pdf"):
        site.put(path, pdf("same"))
    see(night_settings, "night")
    assert load_all(night_settings, "night") == {"seen": 2, "loaded": 1, "unchanged": 1, "refused": 0, "failed": 0}


def test_two_publishers_may_link_to_one_address(site: Site, desk: Desk, night_settings: Settings) -> None:
    publisher_file(desk.folder, site, code="sz", name="另局")
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    see(night_settings, "night")
    assert load_all(night_settings, "night")["seen"] == 2


def test_a28_last_modified_in_the_future_and_a_late_zone_lose_nothing(site: Site, night_settings: Settings) -> None:
    """A file of 23:59 in Shanghai, one from tomorrow, one from 1970: what is not there is loaded, whatever its time."""
    moments = {"today": datetime(2026, 3, 1, 15, 59, tzinfo=UTC).timestamp(), "tomorrow": 4_000_000_000, "long ago": 1}
    site.put("/list.html", "".join(f'<a href="/{n}.pdf">x</a>' for n in range(3)))
    for n, (name, moment) in enumerate(moments.items()):
        site.put(f"/{n}.pdf", pdf(name), modified=float(moment), etag=False)
    see(night_settings, "night")
    assert load_all(night_settings, "night")["loaded"] == 3
    see(night_settings, "backfill of an earlier night")
    assert load_all(night_settings, "backfill of an earlier night")["unchanged"] == 3


def test_a28_a_file_whose_time_goes_backwards_is_still_a_new_edition(site: Site, night_settings: Settings) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("one"), modified=LONG_AGO)
    see(night_settings, "one")
    assert load_all(night_settings, "one")["loaded"] == 1
    site.put("/a.pdf", pdf("two"), modified=LONG_AGO - 7200)
    see(night_settings, "two")
    assert load_all(night_settings, "two")["loaded"] == 1
    assert len(list(night_settings.archive.rglob("*.pdf"))) == 2


@pytest.mark.slow
def test_a29_more_than_a_thousand_new_documents_are_batched_and_all_accounted_for(
    site: Site, desk: Desk, night_settings: Settings
) -> None:
    many = 1025
    publisher_file(desk.folder, site, politeness={"concurrency": 8})
    site.put("/list.html", "".join(f'<a href="/{n}.pdf">{n}</a>' for n in range(many)))
    for n in range(many):
        site.put(f"/{n}.pdf", pdf(str(n)))
    see(night_settings, "night")
    one_each = night_settings.model_copy(update={"batch_documents": 1})
    batches = ingest.plan_batches(one_each)
    assert len(batches) <= 1000, "Airflow maps at most 1,024"
    assert len({sha256 for batch in batches for sha256 in batch}) == many
    assert max(len(batch) for batch in ingest.plan_batches(night_settings)) <= night_settings.batch_documents
    assert load_all(night_settings, "night") == {
        "seen": many,
        "loaded": many,
        "unchanged": 0,
        "refused": 0,
        "failed": 0,
    }
    assert len(site.requests) == many + 1


def test_a29_what_no_reader_can_read_is_refused_and_counted_too(site: Site, night_settings: Settings) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("no page"))
    see(night_settings, "night")
    for batch in ingest.plan_batches(night_settings):
        assert ingest.read_batch(night_settings, batch) == 0
    assert ingest.close(night_settings, "night")["refused"] == 1


def test_a30_a_list_that_shrinks_is_told_and_nothing_is_deleted(site: Site, night_settings: Settings) -> None:
    for n in range(10):
        site.put(f"/{n}.pdf", pdf(str(n)))
    site.put("/list.html", "".join(f'<a href="/{n}.pdf">{n}</a>' for n in range(10)))
    see(night_settings, "one")
    load_all(night_settings, "one")
    site.put("/list.html", '<a href="/0.pdf">0</a>')
    see(night_settings, "two")
    assert load_all(night_settings, "two") == {"seen": 1, "loaded": 0, "unchanged": 1, "refused": 0, "failed": 0}
    (finding,) = ledger_of(night_settings).findings("two")
    assert finding["code"] == "listing_shrank"
    assert "lists 1 publications, before 10" in finding["detail"]
    assert ledger_of(night_settings).documents_by_state() == {"staged": 10}


def test_a30_an_unknown_header_names_the_word_and_the_last_good_edition_stays(
    site: Site, night_settings: Settings
) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("good"))
    see(night_settings, "one")
    load_all(night_settings, "one")
    site.put("/a.pdf", pdf("new form"))
    see(night_settings, "two")
    ledger = ledger_of(night_settings)
    ((sha256, _),) = ledger.to_read("1", night_settings.read_attempts)
    ledger.note_unread(sha256, "1", Refused(Reason.UNKNOWN_HEADER, "the header 指标数 is unknown", page=1))
    assert ingest.close(night_settings, "two")["refused"] == 1
    assert "指标数" in ledger.troubled()[0]["detail"]
    assert ledger.documents_by_state() == {"staged": 1, "refused": 1}


def test_a14_what_a_list_links_to_inside_a_network_is_refused_and_counted(
    site: Site, desk: Desk, night_settings: Settings
) -> None:
    inside = ["169.254.169.254", "10.0.0.1", "[::1]", "localhost"]
    publisher_file(desk.folder, site, allowed_hosts=["169.254.169.254", "10.0.0.1", "::1"])
    site.put("/list.html", "".join(f'<a href="http://{host}/{n}.pdf">{n}</a>' for n, host in enumerate(inside)))
    see(night_settings, "night")
    assert ingest.close(night_settings, "night") == {"seen": 4, "loaded": 0, "unchanged": 0, "refused": 4, "failed": 0}
    assert {one["reason"] for one in ledger_of(night_settings).troubled()} == {"not_allowed"}
    assert [one.path for one in site.requests] == ["/list.html"]


def test_a_source_that_cannot_be_listed_holds_up_no_other_and_makes_the_run_fail(
    site: Site, desk: Desk, night_settings: Settings
) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/down.html"]}
    publisher_file(desk.folder, site, code="down", name="另局", source=source)
    site.put("/down.html", b"", status=500)
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    see(night_settings, "night")
    with pytest.raises(LedgerError, match="down could not be listed"):
        load_all(night_settings, "night")
    assert ledger_of(night_settings).documents_by_state() == {"staged": 1}


def test_a_password_of_the_publisher_opens_its_documents(
    desk: Desk, night_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extract.archive.stored_documents import land_bytes
    from extract.publishers.secrets import Secret
    from extract.reading.sandbox import Sandbox

    tried: list[str | None] = []

    def locked(
        self: Sandbox,
        path: Path,
        *,
        reader: str,
        publisher: str,
        answers: Sequence[Answer],
        names: Sequence[str],
        password: str | None = None,
    ) -> str:
        assert publisher == "gz"
        assert list(names) == ["2026年预算"]
        tried.append(password)
        if password != "right":  # noqa: S105
            raise Refused(Reason.PASSWORD, "a password is needed")
        return "reading"

    monkeypatch.setattr(Sandbox, "read_text", locked)
    monkeypatch.setenv("ONE", "wrong")
    monkeypatch.setenv("TWO", "right")
    secrets = (Secret(env="ONE"), Secret(env="TWO"))
    sha256 = land_bytes(night_settings.archive, pdf("locked")).sha256
    with Sandbox() as sandbox:
        assert ingest._read_one(night_settings, sandbox, sha256, secrets, "gz", ["2026年预算"]) == "reading"
        assert tried == [None, "wrong", "right"]
        with pytest.raises(Refused, match="password"):
            ingest._read_one(night_settings, sandbox, sha256, secrets[:1], "gz", ["2026年预算"])


def test_no_secret_and_no_row_is_lost_when_sqlite_is_opened_by_hand(site: Site, night_settings: Settings) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    see(night_settings, "night")
    with sqlite3.connect(night_settings.home / "ledger.db") as connection:
        rows = connection.execute(
            "SELECT url, etag, last_modified, size FROM fetches WHERE sha256 IS NOT NULL"
        ).fetchall()
    ((url, etag, last_modified, size),) = rows
    assert url == f"{site.url}/a.pdf"
    assert etag
    assert last_modified
    assert size == len(pdf("a"))
