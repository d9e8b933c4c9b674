"""Hold the drafts of one flat table, and the state that its next row depends on: open cells, project, unit."""

from __future__ import annotations

from extract.entities import Box, Cell, Column, Finding
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import UNIT_LEVEL
from extract.reading.tables.drafts import Doubt, Draft, Field, Project, field_of
from extract.reading.tables.layout import Layout
from extract.reading.tables.rows import Row
from extract.reading.tables.sections import Section


class FlatDrafts:
    """Drafts of one flat table over its pages; `previous` are the fields of the row read last."""

    def __init__(self, number: int, layout: Layout, caption_unit: str = "") -> None:
        self.number = number
        self.layout = layout
        self.caption_unit = caption_unit
        self.title = ""
        self.money_unit: str | None = None
        self.drafts: list[Draft] = []
        self.projects: list[Project] = []
        self.findings: list[Finding] = []
        self.skipped: list[tuple[int, Box]] = []
        self.header_words: list[tuple[int, Box]] = []  # of the header that was printed last
        self.section: Field | None = None  # a unit printed in a row of its own
        self.sections: list[Section] = []
        self.heading: Doubt | None = None  # a row that may name the unit or category of the rows below it
        self.prints_units = False  # rows of indicators print their unit
        self.fields: dict[tuple[int, Column], Field] = {}  # one blank cell may continue several columns
        self.cells: list[Cell] = []  # keeps ids alive
        self.previous: dict[Column, Field] = {}
        self.mine: list[Project] = []  # of this table
        self.suspect: Project | None = None  # of a row that may be read in two ways
        self.at_end = False  # the row that is read now ends its page
        self.merged = False  # project cells cover several rows
        self.repeats = False  # each row prints its name again
        self.blanks: set[Column] = set()  # columns of a project that a row leaves blank beside a name
        self.merges: set[Column] = set()  # columns whose cells cover several rows
        self.carries_levels: bool | None = None  # True if a blank level continues the one above; None: not known yet
        self.amount_units: dict[Column, str] = {}  # of the amounts of the rows that are read now

    def is_read(self, cell: Cell, column: Column) -> bool:
        """Return True if a cell has a field in a column, from an earlier row that it covers or the page before."""
        return (id(cell), column) in self.fields

    def knows_project(self, row: Row) -> bool:
        """Return True if the row's project cell was already read (it covers earlier rows)."""
        cell = row.cells.get(Column.PROJECT)
        return cell is not None and self.is_read(cell, Column.PROJECT)

    def field_for(self, cell: Cell, column: Column, page: int) -> Field:
        """Return the field of a cell in a column; a cell that was not read yet gets one."""
        found = self.fields.get((id(cell), column))
        return found if found is not None else self.remember(cell, column, field_of(cell, page))

    def remember(self, cell: Cell, column: Column, field: Field) -> Field:
        """Let a cell have this field in a column; return the field."""
        self.fields[id(cell), column] = field
        self.cells.append(cell)
        return field

    def fill_unit(self, fields: dict[Column, Field], after_break: bool, begins: bool, page: int) -> None:
        """Fill a blank unit with the unit above: units are headings, not facts of a row.

        A blank cell of its own over several rows of a table that merges its units is no continuation.
        """
        for column in UNIT_LEVEL:
            field = fields.get(column)
            if field is not None and not field.text and column in self.previous:
                if begins and self.previous[column].spans and field is not self.previous[column]:
                    continue  # the unit is on the next page, too
                if field.spans and self.previous[column].spans and not after_break:
                    raise Refused(Reason.CONSERVATION, "a blank cell stands where a table merges its units", page)
                fields[column] = self.previous[column]
