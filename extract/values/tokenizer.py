"""Split a folded text into tokens: numbers with multiplier, measure words, comparators, dates, brackets, rest.

One pass from left to right that looks at every character a bounded number of times, so the time is linear. The
tokenizer does not interpret: `quantity_reader` and `targets` do.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from extract.values import number_tokens
from extract.values.dates import STARTS as DATE_STARTS
from extract.values.dates import may_hold_dates, read_date, read_recurring
from extract.values.denominators import read_denominators, read_each
from extract.values.measure_words import match_measure
from extract.values.token_patterns import LEXEME, WORD_SIZES, WORDS, Token
from extract.values.vocabulary import SIGNS

_BEFORE_MASK = frozenset(("", "sign", "front", "number", "each", "filler", "date"))
_COUNTED = ("number", "measure")
_BEFORE_SLASH = ("number", "measure", "mask", "tail", "remark")
_LONGEST_TITLE = 60
_SCALE = re.compile("[百千万亿]{0,3}")


def tokenize(folded: str, brackets_count: bool = False) -> list[Token]:
    """Return the tokens of a folded text. Brackets are remarks and dropped, unless `brackets_count`."""
    return _Tokenizer(folded, brackets_count).run()


class _Tokenizer:
    def __init__(self, text: str, brackets_count: bool) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.has_dates = may_hold_dates(text)
        self.closes = {} if brackets_count or "(" not in text else _match_brackets(text)

    def run(self) -> list[Token]:
        """Take one token after the other, from the start of the text to its end."""
        text, at, size, tokens = self.text, 0, len(self.text), self.tokens
        while at < size:
            char, end = text[at], 0
            if self.has_dates and char in DATE_STARTS:
                end = self._take_date(at)
            if not end and char in WORD_SIZES:
                end = self._take_word(at)
            at = end or self._take_lexeme(at)
        return tokens

    def _take_lexeme(self, at: int) -> int:
        found = LEXEME.match(self.text, at)
        kind = found.lastgroup if found else None
        if found is None or kind is None:  # never: the last alternative takes any character
            return at + 1
        read = _FIGURES.get(kind)
        if read:
            tokens, end = read(self.text, found.group(), at, found.end())
            self.tokens += tokens
            return end
        take = _TAKERS.get(kind)
        if take:
            return take(self, found.group(), at, found.end())
        return self._put(kind, found.group(), found.end())

    def _put(self, kind: str, text: str, end: int) -> int:
        self.tokens.append(Token(kind, text))
        return end

    def _last(self) -> str:
        return self.tokens[-1].kind if self.tokens else ""

    def _take_date(self, at: int) -> int:
        before = self.text[at - 1] if at else ""
        if (
            number_tokens.ONCE_IN.match(self.text, at)
            or (before and before in "./")
            or (before.isascii() and before.isalnum())
        ):
            return 0
        read = read_date(self.text, at)
        if read is None or (self._last() == "sign" and self.text[at : read[1]].isdigit()):
            return 0
        self.tokens.append(Token("date", self.text[at : read[1]], None, read[0]))
        return read[1]

    def _take_word(self, at: int) -> int:
        for size in WORD_SIZES[self.text[at]]:
            word = self.text[at : at + size]
            kind = WORDS.get(word)
            if kind:
                is_range = word in ("到", "至") and self._last() in _COUNTED
                return 0 if is_range else self._put(kind, word, at + size)
        return 0

    def _take_each(self, word: str, at: int, end: int) -> int:
        if word.endswith("均"):
            return self._put("each", word[0], end)
        read = read_each(self.text, end)
        if read is None:
            return self._put("text", word, end)
        self._put("each", *read)
        edge = read_recurring(self.text, *read)
        if edge:
            self.tokens.append(Token("date", self.text[read[1] : edge[1]], None, edge[0]))
        return edge[1] if edge else read[1]

    def _take_slash(self, word: str, at: int, end: int) -> int:
        read = read_denominators(self.text, end) if self._last() in _BEFORE_SLASH else None
        if read is None:
            return self._put("stop", word, end)
        if read[0] == "次" and self._last() == "measure" and self.tokens[-1].text == "人":
            self.tokens[-1] = Token("measure", "人次")  # 人/次 is the usual misprint of 人次
            return read[1]
        return self._put("denominator", *read)

    def _take_plus(self, word: str, at: int, end: int) -> int:
        is_sum = self._last() in _COUNTED and self.text[end : end + 1].isalnum()
        return self._put("times" if is_sum else "text", word, end)  # 5+2, 1+N

    def _take_mask(self, word: str, at: int, end: int) -> int:
        if word in "×*" and self._last() in _COUNTED and self.text[end : end + 1].isdigit():
            return self._put("times", word, end)  # 7×24小时
        scale = _SCALE.match(self.text, end)
        after = scale.end() if scale else end
        unit = match_measure(self.text, end) or match_measure(self.text, after)
        self._put("mask", word, end)
        if not unit:
            return end
        return self._put("measure", unit, self.text.index(unit, end) + len(unit))

    def _take_box(self, word: str, at: int, end: int) -> int:
        """Take □: unfilled in □万元, only a drawn box in □是 □否."""
        if match_measure(self.text, end) or self._last() in ("sign", "front", "number"):
            return self._take_mask(word, at, end)
        return self._put("stop", word, end)

    def _take_code(self, word: str, at: int, end: int) -> int:
        """Take a name (PM2.5, ISO9001, A4); X or N before a measure word or at the end is an unfilled number."""
        if not word.strip("XxNn") and self._last() in _BEFORE_MASK:
            rest = self.text[end : end + 1]
            if len(word) > 1 or not rest or rest in "万亿年月日" or match_measure(self.text, end):
                return self._take_mask("**", at, end)
        return self._put("text", word, end)

    def _take_angle(self, word: str, at: int, end: int) -> int:
        """Take 《…》 as a title, and 》 alone as a mistyped ≥."""
        close = self.text.find("》", end, end + _LONGEST_TITLE) if word == "《" else -1
        if close > 0:
            return self._put("text", self.text[at : close + 1], close + 1)
        return self._put("sign", word if word in SIGNS else word[0], end)

    def _take_open(self, word: str, at: int, end: int) -> int:
        close = self.closes.get(at)
        if close is None:
            return end
        inside = self.text[end:close]
        if not inside.strip("*_×Xx."):
            return self._take_mask("**", at, close + 1)
        last = self._last()
        measured = number_tokens.read_bracketed_measure(self.tokens[-1], inside) if last == "number" else []
        if measured:
            self.tokens[-1:] = measured
            return close + 1
        if last == "measure" and _is_alternative(inside):
            self.tokens[-1] = Token("measure", f"{self.tokens[-1].text}（{inside}）")
            return close + 1
        return self._put("remark", inside, close + 1)


_FIGURES: dict[str, Callable[[str, str, int, int], number_tokens.Tokens]] = {
    "number": number_tokens.read_number,
    "numeral": number_tokens.read_numerals,
    "fraction": number_tokens.read_fraction,
    "half": number_tokens.read_half,
}
_TAKERS: dict[str, Callable[[_Tokenizer, str, int, int], int]] = {
    "each": _Tokenizer._take_each,
    "slash": _Tokenizer._take_slash,
    "plus": _Tokenizer._take_plus,
    "mask": _Tokenizer._take_mask,
    "box": _Tokenizer._take_box,
    "code": _Tokenizer._take_code,
    "angle": _Tokenizer._take_angle,
    "open": _Tokenizer._take_open,
}


def _is_alternative(inside: str) -> bool:
    """Return True if the bracket holds measure words only: 件（册）."""
    words = re.split("[、,/]", inside)
    return "%" not in inside and all(
        word and (match_measure(word, 0) == word or word in ("居", "街")) for word in words
    )


def _match_brackets(text: str) -> dict[int, int]:
    """Return the position of the closing bracket of each '('."""
    closes: dict[int, int] = {}
    opened: list[int] = []
    for at, char in enumerate(text):
        if char == "(":
            opened.append(at)
        elif char == ")" and opened:
            closes[opened.pop()] = at
    return closes
