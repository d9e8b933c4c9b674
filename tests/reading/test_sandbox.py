"""The process that meets the PDFs: what kills it costs one document."""

from __future__ import annotations

import os
import resource
import signal
import zlib
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from extract.errors import Reason, Refused, SandboxError
from extract.reading.document import read_grids
from extract.reading.exchange import grids_to_dicts
from extract.reading.sandbox import Sandbox, read_sandboxed
from extract.settings import Settings, get_settings

FIXTURES = Path(__file__).parents[1] / "fixtures"
GOOD = FIXTURES / "v15_2024.pdf"


def write_pdf(path: Path, content: bytes, filters: bytes) -> Path:
    """A page with one content stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<<>>/Contents 4 0 R>>",
        b"<<" + filters + b"/Length %d>>\nstream\n" % len(content) + content + b"\nendstream",
    ]
    data, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    data += b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(bytes(data))
    return path


def deflate(unit: bytes, total: int) -> bytes:
    packer = zlib.compressobj(9)
    block = unit * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(total // len(block))) + packer.flush()


@pytest.mark.slow
def test_a17_a_decompression_bomb_is_refused_and_the_parent_stays_small(tmp_path: Path) -> None:
    bomb = write_pdf(tmp_path / "bomb.pdf", deflate(b" ", 1 << 30), b"/Filter/FlateDecode")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Sandbox(replace(get_settings().limits(), seconds=60)) as sandbox:
        with pytest.raises(Refused) as refusal:
            sandbox.read(bomb, reader="pdfium")
        assert refusal.value.reason in (Reason.MEMORY, Reason.TIMEOUT)
        assert len(sandbox.read(GOOD, reader="pdfium").records) == 99
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


@pytest.mark.slow
def test_a18_a_document_that_takes_too_long_is_refused_and_the_next_one_loads(tmp_path: Path) -> None:
    lines = b"".join(b"%d %d 3 3 re S " % (i % 600, (i // 600) * 2 % 780) for i in range(200_000))
    slow = write_pdf(tmp_path / "slow.pdf", zlib.compress(lines, 9), b"/Filter/FlateDecode")
    with Sandbox(replace(get_settings().limits(), seconds=2)) as sandbox:
        with pytest.raises(Refused) as refusal:
            sandbox.read(slow)
        assert refusal.value.reason in (Reason.TIMEOUT, Reason.TOO_LARGE)
    with Sandbox() as sandbox:
        assert len(sandbox.read(GOOD, reader="pdfium").records) == 99


def test_a_refusal_in_the_child_is_the_same_refusal_here() -> None:
    with pytest.raises(Refused) as refusal:
        read_sandboxed(FIXTURES / "x07_no_year.pdf", reader="pdfium")
    assert (refusal.value.reason, refusal.value.page) == (Reason.YEAR_UNKNOWN, 1)


def test_a_process_that_is_killed_between_documents_is_replaced() -> None:
    with Sandbox(reader="pdfium") as sandbox:
        first = sandbox.read(GOOD, reader="pdfium")
        assert sandbox._fork_server is not None
        os.kill(sandbox._fork_server.pid, signal.SIGKILL)
        os.waitid(os.P_PID, sandbox._fork_server.pid, os.WEXITED | os.WNOWAIT)
        assert sandbox.read(GOOD, reader="pdfium") == first


def test_a_file_above_the_size_limit_is_too_large() -> None:
    with pytest.raises(Refused) as refusal:
        read_sandboxed(GOOD, limits=replace(get_settings().limits(), size=1000))
    assert refusal.value.reason == Reason.TOO_LARGE


def test_a20_a_document_above_the_page_limit_is_too_large() -> None:
    with pytest.raises(Refused) as refusal:
        read_sandboxed(GOOD, limits=replace(get_settings().limits(), pages=2))
    assert refusal.value.reason == Reason.TOO_LARGE


def test_grids_are_read_under_the_same_limits_and_are_those_of_the_reader() -> None:
    with Sandbox() as sandbox:
        assert sandbox.read_grids(GOOD) == grids_to_dicts(read_grids(GOOD))
    with Sandbox(replace(get_settings().limits(), pages=2)) as sandbox, pytest.raises(Refused) as refusal:
        sandbox.read_grids(GOOD)
    assert refusal.value.reason is Reason.TOO_LARGE


@pytest.mark.slow
def test_the_settings_raise_the_limits_as_well_as_they_lower_them(tmp_path: Path) -> None:
    long, large = tmp_path / "long.pdf", tmp_path / "large.pdf"
    with pypdfium2.PdfDocument.new() as document:
        for _ in range(2_001):
            document.new_page(10, 10)
        document.save(long)
    large.write_bytes(b"%PDF-1.7\n")
    os.truncate(large, 201 << 20)
    settings = Settings(home=tmp_path, max_pages=2_000, max_file_megabytes=200)
    for file in (long, large):
        assert refused(file, settings) is Reason.TOO_LARGE
    assert refused(long, settings.model_copy(update={"max_pages": 2_001})) is Reason.NO_TABLE
    assert refused(large, settings.model_copy(update={"max_file_megabytes": 201})) is not Reason.TOO_LARGE


def refused(file: Path, settings: Settings) -> Reason:
    with pytest.raises(Refused) as refusal:
        read_sandboxed(file, reader="pdfium", limits=settings.limits())
    return refusal.value.reason


def test_a_package_that_is_missing_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.reading.fork_server import ForkServer

    monkeypatch.setattr(
        ForkServer, "_report", lambda *_: {"failed": "ModuleNotFoundError: No module named 'pdf_oxide'"}
    )
    with Sandbox() as sandbox:
        assert sandbox._fork_server is not None
        with pytest.raises(SandboxError, match=r"pdf_oxide.*make \.venv/installed"):
            sandbox._fork_server.check()
