"""English texts for people become Chinese where the locale says so; one table, chinese.yml, for command and report.

Only what people read is here. Names of columns, reason codes and everything that programs read stay as they are.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("chinese.yml")


@cache
def load_chinese() -> dict[str, str]:
    """English text -> Chinese text."""
    table: dict[str, str] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return table


@cache
def is_chinese() -> bool:
    """Whether the locale of messages is Chinese: LC_ALL, then LC_MESSAGES, then LANG, as POSIX has it."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return wanted.lower().startswith("zh")


def say(text: str, **values: object) -> str:
    """A text in the language of the locale, English where there is no Chinese for it; `values` fill its {places}."""
    chosen = load_chinese().get(text, text) if is_chinese() else text
    return chosen.format(**values) if values else chosen
