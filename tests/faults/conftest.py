"""What the faults share: a small disk, two publishers of one site, and what an attacker would like to reach."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import SmallDisk
from sites import Desk, Site
from two_publishers import make_good_and_bad

from extract.jobs import ingest
from extract.settings import Settings


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk", 40)
    yield disk
    disk.close()


@pytest.fixture
def good_and_bad(site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two publishers of one site: `good`, whose pages are right, and `bad`."""
    monkeypatch.setattr(ingest, "count_pages", lambda *_: 0)  # a child process a night, which is not what is tested
    return make_good_and_bad(site, desk)


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What an attacker would like to reach: a server, a socket, a ledger, another document."""
    ledger, document = tmp_path / "ledger.db", tmp_path / "document.pdf"
    ledger.write_text("secret", encoding="utf-8")
    document.write_bytes(b"%PDF-")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        yield {
            "pid": os.getpid(),
            "port": server.getsockname()[1],
            "unix": str(tmp_path / "socket"),
            "ledger": str(ledger),
            "document": str(document),
            "target": str(tmp_path / "made"),
        }
    assert (ledger.read_text(encoding="utf-8"), document.read_bytes()) == ("secret", b"%PDF-")
