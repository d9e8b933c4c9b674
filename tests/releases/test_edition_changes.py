"""`jixiao diff` on a real correction: the corrected publication changes three cells of the first one."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from extract.jobs.publish import publish
from extract.publishers import load_publishers
from extract.reading.sandbox import read_sandboxed
from extract.releases.edition_changes import shorten
from extract.settings import Settings
from extract.warehouse.build import build_marts
from extract.warehouse.frames import Origin, make_frames
from extract.warehouse.staging import open_warehouse, stage_frames

pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[1] / "fixtures"
FIRST, CORRECTED = FIXTURES / "base_seedlike.pdf", FIXTURES / "v16_2025_corrected.pdf"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A release of the first publication and its correction, which was seen a day later."""
    folder = tmp_path_factory.mktemp("editions")
    settings = Settings(home=folder / "var")
    publishers = load_publishers(settings.publishers_dir)
    with open_warehouse(settings) as engine:
        for day, path in enumerate((FIRST, CORRECTED), start=1):
            reading = read_sandboxed(path, reader="pdfium", limits=settings.limits())
            origin = Origin(f"https://example.org/{path.name}", datetime(2025, 3, day))  # noqa: DTZ001 raw holds naive UTC
            stage_frames(engine, reading.sha256, make_frames(reading, origin, publishers, "1"))
    build_marts(settings)
    publish(settings)
    return settings


def run_diff(served: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "extract", "diff", *arguments]
    environment = {**os.environ, "JIXIAO_HOME": str(served.home)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def ask(served: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run_diff(served, *arguments)
    assert done.returncode == 0, done.stderr
    return done


def test_the_correction_changes_exactly_three_cells(served: Settings) -> None:
    rows = [json.loads(line) for line in ask(served, "--format", "jsonl").stdout.splitlines()]
    assert {(r["project"], r["indicator"], r["cell"]) for r in rows} == {
        ("宣传工作经费", "222002891-微信文章累计阅读量", "annual_value"),
        ("团工委工作经费", "111002131-购置制服数量", "cycle_value"),
        ("侨务管理经费", None, "overall_goal"),
    }
    assert len(rows) == 3
    values = {r["cell"]: (r["before"], r["after"]) for r in rows}
    assert (values["annual_value"], values["cycle_value"]) == (("≥200万", "≥220万"), ("1750", "1750件"))
    assert "保确资金" in values["overall_goal"][0]
    assert "确保资金" in values["overall_goal"][1]
    assert {r["change"] for r in rows} == {"changed"}


def test_people_see_the_two_documents_and_of_a_long_text_what_differs(served: Settings) -> None:
    shown = ask(served, "--publisher", "珠海高新区党群工作部", "--year", "2025").stdout
    head, *table = shown.splitlines()
    (row,) = [json.loads(line) for line in ask(served, "--format", "jsonl").stdout.splitlines()][:1]
    assert head == f"zhuhai-gaoxin-dangqun 2025 target {row['earlier']} → {row['later']}"
    text = "\n".join(table)
    assert "≥220万" in text
    assert "确保资金使用率" in text
    assert "归侨侨眷" not in text


def test_one_or_two_documents_narrow_it(served: Settings) -> None:
    (first, *_) = [json.loads(line) for line in ask(served, "--format", "jsonl").stdout.splitlines()]
    both = ask(served, first["earlier"], first["later"][:6].upper(), "--format", "csv").stdout
    assert len(list(csv.DictReader(io.StringIO(both)))) == 3
    assert ask(served, first["earlier"], "--format", "jsonl").stdout.count("\n") == 3


@pytest.mark.parametrize("arguments", [("--publisher", "nobody"), ("--year", "1999"), ("ffffffffffff",)])
def test_what_the_release_does_not_hold_is_an_error_that_names_it(served: Settings, arguments: tuple[str, ...]) -> None:
    done = run_diff(served, *arguments)
    assert done.returncode == 1
    assert arguments[-1] in done.stderr


def test_a_long_text_is_cut_to_what_differs_and_a_short_one_is_not() -> None:
    long = "一二三四五六七八九十" * 6
    before, after = shorten(long + "甲" + long, long + "乙丙" + long)
    assert (before, after) == ("…三四五六七八九十甲一二三四五六七八…", "…三四五六七八九十乙丙一二三四五六七八…")
    assert shorten("≥200万", "≥220万") == ("≥200万", "≥220万")
    assert shorten(None, long) == (None, long)
    assert shorten(long, long + "甲") == ("…三四五六七八九十", "…三四五六七八九十甲")
