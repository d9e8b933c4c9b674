"""Define the types of tokens, and the pattern that finds the next token of a folded text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from extract.values.dates import STARTS as DATE_STARTS
from extract.values.dates import DateSpan
from extract.values.measure_words import sizes_by_start
from extract.values.numerals import NUMERALS
from extract.values.vocabulary import FILLERS, FRONT, TAILS


class Figure(NamedTuple):
    """A parsed number: both ends are equal except for 两三. `digits` and `power` allow a range to parse it again."""

    low: Decimal | None  # None: too long to be a number
    high: Decimal | None
    digits: str = ""
    power: int = 0
    has_more: bool = False  # 余, 多 between the digits and the multiplier or unit


class Token(NamedTuple):
    """One token; `kind` is one of the following.

    number measure sign front tail filler each denominator date mask range plus_minus times ratio ordinal remark stop
    text, damage (the remains of ≥ in 工5%) and clash (a second unit: 28.8万元%).
    """

    kind: str
    text: str
    figure: Figure | None = None
    date: DateSpan | None = None


# Words that have a meaning of their own; the longest that fits is taken before anything below.
WORDS = dict.fromkeys(FILLERS, "filler") | dict.fromkeys(TAILS, "tail") | dict.fromkeys(FRONT, "front")
WORD_SIZES = sizes_by_start(WORDS)

# What may begin a token of its own ends a run of plain text.
_BREAKS = "".join(sorted(set(WORD_SIZES) | DATE_STARTS | set("半每均人户亩年月日周季生村校车次台家床班且并和或正第")))
_MARKS = r"0-9A-Za-z.≥≤≮≯<>=≈《》〈〉«»*×_□■○◯◇…\#?(),;。!、|—~±+/"

LEXEME = re.compile(
    rf"""(?P<number>(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)
    |(?P<damage>^[工之乏三](?=[0-9]))
    |(?P<sign>[≥≤≮≯<>=≈]+)
    |(?P<angle>[《》〈〉«»]=?)
    |(?P<fraction>[{NUMERALS}]+分之[{NUMERALS}点0-9.]+|百分百)
    |(?P<ordinal>第[{NUMERALS}0-9]+)
    |(?P<numeral>[{NUMERALS}]+)
    |(?P<half>半(?=年|个月|天|小时|个小时|学期|日))
    |(?P<each>每|平均每|[人户亩年月日周季生村校车次台家床班]均)
    |(?P<box>[□■○◯◇]+)
    |(?P<mask>\*+|×+|_+|…+|\.\.+|\#+|\?+)
    |(?P<code>[A-Za-z]+(?:[-.]?[0-9]+)*)
    |(?P<open>\()
    |(?P<stop>[,;。!、|)]|且|并|和|或)
    |(?P<range>[-—~至到]+)
    |(?P<plus_minus>±|\+/-|正负)
    |(?P<plus>\+)
    |(?P<slash>/)
    |(?P<text>[^{_MARKS}{NUMERALS}{_BREAKS}-]+|.)""",
    re.VERBOSE | re.DOTALL,
)
