"""Find the fiscal year that one table or form prints: in its title, its head, or the words of its header."""

from __future__ import annotations

from extract.entities import Column
from extract.errors import Reason, Refused
from extract.reading.tables.form_head import FormHead
from extract.reading.tables.header_words import normalise
from extract.reading.tables.layout import Layout
from extract.reading.tables.titles import TitleBlock
from extract.reading.tables.years import Evidence, choose_year, find_in_words, fold_years


def find_table_year(
    heading: TitleBlock, layout: Layout, page: int, head: FormHead | None, titles: list[Evidence]
) -> int | None:
    """Find the year that a table or form prints, by rank (years.py); a period that excludes it is a contradiction.

    A year in the title that belongs to the project's name is added to `titles` instead. Raises Refused.

    奉节 2025: the title says 2023年度, 建设周期 says 2025. Only the publisher can tell which one is meant.
    """
    period = head.period if head else None
    if heading.conflict:
        raise Refused(Reason.YEAR_UNKNOWN, heading.conflict, page)
    title = [Evidence(heading.year, f"the title {heading.title!r}")] if heading.year else []
    if title and head and _is_year_of_project(heading, head, title[0].year):
        titles += title
        title = []
    own = [Evidence(head.year, "the form's head")] if head and head.year else []
    words = find_in_words((h.column, h.words) for h in layout.headings) + (head.years if head else [])
    year = choose_year([title, own, words], page)
    if year is None and head and period and period[0] == period[1] and head.closed:
        year = period[0]
    if year is not None and period is not None and not period[0] <= year <= period[1]:
        where = title[0].where if title else "the form"
        detail = f"{where} says {year}, the project's period {period[0]} to {period[1]}"
        raise Refused(Reason.YEAR_UNKNOWN, detail, page)
    return year


def _is_year_of_project(heading: TitleBlock, head: FormHead, year: int) -> bool:
    """Return True if the year in a form's title belongs to the project's name: 2024年…补助项目绩效目标表."""
    name = normalise(head.fields[Column.PROJECT].text) if head.has_project else ""
    return bool(name) and (str(year) in fold_years(name) or name in normalise(heading.title))
