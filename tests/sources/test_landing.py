from __future__ import annotations

import hashlib
import io
import os
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from extract.entities import CacheEntry
from extract.errors import Reason, Refused, SourceError

if TYPE_CHECKING:
    from sites import Desk, Site

PDF = b"%PDF-1.7\n" + b"%" * 4000 + b"\n%%EOF\n"

# Two halves of one SHA-1 collision (Stevens and others, 2017, shattered.io); whatever follows them, SHA-1 is equal.
PREFIX = bytes.fromhex(
    "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f4865696768742033203020522f547970"
    "652034203020522f537562747970652035203020522f46696c7465722036203020522f436f6c6f7253706163652037203020522f4c656e67"
    "74682038203020522f42697473506572436f6d706f6e656e7420383e3e0a73747265616d0affd8fffe00245348412d312069732064656164"
    "2121212121852fec092339759c39b1a1c63c4c97e1fffe01"
)
FIRST = bytes.fromhex(
    "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c56b45c1530afedfb76038e972722fe7ad"
    "728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a215664"
    "61309789606bd0bf3f98cda8044629a1"
)
SECOND = bytes.fromhex(
    "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5df45c14f26fedfb3dc38e96ac22fe7bd"
    "728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660"
    "dd309791d06bd0af3f98cda4bc4629b1"
)


def send(handler: BaseHTTPRequestHandler, headers: dict[str, str], body: bytes) -> None:
    """Say these headers, send this body, close: as a server that breaks does."""
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
    handler.wfile.flush()
    handler.close_connection = True


HALVES = {
    "closed at half": lambda h: send(h, {"Content-Length": str(len(PDF))}, PDF[: len(PDF) // 2]),
    "length of another file": lambda h: send(h, {"Content-Length": str(len(PDF) // 2)}, PDF[: len(PDF) // 2]),
    "length too large": lambda h: send(h, {"Content-Length": str(len(PDF) + 100)}, PDF),
    "cut chunk": lambda h: send(h, {"Transfer-Encoding": "chunked"}, b"%x\r\n" % len(PDF) + PDF[:100]),
    "no length, cut": lambda h: send(h, {"Connection": "close"}, PDF[: len(PDF) // 2]),
}


@pytest.mark.parametrize("how", HALVES, ids=str)
def test_a10_a_partial_download_is_retried_and_never_stored(site: Site, desk: Desk, how: str) -> None:
    url = site.put("/half.pdf", act=HALVES[how])
    with pytest.raises((SourceError, Refused), match=r"half\.pdf"):
        desk.land(url)
    assert len(site.asked("/half.pdf")) == 2, "what may pass is tried again"
    assert desk.stored() == []


def test_a10_a_download_that_breaks_once_lands_at_the_second_attempt(site: Site, desk: Desk) -> None:
    def break_once(handler: BaseHTTPRequestHandler) -> None:
        site.put("/a.pdf", PDF)
        HALVES["closed at half"](handler)

    url = site.put("/a.pdf", act=break_once)
    assert desk.landed(url).sha256 == hashlib.sha256(PDF).hexdigest()
    assert len(desk.stored()) == 1


def test_a10_a_server_that_drips_bytes_is_left_when_the_whole_time_is_used_up(site: Site, desk: Desk) -> None:
    from sites import drip

    stop = threading.Event()
    url = site.put("/slow.pdf", act=lambda handler: drip(handler, PDF, 0.05, stop))
    try:
        with pytest.raises(SourceError, match="ReadTimeout"):
            desk.land(url, politeness={"attempts": 1, "request_seconds": 0.5})
    finally:
        stop.set()
    assert desk.stored() == []


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"<html><title>404</title></html>", Reason.NOT_PDF), (b"", Reason.EMPTY), (zipped(), Reason.NOT_PDF)],
    ids=["an error page with 200", "no bytes", "a zip"],
)
def test_a11_what_is_no_pdf_is_refused_once_and_not_downloaded_again(
    site: Site, desk: Desk, body: bytes, reason: Reason
) -> None:
    url = site.put("/named.pdf", body)
    first = desk.land(url)
    assert isinstance(first.error, Refused)
    assert first.error.reason is reason
    second = desk.land(url, first.cache_entry)
    assert isinstance(second.error, Refused)
    assert second.error.reason is reason
    assert [request.status for request in site.asked("/named.pdf")] == [200, 304]
    assert desk.stored() == []


def test_a12_an_unchanged_file_costs_a_conditional_request_and_no_bytes(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF)
    first = desk.land(url)
    assert desk.landed(url, first.cache_entry).sha256 == hashlib.sha256(PDF).hexdigest()
    assert [request.status for request in site.asked("/a.pdf")] == [200, 304]


def test_a12_new_bytes_at_the_same_address_are_a_new_document_and_the_old_one_stays(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF)
    first = desk.land(url)
    site.put("/a.pdf", PDF.replace(b"1.7", b"1.6"))
    second = desk.land(url, first.cache_entry)
    assert first.landed is not None
    assert second.landed is not None
    assert first.landed.sha256 != second.landed.sha256
    assert first.landed.path.exists()
    assert second.landed.path.exists()


def test_a12_the_same_bytes_at_a_new_address_are_one_blob(site: Site, desk: Desk) -> None:
    one = desk.landed(site.put("/a.pdf", PDF))
    two = desk.landed(site.put("/moved/b.pdf", PDF))
    assert one.sha256 == two.sha256
    assert len(desk.stored()) == 1


def test_a12_a_blob_that_the_archive_lost_is_fetched_again_unconditionally(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF)
    first = desk.land(url)
    assert first.landed is not None
    first.landed.path.unlink()
    assert desk.landed(url, first.cache_entry).path.exists()
    assert [request.status for request in site.asked("/a.pdf")] == [200, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_an_answer_that_may_pass_is_tried_again(site: Site, desk: Desk, status: int) -> None:
    url = site.put("/a.pdf", b"", status=status)
    with pytest.raises(SourceError, match=str(status)):
        desk.land(url, politeness={"attempts": 3})
    assert len(site.asked("/a.pdf")) == 3


@pytest.mark.parametrize(("status", "reason"), [(404, "gone"), (410, "gone"), (401, "forbidden"), (403, "forbidden")])
def test_an_answer_that_will_not_pass_is_refused_at_once(site: Site, desk: Desk, status: int, reason: str) -> None:
    url = site.put("/a.pdf", b"", status=status)
    with pytest.raises(Refused) as refusal:
        desk.land(url)
    assert refusal.value.reason.value == reason
    assert len(site.asked("/a.pdf")) == 1


def test_any_other_answer_is_an_error_that_is_not_tried_again(site: Site, desk: Desk) -> None:
    with pytest.raises(SourceError, match="expected 200, the site answers 405"):
        desk.land(site.put("/a.pdf", b"", status=405))
    assert len(site.asked("/a.pdf")) == 1


def test_a_file_over_the_limit_is_refused_before_and_while_it_comes(site: Site, desk: Desk) -> None:
    object.__setattr__(desk.settings, "max_file_megabytes", 0)
    with pytest.raises(Refused, match="too_large"):
        desk.land(site.put("/a.pdf", PDF))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(PDF), PDF)
    url = site.put("/b.pdf", act=lambda handler: send(handler, {"Transfer-Encoding": "chunked"}, chunked))
    with pytest.raises(Refused, match="too_large"):
        desk.land(url)
    assert desk.stored() == []


def test_a15_a_hostile_address_is_only_data(site: Site, desk: Desk) -> None:
    from extract.sources.addresses import join_address

    names = ["../../x", "/etc/passwd", "a\x00b", "a%0d%0aX: y", "é" * 150, "\u202egnp", "A.PDF", "a.pdf", "绩效 目标"]
    for n, name in enumerate(names):
        url = join_address(f"{site.url}/files/list.html", name)
        assert url is not None
        url.encode("ascii")
        assert url.isprintable()
        site.put(url.removeprefix(site.url), PDF + str(n).encode() + b"%%EOF")
        landed = desk.landed(url)
        assert landed.path.relative_to(desk.settings.archive).as_posix() == (
            f"{landed.sha256[:2]}/{landed.sha256[2:4]}/{landed.sha256}.pdf"
        )
    assert len(desk.stored()) == len(names)


def test_a24_two_files_with_one_sha1_are_two_blobs(site: Site, desk: Desk) -> None:
    one, two = PREFIX + FIRST + b"%%EOF", PREFIX + SECOND + b"%%EOF"
    assert hashlib.sha1(one, usedforsecurity=False).digest() == hashlib.sha1(two, usedforsecurity=False).digest()
    landed = {desk.landed(site.put(f"/{n}.pdf", body)).sha256 for n, body in enumerate((one, two))}
    assert len(landed) == len(desk.stored()) == 2


def test_a28_a_last_modified_from_the_future_does_not_hide_a_replaced_file(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF, etag=False, modified=time.time() + 86_400)
    first = desk.land(url)
    assert first.cache_entry is not None
    assert first.cache_entry.last_modified is None
    site.put("/a.pdf", PDF.replace(b"1.7", b"1.6"), etag=False, modified=time.time())
    second = desk.landed(url, first.cache_entry)
    assert first.landed is not None
    assert second.sha256 != first.landed.sha256


def test_a30_a_file_that_shrinks_is_landed_and_told(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF)
    first = desk.land(url)
    site.put("/a.pdf", b"%PDF-1.7\n%%EOF")
    second = desk.land(url, first.cache_entry)
    assert [finding.code for finding in second.findings] == ["file_shrank"]
    assert len(desk.stored()) == 2


def test_a_file_that_the_site_no_longer_has_stays_ours(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF)
    first = desk.land(url)
    del site.resources["/a.pdf"]
    second = desk.land(url, first.cache_entry)
    assert first.landed is not None
    assert second.landed is not None
    assert second.landed.sha256 == first.landed.sha256
    assert [finding.code for finding in second.findings] == ["gone"]


def test_headers_and_time_of_the_answer_are_kept_and_cookies_are_not(site: Site, desk: Desk) -> None:
    url = site.put("/a.pdf", PDF, headers={"Set-Cookie": "session=secret"})
    entry = desk.land(url).cache_entry
    assert isinstance(entry, CacheEntry)
    assert entry.headers["content-type"] == "application/pdf"
    assert entry.headers["content-length"] == str(len(PDF))
    assert entry.fetched_at is not None
    assert "secret" not in str(entry)


def test_what_a_killed_transfer_left_is_swept_a_day_later(desk: Desk) -> None:
    from extract.archive.stored_documents import sweep_parts

    desk.settings.archive.mkdir(parents=True)
    old, new = desk.settings.archive / ".part-old", desk.settings.archive / ".part-new"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert sweep_parts(desk.settings.archive) == 1
    assert not old.exists()
    assert new.exists()
