"""Assign canonical columns to headings, first by their words, then by the texts of the cells below them.

The cells decide only where a word is unlisted or ambiguous, and only if they allow one column. If two headings may be
the same loaded column, neither is used and every project below is held back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extract.entities import AMOUNT_KINDS, GOALS, IGNORED, Column, Question
from extract.errors import Reason
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.drafts import Doubt
from extract.reading.tables.header_words import (
    ABOUT_UNITS,
    is_group,
    is_ignored,
    is_part_of_group,
    match_column,
    names_goal,
    names_units,
    normalise,
)
from extract.reading.tables.headings import VALUES, Heading, own_texts
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import ask, noting
from extract.reading.tables.money_columns import ABOUT_MONEY, settle_money
from extract.reading.tables.usual_levels import is_level1, is_level2
from extract.reading.tables.value_columns import read_yearly
from extract.reading.tables.word_questions import ask_part, ask_same_column, ask_word, name_rivals
from extract.values.measure_words import WORDS

BARE_VALUES_SHARE = 0.5  # of the values are numbers without a unit: the unit is in another column
SIGN_TEXT = re.compile(
    r"^(?:[≥≧⩾≤≦⩽><＞＜=＝═≈±]{1,2}|大于|小于|等于|大于等于|小于等于|不低于|不高于|不少于|不超过|定性)$"
)
COMPARISON = re.compile(r"^[≥≧⩾≤≦⩽><＞＜=＝═≈]|^[大小等不]")
NOT_SIGNS = frozenset({"定量", "正向", "反向", "逆向", "正向指标", "反向指标", "定量指标", "定性指标"})
NUMBER = re.compile(r"^\d[\d,]*(?:\.\d+)?$")
TARGET = re.compile(r"^[≥≧⩾≤≦⩽><＞＜=＝]|\d.*[%％]|^\d[\d,]*(?:\.\d+)?$")
TARGETS = VALUES - {Column.ADJUSTED_VALUE}  # as they were set at first
OF_INDICATORS = VALUES | {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.SIGN, Column.MEASURE_UNIT}
OF_INDICATORS |= {Column.WEIGHT, Column.SCORE, Column.ACTUAL_VALUE}
EXPLAINS = re.compile(r"^[(（]?(?:说明|解释|释义|描述|依据|来源|类型|标准|编码|代码|备注|性质|方向|内容)")
SHORTEST_WORD = 2  # characters of a header word that a joined one begins with

Kind = Callable[[Sequence[str]], bool]


def settle_signs(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Take 指标性质 as the column of signs only where signs are printed in it.

    乌海 prints them under 指标方向; others print 定量 and 定性 under 指标性质, which is no sign.
    """
    sign = next((h for h in headings if h.column == Column.SIGN), None)
    if sign is None or _prints_signs(table, stop, sign):
        return headings
    other = next((h for h in headings if "方向" in h.word and _prints_signs(table, stop, h)), None)
    parts = other is not None or any(h.column == Column.MEASURE_UNIT for h in headings)
    settled = []
    for h in headings:
        column = None if h is sign else Column.SIGN if h is other else h.column
        settled.append(replace(h, column=Column.ANNUAL_VALUE if column == Column.VALUE and not parts else column))
    return settled


def _prints_signs(table: IndexedGrid, stop: int, heading: Heading) -> bool:
    """Return True if the cells under a heading hold signs, and nothing known to be none."""
    cells = {id(c): c for row in range(stop, table.grid.n_rows) if (c := table.cell(row, heading.first)) is not None}
    texts = [normalise(c.text) for c in cells.values() if c.text and c.colspan <= heading.last - heading.first]
    return not texts or (any(SIGN_TEXT.match(t) for t in texts) and not any(t in NOT_SIGNS for t in texts))


def settle_unlisted(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Assign an unlisted word or a blank header by the cells below, where one column alone is possible.

    Signs alone are the signs of the values whatever heads them (指标值类型, 长沙; 指标方向), measure words beside bare
    numbers their units, names of levels the levels. A value, an indicator or a project is never found so: their texts
    could be anything.
    """
    bare = _has_bare_values(table, stop, headings)
    kinds: list[tuple[Column, Kind, bool]] = [
        (Column.SIGN, are_signs, True),
        (Column.MEASURE_UNIT, are_measures, bare),
        (Column.LEVEL1, lambda texts: all(map(is_level1, texts)), True),
        (Column.LEVEL2, lambda texts: all(map(is_level2, texts)), True),
    ]
    for column, is_kind, is_wanted in kinds:
        if not is_wanted or any(h.column == column for h in headings):
            continue
        free = [h for h in headings if h.column is None] if column == Column.SIGN else find_unlisted(headings)
        found = [h for h in free if (t := own_texts(table, h, stop)) and is_kind(_fold(t))]
        if len(found) == 1:
            headings = [replace(h, column=column) if h is found[0] else h for h in headings]
    return settle_money(table, stop, _split_values(headings)) if _is_flat(headings) else _split_values(headings)


def find_unlisted(headings: Iterable[Heading]) -> list[Heading]:
    """Return the headings without a word, or with a word that headers.yml does not list."""
    return [h for h in headings if h.column is None and not (h.words and is_known(h.word))]


def is_known(word: str) -> bool:
    """Return True for a word over a column that is not loaded.

    Among them are 指标性质 without signs below it, and an earlier year's value.
    """
    return is_ignored(word) or is_group(word) or match_column(word) in (Column.SIGN, Column.PRIOR_VALUE)


def _is_flat(headings: Iterable[Heading]) -> bool:
    return any(h.column == Column.PROJECT for h in headings)


def _split_values(headings: list[Heading]) -> list[Heading]:
    """Take 指标值 beside a sign or a unit as a bare value, where it is the only value."""
    parts = any(h.column in (Column.SIGN, Column.MEASURE_UNIT) for h in headings)
    alone = sum(h.column == Column.ANNUAL_VALUE for h in headings) == 1
    if not (parts and alone) or any(h.column == Column.VALUE for h in headings):
        return headings
    return [replace(h, column=Column.VALUE) if h.column == Column.ANNUAL_VALUE else h for h in headings]


def _fold(texts: Iterable[str]) -> list[str]:
    return [normalise(text) for text in texts]


def are_signs(texts: Sequence[str]) -> bool:
    """Return True if texts are signs of targets, at least one of them a comparison."""
    return all(map(SIGN_TEXT.match, texts)) and any(map(COMPARISON.match, texts))


def are_measures(texts: Sequence[str]) -> bool:
    """Return True if texts are measure words, or say that there is none."""
    return all(text in WORDS or text in ("其他", "无", "-", "/") for text in texts) and any(t in WORDS for t in texts)


def _has_bare_values(table: IndexedGrid, stop: int, headings: Sequence[Heading]) -> bool:
    """Return True if most values are numbers without a unit, so that the unit must be in another column."""
    values = [h for h in headings if h.column in (Column.ANNUAL_VALUE, Column.VALUE)]
    texts = _fold(own_texts(table, values[0], stop)) if len(values) == 1 else []
    return sum(bool(NUMBER.match(t)) for t in texts) > BARE_VALUES_SHARE * len(texts)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of judging a header: headings, doubts of every project below, words to ignore, answers."""

    headings: list[Heading]
    doubts: tuple[Doubt, ...]
    ignored: tuple[str, ...]
    settled: tuple[Question, ...]


def judge_words(table: IndexedGrid, row: int, stop: int, headings: list[Heading]) -> Verdict:
    """Judge unlisted and repeated words: by people's answers, else by doubts and words to ignore."""
    with noting() as settled:
        headings, decided = _follow_answers(table, stop, headings)
    doubts, ignored = _judge_unlisted(table, row, stop, headings, decided)
    return Verdict(headings, tuple(doubts), tuple(ignored), tuple(settled))


def _follow_answers(table: IndexedGrid, stop: int, headings: list[Heading]) -> tuple[list[Heading], set[int]]:
    """Apply people's answers to headings; return the headings, and the first lattice columns of those answered."""
    decided: set[int] = set()
    for heading in find_unlisted(headings):
        if not heading.words or not _is_needed(table, stop, heading, headings):
            continue
        chosen = ask(ask_word(table, stop, heading, headings))
        if chosen is not None:
            decided.add(heading.first)
            column = None if chosen == IGNORED else Column(chosen)
            headings = [replace(h, column=column) if h.first == heading.first else h for h in headings]
    for column, rivals in find_rivals(headings):
        chosen = ask(ask_same_column(table, stop, column, rivals, headings))
        if chosen is not None:
            gone = {h.first for h, name in zip(rivals, name_rivals(rivals), strict=True) if name != chosen}
            decided |= gone
            headings = [replace(h, column=None) if h.first in gone else h for h in headings]
    money = _find_part(headings)
    chosen = ask(ask_part(table, stop, money, headings)) if money is not None else None
    if money is not None and chosen is not None:
        decided.add(money.first)
        column = None if chosen == IGNORED else Column(chosen)
        headings = [replace(h, column=column) if h.first == money.first else h for h in headings]
    return (_split_values(headings) if decided else headings), decided


def _is_needed(table: IndexedGrid, stop: int, heading: Heading, headings: Sequence[Heading]) -> bool:
    columns = {h.column for h in headings if h.column is not None}
    return _may_be_needed(table, stop, heading, headings) or _is_joined(heading.word, columns)


def _judge_unlisted(
    table: IndexedGrid, row: int, stop: int, headings: Sequence[Heading], decided: Collection[int]
) -> tuple[list[Doubt], list[str]]:
    """Judge unlisted words: doubts where one may head a loaded column, else words to ignore."""
    found: list[tuple[str, Question | None]] = []
    ignored = []
    for heading in find_unlisted(headings):
        texts = own_texts(table, heading, stop)
        if heading.first in decided:
            continue
        if not heading.words:
            if texts and not all(map(_is_label, texts)):
                found.append(("text stands under a blank header", None))
        elif _is_needed(table, stop, heading, headings):
            question = ask_word(table, stop, heading, headings)
            found.append((f"unknown header word {heading.word!r}", question))
        else:
            ignored.append(heading.word)
    for column, rivals in find_rivals(headings):
        question = ask_same_column(table, stop, column, rivals, headings)
        found += [(f"{a.word!r} and {b.word!r} both mean {column}", question) for a, b in pairwise(rivals)]
    money = _find_part(headings)
    if money is not None and money.first not in decided:
        detail = f"no amount but {money.word!r}, which is a part of one"
        found.append((detail, ask_part(table, stop, money, headings)))
    page = table.grid.page
    return [
        Doubt(Reason.UNKNOWN_HEADER, page, f"row {row + 1}: {detail}", question=question) for detail, question in found
    ], ignored


def _find_part(headings: Sequence[Heading]) -> Heading | None:
    """Find the word of a flat table without an amount that names a part of the money."""
    columns = {h.column for h in headings if h.column is not None}
    if Column.PROJECT not in columns or columns & set(AMOUNT_KINDS):
        return None
    return next((h for h in headings if h.column is None and ABOUT_MONEY.search(normalise(h.word))), None)


def _is_joined(word: str, columns: Collection[Column]) -> bool:
    """Return True if a word begins with that of a column which is not found: a rule below the header is missing.

    Explanations of a column (指标性质说明) are excepted.
    """
    for size in range(len(word) - 2, SHORTEST_WORD - 1, -1):
        column = match_column(word[:size])
        if column in OF_INDICATORS and not EXPLAINS.match(word[size:]):
            return column not in columns and not (column in VALUES and set(columns) & VALUES)
    return False


def find_rivals(headings: Sequence[Heading]) -> list[tuple[Column, list[Heading]]]:
    """Find the headings of one meaning, where there are several."""
    found: dict[tuple[Column, int], list[Heading]] = {}
    for heading in headings:
        if heading.column is not None and heading.column != Column.DEVIATION:
            found.setdefault((heading.column, heading.block), []).append(heading)
    return [(column, rivals) for (column, _), rivals in found.items() if len(rivals) > 1]


def _is_label(text: str) -> bool:
    """Return True if a text below a blank header is the rows' label (绩效指标, 烟台), or a part of it."""
    return is_part_of_group(text) or is_ignored(text) or match_column(text) in GOALS


def _may_be_needed(table: IndexedGrid, stop: int, heading: Heading, headings: Sequence[Heading]) -> bool:
    """Return True if an unlisted word may head a value, an amount, a goal, the unit or the project not found yet."""
    texts, word = _fold(own_texts(table, heading, stop)), normalise(heading.word)
    columns = {h.column for h in headings if h.column is not None}
    if not texts:
        return False
    if not columns & VALUES or not columns & {Column.INDICATOR, Column.LEVEL2}:
        return True
    if not columns & TARGETS and any(map(TARGET.search, texts)):
        return True  # beside 调整后目标值 alone: the target before it was changed
    if any(match_column(w) in VALUES for w in heading.words[:-1]) and read_yearly(heading) is None:
        return True  # 指标值 over two words: either may be the year's
    if all(map(SIGN_TEXT.match, texts)) and any(map(COMPARISON.match, texts)) and Column.SIGN not in columns:
        return True  # signs of two columns
    if are_measures(texts) and Column.MEASURE_UNIT not in columns and _has_bare_values(table, stop, headings):
        return True
    values = [h for h in headings if h.column in VALUES]
    if not any(own_texts(table, h, stop) for h in values) and any(map(TARGET.search, texts)):
        return True  # the known columns of values are blank
    if Column.PROJECT not in columns:
        return False  # a form: its head has the other fields
    if not columns & set(AMOUNT_KINDS) and all(FIGURE.match(text) for text in texts):
        return True
    if not columns >= set(GOALS) and names_goal(word) and not any(FIGURE.match(text) for text in texts):
        return True
    if any(h.column == Column.PROJECT and names_units(h.word) for h in headings):
        return False  # the units stand among the projects
    return not columns & {Column.UNIT, Column.DEPARTMENT} and bool(ABOUT_UNITS.search(word))
