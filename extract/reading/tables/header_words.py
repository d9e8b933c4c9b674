"""Map a printed header word to its canonical column, by the synonyms of headers.yml.

Years, units of money and notes in brackets are not part of the word: 金额（万元）, 2021年金额（元）, 年初目标值（A）
and 预期2022年实现值 are found by rule, not by listing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from extract.entities import Column
from extract.files import load_yaml

HEADERS = Path(__file__).with_name("headers.yml")
YEAR = r"20\d{2}(?:年?[-~至—]20\d{2})?"
YEARS = (
    re.compile(YEAR),
    re.compile(YEAR + "年"),
    re.compile(YEAR + "年度"),
)  # 2025年度目标 is 年度目标, 2025年金额 金额
LONGEST = 40  # characters: no header word of any publisher is longer
BRACKET = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
BETWEEN = re.compile(r"[/、]")
ABOUT_UNITS = re.compile(r"单位(?!负责|联系|电话|地址|性质|代码|编码)|部门|机构")
NAMES_GOAL = re.compile(r"目标(?:内容|描述|说明|设定|概述)?$")
UNITS_AND_PROJECTS = re.compile(  # 单位（项目）名称, 项目名称（资金使用单位）, 部门（单位）及项目名称
    r"^(?:部门)?[(]?(?:用款|预算|项目|实施)?(?:单位|部门)[)]?(?:名称)?[(/、及和]项目(?:名称)?[)]?(?:名称)?$"
    r"|^项目(?:名称)?[(/、及和].{0,6}(?:单位|部门)(?:名称)?[)]?(?:名称)?$"
)
MONEY_UNIT = re.compile(r"(?<![一-龥])(亿元|百万元|万元|千元|元)(?![一-龥])")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """Content of headers.yml: word → column, and the words over columns that are not loaded."""

    columns: dict[str, Column]
    patterns: re.Pattern[str]  # one group per column, named as the column
    ignored: frozenset[str]
    ignored_patterns: re.Pattern[str]
    groups: frozenset[str]
    group_qualifiers: re.Pattern[str]  # what may stand before a word of `groups`


@lru_cache(maxsize=1)
def load_synonyms() -> Synonyms:
    """Load headers.yml; a word listed under two columns is a mistake in the file."""
    raw = load_yaml(HEADERS)
    columns: dict[str, Column] = {}
    for name, words in raw["columns"].items():
        for word in words:
            if columns.setdefault(normalise(str(word)), Column(name)) != Column(name):
                raise ValueError(f"headers.yml: {word} means both {columns[normalise(str(word))]} and {name}")
    return Synonyms(
        columns,
        re.compile("|".join(f"(?P<{Column(name)}>{pattern})" for name, pattern in raw["patterns"].items())),
        frozenset(normalise(str(w)) for w in raw["ignored"]),
        re.compile("|".join(raw["ignored_patterns"])),
        frozenset(normalise(str(w)) for w in raw["groups"]),
        re.compile(raw["group_qualifiers"]),
    )


@lru_cache(maxsize=8192)
def normalise(word: str) -> str:
    """Fold look-alike characters; drop blanks, bullets and marks at the ends; brackets become ASCII."""
    folded = "".join(unicodedata.normalize("NFKC", word).split())
    folded = folded.replace("〔", "(").replace("〕", ")").replace("【", "[").replace("】", "]")
    return folded.strip(":*★☆●◆■、.,;")


@lru_cache(maxsize=4096)
def word_forms(word: str) -> tuple[str, ...]:
    """Return the word as printed, without years, without brackets, without both, to be looked up in order."""
    text = normalise(word)
    bare = normalise(BRACKET.sub("", text)) or text
    forms = [text, *_drop_years(text), bare, *_drop_years(bare)]
    return tuple(dict.fromkeys(form for form in forms if form))


def _drop_years(text: str) -> list[str]:
    """Remove the years, in the three ways in which they are printed; most words have none."""
    return [normalise(year.sub("", text)) for year in YEARS] if YEARS[0].search(text) else []


@lru_cache(maxsize=4096)
def match_column(word: str) -> Column | None:
    """Return the column of a header word, or None. Brackets count first: 指标值（长期） is not 指标值."""
    if len(word) > LONGEST:
        return None
    if names_units(word):
        return Column.PROJECT
    known, patterns = load_synonyms().columns, load_synonyms().patterns
    forms = word_forms(word)
    for form in forms:
        if form in known:
            return known[form]
    for form in forms:
        found = patterns.fullmatch(form)
        if found and found.lastgroup:
            return Column(found.lastgroup)
    if not BETWEEN.search(normalise(word)):
        return None
    parts = [p for p in BETWEEN.split(BRACKET.sub("", normalise(word))) if p]
    columns = {known.get(p) for p in parts}
    return columns.pop() if len(parts) > 1 and len(columns) == 1 else None


@lru_cache(maxsize=4096)
def names_units(word: str) -> bool:
    """Return True if a word heads projects and, in rows of their own, the units that they belong to."""
    return bool(UNITS_AND_PROJECTS.match(normalise(word)))


def names_goal(word: str) -> bool:
    """Return True if a word, listed or not, says that a goal stands with it: 本期工作目标."""
    return bool(NAMES_GOAL.search(BRACKET.sub("", normalise(word))))


@lru_cache(maxsize=4096)
def is_ignored(word: str) -> bool:
    """Return True if the word heads a known column that is not loaded."""
    if len(word) > LONGEST:
        return False
    known = load_synonyms()
    forms = word_forms(word)
    return any(f in known.ignored or known.ignored_patterns.fullmatch(f) for f in forms)


@lru_cache(maxsize=4096)
def is_group(word: str) -> bool:
    """Return True if the word may be above several columns."""
    if len(word) > LONGEST:
        return False
    known = load_synonyms()
    return any(form in known.groups or _drop_qualifiers(form) in known.groups for form in word_forms(word))


@lru_cache(maxsize=4096)
def is_part_of_group(text: str) -> bool:
    """Return True if a text is a group's word or a part of it that a page break left: 绩 | 效指标."""
    part = _drop_qualifiers(normalise(text))
    return bool(part) and any(part in group for group in load_synonyms().groups)


def _drop_qualifiers(word: str) -> str:
    """Return a group's word without what stands before it: 项目绩效指标 is 绩效指标."""
    found = load_synonyms().group_qualifiers.match(word)
    return word[found.end() :] if found else word


@lru_cache(maxsize=4096)
def find_money_unit(word: str) -> str | None:
    """Return 元 or 万元 where a header word or caption prints one: 金额（万元）, 单位:元, 预算数/万元."""
    text = normalise(word)
    for bracket in BRACKET.findall(text):
        found = MONEY_UNIT.search(bracket)
        if found:
            return found.group(1)
    found = (
        re.search(r"单位[:为是]{0,2}(?:人民币)?[:/]?(亿元|百万元|万元|千元|元)", text)
        or re.search(r"以(?:人民币)?(亿元|百万元|万元|千元|元)为单位", text)
        or re.search(r"(?:金额|预算数?|资金|总额)[/:-]?(亿元|百万元|万元|千元|元)$", text)
    )
    return found.group(1) if found else None
