"""Find the titles and captions of a table among the lines around it and the wide rows at its top."""

from __future__ import annotations

from extract.entities import Box, Line
from extract.reading.tables.form_subject import TITLE_END
from extract.reading.tables.head_cells import is_word
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout
from extract.reading.tables.page_joins import cut_rows
from extract.reading.tables.titles import is_sentence, read_heading
from extract.reading.tolerances import TOLERANCES

MOST_CHARACTERS = 80  # of a title or caption


def list_inner_titles(table: IndexedGrid, layout: Layout) -> list[Line]:
    """Return rows above the header: titles and captions inside the table (above a form's words only wide ones)."""
    lines: list[Line] = []
    for row in range(layout.start):
        cells = [c for c in table.starting(row) if c.text]
        if layout.is_flat:
            lines.extend(Line(c.text, Box(*c.box)) for c in cells if len(c.text) < MOST_CHARACTERS)
            continue
        if any(is_word(c) for c in cells):
            break
        lines.extend(_list_wide(cut_rows(table, row, row + 1)))
    return lines


def find_own_lines(table: IndexedGrid, start: int, captions: list[Line], waiting: list[Line]) -> list[Line]:
    """Return the lines right above a form: those around the grid, or the wide ones inside it below another form.

    `captions` are all lines around the grid, `waiting` those of them below the table before.
    """
    inner = _list_wide(cut_rows(table, start, table.grid.n_rows))
    if start or read_heading(inner).says_anything:
        return inner
    above = [line for line in captions if line not in waiting and line not in inner]
    lines = _drop_prose([*above, *inner])
    return lines if read_heading(lines).says_anything else _drop_prose([*waiting, *above, *inner])


def _drop_prose(lines: list[Line]) -> list[Line]:
    """Return the lines below running text and below a section's title: neither is a form's own."""
    titles = [k for k, line in enumerate(lines) if TITLE_END.search(line.text.strip())]
    ends = [k for k, line in enumerate(lines) if is_sentence(line.text)] + titles[:-1]
    return lines[max(ends, default=-1) + 1 :]


def _list_wide(table: IndexedGrid) -> list[Line]:
    """Return the rows of one wide cell at the top of a table: titles and captions above the first words."""
    lines: list[Line] = []
    for row in range(table.grid.n_rows):
        cells = [c for c in table.starting(row) if c.text]
        if any(is_word(c) for c in cells):
            break
        if (
            len(cells) == 1
            and len(cells[0].text) < MOST_CHARACTERS
            and cells[0].colspan >= TOLERANCES.title_width_share * table.grid.n_cols
        ):
            lines.append(Line(cells[0].text, Box(*cells[0].box)))
    return lines
