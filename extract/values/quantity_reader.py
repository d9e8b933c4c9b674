"""Collect quantities and dates from tokens, each with its comparator, unit and denominator.

Comparators, signs and 每 are kept until a number follows; punctuation discards them. `targets` decides which quantity
is the target, and whether there is one.
"""

from __future__ import annotations

from collections.abc import Callable

from extract.values.numerals import EXACT, read_digits
from extract.values.quantities import Mention, Quantities, Quantity, join_around, join_range
from extract.values.token_patterns import Figure, Token
from extract.values.vocabulary import ADJACENT, CLOSE_TAILS, FRONT, SIGNS, TAILS

_COUNTED = ("number", "measure")
_BEFORE_NUMBER = ("number", "filler", "each", "sign", "date", "front", "mask")
_BEFORE_MINUS = ("", "sign", "front", "filler", "plus_minus", "each")
_SIDES = {"ge": "low", "gt": "low", "le": "high", "lt": "high"}
_FLIPPED = {"ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}
_REMOTE_TAIL = 8  # characters that may stand between a quantity and its 以上 (2场宣传活动以上)
_LONGEST_UNIT = 4  # of an unknown measure word
_LONGEST_CONTEXT = 99  # of the text around a date that is looked at
_NO_UNITS = ("达标", "合格", "到位", "响应", "投", "通过", "覆盖", "满意", "优秀", "及时", "左", "的", "无")


def read_quantities(tokens: list[Token]) -> Quantities:
    """Return all quantities and dates of a cell's tokens, in printed order."""
    return _Reader(tokens).run()


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.found = Quantities()
        self.sign: str | None = None
        self.word = ""  # a comparator in words
        self.per: list[str] = []
        self.joins = ""  # the next number is the other end of a 'range', or half of ±: 'around', 'zero'
        self.is_negative = False
        self.is_yuan = False
        self.current: Quantity | None = None  # in this clause
        self.text = ""  # since the last number, date, sign or stop

    def run(self) -> Quantities:
        """Read all tokens in order."""
        for at, token in enumerate(self.tokens):
            read = _READERS.get(token.kind)
            if read:
                read(self, token, at)
        self._end_clause()
        return self.found

    def _kind(self, at: int) -> str:
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else ""

    def _front(self) -> str | None:
        return self.sign or FRONT.get(self.word)

    def _forget(self) -> None:
        """Discard what waited for a number or date."""
        self.sign, self.word, self.per, self.joins, self.is_negative, self.text = None, "", [], "", False, ""

    def _end_clause(self) -> None:
        if self.per and self.current and not self.text:
            self.current.per += self.per  # 500元每人
        self._forget()
        self.current = None

    def _read_stop(self, token: Token, at: int) -> None:
        if token.text != "、" or not (self.per or self.sign):
            self._end_clause()

    def _read_text(self, token: Token, at: int) -> None:
        if self.word in ADJACENT and token.kind != "filler":
            self.word = ""
        if len(self.text) < _LONGEST_CONTEXT:
            self.text += token.text
        if self.current:
            self.current.gap += len(token.text)
        if self.found.dates and len(self.found.dates[-1].after) < _LONGEST_CONTEXT:
            self.found.dates[-1].after += token.text

    def _read_filler(self, token: Token, at: int) -> None:
        self.is_yuan |= token.text in ("人民币", "¥")
        self._read_text(token, at)

    def _read_sign(self, token: Token, at: int) -> None:
        value, current = _sign_of(token.text), self.current
        follows = self._kind(at + 1)
        if current and not current.gap and not current.front and follows not in ("number", "filler", "each"):
            current.front = _FLIPPED.get(value or "", value)  # 1%≤增长率≤2%
            return
        signs = [SIGNS.get(glyph, "") for glyph in token.text] + [self.sign or ""]
        self.found.is_damaged |= any(_oppose(sign, value or "") for sign in signs)  # ≤≥95%
        self.sign, self.text = value or self.sign, ""

    def _read_front(self, token: Token, at: int) -> None:
        behind = self.current if self.current and not self.current.gap and not self.current.tail else None
        if behind and token.text in ("不到", "不足", "不满"):
            behind.tail = "lt"
        elif token.text in ADJACENT and self._kind(at + 1) not in _BEFORE_NUMBER:
            self._read_text(token, at)  # 节约, 附近, 最高法院
        else:
            self.word = token.text

    def _read_each(self, token: Token, at: int) -> None:
        self.per.append(token.text)

    def _read_range(self, token: Token, at: int) -> None:
        if self._kind(at + 1) != "number":
            return
        before = self._kind(at - 1)
        if before in _COUNTED:
            self.joins = "range"
            self.is_negative = len(token.text) > 1 and token.text[0] in "~至到" and token.text.endswith("-")  # -20~-10℃
        elif token.text == "-" and before in _BEFORE_MINUS:
            self.is_negative = True
        elif token.text == "~":
            self.sign = "approx"

    def _read_plus_minus(self, token: Token, at: int) -> None:
        if self._kind(at + 1) == "number":
            self.joins = "around" if self._kind(at - 1) in _COUNTED else "zero"

    def _read_number(self, token: Token, at: int) -> None:
        figure = token.figure or Figure(None, None)
        quantity = Quantity(figure, figure.low, figure.high, suspect=figure.low is None)
        quantity.unit, quantity.is_range = self._read_unit(at), figure.low != figure.high
        if self.is_negative and figure.low is not None:
            quantity.low = quantity.high = EXACT.minus(figure.low)
        join = _JOINS.get(self.joins)
        if join and self.current and not self.current.is_range:
            join(self.current, quantity)
            self.current.gap = 0
        else:
            self._add(quantity)
        self._forget()

    def _add(self, quantity: Quantity) -> None:
        if self.joins == "zero" and quantity.low is not None:
            quantity.low, quantity.is_range = EXACT.minus(quantity.low), True
        quantity.front, quantity.per = self._front(), self.per
        if quantity.figure.has_more:
            quantity.tail = "gt"
        self.found.quantities.append(quantity)
        self.current = quantity

    def _read_unit(self, at: int) -> str | None:
        if self._kind(at + 1) == "measure":
            return self.tokens[at + 1].text
        if self.is_yuan:
            return "元"
        is_first = at == 0 or (at == 1 and self._kind(0) == "sign")
        return self._read_unknown_unit(at) if is_first else None

    def _read_unknown_unit(self, at: int) -> str | None:
        """Return a short word at the end of the cell as its unit, though no list has it.

        A noun that 0 counts is none.
        """
        figure, rest = self.tokens[at].figure, self.tokens[at + 1 : at + 3]
        if not rest or rest[0].kind != "text" or not figure or figure.low == 0:
            return None
        word = rest[0].text
        ends = len(rest) == 1 or rest[1].kind in ("tail", "denominator", "stop", "remark")
        if not ends or len(word) > _LONGEST_UNIT or not word.isalpha() or any(part in word for part in _NO_UNITS):
            return None
        return word

    def _read_measure(self, token: Token, at: int) -> None:
        if self._kind(at - 1) != "number":
            self._read_text(token, at)

    def _read_denominator(self, token: Token, at: int) -> None:
        if self.current:
            self.current.per.append(token.text)

    def _read_tail(self, token: Token, at: int) -> None:
        quantity, value = self.current, TAILS[token.text]
        reach = 0 if token.text in CLOSE_TAILS else _REMOTE_TAIL
        if quantity is None or quantity.tail or quantity.gap > reach:
            self._read_text(token, at)
            return
        quantity.suspect |= bool(quantity.front and _oppose(quantity.front, value))
        if self._kind(at + 1) == "remark" and "不含" in self.tokens[at + 1].text:
            value = {"ge": "gt", "le": "lt"}.get(value, value)
        quantity.tail = value

    def _read_date(self, token: Token, at: int) -> None:
        months = token.text.removesuffix("月")
        if token.date is None:
            return
        if token.date.is_month and months.isdigit() and (self.sign or self._kind(at + 1) == "tail"):
            number = read_digits(months)  # ≤12月 counts months
            self.current = Quantity(Figure(number, number), number, number, self._front(), unit="月", per=self.per)
            self.found.quantities.append(self.current)
        else:
            self.found.dates.append(Mention(token.date, self._front(), self.per, self.text))
        self._forget()

    def _note(self, token: Token, at: int) -> None:
        if token.kind == "mask":
            near = self._kind(at - 1) in ("", *_BEFORE_NUMBER) or self._kind(at + 1) in _COUNTED
            self.found.has_mask |= near
        self.found.is_damaged |= token.kind in ("damage", "clash")
        self.found.has_product |= token.kind == "times"
        self.found.has_ratio |= token.kind == "ratio"


def _oppose(one: str, other: str) -> bool:
    """Return True if one comparator is a lower bound and the other an upper bound."""
    return {_SIDES.get(one), _SIDES.get(other)} == {"low", "high"}


def _sign_of(text: str) -> str | None:
    """Return a run of sign glyphs as one sign; of two different ones (=≥) the later, that of the value cell."""
    if text in SIGNS:
        return SIGNS[text]
    last = SIGNS.get(text[-2:])
    return last if last else SIGNS.get(text[-1])


_JOINS = {"range": join_range, "around": join_around}
_READERS: dict[str, Callable[[_Reader, Token, int], None]] = {
    "number": _Reader._read_number,
    "measure": _Reader._read_measure,
    "sign": _Reader._read_sign,
    "front": _Reader._read_front,
    "tail": _Reader._read_tail,
    "filler": _Reader._read_filler,
    "each": _Reader._read_each,
    "denominator": _Reader._read_denominator,
    "date": _Reader._read_date,
    "range": _Reader._read_range,
    "plus_minus": _Reader._read_plus_minus,
    "stop": _Reader._read_stop,
    "text": _Reader._read_text,
    "ordinal": _Reader._read_text,
    "mask": _Reader._note,
    "times": _Reader._note,
    "ratio": _Reader._note,
    "damage": _Reader._note,
    "clash": _Reader._note,
}
