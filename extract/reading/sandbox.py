"""Read documents in a confined child process: a malicious document harms its own reading only.

The child gets the bytes as a sealed copy in memory, and no path: it cannot read another file, nor change this one. Its
answers are not trusted either: their text may come from code in a document (untrusted.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from extract.entities import Answer, Reading
from extract.errors import JixiaoError, Reason, Refused, SandboxError
from extract.limits import Limits
from extract.reading.exchange import answer_to_dict
from extract.reading.fork_server import Child, Ended, ForkServer
from extract.reading.untrusted import plain_text, trust_reading, trust_refusal
from extract.settings import get_settings

DOCUMENTS_PER_CHILD = 50  # then a fresh process: memory stays flat over a night
LONGEST_HEAD = 1 << 20
LONGEST_NAME = 300  # characters of what a file or the link to it is called
MAX_ANSWER = 256 * 1024 * 1024
F_ADD_SEALS, SEALS = 1033, 0b1111  # linux/fcntl.h: neither shrink, grow, write nor seal again


Answered = tuple[dict[str, Any], bytes]  # a head and a body


@dataclass(frozen=True, slots=True)
class ReadText:
    """A reading as the child serialised it, for a later step to load, and its number of pages."""

    text: str
    page_count: int


def read_sandboxed(
    path: Path,
    *,
    reader: str = "auto",
    password: str | None = None,
    limits: Limits | None = None,
    second_reader_share: float = 1.0,
) -> Reading:
    """Read one document in a process of its own; raises Refused (timeout, memory and every reason of the readers)."""
    with Sandbox(limits, second_reader_share=second_reader_share, reader=reader) as sandbox:
        return sandbox.read(path, reader=reader, password=password)


class Sandbox:
    """Reads documents in child processes, one after the other; a child never sees documents of two publishers.

    A fork server starts with this object, in the background; with `at_once=False` it starts with the first document.
    `reader` (a reader, `pages` or `pictures`) tells which modules it imports before. `confined` is JIXIAO_SANDBOX
    unless given; where the kernel cannot confine, the first document raises SandboxError.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        second_reader_share: float = 1.0,
        reader: str = "auto",
        confined: bool | None = None,
        at_once: bool = True,
    ) -> None:
        self.limits = limits or get_settings().limits()
        self.second_reader_share = second_reader_share  # of the documents read under auto, 0 to 1
        self.confined = get_settings().sandbox == "on" if confined is None else confined
        self._reader = reader
        self._fork_server: ForkServer | None = None
        self._child: Child | None = None
        self._publisher: str | None = None
        self._served = 0
        self._spent = 0.0  # seconds that the child has worked
        if at_once:
            self._start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(
        self,
        path: Path,
        *,
        reader: str = "auto",
        password: str | None = None,
        publisher: str | None = None,
        answers: Sequence[Answer] = (),
    ) -> Reading:
        """Read a document; raises Refused, or JixiaoError where the reader itself failed."""
        read = self.read_text(
            path, reader=reader, password=password, publisher=publisher, answers=answers, names=[path.stem]
        )
        try:
            return trust_reading(read.text)
        except ValueError as error:
            self._end_child()
            raise JixiaoError(f"{path}: the reader's answer is invalid: {error}") from None

    def read_text(
        self,
        path: Path,
        *,
        reader: str = "auto",
        password: str | None = None,
        publisher: str | None = None,
        answers: Sequence[Answer] = (),
        names: Sequence[str] = (),
    ) -> ReadText:
        """Read a document to the child's own text, which is not verified yet (untrusted.py).

        `names` are those of the file and the link to it, since an archived file is named by its hash.
        """
        request: dict[str, Any] = {
            "wanted": "reading",
            "reader": reader,
            "password": password,
            "share": self.second_reader_share,
        }
        request["answers"] = list(map(answer_to_dict, answers))
        request["names"] = [name[:LONGEST_NAME] for name in names]
        pages, body = self._serve(path, request, publisher)
        return ReadText(_decode(body), _whole_number(pages))

    def read_grids(self, path: Path, *, reader: str = "auto", password: str | None = None) -> list[dict[str, Any]]:
        """Return every page with its ruled tables as plain objects (exchange.py); raises as `read` does."""
        _, body = self._serve(path, {"wanted": "grids", "reader": reader, "password": password}, None)
        grids: list[dict[str, Any]] = json.loads(_decode(body))
        return grids

    def count_pages(self, path: Path, publisher: str | None = None) -> int:
        """Count pages with pdfium; 1 for a document that does not open within the limits: reading will tell why."""
        try:
            pages, _ = self._serve(path, {"wanted": "pages"}, publisher)
        except (Refused, OSError):
            return 1
        return max(1, _whole_number(pages))

    def draw(
        self, path: Path, request: dict[str, Any], *, publisher: str | None = None, seconds: float | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Return a page's sizes and its PNG, as drawing/page_picture.py has them; raises Refused, JixiaoError."""
        sizes, picture = self._serve(path, {"wanted": "picture", **request}, publisher, seconds)
        if not isinstance(sizes, dict):
            raise JixiaoError(f"{path}: the reader answered no picture")
        return sizes, picture

    def close(self) -> None:
        """End the child and the process that forks, at once."""
        child, self._child = self._child, None
        fork_server, self._fork_server = self._fork_server, None
        if child is not None:
            child.close()
        if fork_server is not None:
            fork_server.close()

    def _start(self) -> ForkServer:
        """Start the process that forks, and order its first child."""
        if self._fork_server is None or not self._fork_server.alive:
            if self._fork_server is not None:
                with contextlib.suppress(SandboxError):
                    self._fork_server.check()
            self.close()
            self._fork_server = ForkServer(self.limits, self._reader, confined=self.confined)
            self._fork(self._fork_server)
        return self._fork_server

    def _fork(self, fork_server: ForkServer) -> Child:
        self._child, self._served, self._spent, self._publisher = fork_server.fork(), 0, 0.0, None
        return self._child

    def _ready_child(self, publisher: str | None) -> Child:
        """Return a child for this publisher: the current one if it has served no other publisher."""
        fork_server = self._start()
        is_used_up = self._served >= DOCUMENTS_PER_CHILD or self._spent > self.limits.seconds  # see bound_processor
        if is_used_up or (self._served > 0 and publisher != self._publisher):
            self._end_child()
        child = self._child or self._fork(fork_server)
        self._publisher = publisher
        self._served += 1
        return child

    def _serve(
        self, path: Path, request: dict[str, Any], publisher: str | None, seconds: float | None = None
    ) -> tuple[Any, bytes]:
        """Return the child's answer about a document: the wanted part of the head, and the body."""
        wait = self.limits.seconds if seconds is None else seconds
        with _sealed_copy(path, self.limits.size) as document:
            child, began = self._ready_child(publisher), time.monotonic()
            head, body = self._ask(child, request, document, wait)
            self._spent += time.monotonic() - began
        if request["wanted"] in head:
            return head[request["wanted"]], body
        if "refused" in head:
            if head["refused"] == Reason.MEMORY:
                self._end_child()
            self._refuse(path, head)
        self._end_child()
        raise JixiaoError(f"{path}: the reader failed: {plain_text(head.get('failed'))}")

    def _refuse(self, path: Path, head: dict[str, Any]) -> NoReturn:
        try:
            refusal = trust_refusal(head)
        except ValueError as error:
            self._end_child()
            raise JixiaoError(f"{path}: the reader's answer is invalid: {error}") from None
        raise refusal

    def _ask(self, child: Child, request: dict[str, Any], document: int, seconds: float) -> Answered:
        """Send a document and wait for the answer; a dead or late child is a refusal."""
        end = time.monotonic() + seconds
        try:
            child.ask(request, document)
        except OSError:
            self._raise_death()
        found = bytearray()
        while b"\n" not in found:
            self._receive(child, found, end, seconds)
            if len(found) > LONGEST_HEAD and b"\n" not in found:
                self._end_child()
                raise JixiaoError("the reader's answer has no head")
        line, _, rest = bytes(found).partition(b"\n")
        try:
            head: dict[str, Any] = dict(json.loads(line))
            length = _whole_number(head["bytes"])
        except (ValueError, KeyError, TypeError, RecursionError):
            self._end_child()
            raise JixiaoError("the reader's answer is no JSON of the expected form") from None
        if length > MAX_ANSWER:
            self._end_child()
            raise Refused(Reason.TOO_LARGE, f"the reading has {length} bytes, more than {MAX_ANSWER}")
        body = bytearray(rest)
        while len(body) < length:
            self._receive(child, body, end, seconds)
        if len(body) > length:
            self._end_child()
            raise JixiaoError("the reader's answer has more bytes than it announced")
        return head, bytes(body)

    def _receive(self, child: Child, found: bytearray, end: float, seconds: float) -> None:
        """Append the next piece of an answer; a late child is ended."""
        ready, _, _ = select.select([child.answers], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            if self._fork_server is not None:
                self._fork_server.check()  # rather than blame a document for a process that did not start
            self._end_child()
            raise Refused(Reason.TIMEOUT, f"not read within {seconds:g} s")
        piece = os.read(child.answers, 1 << 20)
        if not piece:
            self._raise_death()
        found += piece

    def _end_child(self) -> Ended | None:
        """End the child, where there is one; the next document gets a new one."""
        child, self._child = self._child, None
        if child is None or self._fork_server is None:
            return None
        try:
            return self._fork_server.end(child)
        except SandboxError:
            self.close()
            raise

    def _raise_death(self) -> NoReturn:
        """Raise the reason why a child ended without an answer, by the kernel's account of its memory."""
        ended = self._end_child()
        if ended is None:
            raise SandboxError("the reading process ended before it was asked anything")
        if ended.kilobytes * 1024 > self.limits.memory / 3:
            raise Refused(Reason.MEMORY, f"the reader ended beyond {self.limits.memory} bytes")
        raise Refused(Reason.TRUNCATED, f"the parser crashed (exit {ended.status}): the file is damaged")


@contextlib.contextmanager
def _sealed_copy(path: Path, most_bytes: int) -> Iterator[int]:
    """Yield a descriptor of a sealed copy of the document; raises Refused (too_large)."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise Refused(Reason.TOO_LARGE, f"{size} bytes, more than {most_bytes}")
        if not hasattr(os, "memfd_create"):
            yield file.fileno()
            return
        held = os.memfd_create("document", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            while os.sendfile(held, file.fileno(), None, 1 << 26):
                pass
            fcntl.fcntl(held, F_ADD_SEALS, SEALS)
            yield held
        finally:
            os.close(held)


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise JixiaoError(f"the reader's answer is not UTF-8: {error}") from None


def _whole_number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise JixiaoError("the reader answered no number")
    return value


__all__: Sequence[str] = ("DOCUMENTS_PER_CHILD", "ReadText", "Sandbox", "SandboxError", "read_sandboxed")
