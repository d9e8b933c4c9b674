"""Read the words and values in the rows above a form's indicators.

The value of a word is in the cell to its right; in the cell below if the cell to its right is a word too; or in a
matrix where a row word and a column word meet (年度资金总额 × 年初预算数). The words decide, never positions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from extract.entities import AMOUNT_KINDS, GOALS, Box, Cell, Column, Printed, Question, Scope
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import find_second_amount
from extract.reading.tables.amount_lists import split_amounts
from extract.reading.tables.amount_questions import ask_head_amount, name_amounts
from extract.reading.tables.attribution import clean_office
from extract.reading.tables.drafts import Doubt, Field, confine, field_of
from extract.reading.tables.head_cells import (
    YEAR_WORDS,
    answers_label,
    choose_year,
    end_of_label,
    find_sum,
    find_value,
    heads_figures,
    is_figure,
    is_plain_word,
    is_word,
    split_label,
    split_unruled,
    unit_beside,
    with_text,
)
from extract.reading.tables.header_words import (
    find_money_unit,
    is_group,
    match_column,
    normalise,
)
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.inquiry import noting, settle
from extract.reading.tables.target_words import BEGINS_TARGET
from extract.reading.tables.usual_levels import is_level1, is_level2
from extract.reading.tables.years import Evidence, find_in_words, find_period, find_year, fold_years, is_closed
from extract.text import fold_name

HEAD_COLUMNS = frozenset(
    {Column.UNIT, Column.DEPARTMENT, Column.PROJECT, Column.PROJECT_CODE, Column.CATEGORY}
    | {Column.OVERALL_GOAL, Column.ANNUAL_GOAL}
    | set(AMOUNT_KINDS)
)
NO_BOX = Box(0.0, 0.0, 0.0, 0.0)
PARTS = frozenset({"财政资金", "资金"})  # beside a total these words name a part of it
PERIOD_WORDS = re.compile(r"^(?:项目期|项目期限|建设周期|项目周期|实施期限|实施周期|起止时间|项目起止时间|项目实施期)")
YEARS = re.compile(r"20[0-4]\d")
NUMBERED_GOAL = re.compile(r"(?:(?:绩效)?目标)?[(（]?[一二三四五六七八九十\d]{1,2}[)）]?[、.]?$")  # a label: 目标1
TASKS = re.compile(r"任务|重点工作|主要工作")
SINGLE = frozenset({Column.PROJECT, Column.UNIT, *GOALS})  # fields of which a head prints one text
# What these words name holds, or reports, what 项目名称, 二级项目名称 or 实施单位 name beside them.
WIDER = re.compile(
    r"(?:专项|资金|专项资金|转移支付)名称(?:及代码)?$|一级项目(?:名称)?$|项目$|(?:填报|申报|编制|绩效编制|填表)单位"
)
LABEL_OF_PERIOD = re.compile(r"[一-鿿]{2,8}目标\s*[(（]20\d\d[^()（）]{0,16}[)）](?!\s*[:：])")
MANY_YEARS = re.compile(r"投资|总预算|中长期|中期")


@dataclass(slots=True)
class FormHead:
    """Words and values in the head of a form."""

    page: int
    fields: dict[Column, Field] = field(default_factory=dict)
    money_units: dict[Column, str] = field(default_factory=dict)
    money_unit: str | None = None
    year: int | None = None
    period: tuple[int, int] | None = None
    closed: bool = False  # the period prints its end
    years: list[Evidence] = field(default_factory=list)  # in the words of amounts and goals: 2025年金额（元）
    box: Box = NO_BOX
    said_by: dict[Column, str] = field(default_factory=dict)  # which word gave each field
    scope: Scope = Scope.PROJECT
    title: str = ""  # of its own, right above it
    doubts: list[Doubt] = field(default_factory=list)
    settled: list[Question] = field(default_factory=list)  # whose answers it rests on
    words: list[tuple[int, Box]] = field(default_factory=list)  # page and box of its labels

    @property
    def has_project(self) -> bool:
        """True if it has a word for its project."""
        return Column.PROJECT in self.fields

    @property
    def names_project(self) -> bool:
        """True if the name of its project is not blank."""
        return self.has_project and bool(self.fields[Column.PROJECT].text)

    @property
    def has_more(self) -> bool:
        """True if it holds more than a title does."""
        return len(self.fields) >= 3

    def holds(self, other: FormHead) -> bool:
        """Return True if another head is a part of this one: the same form continues below it."""
        names = [(column, field.text) for column, field in other.fields.items()]
        said = {column: field.text for column, field in self.fields.items()}
        return len(names) < len(said) and all(said.get(column) == text for column, text in names)

    @property
    def publisher(self) -> str:
        """The department that it names, without its code, "" where it names none."""
        return clean_office(self.fields[Column.DEPARTMENT].text) if Column.DEPARTMENT in self.fields else ""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its values, in printed order."""
        return tuple(self.fields)


def read_head(table: IndexedGrid, start: int, stop: int) -> FormHead:
    """Read rows [start, stop) of a table; two projects or two amounts of one kind are doubts of the head."""
    head = FormHead(table.grid.page, box=table.grid.box)
    used: set[int] = set()
    quoted: list[tuple[str, Cell]] = []
    head.words = [(table.page_of(c), c.box) for c in table.cells if c.text and start <= c.row < stop]
    with noting() as settled:
        with confine(head.doubts, table.grid.page):
            _read_matrix(table, start, stop, head, used)
        for row in range(start, stop):
            if _is_task(table, row):
                continue
            for cell in table.starting(row):
                with confine(head.doubts, table.grid.page):
                    _read_cell(table, cell, stop, head, used, quoted)
    head.settled += settled
    for word, cell in quoted:
        with confine(head.doubts, table.grid.page):
            _settle_quoted(table, head, word, cell, used)
    _settle_total(head)
    return head


def _is_task(table: IndexedGrid, row: int) -> bool:
    """Return True if a row lists a department's task with its money: the label beside it spans several rows.

    目标任务 beside 年度目标 and its text is a label of the goals.
    """
    label = table.cell(row, 0)
    if label is None or label.rowspan == 1 or not TASKS.search(normalise(label.text)):
        return False
    rows = range(label.row, label.row + label.rowspan)
    return not any(match_column(c.text) in GOALS for r in rows for c in table.starting(r) if c is not label)


def _settle_total(head: FormHead) -> None:
    """Take the only total that a head prints as the year's amount: 实施期资金总额, 资金总额 (西安, 福州).

    An investment over years (项目总投资) is none, nor is a total beside the budget of the year as changed.
    """
    total = head.fields.get(Column.AMOUNT_TOTAL)
    if total is not None and head.said_by.get(Column.AMOUNT) in PARTS:
        head.fields.pop(Column.AMOUNT)  # 项目总额; 其中: 财政资金
    if total is None or set(head.fields) & (set(AMOUNT_KINDS) - {Column.AMOUNT_TOTAL}):
        return
    if MANY_YEARS.search(head.said_by.get(Column.AMOUNT_TOTAL, "")):
        return
    head.fields = {Column.AMOUNT if c == Column.AMOUNT_TOTAL else c: f for c, f in head.fields.items()}
    head.said_by[Column.AMOUNT] = head.said_by.pop(Column.AMOUNT_TOTAL, "")
    if Column.AMOUNT_TOTAL in head.money_units:
        head.money_units[Column.AMOUNT] = head.money_units.pop(Column.AMOUNT_TOTAL)


def finds_head(table: IndexedGrid, start: int, stop: int) -> int | None:
    """Return the first row that begins another form: one with 项目名称 as a word."""
    for row in range(start, stop):
        for cell in table.starting(row):
            split = split_label(cell.text)
            joined = None if split else split_unruled(table, cell)
            word = split[0] if split else joined[0] if joined else cell.text
            if match_column(word) == Column.PROJECT:
                while row > start and _leads(table, row - 1):
                    row -= 1
                return row
    return None


def has_head_shape(table: IndexedGrid) -> bool:
    """Return True if every row alternates words and their values: a head, however few of its rows are here."""
    for row in range(table.grid.n_rows):
        texts = [c for c in table.row_cells(row) if c.text]
        if len(texts) == 1 and texts[0].colspan == table.grid.n_cols:
            continue  # a title
        if texts and not is_word(texts[0]) and not split_label(texts[0].text):
            return False
        if any(not is_word(a) and not is_word(b) for a, b in pairwise(texts)):
            return False
    return True


def is_columnar(table: IndexedGrid) -> bool:
    """Return True if 项目 or 项目名称 heads a column of several texts: a budget table, and no head of a form."""
    for word in table.cells:
        if match_column(word.text) != Column.PROJECT:
            continue
        below = [c for c in table.cells if c.row > word.row and (c.col, c.colspan) == (word.col, word.colspan)]
        if len([c for c in below[:2] if c.text and not is_word(c)]) == 2:
            return True
    return False


def prints_head(above: IndexedGrid) -> bool:
    """Return True if rows above an indicator header print more than titles over the whole width."""
    return any(c.text and c.colspan < above.grid.n_cols for c in above.cells)


def _leads(table: IndexedGrid, row: int) -> bool:
    """Return True if a row may be above 项目名称 in a head: a title, or words, but no level and target."""
    if any(is_level1(c.text) or is_level2(c.text) or BEGINS_TARGET.match(c.text) for c in table.row_cells(row)):
        return False
    return len(table.row_cells(row)) == 1 or any(is_word(c) for c in table.starting(row))


def _read_cell(
    table: IndexedGrid, cell: Cell, stop: int, head: FormHead, used: set[int], quoted: list[tuple[str, Cell]]
) -> None:
    """Read one cell of the head: a word with its value inside, beside or below it.

    `quoted` gets words with which the value of another label begins, and its cell.
    """
    if id(cell) in used or not cell.text:
        return
    head.money_unit = head.money_unit or find_money_unit(cell.text)
    split = split_label(cell.text)
    if split and not is_word(cell) and is_plain_word(split[0]):
        if answers_label(table, cell):
            quoted.append((split[0], cell))
            return
        _keep(table, head, split[0], with_text(cell, split[1]), used)
        return
    joined = split_unruled(table, cell) if not is_word(cell) else None
    if joined is not None:
        _keep(table, head, joined[0], with_text(cell, joined[1]), used)
        return
    if not is_word(cell) and normalise(cell.text) not in YEAR_WORDS:
        return
    value = find_value(table, cell, stop)
    if value is not None and value.row == cell.row and match_column(cell.text) in AMOUNT_KINDS:
        value = choose_year(table, cell, value)
    if value is not None:
        _keep(table, head, cell.text, value, used, word_cell=cell)
        _append_rest(table, head, cell, value, stop, used)


def _settle_quoted(table: IndexedGrid, head: FormHead, word: str, cell: Cell, used: set[int]) -> None:
    """Settle a text beside a label that begins with the word of a field, once all others are read.

    It is no field's where the head prints that field elsewhere. Beside a label that groups others (基本情况) it is the
    field; else raises Refused.
    """
    column, left = match_column(word), table.cell(cell.row, cell.col - 1)
    if column not in HEAD_COLUMNS or column in head.fields:
        return
    if left is not None and is_group(left.text):
        _keep(table, head, word, with_text(cell, cell.text[len(word) + 1 :]), used)
        return
    detail = f"row {cell.row + 1}: {cell.text[:30]!r} may be the value of {word!r} or of the label beside it"
    raise Refused(Reason.CONSERVATION, detail, table.page_of(cell))


def _append_rest(table: IndexedGrid, head: FormHead, word: Cell, value: Cell, stop: int, used: set[int]) -> None:
    """Append the cells below a goal's value that go on with it: 目标1：… over 目标2：…, beside one word.

    They are as wide and stand in the rows of the word, or, where the value is below its word, of the label left of
    both. What follows a blank cell or another word is no part of it.
    """
    column = match_column(word.text)
    known = head.fields.get(column) if column in GOALS else None
    if known is None or known.fragments[-1].box != value.box:
        return
    last = min(stop, end_of_label(table, word, value))
    row = value.row + value.rowspan
    while row < last:
        cell = table.cell(row, value.col)
        if cell is None or (cell.row, cell.col, cell.colspan) != (row, value.col, value.colspan) or not cell.text:
            return
        split = split_label(cell.text)
        if is_word(cell) or (split is not None and is_plain_word(split[0])):
            return
        known.fragments.append(Printed(cell.text, table.page_of(cell), cell.box))
        used.add(id(cell))
        row += cell.rowspan


def _keep(
    table: IndexedGrid, head: FormHead, word: str, value: Cell, used: set[int], word_cell: Cell | None = None
) -> None:
    """Store a value under the column of its word; the first one printed counts."""
    if normalise(word) in YEAR_WORDS:
        found = YEARS.search(fold_years(value.text))
        head.year = head.year or find_year(value.text) or (int(found.group()) if found else None)
        return
    if PERIOD_WORDS.match(normalise(word)):
        head.period = find_period(value.text) or head.period
        head.closed = is_closed(value.text)
    column = match_column(word)
    if column not in HEAD_COLUMNS or column is None:
        return
    if column in GOALS and NUMBERED_GOAL.match(normalise(value.text)):
        detail = f"row {value.row + 1}: {value.text!r} stands for a goal beside {word!r}: its text is in another cell"
        raise Refused(Reason.CONSERVATION, detail, table.page_of(value))
    if column in GOALS and (own := _find_goal_word(value.text)):
        detail = f"row {value.row + 1}: {value.text[:30]!r} holds the word {own!r} beside {word!r}: which goal is it?"
        raise Refused(Reason.CONSERVATION, detail, table.page_of(value))
    if column in AMOUNT_KINDS and (listed := split_amounts(value.text)):
        used.add(id(value))
        for own_word, amount in listed:
            _keep(table, head, own_word or word, with_text(value, amount), used, word_cell=word_cell)
        return
    if column in head.fields and column not in AMOUNT_KINDS:
        if column not in SINGLE or not _outranks(table, head, column, word, value):
            return
    elif column in head.fields and not head.fields[column].text.strip("/／-—– "):
        if not is_figure(value.text) or normalise(word) in PARTS:
            return
        head.money_units.pop(column, None)
    elif column in head.fields:
        is_rival = id(value) not in used and normalise(word) not in PARTS
        if not is_rival or not _takes_over(table, head, column, word, value):
            return
        head.money_units.pop(column, None)
    head.said_by[column] = normalise(word)
    used.add(id(value))
    head.fields[column] = field_of(value, table.page_of(value))
    head.years += find_in_words([(column, (word,))])
    if column in AMOUNT_KINDS:
        unit = find_money_unit(word) or (unit_beside(table, word_cell) if word_cell else None)
        if unit:
            head.money_units[column] = unit


def _find_goal_word(text: str) -> str:
    """Return the label of a goal with its period at the beginning of a text: no rule parts them; "" for none."""
    found = LABEL_OF_PERIOD.match(text)
    return found.group() if found and match_column(found.group()) in GOALS else ""


def _outranks(table: IndexedGrid, head: FormHead, column: Column, word: str, value: Cell) -> bool:
    """Return True if a second text of one field counts: the first one is blank, or named by a wider word.

    Raises Refused where either may count.
    """
    first = head.fields[column].text
    if not value.text or fold_name(value.text) == fold_name(first):
        return False
    if not first:
        return True
    was_wide, is_wide = (bool(WIDER.match(w)) for w in (head.said_by.get(column, ""), normalise(word)))
    if was_wide != is_wide:
        return was_wide
    detail = f"one head names {first[:30]!r} and {value.text[:30]!r}"
    raise Refused(Reason.CONSERVATION, detail, table.page_of(value))


def _takes_over(table: IndexedGrid, head: FormHead, column: Column, word: str, value: Cell) -> bool:
    """Return True if a second amount of one kind counts, by a person's choice; raises Refused without one."""
    first, page = head.fields[column], table.page_of(value)
    detail = find_second_amount(first.text, value.text, word)
    if detail is None:
        return False
    labels = [cell.text for cell in table.cells if is_word(cell)]
    rivals = (head.said_by.get(column, ""), first.printed()), (word, field_of(value, page).printed())
    return settle(ask_head_amount(column, rivals, labels), Reason.CONSERVATION, detail) == name_amounts(rivals)[1]


def _read_matrix(table: IndexedGrid, start: int, stop: int, head: FormHead, used: set[int]) -> None:
    """Read amounts in a table of their own, words 年初预算数, 全年预算数, 全年执行数: the first row of sums."""
    for row in range(start, stop):
        starting = [c for c in table.starting(row) if match_column(c.text) in AMOUNT_KINDS]
        depth = min((c.rowspan for c in starting), default=1)
        words = [c for c in starting if c.rowspan == depth]
        kinds = {match_column(c.text) for c in words}
        below = row + depth
        if len(kinds) < 2 or below >= stop or not heads_figures(table, words, below):
            continue
        below = find_sum(table, words, below, stop)
        for word in words:
            value = table.cell(below, word.col)
            if value is not None and not is_word(value):
                _keep(table, head, word.text, value, used, word_cell=word)
                used.add(id(word))
        for cell in table.row_cells(below):
            if match_column(cell.text) in AMOUNT_KINDS:
                used.add(id(cell))
                unit = find_money_unit(cell.text) or unit_beside(table, cell)
                for column in kinds:
                    if unit and column is not None:
                        head.money_units.setdefault(column, unit)
        return
