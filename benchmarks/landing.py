"""Measure a first and an unchanged run of discovery and landing of 5,000 publications on a local site.

The peer of the same run is a loop of plain httpx requests over the same addresses with the same validators, the least
that any client must do. Prints one JSON object; fails where an unchanged run asks any address more than once, downloads
anything, or takes 60 s.
"""

from __future__ import annotations

import collections
import hashlib
import json
import resource
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Process, Queue
from pathlib import Path
from typing import ClassVar

import httpx
import yaml

from extract.jobs import ingest
from extract.ledger import Ledger
from extract.settings import Settings

PUBLICATIONS = 5_000
PER_PAGE = 100
CONCURRENCY = 4
BYTES = 20_000
MOST_SECONDS = 60.0


class Site(BaseHTTPRequestHandler):
    """Fifty list pages and 5,000 files; counts the requests, and those answered at once."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[collections.Counter[tuple[str, int]]] = collections.Counter()
    lock = threading.Lock()
    now = most = 0

    def do_GET(self) -> None:
        """Answer with a list page, a file, 304, or the counts."""
        cls = type(self)
        with cls.lock:
            cls.now += 1
            cls.most = max(cls.most, cls.now)
        try:
            self._answer()
        finally:
            with cls.lock:
                cls.now -= 1

    def _answer(self) -> None:
        if self.path == "/counts":
            return self._send(
                200, json.dumps([[*key, n] for key, n in self.asked.items()]).encode(), "", str(self.most)
            )
        if self.path == "/reset":
            self.asked.clear()
            type(self).most = 0
            return self._send(200, b"", "", "")
        body = _page(int(self.path[6:])) if self.path.startswith("/list/") else _file(self.path)
        etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
        status = 304 if self.headers.get("If-None-Match") == etag else 200
        with self.lock:
            self.asked[(self.path, status)] += 1
        return self._send(status, b"" if status == 304 else body, etag, "")

    def _send(self, status: int, body: bytes, etag: str, most: str) -> None:
        head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n"
        head += f"ETag: {etag}\r\n" if etag else ""
        head += f"X-Most: {most}\r\n" if most else ""
        self.wfile.write(head.encode() + b"\r\n" + body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _page(number: int) -> bytes:
    first = number * PER_PAGE
    links = "".join(
        f'<li><a href="/files/{n}.pdf">某局2025年绩效目标 {n}</a> 2025-02-10</li>'
        for n in range(first, first + PER_PAGE)
    )
    following = f'<a class="next" href="/list/{number + 1}">' if first + PER_PAGE < PUBLICATIONS else ""
    return f"<html><meta charset=utf-8><ul>{links}</ul>{following}".encode()


def _file(path: str) -> bytes:
    return b"%PDF-1.7\n%" + path.encode().ljust(BYTES, b"%") + b"\n%%EOF\n"


def serve(ports: Queue[int]) -> None:
    """Serve the site in a process of its own, so that its work is not counted as ours."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    ports.put(server.server_port)
    server.serve_forever()


def night(settings: Settings, run: str) -> float:
    """Run discovery and landing; return the seconds."""
    started = time.perf_counter()
    assert ingest.discover(settings, run) == PUBLICATIONS
    assert ingest.land(settings, run) == PUBLICATIONS
    return time.perf_counter() - started


def plain(settings: Settings) -> float:
    """Run the peer: the same conditional requests by httpx alone, with as many threads; return the seconds."""
    known = Ledger(settings.ledger_url or "").remembered("site", _addresses(settings))
    with (
        httpx.Client(limits=httpx.Limits(max_connections=CONCURRENCY)) as client,
        ThreadPoolExecutor(CONCURRENCY) as pool,
    ):
        started = time.perf_counter()
        asked = pool.map(lambda one: client.get(one.url, headers={"If-None-Match": one.etag or ""}), known.values())
        assert all(answer.status_code == 304 for answer in asked)
        return time.perf_counter() - started


def _addresses(settings: Settings) -> list[str]:
    return [one.url for one in Ledger(settings.ledger_url or "").unlanded("addresses")]


def measure(base: str, folder: Path) -> dict[str, object]:
    """Measure both runs and the peer on the site at `base`."""
    publishers = folder / "publishers"
    publishers.mkdir()
    content = {
        "allowed_addresses": ["127.0.0.1/32"],
        "politeness": {"delay_seconds": 0, "concurrency": CONCURRENCY, "robots": False},
        "source": {"kind": "listing", "pages": [f"{base}/list/0"], "paging": {"next": "a.next"}, "item": "li"},
    }
    (publishers / "site.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    settings = Settings(home=folder / "var", publishers_dir=publishers)
    first = night(settings, "first")
    httpx.get(f"{base}/reset")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unchanged = night(settings, "unchanged")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    answer = httpx.get(f"{base}/counts")
    counts = [(path, status, n) for path, status, n in answer.json()]
    ingest.discover(settings, "addresses")
    return {
        "publications": PUBLICATIONS,
        "first_night_s": round(first, 1),
        "unchanged_night_s": round(unchanged, 1),
        "plain_httpx_s": round(plain(settings), 1),
        "requests": sum(n for *_, n in counts),
        "most_requests_of_one_address": max(n for *_, n in counts),
        "downloads": sum(n for _, status, n in counts if status == 200),
        "most_requests_at_once": int(answer.headers["X-Most"]),
        "memory_grown_mb": round(grown / 1024, 1),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> int:
    """Print the figures; exit 1 if one misses what the project promises."""
    ports: Queue[int] = Queue()
    server = Process(target=serve, args=(ports,), daemon=True)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(f"http://127.0.0.1:{ports.get()}", Path(folder))
    finally:
        server.kill()
    print(json.dumps(found))
    kept = (
        found["unchanged_night_s"] < MOST_SECONDS  # type: ignore[operator]
        and found["most_requests_of_one_address"] == 1
        and found["downloads"] == 0
        and found["most_requests_at_once"] <= CONCURRENCY + 1  # type: ignore[operator]  # one more asks for the counts
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
