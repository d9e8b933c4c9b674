"""Decide which heading of values is the year's target, and which head values of earlier years (湖北).

    指标值: 前年 | 上年 | 预计当年实现        2024年实际 | 2025年预计 | 2026年目标        2025年 | 预期2026年实现值

Some tables print results and targets of earlier years beside the target. If the words do not determine the target's
year, all candidates get the target's column, and a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from extract.entities import Column
from extract.reading.tables.header_words import match_column, normalise
from extract.reading.tables.headings import VALUES, Heading

YEARLY = re.compile(
    r"(?:(?:指标|目标)值)?(?P<before>预计|预期|计划|拟|实际)?"
    r"(?:(?P<year>20[0-4]\d)年?|(?P<relative>当年|本年|上年|去年|前年|上一年|前一年|前两年))度?"
    r"(?P<after>预计|预期|计划|实际)?(?P<done>实现|完成|达到|执行)?(?P<noun>目标|指标|水平|情况|数)?值?"
)
RELATIVE_YEARS = {"当年": 0, "本年": 0, "上年": -1, "去年": -1, "上一年": -1, "前一年": -1, "前年": -2, "前两年": -2}
OF_VALUES = frozenset({Column.ANNUAL_VALUE, Column.PRIOR_VALUE, Column.ACTUAL_VALUE, Column.ANNUAL_GOAL})  # 2026年目标
PERIOD_TITLE = re.compile(  # of the one of two tables of indicators that is for several years (湖北)
    r"(?:[(]?[一二三四五六七八九十\d]{1,2}[)、.])?(?:长期|中期|中长期|实施期|实施周期)(?:绩效)?(?:目标|指标)表?"
)
HOPED = frozenset({"预计", "预期", "拟"})


@dataclass(frozen=True, slots=True)
class YearlyWord:
    """A heading of values that names their year: `year` is a fiscal year, or counted from the current one."""

    heading: Heading
    year: int
    is_relative: bool
    is_actual: bool  # 实际, 完成: what was reached
    is_target: bool  # 目标, 指标, 计划
    is_expected: bool  # 预计, 预期

    def is_before(self, other: YearlyWord) -> bool:
        """Return True if its year is before the other's, or may be: 2025年 and 当年预期 cannot be compared."""
        return self.is_relative != other.is_relative or self.year < other.year


def settle_yearly(headings: list[Heading]) -> list[Heading]:
    """Separate the year's target from the values of earlier years, and keep of those the latest that was reached."""
    for block in sorted({h.block for h in headings}):
        of_block = [h for h in headings if h.block == block]
        words = _read_words(of_block)
        has_target = any(h.column in VALUES and all(w.heading is not h for w in words) for h in of_block)
        targets = [] if has_target else _find_targets(words)
        columns: dict[int, Column | None] = {id(w.heading): Column.ANNUAL_VALUE for w in targets}
        for word in words:
            if word not in targets and _is_earlier(word, targets):
                columns[id(word.heading)] = None if word.is_expected else Column.PRIOR_VALUE
        headings = [replace(h, column=columns.get(id(h), h.column)) for h in headings]
    prior = [h for h in headings if h.column == Column.PRIOR_VALUE]
    latest = max(prior, key=lambda h: (_year_of(h), h.first), default=None)
    return [replace(h, column=None) if h.column == Column.PRIOR_VALUE and h is not latest else h for h in headings]


def take_period(headings: Sequence[Heading], title: str) -> tuple[Heading, ...]:
    """Give the values below a title of several years (长期绩效目标表) their column; the header names no period."""
    columns = {h.column for h in headings}
    if Column.CYCLE_VALUE in columns or not PERIOD_TITLE.fullmatch(normalise(title)):
        return tuple(headings)
    return tuple(replace(h, column=Column.CYCLE_VALUE) if h.column == Column.ANNUAL_VALUE else h for h in headings)


def _read_words(headings: Sequence[Heading]) -> list[YearlyWord]:
    """Read the headings that name a year; 2025年预计 may as well be money and counts beside one of values only."""
    found = [(read_yearly(h), _speaks_of_values(h)) for h in headings]
    sure = [is_sure for _, is_sure in found]
    for places in (range(len(found)), reversed(range(len(found)))):
        near = False
        for k in places:
            near = found[k][0] is not None and (sure[k] or near)
            sure[k] = near
    return [word for (word, _), is_sure in zip(found, sure, strict=True) if word is not None and is_sure]


def _find_targets(words: Sequence[YearlyWord]) -> list[YearlyWord]:
    """Find the word of the year's target, or all that may be it."""
    candidates = [w for w in words if not w.is_actual and not (w.is_relative and w.year < 0)]
    for rank in ([w for w in candidates if w.is_target], [w for w in candidates if w.is_expected]):
        if len(rank) == 1 and all(w.is_before(rank[0]) for w in candidates if w is not rank[0]):
            return rank
        if rank:
            return candidates
    return candidates


def _is_earlier(word: YearlyWord, targets: Sequence[YearlyWord]) -> bool:
    """Return True if a word heads the values of an earlier year; 完成 of the target's own year is its result."""
    if len(targets) == 1:
        return word.is_before(targets[0])
    return (word.is_actual and word.heading.column is None) or (word.is_relative and word.year < 0)


def read_yearly(heading: Heading) -> YearlyWord | None:
    """Read a heading as the values of a year, None where it is none."""
    found = _match(heading)
    if found is None:
        return None
    hopes = {found["before"], found["after"]}
    is_actual = not hopes & {*HOPED, "计划"} and ("实际" in hopes or bool(found["done"]))
    year = int(found["year"]) if found["year"] else RELATIVE_YEARS[found["relative"]]
    is_target = found["noun"] in ("目标", "指标") or "计划" in hopes
    return YearlyWord(heading, year, not found["year"], is_actual, is_target, bool(hopes & HOPED))


def _match(heading: Heading) -> re.Match[str] | None:
    if heading.column is not None and heading.column not in OF_VALUES:
        return None
    return YEARLY.fullmatch(normalise(heading.word))


def _speaks_of_values(heading: Heading) -> bool:
    """Return True if a heading of a year heads values, by its own word or by one above it (指标值 over 2025年)."""
    found = _match(heading)
    if found is None:
        return False
    if heading.column is not None:
        return heading.column != Column.ANNUAL_GOAL
    says_value = found["done"] or found["noun"] or "实际" in (found["before"], found["after"])
    return bool(says_value) or any(match_column(word) in VALUES for word in heading.words[:-1])


def _year_of(heading: Heading) -> int:
    found = read_yearly(heading)
    return found.year if found is not None else 0
