"""Read one project's form (its head, then its block of indicators over one or more pages) to draft records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from extract.entities import Box, Cell, Column, Finding, Printed, Scope
from extract.errors import Reason, Refused
from extract.reading.tables.cell_accounting import Account
from extract.reading.tables.column_groups import AMOUNTS, LEVELS, PERIOD_VALUES
from extract.reading.tables.department_blocks import Block
from extract.reading.tables.drafts import Doubt, Draft, Field, Project, Sink, doubt_of, field_of, surround
from extract.reading.tables.foot_rows import find_foot
from extract.reading.tables.form_head import HEAD_COLUMNS, FormHead
from extract.reading.tables.head_cells import is_figure, is_word
from extract.reading.tables.header_words import is_group, match_column, normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import noting, settle
from extract.reading.tables.layout import Layout, finish_header
from extract.reading.tables.level_names import find_open_levels, fit_levels
from extract.reading.tables.level_rows import carry_down, judge_levels
from extract.reading.tables.page_breaks import LEVEL_END, append_continuation, continues_level
from extract.reading.tables.row_questions import REST, ask_first_row
from extract.reading.tables.rows import (
    Row,
    box_of,
    find_crossing,
    find_merges,
    find_shared,
    is_note,
    is_numbering,
    is_total,
    list_crossings,
    refuse_words,
    split_rows,
)
from extract.reading.tables.side_periods import SidePeriods, read_period
from extract.reading.tables.target_words import BEGINS_TARGET
from extract.reading.tables.titles import TitleBlock
from extract.reading.tables.usual_levels import MAY_HOLD_LEVEL, is_level1, is_level2

SUM = re.compile(r"^(?:总分|合计|总计|小计|总得分|得分合计|自评总分|自评得分|综合得分|总分合计)")
SUM_ALONE = re.compile(rf"{SUM.pattern}(?:得分)?(?:\s*[（(].*[)）])?\s*[:：]?\s*[\d.]*分?$")
TEMPLATE = re.compile(r"^(?:指标\s*\d{0,2}\s*[:：]?|[.．。…·\s]+)$")
FOOT_ENDS = re.compile(
    r"(?:意见|说明|原因|结论|等级|等次|结果|建议|措施|依据|备注|情况|签字|签章|盖章|日期|时间|问题|事项)$"
)
ABOUT_TARGETS = re.compile(r"指标|目标|绩效|产出|效益|满意")
OF_COSTS = re.compile(r"经费|费用|支出|资金|金额|预算|测算|明细|清单")
LONGEST_CAPTION = 20  # characters: a longer text is a remark
HALVES = (0, 1)  # of a form with the values of two periods side by side; others have the left one only
LOOKS_LIKE_TARGET = re.compile(rf"^{BEGINS_TARGET.pattern}|^\d[\d,.]*\s*(?:[%％]|[一-龥]{{1,4}})?$")
FOOT_IS_NOT = re.compile(r"指标|目标值|完成|产出|效益|满意|成本|金额|资金|预算|经费|总额|单位")


class Form:
    """One form; `read_rows` is called once per page of it."""

    def __init__(self, number: int, head: FormHead, heading: TitleBlock) -> None:
        self.number = number
        self.head = head
        self.heading = heading
        title = head.title or heading.title
        self.project = Project(dict(head.fields), title=title, doubts=list(head.doubts), scope=head.scope)
        self.project.settled += head.settled
        self.project.words += head.words
        self.money_units = self._find_units()
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []
        self.skipped: list[tuple[int, Box]] = []
        self._fields: dict[int, Field] = {}
        self._cells: list[Cell] = []
        self._above: tuple[dict[Column, Field], dict[Column, Field]] = ({}, {})  # the last row of each half
        self._merges: set[Column] = set()
        self._names: set[tuple[Column, int]] = set()  # levels and indicators of the header, with their halves
        self._has_plain_levels = False  # the levels 2 of this page are all usual ones, in one half
        self._carries_levels: bool | None = None  # True if a blank level continues the one above; None: not known yet
        self._periods = SidePeriods()
        self._begun = False  # the last row has printed a level and no indicator
        self._open: set[Column] = set()  # levels whose blank cell the end of the page cuts: the name may stand below

    def _find_units(self) -> dict[Column, str]:
        """Return the money unit of each amount: that of its own word, else the head's, else the caption's."""
        common = self.head.money_unit or self.heading.money_unit
        units = {c: self.head.money_units.get(c) or common for c in AMOUNTS}
        return {c: u for c, u in units.items() if u}

    def attach(self, part: Sink, findings: list[Finding]) -> None:
        """Deliver into a part."""
        self.drafts, self.findings, self.skipped = part.drafts, findings, part.skipped
        part.projects.append(self.project)
        if Column.UNIT not in self.project.fields and self.heading.unit:
            unit = Printed(self.heading.unit, self.head.page, self.head.box)
            self.project.fields[Column.UNIT] = Field([unit])
        elif Column.UNIT not in self.project.fields and Column.DEPARTMENT in self.project.fields:
            self.project.fields[Column.UNIT] = self.project.fields[Column.DEPARTMENT]  # 西安: no unit but 主管部门

    def takes_block(self, block: Block, page: int) -> bool:
        """Return True if rows continue this form's department; their further cells are added to its fields."""
        if self.project.scope is not Scope.DEPARTMENT or block.unit not in ("", self._unit_text()):
            return False
        for column, cell in block.cells.items():
            known = self.project.fields.get(column)
            if cell.text and known is not None and cell.text not in known.text:
                append_continuation(known, cell, page)
        return True

    def _unit_text(self) -> str:
        unit = self.project.fields.get(Column.UNIT)
        return unit.text if unit is not None else ""

    def read_rows(
        self, table: IndexedGrid, layout: Layout, start: int, stop: int, doubts: Sequence[Doubt] = ()
    ) -> None:
        """Add the indicator rows [start, stop) of a page; ambiguous ones become doubts of the project.

        `doubts` are those of the header above the rows.
        """
        page, goes_on = table.grid.page, any(self._above)
        at_break = {half for half in HALVES if self._above[half]}  # halves whose first row of this page is not read
        account, crossings = Account(table, layout), list_crossings(table, layout)
        if start == 0 and not goes_on and (finished := finish_header(layout, table, start)) is not None:
            account.take_row(start, start + 1)
            layout, start = finished, start + 1
        whole, stop = stop, find_foot(table, layout, start, stop)
        self._skip_rows(table, account, stop, whole)
        for block in range(layout.blocks):
            self._merges |= find_merges(list(split_rows(table, layout, start, stop, block)))
        listed = list(_list_rows(table, layout, start, stop))
        self._has_plain_levels = layout.blocks == 1 and _prints_usual_levels(listed, crossings)
        self._names = {(h.column, h.block) for h in layout.headings if h.column in (*LEVELS, Column.INDICATOR)}
        self._carries_levels = judge_levels(listed, table, goes_on, self._carries_levels)
        for place, row in enumerate(listed):
            is_below = all(find_crossing(later, crossings) or not later.has_indicator for later in listed[place:])
            count, after_break = len(self.drafts), row.half in at_break
            self._begun = False
            try:
                with noting() as settled:
                    row = self._periods.place(row, table, layout, start, crossings)
                    account.take(self._read_row(row, table, crossings, after_break, row.first == start, is_below))
                self.project.settled += settled
            except Refused as refusal:
                self.project.doubts.append(doubt_of(refusal, page, box_of(row)))
                account.take_row(row.first, row.last)
                self._begun = True  # what is held is read as far as it can be: the next row is not at the break
            if len(self.drafts) > count or self._begun:
                at_break -= set(_list_halves(row))
            if len(self.drafts) == count:
                self.skipped += [(page, cell.box) for cell in row.cells.values()]
        if layout.stop == start:
            self.project.words += [(page, c.box) for r in range(layout.start, start) for c in table.starting(r)]
        self._open = find_open_levels(listed) if stop == table.grid.n_rows else set()
        blocks = (list(split_rows(table, layout, start, stop, block)) for block in range(layout.blocks))
        found = [*(d for rows in blocks for d in find_shared(rows, page)), *account.find_left_over(start, stop)]
        self.project.settled += layout.settled
        self.project.doubts += [*doubts, *(doubt_of(doubt.refusal, page) for doubt in found)]

    def _skip_rows(self, table: IndexedGrid, account: Account, start: int, stop: int) -> None:
        """Note that rows [start, stop) hold no indicators."""
        account.take_row(start, stop)
        self.skipped += [(table.grid.page, cell.box) for row in range(start, stop) for cell in table.starting(row)]

    def _read_row(
        self,
        row: Row,
        table: IndexedGrid,
        crossings: set[tuple[int, int]],
        after_break: bool,
        is_first: bool,
        is_below: bool,
    ) -> Iterable[Cell]:
        """Read one row; return its understood cells. Raises Refused where it is ambiguous.

        `is_below`: no indicator stands in it or below it.
        """
        page = table.grid.page
        crossing = find_crossing(row, crossings) is not None
        is_plain = crossing and self._has_plain_levels and not after_break
        if is_plain and (whole := _take_level2_away(row, crossings)) is not None:
            row, crossing = whole, False
        elif crossing:
            _refuse_unless_known(row, table, crossings, after_break and is_first, is_below)
        if crossing or is_numbering(row, table) or is_total(row, table):
            return [cell for line in range(row.first, row.last) for cell in table.row_cells(line)]
        if not any(c.text for c in row.cells.values()):
            return ()
        if _is_template(row):
            return (*row.cells.values(), *row.same)  # 指标1：, …… and nothing beside it: left as the template has it
        refuse_words(row, page)
        if (after_break and self._continues(row, page)) or not row.has_indicator:
            return self._take_rest(row, page, after_break)
        self._add(row, page, after_break)
        return (*row.cells.values(), *row.same)

    def _continues(self, row: Row, page: int) -> bool:
        """Return True if the first row of a page is the rest of the last row of the page before."""
        name, levels = row.text(Column.INDICATOR), [row.text(c) for c in LEVELS if row.text(c)]
        if name and row.has_target:
            return False
        whole_levels = bool(levels) and all(LEVEL_END.search(text) for text in levels)
        if row.has_indicator and not name:
            if any(BEGINS_TARGET.match(row.text(c)) for c in (*PERIOD_VALUES, Column.SIGN)) and not whole_levels:
                detail = f"row {row.first + 1}: a target without an indicator at the top of the page"
                raise Refused(Reason.CONSERVATION, detail, page)
            return Column.INDICATOR in row.cells and not whole_levels
        if name and any(levels):
            return False
        if name:
            detail = f"row {row.first + 1}: {name!r} may be an indicator or the rest of one"
            question = ask_first_row(row, self._above[row.half], Column.INDICATOR, page)
            return settle(question, Reason.CONSERVATION, detail) == REST
        return bool(levels) and not whole_levels

    def _take_rest(self, row: Row, page: int, after_break: bool) -> list[Cell]:
        """Read a row without indicator and target: an empty class of levels; after a break, the rest of a row.

        Returns the cells that were understood.
        """
        levels = {c: row.text(c) for c in LEVELS if row.text(c)}
        above = self._above[row.half]
        rest = after_break and (not levels or any(continues_level(row, c, above, page) for c in levels))
        if not rest:
            self._keep_levels(row, page, after_break)
            return list(row.cells.values()) if levels else []
        joined = []
        for half in _list_halves(row):
            for column, cell in row.cells.items():
                mine = row.level2_beside or cell if (half, column) == (1, Column.LEVEL2) else cell
                field = self._above[half].get(column)
                if mine.text and field is not None and (half == row.half or field is not above.get(column)):
                    field.fragments.append(Printed(mine.text, page, mine.box))
                    joined.append(mine)
        return [*joined, *row.same] if joined else []

    def _is_named_below(self, row: Row, column: Column) -> bool:
        """Return True if a level's name is on this page and its blank upper part at the foot of the last one.

        Raises Refused where the level of one row above may as well be that of the row before it.
        """
        above = self._above[row.half]
        previous = above.get(column)
        if column not in self._open or previous is None or previous.text or not row.text(column):
            return False
        inner = Column.LEVEL2 if column == Column.LEVEL1 else Column.LEVEL1
        beside = above[inner].text if inner in above else ""
        fits = fit_levels(row.text(column), beside) if column == Column.LEVEL1 else fit_levels(beside, row.text(column))
        if fits is None and not previous.spans:
            detail = (
                f"row {row.first + 1}: {row.text(column)!r} may be the level of the row above the page break, or not"
            )
            raise Refused(Reason.CONSERVATION, detail)
        return fits is not False

    def _field(self, cell: Cell, page: int) -> Field:
        if id(cell) not in self._fields:
            self._fields[id(cell)] = field_of(cell, page)
            self._cells.append(cell)
        return self._fields[id(cell)]

    def _add(self, row: Row, page: int, after_break: bool) -> None:
        self._refuse_missing(row, page)
        fields = self._list_fields(row, page, after_break)
        right = self._list_right_fields(row, fields, page, after_break)
        box = surround([c.box for c in row.cells.values()])
        self.drafts.append(Draft(page, self.number, box, self.project, fields, self.money_units))
        self._store(row, fields, right)

    def _refuse_missing(self, row: Row, page: int) -> None:
        """Raise Refused for a row without a cell under a level of the header: a merged cell is open at its end."""
        for column, half in sorted(self._names):
            if half in (0, row.half) and column not in row.cells:
                detail = f"row {row.first + 1}: no cell under {column} beside {row.text(Column.INDICATOR)[:20]!r}"
                raise Refused(Reason.CONSERVATION, detail, page)

    def _keep_levels(self, row: Row, page: int, after_break: bool) -> None:
        """Store the levels of a row that a template leaves blank: they may continue on the next page."""
        if not any(row.text(column) for column in LEVELS):
            return
        fields = self._list_fields(row, page, after_break)
        right = self._list_right_fields(row, fields, page, after_break)
        if any(self._above) or self._carries_levels:
            kept = ({**self._above[row.half], **_take_levels(fields)}, {**self._above[1], **_take_levels(right)})
            self._store(row, *kept)
        self._begun = True

    def _store(self, row: Row, fields: dict[Column, Field], right: dict[Column, Field]) -> None:
        """Store the fields of a row as those above the next row of each of its halves."""
        left = fields if row.half == 0 else self._above[0]
        self._above = (left, fields if row.half == 1 else right if row.level2_beside is not None else self._above[1])

    def _list_right_fields(
        self, row: Row, fields: dict[Column, Field], page: int, after_break: bool
    ) -> dict[Column, Field]:
        """List the fields of a row for the right half: those of both halves, but with the level 2 of the right one.

        Raises Refused where the two halves name one indicator under two levels.
        """
        cell = row.level2_beside
        if cell is None:
            return fields
        cells = {c: one for c, one in row.cells.items() if c == Column.LEVEL1} | {Column.LEVEL2: cell}
        right = self._list_fields(Row(row.first, row.last, cells, half=1), page, after_break)
        mine, other = fields[Column.LEVEL2].text if Column.LEVEL2 in fields else "", right[Column.LEVEL2].text
        if mine != other:
            detail = f"row {row.first + 1}: one indicator under the levels {mine!r} and {other!r} of its two halves"
            raise Refused(Reason.CONSERVATION, detail, page)
        return {**fields, **right}

    def _list_fields(self, row: Row, page: int, after_break: bool) -> dict[Column, Field]:
        """List the fields of a row; levels that a page break cuts are those of the row above it."""
        fields: dict[Column, Field] = {}
        goes_on = False
        for column, cell in row.cells.items():
            previous, known = self._above[row.half].get(column), self._fields.get(id(cell))
            begins = _begins_class(row, column) and not (goes_on and column == Column.LEVEL2)
            blank = after_break and column in LEVELS and not cell.text and not begins
            merges = previous is not None and (previous.spans or cell.rowspan > 1 or column in self._merges)
            merges |= column == Column.LEVEL2 and self._goes_on_blank(row)
            rest = after_break and column in LEVELS and continues_level(row, column, self._above[row.half], page)
            named_below = after_break and self._is_named_below(row, column)
            goes_on = rest or named_below or (blank and merges)
            if known is not None:
                goes_on = after_break and known is previous  # the other half of the row has continued it
            elif goes_on and previous is not None:
                append_continuation(previous, cell, page)
                self._fields[id(cell)] = previous
                self._cells.append(cell)
            fields[column] = self._field(cell, page)
        if self._carries_levels:
            carry_down(fields, self._above[row.half])
        return fields

    def _goes_on_blank(self, row: Row) -> bool:
        """Return True if a blank level 2 beside a blank level 1 continues: no row before prints its own blank."""
        first = row.cells.get(Column.LEVEL1)
        mine = [draft.fields.get(Column.LEVEL2) for draft in self.drafts if draft.project is self.project]
        return first is not None and not first.text and all(field is None or field.text for field in mine)


def _list_halves(row: Row) -> tuple[int, ...]:
    """List the halves of a form with two periods that a row stands in."""
    return HALVES if row.level2_beside is not None else (row.half,)


def _take_levels(fields: dict[Column, Field]) -> dict[Column, Field]:
    return {column: field for column, field in fields.items() if column in LEVELS}


def _is_template(row: Row) -> bool:
    """Return True if a row without a target has no indicator but the template's: 指标1：, ……."""
    return not row.has_target and bool(TEMPLATE.match(row.text(Column.INDICATOR)))


def _begins_class(row: Row, column: Column) -> bool:
    """Return True if a row prints a new level 1, under which a blank level 2 is its own."""
    return column == Column.LEVEL2 and bool(row.text(Column.LEVEL1))


def _prints_usual_levels(rows: Sequence[Row], crossings: set[tuple[int, int]]) -> bool:
    """Return True if the rows without a cell across columns print levels 2, and all of them usual ones."""
    names = {row.text(Column.LEVEL2) for row in rows if find_crossing(row, crossings) is None} - {""}
    return bool(names) and all(map(is_level2, names))


def _take_level2_away(row: Row, crossings: set[tuple[int, int]]) -> Row | None:
    """Return a row whose indicator stands under level 2, too, with a blank level 2; None where it may be two texts.

    满意度指标 | 师生满意度 | ≥95%: where the form prints usual levels 2, the text holds none of them, so no rule is
    missing inside it; and it has a target of its own.
    """
    cell, level1 = row.cells.get(Column.INDICATOR), row.text(Column.LEVEL1)
    across = [column for column, one in row.cells.items() if (one.col, one.colspan) in crossings]
    if cell is None or set(across) != {Column.LEVEL2, Column.INDICATOR} or row.cells[Column.LEVEL2] is not cell:
        return None
    name, targets = cell.text, _list_targets(row, crossings)
    is_whole = (cell.row, cell.rowspan) == (row.first, row.last - row.first)
    may_be_two = MAY_HOLD_LEVEL.search(name) or SUM.match(name) or is_note(name) or FOOT_ENDS.search(normalise(name))
    is_label = name.rstrip().endswith((":", "：")) or match_column(name) is not None
    if not is_whole or not name or may_be_two or is_label or (level1 and not is_level1(level1)):
        return None
    if not any(BEGINS_TARGET.match(text) or any(map(str.isdigit, text)) for text in targets):
        return None
    return replace(row, cells={**row.cells, Column.LEVEL2: replace(cell, text="")})


def _list_targets(row: Row, crossings: set[tuple[int, int]]) -> list[str]:
    """List the texts that a row prints under the values or their sign alone."""
    cells = [row.cells[column] for column in (*PERIOD_VALUES, Column.SIGN) if column in row.cells]
    return [c.text for c in cells if c.text and c.row >= row.first and (c.col, c.colspan) not in crossings]


def _refuse_unless_known(
    row: Row, table: IndexedGrid, crossings: set[tuple[int, int]], at_break: bool, is_below: bool
) -> None:
    """Raise Refused for a row whose cells span several headings, unless it is a sum, a note or a labelled remark.

    One with a target of its own is an indicator, whatever its text begins with. `is_below`: no indicator stands below
    it.
    """
    begun = [c for c in table.row_cells(row.first) if c.text and c.row >= row.first]
    texts = [c for c in begun if not _is_beside(c, row)]
    if not texts or _is_sum(texts, targets := _list_targets(row, crossings)):
        return
    project_words = [c for c in texts if match_column(c.text) in HEAD_COLUMNS]
    is_known = is_note(texts[0].text) or is_word(texts[0]) or any(is_note(c.text) for c in texts)
    if not project_words and is_known and not _may_be_indicator(texts[0], targets):
        return
    if len(table.row_cells(row.first)) == 1 and not at_break and (is_below or not _begins_other(texts[0].text)):
        return  # a remark over the whole width, or the caption of more indicators
    if is_below and not project_words and is_foot(texts):
        return
    detail = f"row {row.first + 1}: the cell {texts[0].text[:20]!r} stands across columns"
    raise Refused(Reason.CONSERVATION, detail, table.grid.page)


def _begins_other(text: str) -> bool:
    """Return True if a text over the whole width is the caption of a table of other things: 经费支出明细."""
    is_about_targets = ABOUT_TARGETS.search(text) or read_period(text) or is_group(text)
    return len(text) <= LONGEST_CAPTION and bool(OF_COSTS.search(text)) and not is_about_targets


def _is_beside(cell: Cell, row: Row) -> bool:
    """Return True for a label beside rows, which is none of this one: 年度指标, 绩效指标."""
    if any(cell is one for one in row.cells.values()):
        return False
    return cell.rowspan > row.last - row.first or bool(is_group(cell.text) or read_period(cell.text))


def _is_sum(texts: list[Cell], targets: list[str]) -> bool:
    """Return True for a row of sums; beside a target its word stands alone: 合计培训人次 | ≥500人次 is an indicator."""
    if any(BEGINS_TARGET.match(text) for text in targets):
        return False
    return any((SUM_ALONE if targets else SUM).match(c.text) for c in texts)


def _may_be_indicator(label: Cell, targets: list[str]) -> bool:
    """Return True if a known word, or a note, has a target beside it: 预算执行率 | 100%, but 备注 | 无."""
    if not targets:
        return False
    is_remark = is_note(label.text) or label.text.rstrip().endswith((":", "：")) or FOOT_ENDS.search(label.text)
    return not is_remark or any(LOOKS_LIKE_TARGET.search(text) for text in targets)


def is_foot(texts: list[Cell]) -> bool:
    """Return True if a row below the indicators holds labels with free text beside them.

    财政部门批复意见, 调整原因, 自评等级: no list is complete. Labels of loaded columns and targets are excepted.
    """
    labels, remarks = texts[::2], texts[1::2]
    plain = all(len(c.text) <= 16 and FOOT_ENDS.search(normalise(c.text)) for c in labels)
    return plain and not any(FOOT_IS_NOT.search(c.text) for c in labels) and not any(map(_is_target, remarks))


def _is_target(cell: Cell) -> bool:
    return bool(BEGINS_TARGET.match(cell.text)) or is_figure(cell.text)


def _list_rows(table: IndexedGrid, layout: Layout, start: int, stop: int) -> Iterator[Row]:
    """Yield rows of the block; of side-by-side blocks both, paired where they name the same indicator."""
    if layout.blocks == 1:
        yield from split_rows(table, layout, start, stop)
        return
    left = list(split_rows(table, layout, start, stop, 0))
    right = {row.first: row for row in split_rows(table, layout, start, stop, 1)}
    firsts = sorted({row.first for row in left} | set(right))
    left_at = {row.first: row for row in left}
    for first in firsts:
        yield from _pair(table, layout, left_at.get(first), right.get(first))


def _pair(table: IndexedGrid, layout: Layout, left: Row | None, right: Row | None) -> Iterator[Row]:
    """Yield one row where both halves name one indicator, else the left row, then the right one."""
    if right is not None:
        cells = dict(right.cells)
        value = cells.pop(Column.CYCLE_VALUE, None)
        if value is not None:
            cells.setdefault(Column.ANNUAL_VALUE, value)
        for column in LEVELS:
            heading = layout.find(column)
            if column not in cells and heading is not None and (c := table.cell(right.first, heading.first)):
                cells[column] = c
        right = Row(right.first, right.last, cells, half=1)
    if left is not None:
        cells = dict(left.cells)
        value = cells.pop(Column.ANNUAL_VALUE, None)
        if value is not None:
            cells.setdefault(Column.CYCLE_VALUE, value)
        left = Row(left.first, left.last, cells)
    if left is not None and right is not None and _name_one(left, right):
        same = [c for column, c in right.cells.items() if column in left.cells and c.text == left.text(column)]
        cells = {**right.cells, **left.cells}
        yield Row(left.first, left.last, cells, tuple(same), level2_beside=right.cells.get(Column.LEVEL2))
        return
    yield from (row for row in (left, right) if row is not None)


def _name_one(left: Row, right: Row) -> bool:
    """Return True if both halves name one indicator, and not under two levels."""
    levels = {row.text(Column.LEVEL2) for row in (left, right)} - {""}
    return left.text(Column.INDICATOR) == right.text(Column.INDICATOR) and len(levels) < 2
