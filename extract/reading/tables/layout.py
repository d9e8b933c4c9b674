"""Find the header blocks of a table: which rows are header, and the meaning of each printed column."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from extract.entities import GOALS, Cell, Column, Question
from extract.reading.tables.column_evidence import (
    find_unlisted,
    is_known,
    judge_words,
    settle_signs,
    settle_unlisted,
)
from extract.reading.tables.divided_values import divide_values
from extract.reading.tables.drafts import Doubt
from extract.reading.tables.header_words import (
    find_money_unit,
    is_group,
    is_ignored,
    match_column,
    names_units,
    normalise,
)
from extract.reading.tables.headings import VALUES, Heading
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.money_columns import settle_money
from extract.reading.tables.numbered_text import looks_numbered
from extract.reading.tables.value_columns import settle_yearly, take_period
from extract.reading.tolerances import TOLERANCES

INDICATOR_WORDS = frozenset(
    {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.ANNUAL_VALUE, Column.CYCLE_VALUE, Column.SIGN}
    | {Column.MEASURE_UNIT, Column.WEIGHT, Column.ACTUAL_VALUE, Column.SCORE, Column.DEVIATION}
)
BARE_VALUES = frozenset({"内容", "数值", "值"})  # 指标值 over 运算符号, 内容 and 度量单位
NAMES_INDICATOR = frozenset({"绩效指标", "年度绩效指标", "指标", "年度指标"})
SUMS = frozenset({"合计", "小计", "总计", "总额", "金额", "资金总额"})
DEEPEST = 4  # rows of a header
NUMBERED = (Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.CYCLE_VALUE, Column.ANNUAL_VALUE)
CYCLE = ("长期", "中期", "实施期", "实施周期", "总体", "周期")


@dataclass(frozen=True, slots=True)
class Layout:
    """A header block: rows [start, stop) of its table and the columns under it, left to right."""

    start: int
    stop: int
    headings: tuple[Heading, ...]
    doubts: tuple[Doubt, ...] = ()  # of every project that is read under it
    ignored: tuple[str, ...] = ()  # unlisted words over columns that no reading needs
    settled: tuple[Question, ...] = ()  # whose answers it rests on
    is_numbered: bool = False  # one cell holds all indicators of a project as a numbered text

    @property
    def columns(self) -> tuple[Column, ...]:
        """The loaded columns, in printed order."""
        printed = [h.column for h in self.headings if h.column is not None]
        if self.is_numbered:
            place = printed.index(Column.INDICATOR)
            printed[place : place + 1] = NUMBERED
        return tuple(printed)

    @property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """The words printed above each column."""
        return tuple(h.words for h in self.headings)

    @property
    def names_units(self) -> bool:
        """True if units are printed among the projects: 单位（项目）名称."""
        project = self.find(Column.PROJECT)
        return project is not None and names_units(project.word)

    def find(self, column: Column, block: int = 0) -> Heading | None:
        """Return the first heading of that meaning."""
        return next((h for h in self.headings if h.column == column and h.block == block), None)

    @property
    def blocks(self) -> int:
        """The number of tables side by side."""
        return 1 + max((h.block for h in self.headings), default=0)

    @property
    def is_flat(self) -> bool:
        """True for many projects in one table: the project is a column."""
        return Column.PROJECT in self.columns

    def money_unit(self, column: Column) -> str | None:
        """Return 元 or 万元 as the words above an amount column print it."""
        heading = self.find(column)
        return next((u for w in heading.words if (u := find_money_unit(w))), None) if heading else None


def move_layout(layout: Layout, before: tuple[float, ...], now: tuple[float, ...]) -> Layout:
    """Map a layout to a table without a header by its upright lines: at the same places, but some may be missing."""
    headings = []
    for heading in layout.headings:
        first = max(
            (k for k, x in enumerate(now[:-1]) if x <= before[heading.first] + TOLERANCES.column_moved_pt), default=0
        )
        last = min(
            (k for k, x in enumerate(now) if x >= before[heading.last] - TOLERANCES.column_moved_pt),
            default=len(now) - 1,
        )
        headings.append(replace(heading, first=first, last=max(last, first + 1)))
    return replace(layout, headings=tuple(headings))


def take_out(layout: Layout, columns: Collection[Column]) -> Layout:
    """Remove columns from a layout whose values are read elsewhere."""
    return replace(
        layout, headings=tuple(replace(h, column=None) if h.column in columns else h for h in layout.headings)
    )


def find_layouts(table: IndexedGrid, known: Layout | None = None) -> list[Layout]:
    """Find all header blocks of a grid, top to bottom; `known` is that of the table that it may continue."""
    found: list[Layout] = []
    row = 0
    while row < table.grid.n_rows:
        layout = find_layout(table, row)
        if layout is not None:
            found.append(layout if known is None else adopt_columns(layout, known))
            row = layout.stop
        else:
            row += 1
    return found


def find_layout(table: IndexedGrid, row: int) -> Layout | None:
    """Find the header block that begins at a row, None where there is none; unlisted words are its doubts."""
    first = table.starting(row)
    numbered = _find_numbered(table, row, first)
    if numbered is not None:
        return numbered
    if not any(map(_is_header_row, (first, _add_rows_below(table, row, first), _close_block(table, row, first)))):
        return None
    stop = _find_stop(table, row, first)
    cells = _find_leaves(table, row, stop)
    labels = {c.col for c in cells if c.row + c.rowspan > stop}  # beside the rows, not over them: 绩效目标
    resolved = _resolve([_read_leaf(table, leaf, row) for leaf in cells])
    resolved = [_take_label(h) if h.first in labels else h for h in resolved]
    headings = divide_values(table, stop, settle_value(table, stop, settle_indicator(resolved)))
    headings = settle_signs(table, stop, headings)
    found = {h.column for h in headings}
    named = found & {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR}
    if not named - {Column.LEVEL1} or (not found & VALUES and len(named) < 2):
        return None
    headings = settle_unlisted(table, stop, headings)
    unlisted = [h for h in find_unlisted(headings) if h.words]
    if not {h.column for h in headings} & VALUES and not (unlisted and _speaks_of_indicators(headings)):
        return None  # levels of a catalogue (政府购买服务指导性目录: 一级, 二级, 三级, 预算金额)
    verdict = judge_words(table, row, stop, headings)
    titles = table.starting(row - 1) if row else []
    settled = take_period(verdict.headings, titles[0].text if len(titles) == 1 else "")
    return Layout(row, stop, settled, verdict.doubts, verdict.ignored, verdict.settled)


def _find_numbered(table: IndexedGrid, row: int, first: list[Cell]) -> Layout | None:
    """Find a header of projects whose indicators are one numbered text in a cell (广州)."""
    columns = {match_column(c.text): c for c in first if c.text}
    lists = [c for c in first if c.text and (is_group(c.text) or match_column(c.text) == Column.INDICATOR)]
    if Column.PROJECT not in columns or not lists:
        return None
    stop = _find_stop(table, row, first)
    leaves = [_read_leaf(table, leaf, row) for leaf in _find_leaves(table, row, stop)]
    below = range(stop, table.grid.n_rows)
    numbered = [
        k
        for k, leaf in enumerate(leaves)
        if (is_group(leaf.word) or match_column(leaf.word) == Column.INDICATOR)
        and any((c := table.cell(r, leaf.first)) and looks_numbered(c.text) for r in below)
    ]
    if len(numbered) != 1:
        return None
    headings = [
        replace(leaf, column=Column.INDICATOR if k == numbered[0] else column)
        for k, (leaf, column) in enumerate(zip(leaves, (h.column for h in _resolve(leaves)), strict=True))
    ]
    headings = settle_money(table, stop, headings)
    verdict = judge_words(table, row, stop, headings)
    return Layout(
        row, stop, tuple(verdict.headings), verdict.doubts, verdict.ignored, verdict.settled, is_numbered=True
    )


def adopt_columns(layout: Layout, known: Layout) -> Layout:
    """Give a header that is repeated with the same words the columns found below the first one."""
    if layout.words != known.words or layout.columns == known.columns or layout.is_numbered:
        return layout
    pairs = zip(layout.headings, known.headings, strict=True)
    headings = tuple(replace(h, column=k.column, block=k.block) for h, k in pairs)
    return replace(layout, headings=headings, doubts=known.doubts, ignored=known.ignored, settled=known.settled)


def finish_header(layout: Layout, table: IndexedGrid, row: int) -> Layout | None:
    """Complete a header that the end of a page cuts by the first row of the next page.

    None where the row is no such rest: each of its texts must make a listed word with the one above it (分值权重 |
    （90分）, 绩 | 效指标).
    """
    texts = [cell for cell in table.row_cells(row) if cell.text]
    headings = {id(c): h for c in texts for h in layout.headings if h.first <= c.col < h.last and h.words}
    if not texts or len(headings) < len(texts):
        return None
    whole = {id(headings[id(c)]): headings[id(c)].word + c.text for c in texts}
    if not all(_is_finished(h, whole[id(h)]) for h in headings.values()):
        return None
    words = [replace(h, words=(*h.words[:-1], whole[id(h)])) if id(h) in whole else h for h in layout.headings]
    done = tuple(replace(h, column=h.column or match_column(h.word)) for h in words)
    return replace(layout, headings=done)


def _is_finished(heading: Heading, word: str) -> bool:
    """Return True if a word is listed and has the meaning that its upper part was taken for."""
    column = match_column(word)
    if heading.column is None:
        return column is not None or is_ignored(word) or is_group(word)
    return column == heading.column or (column == Column.ANNUAL_VALUE and heading.column == Column.VALUE)


def _take_label(heading: Heading) -> Heading:
    """Return the heading of a label column without a meaning; a known word (长期绩效指标) stays."""
    return replace(heading, column=None, words=heading.words if is_known(heading.word) else ())


def _speaks_of_indicators(headings: list[Heading]) -> bool:
    """Return True if the words of the levels are those of indicators, not of a catalogue."""
    return any("指标" in word for h in headings for word in h.words)


def _add_rows_below(table: IndexedGrid, row: int, first: list[Cell]) -> list[Cell]:
    """Return a row with deep words and the cells beside them: 一级指标 over two rows beside 中期指标 (安徽)."""
    deep = [c.rowspan for c in first if c.rowspan > 1 and match_column(c.text) in (Column.LEVEL1, Column.LEVEL2)]
    below = range(row + 1, min(row + max(deep, default=1), table.grid.n_rows))
    return [*first, *(c for k in below for c in table.starting(k))] if below else []


def _close_block(table: IndexedGrid, row: int, first: list[Cell]) -> list[Cell]:
    """Return the cells of the rows in which a row's deep words end: 序号 over three rows beside groups."""
    last = row + max((c.rowspan for c in first), default=1)
    if not row + 1 < last <= min(row + DEEPEST, table.grid.n_rows):
        return []
    cells = [*first, *(c for k in range(row + 1, last) for c in table.starting(k))]
    return cells if all(c.row + c.rowspan <= last for c in cells) else []


def _is_header_row(cells: list[Cell]) -> bool:
    """Return True for at least three known words about indicators or projects, and mostly known words."""
    words = [c for c in cells if c.text]
    known = [c for c in words if match_column(c.text) or normalise(c.text) == "单位"]
    if not known:
        return False  # most rows: they are not headers
    about = {match_column(c.text) for c in known}
    helped = [c for c in words if is_ignored(c.text) or is_group(c.text)]
    levels = {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR} & about
    if about <= VALUES | set(GOALS):
        return False  # a label of goals in a head: 目标任务 beside 年度目标
    enough = len(about) >= 3 and (bool(about & INDICATOR_WORDS) or any(is_group(c.text) for c in words))
    all_known = len({id(c) for c in [*known, *helped]}) >= TOLERANCES.known_words_share * len(words)
    return all_known and (enough or len(levels) >= 2) and bool(words)


def _find_stop(table: IndexedGrid, row: int, first: list[Cell]) -> int:
    """Return one past the last header row: as deep as a header cell spans, or as groups have words below them."""
    words = [c for c in first if match_column(c.text)]
    about = [c for c in words if match_column(c.text) in INDICATOR_WORDS]  # a label beside the rows is deeper: 绩效目标
    stop = row + max((c.rowspan for c in about or words), default=1)
    while stop < table.grid.n_rows:
        spanning = [c for c in table.row_cells(stop) if row <= c.row < stop]
        words = [c for c in table.starting(stop) if c.text]
        known = all(match_column(c.text) or is_ignored(c.text) or is_group(c.text) or _is_unit(c) for c in words)
        if words and known and (len(words) >= 2 or spanning):
            stop += 1
            continue
        if spanning and any(match_column(c.text) for c in spanning) and not words:
            stop += 1
            continue
        break
    return stop


def _is_unit(cell: Cell) -> bool:
    return normalise(cell.text) == "单位"


def _find_leaves(table: IndexedGrid, start: int, stop: int) -> list[Cell]:
    """Return the lowest header cell of each printed column, left to right."""
    leaves: list[Cell] = []
    for cell in table.row_cells(stop - 1):
        if cell.row >= start:
            leaves.append(cell)
    return leaves


def _read_leaf(table: IndexedGrid, leaf: Cell, start: int) -> Heading:
    """Return the words above and in a leaf; a blank leaf takes the word of the cell above it."""
    words: list[str] = []
    for row in range(start, leaf.row + 1):
        cell = table.cell(row, leaf.col)
        if cell is not None and cell.row >= start and cell.text and cell.text not in words[-1:]:
            words.append(cell.text)
    return Heading(None, tuple(words), leaf.col, leaf.col + leaf.colspan)


def _resolve(leaves: list[Heading]) -> list[Heading]:
    """Map words to columns; ambiguous words by their neighbours."""
    plain = [_match_words(h) for h in leaves]
    beside = "".join(normalise(h.word) for h, c in zip(leaves, plain, strict=True) if c is None and is_group(h.word))
    if any(w in beside for w in CYCLE) and "年度" not in beside:  # 湖南: 长期绩效指标 stands left of its block
        plain = [Column.CYCLE_VALUE if c == Column.ANNUAL_VALUE else c for c in plain]
    columns = [_decide(k, leaves, plain) for k in range(len(leaves))]
    headings = [
        Heading(column, leaf.words, leaf.first, leaf.last) for leaf, column in zip(leaves, columns, strict=True)
    ]
    return _split_blocks(_separate_levels(settle_yearly(headings)))


def settle_indicator(headings: list[Heading]) -> list[Heading]:
    """Take a group word for the indicators if nothing else is: 活动 | 绩效指标 | 指标性质 (北京 预算13表).

    Of several it is the one right of the levels: 绩效指标 beside all rows, then 一级指标 | 二级指标 | 绩效指标.
    """
    columns = {h.column for h in headings}
    named = [h for h in headings if h.column is None and normalise(h.word) in NAMES_INDICATOR]
    levels = [h.first for h in headings if h.column in (Column.LEVEL1, Column.LEVEL2)]
    if len(named) > 1 and levels:
        named = [h for h in named if h.first > max(levels)]
    if Column.INDICATOR in columns or len(named) != 1 or not columns & (VALUES | {Column.SIGN}):
        return headings
    return [replace(h, column=Column.INDICATOR) if h is named[0] else h for h in headings]


def settle_value(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Take a goal's word right of the indicators for their value if nothing else is: 三级指标 | 年度目标.

    A goal itself stands once for all rows of a project; a value stands in each row.
    """
    indicator = next((h for h in headings if h.column == Column.INDICATOR), None)
    if indicator is None or any(h.column in VALUES for h in headings):
        return headings
    goals = [h for h in headings if h.column in GOALS and h.first > indicator.first]
    if len(goals) != 1 or not _stands_in_each_row(table, stop, goals[0]):
        return headings
    column = Column.CYCLE_VALUE if goals[0].column == Column.OVERALL_GOAL else Column.ANNUAL_VALUE
    return [replace(h, column=column) if h is goals[0] else h for h in headings]


def _stands_in_each_row(table: IndexedGrid, stop: int, heading: Heading) -> bool:
    """Return True if each row below a heading has a cell of its own, and at least two of them texts."""
    cells = [table.cell(row, heading.first) for row in range(stop, table.grid.n_rows)]
    texts = [c for c in cells if c is not None and c.text and c.colspan <= heading.last - heading.first]
    return len(texts) > 1 and all(c.rowspan == 1 for c in texts)


def _match_words(heading: Heading) -> Column | None:
    """Return the meaning of the lowest word; 指标值 under 长期绩效指标 is a period value."""
    if not heading.words:
        return None
    column = match_column(heading.word)
    if len(heading.words) > 1 and normalise(heading.word) in BARE_VALUES and match_column(heading.words[-2]) in VALUES:
        column = match_column(heading.words[-2])
    above = "".join(normalise(w) for w in heading.words[:-1])
    if column == Column.ANNUAL_VALUE and any(w in above for w in CYCLE) and "年度" not in above:
        return Column.CYCLE_VALUE
    if column is None and len(heading.words) > 1:
        if normalise(heading.word) in SUMS:
            return match_column(heading.words[-2])  # 项目资金 over 合计, 财政拨款, 其他资金
        return match_column(heading.words[-2] + heading.word)
    return column


def _decide(k: int, leaves: list[Heading], plain: list[Column | None]) -> Column | None:
    """Resolve 单位, an organisation before the indicators and a measure among them, and 指标值 beside a sign."""
    word = normalise(leaves[k].word)
    if word == "单位":
        indicators = [i for i, c in enumerate(plain) if c in (Column.INDICATOR, Column.SIGN, Column.LEVEL1)]
        return Column.MEASURE_UNIT if indicators and k > min(indicators) else Column.UNIT
    column = plain[k]
    parts = {Column.SIGN, Column.MEASURE_UNIT} & set(plain)
    has_unit_word = any(normalise(h.word) == "单位" for h in leaves[k + 1 :])
    if column == Column.ANNUAL_VALUE and (parts or has_unit_word) and plain.count(Column.ANNUAL_VALUE) == 1:
        return Column.VALUE
    return column


def _separate_levels(headings: list[Heading]) -> list[Heading]:
    """Make 指标类型 | 指标类型 level 1 and level 2 (临海); without 一级指标 the type is level 1."""
    levels = [h for h in headings if h.column == Column.LEVEL2]
    has_first = any(h.column == Column.LEVEL1 for h in headings)
    side_by_side = sum(h.column == Column.INDICATOR for h in headings) == 2
    if has_first or not levels or side_by_side:
        return headings
    twice = len(levels) == 2 and levels[0].word == levels[1].word
    if twice or (len(levels) == 1 and "类型" in levels[0].word):
        swap = levels[0]
        return [Heading(Column.LEVEL1, h.words, h.first, h.last, h.block) if h is swap else h for h in headings]
    return headings


def _split_blocks(headings: list[Heading]) -> list[Heading]:
    """Split two indicator columns in one header into two tables side by side (安徽: 中期 left, 年度 right).

    Each must have values of its own: 三级指标 | 指标内容 | 指标值 is one table with two words for an indicator.
    """
    indicators = [i for i, h in enumerate(headings) if h.column == Column.INDICATOR]
    if len(indicators) != 2:
        return headings
    right = indicators[1]
    while right > 0 and headings[right - 1].column in (Column.LEVEL1, Column.LEVEL2):
        right -= 1
    if not all(any(h.column in VALUES for h in half) for half in (headings[:right], headings[right:])):
        return headings
    return [Heading(h.column, h.words, h.first, h.last, 1) if i >= right else h for i, h in enumerate(headings)]
