"""Translate texts for people to Chinese where the locale asks for it; chinese.yml serves command and report.

Column names, reason codes and all other output for programs are never translated.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from extract.files import load_yaml

TABLE = Path(__file__).with_name("chinese.yml")


@cache
def load_chinese() -> dict[str, str]:
    """Load the translations: English text → Chinese text."""
    table: dict[str, str] = load_yaml(TABLE)
    return table


@cache
def is_chinese() -> bool:
    """Return True if the locale of messages is Chinese: LC_ALL, then LC_MESSAGES, then LANG, as in POSIX."""
    wanted = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return wanted.lower().startswith("zh")


def say(text: str, **values: object) -> str:
    """Translate a text to the language of the locale, English where it has no Chinese; `values` fill its {places}."""
    chosen = load_chinese().get(text, text) if is_chinese() else text
    return chosen.format(**values) if values else chosen
