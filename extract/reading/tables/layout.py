"""A table in, its header blocks out: which rows are header and what each printed column means."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from extract.entities import AMOUNT_KINDS, Cell, Column
from extract.errors import Reason
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.drafts import Doubt
from extract.reading.tables.header_words import (
    find_money_unit,
    is_group,
    is_ignored,
    load_synonyms,
    match_column,
    normalise,
)
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.years import find_year

INDICATOR_WORDS = frozenset(
    {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR, Column.ANNUAL_VALUE, Column.CYCLE_VALUE, Column.SIGN}
    | {Column.MEASURE_UNIT, Column.WEIGHT, Column.ACTUAL_VALUE, Column.SCORE, Column.DEVIATION}
)
VALUES = frozenset({Column.ANNUAL_VALUE, Column.CYCLE_VALUE, Column.VALUE, Column.ADJUSTED_VALUE})
BARE_VALUES = frozenset({"内容", "数值", "值"})  # 指标值 over 运算符号, 内容 and 度量单位
NAMES_INDICATOR = frozenset({"绩效指标", "年度绩效指标", "指标", "年度指标"})
SUMS = frozenset({"合计", "小计", "总计", "总额", "金额", "资金总额"})
SIGN_TEXT = re.compile(
    r"^(?:[≥≧⩾≤≦⩽><＞＜=＝═≈±]{1,2}|大于|小于|等于|大于等于|小于等于|不低于|不高于|不少于|不超过|定性)$"
)
ABOUT_MONEY = re.compile(r"资金(?!来源|性质)|拨款|预算(?!年度|单位|部门|执行率|编码|科目)|补助")
LEVEL_NAME = re.compile(
    r"^(?:产出|效益|满意度|成本|效果|投入|过程|履职|管理|社会满意度|服务对象满意度).{0,6}(?:指标|目标)?$"
)
NOT_SIGNS = frozenset({"定量", "正向", "反向", "逆向", "正向指标", "反向指标", "定量指标", "定性指标"})
ABOUT_UNITS = re.compile(r"单位(?!负责|联系|电话|地址|性质|代码|编码)|部门|机构")
DEEPEST = 4  # rows of a header
SAME_PLACE = 4.0  # points: an upright line stands where it stood on the page before
CYCLE = ("长期", "中期", "实施期", "实施周期", "总体", "周期")


@dataclass(frozen=True, slots=True)
class Heading:
    """One printed column: what it means, its words from top to bottom, its lattice columns."""

    column: Column | None  # None: known and not loaded
    words: tuple[str, ...]
    first: int
    last: int  # one past
    block: int = 0  # 1 in the right half of a side-by-side header

    @property
    def word(self) -> str:
        """The lowest word of the heading."""
        return self.words[-1] if self.words else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A header block: rows [start, stop) of its table and the columns under it, left to right."""

    start: int
    stop: int
    headings: tuple[Heading, ...]
    doubts: tuple[Doubt, ...] = ()  # of every project that is read under it
    ignored: tuple[str, ...] = ()  # words that nobody has listed and no reading needs

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is loaded, in printed order."""
        return tuple(h.column for h in self.headings if h.column is not None)

    def find(self, column: Column, block: int = 0) -> Heading | None:
        """The first heading of that meaning."""
        return next((h for h in self.headings if h.column == column and h.block == block), None)

    @property
    def blocks(self) -> int:
        """How many tables stand side by side."""
        return 1 + max((h.block for h in self.headings), default=0)

    @property
    def is_flat(self) -> bool:
        """Many projects in one table: the project is a column."""
        return Column.PROJECT in self.columns

    def money_unit(self, column: Column) -> str | None:
        """元 or 万元 as the words above an amount column print it."""
        heading = self.find(column)
        return next((u for w in heading.words if (u := find_money_unit(w))), None) if heading else None


def move_layout(layout: Layout, before: tuple[float, ...], now: tuple[float, ...]) -> Layout:
    """A layout on a table without header whose upright lines stand at the same places; it may have fewer or more."""
    headings = []
    for heading in layout.headings:
        first = max((k for k, x in enumerate(now[:-1]) if x <= before[heading.first] + SAME_PLACE), default=0)
        last = min((k for k, x in enumerate(now) if x >= before[heading.last] - SAME_PLACE), default=len(now) - 1)
        headings.append(replace(heading, first=first, last=max(last, first + 1)))
    return replace(layout, headings=tuple(headings))


def take_out(layout: Layout, columns: Collection[Column]) -> Layout:
    """A layout whose rows do not load the given columns: what they print is read elsewhere."""
    return replace(
        layout, headings=tuple(replace(h, column=None) if h.column in columns else h for h in layout.headings)
    )


def find_layout(table: IndexedGrid, row: int) -> Layout | None:
    """Find the header block that begins at a row, None where there is none; words that nobody knows are its doubts."""
    first = table.starting(row)
    if not any(map(_is_header_row, (first, _add_rows_below(table, row, first), _close_block(table, row, first)))):
        return None
    stop = _find_stop(table, row, first)
    cells = _find_leaves(table, row, stop)
    labels = {c.col for c in cells if c.row + c.rowspan > stop}  # beside the rows, not over them: 绩效目标
    resolved = _resolve([_read_leaf(table, leaf, row) for leaf in cells])
    resolved = [replace(h, column=None) if h.first in labels else h for h in resolved]
    headings = settle_signs(table, stop, settle_indicator(resolved))
    found = {h.column for h in headings}
    named = found & {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR}
    if not named - {Column.LEVEL1} or (not found & VALUES and len(named) < 2):
        return None
    headings = settle_blank_level(table, stop, settle_unknown(table, stop, headings))
    unknown = [h for h in headings if h.column is None and h.words and not _is_known(h.word)]
    if not {h.column for h in headings} & VALUES and not (unknown and _speaks_of_indicators(headings)):
        return None  # levels of a catalogue (政府购买服务指导性目录: 一级, 二级, 三级, 预算金额)
    doubts, ignored = _judge_unknown(table, row, stop, headings)
    return Layout(row, stop, tuple(headings), tuple(doubts), tuple(ignored))


def _speaks_of_indicators(headings: list[Heading]) -> bool:
    """Return True if the words of the levels are those of indicators, not of a catalogue."""
    return any("指标" in word for h in headings for word in h.words)


def _add_rows_below(table: IndexedGrid, row: int, first: list[Cell]) -> list[Cell]:
    """A row with deep words and the cells beside them: 一级指标 over two rows beside 中期指标 and 年度指标 (安徽)."""
    deep = [c.rowspan for c in first if c.rowspan > 1 and match_column(c.text) in (Column.LEVEL1, Column.LEVEL2)]
    below = range(row + 1, min(row + max(deep, default=1), table.grid.n_rows))
    return [*first, *(c for k in below for c in table.starting(k))] if below else []


def _close_block(table: IndexedGrid, row: int, first: list[Cell]) -> list[Cell]:
    """The cells of the rows that a row's deep words end with: 序号 over three rows beside groups and words."""
    last = row + max((c.rowspan for c in first), default=1)
    if not row + 1 < last <= min(row + DEEPEST, table.grid.n_rows):
        return []
    cells = [*first, *(c for k in range(row + 1, last) for c in table.starting(k))]
    return cells if all(c.row + c.rowspan <= last for c in cells) else []


def _is_header_row(cells: list[Cell]) -> bool:
    """At least three known words that are about indicators or projects, and mostly known words."""
    words = [c for c in cells if c.text]
    known = [c for c in words if match_column(c.text) or normalise(c.text) == "单位"]
    if not known:
        return False  # most rows: they are not headers
    about = {match_column(c.text) for c in known}
    helped = [c for c in words if is_ignored(c.text) or is_group(c.text)]
    levels = {Column.LEVEL1, Column.LEVEL2, Column.INDICATOR} & about
    enough = len(about) >= 3 and (bool(about & INDICATOR_WORDS) or any(is_group(c.text) for c in words))
    all_known = len({id(c) for c in [*known, *helped]}) >= 0.5 * len(words)
    return all_known and (enough or len(levels) >= 2) and bool(words)


def _find_stop(table: IndexedGrid, row: int, first: list[Cell]) -> int:
    """One past the last header row: as deep as a header cell spans, or as groups have words below them."""
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
    """The lowest header cell of each printed column, left to right."""
    leaves: list[Cell] = []
    for cell in table.row_cells(stop - 1):
        if cell.row >= start:
            leaves.append(cell)
    return leaves


def _read_leaf(table: IndexedGrid, leaf: Cell, start: int) -> Heading:
    """The words above and in a leaf; a blank leaf takes the word of the cell above it."""
    words: list[str] = []
    for row in range(start, leaf.row + 1):
        cell = table.cell(row, leaf.col)
        if cell is not None and cell.row >= start and cell.text and cell.text not in words[-1:]:
            words.append(cell.text)
    return Heading(None, tuple(words), leaf.col, leaf.col + leaf.colspan)


def _resolve(leaves: list[Heading]) -> list[Heading]:
    """Words to columns; words of several meanings by their neighbours."""
    plain = [_match_words(h) for h in leaves]
    beside = "".join(normalise(h.word) for h, c in zip(leaves, plain, strict=True) if c is None and is_group(h.word))
    if any(w in beside for w in CYCLE) and "年度" not in beside:  # 湖南: 长期绩效指标 stands left of its block
        plain = [Column.CYCLE_VALUE if c == Column.ANNUAL_VALUE else c for c in plain]
    columns = [_decide(k, leaves, plain) for k in range(len(leaves))]
    headings = [
        Heading(column, leaf.words, leaf.first, leaf.last) for leaf, column in zip(leaves, columns, strict=True)
    ]
    return _split_blocks(_separate_levels(_settle_history(headings)))


def settle_indicator(headings: list[Heading]) -> list[Heading]:
    """活动 | 绩效指标 | 指标性质 | 指标值 (北京 预算13表): the group word names the indicators where nothing else does."""
    columns = {h.column for h in headings}
    named = [h for h in headings if h.column is None and normalise(h.word) in NAMES_INDICATOR]
    if Column.INDICATOR in columns or len(named) != 1 or not columns & (VALUES | {Column.SIGN}):
        return headings
    return [replace(h, column=Column.INDICATOR) if h is named[0] else h for h in headings]


def _settle_history(headings: list[Heading]) -> list[Heading]:
    """2023年实际实现值 | 2024年实际实现值 (湖北): what the year before came to is the last of them."""
    prior = [h for h in headings if h.column == Column.PRIOR_VALUE]
    latest = max(prior, key=lambda h: (find_year(h.word) or 0, h.first), default=None)
    return [replace(h, column=None) if h.column == Column.PRIOR_VALUE and h is not latest else h for h in headings]


def settle_signs(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """指标性质 is the column of signs only where signs are printed in it.

    乌海 prints them under 指标方向; others print 定量 and 定性 under 指标性质, which is no sign.
    """
    sign = next((h for h in headings if h.column == Column.SIGN), None)
    if sign is None or _prints_signs(table, stop, sign):
        return headings
    other = next((h for h in headings if "方向" in h.word and _prints_signs(table, stop, h)), None)
    parts = other is not None or any(h.column == Column.MEASURE_UNIT for h in headings)
    settled = []
    for h in headings:
        column = None if h is sign else Column.SIGN if h is other else h.column
        settled.append(replace(h, column=Column.ANNUAL_VALUE if column == Column.VALUE and not parts else column))
    return settled


def _prints_signs(table: IndexedGrid, stop: int, heading: Heading) -> bool:
    """Whether the cells under a heading hold signs, and nothing that is known not to be one."""
    cells = {id(c): c for row in range(stop, table.grid.n_rows) if (c := table.cell(row, heading.first)) is not None}
    texts = [normalise(c.text) for c in cells.values() if c.text and c.colspan <= heading.last - heading.first]
    return not texts or (any(SIGN_TEXT.match(t) for t in texts) and not any(t in NOT_SIGNS for t in texts))


def _match_words(heading: Heading) -> Column | None:
    """The meaning of the lowest word; 指标值 under 长期绩效指标 is a period value."""
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
    """单位 is an organisation before the indicators and a measure among them; 指标值 beside a sign is a bare value."""
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
    """指标类型 | 指标类型 (临海): the same word twice is level 1 and level 2; without 一级指标 the type is level 1."""
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
    """Two indicator columns in one header are two tables side by side (安徽: 中期 left, 年度 right)."""
    indicators = [i for i, h in enumerate(headings) if h.column == Column.INDICATOR]
    if len(indicators) != 2:
        return headings
    right = indicators[1]
    while right > 0 and headings[right - 1].column in (Column.LEVEL1, Column.LEVEL2):
        right -= 1
    return [Heading(h.column, h.words, h.first, h.last, 1) if i >= right else h for i, h in enumerate(headings)]


def _is_known(word: str) -> bool:
    """A word that heads what is not loaded; 指标性质 without signs below it is one, an earlier year's value too."""
    return is_ignored(word) or is_group(word) or match_column(word) in (Column.SIGN, Column.PRIOR_VALUE)


def settle_unknown(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Let what stands below an unlisted word decide: signs alone are the signs of the values (指标值类型, 长沙)."""
    if any(h.column == Column.SIGN for h in headings):
        return headings
    for k, heading in enumerate(headings):
        if heading.column is not None or not heading.words or _is_known(heading.word):
            continue
        texts = own_texts(table, heading, stop)
        if texts and any(SIGN_TEXT.match(normalise(t)) for t in texts) and _prints_signs(table, stop, heading):
            settled = [replace(h, column=Column.SIGN) if i == k else h for i, h in enumerate(headings)]
            alone = sum(h.column == Column.ANNUAL_VALUE for h in settled) == 1
            return [
                replace(h, column=Column.VALUE) if alone and h.column == Column.ANNUAL_VALUE else h for h in settled
            ]
    return headings


def settle_blank_level(table: IndexedGrid, stop: int, headings: list[Heading]) -> list[Heading]:
    """Take a column of level names left of 二级指标 as level 1 although its header is blank (西安 2022)."""
    second = next((k for k, h in enumerate(headings) if h.column == Column.LEVEL2), 0)
    if not second or any(h.column == Column.LEVEL1 for h in headings) or headings[second - 1].words:
        return headings
    texts = own_texts(table, headings[second - 1], stop)
    if not texts or not all(LEVEL_NAME.match(normalise(text)) for text in texts):
        return headings
    return [replace(h, column=Column.LEVEL1) if k == second - 1 else h for k, h in enumerate(headings)]


def own_texts(table: IndexedGrid, heading: Heading, row: int) -> list[str]:
    """Return the texts of the cells from `row` down that lie under one heading alone."""
    cells = {id(c): c for r in range(row, table.grid.n_rows) if (c := table.cell(r, heading.first)) is not None}
    inside = [c for c in cells.values() if c.col >= heading.first and c.col + c.colspan <= heading.last]
    return [c.text for c in inside if c.text]


def _judge_unknown(table: IndexedGrid, row: int, stop: int, headings: list[Heading]) -> tuple[list[Doubt], list[str]]:
    """Judge the words that nobody has listed: doubts where one may head what is loaded, else words to ignore."""
    page, doubts, ignored = table.grid.page, list[Doubt](), list[str]()
    seen: dict[tuple[Column, int], str] = {}
    columns = {h.column for h in headings if h.column is not None}
    for heading in headings:
        if heading.column is None:
            if not heading.words and (texts := own_texts(table, heading, stop)) and not all(map(_is_label, texts)):
                detail = f"row {row + 1}: text stands under a blank header"
                doubts.append(Doubt(Reason.UNKNOWN_HEADER, page, detail))
            if heading.words and not _is_known(heading.word):
                if _may_be_needed(table, stop, heading, columns):
                    detail = f"row {row + 1}: unknown header word {heading.word!r}"
                    doubts.append(Doubt(Reason.UNKNOWN_HEADER, page, detail))
                else:
                    ignored.append(heading.word)
            continue
        key = (heading.column, heading.block)
        if key in seen and heading.column not in (Column.DEVIATION,):
            detail = f"row {row + 1}: {seen[key]!r} and {heading.word!r} both mean {heading.column}"
            doubts.append(Doubt(Reason.UNKNOWN_HEADER, page, detail))
        seen[key] = heading.word
    money = next((h.word for h in headings if h.column is None and ABOUT_MONEY.search(normalise(h.word))), None)
    if Column.PROJECT in columns and money and not columns & set(AMOUNT_KINDS):
        detail = f"row {row + 1}: no amount but {money!r}, which is a part of one"
        doubts.append(Doubt(Reason.UNKNOWN_HEADER, page, detail))
    return doubts, ignored


def _is_label(text: str) -> bool:
    """Return True if a text below a blank header only repeats what the rows are (绩效指标, 烟台), or a part of it.

    A page break parts an upright label: 绩 | 效指标 (西安).
    """
    if any(normalise(text) in group for group in load_synonyms().groups):
        return True
    return is_group(text) or is_ignored(text) or match_column(text) in (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)


def _may_be_needed(table: IndexedGrid, stop: int, heading: Heading, columns: set[Column]) -> bool:
    """Return True if an unlisted word may head a value, the amount, the unit or the project that is not found yet."""
    texts, word = own_texts(table, heading, stop), normalise(heading.word)
    if not texts:
        return False
    if not columns & VALUES or Column.INDICATOR not in columns:
        return True
    if Column.PROJECT not in columns:
        return False  # a form: its head says the rest
    if not columns & set(AMOUNT_KINDS) and all(FIGURE.match(normalise(t)) for t in texts):
        return True
    return not columns & {Column.UNIT, Column.DEPARTMENT} and bool(ABOUT_UNITS.search(word))
