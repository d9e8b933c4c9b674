"""Raise Refused for a form's head with an unlisted word that may be the label of a loaded field.

A head may have any fields, so an unlisted word alone is no reason to refuse. It is one if the head has no amount, goal
or unit, and the cell beside the word looks like one.
"""

from __future__ import annotations

import re

from extract.entities import AMOUNT_KINDS, GOALS, Box, Cell, Column
from extract.errors import Reason, Refused
from extract.reading.tables.drafts import confine
from extract.reading.tables.form_head import HEAD_COLUMNS, SINGLE, WIDER, FormHead
from extract.reading.tables.form_subject import OFFICE
from extract.reading.tables.head_cells import is_figure, is_word, split_label
from extract.reading.tables.header_words import (
    LONGEST,
    find_money_unit,
    is_group,
    is_ignored,
    match_column,
    names_goal,
    normalise,
)
from extract.reading.tables.indexed_grid import IndexedGrid

ABOUT_MONEY = re.compile(r"金额|资金|预算|经费|总额|投资")
MONEY_WORD = re.compile(r"(?:金额|资金|经费|总额|拨款|预算数)(?!来源|性质|用途|管理)")
GOAL_WORDS = re.compile(r"(?:年度|总体|实施期|中期|长期|年度总体|年度绩效|总体绩效|项目绩效|绩效|预期)目标")
OF_YEAR = re.compile(r"20\d\d年|[本当今]年|年度")
OF_BUDGET = re.compile(r"(?:支出|预算).*(?:总|规模)|总.*(?:支出|预算|盘子)")
ABOUT_GOALS = re.compile(r"目标")
NAMES_SOMETHING = re.compile(r"(?<!单位)(?<!部门)(?<!指标)名称$")
NO_UNIT = re.compile(r"地[址点区]|区域|范围|对象|来源|[处科股]室|人$")  # of a label beside the name of an office
SEAL = re.compile(r"[(（].{0,6}(?:盖章|签章|公章|签字|印章).{0,2}[)）]$")
ABOUT_UNITS = re.compile(r"单位(?!负责|联系|电话|地址|性质|代码|编码)")
NAMES = frozenset({Column.UNIT, Column.DEPARTMENT, Column.PROJECT, Column.CATEGORY})
HAS_FIGURE = re.compile(r"\d(?![\d年月级批号])")
LONGEST_WORD = 10
LONG_TEXT = 20  # characters: longer than a label
CHINESE = re.compile("[一-鿿]")
FIGURE_WORDS = re.compile("[年月日万亿千百元]")  # of amounts and dates, which are no part of a name or a goal


def check_head(table: IndexedGrid, head: FormHead) -> None:
    """Add the doubts of ambiguous cells to a head; each check is independent."""
    stop = table.grid.n_rows
    for refuse in (refuse_joined_words, refuse_unread_words, refuse_buried_goal, refuse_left_over, refuse_lists):
        with confine(head.doubts, table.grid.page):
            refuse(table, 0, stop, head)


def check_department(table: IndexedGrid, head: FormHead) -> None:
    """Add doubts to the head of a department's form: for lost rules, a goal or the total under an unlisted word."""
    found = list_printed(head)
    for refuse in (refuse_joined_words, refuse_buried_goal, refuse_lists):
        with confine(head.doubts, table.grid.page):
            refuse(table, 0, table.grid.n_rows, head)
    with confine(head.doubts, table.grid.page):
        for word in table.cells:
            value = table.cell(word.row, word.col + word.colspan)
            if value is None or len(word.text) > LONG_TEXT or is_word(word) or is_word(value):
                continue
            is_goal = len(value.text) > LONGEST_WORD and names_goal(word.text) and not found >= set(GOALS)
            is_sum = is_figure(value.text) and OF_BUDGET.search(word.text) and Column.AMOUNT not in found
            if is_goal or is_sum:
                shown = value.text[:20]
                detail = f"row {word.row + 1}: {shown!r} beside the unknown word {word.text!r} may be what is missing"
                raise Refused(Reason.UNKNOWN_HEADER, detail, table.page_of(word))


def check_titled(table: IndexedGrid, head: FormHead) -> None:
    """Add a doubt to a head whose project is named by the title alone and that names something: 任务名称."""
    with confine(head.doubts, table.grid.page):
        for word in table.cells:
            value = table.cell(word.row, word.col + word.colspan)
            if value is None or not value.text or is_word(value) or is_word(word) or is_figure(value.text):
                continue
            if NAMES_SOMETHING.search(normalise(word.text)):
                shown = value.text[:20]
                detail = f"row {word.row + 1}: {shown!r} beside the unknown word {word.text!r} may name the project"
                raise Refused(Reason.UNKNOWN_HEADER, detail, table.page_of(word))


def refuse_unread_words(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Raise Refused (unknown_header) with the first unlisted word whose value may be a field that the head lacks."""
    found, values = list_printed(head), {field.text for field in head.fields.values()}
    _refuse_unread_money(table, start, stop, head)
    for row in range(start, stop):
        for word in table.starting(row):
            if word.text in values or is_word(word) or len(word.text) > LONGEST:
                continue
            is_label_place = word.col == 0 and word.colspan < table.grid.n_cols
            joined = _find_joined_word(normalise(word.text), found, is_label_place)
            if joined:
                detail = f"row {row + 1}: {word.text[:20]!r} holds the word {joined!r}, which has no value"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(word))
            value = table.cell(word.row, word.col + word.colspan)
            if value is None or not value.text or is_word(value) or len(word.text) > 20:
                continue
            if _may_be_missing_field(word, value, found):
                detail = (
                    f"row {row + 1}: {value.text[:20]!r} beside the unknown word {word.text!r} may be what is missing"
                )
                raise Refused(Reason.UNKNOWN_HEADER, detail, table.page_of(word))


def refuse_buried_goal(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Raise Refused (conservation) for a long text that holds the word of a goal that the head lacks.

    Without the rule between them the word stands among the lines of its text.
    """
    missing = [column for column in GOALS if column not in head.fields]
    stored = {(printed.page, printed.box) for one in head.fields.values() for printed in one.fragments}
    for row in range(start, stop) if missing else ():
        for cell in table.starting(row):
            words = GOAL_WORDS.findall(normalise(cell.text)) if len(cell.text) > LONG_TEXT else []
            if (table.page_of(cell), cell.box) not in stored and any(match_column(word) in missing for word in words):
                detail = f"row {row + 1}: {cell.text[:20]!r} holds the word {words[0]!r}, which has no value"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(cell))


def _refuse_unread_money(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Refuse a head without an amount that has a figure in or beside a text about money.

    An investment over years alone (项目总投资) is no amount of the year, which another text may name.
    """
    found = list_printed(head) & set(AMOUNT_KINDS)
    if found - {Column.AMOUNT_TOTAL}:
        return
    values = {field.text for field in head.fields.values()}
    for row in range(start, stop):
        for cell in table.starting(row):
            text = normalise(cell.text)
            is_money = MONEY_WORD.search(text) or find_money_unit(cell.text)
            if len(text) > LONGEST or cell.text in values or not is_money or (found and not OF_YEAR.search(text)):
                continue
            beside = [c for line in range(row, min(stop, row + cell.rowspan)) for c in table.row_cells(line)]
            if any(c.text not in values and HAS_FIGURE.search(c.text) for c in beside):
                detail = f"row {row + 1}: {cell.text[:30]!r} speaks of money and no amount was found"
                raise Refused(Reason.UNKNOWN_HEADER, detail, table.page_of(cell))


def list_printed(head: FormHead) -> set[Column]:
    """List the fields of a head that print a text; a blank cell or a dash may be no value at all."""
    return {column for column, field in head.fields.items() if field.text.strip("/／-—– ")}


def refuse_left_over(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Raise Refused (conservation) for the first text of a head that is no word, no value and no label with a value.

    Labels and values take turns in a row. A second text beside the word of a name or goal may be a part of it, and so
    may one beside its value.
    """
    stored = {(printed.page, printed.box) for one in head.fields.values() for printed in one.fragments}
    labels: dict[int, bool] = {}  # by cell: whether it is a label
    for row in range(start, stop):
        for cell in table.starting(row):
            if not cell.text:
                continue
            is_stored = (table.page_of(cell), cell.box) in stored
            labels[id(cell)] = is_word(cell) or (not is_stored and _is_unlisted_label(table, cell, head, labels))
            if labels[id(cell)] or is_stored or _is_no_part(cell):
                continue
            if not _belongs(table, cell, head, labels):
                detail = f"row {row + 1}: {cell.text[:30]!r} belongs to no word of the form's head"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(cell))


def _is_unlisted_label(table: IndexedGrid, cell: Cell, head: FormHead, labels: dict[int, bool]) -> bool:
    """Return True if a text that is no word stands where labels do.

    A text is beside it, or it is in a row of words over their values.
    """
    left = table.cell(cell.row, cell.col - 1) if cell.col else None
    if left is not None and labels.get(id(left), False):
        return not is_figure(cell.text) and _is_over_value(table, left, head)
    beside = table.cell(cell.row, cell.col + cell.colspan)
    return beside is not None and bool(beside.text)


def _is_over_value(table: IndexedGrid, word: Cell, head: FormHead) -> bool:
    """Return True if the field of a word was read from the cell right below it."""
    below, column = table.cell(word.row + word.rowspan, word.col), match_column(word.text)
    known = head.fields.get(column) if column is not None else None
    return below is not None and known is not None and known.fragments[0].box == below.box


def _is_no_part(cell: Cell) -> bool:
    """Return True for a text that is no part of a name or goal: a caption with its value, a figure, a date, a seal."""
    split = split_label(cell.text)
    if split is not None and len(normalise(split[0])) <= LONGEST_WORD:
        return True
    return bool(SEAL.match(cell.text)) or not CHINESE.search(FIGURE_WORDS.sub("", cell.text))


def refuse_joined_words(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Raise Refused (conservation) where a rule between two cells of a head is missing.

    Two words in one cell of which one has no value elsewhere, a value and the next word in one cell, or one value
    beside two words below each other.
    """
    for row in range(start, stop):
        for cell in table.starting(row):
            if _mixes_label(cell.text, head) or (not is_word(cell) and _joins_words(table, cell, head)):
                detail = f"row {row + 1}: {cell.text[:30]!r} holds more than one word or value"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(cell))
            below = table.cell(cell.row + cell.rowspan, cell.col)
            beside = table.cell(row, cell.col + cell.colspan)
            if below is not None and beside is not None and _stands_under_both(below, cell, beside):
                detail = f"row {below.row + 1}: {below.text[:30]!r} stands under two words"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(below))
            value = beside
            if value is None or value.row >= row or not value.text or is_word(value) or not is_word(cell):
                continue
            first = table.cell(value.row, value.col - 1)
            if first is None or first is cell or not is_word(first):
                continue
            if {match_column(cell.text), match_column(first.text)} & HEAD_COLUMNS:
                detail = f"row {row + 1}: {value.text[:30]!r} stands beside two words"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(value))


def refuse_lists(table: IndexedGrid, start: int, stop: int, head: FormHead) -> None:
    """Raise Refused (conservation) where the word of a name that was read heads a column of a list.

    工作步骤 | 责任单位 | 完成时限 over a row for each step. Its value stands where another label does, or below it in
    several rows.
    """
    for row in range(start, stop):
        for word in table.starting(row):
            column = match_column(word.text)
            known = head.fields.get(column) if column in NAMES and column is not None else None
            if known is not None and _heads_list(table, word, known.fragments[0].box):
                detail = f"row {row + 1}: {word.text!r} may head a column of a list, and have no value"
                raise Refused(Reason.CONSERVATION, detail, table.page_of(word))


def _heads_list(table: IndexedGrid, word: Cell, value: Box) -> bool:
    """Return True if a word stands among other labels of a row, where values do, with its own value beside or below."""
    texts = [c for c in table.row_cells(word.row) if c.text and c.rowspan == word.rowspan]
    before = [c for c in texts if c.col < word.col]
    beside, below = table.cell(word.row, word.col + word.colspan), table.cell(word.row + word.rowspan, word.col)
    if not before or any(map(is_word, before)):
        return False
    if beside is not None and beside.box == value:
        return len(before) % 2 == 1 and len(texts) > len(before) + 2
    if below is None or below.box != value:
        return False
    last = table.cell(below.row + below.rowspan, word.col)
    return last is not None and (last.col, last.colspan) == (word.col, word.colspan) and not is_word(last)


def _mixes_label(text: str, head: FormHead) -> bool:
    """Return True if a label about money holds a figure: 年度资金总150万额：, without a rule between them."""
    is_label = text.rstrip().endswith((":", "：")) and not _is_listed(text) and not set(head.fields) & set(AMOUNT_KINDS)
    return is_label and bool(ABOUT_MONEY.search(text) and HAS_FIGURE.search(text))


def _stands_under_both(below: Cell, cell: Cell, beside: Cell) -> bool:
    """Return True if one value is right under two words side by side and as wide as both: two goals."""
    goals = {match_column(cell.text), match_column(beside.text)} == set(GOALS)
    covers = below.col == cell.col and below.colspan >= cell.colspan + beside.colspan
    return goals and covers and bool(below.text) and not is_word(below)


def _joins_words(table: IndexedGrid, cell: Cell, head: FormHead) -> bool:
    """Return True if a text is two words, or a value and a word behind it, one of them without a value elsewhere.

    Not joined are a label made of words that have values elsewhere (项目预算执行情况, 目标完成情况), and a project's
    name that ends with a word.
    """
    text, missing = normalise(cell.text), HEAD_COLUMNS - set(head.fields)
    if not 4 < len(text) <= LONGEST or any(field.text == cell.text for field in head.fields.values()):
        return False
    parts = [(text[:k], text[k:]) for k in range(2, len(text) - 1)]
    for joined in parts:
        if all(map(_is_listed, joined)) and {match_column(word) for word in joined} & missing:
            return True
    beside = table.cell(cell.row, cell.col + cell.colspan)
    if beside is None or not beside.text or is_word(beside):
        return False
    return any(len(a) >= 4 and len(b) >= 4 and match_column(b) in NAMES & missing for a, b in parts)


def _is_listed(word: str) -> bool:
    return match_column(word) is not None or is_ignored(word) or is_group(word)


def _find_joined_word(text: str, found: set[Column], is_label_place: bool) -> str:
    """Return the word that a text contains and that has no other value: no rule parts them.

    Texts that are centred mix their lines (150.年度资金总额00), so all of a short one is searched.
    """
    sizes = range(min(len(text) - 1, LONGEST_WORD), 3, -1)
    words = [w for k in sizes for w in (text[:k], text[-k:])]
    if len(text) <= LONGEST and (is_label_place or MONEY_WORD.search(text)):
        inner = [text[i : i + k] for k in sizes for i in range(1, len(text) - k)]
        words += [w for w in inner if match_column(w) in NAMES | set(AMOUNT_KINDS)]
    return next((w for w in words if (c := match_column(w)) in HEAD_COLUMNS and c not in found), "")


def _belongs(table: IndexedGrid, cell: Cell, head: FormHead, labels: dict[int, bool]) -> bool:
    """Return True if a text of a head that no field has is a title, or the value of a label that is not loaded."""
    if cell.col == 0:
        return True
    above = table.cell(cell.row - 1, cell.col) if cell.row else None
    if above is not None and (above.col, above.colspan) == (cell.col, cell.colspan) and labels.get(id(above), False):
        column, beside = match_column(above.text), table.cell(above.row, above.col + above.colspan)
        if beside is None or not beside.text or labels.get(id(beside), False):  # a row of labels
            return column not in SINGLE or column not in head.fields
    left = table.cell(cell.row, cell.col - 1)
    if left is None or not left.text:
        words_above = [table.cell(row, cell.col) for row in range(cell.row)]
        return any(is_word(c) for c in words_above) and any(is_word(c) for c in table.row_cells(cell.row))
    while left is not None and left.text and not labels.get(id(left), False):
        left = table.cell(cell.row, left.col - 1) if left.col else None
    column = match_column(left.text) if left is not None else None
    is_second = left is not None and left.col + left.colspan < cell.col
    if is_second and column is Column.DEPARTMENT and Column.UNIT not in head.fields and OFFICE.search(cell.text):
        return False  # the unit, whose word is lost
    known = head.fields.get(column) if left is not None and column in SINGLE else None
    return known is None or cell.text in known.text or (left is not None and bool(WIDER.match(normalise(left.text))))


def _may_be_missing_field(word: Cell, value: Cell, found: set[Column]) -> bool:
    """Return True if an unlisted label and its value look like an amount, a goal or a unit that `found` lacks."""
    text = normalise(word.text)
    if not found & set(AMOUNT_KINDS) and ABOUT_MONEY.search(text) and is_figure(value.text):
        return True
    if not found & set(GOALS) and ABOUT_GOALS.search(text) and len(value.text) > 8:
        return True
    if not found >= set(GOALS) and names_goal(text) and not is_figure(value.text):
        return True  # the other goal
    if Column.UNIT in found or is_figure(value.text):
        return False
    return bool(ABOUT_UNITS.search(text)) or bool(OFFICE.search(value.text) and not NO_UNIT.search(text))
