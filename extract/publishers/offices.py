"""Decide whether two printed names name one office, or one of them a part of the other.

An office's own documents print its name shorter (市财政局), longer (广东省广州市财政局) or abbreviated; those of its
district bureaus and sub-units print more behind its name (广州市公安局海珠分局) or another place in it (海珠区财政局).
"""

from __future__ import annotations

import re

from extract.text import fold_name

CODE = re.compile(r"^[(]?\d[\d)_\-.]*")  # before a name: [292]国家信访局
# behind a name: the office itself, and no part of it
ITSELF = re.compile(r"[(]?(?:本级|本部|机关|机关本级|局机关|汇总|部门|单位|公章|盖章)[)]?$")
PLACE = re.compile(r"[省市区县旗盟州镇乡]|街道")


def fold_office(name: str) -> str:
    """Fold an office's name: without the code before it, and without 本级 and the like behind it."""
    folded = CODE.sub("", fold_name(name))
    while (plain := ITSELF.sub("", folded)) != folded and plain:
        folded = plain
    return folded


def is_same_office(one: str, other: str) -> bool:
    """Return True if two names are variants of one: equal, one with more before it, or one an abbreviation.

    An abbreviation leaves letters out but no place: 珠海高新区党群工作部 of 珠海高新技术产业开发区党群工作部.
    """
    short, long = sorted((fold_office(one), fold_office(other)), key=len)
    if not short:
        return not long
    if long.endswith(short):
        return True
    letters = iter(long)
    is_within = all(letter in letters for letter in short)
    return is_within and not long.startswith(short) and len(PLACE.findall(short)) == len(PLACE.findall(long))


def is_part_of(name: str, whole: str) -> bool:
    """Return True if a name says that its office is a part of another: more stands behind the other's whole name."""
    part, office = fold_office(name), fold_office(whole)
    return bool(office) and part != office and part.startswith(office)
