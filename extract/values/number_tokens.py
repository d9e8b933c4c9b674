"""Make the tokens of a number in a folded text: the number with its multiplier, and its measure word.

Multipliers (万, 亿, 千, 百) are applied and leave the unit; in 千米, 千克 and 百分点 they are part of it. A Chinese
numeral is a number only directly before a measure word.
"""

from __future__ import annotations

import re
from decimal import Decimal

from extract.values.measure_words import counts, match_measure
from extract.values.numerals import EXACT, NUMERALS, read_digits, read_numeral, scale_of
from extract.values.token_patterns import LEXEME, Figure, Token

Tokens = tuple[list[Token], int]  # and where they end

PERCENT_NAMES = ("百分比", "百分率", "百分数")

_SCALE = re.compile("[百千万亿萬億]{1,3}")
_MORE = re.compile("余|多(?![种样元项类])")
_RATIO = re.compile(r"[:比]([0-9]+(?:\.[0-9]+)?)|/([0-9]+)(?![0-9.%百千万亿])")
_CLOCK = re.compile(
    "[012]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?=前|后|起|-|~|—|至|到|以前|之前)"
    "|(?<=[-~—至到])[012]?[0-9]:[0-5][0-9]|[012]?[0-9]:00(?![0-9])"
)
ONCE_IN = re.compile(
    f"一(?P<per>年|个?月|周|天|日|学期|季度?(?![0-9]))(?=[{NUMERALS}0-9]+[次场期回轮批])"  # 一季度2次 is of the first
)
_ONCE_IN_HALF = re.compile(f"半(?P<per>年|个?月)(?=[{NUMERALS}0-9]+[次场期回轮批])")
_OTHER_END = re.compile(f"[-—~至到][{NUMERALS}]+")
_NO_ZERO = frozenset("散星售件距碎工钱用食头基部")  # 零星, 零件, 零距离: no numeral
_BOUND = frozenset("统唯同逐任某独单专第初清归几数")  # 统一, 唯一, 逐一, 归零, 几十: no numeral
_NAMES_BY_NUMBER = ("号", "热线", "专线")
_NAMED = re.compile("(?:A{1,5}|[BCDGKS])(?=[\u3400-\u9fff])(?!以|左右|及|或)")  # 5A级, 4G摄像头
_PLANS = ("行动", "规划", "计划")
_ENDS = ("以", "之", "及", "或", "左右", "内", ",", ";", "。", "、", "/", "(")


def read_number(text: str, digits: str, at: int, end: int) -> Tokens:
    """Tokenise digits and what belongs to them: 6万立方米, 20余人, 1:3, 12345热线, 10²."""
    ratio = _RATIO.match(text, end)
    if ratio and not (ratio[2] and match_measure(text, ratio.end())):
        clock = _CLOCK.match(text, at)
        kind, end = ("text", clock.end()) if clock else ("ratio", ratio.end())
        return [Token(kind, text[at:end])], end
    if text.startswith(_NAMES_BY_NUMBER, end) or _is_part_of_number(text, at, end):
        return [Token("text", digits)], end
    return _read_scaled(text, digits, end)


def _is_part_of_number(text: str, at: int, end: int) -> bool:
    """Return True if unsupported numeric characters touch the digits (10², 5½, ٣5): refuse half a number."""
    after, before = text[end : end + 1], text[at - 1] if at else ""
    return (after.isnumeric() and not after.isalpha() and after not in NUMERALS) or (
        before.isdecimal() and not before.isascii()
    )


def _read_scaled(text: str, digits: str, end: int) -> Tokens:
    more = _MORE.match(text, end)
    end, power = more.end() if more else end, 0
    unit = match_measure(text, end)
    scale = None if unit or text.startswith(PERCENT_NAMES, end) else _SCALE.match(text, end)
    if scale:
        power, end = scale_of(scale.group()), scale.end()
        more = more or _MORE.match(text, end)
        end = max(end, more.end()) if more else end
        unit = match_measure(text, end)
    value = read_digits(digits, power)
    if scale and not unit and not more and value is not None:
        value, end = _add_rest(text, value, power, end)
        unit = match_measure(text, end)
    return read_measure(text, Token("number", digits, Figure(value, value, digits, power, more is not None)), unit, end)


def _add_rest(text: str, value: Decimal, power: int, end: int) -> tuple[Decimal, int]:
    """Add the digits behind a multiplier: 1万2千人."""
    found = LEXEME.match(text, end)
    if found is None or found.lastgroup != "number" or "," in found.group():
        return value, end
    scale = _SCALE.match(text, found.end())
    rest = read_digits(found.group(), scale_of(scale.group()) if scale else 0)
    if rest is None or rest >= Decimal(10) ** power:
        return value, end
    return EXACT.add(value, rest), scale.end() if scale else found.end()


def read_measure(text: str, number: Token, unit: str, end: int) -> Tokens:
    """Tokenise a number and the measure word at `end`; a repeated unit counts once, another one is a clash."""
    if not unit:
        is_percent = text.startswith(PERCENT_NAMES, end)
        return ([number, Token("measure", "%")], end + 3) if is_percent else ([number], end)
    after = end + len(unit)
    if len(number.text) == 1 and _NAMED.match(text, end):
        return [Token("text", number.text + unit)], after  # a name
    tokens = [number, Token("measure", unit)]
    again = match_measure(text, after)
    if again and after + len(again) == len(text) and (again in (unit, "元") or "%" in (again, unit)):
        if again != unit:
            tokens.append(Token("clash", again))
        after += len(again)
    return tokens, after + (unit == "元" and text.startswith("整", after))


def read_numerals(text: str, word: str, at: int, end: int) -> Tokens:
    """Tokenise Chinese numerals: 二十五人, 两三次, 二至三次, 一年两次; 一次性, 统一 and 三级 hold no number."""
    once = ONCE_IN.match(text, at)
    if once:
        return [Token("each", once["per"].removeprefix("个"))], once.end()
    if word in ("零", "〇"):
        return _read_zero(text, word, at, end)
    value = read_numeral(word)
    other = _OTHER_END.match(text, end)
    if value and other and _is_counting(text, word, match_measure(text, other.end()), at, other.end()):
        return [Token("number", word, Figure(*value))], end
    more = _MORE.match(text, end)
    end_of_number = more.end() if more else end
    unit = match_measure(text, end_of_number)
    if value is None or not _is_counting(text, word, unit, at, end_of_number):
        return [Token("text", word)], end
    return read_measure(text, Token("number", word, Figure(*value, "", 0, more is not None)), unit, end_of_number)


def _is_counting(text: str, word: str, unit: str, at: int, end: int) -> bool:
    """Return True if a Chinese numeral is a number: directly before a measure word, and no set phrase."""
    after = end + len(unit)
    if not unit or word[0] in "百千万萬亿億" or (at and text[at - 1] in _BOUND):
        return False
    is_behind_one = at > 1 and text[at - 2] == "一" and not ONCE_IN.match(text, at - 2)
    if word == "一" and (is_behind_one or text[after : after + 1] == "一"):
        return False  # 一户一档
    if (unit == "次" and text.startswith("性", after)) or (unit == "年" and text.startswith(_PLANS, after)):
        return False  # 一次性, 三年行动计划
    nothing_follows = after == len(text) or text.startswith(_ENDS, after)
    return counts(unit, nothing_follows and word != "十")  # 十分 is "very"


def _read_zero(text: str, word: str, at: int, end: int) -> Tokens:
    if (at and text[at - 1] in _BOUND) or text[end : end + 1] in _NO_ZERO:
        return [Token("text", word)], end
    return read_measure(text, Token("number", "0", Figure(Decimal(0), Decimal(0), "0")), match_measure(text, end), end)


def read_bracketed_measure(number: Token, inside: str) -> list[Token]:
    """Tokenise 100(%) and 100(万元): the number, multiplied, and its unit; [] where there is no unit."""
    if inside in PERCENT_NAMES:
        return [number, Token("measure", "%")]
    scale = None if match_measure(inside, 0) else _SCALE.match(inside)
    unit = inside[scale.end() :] if scale else inside
    if not unit or match_measure(unit, 0) != unit or number.figure is None:
        return []
    if scale and number.figure.digits and not number.figure.power:
        power = scale_of(scale.group())
        value = read_digits(number.figure.digits, power)
        number = Token("number", number.text, Figure(value, value, number.figure.digits, power))
    return [number, Token("measure", unit)]


def read_half(text: str, word: str, at: int, end: int) -> Tokens:
    """Tokenise 半: 半小时内 → 0.5 小时, 半年一次 → per 半年; 上半年 and 一半 hold no number."""
    once = _ONCE_IN_HALF.match(text, at)
    if once:
        return [Token("each", "半" + once["per"])], once.end()
    if at and text[at - 1] in "上下前后大过一":
        return [Token("text", word)], end
    half = Decimal("0.5")
    return read_measure(text, Token("number", word, Figure(half, half)), match_measure(text, end), end)


def read_fraction(text: str, word: str, at: int, end: int) -> Tokens:
    """Tokenise a fraction: 百分之九十 → 90 %, 千分之三 → 3 ‰; 三分之二 is a ratio."""
    whole, _, part = word.partition("分之")
    unit = {"百": "%", "千": "‰", "万": "‱", "百分百": "%"}.get(whole)
    value = _read_part(part) if part else (Decimal(100), Decimal(100))
    if unit is None or value is None:
        return [Token("ratio" if value else "text", word)], end
    return [Token("number", word, Figure(*value)), Token("measure", unit)], end


def _read_part(text: str) -> tuple[Decimal, Decimal] | None:
    number = LEXEME.match(text)
    if number and number.lastgroup == "number":
        value = read_digits(text) if number.end() == len(text) else None
        return None if value is None else (value, value)
    whole, _, fraction = text.partition("点")
    ends = read_numeral(whole)
    if not fraction or ends is None:
        return ends
    tail = read_numeral("〇" + fraction)  # 九十五点五
    if tail is None:
        return None
    value = EXACT.add(ends[0], tail[0].scaleb(-len(fraction), EXACT))
    return value, value
