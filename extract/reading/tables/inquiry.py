"""Apply people's answers where a place can be read in several ways, and collect the questions used.

A reader asks where it meets rival readings. The question depends on the document only, the reading on the document and
the answers: an answer to a question that no reader asks changes nothing. The answers of the current document are in a
context variable, so that no function between has to pass them on.
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
from extract.reading.tables.years import ANY_YEAR, fold_years

KEY_DIGITS = 16  # hexadecimal, of a question's key and of a layout's fingerprint
MOST_PLACES = 3  # of one year, in the text of its choice
LONGEST_PLACE = 40  # characters of a printed text that names a year
COUNTED = re.compile(r"(?<![\d.,])20[0-4]\d\s*(?=[元万亿%％个人次户名项件台套米亩])")  # a quantity and no year
MAY_NAME = re.compile(r"[2２][0０]|二")  # what any year begins with

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


@contextmanager
def answering(answers: Iterable[Answer]) -> Iterator[None]:
    """Read one document, by whichever readers, with the answers that apply to it; of two to one the later."""
    token = _GIVEN.set(tuple(answers))
    try:
        yield
    finally:
        _GIVEN.reset(token)


@contextmanager
def naming(names: Iterable[str]) -> Iterator[None]:
    """Read one document with its external names: of its file, of the link to it."""
    token = _NAMES.set(tuple(names))
    try:
        yield
    finally:
        _NAMES.reset(token)


def list_names() -> Sequence[str]:
    """Return the external names of the current document."""
    return _NAMES.get()


@contextmanager
def inquiring(pages: Sequence[PageGrids]) -> Iterator[None]:
    """Interpret the pages of a document with the answers given for it."""
    found = list[Years]()

    def list_years() -> Years:
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
    """Return the fingerprint of a layout: its printed words in order, whatever the year."""
    told = "\n".join(map(fold_word, words))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_DIGITS]


def ask_year(title: str, detail: str, page: int) -> Question:
    """Ask for the year of the tables under a title; the choices are the years that the document prints.

    `detail` names the years that contradict each other, or says that none is printed with the title.
    """
    inquiry = _CURRENT.get()
    choices = inquiry.list_years() if inquiry is not None else ()
    years = sorted(set(ANY_YEAR.findall(detail)))
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


def _shorten(text: str, year: str) -> str:
    """Cut a printed text down to the context of a year."""
    if len(text) <= LONGEST_PLACE:
        return text
    start = max(0, fold_years(text).find(year) - LONGEST_PLACE // 4)
    return ("…" if start else "") + text[start : start + LONGEST_PLACE] + "…"
