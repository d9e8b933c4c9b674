"""Ask which of two printed amounts of one project counts."""

from __future__ import annotations

from collections.abc import Sequence

from extract.entities import Choice, Column, Printed, Question, QuestionKind
from extract.reading.tables.inquiry import fold_word, make_fingerprint, make_key
from extract.reading.tables.word_questions import name_column

Rivals = tuple[tuple[str, Printed], tuple[str, Printed]]  # the word of each amount, and the amount


def ask_head_amount(column: Column, rivals: Rivals, labels: Sequence[str]) -> Question:
    """Ask which of two amounts in a form's head counts.

    If their labels differ, the question is about the labels, and its answer may hold for other forms of the same layout
    (`labels` are all words of the head).
    """
    (word, first), (other, second) = rivals
    values = name_amounts(rivals)
    layout = make_fingerprint(labels)
    choices = tuple(
        Choice(value, f"{label}: {printed.text}" if label else printed.text, printed.page, printed.box)
        for value, label, printed in zip(values, (word, other), (first, second), strict=True)
    )
    is_general = _tell_words_apart(rivals)
    local = () if is_general else (str(second.page), first.text, second.text)
    key = make_key(QuestionKind.AMOUNT, layout, column.value, *map(fold_word, (word, other)), *local)
    asked = name_column(column)
    return Question(key, QuestionKind.AMOUNT, second.page, asked, choices, second.box, layout, is_general=is_general)


def name_amounts(rivals: Rivals) -> tuple[str, str]:
    """Name two amounts of a head: by their words, else by their figures."""
    (word, first), (other, second) = rivals
    return (fold_word(word), fold_word(other)) if _tell_words_apart(rivals) else (first.text, second.text)


def _tell_words_apart(rivals: Rivals) -> bool:
    words = [fold_word(word) for word, _ in rivals]
    return all(words) and words[0] != words[1]


def ask_row_amount(project: str, column: Column, first: Printed, second: Printed) -> Question:
    """Ask which of two amounts of one project in a flat table counts."""
    figures = sorted((first.text, second.text))  # a third row may print the first one again
    key = make_key(QuestionKind.AMOUNT, project, column.value, *figures)
    choices = tuple(Choice(printed.text, printed.text, printed.page, printed.box) for printed in (first, second))
    asked = name_column(column)
    return Question(key, QuestionKind.AMOUNT, second.page, asked, choices, second.box, near=project)
