"""Scans: recognised for people to check, never loaded. The recogniser is the extra `ocr`."""

from __future__ import annotations

import csv
import json
from importlib.util import find_spec
from pathlib import Path

import pypdfium2
import pytest

from extract.archive.stored_documents import land_bytes
from extract.cli.review import queue_review, review_path
from extract.entities import Publication, Reading
from extract.errors import Reason, Refused
from extract.ledger import Ledger
from extract.ledger.database import now
from extract.reading.sandbox import read_sandboxed
from extract.settings import PROJECT, Settings, get_settings
from extract.warehouse.frames import Origin, make_frames

FIXTURE = PROJECT / "tests/fixtures/f02_labels"
needs_ocr = pytest.mark.skipif(find_spec("rapidocr") is None, reason="the extra `ocr` is not installed: make optional")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIXIAO_HOME", str(tmp_path / "var"))
    get_settings.cache_clear()
    yield get_settings()
    get_settings.cache_clear()


def scan(source: Path, target: Path, askew: float = 0.0) -> Path:
    """Print a PDF and put the paper on a scanner, not quite straight."""
    from PIL import Image

    with pypdfium2.PdfDocument(source) as document:
        pages = [document[k].render(scale=200 / 72).to_pil().convert("L") for k in range(len(document))]
    turned = [page.rotate(askew, resample=Image.Resampling.BICUBIC, fillcolor=255) for page in pages]
    turned[0].save(target, save_all=True, append_images=turned[1:], resolution=200)
    return target


def land(settings: Settings, path: Path, refusal: Refused) -> str:
    """A document in the ledger that was refused."""
    ledger = Ledger(settings.ledger_url or "")
    ledger.start_run("night")
    publication = Publication("inbox", f"file:///inbox/{path.name}")
    ledger.sight("night", [publication])
    landed = land_bytes(settings.archive, path.read_bytes())
    ledger.note_landed("night", publication, landed)
    ledger.note_unread(landed.sha256, "1", refusal)
    ledger.close_run("night")
    return landed.sha256


@needs_ocr
def test_a_scan_is_refused_and_its_review_says_what_was_recognised(home: Settings, tmp_path: Path) -> None:
    paper = scan(FIXTURE.with_suffix(".pdf"), tmp_path / "scan.pdf", askew=0.4)
    with pytest.raises(Refused) as refused:
        read_sandboxed(paper)
    assert refused.value.reason is Reason.NO_TEXT_LAYER
    sha256 = land(home, paper, refused.value)
    target = queue_review(home, sha256, refused.value.reason)
    assert target == review_path(home, sha256)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    wanted = json.loads(FIXTURE.with_suffix(".json").read_text(encoding="utf-8"))["tables"][0]["rows"]
    assert [row["recognised"] for row in rows] == ["ocr"] * len(wanted)
    cells = [
        (row.get(name) or "", str(want[name]))
        for row, want in zip(rows, wanted, strict=True)
        for name in ("unit", "project", "indicator", "annual_value")
        if want.get(name)
    ]
    right = sum(got.replace(" ", "") == text.replace(" ", "") for got, text in cells)
    assert right >= 0.8 * len(cells), cells


def test_recognition_is_refused_where_it_cannot_help(home: Settings) -> None:
    sha256 = land(home, FIXTURE.with_suffix(".pdf"), Refused(Reason.UNKNOWN_HEADER, "the header 指标数 is unknown"))
    with pytest.raises(Refused, match="no_text_layer or garbled_text only"):
        queue_review(home, sha256, "unknown_header")
    assert not review_path(home, sha256).exists()


def test_recognised_text_is_never_staged() -> None:
    with pytest.raises(ValueError, match="recognised text is never loaded"):
        make_frames(Reading("ab" * 32, 1, ("ocr",), (), ()), Origin("file:///a.pdf", now()), (), "1")
