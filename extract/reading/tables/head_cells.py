"""Tell the labels of a form's head from their values, and find the value of a label.

The value of a word is in the cell to its right; in the cell below if the cell to its right is a word too.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import takewhile

from extract.entities import AMOUNT_KINDS, GOALS, Cell, Column
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.header_words import (
    find_money_unit,
    is_group,
    is_ignored,
    match_column,
    names_goal,
    normalise,
)
from extract.reading.tables.indexed_grid import IndexedGrid

SPLIT = re.compile(r"^([^:：]{2,20})[:：](.+)$", re.S)
YEAR_WORDS = frozenset({"预算年度", "年度", "年份", "申报年度", "填报年度", "所属年度"})
LONGEST_WORD = 12
SUMS = re.compile(r"[合总共]计$")
TOTALS = re.compile(r"(?:金额|资金|预算)?(?:[合总]计|总额|总金额)$")
THIS_YEAR = re.compile(r"[本当]年(?!.*以前)")
YEAR_OF_COLUMN = re.compile(r"[本当]年|[上去前]年|以前年|以后年|20[0-4]\d年")


@lru_cache(maxsize=4096)
def split_label(text: str) -> tuple[str, str] | None:
    """Split a text at its first colon: 项目名称：绿化 → (项目名称, 绿化); None without a colon."""
    found = SPLIT.match(text)
    return (found.group(1), found.group(2)) if found else None


def is_word(cell: Cell | None) -> bool:
    """Return True if a cell is a word of the form rather than a value."""
    if cell is None or not cell.text or len(cell.text) > 40:
        return False
    if cell.text.rstrip().endswith((":", "：")):
        return True  # a label, known or not
    return is_known(cell)


def is_known(cell: Cell) -> bool:
    """Return True if a cell is a listed word."""
    return match_column(cell.text) is not None or is_ignored(cell.text) or is_group(cell.text)


def choose_year(table: IndexedGrid, word: Cell, value: Cell) -> Cell:
    """Return the figure of this year among those beside the word of an amount, by the words above their columns.

    上年 | 本年 over 资金总额 | 120.00 | 150.00. A figure behind another label (财政拨款 | 120.00) is that label's.
    Raises Refused where words of years do not tell.
    """
    right = [c for c in table.row_cells(word.row) if c.col > word.col and c.text]
    figures = list(takewhile(lambda c: is_figure(c.text), right))
    heads = [_find_column_word(table, c) for c in figures]
    yearly = [head for head in heads if YEAR_OF_COLUMN.match(head)]
    if len(figures) < 2 or not yearly or len({c.text for c in figures}) == 1:
        return value
    current = [c for c, head in zip(figures, heads, strict=True) if THIS_YEAR.match(head)]
    if len(current) == 1:
        return current[0]
    detail = f"row {word.row + 1}: {'、'.join(c.text for c in figures)} beside {word.text[:20]!r}: which year's is it?"
    raise Refused(Reason.CONSERVATION, detail, table.page_of(value))


def _find_column_word(table: IndexedGrid, figure: Cell) -> str:
    """Return the nearest text above a figure in its column that is no figure, "" where there is none."""
    for row in range(figure.row - 1, -1, -1):
        cell = table.cell(row, figure.col)
        if cell is None or (cell.text and cell.col != figure.col):
            return ""
        if cell.text and not is_figure(cell.text):
            return normalise(cell.text)
    return ""


def answers_label(table: IndexedGrid, cell: Cell) -> bool:
    """Return True if a text is the value of a label that is not loaded: 项目概况 | 年度目标：….

    A label over several rows is none: it groups what is beside it.
    """
    left = table.cell(cell.row, cell.col - 1)
    if left is None or not left.text or left.rowspan != cell.rowspan or left.row != cell.row:
        return False
    if split_label(left.text) or match_column(left.text) is not None:
        return False
    return is_known(left) or (left.col == 0 and len(normalise(left.text)) <= LONGEST_WORD)


def end_of_label(table: IndexedGrid, word: Cell, value: Cell) -> int:
    """Return the row below a goal's word, or below the label left of it that spans word and value."""
    if value.row == word.row:
        return word.row + word.rowspan
    label = table.cell(word.row, word.col - 1)
    while label is not None and label.row + label.rowspan <= value.row:
        label = table.cell(word.row, label.col - 1) if label.col else None
    return label.row + label.rowspan if label is not None else value.row


def split_unruled(table: IndexedGrid, cell: Cell) -> tuple[str, str] | None:
    """Split a cell of word and value without a rule between: 专项（项目）名称伯乐奖 (西安)."""
    if cell.colspan < table.grid.n_cols:
        return None
    for size in range(min(len(cell.text) - 1, LONGEST_WORD), 3, -1):
        if cell.text[:size].endswith("名称") and match_column(cell.text[:size]) == Column.PROJECT:
            return cell.text[:size], cell.text[size:]
    return None


def is_plain_word(text: str) -> bool:
    """Return True for a listed word that means something by itself: a field, a year, a column that is not loaded."""
    return match_column(text) is not None or is_ignored(text) or normalise(text) in YEAR_WORDS


def with_text(cell: Cell, text: str) -> Cell:
    """Return the cell with a part of its text."""
    return Cell(cell.row, cell.col, cell.rowspan, cell.colspan, cell.box, text.strip())


def find_value(table: IndexedGrid, word: Cell, stop: int) -> Cell | None:
    """Return the cell of a word's value, None where the word is only above other words."""
    under = _value_under_group(table, word, stop) if match_column(word.text) in GOALS else None
    if under is not None:
        return under
    right = table.cell(word.row, word.col + word.colspan)
    if right is not None and right.row >= word.row and not is_label(table, right):
        return _skip_sum(table, word, right)
    below = table.cell(word.row + word.rowspan, word.col)
    if right is not None and is_word(right) and right.rowspan < word.rowspan:
        if below is None or (below.col, below.colspan) != (word.col, word.colspan) or below.row >= stop:
            return None
        return below if is_figure(below.text) else None  # 预算支出总额 beside two rows of words (北京)
    if below is not None and below.row < stop and below.col == word.col and not is_label(table, below):
        return table.cell(find_sum(table, [below], below.row, stop), below.col) if is_figure(below.text) else below
    return None


def _skip_sum(table: IndexedGrid, word: Cell, right: Cell) -> Cell:
    """Return the figure beside 合计 or 总额 where that stands between a word of an amount and the figure."""
    if match_column(word.text) in AMOUNT_KINDS and TOTALS.match(normalise(right.text)):
        figure = table.cell(right.row, right.col + right.colspan)
        if figure is not None and is_figure(figure.text):
            return figure
    return right


def is_label(table: IndexedGrid, cell: Cell) -> bool:
    """Return True for a listed word, and for a text that ends with a colon if another text is beside or below it."""
    if not is_word(cell) or is_known(cell):
        return is_word(cell)
    beside = table.cell(cell.row, cell.col + cell.colspan)
    below = table.cell(cell.row + cell.rowspan, cell.col)
    has_value = below is not None and (below.col, below.colspan) == (cell.col, cell.colspan) and not is_known(below)
    return has_value or (beside is not None and not is_known(beside))


def _value_under_group(table: IndexedGrid, word: Cell, stop: int) -> Cell | None:
    """Return the cell below a word, where a word left of both spans the two rows.

    年度总体目标 beside 预期目标 over its text. The word to the right may be unlisted; it must not be taken for this
    word's value.
    """
    below = table.cell(word.row + word.rowspan, word.col)
    left = table.cell(word.row, word.col - 1)
    if below is None or left is None or below.row >= stop or not is_word(left) or not below.text:
        return None
    if names_goal(below.text) and len(normalise(below.text)) <= LONGEST_WORD:
        return None  # an unlisted label: 短期目标 below 长期目标
    if is_label(table, below):
        return None
    spans = left.row <= word.row and left.row + left.rowspan >= below.row + below.rowspan
    aligned = (below.row, below.col, below.colspan) == (word.row + word.rowspan, word.col, word.colspan)
    return below if spans and aligned else None


def unit_beside(table: IndexedGrid, word: Cell) -> str | None:
    """Return the unit in the word left of this one over several rows: 项目资金（万元）."""
    col = word.col - 1
    while col >= 0:
        cell = table.cell(word.row, col)
        if cell is None:
            return None
        unit = find_money_unit(cell.text)
        if unit:
            return unit
        col = cell.col - 1
    return None


def find_sum(table: IndexedGrid, heads: list[Cell], below: int, stop: int) -> int:
    """Return the row of sums among the rows of figures from `below` on, in the columns of `heads`.

    It is the one that says 合计, else the first.
    """
    row = below
    while row < stop and any((c := table.cell(row, head.col)) is not None and is_figure(c.text) for head in heads):
        if any(SUMS.match(normalise(c.text)) for c in table.row_cells(row)):
            return row
        row += 1
    return below


def heads_figures(table: IndexedGrid, words: list[Cell], below: int) -> bool:
    """Return True if words are above their amounts: by their meaning (执行数), or as no figure is beside them.

    项目资金总额 | 以前年度已安排 | 年度资金总额 over a row 合计: such a table may have unlisted words.
    """
    kinds = {match_column(word.text) for word in words}
    beside = [table.cell(word.row, word.col + word.colspan) for word in words]
    if any(c is not None and is_figure(c.text) for c in beside):
        return False
    if kinds & {Column.AMOUNT_ADJUSTED, Column.AMOUNT_EXECUTED}:
        return True
    under = [table.cell(below, word.col) for word in words]
    return all(c is not None and is_figure(c.text) for c in under)


def is_figure(text: str) -> bool:
    """Return True if a text is an amount and nothing else."""
    return bool(FIGURE.match(normalise(text)))
