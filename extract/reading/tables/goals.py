"""Count the projects that a table prints with goals and without indicators (广东 表12, 浙江 表11)."""

from __future__ import annotations

from extract.entities import GOALS, Column
from extract.reading.tables.header_words import match_column
from extract.reading.tables.indexed_grid import IndexedGrid


def count_goals(table: IndexedGrid) -> int:
    """Return how many rows below a header of project and goal print both, 0 where there is no such header."""
    for row in range(table.grid.n_rows):
        words = {match_column(cell.text): cell for cell in table.starting(row) if cell.text}
        goal = next((words[column] for column in words if column in GOALS), None)
        if goal is None or Column.PROJECT not in words:
            continue
        project = words[Column.PROJECT]
        below = range(max(project.row + project.rowspan, goal.row + goal.rowspan), table.grid.n_rows)
        pairs = {
            (id(name), id(text))
            for k in below
            if (name := table.cell(k, project.col)) and name.text and (text := table.cell(k, goal.col)) and text.text
        }
        return len(pairs)
    return 0
