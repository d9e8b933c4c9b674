"""The command's help: every example is run and prints what it shows; every text has its Chinese."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from extract.cli.app import app
from extract.cli.help import _one_line, advise, load_examples
from extract.errors import BuildError, LedgerError, Refused, SettingsError, SourceError
from extract.jobs.local_run import RunError
from extract.locks import LockedError
from extract.settings import PROJECT, Settings
from extract.translations import load_chinese

EXAMPLES = [(path, one["run"], one["shows"]) for path, all_of in load_examples().items() for one in all_of]


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{path} {name}".strip())


def jixiao(arguments: list[str], home: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "JIXIAO_HOME": str(home), "JIXIAO_SETTLE_SECONDS": "0", **environment}
    command = [sys.executable, "-m", "extract", *arguments]
    return subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)


def matches(shown: str, printed: str) -> bool:
    """Whether a text is what an example shows: a line of … stands for lines, … in a line for the rest of something."""
    lines = shown.rstrip("\n").split("\n")
    pattern = "".join(
        r"(?:[^\n]*\n)*?" if line.strip() == "…" else "[^\n]*".join(map(re.escape, line.split("…"))) + r"[ ]*\n"
        for line in lines
    )
    return re.fullmatch(pattern, printed if printed.endswith("\n") else printed + "\n") is not None


UNTIL_STOPPED = {"up"}  # servers: no example ends by itself; tests/cluster runs it


def test_every_command_has_an_example() -> None:
    there = {path for path, _ in commands(typer.main.get_command(app)) if path}
    assert there - UNTIL_STOPPED == set(load_examples())


@pytest.mark.slow
@pytest.mark.parametrize(("path", "run", "shows"), EXAMPLES, ids=[run for _, run, _ in EXAMPLES])
def test_the_example_prints_what_the_help_shows(
    path: str, run: str, shows: str, reported: Settings, tmp_path: Path
) -> None:
    home = tmp_path / "var"
    shutil.copytree(reported.home, home, symlinks=True)
    shutil.copytree(reported.home.parent / "inbox", tmp_path / "inbox")
    for name in ("2025.pdf", "error.pdf"):
        shutil.copy(tmp_path / "inbox" / name, tmp_path)
    program, *arguments = shlex.split(run)
    assert program == "jixiao"
    assert " ".join(arguments).startswith(path)
    if path == "restore":
        assert jixiao(["backup", "backup"], home, tmp_path).returncode == 0
        home = tmp_path / "empty"
    done = jixiao(arguments, home, tmp_path)
    assert done.returncode in (0, 3), done.stderr
    printed = done.stdout or done.stderr  # results, or where there are none what is said to people
    assert matches(shows, printed), printed
    for option in ("--png", "--picture"):
        if option in arguments:
            drawn = tmp_path / arguments[arguments.index(option) + 1]
            assert drawn.read_bytes().startswith(b"\x89PNG")


def test_an_example_that_shows_something_else_would_be_found() -> None:
    assert matches("a …\n…\nd\n", "a b\nx\ny\nd\n")
    assert not matches("a …\n…\nd\n", "a b\nx\nc\n")
    assert not matches("a\n", "a\nb\n")


def test_the_help_shows_its_examples(tmp_path: Path) -> None:
    done = jixiao(["value", "--help"], tmp_path, tmp_path, COLUMNS="200")
    assert done.returncode == 0
    assert "$ jixiao value ≥200万 每期2-3天" in done.stdout


def test_every_text_of_the_help_has_its_chinese() -> None:
    missing = []
    for _, command in commands(typer.main.get_command(app)):
        texts = [command.help or "", *(getattr(parameter, "help", None) or "" for parameter in command.params)]
        missing += [text for text in map(_one_line, texts) if text and text not in load_chinese()]
    assert missing == []


def test_people_are_spoken_to_in_the_language_of_the_locale_and_programs_are_not(
    reported: Settings, tmp_path: Path
) -> None:
    chinese = {"LC_ALL": "zh_CN.UTF-8"}
    english = {"LC_ALL": "C.UTF-8"}
    help_text = jixiao(["refusals", "list", "--help"], tmp_path, tmp_path, **chinese).stdout
    assert "每个未入库的文件一行" in help_text
    assert "选项" in help_text
    error = jixiao(["refusals", "show", "abcdef99"], reported.home, tmp_path, **chinese).stderr
    assert "列出所有未入库的文件" in error
    for arguments in (["status", "--format", "json"], ["value", "≥3家"], ["settings", "--format", "jsonl"]):
        both = [jixiao(arguments, reported.home, tmp_path, **locale).stdout for locale in (chinese, english)]
        assert both[0] == both[1]
        assert json.loads(both[0].splitlines()[0])


@pytest.mark.parametrize("error", [LockedError, SettingsError, BuildError, RunError, SourceError, LedgerError])
def test_an_error_is_followed_by_what_to_do_next(error: type[Exception]) -> None:
    assert advise(error("x"))  # type: ignore[arg-type]


def test_advice_is_in_both_languages() -> None:
    source = (PROJECT / "extract/cli/help.py").read_text(encoding="utf-8")
    advice = re.findall(r'Error, "(.+?)"\)', source)
    assert len(advice) == 6
    assert set(advice) <= set(load_chinese())
    assert not issubclass(Refused, RunError)


def test_nothing_is_coloured_and_no_bar_is_drawn_where_nobody_looks(reported: Settings, tmp_path: Path) -> None:
    shutil.copy(PROJECT / "demo/publications/2025.pdf", tmp_path)
    done = jixiao(["read", "2025.pdf"], reported.home, tmp_path)
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


def test_the_shell_completes_publishers_reasons_and_documents(reported: Settings, tmp_path: Path) -> None:
    asked = {
        "jixiao run --publisher zh": "zhuhai-gaoxin-dangqun",
        "jixiao refusals list --reason unk": "unknown_header",
        "jixiao refusals show 12ad": "12ad8276d54b",
        "jixiao sh": "show",
    }
    for words, wanted in asked.items():
        place = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        done = jixiao([], reported.home, tmp_path, _JIXIAO_COMPLETE="complete_bash", **place)
        assert wanted in done.stdout.split(), done.stderr


def test_completion_before_the_first_run_is_silent_and_makes_nothing(tmp_path: Path) -> None:
    place = {"COMP_WORDS": "jixiao refusals show 12", "COMP_CWORD": "3"}
    done = jixiao([], tmp_path / "var", tmp_path, _JIXIAO_COMPLETE="complete_bash", **place)
    assert (done.stdout.strip(), done.stderr) == ("", "")
    assert not (tmp_path / "var").exists()
