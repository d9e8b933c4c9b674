"""Parse a printed amount (金额) to an exact Decimal in 元, or refuse it.

Amounts are public money: a text that is not certainly one amount raises Refused and is never guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from extract.errors import Reason, Refused
from extract.text import fold_text
from extract.values.numerals import EXACT, MAX_DIGITS, SCALES, read_digits

FEN = Decimal("0.01")

_AMOUNT = re.compile(
    r"""(?P<minus>[-—]?)(?P<currency>人民币|RMB|CNY|¥|\$?)
        (?P<minus2>-?)
        (?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?P<fraction>\.[0-9]+)?
        (?P<suffix>[百千万亿萬億]{0,2}(?:元|圆)?)(?:整|正|人民币)?""",
    re.VERBOSE,
)
_UNIT = re.compile("(?P<scale>[百千万亿]{0,2})元")
_CAPTION = re.compile(
    "(?:单位|货币单位|计量单位|金额单位|币种)[:是为]*(?:人民币)?[:/]*(?P<scale>[百千万亿]{0,2})元(?![/每])"
)
_IN_BRACKETS = re.compile("\\((?:单位|人民币|金额单位)?:?(?P<scale>[百千万亿]{0,2})元[^()0-9/每]{0,8}\\)")


@lru_cache(maxsize=1024)  # a project's amount is printed beside each of its rows
def parse_amount(text: str, unit_factor: Decimal) -> Decimal:
    """Parse a cell to 元, exactly, with two decimals; `unit_factor` is the header's unit in 元 (万元 → 10000).

    A suffix in the cell (449.8万, 16万元) overrides the header's factor. Raises Refused(UNREADABLE_AMOUNT) for anything
    that is not exactly one amount: empty, ###, two numbers, more precise than one fen.
    """
    folded = fold_text(text)
    is_negative = folded.startswith("(") and folded.endswith(")")
    found = _AMOUNT.fullmatch(folded[1:-1] if is_negative else folded)
    if found is None or "$" in found["currency"]:
        raise _refused(text, "expected one amount")
    minus = bool(found["minus"]) + bool(found["minus2"])
    if minus > 1 or (minus and is_negative):
        raise _refused(text, "expected one minus sign")
    number = read_digits(found["digits"] + (found["fraction"] or ""))
    if number is None or len(folded) > MAX_DIGITS:
        raise _refused(text, "expected an amount of money")
    amount = EXACT.multiply(number, _factor(found["suffix"], unit_factor))
    exact = EXACT.quantize(amount, FEN)
    if exact != amount:
        raise _refused(text, "expected nothing smaller than one fen")
    return EXACT.minus(exact) if (minus or is_negative) and exact else exact


def parse_amount_unit(text: str) -> Decimal | None:
    """Return the unit of a header or caption in 元: 金额（万元） → 10000; None where none is printed."""
    folded = fold_text(text)
    for pattern in (_CAPTION, _IN_BRACKETS):
        found = pattern.search(folded)
        if found:
            return _power(found["scale"])
    whole = _UNIT.fullmatch(folded.strip("()"))
    return _power(whole["scale"]) if whole else None


def _factor(suffix: str, unit_factor: Decimal) -> Decimal:
    return _power(suffix.rstrip("元圆")) if suffix else unit_factor


def _power(scale: str) -> Decimal:
    return Decimal(10 ** sum(SCALES[char] for char in scale))


def _refused(text: str, expected: str) -> Refused:
    shown = text if len(text) <= 40 else text[:40] + "…"
    return Refused(Reason.UNREADABLE_AMOUNT, f"{expected}, found {shown!r}")
