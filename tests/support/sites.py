"""A site of our own: pages and files that a test sets up, answered as real servers answer, and as broken ones do."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from extract.entities import CacheEntry, LandedPdf, Landing, Publication
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.publishers import Publisher, load_publisher
from extract.settings import Settings
from extract.sources.fetch import Fetcher
from extract.sources.landing import download

LONG_AGO = 1_700_000_000.0


def pdf(text: str = "", size: int = 0) -> bytes:
    """Bytes that begin and end as a PDF does; no reader would find a page in them."""
    return b"%PDF-1.7\n%" + text.encode() + b"\n" + b"%" * size + b"\n%%EOF\n"


@dataclass
class Resource:
    """One address. `act` may answer by itself: it is given the handler and returns whether it did."""

    body: bytes = b""
    content_type: str = "application/pdf"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    modified: float | None = LONG_AGO
    etag: bool = True
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    status: int = 0

    @property
    def is_conditional(self) -> bool:
        return "If-None-Match" in self.headers or "If-Modified-Since" in self.headers


class Server(ThreadingHTTPServer):
    """A server that lets as many connections wait as a test may open at once."""

    request_queue_size = 128
    daemon_threads = True


class Site:
    """A web site on a port of this machine."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[Request] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def put(self, path: str, body: bytes | str = b"", **more: object) -> str:
        """Set up one address; returns it whole."""
        data = body.encode() if isinstance(body, str) else body
        kind = {"content_type": "text/html; charset=utf-8"} if isinstance(body, str) else {}
        self.resources[path] = Resource(data, **{**kind, **more})  # type: ignore[arg-type]
        return self.url + path

    def asked(self, path: str) -> list[Request]:
        return [one for one in self.requests if one.path == path]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        request = Request(handler.path, dict(handler.headers.items()))
        self.requests.append(request)
        found = self.resources.get(handler.path, Resource(b"not here", "text/plain", 404, modified=None, etag=False))
        if found.act is not None:
            found.act(handler)
            return
        headers = {"Content-Type": found.content_type}
        if found.etag and found.status == 200:
            headers["ETag"] = f'"{hashlib.md5(found.body, usedforsecurity=False).hexdigest()}"'
        if found.modified is not None:
            headers["Last-Modified"] = formatdate(found.modified, usegmt=True)
        headers |= found.headers
        request.status = 304 if found.status == 200 and self._is_known(request, headers, found) else found.status
        body = b"" if request.status == 304 else found.body
        handler.send_response(request.status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    @staticmethod
    def _is_known(request: Request, headers: dict[str, str], found: Resource) -> bool:
        if "If-None-Match" in request.headers and "ETag" in headers:
            return request.headers["If-None-Match"] == headers["ETag"]
        since = request.headers.get("If-Modified-Since")
        return bool(since) and found.modified is not None and parsedate_to_datetime(since).timestamp() >= found.modified

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def publisher_file(folder: Path, site: Site, code: str = "gz", **more: object) -> Path:
    """A publisher file for the site: no delay, quick to give up, this machine allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    quick = {"delay_seconds": 0, "backoff_seconds": 0, "robots": False, "timeout_seconds": 5, "attempts": 2}
    content: dict[str, object] = {
        "name": "某局",
        "allowed_addresses": ["127.0.0.1/32"],
        "source": {"kind": "listing", "pages": [f"{site.url}/list.html"]},
        **more,
    }
    content["politeness"] = {**quick, **(more.get("politeness") or {})}  # type: ignore[dict-item]
    path = folder / f"{code}.yml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


@dataclass
class Desk:
    """One publisher of the site, as a test works with it."""

    site: Site
    settings: Settings
    folder: Path

    def publisher(self, **more: object) -> Publisher:
        return load_publisher(publisher_file(self.folder, self.site, **more))

    def land(self, url: str, known: CacheEntry | None = None, **more: object) -> Landing:
        """Land one address; raises what `download` raises."""
        publisher = self.publisher(**more)
        with Fetcher(publisher) as fetcher:
            return download(publisher, fetcher, Publication(publisher.code, url), known, self.settings)

    def landed(self, url: str, known: CacheEntry | None = None, **more: object) -> LandedPdf:
        landing = self.land(url, known, **more)
        assert landing.landed is not None, landing.error
        return landing.landed

    def stored(self) -> list[Path]:
        return [path for path in self.settings.archive.rglob("*") if path.is_file()]


def drip(handler: BaseHTTPRequestHandler, body: bytes, pause: float, stop: threading.Event) -> None:
    """Announce a body and send it byte by byte until the other side or the test has had enough."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    for byte in body:
        if stop.is_set():
            break
        try:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
        except OSError:
            break
        time.sleep(pause)
    handler.close_connection = True


class Hook:
    """A web server that keeps what is posted to it and which paths are asked, and answers as `answer` says."""

    def __init__(self, path: str = "/") -> None:
        self.posted: list[tuple[str, str, dict[str, Any]]] = []
        self.asked: list[str] = []
        self.answer = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posted.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(hook.answer)
                self.end_headers()

            def do_GET(self) -> None:
                hook.asked.append(self.path)
                self.send_response(hook.answer)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{path}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def ledger_of(settings: Settings) -> Ledger:
    return Ledger(settings.ledger_url or "")


def see(settings: Settings, run: str) -> None:
    ingest.discover(settings, run)
    ingest.land(settings, run)


def load_all(settings: Settings, run: str) -> dict[str, int]:
    """As if every document that waits had been read and staged: these PDFs hold no table."""
    ledger = ledger_of(settings)
    for sha256, _ in ledger.to_read("1", settings.read_attempts):  # not `plan`: it would miss their rows
        ledger.note_read(sha256, "1")
        ledger.note_staged(sha256, run)
    return ingest.close(settings, run)
