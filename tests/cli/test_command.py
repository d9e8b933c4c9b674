from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import pty
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from extract.cli.output import Format, as_json, neutralise, print_rows
from extract.settings import PROJECT

PDF = PROJECT / "demo/publications/2025.pdf"


def jixiao(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "extract", *arguments]
    return subprocess.run(
        command, input=stdin, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def read() -> subprocess.CompletedProcess[str]:
    return jixiao("read", "--format", "jsonl", str(PDF))


def test_read_gives_one_object_a_row_with_every_promised_key(read: subprocess.CompletedProcess[str]) -> None:
    assert read.returncode == 0
    rows = [json.loads(line) for line in read.stdout.splitlines()]
    assert len(rows) == 98
    assert (
        list(rows[0])
        == (
            "file sha256 title publisher fiscal_year scope project_no table page row bbox unit project category amount "
            "overall_goal annual_goal level1 level2 indicator cycle_value annual_value amount_yuan"
        ).split()
    )
    first = rows[0]
    assert first["fiscal_year"] == 2025
    assert first["indicator"] == "111002106-开展项目数"
    assert first["amount"] == "2,200,000.00"
    assert first["amount_yuan"] == "2200000.00"
    projects = {(row["unit"], row["project"]): Decimal(row["amount_yuan"]) for row in rows}
    assert (len(projects), sum(projects.values())) == (12, Decimal("101342424.00"))


def test_read_prints_nothing_but_results_to_stdout_and_a_refusal_as_one_line_to_stderr(tmp_path: Path) -> None:
    page = tmp_path / "error.pdf"
    page.write_text("<html>404</html>", encoding="utf-8")
    done = jixiao("read", "--format", "jsonl", str(page), str(PDF))
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) == 98
    (line,) = done.stderr.splitlines()
    refusal = json.loads(line)
    assert refusal["file"] == str(page)
    assert refusal["refused"] == "not_pdf"
    assert set(refusal) == {"file", "refused", "page", "detail"}


def test_read_as_csv_has_a_header_and_a_row_an_indicator() -> None:
    rows = list(csv.DictReader(io.StringIO(jixiao("read", "--format", "csv", str(PDF)).stdout)))
    assert len(rows) == 98
    assert rows[0]["amount"] == "2,200,000.00"


def test_bad_usage_is_status_two() -> None:
    assert jixiao("read", "nowhere.pdf").returncode == 2
    assert jixiao("unknown").returncode == 2


def test_value_answers_each_text_on_a_line_of_its_own() -> None:
    done = jixiao("value", "-", stdin="≥200万\n\n每期2-3天\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == ["≥200万", "", "每期2-3天"]
    assert (answers[0]["comparator"], answers[0]["low"]) == ("ge", 2000000)
    assert answers[1]["value_type"] == "empty"


def test_a27_settings_hide_passwords() -> None:
    done = jixiao("settings", "--format", "csv", JIXIAO_LEDGER_URL="postgresql://jixiao:verysecret@db/ledger")
    assert done.returncode == 0
    assert "verysecret" not in done.stdout
    assert "jixiao:***@db" in done.stdout


def test_a_wrong_setting_is_one_line_that_names_it() -> None:
    done = jixiao("settings", JIXIAO_MAX_PAGES="none")
    assert done.returncode == 1
    assert "JIXIAO_MAX_PAGES" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝HYPERLINK(1)", "＋1+1", "－1+1", "＠SUM(1)"],
)
def test_a25_csv_neutralises_formulas(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert neutralise(text) == "'" + text
    print_rows([{text: text}], [text], Format.CSV)  # the name of a column is a text of the query
    assert list(csv.reader(io.StringIO(capsys.readouterr().out, newline=""))) == [["'" + text], ["'" + text]]


@pytest.mark.parametrize("text", ["a\r=1+1", "a\n=1+1", "a\r\n=1+1", 'a"\r=1+1'])
def test_a25_a_line_break_in_a_cell_of_csv_begins_no_row(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"n": 1, "text": text}], ["n", "text"], Format.CSV)
    printed = capsys.readouterr().out
    assert printed.endswith('"\n')
    assert list(csv.reader(io.StringIO(printed, newline=""))) == [["n", "text"], ["1", text]]


@pytest.mark.parametrize("text", ["-123", "-1,234.50", "+5%", "≥7家", "102001-区党群工作部", ""])
def test_a25_csv_leaves_numbers_and_plain_text_alone(text: str) -> None:
    assert neutralise(text) == text


def test_a25_a_lone_surrogate_becomes_valid_json_and_comes_back() -> None:
    line = as_json({"text": "a\ud800b"})
    line.encode("utf-8")
    assert json.loads(line) == {"text": "a\ud800b"}


def test_a_table_that_cannot_fit_becomes_one_block_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    row = {f"column_{n}": "绩效目标" * 5 for n in range(30)}
    print_rows([row], list(row), Format.TABLE)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 31
    assert all("绩效目标" * 5 in line for line in lines[1:])


def test_no_rows_still_show_their_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([], ["fiscal_year"], Format.TABLE)
    assert "fiscal_year" in capsys.readouterr().out


def test_a25_a_table_shows_markup_and_escapes_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"a": "[red]x[/red]\x1b[31m"}], ["a"], Format.TABLE)
    shown = capsys.readouterr().out
    assert "[red]x[/red]" in shown
    assert "\x1b" not in shown


def test_a_stage_without_a_picture_is_bad_usage(tmp_path: Path) -> None:
    done = jixiao("grids", str(PDF), "--stage", "ink")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--picture" in done.stderr


def test_what_a_run_says_stands_in_its_log_and_not_beside_the_spinner(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from extract.cli.output import show_progress\n"
        "from extract.jobs.local_run import _logged_to\n"
        "with show_progress() as tell:\n"
        "    with _logged_to(pathlib.Path(sys.argv[1])):\n"
        "        tell('reading')\n"
        "        print('noise', flush=True)\n"
        "        print('noise', file=sys.stderr, flush=True)\n"
    )
    terminal, side = pty.openpty()
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "log")], stdout=side, stderr=side, check=True)
    os.close(side)
    shown = b""
    with contextlib.suppress(OSError):  # so a terminal ends that nobody writes to any more
        while part := os.read(terminal, 65536):
            shown += part
    os.close(terminal)
    assert run.returncode == 0
    assert (tmp_path / "log").read_bytes().count(b"noise") == 2
    assert b"noise" not in shown
    assert b"reading" in shown
