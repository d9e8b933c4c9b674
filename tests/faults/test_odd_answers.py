"""What one site answers, however odd, costs no other publisher its night, and nothing odd is kept and sent back."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest
from odd_answers import DATES, ODD, ROBOTS, Fuzz
from sites import pdf
from two_publishers import run_night_of_two

from extract.ledger import Ledger
from extract.sources.headers import read_http_date, read_number, read_retry_after

if TYPE_CHECKING:
    from sites import Site

    from extract.settings import Settings

NIGHTS = 40  # of 25 odd answers each, or a few more
ODD_FILES = 24


def test_a31_a_thousand_odd_answers_cost_the_other_publisher_nothing(site: Site, good_and_bad: Settings) -> None:
    fuzz = Fuzz(31)
    links = "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, ODD_FILES + 1))
    for number in range(NIGHTS):
        site.put("/good/1.pdf", pdf(f"good {number}"))
        for n in range(1, ODD_FILES + 1):
            site.put(f"/bad/{n}.pdf", act=fuzz.act(fuzz.pdf))
        site.put("/bad/list.html", act=fuzz.act(fuzz.page) if number % 3 else None, body=fuzz.page())
        site.put("/robots.txt", fuzz.random.choice(ROBOTS).encode("utf-8", "replace"), content_type="text/plain")
        while len(fuzz.sent) < 25 * (number + 1):
            try:
                outcomes, found = run_night_of_two(good_and_bad, f"night-{number}-{len(fuzz.sent)}")
            except Exception as error:
                raise AssertionError(f"night {number}: {fuzz.sent[-8:]}") from error
            assert set(outcomes["good"]) <= {"loaded", "unchanged"}, fuzz.sent[-8:]
            assert len(outcomes["good"]) == 1, fuzz.sent[-8:]
            assert {one["publisher"] for one in found} <= {"bad"}
            site.put("/bad/list.html", links)  # so that its PDFs are asked for until 25 answers are used up
    assert len(fuzz.sent) >= 1000
    ledger = Ledger(good_and_bad.ledger_url or "")
    assert ledger.documents_by_state()["staged"] >= NIGHTS
    urls = {f"{site.url}/bad/{name}" for name in ("list.html", *(f"{n}.pdf" for n in range(1, ODD_FILES + 1)))}
    for known in ledger.cache_entries("bad", sorted(urls)).values():
        for kept in (known.etag, known.last_modified):
            assert kept is None or (kept.isascii() and kept.isprintable() and len(kept) <= 512)
    for request in site.requests:
        assert all(value.isascii() for value in request.headers.values())


HEADERS = {
    "gzip that is none": ({"Content-Encoding": "gzip"}, None),
    "the year 9999": ({"Last-Modified": "Fri, 31 Dec 9999 23:59:59 GMT"}, "loaded"),
    "a zone of ages": ({"Last-Modified": "Mon, 01 Jan 2024 00:00:00 +99999999999999999"}, "loaded"),
    "an ETag in UTF-8": ({"ETag": '"名字"'.encode().decode("latin-1")}, "loaded"),
    "an ETag of 8,000": ({"ETag": '"' + "e" * 8000 + '"'}, "loaded"),
    "charset=idna": ({"Content-Type": "text/html; charset=idna"}, "loaded"),
    "charset=undefined": ({"Content-Type": "text/html; charset=undefined"}, "loaded"),
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("where", ["/bad/list.html", "/bad/1.pdf"])
def test_a31_an_odd_header_is_that_publishers_trouble_and_passes_with_it(
    site: Site, good_and_bad: Settings, name: str, where: str
) -> None:
    headers, outcome = HEADERS[name]
    right = site.resources[where]
    site.put(where, right.body, content_type=right.content_type, headers=headers)
    for number in range(2):  # the second night sends back what the first one kept
        site.put("/good/1.pdf", pdf(f"good {number}"))
        outcomes, found = run_night_of_two(good_and_bad, f"odd-{number}")
        assert outcomes["good"] == ["loaded"]
        if outcome is not None:
            assert outcomes["bad"] == ["loaded" if number == 0 else "unchanged"]
        elif where.endswith(".pdf"):
            assert outcomes["bad"] == ["failed"]
        else:
            assert [(one["publisher"], one["code"]) for one in found] == [("bad", "not_listed")]
            assert "DecodingError" in found[0]["detail"]
    site.resources[where] = right
    assert run_night_of_two(good_and_bad, "mended")[0]["bad"] in (["loaded"], ["unchanged"])


@pytest.mark.parametrize("after", ["²", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "nan", ""])
def test_a31_an_odd_retry_after_is_no_reason_to_stop(site: Site, good_and_bad: Settings, after: str) -> None:
    headers = {"Retry-After": after.encode().decode("latin-1")}
    site.put("/bad/1.pdf", b"", status=503, headers=headers)
    outcomes, _ = run_night_of_two(good_and_bad, "odd")
    assert outcomes == {"good": ["loaded"], "bad": ["failed"]}


def test_a31_what_an_earlier_version_kept_is_not_sent_back(site: Site, good_and_bad: Settings) -> None:
    run_night_of_two(good_and_bad, "one")
    ledger = Ledger(good_and_bad.ledger_url or "")
    with ledger._writing() as connection:
        connection.exec_driver_sql("UPDATE fetches SET etag = '\"名字\"', last_modified = 'x\r\ny'")
    outcomes, _ = run_night_of_two(good_and_bad, "two")
    assert outcomes == {"good": ["unchanged"], "bad": ["unchanged"]}


@pytest.mark.parametrize("status", [400, 412, 431])
def test_a31_a_site_that_refuses_the_condition_is_asked_without_it(
    site: Site, good_and_bad: Settings, status: int
) -> None:
    run_night_of_two(good_and_bad, "one")
    body, kept = pdf("bad, corrected"), site.resources["/bad/1.pdf"]

    def act(handler: BaseHTTPRequestHandler) -> None:
        is_conditional = "If-None-Match" in handler.headers
        handler.send_response(status if is_conditional else 200)
        handler.send_header("Content-Length", "0" if is_conditional else str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if is_conditional else body)

    kept.act = act
    assert run_night_of_two(good_and_bad, "two")[0]["bad"] == ["loaded"]


@pytest.mark.parametrize("raw", [*ODD, *DATES])
def test_no_header_is_odd_enough_to_raise(raw: bytes) -> None:
    text = raw.decode("latin-1")
    for read in (read_number, read_http_date, read_retry_after):
        read(text)
