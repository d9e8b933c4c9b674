"""Read the pages of one flat table (many projects, one row per indicator) to draft records.

A merged cell applies to every row that it covers; what a page break cuts is joined (page_breaks.py); a project-level
cell printed blank takes the text of its own project, inside one unit; indicator cells are never filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Protocol

from extract.entities import Box, Cell, Column, Finding, Printed
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import FIGURE, find_two_amounts
from extract.reading.tables.amount_questions import ask_row_amount
from extract.reading.tables.cell_accounting import Account
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import Doubt, Draft, Field, Project, confine, doubt_of, field_of
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import noting, settle
from extract.reading.tables.layout import Layout, finish_header
from extract.reading.tables.level_rows import carry_down, judge_levels
from extract.reading.tables.numbered_text import Item, drop_endings, parse_items
from extract.reading.tables.page_breaks import (
    FEWEST_ROWS,
    GOALS,
    LEVEL,
    Cut,
    is_rest_of_level,
    join_fragment,
    judge_cut,
    judge_rest,
    stands_below,
)
from extract.reading.tables.row_questions import REST, ask_first_row
from extract.reading.tables.rows import (
    TOTAL,
    Row,
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
    refuse_words,
    split_rows,
)
from extract.reading.tables.sections import Section, settle_sections

NAMES = (Column.PROJECT, Column.PROJECT_CODE, Column.CATEGORY)


class Sink(Protocol):
    """Receiver of drafts."""

    drafts: list[Draft]
    projects: list[Project]
    skipped: list[tuple[int, Box]]  # page and box of cells whose row makes no record


class FlatTable:
    """One logical table over its pages."""

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
        self._words: list[tuple[int, Box]] = []  # of the header that was printed last
        self.section: Field | None = None  # a unit printed in a row of its own
        self.sections: list[Section] = []
        self._fields: dict[tuple[int, Column], Field] = {}  # one blank cell may continue several columns
        self._cells: list[Cell] = []  # keeps ids alive
        self._previous: dict[Column, Field] = {}
        self._mine: list[Project] = []  # of this table
        self._suspect: Project | None = None  # of a row that may be read in two ways
        self._at_end = False  # the row that is read now ends its page
        self._merged = False
        self._merges: set[Column] = set()
        self._carries_levels: bool | None = None  # whether a blank level goes on with the one above, None: unknown yet
        self._units: dict[Column, str] = {}  # of the amounts of the rows that are read now

    def attach(self, part: Sink, findings: list[Finding]) -> None:
        """Deliver into a part; the lists are shared."""
        self.drafts, self.projects, self.findings = part.drafts, part.projects, findings
        self.skipped = part.skipped

    def finish(self) -> None:
        """Set what only the whole table determines: units among its projects, ends of its numbered texts."""
        mine = [draft for draft in self.drafts if draft.table == self.number]
        self._drop_blank_projects({id(draft.project) for draft in mine})
        settle_sections(self.sections, mine, self.caption_unit, self.findings)
        if self.layout.is_numbered:
            self.drafts[:] = expand_drafts(self.drafts, self.number)

    def _drop_blank_projects(self, drawn: set[int]) -> None:
        """Report the projects of which a template prints the levels only, and remove them."""
        blank = [project for project in self._mine if id(project) not in drawn and not project.doubts]
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
        self._merged |= _merges_projects(table, layout, start, stop)
        after_break = bool(self._previous)
        account, crossings = Account(table, layout), list_crossings(table, layout)
        if start == 0 and not self._previous and (finished := finish_header(layout, table, start)) is not None:
            account.take_row(start, start + 1)
            layout, start = finished, start + 1
        self._units = {c: u for c in layout.columns if c in AMOUNTS and (u := layout.money_unit(c) or self.money_unit)}
        rows = list(split_rows(table, layout, start, stop))
        self._merges |= find_merges(rows, (*LEVELS, *AMOUNTS, *GOALS))
        self._carries_levels = judge_levels(rows, table, after_break, self._carries_levels)
        owners: dict[int, Project] = {}
        for row in rows:
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
            if self.projects and self._previous:
                owners.update(dict.fromkeys(range(row.first, row.last), self.projects[-1]))
        found = (
            *find_shared(rows, table.grid.page),
            *find_spanning_amounts(rows, table.grid.page),
            *account.find_left_over(start, stop),
        )
        for doubt in found:
            project = owners.get(doubt.first) or next(iter(owners.values()), None)
            if project is None:
                raise doubt.refusal
            project.doubts.append(doubt_of(doubt.refusal, table.grid.page))
            if project is self.projects[-1]:
                self._suspect = project
        if layout.stop == start:
            self._words = [(table.grid.page, c.box) for r in range(layout.start, start) for c in table.starting(r)]
        for project in {id(p): p for p in owners.values()}.values():
            project.doubts[:0] = doubts  # first: what is said of its rows may follow from its header
            project.settled += layout.settled
            project.words += self._words

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
            self._read_wide(wide, page)
            account.take([wide])
        elif is_blank(row):
            return False
        elif is_numbering(row, table) or is_total(row, table) or self._is_remark(row, table, crossings):
            is_sum = is_numbering(row, table) or is_total(row, table)
            if self.layout.names_units and not is_sum and self._is_named(row, table, crossings):
                self._open_section(row, "", page)
            account.take_row(row.first, row.last)
        elif after_break and self._continues_row(row, page):
            account.take(self._append(row, page))
        elif is_subtotal(row):
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
        fields = {c: self._field(cell, c, doubt.page) for c, cell in row.cells.items()}
        current = self.projects[-1] if self.projects and self._previous else None
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
        self._suspect = self.projects[-1]
        self.drafts.append(Draft(doubt.page, self.number, box_of(row), self.projects[-1], fields, self._units))
        self._previous = fields

    def _read_wide(self, cell: Cell, page: int) -> None:
        """Read a row of one cell: a unit's heading when it looks like one, else a title or a note."""
        if cell.text and not is_note(cell.text) and Column.UNIT not in self.layout.columns:
            name = cell.text.split("：")[-1].split(":")[-1].strip()
            if "单位" in cell.text[:8] or cell.text[:3].isdigit():
                self.section = field_of(Cell(cell.row, cell.col, 1, 1, cell.box, name), page)

    def _is_remark(self, row: Row, table: IndexedGrid, crossings: set[tuple[int, int]]) -> bool:
        """Return True for a row whose cells cross the headings: a remark or a sum; an indicator there is refused."""
        cell = find_crossing(row, crossings)
        if cell is None or not cell.text:
            return False
        texts = [normalise(c.text) for c in table.row_cells(row.first) if c.text]
        if (len(texts) <= 2 and not row.text(Column.INDICATOR)) or any(is_note(t) or TOTAL.match(t) for t in texts):
            return True
        if len(texts) == 1 and cell.colspan > table.grid.n_cols / 2:
            return True
        detail = f"row {row.first + 1}: the cell {cell.text[:20]!r} stands across columns"
        raise Refused(Reason.CONSERVATION, detail, table.grid.page)

    def _is_named(self, row: Row, table: IndexedGrid, crossings: set[tuple[int, int]]) -> bool:
        """Return True if a row whose other cells cross the headings prints a name and figures: a unit and its sum."""
        cell = row.cells.get(Column.PROJECT)
        texts = [c.text for c in table.row_cells(row.first) if c.text and c is not cell]
        figures = bool(texts) and all(FIGURE.match(normalise(part)) for text in texts for part in text.split())
        return cell is not None and bool(cell.text) and (cell.col, cell.colspan) not in crossings and figures

    def _continues_row(self, row: Row, page: int) -> bool:
        """Return True if a page's first row is the rest of the last row before it; raises Refused."""
        if row.text(Column.PROJECT) and row.text(Column.AMOUNT):
            return False
        if not row.text(Column.INDICATOR) and self._is_second_sum(row):
            return False
        if not self._may_be_rest(row):
            return False
        if not row.text(Column.INDICATOR):
            return True
        mine = [draft for draft in self.drafts if draft.table == self.number]
        rest = judge_rest(row, mine, self._previous, bool(self._carries_levels))
        if rest is None:
            detail = f"row {row.first + 1}: {row.text(Column.INDICATOR)!r} may be an indicator or the rest of one"
            question = ask_first_row(row, self._previous, Column.INDICATOR, page)
            return settle(question, Reason.CONSERVATION, detail) == REST
        return rest

    def _is_second_sum(self, row: Row) -> bool:
        """Return True if a row prints the sum of a unit: the whole amount above cannot continue in it."""
        above = self._previous[Column.AMOUNT].text if Column.AMOUNT in self._previous else ""
        figures = all(FIGURE.match(normalise(text)) for text in (above, row.text(Column.AMOUNT)))
        return figures and is_subtotal(row) and any(row.text(c) for c in UNIT_LEVEL)

    def _may_be_rest(self, row: Row) -> bool:
        """Return True if every name in a row is blank, that of the row above or its rest; levels never repeat."""
        for column in (*UNIT_LEVEL, *LEVELS):
            text, above = row.text(column), self._previous.get(column)
            if not text or above is None:
                continue
            known = {draft.fields[column].text for draft in self.drafts if column in draft.fields}
            again = text == above.text and column in UNIT_LEVEL
            if not again and above.text + text not in known and not LEVEL.match(above.text + text):
                return False
        return True

    def _report_empty(self, row: Row, page: int) -> None:
        """Report a project without indicators, or a unit above its projects, which `finish` decides."""
        name = row.text(Column.PROJECT)
        if not name:
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
        """Take a row as the unit of the projects below it, until the whole table says what it is."""
        self.section = field_of(row.cells[Column.PROJECT], page)
        self.sections.append(Section(self.section, amount, page))
        self._previous = {}

    def _append(self, row: Row, page: int) -> list[Cell]:
        """Join the rest of a row that the page break cut to the row before; return the joined cells."""
        joined = []
        for column, cell in row.cells.items():
            previous = self._previous.get(column)
            if previous is not None:
                join_fragment(previous, cell, page)
                self._remember(cell, column, previous)
                joined.append(cell)
        return joined

    def _remember(self, cell: Cell, column: Column, field: Field) -> Field:
        self._fields[id(cell), column] = field
        self._cells.append(cell)
        return field

    def _field(self, cell: Cell, column: Column, page: int) -> Field:
        found = self._fields.get((id(cell), column))
        return found if found is not None else self._remember(cell, column, field_of(cell, page))

    def _add(self, row: Row, table: IndexedGrid, after_break: bool, stop: int, is_template: bool = False) -> None:
        """Add an indicator row: find its project, then its fields. A row that a template leaves blank is no draft."""
        page = table.grid.page
        begins = not after_break and self._begins_cut(row, stop)
        cut, self._at_end = Cut.NONE, row.last == stop
        if after_break:
            units = {project.unit_text for project in self.projects}
            names = [project.name for project in self.projects[:-1]]
            cut = judge_cut(row, self._previous, self._known(row), self._merged, units, names, page)
            self._refuse_restart(row, cut, page)
            self._alias(row, page, cut)
        fields = {c: self._field(cell, c, page) for c, cell in row.cells.items()}
        self._fill_unit(fields, after_break, begins, page)
        if self._carries_levels:
            carry_down(fields, self._previous)
        if Column.UNIT in fields and not fields[Column.UNIT].text and not self.caption_unit and self.section is None:
            raise Refused(Reason.PAGE_MISSING, f"row {row.first + 1}: the first rows of a table name no unit", page)
        project = self._settle_project(fields, cut, begins, after_break, page)
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
            self.drafts.append(Draft(page, self.number, box_of(row), project, fields, self._units))
        self._previous = fields

    def _refuse_restart(self, row: Row, cut: Cut, page: int) -> None:
        """Refuse levels that begin again under a blank project at a page's top: a page may be missing.

        Only where the rows so far keep each first level of a project together.
        """
        level, last = row.text(Column.LEVEL1), self._previous.get(Column.LEVEL1)
        if cut is not Cut.BLANK or not level or last is None or level == last.text or not self.drafts:
            return
        levels: dict[int, list[str]] = {}
        for draft in self.drafts:
            if Column.LEVEL1 in draft.fields:
                levels.setdefault(id(draft.project), []).append(draft.fields[Column.LEVEL1].text)
        runs = [[text for text, _ in groupby(texts)] for texts in levels.values()]
        mine = levels.get(id(self.drafts[-1].project), [])
        if level in mine and len(runs) > 1 and all(len(set(run)) == len(run) for run in runs):
            detail = f"row {row.first + 1}: {level!r} begins again under a project that is not named"
            raise Refused(Reason.PAGE_MISSING, detail, page)

    def _known(self, row: Row) -> bool:
        """Return True if the row's project cell was already read (it covers earlier rows)."""
        cell = row.cells.get(Column.PROJECT)
        return cell is not None and (id(cell), Column.PROJECT) in self._fields

    def _alias(self, row: Row, page: int, cut: Cut) -> None:
        """Give cells at the top of a page that continue a cell of the page before its text."""
        for column, cell in row.cells.items():
            previous = self._previous.get(column)
            if previous is None or (id(cell), column) in self._fields:
                continue
            blank_unit = column in UNIT_LEVEL and not cell.text
            blank_level = column in LEVELS and not cell.text and self._is_cut_level(row, column, previous)
            goes_on = column in (*UNIT_LEVEL, *(NAMES if cut is Cut.BLOCK else PROJECT_LEVEL)) and cut is not Cut.NONE
            rest = column in LEVELS and is_rest_of_level(previous.text, cell.text, page)
            if blank_unit or blank_level or goes_on or rest:
                join_fragment(previous, cell, page)
                self._remember(cell, column, previous)

    def _is_cut_level(self, row: Row, column: Column, previous: Field) -> bool:
        """Return True if a blank level at a page's top continues the cell before; not under a new level 1."""
        first, cell = row.text(Column.LEVEL1), row.cells.get(Column.LEVEL1)
        above = self._previous.get(Column.LEVEL1)
        goes_on = cell is not None and above is not None and self._fields.get((id(cell), Column.LEVEL1)) is above
        if column == Column.LEVEL2 and first and not goes_on:
            return False
        if previous.spans or row.cells[column].rowspan > 1 or column in self._merges:
            return True
        mine = [draft.fields[column].text for draft in self.drafts[-FEWEST_ROWS:] if column in draft.fields]
        return column == Column.LEVEL2 and cell is not None and (goes_on or not first) and all(mine)

    def _begins_cut(self, row: Row, stop: int) -> bool:
        """Return True if the row begins a project that the end of the page cuts, named on the next page only."""
        cell = row.cells.get(Column.PROJECT)
        if cell is None or not self._merged:
            return False
        if self._known(row):
            return self._begins_cut_block(row, stop)
        if not stands_below(cell, self._previous.get(Column.PROJECT), stop):
            return False
        return not any((id(c), column) in self._fields for column, c in row.cells.items() if column in PROJECT_LEVEL)

    def _begins_cut_block(self, row: Row, stop: int) -> bool:
        """Return True if the row begins a block whose amount and goal are on the next page only."""
        columns = [c for c in row.cells if c in (*AMOUNTS, *GOALS) and self._previous.get(c) and self._previous[c].text]
        blank = [c for c in columns if stands_below(row.cells[c], self._previous.get(c), stop)]
        fresh = [c for c in blank if (id(row.cells[c]), c) not in self._fields and self._previous[c].spans]
        return fresh == columns and any(c in AMOUNTS for c in fresh) and any(c in GOALS for c in fresh)

    def _fill_unit(self, fields: dict[Column, Field], after_break: bool, begins: bool, page: int) -> None:
        """Fill a blank unit with the unit above: units are headings, not facts of a row.

        A blank cell of its own over several rows of a table that merges its units is no continuation.
        """
        for column in UNIT_LEVEL:
            field = fields.get(column)
            if field is not None and not field.text and column in self._previous:
                if begins and self._previous[column].spans and field is not self._previous[column]:
                    continue  # the unit too stands on the next page
                if field.spans and self._previous[column].spans and not after_break:
                    raise Refused(Reason.CONSERVATION, "a blank cell stands where a table merges its units", page)
                fields[column] = self._previous[column]

    def _settle_project(
        self, fields: dict[Column, Field], cut: Cut, begins: bool, after_break: bool, page: int
    ) -> Project:
        """Return the project of a row: the same cell, the same repeated text, or a new one."""
        name, last = fields.get(Column.PROJECT), self._previous.get(Column.PROJECT)
        unit = fields[Column.UNIT].text if Column.UNIT in fields else ""
        current = self.projects[-1] if self.projects and self._previous else None
        if name is None:
            raise Refused(Reason.CONSERVATION, "no project cell covers the row", page)
        same_unit = current is not None and current.unit_text == unit
        if self._at_end and name is last and current is not None and unit and current.unit_text != unit + unit:
            same_unit |= current.unit_text.startswith(unit)  # the end of the page cuts the unit's name
        block = cut is Cut.BLOCK or (name is last and not begins and self._is_block(fields, page))
        known = not block and (name is last or cut is not Cut.NONE)
        if current is not None and same_unit and not begins and (known or (not block and self._repeats(fields))):
            return current
        if not name.text and not begins:
            raise Refused(Reason.CONSERVATION, "an indicator row without a project", page)
        may_repeat = same_unit and current is not None and (not self._merged or after_break)
        if may_repeat and current is not None and self._is_of_project(fields, current):
            return current
        project = Project({}, fields.get(Column.UNIT), dict(fields), title=self.title, in_flat_table=True)
        if current is not None and _are_near(name.text, current.name) and _are_near(unit, current.unit_text):
            project.doubts = current.doubts  # nobody could tell which of them is held back
        if current is not None and after_break and self._suspect is current:
            project.doubts.append(current.doubts[0])  # its first rows may stand on the page before
        if name is last and current is not None and not same_unit and not block and name.text:
            detail = f"{name.text!r} stands in one cell beside the units {current.unit_text!r} and {unit!r}"
            for one in (current, project):
                one.doubts.append(Doubt(Reason.CONSERVATION, page, detail))
        self.projects.append(project)
        self._mine.append(project)
        if self.sections and self.sections[-1].printed is self.section:
            self.sections[-1].projects.append(project)
        return project

    def _is_of_project(self, fields: dict[Column, Field], current: Project) -> bool:
        """Return True if a row that repeats a project with another amount belongs to it by a person's choice.

        Then the amount that was chosen counts for all its rows. Raises Refused where nobody has chosen.
        """
        is_one = False
        while (found := find_two_amounts(current, self._previous, fields)) is not None:
            column, detail = found
            first, second = current.fields[column], fields[column]
            question = ask_row_amount(current.name, column, first.printed(), second.printed())
            chosen = settle(question, Reason.CONSERVATION, detail)
            kept, is_one = first if chosen == first.text else second, True
            current.fields[column] = fields[column] = kept
            self._fields = {
                key: kept if field is first or field is second else field for key, field in self._fields.items()
            }
            for draft in self.drafts:
                if draft.project is current and column in draft.fields:
                    draft.fields[column] = kept
        return is_one

    def _is_block(self, fields: dict[Column, Field], page: int) -> bool:
        """Return True if a row under the name above begins another project: a new amount and a new goal (北京).

        The name cell of a bureau's project covers one block for each of its units, which are not printed.
        """
        money = [c for c in AMOUNTS if self._begins(fields, c)]
        goals = [c for c in GOALS if self._begins(fields, c)]
        if not money or not goals or not self._merges & {*money, *goals}:
            return False
        name = fields[Column.PROJECT].text
        if any(c in fields for c in UNIT_LEVEL):
            detail = f"another amount and goal begin under {name!r}: a part of it, or a rule is missing"
            raise Refused(Reason.CONSERVATION, detail, page)
        texts = [(fields[c].text, self._previous[c].text) for c in (*money, *goals)]
        if not any(now for now, _ in texts):
            raise Refused(Reason.CONSERVATION, f"a blank amount and goal begin under {name!r}", page)
        return any(now and now != above for now, above in texts)

    def _begins(self, fields: dict[Column, Field], column: Column) -> bool:
        """Return True if a cell of its own begins below another one."""
        above = self._previous.get(column)
        return column in fields and above is not None and bool(above.text) and fields[column] is not above

    def _repeats(self, fields: dict[Column, Field]) -> bool:
        """Return True for a blank name, or one repeated on each row of a table that does not merge cells."""
        name = fields[Column.PROJECT]
        if not name.text:
            return True
        if self._merged:
            return False
        current = self.projects[-1].fields
        return all(
            not f.text or c not in current or f.text == current[c].text
            for c, f in fields.items()
            if c in PROJECT_LEVEL and c not in (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)
        )


def expand_drafts(drafts: Sequence[Draft], table: int) -> list[Draft]:
    """Make one draft of each item of the numbered texts of a table; a text that cannot be parted keeps its row."""
    lists: dict[int, list[Item]] = {}
    for draft in drafts:
        if draft.table == table and draft.fields[Column.INDICATOR].text:
            with confine(draft.project.doubts, draft.page):
                lists[id(draft)] = parse_items(draft.fields[Column.INDICATOR].text, draft.page)
    items = dict(zip(lists, drop_endings(lists.values()), strict=True))
    return [
        one
        for draft in drafts
        for one in ([_cut_out(draft, item) for item in items[id(draft)]] if id(draft) in items else [draft])
    ]


def _cut_out(draft: Draft, item: Item) -> Draft:
    """Make the draft of one item; each of its fields has the place of the whole text."""
    whole = draft.fields[Column.INDICATOR].printed()
    texts = {
        Column.LEVEL1: item.level1,
        Column.LEVEL2: item.level2,
        Column.INDICATOR: item.indicator,
        Column.CYCLE_VALUE: item.cycle_value,
        Column.ANNUAL_VALUE: item.annual_value,
    }
    fields = {c: Field([replace(whole, text=text)]) for c, text in texts.items() if text is not None}
    return replace(draft, fields=draft.fields | fields)


def _are_near(one: str, other: str) -> bool:
    """Return True if two names are equal, or one contains the other: a rule may be missing."""
    short, long = sorted((one, other), key=len)
    return one == other or (bool(short) and (long.startswith(short) or long.endswith(short)))


def _merges_projects(table: IndexedGrid, layout: Layout, start: int, stop: int) -> bool:
    """Return True if project cells cover several indicator rows more often than names are repeated."""
    project, indicator = layout.find(Column.PROJECT), layout.find(Column.INDICATOR)
    if project is None or indicator is None:
        return False
    merges = again = 0
    for row in range(start + 1, stop):
        above, cell = table.cell(row - 1, project.first), table.cell(row, project.first)
        if table.cell(row, indicator.first) is table.cell(row - 1, indicator.first) or cell is None or above is None:
            continue
        merges += cell is above
        again += cell is not above and bool(cell.text) and cell.text == above.text
    return merges > again
