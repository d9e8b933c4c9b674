"""A site that says "unchanged" is not believed for ever."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sites import Site, load_all, pdf, publisher_file, see

from extract.entities import CacheEntry
from extract.settings import Settings
from extract.sources.page_fetch import drop_old_validators

if TYPE_CHECKING:
    from sites import Desk


def correct_in_secret(site: Site) -> None:
    """New bytes behind the old ETag, which the site honours with 304."""
    kept = site.resources["/a.pdf"]
    etag = f'"{hashlib.md5(kept.body, usedforsecurity=False).hexdigest()}"'
    site.put("/a.pdf", pdf("corrected"), headers={"ETag": etag})


def test_a41_an_etag_that_never_changes_hides_a_correction_only_for_some_weeks(
    site: Site, night_settings: Settings
) -> None:
    site.put("/list.html", '<a href="/a.pdf">a</a>')
    site.put("/a.pdf", pdf("a"))
    see(night_settings, "one")
    load_all(night_settings, "one")
    correct_in_secret(site)
    see(night_settings, "two")
    assert load_all(night_settings, "two")["unchanged"] == 1
    with sqlite3.connect(night_settings.home / "ledger.db") as connection:
        connection.execute("UPDATE fetches SET fetched_at = datetime(fetched_at, '-29 days')")
    never = night_settings.model_copy(update={"refetch_days": 0})
    see(never, "three")
    assert load_all(never, "three")["unchanged"] == 1
    see(night_settings, "four")
    assert load_all(night_settings, "four")["loaded"] == 1


def test_addresses_of_one_night_come_due_in_different_ones() -> None:
    moment = datetime.now(UTC)
    known = [CacheEntry(f"http://h/{n}", etag='"x"', fetched_at=moment - timedelta(days=24)) for n in range(100)]
    due = [one for one in known if drop_old_validators(one, moment, 28).etag is None]
    assert 0 < len(due) < 100
    old = [replace(one, fetched_at=moment - timedelta(days=28)) for one in known]
    assert all(drop_old_validators(one, moment, 28).etag is None for one in old)


@pytest.mark.slow
def test_a41_refetch_asks_every_address_of_one_publisher_unconditionally(
    site: Site, desk: Desk, night_settings: Settings
) -> None:
    other = {"kind": "listing", "pages": [f"{site.url}/other.html"]}
    publisher_file(desk.folder, site, code="other", name="另局", source=other)
    for name in ("list", "other"):
        site.put(f"/{name}.html", f'<a href="/{name}.pdf">a</a>')
        site.put(f"/{name}.pdf", pdf(name))
    see(night_settings, "one")
    environment = {
        **os.environ,
        "JIXIAO_HOME": str(night_settings.home),
        "JIXIAO_PUBLISHERS_DIR": str(night_settings.publishers_dir),
    }

    def refetch(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "extract", "publishers", "refetch", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert refetch().returncode == 2
    unknown = refetch("nobody")
    assert unknown.returncode == 1
    assert "gz, other" in unknown.stderr
    assert "2 addresses" in refetch("gz").stderr
    before = len(site.requests)
    see(night_settings, "two")
    asked = {one.path: one.is_conditional for one in site.requests[before:]}
    assert asked == {"/list.html": False, "/list.pdf": False, "/other.html": True, "/other.pdf": True}
