"""Find the fiscal years in printed texts, and choose the one that counts.

Ranked: the title and the lines beside it, a form's own year, the words over amounts and annual values, a period that
lies in one year, and last the titles before the table, if they all agree. Texts of equal rank that name two years are
a contradiction that only the publisher can resolve.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from extract.entities import Column, Line
from extract.errors import Reason, Refused

ZEROS = "〇○◯零Oo0"
CHINESE_DIGITS = {c: str(i) for i, c in enumerate("零一二三四五六七八九")} | dict.fromkeys(ZEROS, "0")
CHINESE_YEAR = re.compile(rf"二[{ZEROS}]([{ZEROS}一二三四五六七八九])([{ZEROS}一二三四五六七八九])(?=年)")
YEAR = re.compile(
    r"(?<![\d.])(20[0-4]\d)\s*(?:年|财政年度|[(]?年度|版|(?=部门|预算|项目|绩效))|年度[:：]\s*(20[0-4]\d)(?!\d)"
)
ANY_YEAR = re.compile(r"(?<![\d.,])20[0-4]\d(?![\d.,])")
RANGE = re.compile(r"20[0-4]\d\s*年?\s*(?:度\s*)?[-—–~～至到]+\s*20[0-4]\d\s*年?")
MONTH = re.compile(r"20\d\d\s*(?:年\s*[\d一二三四五六七八九十]{1,2}\s*月|[-./]\d{1,2}[-./]\d{1,2})")
DATE_LABEL = re.compile(r"(?:日期|时间)[:：]")
SENTENCE = re.compile(r"[。；;，,、！]")
TITLE_WORDS = re.compile(r"预算|决算|绩效|目标|自评|公开|批复|支出|收入|收支|年度[)）]?$")
ABOUT_TARGETS = re.compile(r"绩效目标")
LONGEST_TITLE = 45
OPEN_END = re.compile(r"起|至今|长期|以后|持续")
THIS_YEAR = frozenset({Column.AMOUNT, Column.ANNUAL_VALUE, Column.VALUE, Column.ANNUAL_GOAL})


@dataclass(frozen=True, slots=True)
class Evidence:
    """A year and its printed place."""

    year: int
    where: str


def fold_years(text: str) -> str:
    """Convert full-width digits and 二〇二六年 to 2026年."""
    folded = unicodedata.normalize("NFKC", text)
    return CHINESE_YEAR.sub(lambda m: "20" + "".join(CHINESE_DIGITS[c] for c in m.groups()), folded)


def find_years(text: str) -> tuple[int, ...]:
    """Return the different years in a title or header word; ranges (2024—2026年) and dates do not count."""
    plain = MONTH.sub(" ", RANGE.sub(" ", fold_years(text)))
    return tuple(dict.fromkeys(int(one or other) for one, other in YEAR.findall(plain)))


def find_year(text: str) -> int | None:
    """Return the only year in a text; None for none and for several."""
    years = find_years(text)
    return years[0] if len(years) == 1 else None


def find_period(text: str) -> tuple[int, int] | None:
    """Return first and last year of a printed period."""
    years = [int(y) for y in ANY_YEAR.findall(fold_years(text))]
    return (min(years), max(years)) if years else None


def is_closed(text: str) -> bool:
    """Return True if a period prints its end: two dates, two months of one year, or a year alone."""
    folded = fold_years(text)
    ends = len(ANY_YEAR.findall(folded)) >= 2 or bool(re.search(r"[-—–~～至到].*\d", folded))
    alone = re.fullmatch(r"\s*20\d\d\s*(?:年度?)?\s*", folded) is not None
    return (ends or alone) and not OPEN_END.search(folded)


def find_in_words(words: Iterable[tuple[Column | None, tuple[str, ...]]]) -> list[Evidence]:
    """Return years over amounts and annual values: 2026年预算数, 预期2022年实现值; not those over history."""
    found = []
    for column, printed in words:
        if column in THIS_YEAR:
            found += [Evidence(y, f"the header {w!r}") for w in printed for y in find_years(w)]
    return found


def find_in_lines(lines: Iterable[Line], titles_only: bool) -> list[Evidence]:
    """Return years of short lines, no sentence and no date; of titles alone where the table is far away."""
    found = []
    for line in lines:
        text = line.text.strip()
        if len(text) > LONGEST_TITLE or SENTENCE.search(text) or DATE_LABEL.search(text):
            continue
        if not titles_only or TITLE_WORDS.search(fold_years(text)):
            found += [Evidence(y, f"the line {text!r}") for y in find_years(text)]
    return found


def find_in_sentences(lines: Iterable[Line]) -> list[Evidence]:
    """List the years for which a sentence announces targets (2026年，本单位编制绩效目标并公开)."""
    found = []
    for line in lines:
        if ABOUT_TARGETS.search(line.text) and SENTENCE.search(line.text):
            found += [Evidence(year, f"the sentence {line.text[:20]!r}") for year in find_years(line.text)]
    return found


def find_in_names(names: Iterable[str]) -> list[Evidence]:
    """List the years in the names of the file and of the link to it."""
    return [Evidence(year, f"the name {name!r}") for name in names for year in find_years(name)]


def choose_year(ranks: Iterable[list[Evidence]], page: int) -> int | None:
    """Return the year of the highest rank that names one; raises Refused (year_unknown) for contradictions."""
    stated = [evidence for rank in ranks for evidence in rank]
    for other in stated[1:]:
        if other.year != stated[0].year:
            first = stated[0]
            detail = f"{first.where} says {first.year}, {other.where} says {other.year}"
            raise Refused(Reason.YEAR_UNKNOWN, detail, page)
    return stated[0].year if stated else None


def agree(evidence: list[Evidence]) -> int | None:
    """Return the year that all name, or None."""
    years = {e.year for e in evidence}
    return years.pop() if len(years) == 1 else None
