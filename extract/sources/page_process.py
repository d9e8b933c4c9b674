"""Parse the pages of one publisher's site in a confined process: `python -I -m extract.sources.page_process`.

Pages are untrusted input and their parser is written in C. So this process drops every right but to read its libraries
(extract/isolation) before it imports the parser. page_reader.py starts it.

    standard input, a socket    a head of one JSON line, then as many bytes as it says; the answers go back the same way
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
from typing import Any

from extract.isolation.confine import confine_process
from extract.limits import Limits, apply_limits
from extract.processes import follow_parent

LIMITS = Limits(seconds=3600, memory=1 << 30, pages=0, size=0)  # the requesting process limits the time of one page
LATE = ("encodings.gb18030", "encodings.utf_16", "encodings.utf_32", "encodings.big5hkscs", "encodings.hz")
MODULES = ("extract.sources.listing", *LATE)
LONGEST_REASON = 500


def main() -> int:
    """Serve requests until the requesting process has ended."""
    parent, confined = int(sys.argv[1]), sys.argv[2] == "confined"
    follow_parent(parent)
    channel = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        apply_limits(LIMITS)
        if confined:
            confine_process()
        for module in MODULES:
            importlib.import_module(module)
    except Exception as error:  # the requesting process reports it, and reads no page
        why = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        _answer(channel, {"failed": " ".join(why.split())[:LONGEST_REASON]})
        return 1
    _answer(channel, {"confined": confined})
    with os.fdopen(os.dup(channel.fileno()), "rb") as requests:
        while line := requests.readline():
            head = json.loads(line)
            try:
                page: dict[str, Any] = {"page": _read(head, requests.read(head["bytes"]))}
            except MemoryError:
                page = {"error": "MemoryError"}
            except Exception as error:
                page = {"error": f"{type(error).__name__}: {error}"[:LONGEST_REASON]}
            _answer(channel, page)
    return 0


def _read(head: dict[str, Any], body: bytes) -> Any:
    from extract.publishers.models import ListingSource
    from extract.sources import listing

    read = {"list": listing.read_listing, "detail": listing.read_detail}[head["kind"]]
    return read(body, head["url"], head["content_type"], ListingSource.model_validate(head["source"]))


def _answer(channel: socket.socket, what: dict[str, Any]) -> None:
    data = json.dumps(what, default=str).encode() + b"\n"
    while data:
        data = data[os.write(channel.fileno(), data) :]


if __name__ == "__main__":
    sys.exit(main())
