"""Divide a heading of values whose rows print two cells under it: sign and figure, or figure and measure word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from extract.entities import Cell, Column
from extract.reading.tables.column_evidence import NUMBER, are_measures, are_signs
from extract.reading.tables.header_words import normalise
from extract.reading.tables.headings import VALUES, Heading
from extract.reading.tables.indexed_grid import IndexedGrid


def divide_values(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Return two headings for the only one of values where every row from `stop` on divides it: ≥ | 6栋, 6 | 栋.

    All left cells must be signs, or all of them bare numbers and all right ones measure words.
    """
    values = [h for h in headings if h.column in VALUES]
    parts = any(h.column in (Column.SIGN, Column.MEASURE_UNIT) for h in headings)
    if len(values) != 1 or parts or values[0].last - values[0].first < 2:
        return headings
    pairs = list(_list_pairs(table, stop, values[0]))
    places = {left.col + left.colspan for left, _ in pairs}
    columns = _name_parts([(normalise(a.text), normalise(b.text)) for a, b in pairs])
    if len(places) != 1 or columns is None:
        return headings
    place = places.pop()
    halves = [
        replace(values[0], column=columns[0], last=place),
        replace(values[0], column=columns[1], first=place),
    ]
    return [one for h in headings for one in (halves if h is values[0] else [h])]


def _list_pairs(table: IndexedGrid, stop: int, heading: Heading) -> Iterator[tuple[Cell, Cell]]:
    """Yield the two cells of each row under a heading; one cell twice where a row does not divide it."""
    for row in range(stop, table.grid.n_rows):
        left, right = table.cell(row, heading.first), table.cell(row, heading.last - 1)
        if left is None or right is None or left.row != row:
            continue
        if left.col == heading.first and right.col + right.colspan == heading.last and (left.text or right.text):
            yield left, right


def _name_parts(pairs: list[tuple[str, str]]) -> tuple[Column, Column] | None:
    """Name the columns of the two cells of each row; None where the texts do not tell."""
    lefts, rights = [left for left, _ in pairs], [right for _, right in pairs]
    if not pairs or not all((*lefts, *rights)):
        return None
    if are_signs(lefts) and not any(map(_is_sign, rights)):
        return Column.SIGN, Column.VALUE
    if all(map(NUMBER.match, lefts)) and are_measures(rights):
        return Column.VALUE, Column.MEASURE_UNIT
    return None


def _is_sign(text: str) -> bool:
    return are_signs([text])
