"""Ask a person which column an ambiguous heading means.

Such a question depends on words and layout alone, so its answer may hold for other documents of the publisher.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from extract.entities import AMOUNT_KINDS, GOALS, IGNORED, Box, Choice, Column, Question, QuestionKind
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.column_groups import ONE_EACH
from extract.reading.tables.header_words import ABOUT_UNITS, load_synonyms, names_goal, normalise
from extract.reading.tables.headings import VALUES, Heading, own_texts
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import fold_word, make_fingerprint, make_key

LOOKS = {  # of every text below the word of such a column
    Column.SIGN: re.compile(r"^(?:[^\w\s]{1,2}|[大小等不定正反逆]\D{1,3})$"),
    Column.MEASURE_UNIT: re.compile(r"^\D{1,8}$"),
    Column.WEIGHT: re.compile(r"^[\d.]+[%％分]?$"),
    Column.SCORE: re.compile(r"^[\d.]+[%％分]?$"),
    Column.PROJECT_CODE: re.compile(r"^[0-9A-Z_-]{6,}$"),
}
NAMES = (Column.UNIT, Column.DEPARTMENT, Column.PROJECT, Column.CATEGORY, *GOALS)
OF_TEXT = (*NAMES, Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.SIGN, Column.MEASURE_UNIT, Column.DEVIATION)
SAMPLES = 3  # texts below a heading that a question shows
LONGEST_SAMPLE = 20  # characters
OF_ROWS = (*VALUES, Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.SIGN, Column.MEASURE_UNIT, Column.WEIGHT)
OF_ROWS += (Column.ACTUAL_VALUE, Column.SCORE, Column.DEVIATION, Column.PRIOR_VALUE)


def ask_word(table: IndexedGrid, stop: int, heading: Heading, headings: Sequence[Heading]) -> Question:
    """Ask which column a word heads: one that no other word heads, or none."""
    texts = own_texts(table, heading, stop)
    choices = [Choice(column.value, name_column(column)) for column in _list_columns(table, stop, heading, headings)]
    return _ask(
        QuestionKind.HEADER_WORD,
        (heading.word,),
        heading.word,
        [*choices, Choice(IGNORED, "")],
        headings,
        _find_box(table, stop, heading),
        table.grid.page,
        texts,
    )


def ask_part(table: IndexedGrid, stop: int, heading: Heading, headings: Sequence[Heading]) -> Question:
    """Ask whether the only column of money, named as a part of an amount, is the amount of the year."""
    amount = Choice(Column.AMOUNT.value, name_column(Column.AMOUNT))
    where = _find_box(table, stop, heading), table.grid.page, own_texts(table, heading, stop)
    words, choices = (heading.word,), [amount, Choice(IGNORED, "")]
    return _ask(QuestionKind.HEADER_WORD, words, heading.word, choices, headings, *where)


def ask_same_column(
    table: IndexedGrid, stop: int, column: Column, rivals: Sequence[Heading], headings: Sequence[Heading]
) -> Question:
    """Ask which of several headings of one meaning counts."""
    values = name_rivals(rivals)
    page = table.grid.page
    choices = [
        Choice(value, _show(heading, own_texts(table, heading, stop)), page, _find_box(table, stop, heading))
        for value, heading in zip(values, rivals, strict=True)
    ]
    asked, box = name_column(column), choices[0].box
    question = _ask(QuestionKind.SAME_COLUMN, (column.value, *values), asked, choices, headings, box, page, ())
    return replace(question, is_general=not _differ_by_year(rivals))


def name_rivals(rivals: Sequence[Heading]) -> list[str]:
    """Name headings by their words, with their years only where these alone distinguish them, else by order."""
    for fold in (fold_word, normalise):
        words = ["/".join(map(fold, heading.words)) for heading in rivals]
        if len(set(words)) == len(words):
            return words
    return [f"{word}#{k}" for k, word in enumerate(words, 1)]


def _differ_by_year(rivals: Sequence[Heading]) -> bool:
    """Return True if years distinguish headings: then this year's choice does not hold for the next."""
    plain, printed = ({tuple(map(fold, h.words)) for h in rivals} for fold in (fold_word, normalise))
    return len(plain) < len(rivals) == len(printed)


def name_column(column: Column) -> str:
    """Return the Chinese name of a column: the first of the words that mean it."""
    return next((word for word, known in load_synonyms().columns.items() if known == column), column.value)


def _ask(
    kind: QuestionKind,
    words: Sequence[str],
    asked: str,
    choices: Sequence[Choice],
    headings: Sequence[Heading],
    box: Box | None,
    page: int,
    texts: Sequence[str],
) -> Question:
    layout = make_fingerprint(word for heading in headings for word in heading.words)
    key = make_key(kind, layout, *map(fold_word, words))
    return Question(key, kind, page, asked, tuple(choices), box, layout, is_general=True, near=_sample(texts))


def _list_columns(table: IndexedGrid, stop: int, heading: Heading, headings: Sequence[Heading]) -> list[Column]:
    """List the columns that a word may head, the likely ones first.

    They are not taken, of rows where one project has several cells below, of no single row where a cell covers several
    indicators, and allow the texts: money only over figures, names only over words.
    """
    by_column = {one.column: one for one in headings}
    taken, project = set(by_column), by_column.get(Column.PROJECT)
    row = by_column.get(Column.INDICATOR) or by_column.get(Column.LEVEL2)
    texts = [normalise(text) for text in own_texts(table, heading, stop)]
    columns = [c for c in Column if c not in taken and c is not Column.VALUE]  # a bare value is found by its neighbours
    if project is None or _covers_several(table, stop, project, heading):
        columns = [c for c in columns if c in OF_ROWS]
    if row is not None and _covers_several(table, stop, heading, row):
        columns = [c for c in columns if c not in ONE_EACH]
    other_kind = OF_TEXT if texts and all(map(FIGURE.match, texts)) else AMOUNT_KINDS
    columns = [c for c in columns if c not in other_kind and (c not in LOOKS or all(map(LOOKS[c].match, texts)))]
    likely = [c for c in _list_likely(heading.word, taken) if c in columns]
    return [*likely, *(c for c in columns if c not in likely)]


def _covers_several(table: IndexedGrid, stop: int, heading: Heading, other: Heading) -> bool:
    """Return True if a text below a heading stands beside several cells below another one."""
    pairs = ((table.cell(row, heading.first), table.cell(row, other.first)) for row in range(stop, table.grid.n_rows))
    return any(a and b and a.text and b.text and a.rowspan > b.rowspan for a, b in pairs)


def _list_likely(word: str, taken: Set[Column | None]) -> list[Column]:
    """List the columns that a word names, or that a table needs, the likeliest first."""
    likely = [Column.UNIT, Column.DEPARTMENT] if ABOUT_UNITS.search(word) else []
    if not taken & VALUES:
        likely += [Column.ANNUAL_VALUE, Column.CYCLE_VALUE, Column.ADJUSTED_VALUE]
    if names_goal(normalise(word)):
        likely += [Column.ANNUAL_GOAL, Column.OVERALL_GOAL]
    return likely if taken & set(AMOUNT_KINDS) else [*likely, *AMOUNT_KINDS]


def _find_box(table: IndexedGrid, stop: int, heading: Heading) -> Box | None:
    cell = table.cell(stop - 1, heading.first)
    return cell.box if cell is not None else None


def _show(heading: Heading, texts: Sequence[str]) -> str:
    shown = "/".join(heading.words)
    return f"{shown}: {_sample(texts)}" if texts else shown


def _sample(texts: Sequence[str]) -> str:
    """Show the first texts below a heading, each cut."""
    short = [text if len(text) <= LONGEST_SAMPLE else text[: LONGEST_SAMPLE - 1] + "…" for text in texts[:SAMPLES]]
    return " | ".join(short)
