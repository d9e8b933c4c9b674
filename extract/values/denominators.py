"""Parse the denominator (per) behind 每 or a slash at a position of a folded text.

12次/年 → 年; 元/人、天 → 人·天; 每生1500元/学期 → 生 and 学期; 2批次/千人 → 千人 (nothing is multiplied here).
"""

from __future__ import annotations

import re

from extract.values.measure_words import match_measure
from extract.values.numerals import NUMERALS

_COUNT = re.compile(f"(?:[0-9]+(?:\\.[0-9]+)?|[{NUMERALS}]+)?[百千万亿]*")
_NOUN = re.compile("[\\u3400-\\u9fff]{1,4}?(?=[0-9≥≤<>=,;。、/()约近不超至达到每]|以[上下内]|左右|内|以外|$)")
_LETTERS = re.compile("[A-Za-z]+[23²³]?")
_SEPARATOR = re.compile("[、·.*/]每?(?=[^0-9])")
_ONE = re.compile("隔|[一1](?![0-9次])")  # 每一年, 每隔
_ARTICLES = ("个", "名", "位")  # 每个村 → 村


def read_denominators(text: str, at: int) -> tuple[str, int] | None:
    """Parse the denominators at `at`, joined by `·`; return them and their end, or None."""
    if text.startswith("(", at) and ")" in text[at : at + 20]:
        read = read_denominators(text, at + 1)
        return (read[0], read[1] + 1) if read and text.startswith(")", read[1]) else None
    at += text.startswith("每", at)
    first = _read_one(text, at)
    if first is None:
        return None
    words, at = [first[0]], first[1]
    while len(words) < 4:
        separator = _SEPARATOR.match(text, at)
        following = match_measure(text, separator.end()) if separator else ""
        if not separator or not following or "%" in following:
            break
        words.append(following)
        at = separator.end() + len(following)
    return "·".join(words), at


def read_each(text: str, at: int) -> tuple[str, int] | None:
    """Parse the denominator behind 每: 每期 → 期, 每千人 → 千人, 每个村 → 村, 每半年 → 半年."""
    at += _ONE.match(text, at) is not None
    for article in _ARTICLES:
        if text.startswith(article, at):
            noun = match_measure(text, at + 1)
            if not noun:
                found = _NOUN.match(text, at + 1)
                noun = found.group() if found else ""
            if noun and not match_measure(text, at).startswith(article + noun):
                return noun, at + 1 + len(noun)
    return _read_one(text, at)


def _read_one(text: str, at: int) -> tuple[str, int] | None:
    count = _COUNT.match(text, at)
    end = count.end() if count else at
    whole = match_measure(text, at, before_nouns=True)  # 半年, 千克: the numeral is part of the word
    if whole:
        return whole, at + len(whole)
    unit = match_measure(text, end, before_nouns=True)
    if unit and "%" not in unit:
        return text[at:end] + unit, end + len(unit)
    noun = _NOUN.match(text, end)
    if noun:
        return text[at : noun.end()], noun.end()
    return None
