"""Unfold a table whose levels head groups of columns side by side into one with one indicator per row (河南).

    项目名称 | 金额 |    产出指标     |    效益指标     |        项目名称 | 金额 | 一级指标 | 三级指标 | 指标值
                    | 三级指标 | 指标值 | 三级指标 | 指标值 |   ->

Each group has the same columns below its name. A printed row then holds one indicator of each group; it becomes one
row for each. Cells keep their text and their box; the level of a row has the box of its indicator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from extract.entities import Cell, Column
from extract.reading.tables.header_words import match_column, normalise
from extract.reading.tables.headings import VALUES
from extract.reading.tables.indexed_grid import IndexedGrid, index_grid
from extract.reading.tables.usual_levels import is_level1, is_level2
from extract.reading.tolerances import TOLERANCES

FEWEST_GROUPS = 2
DEEPEST = 4  # rows from the names of the groups to the words below them
WORDS = {Column.LEVEL1: "一级指标", Column.LEVEL2: "二级指标"}  # what heads the levels once they stand in columns


@dataclass(frozen=True, slots=True)
class Group:
    """The columns [first, last) of one group, and the levels that its header names."""

    first: int
    last: int
    levels: tuple[tuple[Column, str], ...]


@dataclass(frozen=True, slots=True)
class Folding:
    """Where the groups of a table stand: its header rows [start, stop), its groups and its lattice lines in points."""

    start: int
    stop: int
    groups: tuple[Group, ...]
    edges: tuple[float, ...]


def find_folding(table: IndexedGrid) -> Folding | None:
    """Find the groups of a header, None where levels head no groups of equal columns."""
    for row in range(table.grid.n_rows):
        names = [c for c in table.starting(row) if c.colspan > 1 and (is_level1(c.text) or is_level2(c.text))]
        if len(names) < FEWEST_GROUPS:
            continue
        for leaf_row in range(row + 1, min(row + DEEPEST, table.grid.n_rows)):
            groups = list(_list_groups(table, row, leaf_row, names))
            if _are_alike(table, leaf_row, groups):
                start = min((c.row for c in table.row_cells(row)), default=row)
                return Folding(start, leaf_row + 1, tuple(_name_levels(groups)), table.edges)
    return None


def _list_groups(table: IndexedGrid, row: int, leaf_row: int, names: Sequence[Cell]) -> Iterator[Group]:
    """Part the columns below the names of groups: each word for an indicator begins one."""
    for name in names:
        begins = [
            cell.col
            for cell in table.starting(leaf_row)
            if name.col <= cell.col < name.col + name.colspan and match_column(cell.text) == Column.INDICATOR
        ]
        for first, last in zip(begins, [*begins[1:], name.col + name.colspan], strict=False):
            above = [c for k in range(row, leaf_row) if (c := table.cell(k, first)) is not None and c.row == k]
            yield Group(first, last, tuple((Column.LEVEL1, normalise(c.text)) for c in above if c.text))


def _are_alike(table: IndexedGrid, leaf_row: int, groups: Sequence[Group]) -> bool:
    """Return True if all groups have the same words, one of them for a value, and no other column is between them."""
    words = [tuple(c.text for c in table.starting(leaf_row) if g.first <= c.col < g.last) for g in groups]
    if len(groups) < FEWEST_GROUPS or len({tuple(map(normalise, texts)) for texts in words}) > 1:
        return False
    closed = all(before.last == after.first for before, after in pairwise(groups))
    widths = {len(g.levels) for g in groups}
    return closed and len(widths) == 1 and any(match_column(text) in VALUES for text in words[0])


def _name_levels(groups: Sequence[Group]) -> Iterator[Group]:
    """Return the level of each name above a group: the upper of two is level 1, a single one has its usual level."""
    names = [[text for _, text in group.levels] for group in groups]
    if all(len(texts) == 1 for texts in names):
        only = Column.LEVEL1 if all(is_level1(texts[0]) for texts in names) else Column.LEVEL2
        columns: tuple[Column, ...] = (only,)
    else:
        columns = (Column.LEVEL1, Column.LEVEL2)
    for group, texts in zip(groups, names, strict=True):
        yield replace(group, levels=tuple(zip(columns, texts[-len(columns) :], strict=False)))


def goes_on(folding: Folding, table: IndexedGrid) -> bool:
    """Return True if a table without header has its lines where those of the folded table stand."""
    edges = table.edges
    return len(edges) == len(folding.edges) and all(
        abs(a - b) <= TOLERANCES.column_moved_pt for a, b in zip(edges, folding.edges, strict=True)
    )


def unfold(table: IndexedGrid, folding: Folding, has_header: bool) -> IndexedGrid | None:
    """Return the table with one row for each indicator, None where a cell stands across groups or rows."""
    rows = _list_rows(table, folding, folding.stop if has_header else 0)
    if rows is None:
        return None
    head = folding.stop if has_header else 0
    first, last = folding.groups[0].first, folding.groups[-1].last
    levels = [column for column, _ in folding.groups[0].levels]
    width = folding.groups[0].last - first
    shift = len(levels) + width - (last - first)  # columns right of the groups move by so many
    begins = list(range(head)) + [0] * (table.grid.n_rows - head + 1)
    count = head
    for row in range(head, table.grid.n_rows):
        begins[row] = count
        count += max(1, len(rows[row]))
    begins[table.grid.n_rows] = count
    cells: list[Cell] = []
    for cell in table.cells:
        if cell.col + cell.colspan > first and cell.col < last and not _covers(cell, first, last):
            continue  # a cell of a group
        left = cell.col if cell.col <= first else cell.col + shift
        right = cell.col + cell.colspan if cell.col + cell.colspan <= first else cell.col + cell.colspan + shift
        top, bottom = begins[cell.row], begins[cell.row + cell.rowspan]
        cells.append(Cell(top, left, bottom - top, right - left, cell.box, cell.text))
    cells += _make_header(table, folding, levels, width) if has_header else []
    for row, groups in rows.items():
        for k, (group, own) in enumerate(groups or [(folding.groups[0], _cells_of(table, row, folding.groups[0]))]):
            cells += _make_row(group, own, begins[row] + k, first, levels, bool(groups))
    cells.sort(key=lambda c: (c.row, c.col))
    grid = replace(table.grid, n_rows=count, n_cols=table.grid.n_cols + shift, cells=tuple(cells))
    pages = tuple(page for row, page in enumerate(table.row_pages) for _ in range(begins[row + 1] - begins[row]))
    return index_grid(grid, pages, _list_lines(table.edges, first, last, len(levels), width))


def _list_lines(edges: Sequence[float], first: int, last: int, levels: int, width: int) -> tuple[float, ...]:
    """List the upright lines, points: the levels share the place of the first column of the first group."""
    step = (edges[first + 1] - edges[first]) / (levels + 1)
    shared = [edges[first] + step * k for k in range(1, levels + 1)]
    return (*edges[: first + 1], *shared, *edges[first + 1 : first + width], *edges[last:])


def _covers(cell: Cell, first: int, last: int) -> bool:
    """Return True if a cell is above all groups: a title, a note, 绩效指标 over the names of the groups."""
    return cell.col <= first and cell.col + cell.colspan >= last


def _cells_of(table: IndexedGrid, row: int, group: Group) -> list[Cell]:
    return [c for c in table.row_cells(row) if group.first <= c.col < group.last]


def _list_rows(table: IndexedGrid, folding: Folding, start: int) -> dict[int, list[tuple[Group, list[Cell]]]] | None:
    """List the groups that print an indicator in each row; None where a cell reaches over its group or row."""
    first, last = folding.groups[0].first, folding.groups[-1].last
    rows: dict[int, list[tuple[Group, list[Cell]]]] = {}
    for row in range(start, table.grid.n_rows):
        rows[row] = []
        over = [c for c in table.row_cells(row) if c.col + c.colspan > first and c.col < last]
        if len(over) == 1 and _covers(over[0], first, last):
            continue
        for group in folding.groups:
            own = _cells_of(table, row, group)
            if not own or any(c.col + c.colspan > group.last or c.rowspan > 1 for c in own):
                return None
            if any(c.text for c in own):
                rows[row].append((group, own))
    return rows


def _make_header(table: IndexedGrid, folding: Folding, levels: Sequence[Column], width: int) -> Iterator[Cell]:
    """Make the header of the one group that is left: a word for each level, then the words of the first group."""
    first = folding.groups[0].first
    covered = [c for c in table.cells if c.row < folding.stop and _covers(c, first, folding.groups[-1].last)]
    start = max((c.row + c.rowspan for c in covered), default=folding.start)
    leaves = [c for c in table.starting(folding.stop - 1) if first <= c.col < first + width]
    for k, column in enumerate(levels):
        yield Cell(start, first + k, folding.stop - start, 1, leaves[0].box, WORDS[column])
    for leaf in leaves:
        yield Cell(start, leaf.col + len(levels), folding.stop - start, leaf.colspan, leaf.box, leaf.text)


def _make_row(
    group: Group, own: Sequence[Cell], row: int, first: int, levels: Sequence[Column], is_named: bool
) -> Iterator[Cell]:
    """Make the cells of one indicator: the levels of its group, then its own cells; of a blank row blank ones."""
    if not own:
        return
    if own[0].col <= first and own[0].col + own[0].colspan > group.last:
        return  # one cell over all groups stands there already
    for k, (_, text) in enumerate(group.levels):
        yield Cell(row, first + k, 1, 1, own[0].box, text if is_named else "")
    for cell in own:
        yield Cell(row, cell.col - group.first + first + len(levels), 1, cell.colspan, cell.box, cell.text)
