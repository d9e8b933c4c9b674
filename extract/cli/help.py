"""Add worked examples and the language of the locale to the command's help, and advice to its errors.

examples.yml holds the examples: a test runs each of them and compares what it prints. Chinese stands in chinese.yml.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from extract.errors import BuildError, JixiaoError, LedgerError, SettingsError, SourceError
from extract.files import load_yaml
from extract.translations import is_chinese, say

EXAMPLES = Path(__file__).with_name("examples.yml")


@cache
def load_examples() -> dict[str, list[dict[str, str]]]:
    """Return command ("refusals show") → its examples: `run` as typed, `shows` as printed, … for variable parts."""
    examples: dict[str, list[dict[str, str]]] = load_yaml(EXAMPLES)
    return examples


def prepare_help(command: Any, path: str = "") -> None:
    """Add examples and translations to a click command and all below it."""
    told = say(_one_line(command.help or ""))
    examples = load_examples().get(path, [])
    command.short_help = told.split("\n\n")[0]
    command.help = told + "".join(_example(one) for one in examples)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = say(_one_line(parameter.help))
    for name, below in getattr(command, "commands", {}).items():
        prepare_help(below, f"{path} {name}".strip())


def translate_frames() -> None:
    """Translate the words that typer puts around help texts, which has English ones only."""
    if is_chinese():
        from typer import rich_utils

        for name in ("ARGUMENTS_PANEL_TITLE", "OPTIONS_PANEL_TITLE", "COMMANDS_PANEL_TITLE", "ERRORS_PANEL_TITLE"):
            setattr(rich_utils, name, say(getattr(rich_utils, name)))
        for name, text in (("DEFAULT_STRING", "[默认：{}]"), ("REQUIRED_LONG_STRING", "[必填]")):
            setattr(rich_utils, name, text)


def advise(error: JixiaoError) -> str | None:
    """Return what to do next after an error, None where its message tells it."""
    from extract.jobs.local_run import RunError
    from extract.locks import LockedError

    advice: tuple[tuple[type[JixiaoError], str], ...] = (
        (LockedError, "Another run works on this home: wait for it, or raise JIXIAO_WRITER_WAIT_SECONDS."),
        (SettingsError, "`jixiao settings` lists every setting with its value and meaning."),
        (BuildError, "The served release stays as it is. The rows that fail are in schema `audit` of build.duckdb."),
        (RunError, "`jixiao status` shows what was refused and what waits; a new `jixiao run` goes on from there."),
        (SourceError, "The next run tries again; `jixiao status` shows what was found at each source."),
        (LedgerError, "`jixiao refusals list --all` shows every document that is not loaded, with its id."),
    )
    return next((say(text) for kind, text in advice if isinstance(error, kind)), None)


def _one_line(text: str) -> str:
    """Join each paragraph of a docstring to one line, as in the table of translations."""
    return "\n\n".join(re.sub(r"\s+", " ", part).strip() for part in text.strip().split("\n\n"))


def _example(one: dict[str, str]) -> str:
    shown = one.get("shows", "").rstrip("\n")
    return f"\n\n```text\n$ {one['run']}\n{shown}\n```".replace("\n\n```", "\n```" if not shown else "\n\n```", 1)
