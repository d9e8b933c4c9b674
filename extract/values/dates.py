"""Parse the date, period or deadline at a position of a folded text (guideline, chapter 5).

A date keeps what is printed: `YYYY-MM-DD`, or `--MM-DD` where no year is printed; the warehouse fills in the fiscal
year of the document. A deadline is inclusive (12月底前 → 12-31, 9月前 → 09-30).
"""

from __future__ import annotations

import re
from calendar import monthrange
from typing import NamedTuple

from extract.values.numerals import NUMERALS, read_numeral


class Day(NamedTuple):
    """A day, with the year only where it is printed."""

    year: int | None
    month: int
    day: int

    def printed(self) -> str:
        """Return YYYY-MM-DD, or --MM-DD without a year."""
        head = "-" if self.year is None else f"{self.year:04d}"
        return f"{head}-{self.month:02d}-{self.day:02d}"


class DateSpan(NamedTuple):
    """First and last day; `bound` names the end that counts: le (前), ge (起), None for a point or a period."""

    low: Day | None
    high: Day | None
    is_point: bool
    bound: str | None = None
    is_month: bool = False  # N月 and nothing else: with a sign in front it counts months
    damaged: bool = False


_Y, _M, _D = "(?:19|20)[0-9]{2}", "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12][0-9]|0?[1-9])"
_CN = "[〇零○一二三四五六七八九十]"
_TO = "(?:-|—|~|至|到)+"

# One date: the year's, month's and day's own words may stand behind the last of a range only (2025年1-6月).
_ATOM = re.compile(
    f"""(?:(?P<y>{_Y}|二{_CN}{{3}})(?:学?年度?|(?={_TO}{_Y}学?年|Q[1-4]))|(?P<this>本年度?|当年|今年))?
        (?:(?P<m>{_M}|十[一二]|{_CN})(?:月份?|(?={_TO}{_M}月))
           (?:(?P<d>{_D}|[二三]?十{_CN}?|{_CN})(?:[日号]|(?={_TO}{_D}[日号])|(?=$|前|之前|以前|完成)))?)?
        (?P<part>全年|[上下]半年|前三季度|第?[1-4一二三四](?:季度?[末底]?|(?={_TO}第?[1-4一二三四]季))|Q[1-4]|[上中下]旬|年?[底末初]|年[中终内])?""",
    re.VERBOSE,
)
# Digits alone are a number unless a word, an end or another date says otherwise: 2025.12 is one, 2025.12前 is none.
_CLOSED = "(?=前|以前|之前|底|完成)"
_NUMERIC = re.compile(
    f"(?P<y>{_Y})(?:(?P<s>[-./])(?P<m>{_M})(?P=s)(?P<d>{_D})日?(?![0-9])"
    f"|(?P<m8>0[1-9]|1[0-2])(?P<d8>{_D})(?:$|{_CLOSED}|(?={_TO}{_Y})))"
)
_YEAR_MONTH = re.compile(f"(?P<y>{_Y})(?:[-/]{_M}(?![0-9])$|(?:[-./]{_M}|0[1-9]|1[0-2])(?:{_CLOSED}|(?={_TO}{_Y})))")
_YEAR_MONTH_LAST = re.compile(f"(?P<y>{_Y})(?:[-./]{_M}|0[1-9]|1[0-2])(?![0-9%])")
_DAY_BEFORE = re.compile(f"{_D}[日号](?=前|之前|以前)")
_MONTH_DAY = re.compile(f"(?P<m>{_M})[./](?P<d>{_D})日?(?=前|之前|以前)")
_LOST = re.compile(f"{_Y}[0-9]{{0,4}}-{_Y}[0-9]{{0,4}}(?![0-9年月日.])")
_BETWEEN = re.compile(_TO)
_BEFORE = re.compile("(?:之前|以前|前(?![后期往述])|止|截止)")
_AFTER = re.compile("(?:起(?!草)|以后|之后|后)")
_WITHIN = re.compile("(?:以内|之内|内)")
_HOUR = re.compile("[0-2]?[0-9][时点](?:[0-5]?[0-9]分)?(?![钟间])")
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
_THIRDS = {"上": (1, 10), "中": (11, 20), "下": (21, 31)}

# Characters that a date may begin with; the tokenizer asks for a date only there.
STARTS = frozenset("0123456789年上下第前本当今Q" + "一二三四五六七八九十")


def may_hold_dates(text: str) -> bool:
    """Return True if `text` has a character that dates are made of; a cheap test before `read_date`."""
    return not _HINTS.isdisjoint(text) or text.startswith(("19", "20"))


_HINTS = frozenset("年月季-./前Q")


def read_date(text: str, at: int) -> tuple[DateSpan, int] | None:
    """Parse the date or period at `at` with the words that bound it; return it and its end, or None."""
    first = _read_day(text, at)
    if first is None:
        lost = _LOST.match(text, at)
        return (DateSpan(None, None, True, damaged=True), lost.end()) if lost else None
    span, end = first
    between = _BETWEEN.match(text, end)
    second = _read_day(text, between.end(), is_last=True) if between else None
    if second is not None:
        span, end = _join(span, second[0]), second[1]
    return _bound(text, span, end)


def read_recurring(text: str, period: str, at: int) -> tuple[DateSpan, int] | None:
    """Parse the end of a repeated period: 每年底前, 每月末; only the end of a year is a nameable day."""
    if period not in ("年", "年度", "半年", "季", "季度", "月", "周", "旬") or text[at : at + 1] not in ("底", "末"):
        return None
    day = Day(None, 12, 31) if period in ("年", "年度") else None
    return _bound(text, DateSpan(day, day, True), at + 1)


def _bound(text: str, span: DateSpan, end: int) -> tuple[DateSpan, int]:
    hour = _HOUR.match(text, end) if span.is_point else None
    end = hour.end() if hour else end
    for pattern, bound in ((_BEFORE, "le"), (_AFTER, "ge"), (_WITHIN, "le")):
        word = pattern.match(text, end)
        if word and not (pattern is _WITHIN and span.is_month):
            return span._replace(bound=bound, is_month=False), word.end()
    return span, end


def _join(first: DateSpan, second: DateSpan) -> DateSpan:
    low, high = first.low, second.high
    if low and high:
        low = low._replace(year=low.year or high.year)
        high = high._replace(year=high.year or low.year)
        damaged = first.damaged or second.damaged or (low.year is not None and low > high)
        return DateSpan(low, high, False, damaged=damaged)
    return DateSpan(low, high, False, damaged=True)


def _read_day(text: str, at: int, is_last: bool = False) -> tuple[DateSpan, int] | None:
    found = _NUMERIC.match(text, at) or _MONTH_DAY.match(text, at)
    if found:
        parts = found.groupdict()
        month, day = parts["m"] or parts.get("m8"), parts["d"] or parts.get("d8")
        return _span(_number(parts.get("y")), _number(month), _number(day), None), found.end()
    found = (_YEAR_MONTH_LAST if is_last else _YEAR_MONTH).match(text, at)
    if found:
        return _span(int(found["y"]), int(found.group()[4:].lstrip("-./")), None, None), found.end()
    found = _DAY_BEFORE.match(text, at)
    if found:
        return DateSpan(None, None, True), found.end()  # 每月10日前: a day of no month
    found = _ATOM.match(text, at)
    if found is None or not (found["y"] or found["m"] or found["part"]):
        return None
    if _is_no_date(text, at, found):
        return None
    span = _span(_number(found["y"]), _number(found["m"]), _number(found["d"]), found["part"])
    return span._replace(is_month=found["m"] == found.group().removesuffix("份").removesuffix("月")), found.end()


def _is_no_date(text: str, at: int, found: re.Match[str]) -> bool:
    """Return True if the match is part of a word: 全年 is the scope of any annual target; 底, 中旬 need a month."""
    part = found["part"]
    if found["y"] or found["this"]:
        return False
    if found["m"]:
        return False
    return part in ("全年", "底", "末", "初") or part[1:] == "旬" or (part in ("年初", "年中") and at > 0)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if text[0] in NUMERALS:
        value = read_numeral(text.replace("○", "〇"))
        return int(value[1]) if value else None
    return int(text)


def _span(year: int | None, month: int | None, day: int | None, part: str | None) -> DateSpan:
    if day and month:
        length = monthrange(year or 2000, month)[1]
        if day > length:
            return DateSpan(None, None, True, damaged=True)  # 2月30日
        exact = Day(year, month, day)
        return DateSpan(exact, exact, True)
    if month:
        low, high = Day(year, month, 1), Day(year, month, monthrange(year or 2001, month)[1])
        if part and part[1:] == "旬":
            first, last = _THIRDS[part[0]]
            return DateSpan(low._replace(day=first), high._replace(day=min(last, high.day)), False)
        return _edge(DateSpan(low, high, False), part)
    return _edge(_part_of_year(year, part), part)


def _edge(span: DateSpan, part: str | None) -> DateSpan:
    """Narrow a span to one day: 底 and 末 are its last, 初 its first; points, not periods."""
    if part and part[-1] in "底末终":
        return DateSpan(span.high, span.high, True)
    if part and part[-1] == "初":
        return DateSpan(span.low, span.low, True)
    if part == "年内":
        return span._replace(bound="le")
    return span


def _part_of_year(year: int | None, part: str | None) -> DateSpan:
    first, last = 1, 12
    if part and (part.lstrip("第前Q")[0] in "1234一二三四"):
        quarter = part.lstrip("第前Q")[0]
        number = int(_QUARTERS.get(quarter, quarter))
        first, last = (1, 9) if part[0] == "前" else (3 * number - 2, 3 * number)
    elif part in ("上半年", "下半年"):
        first, last = (1, 6) if part[0] == "上" else (7, 12)
    elif part == "年中":
        first = last = 6
    return DateSpan(Day(year, first, 1), Day(year, last, monthrange(2001, last)[1]), False)
