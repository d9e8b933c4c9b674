"""Convert digits and Chinese numerals to exact Decimals.

Multipliers shift the decimal point in the text; nothing is rounded.
"""

from __future__ import annotations

from decimal import Context, Decimal

# The warehouse's widest decimal. A longer run of digits is damage, not a number.
MAX_DIGITS = 38

EXACT = Context(prec=4 * MAX_DIGITS)

SCALES = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}

_GLYPHS = ("零〇", "一壹", "二贰两兩", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_DIGITS = {char: value for value, chars in enumerate(_GLYPHS) for char in chars}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}

NUMERALS = "".join(_DIGITS) + "".join(_TENS) + "".join(_GROUPS)


def scale_of(words: str) -> int:
    """Return the power of ten of a run of 百 千 万 亿: 百万 → 6."""
    return sum(SCALES[char] for char in words)


def read_digits(digits: str, power: int = 0) -> Decimal | None:
    """Convert `1,346.0088` with power 4 to 13460088, exactly, without trailing zeros; None when it is too long."""
    whole, _, fraction = digits.replace(",", "").partition(".")
    moved = fraction[:power].ljust(power, "0")
    whole, fraction = (whole + moved).lstrip("0") or "0", fraction[power:].rstrip("0")
    if len(whole) + len(fraction) > MAX_DIGITS:
        return None
    return Decimal(f"{whole}.{fraction}" if fraction else whole)


def read_numeral(text: str) -> tuple[Decimal, Decimal] | None:
    """Convert Chinese numerals to both ends of their range: 二十五 → (25, 25), 两三 → (2, 3), 三四十 → (30, 40)."""
    if not text or len(text) > MAX_DIGITS // 2:
        return None
    for at in range(len(text) - 1):
        first, second = _DIGITS.get(text[at], 0), _DIGITS.get(text[at + 1], 0)
        if first and first < second <= first + 2 and len(text) <= 4:
            low, high = _evaluate(text[: at + 1] + text[at + 2 :]), _evaluate(text[:at] + text[at + 1 :])
            return None if low is None or high is None else (Decimal(low), Decimal(high))
    value = _evaluate(text)
    return None if value is None else (Decimal(value), Decimal(value))


def _evaluate(text: str) -> int | None:
    if len(text) > 2 and all(char in _DIGITS for char in text):
        return int("".join(str(_DIGITS[char]) for char in text))  # 二〇二五
    total = section = 0
    digit: int | None = None
    for char in text:
        if char in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[char]
        elif char in _TENS:
            section += (1 if digit is None else digit) * _TENS[char]
            digit = None
        else:
            total = (total + section + (digit or 0)) * _GROUPS[char]
            section, digit = 0, None
    return total + section + (digit or 0)
