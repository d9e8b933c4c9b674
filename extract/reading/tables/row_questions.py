"""Ask whether the first row of a page continues the row before it."""

from __future__ import annotations

from collections.abc import Mapping

from extract.entities import GOALS, Choice, Column, Question, QuestionKind
from extract.reading.tables.drafts import Field
from extract.reading.tables.inquiry import make_key
from extract.reading.tables.rows import Row, box_of

REST, NEW, PROJECT = "rest", "new", "project"  # choices: the rest of the row above, a row or a project of its own


def ask_first_row(row: Row, previous: Mapping[Column, Field], column: Column, page: int) -> Question:
    """Ask whether a row at the top of a page is the rest of the row above; `column` leaves it open."""
    box = row.cells[column].box if column in row.cells else box_of(row)
    above = previous[column].printed() if column in previous else None
    before, now = above.text if above is not None else "", row.text(column)
    texts = [row.text(one) for one in sorted(row.cells)]
    choices = (
        Choice(REST, f"{before}{now}", above.page if above else None, above.box if above else None),
        Choice(PROJECT if column in (Column.PROJECT, *GOALS) else NEW, now, page, box),
    )
    key = make_key(QuestionKind.FIRST_ROW, str(page), before, *texts)
    return Question(key, QuestionKind.FIRST_ROW, page, now, choices, box, near=before)
