"""The pages of a document in, its parts and draft records out: which grid belongs to which table, form and part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from extract.entities import Box, Column, DocumentKind, Finding, Grid, Line, PageGrids
from extract.errors import Reason, Refused
from extract.tables.drafts import AMOUNTS, Draft, Project
from extract.tables.flat import FlatTable
from extract.tables.forms import Form
from extract.tables.head_checks import refuse_unread_words
from extract.tables.headers import find_money_unit
from extract.tables.heads import FormHead, finds_head, is_word, read_head
from extract.tables.layout import Layout, find_layout
from extract.tables.table import Table, index_grid
from extract.tables.targets import looks_like_targets
from extract.tables.titles import Heading, find_kind, read_heading

COVER_LINES = 12  # a page without tables and with no more lines than this is a cover: its title is the next table's
SAME_PLACE = 4.0  # points: columns of a table stand where they stood on the page before


@dataclass(slots=True)
class DraftPart:
    """A part in the making."""

    heading: Heading
    publisher: str
    year: int | None
    kind: DocumentKind
    columns: tuple[Column, ...] = ()
    headers: tuple[str, ...] = ()
    drafts: list[Draft] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int | None, DocumentKind]:
        return self.publisher, self.year, self.kind


class Assembler:
    """Walks the grids of a document in order; holds what is still open: a table, a form, a head without a body."""

    def __init__(self) -> None:
        self.parts: list[DraftPart] = []
        self.findings: list[Finding] = []
        self.tables = 0
        self.grids = 0
        self.target_pages: list[int] = []
        self.money_notes: set[str] = set()  # units that any line of the document prints
        self._flat: FlatTable | None = None
        self._form: Form | None = None
        self._layout: Layout | None = None
        self._geometry: tuple[float, ...] = ()
        self._head: FormHead | None = None
        self._heading = Heading()
        self._waiting: list[Line] = []  # below the last table: a caption or title may belong to the next page's table

    def read_page(self, page: PageGrids) -> None:
        """Every grid of a page, each with the lines between it and the one above."""
        top = 0.0
        for grid in page.grids:
            above = [line for line in page.lines if top - 2 <= line.box.y0 and line.box.y1 <= grid.box.y0 + 4]
            self._read_grid(index_grid(grid), above)
            self._waiting = []
            top = grid.box.y1
            self.grids += 1
        self.money_notes |= {u for line in page.lines if (u := find_money_unit(line.text))}
        rest = [line for line in page.lines if line.box.y0 >= top - 2]
        if page.grids or len(rest) <= COVER_LINES:
            self._waiting = rest

    def _read_grid(self, table: Table, above: list[Line]) -> None:
        """Split a grid at its header blocks and read each stretch."""
        layouts = _find_layouts(table)
        inner = _inner_titles(table, layouts[0]) if layouts else []
        heading = read_heading([*above, *inner])
        if layouts and self._waiting and not heading.says_anything and not heading.unit:
            heading = read_heading([*self._waiting, *above, *inner])
        if heading.says_anything or heading.year:
            self._heading = _merge(self._heading, heading)
        elif heading.unit or heading.money_unit:
            self._heading = _add_captions(self._heading, heading)
        if not layouts:
            self._read_loose(table)
            return
        head_start = 0
        for k, layout in enumerate(layouts):
            stop = layouts[k + 1].start if k + 1 < len(layouts) else table.grid.n_rows
            if layout.is_flat:
                self._read_flat(table, layout, stop)
                continue
            end = finds_head(table, layout.stop, stop)
            self._read_form(table, layout, head_start, stop if end is None else end)
            head_start = stop if end is None else end
        self._geometry = _geometry(table.grid)
        self.target_pages.append(table.grid.page)

    def _read_flat(self, table: Table, layout: Layout, stop: int) -> None:
        self._open_part(layout, self._heading.publisher)
        unit = "" if Column.UNIT in layout.columns else self._heading.unit
        if self._flat is None or self._flat.layout.columns != layout.columns or self._flat.caption_unit != unit:
            self.tables += 1
            self._flat = FlatTable(self.tables, layout, unit)
            self._flat.attach(self.parts[-1], self.findings)
        self._form, self._layout = None, layout
        self._flat.money_unit = self._heading.money_unit or self._flat.money_unit
        self._flat.read_rows(table, layout, layout.stop, stop)

    def _read_form(self, table: Table, layout: Layout, head_start: int, stop: int) -> None:
        """A form's head, then its indicator rows up to the next head."""
        head = read_head(table, head_start, layout.start, self._head)
        self._head = None
        self._flat, self._layout = None, layout
        if not head.has_project and self._form is not None:
            self._form.read_rows(table, layout, layout.stop, stop)  # the header printed again on a new page
            return
        if not head.has_project:
            raise Refused(Reason.NOT_TARGETS, "an indicator table that names no project", table.grid.page)
        refuse_unread_words(table, head_start, layout.start, head)
        self.tables += 1
        self._settle_year(head)
        self._open_part(layout, self._heading.publisher or head.publisher, head.columns)
        self._form = Form(self.tables, head, self._heading)
        self._form.attach(self.parts[-1], self.findings)
        self._form.read_rows(table, layout, layout.stop, stop)

    def _settle_year(self, head: FormHead) -> None:
        """The year may stand in the head alone; a period that excludes the title's year is a contradiction.

        奉节 2025: the title says 2023年度, 建设周期 says 2025. Nobody but the publisher knows which one is meant.
        """
        year = self._heading.year
        if year is None and head.year is not None:
            self._heading = replace(self._heading, year=head.year)
        elif year is not None and head.period is not None and not head.period[0] <= year <= head.period[1]:
            detail = f"the title says {year}, the project's period {head.period[0]} to {head.period[1]}"
            raise Refused(Reason.YEAR_UNKNOWN, detail, head.page)

    def _read_loose(self, table: Table) -> None:
        """A grid without header words: it continues the open table, is a form's head, or is no target table."""
        same = _same_places(self._geometry, _geometry(table.grid))
        reader = self._flat or self._form
        if self._layout is not None and same and reader is not None:
            reader.read_rows(table, self._layout, 0, table.grid.n_rows)
            self.target_pages.append(table.grid.page)
            return
        head = read_head(table, 0, table.grid.n_rows, None)
        if head.has_project and head.has_more:
            self._head, self._form, self._flat = head, None, None
            self._geometry = _geometry(table.grid)
            return
        if looks_like_targets(table):
            raise Refused(Reason.UNKNOWN_HEADER, "indicators without a header that is known", table.grid.page)
        self.findings.append(Finding("other_table", "a table without targets is not loaded", table.grid.page))

    def _open_part(self, layout: Layout, publisher: str, more: tuple[Column, ...] = ()) -> None:
        """Begin a part when publisher, year or kind change."""
        kind = find_kind(self._heading.title)
        current = self.parts[-1] if self.parts else None
        part = DraftPart(self._heading, publisher, self._heading.year, kind)
        if current is None or part.key != current.key:
            words = tuple(h.word for h in layout.headings if h.column is not None)
            part.columns, part.headers = (*more, *layout.columns), words
            self.parts.append(part)
            self._flat = self._form = None

    def finish(self) -> None:
        """Complain about a head whose body never came."""
        if self._head is not None:
            raise Refused(Reason.PAGE_MISSING, "a form's head without its indicators", self._head.page)
        if len(self.money_notes) == 1:  # a note below the table may be the only place that says 万元
            for draft in (d for part in self.parts for d in part.drafts):
                for column in AMOUNTS:
                    draft.money_units.setdefault(column, next(iter(self.money_notes)))


def _find_layouts(table: Table) -> list[Layout]:
    """All header blocks of a grid, top to bottom."""
    found: list[Layout] = []
    row = 0
    while row < table.grid.n_rows:
        layout = find_layout(table, row)
        if layout is not None:
            found.append(layout)
            row = layout.stop
        else:
            row += 1
    return found


def _inner_titles(table: Table, layout: Layout) -> list[Line]:
    """Rows above the header: titles and captions drawn inside the table (above a form's words only wide ones)."""
    lines: list[Line] = []
    for row in range(layout.start):
        cells = [c for c in table.starting(row) if c.text]
        if layout.is_flat:
            lines.extend(Line(c.text, Box(*c.box)) for c in cells if len(c.text) < 80)
            continue
        if any(is_word(c) for c in cells):
            break
        if len(cells) == 1 and len(cells[0].text) < 80 and cells[0].colspan >= 0.6 * table.grid.n_cols:
            lines.append(Line(cells[0].text, Box(*cells[0].box)))
    return lines


def _geometry(grid: Grid) -> tuple[float, ...]:
    """The places of a grid's upright lines."""
    return tuple(sorted({round(c.box.x0, 1) for c in grid.cells} | {round(c.box.x1, 1) for c in grid.cells}))


def _same_places(before: tuple[float, ...], now: tuple[float, ...]) -> bool:
    """Whether every upright line stands where one stood before (a cut table may show fewer of them)."""
    if not before or not now or abs(before[0] - now[0]) > SAME_PLACE or abs(before[-1] - now[-1]) > SAME_PLACE:
        return False
    return all(min(abs(x - b) for b in before) <= SAME_PLACE for x in now)


def _merge(old: Heading, new: Heading) -> Heading:
    """A new title replaces the old one; a year that it does not print is taken over only without a title."""
    if new.says_anything:
        year = new.year
        if year is None and new.title == old.title:
            year = old.year
        return Heading(new.title, new.publisher, year, new.money_unit, new.unit)
    return Heading(old.title, old.publisher, new.year or old.year, new.money_unit or old.money_unit, new.unit)


def _add_captions(old: Heading, new: Heading) -> Heading:
    return Heading(old.title, old.publisher, old.year, new.money_unit or old.money_unit, new.unit or old.unit)
