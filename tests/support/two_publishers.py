"""Two publishers of one site, `good` and `bad`: what `bad` answers must cost `good` nothing."""

from __future__ import annotations

from typing import Any

from sites import Desk, Site, load_all, pdf, publisher_file

from extract.errors import LedgerError
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.settings import Settings

PAGE = b'<html><body><a href="/bad/1.pdf">2025</a></body></html>'


def make_good_and_bad(site: Site, desk: Desk) -> Settings:
    """Make the files of both publishers, and pages that are right."""
    quick = {"attempts": 1, "concurrency": 8, "timeout_seconds": 3, "max_delay_seconds": 0, "robots": True}
    for code in ("good", "bad"):
        source = {"kind": "listing", "pages": [f"{site.url}/{code}/list.html"]}
        publisher_file(desk.folder, site, code=code, name=f"{code}局", source=source, politeness=quick)
    site.put("/good/list.html", '<a href="/good/1.pdf">2025</a>')
    site.put("/good/1.pdf", pdf("good"))
    site.put("/bad/list.html", PAGE)
    site.put("/bad/1.pdf", pdf("bad"))
    return desk.settings.model_copy(update={"publishers_dir": desk.folder})


def run_night_of_two(settings: Settings, run_id: str) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """Run one night; return the outcomes by publisher, and what was found. Whoever failed is `bad`, and is named."""
    ingest.discover(settings, run_id)
    ingest.land(settings, run_id)
    try:
        load_all(settings, run_id)
    except LedgerError as error:
        if "good" in str(error):
            raise
    ledger = Ledger(settings.ledger_url or "")
    outcomes: dict[str, list[str]] = {"good": [], "bad": []}
    for one in ledger.sightings(run_id, 1000):
        outcomes[one["publisher"]].append(one["outcome"])
    return outcomes, ledger.findings(run_id)
