"""Fold a printed target and find its quantities and dates."""

from __future__ import annotations

import re

from extract.text import fold_text
from extract.values.quantities import Quantities
from extract.values.quantity_reader import read_quantities
from extract.values.tokenizer import tokenize

# "A phrase of at most about 30 characters": a longer cell is prose, and its one number is not the target.
LONGEST_PHRASE = 40

# What no target is longer than; the rest of a longer cell is not looked at, which bounds the time of any text.
READ_AT_MOST = 2000

# In front of a target and no part of it: 1、 (2) ③ 指标1: 定性
_LABEL = re.compile(
    r"(?:\(?[0-9]{1,2}(?:[、)]|\.(?![0-9]))|[①-⑳]|指标[0-9一二三四五六七八九十]*[:、]|定[性量](?:指标)?[:、]?)(?=.)"
)


class TargetText:
    """One printed target: `body` is its folded text without labels, `is_prose` if it is too long for a phrase."""

    __slots__ = ("_found", "body", "folded", "is_prose", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        folded = fold_text(text)
        is_cut = len(folded) > READ_AT_MOST
        self.folded = _unwrap(folded[:READ_AT_MOST])
        self.body = _LABEL.sub("", self.folded, count=1) if _LABEL.match(self.folded) else self.folded
        self.is_prose = is_cut or (len(folded) > LONGEST_PHRASE and not folded.isascii())
        self._found: Quantities | None = None

    @property
    def found(self) -> Quantities:
        """Quantities and dates outside brackets; those inside only where there is none outside."""
        if self._found is None:
            self._found = _read(self.body)
        return self._found


def _read(body: str) -> Quantities:
    found = read_quantities(tokenize(body))
    if "(" in body and not (found.quantities or found.dates or found.has_mask or found.has_ratio):
        inside = read_quantities(tokenize(body, brackets_count=True))
        is_target = any(quantity.comparator or quantity.unit for quantity in inside.quantities)
        return inside if is_target or inside.has_mask else found
    return found


def _unwrap(folded: str) -> str:
    """Remove one pair of brackets around the whole cell: (100%)."""
    inner = folded[1:-1]
    return inner if folded[:1] == "(" and folded[-1:] == ")" and "(" not in inner and ")" not in inner else folded
