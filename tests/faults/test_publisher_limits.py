"""What one publisher may ask for in a night is bounded and told: links, addresses, delays, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sites import pdf, publisher_file
from two_publishers import run_night_of_two

from extract.entities import CacheEntry, Publication
from extract.ledger import Ledger
from extract.sources import fetch
from extract.sources.landing import _order
from extract.sources.pace import Pace

if TYPE_CHECKING:
    from sites import Desk, Site

    from extract.settings import Settings


def test_a31_a_hundred_thousand_links_are_bounded_and_told(site: Site, good_and_bad: Settings, desk: Desk) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "max_links": 20}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 100_001)))
    outcomes, found = run_night_of_two(good_and_bad, "odd")
    assert outcomes["good"] == ["loaded"]
    assert len(outcomes["bad"]) == 20
    assert [one["code"] for one in found] == ["links_bounded"]
    assert "100000 links" in found[0]["detail"]
    assert "politeness.max_links" in found[0]["detail"]


def test_a31_the_links_of_the_pages_behind_a_list_are_bounded_too(
    site: Site, good_and_bad: Settings, desk: Desk
) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"], "link": {}, "detail": {}}
    polite = {"attempts": 1, "max_links": 5}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", '<a href="/bad/detail.html">x</a>')
    site.put("/bad/detail.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1000)))
    outcomes, found = run_night_of_two(good_and_bad, "odd")
    assert len(outcomes["bad"]) == 5
    assert [one["code"] for one in found] == ["links_bounded"]


def test_a31_an_address_too_long_for_the_ledger_is_refused_and_counted(site: Site, good_and_bad: Settings) -> None:
    site.put("/bad/list.html", f'<a href="/bad/{"a" * 60_000}.pdf">x</a><a href="/bad/1.pdf">y</a>')
    outcomes, _ = run_night_of_two(good_and_bad, "odd")
    assert sorted(outcomes["bad"]) == ["loaded", "refused"]
    assert max(len(one["url"]) for one in Ledger(good_and_bad.ledger_url or "").sightings("odd", 10)) < 2000


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What every pace has slept; no time passes."""
    naps: list[float] = []
    monkeypatch.setattr(fetch, "Pace", lambda *limits: Pace(*limits, lambda: sum(naps), naps.append))
    return naps


def test_a31_a_crawl_delay_is_bounded_and_told(
    site: Site, good_and_bad: Settings, desk: Desk, slept: list[float]
) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "robots": True}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 99999999999999999999\n")
    site.put("/bad/list.html", '<a href="/bad/1.pdf">1</a><a href="/bad/2.pdf">2</a>')
    site.put("/bad/2.pdf", pdf("bad, too"))
    outcomes, found = run_night_of_two(good_and_bad, "odd")
    assert outcomes == {"good": ["loaded"], "bad": ["loaded", "loaded"]}
    assert {(one["publisher"], one["code"]) for one in found} == {("bad", "delay_bounded")}
    assert max(slept) == 60


def test_a31_the_time_of_one_publisher_is_bounded_and_told(
    site: Site, good_and_bad: Settings, desk: Desk, slept: list[float]
) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "delay_seconds": 100, "night_seconds": 150}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 4)))
    for n in range(1, 4):
        site.put(f"/bad/{n}.pdf", pdf(f"bad {n}"))
    outcomes, found = run_night_of_two(good_and_bad, "odd")
    assert sorted(outcomes["bad"]) == ["failed", "loaded", "loaded"]
    assert outcomes["good"] == ["loaded"]
    assert [one["code"] for one in found] == ["time_used_up"]
    assert sum(slept) <= 150
    assert run_night_of_two(good_and_bad, "next")[0]["bad"].count("loaded") == 1, "what was left over comes first"


def test_what_is_new_is_asked_first_and_what_is_known_in_another_order_each_night(site: Site, desk: Desk) -> None:
    publications = [Publication("gz", f"http://h/{n}.pdf") for n in range(50)]
    known = {one.url: CacheEntry(one.url, sha256="a" * 64) for one in publications[:40]}
    one, two = ([p.url for p in _order(publications, lambda _: known, run)] for run in ("one", "two"))
    assert one[:10] == two[:10] == [p.url for p in publications[40:]]
    assert one != two
    assert sorted(one) == sorted(two)
