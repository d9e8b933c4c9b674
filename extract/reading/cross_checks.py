"""Compare a reading with other tables of the document: lists of projects, and sums of weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from extract.entities import Column, CrossCheck, Grid, PageGrids, Record
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.header_words import find_money_unit, normalise
from extract.reading.tables.indexed_grid import IndexedGrid, index_grid
from extract.values.vocabulary import MONEY_FACTORS

HEADER_ROWS = 3  # rows of a list that may print its unit of money
SHORTEST_NAME = 4  # characters: a shorter name occurs in too many tables
WHOLE_WEIGHTS = (Decimal(90), Decimal(100))  # 执行率 often has the other 10
Projects = dict[tuple[int, int], list[Record]]


def cross_check(
    records: Sequence[Record], pages: Sequence[PageGrids], target_pages: set[int]
) -> tuple[CrossCheck, ...]:
    """Compare the amounts of projects with lists on other pages, and their weights with 90 or 100.

    Agreement is evidence; a difference is reported as a finding, since offices print contradictions.
    """
    projects: Projects = {}
    for record in records:
        projects.setdefault((record.part, record.project_no), []).append(record)
    listed = _check_lists(projects, [page for page in pages if page.page not in target_pages])
    return (*listed, *_check_weights(projects))


def _check_lists(projects: Projects, pages: Sequence[PageGrids]) -> Iterator[CrossCheck]:
    """Find rows of other tables that print a project's name, and compare their figures with its amount."""
    named: dict[str, list[Record]] = {}
    for rows in projects.values():
        printed = rows[0].cells.get(Column.PROJECT)
        if printed is not None and Column.AMOUNT in rows[0].amounts and len(printed.text) >= SHORTEST_NAME:
            named.setdefault(normalise(printed.text), []).append(rows[0])
    for page in pages:
        page_unit = next((unit for line in page.lines if (unit := find_money_unit(line.text))), None)
        for grid in page.grids:
            yield from _check_grid(grid, page_unit, named)


def _check_grid(grid: Grid, page_unit: str | None, named: dict[str, list[Record]]) -> Iterator[CrossCheck]:
    table: IndexedGrid | None = None
    for cell in grid.cells:
        found = named.get(normalise(cell.text)) if len(cell.text) >= SHORTEST_NAME else None
        if not found:
            continue
        table = table or index_grid(grid)
        header = (other.text for other in grid.cells if other.row < HEADER_ROWS)
        unit = next((unit for text in header if (unit := find_money_unit(text))), page_unit)
        figures = [figure for other in table.row_cells(cell.row) if (figure := _read_figure(other.text)) is not None]
        if unit is None or not figures:
            continue
        printed = {figure * MONEY_FACTORS[unit] for figure in figures}
        for record in found:
            amount = record.amounts[Column.AMOUNT]
            agrees = amount in printed
            if agrees or len(found) == len(figures) == 1:  # of several figures or projects, others may be meant
                detail = "、".join(f"{value:f}" for value in sorted(printed))
                name = record.cells[Column.PROJECT].text
                yield CrossCheck("listed_amount", grid.page, record.page, name, f"{amount:f}", detail, agrees)


def _read_figure(text: str) -> Decimal | None:
    """Return a plain figure as a number, None for everything else."""
    found = FIGURE.match(normalise(text)) if text else None
    if found is None or found.group(2):
        return None
    return Decimal(found.group(1).replace(",", ""))


def _check_weights(projects: Projects) -> Iterator[CrossCheck]:
    """Add the weights of each project that prints one on every row."""
    for rows in projects.values():
        texts = [row.cells[Column.WEIGHT].text for row in rows if Column.WEIGHT in row.cells]
        if len(texts) != len(rows) or not all(texts):
            continue
        try:
            total = sum((Decimal(normalise(text).rstrip("%分")) for text in texts), Decimal())
        except InvalidOperation:
            continue
        printed = rows[0].cells.get(Column.PROJECT)
        name = printed.text if printed is not None else ""
        agrees = total in WHOLE_WEIGHTS
        yield CrossCheck("weights", rows[0].page, rows[0].page, name, "90 or 100", f"{total:f}", agrees)
