"""Read the pages of one flat table (many projects, one row per indicator) to draft records.

A merged cell applies to every row that it covers; what a page break cuts is joined (flat_page_breaks.py); a
project-level cell printed blank takes the text of its own project, inside one unit; indicator cells are never filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from extract.entities import GOALS, Cell, Column, Finding, Printed
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.cell_accounting import Account
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, PERIOD_VALUES, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import Doubt, Draft, Field, Project, Sink, doubt_of, field_of
from extract.reading.tables.flat_drafts import FlatDrafts
from extract.reading.tables.flat_page_breaks import (
    alias_cells,
    append_rest,
    begins_cut,
    continues_row,
    judge_style,
    refuse_restart,
    refuse_texts,
)
from extract.reading.tables.flat_projects import note_style, settle_project
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import noting
from extract.reading.tables.layout import Layout, finish_header
from extract.reading.tables.level_rows import carry_down, judge_levels
from extract.reading.tables.numbered_drafts import expand_drafts
from extract.reading.tables.page_breaks import Cut, judge_cut
from extract.reading.tables.rows import (
    BARE_TOTAL,
    TOTAL,
    Row,
    RowDoubt,
    box_of,
    find_crossing,
    find_merges,
    find_shared,
    find_spanning_amounts,
    is_blank,
    is_note,
    is_numbering,
    is_subtotal,
    is_total,
    is_wide,
    list_crossings,
    merges_projects,
    refuse_words,
    split_rows,
)
from extract.reading.tables.sections import Section, is_office_name, settle_sections
from extract.reading.tables.wide_rows import find_unit, says_nothing


class FlatTable(FlatDrafts):
    """One logical table over its pages; `read_rows` is called once per page of it."""

    def attach(self, part: Sink, findings: list[Finding]) -> None:
        """Deliver into a part; the lists are shared."""
        self.drafts, self.projects, self.findings = part.drafts, part.projects, findings
        self.skipped = part.skipped

    def finish(self) -> None:
        """Decide what needs all rows of the table: which rows are units, which mark ends its numbered texts."""
        mine = [draft for draft in self.drafts if draft.table == self.number]
        self._drop_blank_projects({id(draft.project) for draft in mine})
        settle_sections(self.sections, mine, self.caption_unit, self.findings)
        if self.layout.is_numbered:
            self.drafts[:] = expand_drafts(self.drafts, self.number)

    def _drop_blank_projects(self, drawn: set[int]) -> None:
        """Report the projects of which a template prints the levels only, and remove them."""
        blank = [project for project in self.mine if id(project) not in drawn and not project.doubts]
        for project in blank:
            detail = f"{project.name} has no indicator row"
            self.findings.append(
                Finding("project_without_indicators", detail, project.fields[Column.PROJECT].printed().page)
            )
        gone = set(map(id, blank))
        self.projects[:] = [project for project in self.projects if id(project) not in gone]

    def read_rows(
        self, table: IndexedGrid, layout: Layout, start: int, stop: int, doubts: Sequence[Doubt] = ()
    ) -> None:
        """Add the body rows [start, stop) of a page; `doubts` are those of all its projects."""
        self.merged |= merges_projects(table, layout, start, stop)
        after_break = bool(self.previous)
        account, crossings = Account(table, layout), list_crossings(table, layout)
        if start == 0 and not self.previous and (finished := finish_header(layout, table, start)) is not None:
            account.take_row(start, start + 1)
            layout, start = finished, start + 1
        self.amount_units = {
            c: u for c in layout.columns if c in AMOUNTS and (u := layout.money_unit(c) or self.money_unit)
        }
        rows = list(split_rows(table, layout, start, stop))
        self.merges |= find_merges(rows, (*LEVELS, *AMOUNTS, *GOALS))
        self.carries_levels = judge_levels(rows, table, after_break, self.carries_levels)
        owners: dict[int, Project] = {}
        for row in rows:
            after_break = self._read_or_hold(row, table, account, crossings, after_break, stop)
            if self.projects and self.previous:
                owners.update(dict.fromkeys(range(row.first, row.last), self.projects[-1]))
        found = (
            *find_shared(rows, table.grid.page),
            *find_spanning_amounts(rows, table.grid.page),
            *account.find_left_over(start, stop),
        )
        self._hold_owners(found, owners, table.grid.page)
        if layout.stop == start:
            cells = [cell for row in range(layout.start, start) for cell in table.starting(row)]
            self.header_words = [(table.grid.page, cell.box) for cell in cells]
        for project in {id(p): p for p in owners.values()}.values():
            project.doubts[:0] = doubts  # first: doubts of its rows may follow from its header
            project.settled += layout.settled
            project.words += self.header_words

    def _hold_owners(self, found: Iterable[RowDoubt], owners: Mapping[int, Project], page: int) -> None:
        """Add each doubt to the project of its row, else to the first of the page; raises Refused without projects."""
        for doubt in found:
            project = owners.get(doubt.first) or next(iter(owners.values()), None)
            if project is None:
                raise doubt.refusal
            project.doubts.append(doubt_of(doubt.refusal, page))
            if project is self.projects[-1]:
                self.suspect = project

    def _read_or_hold(
        self,
        row: Row,
        table: IndexedGrid,
        account: Account,
        crossings: set[tuple[int, int]],
        after_break: bool,
        stop: int,
    ) -> bool:
        """Read one row, or hold an ambiguous one; return True if the next one may still follow the page break."""
        try:
            count = len(self.drafts)
            with noting() as settled:
                after_break &= not self._read_row(row, table, account, crossings, after_break, stop)
            if self.projects:
                self.projects[-1].settled += settled
            if len(self.drafts) == count:
                self.skipped += [(table.grid.page, cell.box) for cell in row.cells.values()]
        except Refused as refusal:
            self._hold_row(row, doubt_of(refusal, table.grid.page, box_of(row)), after_break)
            account.take_row(row.first, row.last)
            after_break = False
        return after_break

    def _read_row(
        self,
        row: Row,
        table: IndexedGrid,
        account: Account,
        crossings: set[tuple[int, int]],
        after_break: bool,
        stop: int,
    ) -> bool:
        """Read one row; return True if it prints an indicator or the levels of one. Raises Refused."""
        page = table.grid.page
        wide = is_wide(row, table)
        if wide is not None:
            self._read_heading(wide, page)
            account.take([wide])
        elif is_blank(row):
            return False
        elif is_numbering(row, table) or is_total(row, table):
            self._note_unit(row, page)
            account.take_row(row.first, row.last)
        elif self._is_remark(row, table, crossings):
            self._read_remark(row, table, crossings)
            account.take_row(row.first, row.last)
        elif after_break and self.previous and continues_row(self, row, page):
            account.take(append_rest(self, row, page))
            return True  # a rule ends the rest: the next row begins on this page
        elif is_subtotal(row):
            self._note_unit(row, page)
            account.take_row(row.first, row.last)
        elif not row.has_indicator and any(row.text(c) for c in LEVELS) and Column.PROJECT in row.cells:
            self._add(row, table, after_break, stop, is_template=True)
            account.take(row.cells.values())
            return True
        elif not row.has_indicator:
            self._report_empty(row, page)
            account.take(row.cells.values())
        else:
            refuse_words(row, page)
            self._add(row, table, after_break, stop)
            account.take(row.cells.values())
            return True
        return False

    def _hold_row(self, row: Row, doubt: Doubt, after_break: bool) -> None:
        """Keep an ambiguous row in a project that is held back.

        The project before is held too where the row may be its rest: at the top of a page, or without a name.
        """
        fields = {c: self.field_for(cell, c, doubt.page) for c, cell in row.cells.items()}
        current = self.projects[-1] if self.projects and self.previous else None
        name = fields[Column.PROJECT].text if Column.PROJECT in fields else ""
        begins = bool(name) and (current is None or name != current.name)
        if current is not None and (after_break or not begins):
            current.doubts.append(doubt)
        if current is None or begins:
            own = {c: f for c, f in fields.items() if c in PROJECT_LEVEL}
            self.projects.append(
                Project(
                    own, fields.get(Column.UNIT), dict(fields), title=self.title, in_flat_table=True, doubts=[doubt]
                )
            )
        self.suspect = self.projects[-1]
        self.drafts.append(Draft(doubt.page, self.number, box_of(row), self.projects[-1], fields, self.amount_units))
        self.previous = fields

    def _read_heading(self, cell: Cell, page: int) -> None:
        """Read a row of one text: the unit of the rows below, a title or note, or what may head the rows below."""
        name = find_unit(cell.text)
        if name and Column.UNIT not in self.layout.columns:
            if self.section is None or self.section.text != name:
                self.previous = {}
            self.section = field_of(Cell(cell.row, cell.col, 1, 1, cell.box, name), page)
            self.heading = None
        elif not says_nothing(cell.text):
            detail = f"row {cell.row + 1}: {cell.text[:20]!r} alone in a row may head the rows below it"
            self.heading = Doubt(Reason.CONSERVATION, page, detail, cell.box)

    def _is_remark(self, row: Row, table: IndexedGrid, crossings: set[tuple[int, int]]) -> bool:
        """Return True for a remark or a sum, whose cells span headings; raises Refused if the row has an indicator."""
        cell = find_crossing(row, crossings)
        if cell is None or not cell.text:
            return False
        texts = [c for c in table.row_cells(row.first) if c.text]
        is_wide = len(texts) == 1 and cell.colspan > table.grid.n_cols / 2
        if is_wide or _is_sum(row, texts, cell) or (not row.has_indicator and len(texts) <= 2):
            return True
        detail = f"row {row.first + 1}: the cell {cell.text[:20]!r} stands across columns"
        raise Refused(Reason.CONSERVATION, detail, table.grid.page)

    def _read_remark(self, row: Row, table: IndexedGrid, crossings: set[tuple[int, int]]) -> None:
        """Read what a remark says of the rows below it: their unit, with or without its sum, or nothing."""
        page = table.grid.page
        texts = [c for c in table.row_cells(row.first) if c.text]
        if self.layout.names_units and self._is_named(row, table, crossings):
            self._open_section(row, "", page)
        elif not any(is_note(t) or TOTAL.match(t) for t in (normalise(c.text) for c in texts)):
            has_sum = len(texts) > 1 and Column.UNIT in self.layout.columns and is_office_name(texts[0].text)
            if has_sum and texts[0] is row.cells.get(Column.UNIT):
                self._note_unit(row, page)
            else:
                self._read_heading(texts[0], page)

    def _note_unit(self, row: Row, page: int) -> None:
        """Let the unit of a sum be that of the rows below, if the table prints units beside sums only."""
        cell, above = row.cells.get(Column.UNIT), self.previous.get(Column.UNIT)
        if cell is None or not cell.text or cell.row + cell.rowspan > row.last or BARE_TOTAL.match(cell.text):
            return
        if above is not None and above.text == cell.text:
            return
        if self.prints_units or TOTAL.match(normalise(cell.text)):
            detail = f"row {row.first + 1}: {cell.text[:20]!r} beside a sum may head the rows below it"
            self.heading = Doubt(Reason.CONSERVATION, page, detail, cell.box)
        else:
            self.previous, self.heading = {Column.UNIT: field_of(cell, page)}, None

    def _is_named(self, row: Row, table: IndexedGrid, crossings: set[tuple[int, int]]) -> bool:
        """Return True if a row has a name, figures, and other cells that span several headings: a unit and its sum."""
        cell = row.cells.get(Column.PROJECT)
        texts = [c.text for c in table.row_cells(row.first) if c.text and c is not cell]
        figures = bool(texts) and all(FIGURE.match(normalise(part)) for text in texts for part in text.split())
        return cell is not None and bool(cell.text) and (cell.col, cell.colspan) not in crossings and figures

    def _report_empty(self, row: Row, page: int) -> None:
        """Report a project without indicators, or a unit above its projects, which `finish` decides."""
        name = row.text(Column.PROJECT)
        if not name:
            refuse_texts(self, row, page)
            return
        described = any(row.text(c) for c in (*LEVELS, *UNIT_LEVEL, Column.OVERALL_GOAL, Column.ANNUAL_GOAL))
        if described or Column.UNIT in self.layout.columns:
            self.findings.append(Finding("project_without_indicators", f"{name} has no indicator row", page))
            return
        cell = row.cells[Column.PROJECT]
        if cell.row + cell.rowspan > row.last:
            detail = f"row {row.first + 1}: {name!r} stands in one cell beside an amount and the row below it"
            raise Refused(Reason.CONSERVATION, detail, page)
        self._open_section(row, row.text(Column.AMOUNT), page)

    def _open_section(self, row: Row, amount: str, page: int) -> None:
        """Open a section: the row is the unit of the rows below until `finish` decides if it is a unit or a project."""
        self.section, self.heading = field_of(row.cells[Column.PROJECT], page), None
        self.sections.append(Section(self.section, amount, page))
        self.previous = {}

    def _add(self, row: Row, table: IndexedGrid, after_break: bool, stop: int, is_template: bool = False) -> None:
        """Add an indicator row: find its project, then its fields. A row that a template leaves blank is no draft."""
        page = table.grid.page
        begins = not after_break and begins_cut(self, row, stop)
        cut, self.at_end = Cut.NONE, row.last == stop
        if after_break:
            units = {project.unit_text for project in self.projects}
            names = [project.name for project in self.projects[:-1]]
            style = judge_style(self, row)
            cut = judge_cut(row, self.previous, self.knows_project(row), style, units, names, page)
            refuse_restart(self, row, cut, page)
            alias_cells(self, row, page, cut)
        fields = {c: self.field_for(cell, c, page) for c, cell in row.cells.items()}
        self.fill_unit(fields, after_break, begins, page)
        if self.carries_levels:
            carry_down(fields, self.previous)
        if Column.UNIT in fields and not fields[Column.UNIT].text and not self.caption_unit and self.section is None:
            raise Refused(Reason.PAGE_MISSING, f"row {row.first + 1}: the first rows of a table name no unit", page)
        project = settle_project(self, fields, cut, begins, after_break, page)
        if row.text(Column.UNIT):
            self.heading, self.prints_units = None, True
        elif self.heading is not None and self.heading not in project.doubts:
            project.doubts.append(self.heading)
        note_style(self, fields, after_break)
        for column in PROJECT_LEVEL:
            field = fields.get(column)
            if field is None:
                continue
            if not field.text and column in project.fields:
                fields[column] = project.fields[column]
            else:
                project.fields[column] = field
        if self.section is not None:
            fields[Column.UNIT] = self.section
        elif self.caption_unit:
            fields[Column.UNIT] = Field([Printed(self.caption_unit, page, table.grid.box)])
        if not is_template:
            self.drafts.append(Draft(page, self.number, box_of(row), project, fields, self.amount_units))
        self.previous = fields


def _is_sum(row: Row, texts: Sequence[Cell], crossing: Cell) -> bool:
    """Return True for a sum or a note; of a row with an indicator or target only where its label is that text."""
    words = [normalise(c.text) for c in texts]
    if not row.has_indicator:
        return any(is_note(t) or TOTAL.match(t) for t in words)
    columns = (*LEVELS, Column.INDICATOR, *PERIOD_VALUES, Column.SIGN, Column.ACTUAL_VALUE)
    if any(row.text(c) and row.cells[c] is not texts[0] and row.cells[c] is not crossing for c in columns):
        return False
    is_whole = BARE_TOTAL.match(words[0]) or (TOTAL.match(words[0]) and row.cells.get(Column.PROJECT) is texts[0])
    return is_note(words[0]) or bool(is_whole)
