"""Find contradictions between two printings of the facts of one project."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from extract.entities import Cell, Column
from extract.reading.tables.column_groups import AMOUNTS, PROJECT_LEVEL
from extract.reading.tables.drafts import Field, Project
from extract.reading.tables.header_words import normalise

FIGURE = re.compile(r"^[¥￥]?(\d[\d,]*(?:\.\d+)?)(亿元|万元|元|万|亿)?$")


def find_two_amounts(
    current: Project, previous: dict[Column, Field], fields: dict[Column, Field]
) -> tuple[Column, str] | None:
    """Find an amount that a repeated project prints differently; return its column and the difference.

    It is no contradiction but a second project of the same name (one per source of money) if the goals differ, or if
    the list of indicators begins again.
    """
    if Column.PROJECT not in current.fields or fields[Column.PROJECT].text != current.fields[Column.PROJECT].text:
        return None
    changed = {c for c in PROJECT_LEVEL if _text(fields, c) and _text(fields, c) != _text(current.fields, c)}
    amounts = [c for c in AMOUNTS if c in changed]
    if not amounts or changed != set(amounts) or begins_anew(current, previous, fields):
        return None
    one, other = _text(current.fields, amounts[0]), _text(fields, amounts[0])
    return amounts[0], f"project {fields[Column.PROJECT].text!r} has {one!r} and {other!r}"


def find_second_amount(first: str, second: str, word: str) -> str | None:
    """Describe a second amount of the same kind in one form's head that differs; None where it does not."""
    one, other = FIGURE.match(normalise(first)), FIGURE.match(normalise(second))
    if one is None or other is None:
        return None
    same_unit = one.group(2) == other.group(2) or not (one.group(2) and other.group(2))
    if same_unit and _figure(one) != _figure(other):
        return f"one head prints the amounts {first!r} and {second!r} ({word})"
    return None


def _figure(found: re.Match[str]) -> Decimal:
    return Decimal(found.group(1).replace(",", ""))


def begins_anew(current: Project, previous: Mapping[Column, Field], fields: Mapping[Column, Field | Cell]) -> bool:
    """Return True if a row begins a list of indicators: the first one again, or the first level after another."""
    level = _text(fields, Column.LEVEL1)
    if level and level == _text(current.first, Column.LEVEL1) != _text(previous, Column.LEVEL1):
        return True
    indicator = _text(fields, Column.INDICATOR)
    return bool(indicator) and indicator == _text(current.first, Column.INDICATOR)


def _text(fields: Mapping[Column, Field | Cell], column: Column) -> str:
    return fields[column].text if column in fields else ""
