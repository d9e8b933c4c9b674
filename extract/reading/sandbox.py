"""A path in, a Reading or a count of pages out, by a child process with limits: a bomb costs that document alone."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from extract.entities import Answer, Reading
from extract.errors import JixiaoError, Reason, Refused
from extract.reading.exchange import answer_to_dict, reading_from_json, refusal_from_dict
from extract.settings import Limits, get_settings

DOCUMENTS_PER_CHILD = 50  # then a fresh process: memory stays flat over a night
MAX_ANSWER = 256 * 1024 * 1024


def read_sandboxed(
    path: Path,
    *,
    reader: str = "auto",
    password: str | None = None,
    limits: Limits | None = None,
    second_reader_share: float = 1.0,
) -> Reading:
    """Read one document in a process of its own; raises Refused (timeout, memory and every reason of the readers)."""
    with Sandbox(limits, second_reader_share=second_reader_share) as sandbox:
        return sandbox.read(path, reader=reader, password=password)


class Sandbox:
    """One child for many documents (starting Python costs 0.2 s); restarted after every failure.

    Uses `subprocess` with no fork hooks, so it is safe in an Airflow task that has threads.
    """

    def __init__(self, limits: Limits | None = None, *, second_reader_share: float = 1.0) -> None:
        self.limits = limits or get_settings().limits()
        self.second_reader_share = second_reader_share  # of the documents read under auto, 0 to 1
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(
        self, path: Path, *, reader: str = "auto", password: str | None = None, answers: Sequence[Answer] = ()
    ) -> Reading:
        """Raises Refused; raises JixiaoError where the reader itself failed."""
        request: dict[str, Any] = {"reader": reader, "password": password, "share": self.second_reader_share}
        request["answers"] = list(map(answer_to_dict, answers))
        return reading_from_json(self._serve(path, "reading", request))

    def read_grids(self, path: Path, *, reader: str = "auto", password: str | None = None) -> list[dict[str, Any]]:
        """Every page with its ruled tables as plain objects (exchange.py); raises as `read` does."""
        grids: list[dict[str, Any]] = self._serve(path, "grids", {"reader": reader, "password": password})
        return grids

    def _serve(self, path: Path, wanted: str, request: dict[str, Any]) -> Any:
        """What the child answers about a document."""
        if self._served >= DOCUMENTS_PER_CHILD:
            self.close()
        child = self._start()
        self._served += 1
        whole = {"path": str(Path(path).resolve()), "wanted": wanted, **request}
        data = json.loads(self._ask(child, json.dumps(whole)))
        if wanted in data:
            return data[wanted]
        if "refused" in data:
            if data["refused"] == Reason.MEMORY:
                self.close()
            raise refusal_from_dict(data)
        self.close()
        raise JixiaoError(f"{path}: the reader failed: {data.get('failed')}")

    def count_pages(self, path: Path) -> int:
        """Pages by pdfium; 1 for what it cannot open within the limits: reading will soon say why."""
        request = {"count": str(Path(path).resolve())}
        try:
            answer = json.loads(self._ask(self._start(), json.dumps(request)))
        except Refused:
            return 1
        return max(1, int(answer["pages"]))

    def close(self) -> None:
        """End the child at once."""
        child, self._child, self._served = self._child, None, 0
        if child is not None:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            # one thread per numeric library: each would reserve address space that counts against the limit
            threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
            self._child = subprocess.Popen(
                [sys.executable, "-m", "extract.reading.worker", json.dumps(self.limits.to_dict())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **threads},
                cwd=Path(__file__).resolve().parent.parent.parent,
                close_fds=True,
            )
        return self._child

    def _ask(self, child: subprocess.Popen[bytes], request: str) -> bytes:
        """Write a request and wait for its line; a dead or late child is a refusal."""
        if child.stdin is None or child.stdout is None:
            raise JixiaoError("the reader's process has no pipes")
        try:
            child.stdin.write(request.encode() + b"\n")
            child.stdin.flush()
        except OSError:
            raise self._died(child) from None
        end = time.monotonic() + self.limits.seconds
        pieces: list[bytes] = []
        length = 0
        while not (pieces and pieces[-1].endswith(b"\n")):
            ready, _, _ = select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                self.close()
                raise Refused(Reason.TIMEOUT, f"not read within {self.limits.seconds:g} s")
            piece = os.read(child.stdout.fileno(), 1 << 20)
            length += len(piece)
            if not piece:
                raise self._died(child)
            if length > MAX_ANSWER:
                self.close()
                raise Refused(Reason.TOO_LARGE, f"the reading has more than {MAX_ANSWER} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    def _died(self, child: subprocess.Popen[bytes]) -> Refused:
        """Why a child ended without an answer: the kernel's account of its memory decides."""
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.close()
        if usage.ru_maxrss * 1024 > self.limits.memory / 3:
            return Refused(Reason.MEMORY, f"the reader ended beyond {self.limits.memory} bytes")
        return Refused(Reason.TRUNCATED, f"the parser crashed (exit {child.returncode}): the file is damaged")
