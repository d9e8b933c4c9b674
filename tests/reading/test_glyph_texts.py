"""What glyphs say: ActualText, radicals, fonts that are not in the document, vertical writing, raised digits."""

from __future__ import annotations

import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from truth import judge, load_truth, read_all

from extract.reading.ink.actual_text import TextSource, choose_text, decode_text
from extract.reading.pages import read_ink
from extract.reading.parsers.pdfium.library import FONTS
from extract.text import fold_name, fold_text, unify_radical

FIXTURES = Path(__file__).parents[1] / "fixtures"
PROJECT = FIXTURES.parents[1]
READ = (
    "r01_every_sign r07_actual_text_repairs r08_figures_set_smaller r09_radicals r10_not_embedded"
    " r11_half_wide_digits r12_vertical_writing"
)
READERS = ("pdfium", "oxide", "pdfplumber")
UNSAID = {("r07_actual_text_repairs", "oxide"), ("r12_vertical_writing", "oxide")}  # test_agreement.py
HASH = """
import hashlib, sys
from pathlib import Path
from extract.reading.document import read_document, reading_to_json
for name in sys.argv[1:]:
    for reader in ("pdfium", "oxide", "pdfplumber"):
        print(hashlib.sha256(repr(reading_to_json(read_document(Path(name), reader=reader))).encode()).hexdigest())
"""


@pytest.mark.parametrize(
    ("name", "by"), [(name, by) for name in READ.split() for by in READERS if (name, by) not in UNSAID]
)
def test_either_reader_reads_what_its_paper_shows(name: str, by: str) -> None:
    truth, pdf = load_truth(FIXTURES / f"{name}.json")
    assert judge(read_all(pdf, by), truth) == []


@pytest.mark.parametrize(
    ("glyphs", "actual", "choice"),
    [
        ("1,690.50", "7,690.50", TextSource.CONFLICT),
        ("≥98%", "≥98%以上", TextSource.CONFLICT),
        ("泵站维修经费", "泵站清淤经费", TextSource.CONFLICT),
        ("⼯作", "工作", TextSource.GLYPHS),
        ("98 %", "98%", TextSource.GLYPHS),
        ("-", "\u00ad", TextSource.GLYPHS),
        ("\ufffd", "福", TextSource.ACTUAL),
        ("\ue001水", "渠水", TextSource.ACTUAL),
        ("ÎÒÃÇ", "我们", TextSource.ACTUAL),
        ("ﬁ", "fi", TextSource.ACTUAL),
        ("2", "²", TextSource.ACTUAL),
        (" ", "空", TextSource.ACTUAL),
    ],
)
def test_an_actual_text_repairs_what_glyphs_do_not_say_and_contradicts_what_they_do(
    glyphs: str, actual: str, choice: TextSource
) -> None:
    assert choose_text(glyphs, actual) == choice


@pytest.mark.parametrize("value", [b"\xfe\xff\x4e\x2d", b"\xef\xbb\xbf\xe4\xb8\xad", "中"])
def test_text_strings_are_decoded_by_their_mark(value: object) -> None:
    assert decode_text(value) == "中"


def test_every_radical_is_one_ideograph_wherever_names_are_compared() -> None:
    for point in [*range(0x2E80, 0x2E9A), *range(0x2E9B, 0x2EF4), *range(0x2F00, 0x2FD6)]:
        ideograph = unify_radical(chr(point))
        if ideograph == chr(point):  # a few of the supplement have no equal
            assert point < 0x2F00
            continue
        assert "IDEOGRAPH" in unicodedata.name(ideograph)
        assert fold_text(chr(point)) == fold_text(ideograph)
        assert fold_name(chr(point)) == fold_name(ideograph)
    assert fold_text("⽯桥镇⽔利站村⺠") == "石桥镇水利站村民"


@pytest.mark.parametrize("by", READERS)
def test_widths_of_a_font_that_is_not_embedded_come_from_the_document(by: str) -> None:
    for ink, _ in read_ink(FIXTURES / "r10_not_embedded.pdf", by, None):
        glyphs = ink.glyphs
        size = glyphs.runs.size[glyphs.run]
        high = glyphs.box[:, 3] - glyphs.box[:, 1]
        wide = (glyphs.box[:, 2] - glyphs.box[:, 0]) / size
        chinese = glyphs.code >= 0x4E00
        assert np.abs(wide[chinese] - 1.0).max() < 0.001
        assert (high > 0.9 * size).all()
        assert glyphs.text.count("≥") == 3  # each a text object of its own


def test_the_font_that_stands_in_is_the_one_that_the_script_makes() -> None:
    made = subprocess.run(
        [sys.executable, "-c", "import stand_in_font; print(stand_in_font.make_font().hex())"],
        cwd=PROJECT / "benchmarks",
        capture_output=True,
        text=True,
        check=True,
    )
    assert [path.name for path in FONTS.iterdir()] == ["stand-in.ttf"]
    assert (FONTS / "stand-in.ttf").read_bytes().hex() == made.stdout.strip()


def test_readings_are_the_same_with_and_without_the_fonts_of_the_machine(tmp_path: Path) -> None:
    names = [str(FIXTURES / f"{name}.pdf") for name in ("r10_not_embedded", "w03_marks", "y08_budget_book")]
    command = [sys.executable, "-c", HASH, *names]
    unshare = [shutil.which("unshare") or "", "--user", "--map-root-user", "--mount", "sh", "-c"]
    hide = 'mount --bind "$0" /usr/share/fonts && exec "$@"'
    empty = tmp_path / "no fonts"
    empty.mkdir()
    fonts = Path("/usr/share/fonts")
    allowed = unshare[0] and not subprocess.run([*unshare, hide, str(empty), "true"], check=False).returncode
    if not fonts.is_dir() or not allowed:
        pytest.skip("this machine has no fonts, or lets nobody hide them")
    seen = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    hidden = subprocess.run(
        [*unshare, hide, str(empty), *command], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert len(seen.split()) == 9
    assert seen == hidden


def test_the_library_knows_no_folder_but_its_own() -> None:
    """What needs no mount: a document whose fonts are not embedded has the bar's boxes, whatever is installed."""
    for ink, _ in read_ink(FIXTURES / "r10_not_embedded.pdf", "pdfium", None):
        drawn = ink.glyphs.drawn
        assert drawn is not None
        digits = np.isin(ink.glyphs.code, [ord(letter) for letter in "0123456789"])
        size = ink.glyphs.runs.size[ink.glyphs.run][digits]
        assert np.abs((drawn[digits, 2] - drawn[digits, 0]) / size - 0.02).max() < 0.001


@pytest.mark.parametrize("by", ["pdfium", "pdfplumber"])
def test_each_glyph_of_vertical_writing_has_its_own_baseline(by: str) -> None:
    for ink, _ in read_ink(FIXTURES / "r12_vertical_writing.pdf", by, None):
        glyphs = ink.glyphs
        level = [i for i in range(len(glyphs)) if glyphs.text[i] == "产" and glyphs.runs.size[glyphs.run[i]] < 7]
        assert len(level) == 6
        for i in level:
            x0, y0, x1, y1 = glyphs.box[i].tolist()
            size, base = float(glyphs.runs.size[glyphs.run[i]]), float(glyphs.runs.base[glyphs.run[i]])
            assert (x1 - x0, y1 - y0) == (pytest.approx(size, abs=0.01), pytest.approx(size, abs=0.01))
            assert base == pytest.approx(y1 - 0.12 * size, abs=0.02)
