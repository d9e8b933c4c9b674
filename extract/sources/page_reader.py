"""Have a confined process parse the pages of a site, within limits of time and memory.

Some pages take hours to read: 8 MB of lists inside lists. Where one takes too long or ends the process, that page is
not read; the next one gets a new process. An answer of the process is checked for its form before it is used.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import date
from types import TracebackType
from typing import Any, Literal, Self

from extract.errors import SandboxError, SourceError
from extract.publishers.models import ListingSource
from extract.sources.listing import MOST_TITLE, Entry, Page

COMMAND = [sys.executable, "-I", "-m", "extract.sources.page_process"]  # -I: neither environment nor folder counts
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8"}  # no variable of this process: no address, no secret
START_SECONDS = 60.0  # of a machine that is very busy; usually half of one
PAGE_SECONDS = 120.0  # 150,000 links take 3, or 30 on a machine that is very busy
MOST_BYTES = 64 << 20  # of an answer

Kind = Literal["list", "detail"]


class PageReader:
    """Reads the pages of one publisher, for several threads; close it to end its process, which starts when needed."""

    def __init__(self, *, confined: bool) -> None:
        self._confined = confined
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def read(self, kind: Kind, body: bytes, url: str, content_type: str, source: ListingSource) -> Page:
        """Parse a page; raises SourceError if this page cannot be parsed, SandboxError if the process cannot start."""
        rules = source.model_dump(mode="json", exclude={"login", "token"})
        head = {"kind": kind, "url": url, "content_type": content_type, "source": rules, "bytes": len(body)}
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            try:
                answer = self._ask(json.dumps(head).encode() + b"\n" + body, PAGE_SECONDS)
            except TimeoutError:
                self._end()
                raise SourceError(f"{url}: reading the page takes more than {PAGE_SECONDS:g} s") from None
            except (OSError, EOFError, ValueError, RecursionError) as error:
                raise SourceError(f"{url}: the page ended the process that reads pages ({self._end()})") from error
        if "error" in answer:
            raise SourceError(f"{url}: the page cannot be read: {answer['error']}")
        try:
            return _parse_answer(answer["page"])
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(f"{url}: the process that reads pages answered no page") from error

    def _start(self) -> None:
        self._end()
        self._channel, theirs = socket.socketpair()
        word = "confined" if self._confined else "free"
        with theirs:
            self._process = subprocess.Popen(
                [*COMMAND, str(os.getpid()), word],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd="/",
                close_fds=True,
                start_new_session=True,  # no terminal of ours, and none of its signals
            )
        try:
            told = self._ask(b"", START_SECONDS)
        except (OSError, EOFError, ValueError, RecursionError):
            raise SandboxError(f"no page is read: `{' '.join(COMMAND)}` must start ({self._end()})") from None
        if "failed" in told:
            self._end()
            raise SandboxError(
                f"no page is read: the process that reads pages did not start confined: {told['failed']}"
            )

    def _ask(self, request: bytes, seconds: float) -> dict[str, Any]:
        """Send a request and receive one line; raises TimeoutError, EOFError, ValueError, OSError."""
        channel, end = self._channel, time.monotonic() + seconds
        if channel is None:
            raise EOFError
        channel.settimeout(seconds)
        channel.sendall(request)
        pieces, size = [self._rest], 0
        while b"\n" not in pieces[-1]:
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            channel.settimeout(left)
            pieces.append(channel.recv(1 << 20))
            size += len(pieces[-1])
            if not pieces[-1] or size > MOST_BYTES:
                raise EOFError
        line, _, self._rest = b"".join(pieces).partition(b"\n")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise ValueError("no object")
        return answer

    def _end(self) -> str:
        """End the process, if there is one, and describe its exit status."""
        process, channel, self._process, self._channel, self._rest = self._process, self._channel, None, None, b""
        if channel is not None:
            channel.close()
        if process is None:
            return "not started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            return f"exit {process.wait(0.2)}"
        process.kill()
        process.wait()
        return "ended"


def _parse_answer(page: Any) -> Page:
    """Build a page from an answer of the process, whose types are checked; raises KeyError, TypeError, ValueError."""
    entries, next_url, printed_on = page
    found = tuple(Entry(_text(url), _text(title)[:MOST_TITLE], _day(day)) for url, title, day in entries)
    return Page(found, None if next_url is None else _text(next_url), _day(printed_on))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(_text(value))
