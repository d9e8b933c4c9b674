"""Bodies that are packed, cut, or unpack to gigabytes."""

from __future__ import annotations

import gzip
import threading
import zlib
from typing import TYPE_CHECKING

import psutil
import pytest
from two_publishers import PAGE, run_night_of_two

if TYPE_CHECKING:
    from sites import Site

    from extract.settings import Settings


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """Half a gigabyte of nothing, packed once."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(500)) + packer.flush()


@pytest.mark.parametrize(("where", "times"), [("/bad/list.html", 3), ("/bad/1.pdf", 3), ("/robots.txt", 1)])
def test_a31_a_small_answer_that_unpacks_to_gigabytes_costs_no_memory(
    site: Site, good_and_bad: Settings, bomb: bytes, where: str, times: int
) -> None:
    for _ in range(times - 1):
        bomb = gzip.compress(bomb, mtime=0)
    site.put(where, bomb, headers={"Content-Encoding": ", ".join(["gzip"] * times)})
    process = psutil.Process()
    most, before, over = 0, process.memory_info().rss, threading.Event()

    def look() -> None:
        nonlocal most
        while not over.wait(0.01):
            most = max(most, process.memory_info().rss)

    looker = threading.Thread(target=look)
    looker.start()
    try:
        outcomes, found = run_night_of_two(good_and_bad, "bomb")
    finally:
        over.set()
        looker.join()
    assert outcomes["good"] == ["loaded"]
    if where != "/robots.txt":  # rules are read to half a megabyte, and the rest is not asked for
        assert "loaded" not in outcomes["bad"]
        assert {one["publisher"] for one in found} <= {"bad"}
    assert most - before < 150 << 20


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(PAGE[:20], mtime=0) + gzip.compress(PAGE[20:], mtime=0)),  # as `cat a.gz b.gz` makes it
        ("x-gzip", gzip.compress(PAGE, mtime=0)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)[2:-4]),  # without its head, as some servers understand the word
        ("UTF-8", PAGE),
    ],
)
def test_a_body_that_is_packed_without_being_asked_for_is_read(
    site: Site, good_and_bad: Settings, encoding: str, body: bytes
) -> None:
    site.put("/bad/list.html", body, headers={"Content-Encoding": encoding})
    assert run_night_of_two(good_and_bad, "one")[0] == {"good": ["loaded"], "bad": ["loaded"]}


def test_a31_a_packed_list_that_is_cut_is_not_taken_for_the_whole(site: Site, good_and_bad: Settings) -> None:
    links = "".join(f'<a href="/bad/{n}.pdf">{n}</a>' for n in range(1, 500))
    packed = gzip.compress(links.encode())
    site.put("/bad/list.html", packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})
    outcomes, found = run_night_of_two(good_and_bad, "cut")
    assert outcomes == {"good": ["loaded"], "bad": []}
    assert [(one["publisher"], one["code"]) for one in found] == [("bad", "not_listed")]
