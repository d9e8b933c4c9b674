"""How a site is asked: who asks, how fast, and when not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sites import pdf

from extract.entities import Publication
from extract.errors import Refused, SourceError
from extract.sources.landing import land_publications
from extract.sources.pace import Pace

if TYPE_CHECKING:
    from sites import Desk, Site

PDF = pdf("polite")


def test_a_site_that_is_down_is_not_asked_for_each_of_its_publications(site: Site, desk: Desk) -> None:
    publications = [Publication("gz", site.put(f"/{n}.pdf", b"", status=503)) for n in range(40)]
    publisher = desk.publisher(politeness={"attempts": 1, "concurrency": 1})
    landings = [one for some in land_publications(publisher, publications, lambda _: {}, desk.settings) for one in some]
    assert len(landings) == 40
    assert all(isinstance(one.error, SourceError) for one in landings)
    assert len(site.requests) == 10


def test_a_site_that_answers_now_and_then_is_asked_for_everything(site: Site, desk: Desk) -> None:
    status = [404 if n % 5 == 0 else 503 for n in range(40)]
    publications = [Publication("gz", site.put(f"/{n}.pdf", b"", status=status[n])) for n in range(40)]
    publisher = desk.publisher(politeness={"attempts": 1, "concurrency": 1})
    for some in land_publications(publisher, publications, lambda _: {}, desk.settings):
        assert len(some) == 40
    assert len(site.requests) == 40


def test_requests_keep_their_distance() -> None:
    moments, slept = iter([100.0, 100.5, 104.0]), []
    pace = Pace(2.0, clock=lambda: next(moments), sleep=slept.append)
    for _ in range(3):
        pace.wait()
    assert slept == [1.5], "the third comes late enough by itself"


def test_robots_txt_is_obeyed_and_its_delay_taken(site: Site, desk: Desk) -> None:
    site.put("/robots.txt", "User-agent: *\nDisallow: /private/\n")
    desk.landed(site.put("/open/a.pdf", PDF), politeness={"robots": True})
    url = site.put("/private/a.pdf", PDF)
    with pytest.raises(Refused, match=r"robots\.txt"):
        desk.land(url, politeness={"robots": True})
    assert site.asked("/private/a.pdf") == []


def test_a_site_whose_robots_txt_breaks_is_not_asked_for_anything_else(site: Site, desk: Desk) -> None:
    site.put("/robots.txt", b"", status=503)
    url = site.put("/a.pdf", PDF)
    with pytest.raises(SourceError, match=r"robots\.txt"):
        desk.land(url, politeness={"robots": True})
    assert site.asked("/a.pdf") == []


def test_the_user_agent_says_who_asks_and_how_to_reach_them(site: Site, desk: Desk) -> None:
    desk.landed(site.put("/a.pdf", PDF), politeness={"contact": "mailto:data@example.org"})
    (request,) = site.requests
    assert request.headers["User-Agent"].startswith("jixiao/")
    assert "(+mailto:data@example.org)" in request.headers["User-Agent"]
