"""Ask a person where a place of a document can be read in several ways, and apply the stored answers.

A question depends on the document alone; a reading depends on the document and the answers. An answer to a question
that is not asked has no effect. The answers of the current document are in a context variable, so that they need not
be passed through every function.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from extract.entities import Answer, Box, Choice, PageGrids, Question, QuestionKind
from extract.errors import Reason, Refused
from extract.reading.tables.header_words import normalise, word_forms
from extract.reading.tables.years import ANY_YEAR, find_years, fold_years

KEY_DIGITS = 16  # hexadecimal, of a question's key and of a layout's fingerprint
MOST_PLACES = 3  # of one year, in the text of its choice
LONGEST_PLACE = 40  # characters of a printed text that names a year
COUNTED = re.compile(r"(?<![\d.,])20[0-4]\d\s*(?=[元万亿%％个人次户名项件台套米亩])")  # a quantity and no year
MAY_NAME = re.compile(r"[2２][0０]|二")  # what any year begins with
DAY = re.compile(r"(?<!\d)0?(20[0-4]\d)[-./年]?(0[1-9]|1[0-2])[-./月]?(?:0[1-9]|[12]\d|3[01])")  # also P0202502101234
NEAR_YEARS = (-1, 0, 1)  # of a day on which a document was made or published: reports before it, budgets after it

Years = tuple[Choice, ...]


@dataclass(slots=True)
class Inquiry:
    """Answers for one document, the years that it prints, and the questions that its reading has used so far."""

    answers: Sequence[Answer] = ()
    list_years: Callable[[], Years] = tuple
    uses: list[Question] = field(default_factory=list)


def choose_answer(answers: Sequence[Answer], question: Question) -> Answer | None:
    """Return the latest answer to a question, else that to its word; None where it is no choice any more."""
    found = next((one for one in reversed(answers) if one.key == question.key), None)
    if found is None and question.kind is QuestionKind.HEADER_WORD:
        forms = word_forms(question.asked)
        found = next((one for one in reversed(answers) if one.word and normalise(one.word) in forms), None)
    return found if found is not None and any(c.value == found.choice for c in question.choices) else None


_GIVEN: ContextVar[Sequence[Answer]] = ContextVar("given", default=())
_CURRENT: ContextVar[Inquiry | None] = ContextVar("inquiry", default=None)
_NAMES: ContextVar[Sequence[str]] = ContextVar("names", default=())
_DAYS: ContextVar[Callable[[], Sequence[str]]] = ContextVar("days", default=tuple)


@contextmanager
def answering(answers: Iterable[Answer]) -> Iterator[None]:
    """Apply these answers to the document that is read inside the block; of two to one question the later counts."""
    token = _GIVEN.set(tuple(answers))
    try:
        yield
    finally:
        _GIVEN.reset(token)


@contextmanager
def naming(names: Iterable[str], list_days: Callable[[], Sequence[str]] = tuple) -> Iterator[None]:
    """Set the external names (of its file, of the link to it) of the document that is read inside the block.

    `list_days` returns the dates in the file's metadata, as `OpenFile.list_days`.
    """
    tokens = _NAMES.set(tuple(names)), _DAYS.set(list_days)
    try:
        yield
    finally:
        _NAMES.reset(tokens[0])
        _DAYS.reset(tokens[1])


def list_names() -> Sequence[str]:
    """Return the external names of the current document."""
    return _NAMES.get()


@contextmanager
def inquiring(pages: Sequence[PageGrids]) -> Iterator[None]:
    """Set the pages of the document that is interpreted inside the block; answers to its questions apply."""
    found = list[Years]()

    def list_years() -> Years:
        """List the printed years once, at the first call."""
        if not found:
            found.append(list_printed_years(pages))
        return found[0]

    token = _CURRENT.set(Inquiry(_GIVEN.get(), list_years))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def ask(question: Question) -> str | None:
    """Return the value of the choice that a person made, None without one."""
    inquiry = _CURRENT.get()
    answer = find_answer(question)
    if inquiry is None or answer is None:
        return None
    inquiry.uses.append(replace(question, answer=answer.choice))
    return answer.choice


def settle(question: Question, reason: Reason, detail: str) -> str:
    """Return the value of the choice that a person made; raises Refused with the question without one."""
    chosen = ask(question)
    if chosen is None:
        raise Refused(reason, detail, question.page, question=question if question.choices else None)
    return chosen


@contextmanager
def noting() -> Iterator[list[Question]]:
    """Collect the questions whose answers are used inside."""
    inquiry, uses = _CURRENT.get(), list[Question]()
    if inquiry is None:
        yield uses
        return
    before, inquiry.uses = inquiry.uses, uses
    try:
        yield uses
    finally:
        inquiry.uses = before


def find_answer(question: Question) -> Answer | None:
    """Return the answer that applies to a question of the current document."""
    inquiry = _CURRENT.get()
    return choose_answer(inquiry.answers, question) if inquiry is not None else None


def make_key(kind: QuestionKind, *parts: str) -> str:
    """Return the key of a question, the same at every reading: of folded texts, and no coordinates."""
    told = "\n".join((kind.value, *(normalise(part) for part in parts)))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def fold_word(word: str) -> str:
    """Fold a header word for documents of other years: 2025年预算数 and 2026年预算数 are one word."""
    return ANY_YEAR.sub("#", normalise(fold_years(word)))


def make_fingerprint(words: Iterable[str]) -> str:
    """Return the fingerprint of a layout: KEY_DIGITS hex digits of its printed words in order, without years."""
    told = "\n".join(map(fold_word, words))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def ask_year(title: str, detail: str, page: int) -> Question:
    """Ask for the year of the tables under a title; the choices are the years that the document prints.

    `detail` says which years contradict each other, or that none is printed with the title. Years that only its names
    print are choices too; where nothing contradicts, so are those around the days on which it was made or published.
    """
    inquiry = _CURRENT.get()
    years = sorted(set(ANY_YEAR.findall(detail)))
    choices = _join_choices([*(inquiry.list_years() if inquiry is not None else ()), *list_outside_years(not years)])
    key = make_key(QuestionKind.YEAR, title, *years)
    box = next((choice.box for choice in choices if choice.page == page), None)
    return Question(key, QuestionKind.YEAR, page, title, choices, box)


def list_printed_years(pages: Iterable[PageGrids]) -> Years:
    """List the years that a document prints, each once with its first place and the texts that name it."""
    places: dict[str, list[tuple[str, int, Box]]] = {}
    for page in pages:
        cells = ((cell.text, cell.box) for grid in page.grids for cell in grid.cells)
        for text, box in (*((line.text, line.box) for line in page.lines), *cells):
            if not MAY_NAME.search(text):
                continue
            for year in dict.fromkeys(ANY_YEAR.findall(COUNTED.sub(" ", fold_years(text)))):
                places.setdefault(year, []).append((_shorten(text, year), page.page, box))
    choices = []
    for year in sorted(places):
        texts = list(dict.fromkeys(text for text, _, _ in places[year]))
        _, number, box = places[year][0]
        choices.append(Choice(year, " / ".join(texts[:MOST_PLACES]), number, box))
    return tuple(choices)


def list_outside_years(with_days: bool) -> list[Choice]:
    """List the years that the names of a document print, and with days those around the days that they and it name."""
    names = list_names()
    found = [Choice(str(year), _shorten(name, str(year))) for name in names for year in find_years(name)]
    for told in (*names, *_DAYS.get()()) if with_days else ():
        for year in dict.fromkeys(int(one[1]) for one in DAY.finditer(told)):
            found += [Choice(str(year + step), _shorten(told, str(year))) for step in NEAR_YEARS]
    return found


def _join_choices(found: Iterable[Choice]) -> Years:
    """Join the choices of one year: its printed place, and all that names it."""
    joined: dict[str, Choice] = {}
    for one in found:
        first = joined.setdefault(one.value, one)
        if one.text not in first.text:
            joined[one.value] = replace(first, text=f"{first.text} / {one.text}")
    return tuple(joined[year] for year in sorted(joined))


def _shorten(text: str, year: str) -> str:
    """Cut a printed text down to the context of a year."""
    if len(text) <= LONGEST_PLACE:
        return text
    start = max(0, fold_years(text).find(year) - LONGEST_PLACE // 4)
    return ("…" if start else "") + text[start : start + LONGEST_PLACE] + "…"
