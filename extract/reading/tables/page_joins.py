"""Join the two parts of a form's head that a page break cut, and the cells that it cut.

Only heads of forms are joined so: their words and values have any arrangement, so that the whole is needed at once.
"""

from __future__ import annotations

from dataclasses import replace

from extract.entities import Cell
from extract.errors import Reason, Refused
from extract.reading.tables.head_cells import is_known, is_word
from extract.reading.tables.headings import Heading
from extract.reading.tables.indexed_grid import IndexedGrid, index_grid
from extract.reading.tables.layout import Layout, move_layout
from extract.reading.tolerances import TOLERANCES


def cut_rows(table: IndexedGrid, start: int, stop: int) -> IndexedGrid:
    """Return rows [start, stop) as a table of their own; cells that reach over the ends are cut there."""
    cells = []
    for cell in table.cells:
        first, last = max(cell.row, start), min(cell.row + cell.rowspan, stop)
        if first < last:
            cells.append(Cell(first - start, cell.col, last - first, cell.colspan, cell.box, cell.text))
    pages = table.row_pages[start:stop] or (table.grid.page,) * (stop - start)
    return index_grid(replace(table.grid, n_rows=stop - start, cells=tuple(cells)), pages)


def join_tables(upper: IndexedGrid, lower: IndexedGrid) -> IndexedGrid:
    """Append the lower table to the upper one; raises Refused (conservation) where their outer lines differ."""
    if not lower.grid.n_rows:
        return upper
    edges = list(upper.edges)
    for x in lower.edges:
        if min(abs(x - e) for e in edges) > TOLERANCES.column_moved_pt:
            edges.append(x)
    edges.sort()
    if (
        abs(edges[0] - upper.edges[0]) > TOLERANCES.column_moved_pt
        or abs(edges[-1] - upper.edges[-1]) > TOLERANCES.column_moved_pt
    ):
        raise Refused(Reason.CONSERVATION, "a form's head goes on in a table of another width", lower.grid.page)
    seam = upper.grid.n_rows
    cells = _mend_seam(_place(upper, edges, 0), _place(lower, edges, seam), seam)
    grid = replace(upper.grid, n_rows=seam + lower.grid.n_rows, n_cols=len(edges) - 1, cells=tuple(cells))
    return index_grid(grid, upper.row_pages + lower.row_pages)


def _place(table: IndexedGrid, edges: list[float], offset: int) -> list[Cell]:
    """Place a table's cells on the columns of both."""
    own = table.edges
    column = [min(range(len(edges)), key=lambda k: abs(edges[k] - x)) for x in own]
    placed = []
    for cell in table.cells:
        first, last = column[cell.col], column[cell.col + cell.colspan]
        placed.append(replace(cell, row=cell.row + offset, col=first, colspan=last - first))
    return placed


def _mend_seam(upper: list[Cell], lower: list[Cell], seam: int) -> list[Cell]:
    """Join the cells that the break cut: the label at the left edge, and the other cells if no new row begins below."""
    above = {(c.col, c.colspan): c for c in upper if c.row + c.rowspan == seam}
    below = {(c.col, c.colspan): c for c in lower if c.row == seam}
    label = next((key for key in above if key[0] == 0 and key in below), None)
    if label is None or not _is_one_label(above[label], below[label]):
        return [*upper, *lower]
    cut = [label, *_cut_values(above, below, label)]
    whole = {id(above[key]): _join_cells(above[key], below[key]) for key in cut}
    gone = {id(below[key]) for key in cut}
    return [*(whole.get(id(c), c) for c in upper), *(c for c in lower if id(c) not in gone)]


def _is_one_label(above: Cell, below: Cell) -> bool:
    """Return True if two cells at the left edge are one: one is blank, both are equal, or together a word."""
    if not above.text or not below.text or above.text == below.text:
        return True
    together = replace(above, text=above.text + below.text)
    return is_word(together) and not is_word(below)


def _cut_values(
    above: dict[tuple[int, int], Cell], below: dict[tuple[int, int], Cell], label: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the places of a row that the break cuts; [] where a new row begins below it."""
    rest = [key for key in below if key != label]
    return rest if set(rest) <= set(above) and all(_are_one(above[key], below[key]) for key in rest) else []


def _are_one(above: Cell, below: Cell) -> bool:
    """Return True if two cells may be one: a word only together (年度资金总 | 额：), a blank rest, a value."""
    if not above.text or not below.text:
        return not is_word(below)
    together = replace(above, text=above.text + below.text)
    if not is_known(above) and is_known(together):
        return True
    return not is_word(above) and not is_word(below)


def _join_cells(above: Cell, below: Cell) -> Cell:
    """Join two cells; a text that is repeated on the second page counts once."""
    text = above.text if above.text == below.text else above.text + below.text
    return replace(above, rowspan=above.rowspan + below.rowspan, text=text)


def carry_layout(layout: Layout, before: tuple[float, ...], now: tuple[float, ...]) -> Layout | None:
    """Return the layout of a table that continues below the lines `now`, None where `before` differ from them.

    A cut table may show fewer lines, may be shifted a little with as many, or may have lost the label at its left edge
    with its border (西安).
    """
    if not before or not now:
        return None
    near = all(min(abs(x - b) for b in before) <= TOLERANCES.column_moved_pt for x in now)
    left = [before[0], *(before[h.first] for h in layout.headings[:2] if h.first and not _is_loaded_before(layout, h))]
    if (
        near
        and abs(before[-1] - now[-1]) <= TOLERANCES.column_moved_pt
        and min(abs(now[0] - x) for x in left) <= TOLERANCES.column_moved_pt
    ):
        kept = tuple(
            h for h in layout.headings if before[h.last] > now[0] + TOLERANCES.column_moved_pt
        )  # a lost label heads nothing
        return move_layout(replace(layout, headings=kept), before, now)
    moved = len(before) == len(now) and all(_is_own_place(k, x, before) for k, x in enumerate(now))
    return layout if moved else None


def _is_loaded_before(layout: Layout, heading: Heading) -> bool:
    """Return True if a loaded column is left of a heading."""
    return any(h.column is not None and h.first < heading.first for h in layout.headings)


def _is_own_place(k: int, x: float, before: tuple[float, ...]) -> bool:
    """Return True if a line is near the line of the same number and nearer to it than to any other."""
    nearest = min(range(len(before)), key=lambda i: abs(before[i] - x))
    return nearest == k and abs(before[k] - x) <= TOLERANCES.page_moved_pt
