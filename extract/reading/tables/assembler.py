"""Assemble the grids of a document to parts and draft records: which grid belongs to which table, form and part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extract.entities import Column, Finding, Line, PageGrids, Scope
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.department_blocks import describe_block, split_blocks
from extract.reading.tables.document_evidence import DocumentEvidence
from extract.reading.tables.draft_parts import DraftPart, join_parts
from extract.reading.tables.drafts import Doubt, confine
from extract.reading.tables.flat_table import FlatTable
from extract.reading.tables.form_head import (
    FormHead,
    finds_head,
    has_head_shape,
    is_columnar,
    prints_head,
    read_head,
)
from extract.reading.tables.form_head_checks import check_department, check_head, check_titled
from extract.reading.tables.form_subject import find_project, is_department, settle_subject
from extract.reading.tables.forms import Form
from extract.reading.tables.goals import count_goals
from extract.reading.tables.header_words import find_money_unit
from extract.reading.tables.indexed_grid import IndexedGrid, index_grid
from extract.reading.tables.inquiry import ask_year, noting, settle
from extract.reading.tables.last_place import LastPlace
from extract.reading.tables.layout import Layout, find_layouts, take_out
from extract.reading.tables.level_groups import Folding, find_folding, goes_on, unfold
from extract.reading.tables.level_names import fit_levels
from extract.reading.tables.page_joins import carry_layout, cut_rows, join_tables
from extract.reading.tables.page_numbers import join_pages
from extract.reading.tables.table_lines import find_own_lines, list_inner_titles
from extract.reading.tables.table_year import find_table_year
from extract.reading.tables.target_words import STRICT_WORDS, looks_like_targets, prints_bounds
from extract.reading.tables.titles import (
    TitleBlock,
    add_captions,
    find_kind,
    merge_headings,
    read_heading,
    refuse_unread_unit,
)
from extract.reading.tables.waiting_head import WaitingHead
from extract.reading.tables.years import Evidence

COVER_LINES = 12  # a page without tables and with no more lines than this is a cover: its title is the next table's


class Assembler:
    """Reads the grids of a document in order; keeps the open table, form, and head without a body."""

    def __init__(self) -> None:
        self.parts: list[DraftPart] = []
        self.findings: list[Finding] = []
        self.tables = 0
        self.grids = 0
        self.target_pages: list[int] = []
        self._heights: dict[int, float] = {}  # of each page, points
        self.lost: list[Doubt] = []  # places that belong to no project that is known
        self.evidence = DocumentEvidence()
        self.goals = 0  # projects that are printed with a goal and without indicators
        self.money_notes: set[str] = set()  # units that any line of the document prints
        self._flat: FlatTable | None = None
        self._flats: list[FlatTable] = []
        self._form: Form | None = None
        self._layout: Layout | None = None
        self._edges: tuple[float, ...] = ()
        self._folding: Folding | None = None  # of the table that was read last, where its levels head groups of columns
        self._head: WaitingHead | None = None
        self._heading = TitleBlock()
        self._year: int | None = None  # of the part that is open
        self._captions: list[Line] = []  # the lines around the table that is read now
        self._waiting: list[Line] = []  # below the last table: a caption or title may belong to the next page's table
        self._place = LastPlace()
        self._left_aside: list[int] = []  # pages of tables without targets

    def read_page(self, page: PageGrids) -> None:
        """Read every grid of a page, each with the lines between it and the one above."""
        self._heights[page.page] = page.height
        self.evidence.note_page(page)
        top = 0.0
        for grid in page.grids:
            above = [line for line in page.lines if top - 2 <= line.box.y0 and line.box.y1 <= grid.box.y0 + 4]
            self._note_lines(above)
            self._read_grid(index_grid(grid), above)
            self.evidence.note_cells(grid)
            self._waiting = []
            top = grid.box.y1
            self.grids += 1
        self.money_notes |= {u for line in page.lines if (u := find_money_unit(line.text))}
        rest = [line for line in page.lines if line.box.y0 >= top - 2]
        self._note_lines(rest)
        if page.grids or len(rest) <= COVER_LINES:
            self._waiting = rest

    def _note_lines(self, lines: list[Line]) -> None:
        self._place.between += lines
        self.evidence.note_titles(lines)

    def _read_grid(self, table: IndexedGrid, above: list[Line]) -> None:
        """Split a grid at its header blocks and read each stretch."""
        table = self._unfold(table)
        known = self._flat.layout if self._flat is not None else None
        layouts = find_layouts(table, known) or self._lend_layout(table)
        if layouts and not self._is_ours(table, above):
            layouts = []
        inner = list_inner_titles(table, layouts[0]) if layouts else []
        self._captions = [*self._waiting, *above, *inner]
        heading = read_heading([*above, *inner])
        if layouts and self._waiting and not heading.says_anything and not heading.unit:
            heading = read_heading([*self._waiting, *above, *inner])
        if heading.says_anything or heading.year:
            self._heading = merge_headings(self._heading, heading)
        elif heading.unit or heading.money_unit:
            self._heading = add_captions(self._heading, heading)
        if not layouts:
            self._read_loose(table)
            return
        head_start = 0 if layouts[0].is_flat else self._read_rows_above(table, layouts[0])
        for k, layout in enumerate(layouts):
            stop = layouts[k + 1].start if k + 1 < len(layouts) else table.grid.n_rows
            self._note_ignored(layout, table.grid.page)
            if layout.is_flat:
                self._read_flat(table, layout, stop)
                continue
            end = finds_head(table, layout.stop, stop)
            self._read_form(table, layout, head_start, stop if end is None else end)
            head_start = stop if end is None else end
        self._edges = table.edges
        self.target_pages.append(table.grid.page)
        self._place.move(table.grid.page, self._heading.title)
        if not layouts[-1].is_flat:
            self._hold_head(table, head_start)

    def _unfold(self, table: IndexedGrid) -> IndexedGrid:
        """Return a table with one indicator a row, also where its levels head groups of columns side by side."""
        found = find_folding(table)
        if found is None and (
            self._folding is None or not goes_on(self._folding, table) or not self._place.is_continued_by(table)
        ):
            return table
        folding = found or self._folding
        self._folding = folding
        return (folding and unfold(table, folding, has_header=found is not None)) or table

    def _lend_layout(self, table: IndexedGrid) -> list[Layout]:
        """Return the layout of the previous form for a form without a header above its indicators (西安 2020).

        Its columns must be at the same places, and its first row must have usual names of level 1 and level 2.
        """
        start, layout = finds_head(table, 0, table.grid.n_rows), self._carry_layout(table)
        if start is None or layout is None or layout.is_flat:
            return []
        first, second = layout.find(Column.LEVEL1), layout.find(Column.LEVEL2)
        if first is None or second is None:
            return []
        for row in range(start + 1, table.grid.n_rows):
            cells = [c for h in (first, second) if (c := table.cell(row, h.first)) is not None and c.row == row]
            if len(cells) == 2 and fit_levels(cells[0].text, cells[1].text):
                return [replace(layout, start=row, stop=row, doubts=())]
        return []

    def _note_ignored(self, layout: Layout, page: int) -> None:
        """Report once per document the unlisted words over columns that are not loaded."""
        for word in layout.ignored:
            finding = Finding("column_ignored", f"the column {word!r} is not loaded", page)
            if all((f.code, f.detail) != (finding.code, finding.detail) for f in self.findings):
                self.findings.append(finding)

    def _read_rows_above(self, table: IndexedGrid, layout: Layout) -> int:
        """Read the rows above a grid's first head as the end of the open form; return the head's start."""
        first = finds_head(table, 0, layout.start)
        carried = self._carry_layout(table)
        if not first or self._form is None or carried is None or not self._place.is_continued_by(table):
            return 0
        self._read_with(self._form, table, carried, 0, first)
        return first

    def _carry_layout(self, table: IndexedGrid) -> Layout | None:
        return carry_layout(self._layout, self._edges, table.edges) if self._layout is not None else None

    def _hold_head(self, table: IndexedGrid, start: int) -> None:
        """Keep the head of a form that continues in the next grid."""
        rest = cut_rows(table, start, table.grid.n_rows)
        if not any(cell.text for cell in rest.cells):
            return
        self._drop_head()
        follows = start == 0 and (self._flat or self._form) is not None and self._place.is_continued_by(table)
        self._head = WaitingHead(rest, self._find_own_lines(table, start), follows)
        self._form, self._flat, self._layout = None, None, None
        self._place.move(table.grid.page, self._heading.title)

    def _drop_head(self) -> None:
        """Discard a form's head without indicators below it: a budget table, or a form whose indicators are lost.

        Only one titled as a form of performance targets can have lost them; one that holds them has no header.
        """
        waiting, self._head = self._head, None
        if waiting is None:
            return
        table = waiting.table
        page, last = table.row_pages[0], table.row_pages[-1]
        head = read_head(table, 0, table.grid.n_rows)
        goals = [head.fields[c] for c in (Column.OVERALL_GOAL, Column.ANNUAL_GOAL) if c in head.fields]
        name = head.fields[Column.PROJECT].text if head.has_project else ""
        if waiting.holds_indicators():
            detail, reaches = "indicators without a header that is known", waiting.reaches_back()
            where = (page, detail, table.grid.box, name, reaches)
            self.lost.append(Doubt(Reason.UNKNOWN_HEADER, *where, last_page=last))
        elif not goals and not head.has_project and waiting.ends_above(self._heights.get(table.row_pages[-1], 0.0)):
            detail = "a form of a department that prints neither goals nor indicators"
            self.findings.append(Finding("form_without_targets", detail, page))
        elif waiting.announces_targets():
            detail = "a form's head without its indicators"
            where = (page, detail, table.grid.box, name, waiting.follows)
            self.lost.append(Doubt(Reason.PAGE_MISSING, *where, last_page=last))
        elif any(goal.text for goal in goals):
            self.goals += 1
        else:
            self._left_aside.append(page)

    def _is_ours(self, table: IndexedGrid, above: list[Line]) -> bool:
        """Return True if an indicator table mentions performance targets, or may continue one that does.

        Plans print indicators, too: 指标名称, 指标释义, 2030年, 2035年 (包头).
        """
        if (self._flat or self._form or self._head) is not None and self._place.is_continued_by(table):
            return True
        if any("绩效" in line.text for line in (*self._waiting, *above)):
            return True
        return any("绩效" in cell.text or STRICT_WORDS.search(cell.text) for cell in table.cells)

    def _find_own_lines(self, table: IndexedGrid, start: int) -> list[Line]:
        return find_own_lines(table, start, self._captions, self._waiting)

    def _read_flat(self, table: IndexedGrid, layout: Layout, stop: int) -> None:
        self._drop_head()
        doubts = list(layout.doubts)
        with confine(doubts, table.grid.page), noting() as settled:
            self._settle_year(layout, table.grid.page)
        layout = replace(layout, settled=(*layout.settled, *settled))
        self._open_part(layout, self._find_publisher())
        unit = "" if Column.UNIT in layout.columns else self._heading.unit
        if not unit and Column.UNIT not in layout.columns:
            with confine(doubts, table.grid.page):
                refuse_unread_unit(self._captions, table.grid.page)
        if self._flat is None or self._flat.layout.columns != layout.columns or self._flat.caption_unit != unit:
            self.tables += 1
            self._flat = FlatTable(self.tables, layout, unit)
            self._flat.attach(self.parts[-1], self.findings)
            self._flats.append(self._flat)
        self._form, self._layout = None, layout
        self._flat.title = self._heading.title
        self._flat.money_unit = self._heading.money_unit or self._flat.money_unit
        self._read_with(self._flat, table, layout, layout.stop, stop, doubts)

    def _read_with(
        self,
        reader: FlatTable | Form,
        table: IndexedGrid,
        layout: Layout,
        start: int,
        stop: int,
        doubts: Sequence[Doubt] = (),
    ) -> None:
        """Read rows; those of no project become a place that is held back."""
        with confine(self.lost, table.grid.page):
            reader.read_rows(table, layout, start, stop, doubts)

    def _read_form(self, table: IndexedGrid, layout: Layout, head_start: int, stop: int) -> None:
        """Read a form's head, then its indicator rows up to the next head."""
        above = cut_rows(table, head_start, layout.start)
        form = self._form if self._place.is_continued_by(table) or head_start else None
        if self._head is None and layout.find(Column.UNIT) and not prints_head(above):
            heading = read_heading(self._find_own_lines(table, head_start))
            if is_department(FormHead(table.grid.page), heading):
                self._read_departments(table, layout, stop, form)
                return
        if self._head is None and form is not None and not prints_head(above):
            self._layout = layout
            self._read_with(form, table, layout, layout.stop, stop, layout.doubts)  # the header is printed again
            return
        head = self._take_head(above, self._find_own_lines(table, head_start))
        head.doubts += layout.doubts
        if form is not None and form.head.holds(head):
            self._layout = layout
            self._read_with(form, table, layout, layout.stop, stop, layout.doubts)  # （续）: its name and header again
            return
        self._begin_form(head, layout, table.grid.page)
        if self._form is not None:
            self._read_with(self._form, table, layout, layout.stop, stop)

    def _read_departments(self, table: IndexedGrid, layout: Layout, stop: int, form: Form | None) -> None:
        """Read a table of departments, each named in a column with its goals (长沙 部门整体支出绩效目标表)."""
        page, rows = table.grid.page, take_out(layout, (*UNIT_LEVEL, *PROJECT_LEVEL))
        for block in split_blocks(table, layout, stop):
            if form is None or not form.takes_block(block, page):
                head = describe_block(block.cells, page)
                self._begin_form(head, rows, page)
                form = self._form
            if form is not None:
                self._read_with(form, table, rows, block.first, block.last, layout.doubts)
        self._flat, self._layout = None, rows

    def _begin_form(self, head: FormHead, layout: Layout, page: int) -> None:
        """Open a form below its head, in the part of its publisher and year."""
        self._flat, self._layout = None, layout
        self.tables += 1
        with confine(head.doubts, head.page), noting() as settled:
            self._settle_year(layout, head.page, head)
        head.settled += settled
        self.evidence.departments.append(head.publisher)
        self._open_part(layout, self._find_publisher() or head.publisher, head.columns)
        self._form = Form(self.tables, head, self._heading)
        self._form.attach(self.parts[-1], self.findings)
        if Column.UNIT not in self._form.project.fields:
            with confine(self._form.project.doubts, page):
                refuse_unread_unit(self._captions, page)

    def _take_head(self, above: IndexedGrid, lines: list[Line]) -> FormHead:
        """Read the rows above an indicator header as a form's head, joined with its rows on the pages before.

        `lines` are those right above these rows.
        """
        doubts: list[Doubt] = []
        if self._head is not None and (
            finds_head(above, 0, above.grid.n_rows) is not None or not self._place.is_continued_by(above)
        ):
            self._drop_head()
        if self._head is not None:
            with confine(doubts, above.grid.page):
                above, lines = join_tables(self._head.table, above), self._head.lines
            self._head = None
        head = read_head(above, 0, above.grid.n_rows)
        head.doubts += doubts
        heading = read_heading(lines)
        head.title = heading.title
        found = settle_subject(head, heading, lines)
        self.findings += found
        if head.scope is Scope.PROJECT and head.names_project and not found:
            check_head(above, head)
        elif head.scope is Scope.PROJECT and head.names_project:
            check_titled(above, head)
        elif head.scope is Scope.DEPARTMENT:
            check_department(above, head)
        return head

    def _settle_year(self, layout: Layout, page: int, head: FormHead | None = None) -> None:
        """Set the year of a table or form: as printed, else by a person's choice; raises Refused."""
        try:
            year = find_table_year(self._heading, layout, page, head, self.evidence.titles)
        except Refused as refusal:
            question = ask_year(self._heading.title, refusal.detail, page)
            self._year = int(settle(question, refusal.reason, refusal.detail))
            return
        if year is not None:
            self.evidence.own_years.append(Evidence(year, f"the table of page {page}"))
        elif self._flat is not None and self.parts[-1].heading.title == self._heading.title:
            year = self._year  # a continuation of the same table
        self._year = year

    def _find_publisher(self) -> str:
        """Return the publisher of the table by the cover before it, else by its own title and captions."""
        return self.evidence.cover.publisher or self._heading.publisher

    def _read_loose(self, table: IndexedGrid) -> None:
        """Read a grid without header words: it continues the open table, is a form's head, or is no target table."""
        first = finds_head(table, 0, table.grid.n_rows) if self._flat is None else None
        stop = table.grid.n_rows if first is None else first
        reader, follows = self._flat or self._form, self._place.is_continued_by(table)
        if self._head is not None and first is None and follows:
            joined: list[IndexedGrid] = []
            with confine([], table.grid.page):  # of another width: the head has ended
                joined.append(join_tables(self._head.table, cut_rows(table, 0, stop)))
            if joined:
                self._head.table = joined[0]
                self._place.move(table.grid.page, self._heading.title)
                return
        carried = self._carry_layout(table)
        if carried is not None and reader is not None and stop and follows:
            self._read_with(reader, table, carried, 0, stop)
            self.target_pages.append(table.grid.page)
            self._place.move(table.grid.page, self._heading.title)
            self._hold_head(table, stop)
            return
        self.goals += count_goals(table)
        if not is_columnar(table):
            head = read_head(table, 0, table.grid.n_rows)
            heading = read_heading(self._find_own_lines(table, 0))
            names = head.has_project or bool(find_project(heading.title))
            if is_department(head, heading) or (names and (head.has_more or has_head_shape(table))):
                self._hold_head(table, 0)
                return
        is_rest = reader is not None and follows
        if looks_like_targets(table) or (is_rest and prints_bounds(table)):
            detail = "indicators without a header that is known"
            self.lost.append(Doubt(Reason.UNKNOWN_HEADER, table.grid.page, detail, table.grid.box, reaches=is_rest))
            return
        self._left_aside.append(table.grid.page)

    def _open_part(self, layout: Layout, publisher: str, more: tuple[Column, ...] = ()) -> None:
        """Begin a part when publisher, year or kind change."""
        kind = find_kind(self._heading.title)
        current = self.parts[-1] if self.parts else None
        part = DraftPart(self._heading, publisher, self._year, kind)
        if current is None or part.key != current.key:
            words = tuple(h.word for h in layout.headings if h.column is not None)
            part.columns, part.headers = (*more, *layout.columns), words
            self.parts.append(part)
            self._flat = self._form = None

    def _drop_blank_forms(self) -> None:
        """Remove blank templates (西安 表16), and report named forms without indicators."""
        for part in self.parts:
            filled = {id(draft.project) for draft in part.drafts}
            for project in [p for p in part.projects if id(p) not in filled and not p.in_flat_table]:
                page = min((f.page for field in project.fields.values() for f in field.fragments), default=None)
                if project.name:
                    detail = f"{project.name} has no indicator row"
                    self.findings.append(Finding("project_without_indicators", detail, page))
                if not (project.name and project.doubts):
                    part.projects.remove(project)

    def finish(self) -> None:
        """Discard a head without indicators; set publishers, years and units that need the whole document."""
        self._drop_head()
        self._drop_blank_forms()
        if self._left_aside:
            detail = f"tables without targets are not loaded: pages {join_pages(self._left_aside)}"
            self.findings.append(Finding("other_table", detail, min(self._left_aside)))
        for flat in self._flats:
            flat.finish()
        self.findings += self.evidence.settle(self.parts, self.target_pages)
        self.parts = join_parts(self.parts)
        if len(self.money_notes) == 1:  # a note below the table may be the only place of 万元
            for draft in (d for part in self.parts for d in part.drafts):
                for column in AMOUNTS:
                    draft.money_units.setdefault(column, next(iter(self.money_notes)))
