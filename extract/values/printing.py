"""Print a TargetValue: as one JSON line for programs, or as canonical text that parses to the same value."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from extract.entities import TargetValue

_SIGNS = {"eq": "=", "ge": "≥", "gt": ">", "le": "≤", "lt": "<", "approx": "约"}

# Characters that end a line for some reader, or that UTF-8 cannot carry: the line is printed in ASCII then.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def value_as_json(value: TargetValue) -> str:
    """Return one JSON object in one line; `low` and `high` are exact number literals without exponent."""
    entries = {
        "text": _quoted(value.text),
        "comparator": _quoted(value.comparator),
        "low": format_number(value.low),
        "high": format_number(value.high),
        "unit": _quoted(value.unit),
        "per": _quoted(value.per),
        "is_percent": json.dumps(value.is_percent),
        "value_type": _quoted(value.value_type),
        "implicit": json.dumps(value.implicit),
        "suspect": json.dumps(value.suspect),
        "date_low": _quoted(value.date_low),
        "date_high": _quoted(value.date_high),
    }
    return "{" + ", ".join(f'"{key}": {literal}' for key, literal in entries.items()) + "}"


def format_number(number: Decimal | None) -> str:
    """Return an exact decimal literal without exponent or trailing zeros; `null` for None."""
    if number is None:
        return "null"
    literal = format(number, "f")
    if "." in literal:
        literal = literal.rstrip("0").rstrip(".")
    return "0" if literal in ("-0", "") else literal


def format_target(value: TargetValue) -> str:
    """Print a value with numbers so that `parse_target` returns the same numbers, unit and per.

    A value without numbers prints as its own text.
    """
    if value.low is None and value.high is None:
        return value.text
    unit = (value.unit or "") + (f"/{value.per}" if value.per else "")
    if value.comparator == "range":
        return f"{format_number(value.low)}~{format_number(value.high)}{unit}"
    number = format_number(value.high if value.low is None else value.low)
    sign = "" if value.implicit else _SIGNS.get(value.comparator or "", "")
    return f"{sign}{number}{unit}"


def _quoted(text: str | None) -> str:
    return json.dumps(text, ensure_ascii=text is not None and _UNSAFE.search(text) is not None)
