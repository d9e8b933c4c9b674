"""Read PDFs in a confined process: `python -I -m extract.reading.worker`, started by fork_server.py.

The process is a fork server. It drops the rights that reading does not need (isolation/), imports the parsers, and
forks children on request. A child drops further rights and answers requests, each with a document as an open
descriptor. So the fork server never opens a document, and a new child costs milliseconds.

standard input    messages of fork_server.py: "fork" with two descriptors (requests, answers), then "end"
standard output   one JSON line a report: the result of confinement, then how each child ended
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from extract.isolation.confine import confine_child, confine_fork_server
from extract.limits import Limits, apply_limits
from extract.processes import follow_parent

LONGEST_MESSAGE = 1 << 20
LONGEST_REASON = 1000
LATE = ("numpy.ma", "encodings.utf_16_be", "encodings.utf_16_le", "encodings.utf_32_le")  # imported at first use
READING = ("extract.reading.document", "extract.reading.exchange", *LATE)
PDFIUM, OXIDE, PLUMBER = (f"extract.reading.parsers.{name}.document" for name in ("pdfium", "oxide", "plumber"))
MODULES = {  # by the name of a reader, or what else a document is opened for
    "pages": ("extract.reading.parsers.outline.page_count",),
    "pictures": (PDFIUM, "extract.reading.drawing.page_picture", "PIL.Image"),
    "auto": (*READING, PDFIUM, OXIDE, PLUMBER),
    "pdfium": (*READING, PDFIUM),
    "oxide": (*READING, OXIDE),
    "pdfplumber": (*READING, PLUMBER),
}
READERS = ("auto", "pdfium", "oxide", "pdfplumber")
DESCRIPTORS = "/proc/self/fd" if sys.platform == "linux" else "/dev/fd"


def main() -> int:
    """Serve until standard input ends. Output of the parsers goes to /dev/null: standard output is for reports."""
    reports = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    given = json.loads(sys.argv[1])
    follow_parent(given["parent"])  # a copy of the parent may hold our standard input open
    limits, is_confined = Limits(**given["limits"]), bool(given["confined"])
    try:
        if is_confined:
            confine_fork_server()
        import_parsers(given["purpose"])
    except Exception as error:  # the parent reports it, and reads nothing
        why = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        _report(reports, {"failed": " ".join(why.split())[:LONGEST_REASON]})
        return 1
    _report(reports, {"confined": is_confined})
    gc.collect()
    gc.freeze()  # what is here is the same for all children: no collector shall touch it
    control, fork_server = socket.socket(fileno=0), os.getpid()
    threads = 1 if given["purpose"] in MODULES else os.cpu_count() or 1  # recognition (ocr) takes all cores
    while True:
        message, descriptors = receive(control)
        if not message:
            return 0
        child = os.fork()
        if child == 0:
            os.close(reports)
            os.dup2(nothing, control.fileno())
            _run_child(fork_server, descriptors, limits, is_confined, threads)
        for descriptor in descriptors:
            os.close(descriptor)
        receive(control)  # "end", or nothing where the parent is gone: the child ends in any case
        os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
        _report(reports, {"status": os.waitstatus_to_exitcode(status), "kilobytes": usage.ru_maxrss})


def import_parsers(purpose: str) -> None:
    """Import the needed modules before there is a document, so that children need not."""
    for module in ("extract.reading.child_answers", *MODULES.get(purpose, READING)):
        importlib.import_module(module)
    if purpose in READERS:
        from extract.reading.tables.header_words import load_synonyms

        load_synonyms()


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Receive one message and its descriptors; an empty one where the sender is gone."""
    numbers = array.array("i")
    message, held, _, _ = channel.recvmsg(LONGEST_MESSAGE, socket.CMSG_SPACE(2 * numbers.itemsize))
    for _, _, data in held:
        numbers.frombytes(data[: len(data) - len(data) % numbers.itemsize])
    return message, numbers.tolist()


def _run_child(fork_server: int, descriptors: list[int], limits: Limits, is_confined: bool, threads: int) -> None:
    """Run as a forked child: confine this process, answer requests, and exit without returning."""
    status = 1
    try:
        follow_parent(fork_server)  # else a child in an endless loop of a parser would outlive the fork server
        apply_limits(limits, threads)
        if is_confined:
            confine_child()
        _serve(socket.socket(fileno=descriptors[0]), descriptors[1], limits)
        status = 0
    finally:
        os._exit(status)


def _serve(requests: socket.socket, answers: int, limits: Limits) -> None:
    """Serve one request after the other: a head of one JSON line, then as many bytes as it announces."""
    from extract.reading.child_answers import answer_request

    with os.fdopen(answers, "wb") as out:
        while True:
            message, descriptors = receive(requests)
            if not message:
                return
            head, body = answer_request(json.loads(message), f"{DESCRIPTORS}/{descriptors[0]}", limits)
            os.close(descriptors[0])
            out.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n" + body)
            out.flush()


def _report(reports: int, what: dict[str, Any]) -> None:
    os.write(reports, json.dumps(what).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
