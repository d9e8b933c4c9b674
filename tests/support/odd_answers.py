"""Odd answers of a site: headers, charsets, packings, addresses and rules that real servers send, and worse ones."""

from __future__ import annotations

import gzip
import random
import socket
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from sites import pdf
from two_publishers import PAGE

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
