"""What one site answers, however odd, costs no other publisher its night, and nothing odd is kept and sent back."""

from __future__ import annotations

import gzip
import random
import socket
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from sites import load_all, pdf, publisher_file

from extract.errors import LedgerError
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.sources import fetch
from extract.sources.headers import read_http_date, read_number, read_retry_after
from extract.sources.pace import Pace

if TYPE_CHECKING:
    from sites import Desk, Site

    from extract.settings import Settings

NIGHTS = 40  # of 25 odd answers each, or a few more
ODD_FILES = 24
PAGE = b'<html><body><a href="/bad/1.pdf">2025</a></body></html>'
ODD = [
    b"",
    b" ",
    b"0",
    b"-1",
    b"\xb2",
    b"1e9",
    b"9" * 400,
    b"99999999999999999999",
    b"inf",
    b"nan",
    b"\xff\xfe",
    b"%s%n{}",
    "名字".encode(),
    "名字".encode("gb18030"),
    b'"' + "名字".encode() + b'"',
    b'W/"\xe5"',
    b'"' + b"e" * 8000 + b'"',
    b"\x00",
    b"a\x0bb",
    b"\x7f",
    b"\tx",
    b"utf-7",
    b"../../etc",
    b'"unclosed',
    b"a,b,c",
    b";",
    b"=",
    b"=?utf-8?b?////?=",
]
DATES = [
    b"Fri, 31 Dec 9999 23:59:59 GMT",
    b"Thu, 01 Jan 1970 00:00:00 +99999999999999999",
    b"Mon, 01 Jan 0001 00:00:00 +2359",
    b"Sat, 99 Foo 2025 25:61:61 GMT",
    b"Mon, 30 Feb 2025 10:00:00 GMT",
    b"Tue, 01 Apr 2025 10:00:00 -9999",
    b"2025-02-10",
    b"Tue, 01 Apr 2025 10:00:00 GMT",
    b"Tue, 1 Apr 99999999999 10:00:00 GMT",
    "2025年2月10日".encode(),
    b"0",
    b"Tue",
]
CHARSETS = [
    b"idna",
    b"undefined",
    b"punycode",
    b"unicode_escape",
    b"raw_unicode_escape",
    b"utf-7",
    b"base64",
    b"rot13",
    b"hex",
    b"zlib",
    b"utf-16",
    b"utf-32",
    b"mbcs",
    b"gbk",
    b"hz",
    b"\xff",
    b"big5hkscs",
    b"x" * 500,
    b"utf-8\x00",
    b"",
]
PACKINGS = [b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip", b"identity", b"compress", b"aes128gcm", b"\xff"]
STATUSES = [200] * 12 + [
    int(one)
    for one in "201 204 206 300 301 302 304 307 400 401 403 404 410 412 416 418 425 429 431 451 500 503 999".split()
]
PLACES = [
    b"",
    b"http://",
    b"//",
    b"http://[::1",
    b"http://\xe5\x90\x8d/x.pdf",
    b"javascript:1",
    b"/bad/1.pdf",
    b"http://127.0.0.1:99999/",
    b"http://127.0.0.1:0/",
    b"/" + b"a" * 70_000,
    b"http://a:b@127.0.0.1/",
    b"\x00",
    b"?%zz",
    b"http://169.254.169.254/",
]
HREFS = [
    "/bad/1.pdf",
    "/bad/%zz.pdf",
    "http://[::1/x.pdf",
    "/bad/" + "长" * 900 + ".pdf",
    "/bad/&#xD800;&#0;.pdf",
    "//\u2100.pdf",
    "http://127.0.0.1:0/x.pdf",
    "http://xn--a/x.pdf",
    "/bad/\u202efdp.pdf",
    "?q=名字.pdf",
    "http://" + "a" * 300 + "/x.pdf",
    "/" * 99 + ".pdf",
    "http://127.0.0.1\\@evil/x.pdf",
    "file:///etc/passwd.pdf",
    "/bad/2.pdf#x",
    "\t/bad/3\n.pdf",
]
ROBOTS = [
    "User-agent: *\nCrawl-delay: 99999999999999999999\n",
    "User-agent: *\nCrawl-delay: ²\n",
    "Crawl-delay: 1e400",
    "User-agent: *\nCrawl-delay: -5\n",
    "User-agent: *\nCrawl-delay: 0.0001\n",
    "User-agent: *\nRequest-rate: ²/²\n",
    "User-agent: *\nDisallow: /%zz[\n",
    "\x00" * 100,
    "User-agent:" * 5000,
    "User-agent: *\nCrawl-delay: " + "9" * 5000,
    "<html>",
    "Allow",
    "\ud7ff\uffff",
]


class Fuzz:
    """Odd answers, always the same ones for a seed; the last ones are kept to be shown when a test fails."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.sent: list[bytes] = []

    def act(self, body: Callable[[], bytes]) -> Callable[[BaseHTTPRequestHandler], None]:
        """One odd answer around this body, different at every request."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            raw = self.answer(body())
            self.sent.append(raw[:600])
            handler.close_connection = True
            try:
                handler.wfile.write(raw)
                handler.wfile.flush()
                handler.connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other side had enough
                pass

        return answer

    def answer(self, body: bytes) -> bytes:
        pick = self.random.choice
        kind = pick([b"text/html", b"application/pdf", pick(ODD)])
        headers = [(b"Content-Type", kind + b"; charset=" + pick(CHARSETS))]
        for name, values in (
            (b"ETag", ODD),
            (b"Last-Modified", DATES + ODD),
            (b"Date", DATES + ODD),
            (b"Retry-After", ODD + DATES),
            (b"Content-Encoding", PACKINGS),
            (b"Location", PLACES),
            (b"Set-Cookie", [*ODD, b"a=b; Expires=" + pick(DATES), b"a=b; Domain=" + pick(ODD)]),
            (b"Content-Disposition", [b"attachment; filename*=UTF-8''" + pick(ODD)]),
            (b"Transfer-Encoding", [b"chunked", b"gzip", pick(ODD)]),
            (b"X-\xff" if pick([0, 0, 1]) else b"X-Odd", ODD),
        ):
            if self.random.random() < (0.15 if name in (b"Transfer-Encoding", b"Content-Encoding") else 0.5):
                headers.append((name, pick(values)))
        packing = dict(headers).get(b"Content-Encoding")
        if packing == b"gzip" and pick([0, 1]):
            body = gzip.compress(body, mtime=0)[: pick([None, 15])]
        elif packing == b"deflate" and pick([0, 1]):
            body = zlib.compress(body)
        length = pick([str(len(body)).encode()] * 8 + [str(len(body) + 9).encode(), *ODD])
        status = pick(STATUSES)
        head = b"HTTP/1.1 %d %s\r\n" % (status, pick([b"OK", b"", b"\xff\xfe"]))
        lines = [b"%s: %s\r\n" % pair for pair in [*headers, (b"Content-Length", length)]]
        return head + b"".join(lines) + b"\r\n" + body

    def page(self) -> bytes:
        pick = self.random.choice
        item = '<li><a href="{}">绩效\x00目标</a><span>2025-13-45</span></li>'
        links = "".join(item.format(pick(HREFS)) for _ in range(6))
        head = f'<meta charset="{pick(["gbk", "idna", "utf-7", "名"])}"><base href="{pick(["/", "//", "x:"])}">'
        text = f"<html><head>{head}{links}"
        return pick([PAGE, *(text.encode(name, "replace") for name in ("utf-8", "gb18030", "utf-16")), b""])

    def pdf(self) -> bytes:
        return self.random.choice([pdf("bad"), b"", b"%PDF-1.4", b"<html>", self.random.randbytes(300), b"\x00" * 999])


@pytest.fixture
def town(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two publishers of one site: `good`, whose pages are right, and `bad`."""
    monkeypatch.setattr(ingest, "count_pages", lambda *_: 0)  # a child process a night, which is not what is tested
    quick = {"attempts": 1, "concurrency": 8, "timeout_seconds": 3, "max_delay_seconds": 0, "robots": True}
    for code in ("good", "bad"):
        source = {"kind": "listing", "pages": [f"{site.url}/{code}/list.html"]}
        publisher_file(desk.folder, site, code=code, name=f"{code}局", source=source, politeness=quick)
    site.put("/good/list.html", '<a href="/good/1.pdf">2025</a>')
    site.put("/good/1.pdf", pdf("good"))
    site.put("/bad/list.html", PAGE)
    site.put("/bad/1.pdf", pdf("bad"))
    return desk.settings.model_copy(update={"publishers_dir": desk.folder})


def night(settings: Settings, run_id: str) -> tuple[dict[str, list[str]], list[dict[str, Any]]]:
    """One night; returns the outcomes by publisher, and what was found. Whoever failed is `bad`, and is named."""
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


def test_a31_a_thousand_odd_answers_cost_the_other_publisher_nothing(site: Site, town: Settings) -> None:
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
                outcomes, found = night(town, f"night-{number}-{len(fuzz.sent)}")
            except Exception as error:
                raise AssertionError(f"night {number}: {fuzz.sent[-8:]}") from error
            assert set(outcomes["good"]) <= {"loaded", "unchanged"}, fuzz.sent[-8:]
            assert len(outcomes["good"]) == 1, fuzz.sent[-8:]
            assert {one["publisher"] for one in found} <= {"bad"}
            site.put("/bad/list.html", links)  # so that its PDFs are asked for until 25 answers are used up
    assert len(fuzz.sent) >= 1000
    ledger = Ledger(town.ledger_url or "")
    assert ledger.documents_by_state()["staged"] >= NIGHTS
    urls = {f"{site.url}/bad/{name}" for name in ("list.html", *(f"{n}.pdf" for n in range(1, ODD_FILES + 1)))}
    for known in ledger.remembered("bad", sorted(urls)).values():
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
    site: Site, town: Settings, name: str, where: str
) -> None:
    headers, outcome = HEADERS[name]
    right = site.resources[where]
    site.put(where, right.body, content_type=right.content_type, headers=headers)
    for number in range(2):  # the second night sends back what the first one kept
        site.put("/good/1.pdf", pdf(f"good {number}"))
        outcomes, found = night(town, f"odd-{number}")
        assert outcomes["good"] == ["loaded"]
        if outcome is not None:
            assert outcomes["bad"] == ["loaded" if number == 0 else "unchanged"]
        elif where.endswith(".pdf"):
            assert outcomes["bad"] == ["failed"]
        else:
            assert [(one["publisher"], one["code"]) for one in found] == [("bad", "not_listed")]
            assert "DecodingError" in found[0]["detail"]
    site.resources[where] = right
    assert night(town, "mended")[0]["bad"] in (["loaded"], ["unchanged"])


@pytest.mark.parametrize("after", ["²", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "nan", ""])
def test_a31_an_odd_retry_after_is_no_reason_to_stop(site: Site, town: Settings, after: str) -> None:
    headers = {"Retry-After": after.encode().decode("latin-1")}
    site.put("/bad/1.pdf", b"", status=503, headers=headers)
    outcomes, _ = night(town, "odd")
    assert outcomes == {"good": ["loaded"], "bad": ["failed"]}


def test_a31_what_an_earlier_version_kept_is_not_sent_back(site: Site, town: Settings) -> None:
    night(town, "one")
    ledger = Ledger(town.ledger_url or "")
    with ledger._writing() as connection:
        connection.exec_driver_sql("UPDATE fetches SET etag = '\"名字\"', last_modified = 'x\r\ny'")
    outcomes, _ = night(town, "two")
    assert outcomes == {"good": ["unchanged"], "bad": ["unchanged"]}


@pytest.mark.parametrize("status", [400, 412, 431])
def test_a31_a_site_that_refuses_the_condition_is_asked_without_it(site: Site, town: Settings, status: int) -> None:
    night(town, "one")
    body, kept = pdf("bad, corrected"), site.resources["/bad/1.pdf"]

    def act(handler: BaseHTTPRequestHandler) -> None:
        is_conditional = "If-None-Match" in handler.headers
        handler.send_response(status if is_conditional else 200)
        handler.send_header("Content-Length", "0" if is_conditional else str(len(body)))
        handler.end_headers()
        handler.wfile.write(b"" if is_conditional else body)

    kept.act = act
    assert night(town, "two")[0]["bad"] == ["loaded"]


def test_a31_a_hundred_thousand_links_are_bounded_and_told(site: Site, town: Settings, desk: Desk) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "max_links": 20}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 100_001)))
    outcomes, found = night(town, "odd")
    assert outcomes["good"] == ["loaded"]
    assert len(outcomes["bad"]) == 20
    assert [one["code"] for one in found] == ["links_bounded"]
    assert "100000 links" in found[0]["detail"]
    assert "politeness.max_links" in found[0]["detail"]


def test_a31_the_links_of_the_pages_behind_a_list_are_bounded_too(site: Site, town: Settings, desk: Desk) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"], "link": {}, "detail": {}}
    polite = {"attempts": 1, "max_links": 5}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", '<a href="/bad/detail.html">x</a>')
    site.put("/bad/detail.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1000)))
    outcomes, found = night(town, "odd")
    assert len(outcomes["bad"]) == 5
    assert [one["code"] for one in found] == ["links_bounded"]


def test_a31_an_address_too_long_for_the_ledger_is_refused_and_counted(site: Site, town: Settings) -> None:
    site.put("/bad/list.html", f'<a href="/bad/{"a" * 60_000}.pdf">x</a><a href="/bad/1.pdf">y</a>')
    outcomes, _ = night(town, "odd")
    assert sorted(outcomes["bad"]) == ["loaded", "refused"]
    assert max(len(one["url"]) for one in Ledger(town.ledger_url or "").sightings("odd", 10)) < 2000


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What every pace has slept; no time passes."""
    naps: list[float] = []
    monkeypatch.setattr(fetch, "Pace", lambda *limits: Pace(*limits, lambda: sum(naps), naps.append))
    return naps


def test_a31_a_crawl_delay_is_bounded_and_told(site: Site, town: Settings, desk: Desk, slept: list[float]) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "robots": True}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 99999999999999999999\n")
    site.put("/bad/list.html", '<a href="/bad/1.pdf">1</a><a href="/bad/2.pdf">2</a>')
    site.put("/bad/2.pdf", pdf("bad, too"))
    outcomes, found = night(town, "odd")
    assert outcomes == {"good": ["loaded"], "bad": ["loaded", "loaded"]}
    assert {(one["publisher"], one["code"]) for one in found} == {("bad", "delay_bounded")}
    assert max(slept) == 60


def test_a31_the_time_of_one_publisher_is_bounded_and_told(
    site: Site, town: Settings, desk: Desk, slept: list[float]
) -> None:
    source = {"kind": "listing", "pages": [f"{site.url}/bad/list.html"]}
    polite = {"attempts": 1, "delay_seconds": 100, "night_seconds": 150}
    publisher_file(desk.folder, site, code="bad", name="bad局", source=source, politeness=polite)
    site.put("/bad/list.html", "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 4)))
    for n in range(1, 4):
        site.put(f"/bad/{n}.pdf", pdf(f"bad {n}"))
    outcomes, found = night(town, "odd")
    assert sorted(outcomes["bad"]) == ["failed", "loaded", "loaded"]
    assert outcomes["good"] == ["loaded"]
    assert [one["code"] for one in found] == ["time_used_up"]
    assert sum(slept) <= 150
    assert night(town, "next")[0]["bad"].count("loaded") == 1, "what was left over comes first"


def test_what_is_new_is_asked_first_and_what_is_known_in_another_order_each_night(site: Site, desk: Desk) -> None:
    from extract.entities import Publication, Remembered
    from extract.sources.landing import _order

    publications = [Publication("gz", f"http://h/{n}.pdf") for n in range(50)]
    known = {one.url: Remembered(one.url, sha256="a" * 64) for one in publications[:40]}
    one, two = ([p.url for p in _order(publications, lambda _: known, run)] for run in ("one", "two"))
    assert one[:10] == two[:10] == [p.url for p in publications[40:]]
    assert one != two
    assert sorted(one) == sorted(two)


@pytest.mark.parametrize("raw", [*ODD, *DATES])
def test_no_header_is_odd_enough_to_raise(raw: bytes) -> None:
    text = raw.decode("latin-1")
    for read in (read_number, read_http_date, read_retry_after):
        read(text)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """Half a gigabyte of nothing, packed once."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(500)) + packer.flush()


@pytest.mark.parametrize(("where", "times"), [("/bad/list.html", 3), ("/bad/1.pdf", 3), ("/robots.txt", 1)])
def test_a31_a_small_answer_that_unpacks_to_gigabytes_costs_no_memory(
    site: Site, town: Settings, bomb: bytes, where: str, times: int
) -> None:
    for _ in range(times - 1):
        bomb = gzip.compress(bomb, mtime=0)
    site.put(where, bomb, headers={"Content-Encoding": ", ".join(["gzip"] * times)})
    process = psutil.Process()
    most, before, over = 0, process.memory_info().rss, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(0.01):
            most = max(most, process.memory_info().rss)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        outcomes, found = night(town, "bomb")
    finally:
        over.set()
        looker.join()
    assert outcomes["good"] == ["loaded"]
    if where != "/robots.txt":  # rules are read to half a megabyte, and the rest is not asked for
        assert "loaded" not in outcomes["bad"]
        assert {one["publisher"] for one in found} <= {"bad"}
    assert most - before < 150 << 20


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE[:20], mtime=0) + gzip.compress(PAGE[20:], mtime=0)),  # as `cat a.gz b.gz` makes it
        ("x-gzip", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),  # without its head, as some servers understand the word
        ("UTF-8", PAGE),
    ],
)
def test_a_body_that_is_packed_without_being_asked_for_is_read(
    site: Site, town: Settings, encoding: str, body: bytes
) -> None:
    site.put("/bad/list.html", body, headers={"Content-Encoding": encoding})
    assert night(town, "one")[0] == {"good": ["loaded"], "bad": ["loaded"]}


def test_a31_a_packed_list_that_is_cut_is_not_taken_for_the_whole(site: Site, town: Settings) -> None:
    links = "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 500))
    packed = gzip.compress(links.encode())
    site.put("/bad/list.html", packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})
    outcomes, found = night(town, "cut")
    assert outcomes == {"good": ["loaded"], "bad": []}
    assert [(one["publisher"], one["code"]) for one in found] == [("bad", "not_listed")]
