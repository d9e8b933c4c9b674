"""Find the amount among a flat table's columns of money: the total, never a source of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from extract.entities import Column
from extract.reading.tables.amount_conflicts import FIGURE
from extract.reading.tables.header_words import BRACKET, is_ignored, match_column, normalise
from extract.reading.tables.headings import Heading, own_texts
from extract.reading.tables.indexed_grid import IndexedGrid

SUM_WORD = re.compile(r"^(?:合计|总计|小计|共计|总额|金额|资金总额|项目总额|预算总额)(?:数|金额)?$")
SOURCE = re.compile(
    r"^其中|财政(?:拨款|资金|专户|补助|补贴)|专户|(?:其他|其它|自有|自筹|单位|上级|本级|社会|配套|专项|事业)(?:资金|收入)"
    r"|(?:中央|省|市|区|县|镇)级?(?:财政|资金|补助|支出|拨款|配套)|补助|结转|结余|债券|基金|国有资本|一般公共预算|经营收入"
)
ABOUT_MONEY = re.compile(
    r"资金(?!来源|性质)|拨款|预算(?!年度|单位|部门|执行率|编码|科目)|补助|金额|支出(?!科目|类)|经费"
)
OF_ONE_YEAR = re.compile(  # 2025年安排 beside 项目总投资
    r"(?:20[0-4]\d年|[本当]年)度?(?:计划|拟)?(?:安排|申请|下达|投资|投入|支出)(?:数|额|金额|资金)?$"
)
NO_MONEY = re.compile(r"编码|科目|来源|性质|类别|类型|依据|说明|单位$|部门$|名称|年度$|执行率|占比|比例")


def settle_money(table: IndexedGrid, stop: int, headings: Sequence[Heading]) -> list[Heading]:
    """Take a total as the amount and ignore its sources (项目总额；其中：财政资金、其他资金, 北京).

    A total over all years stays one beside an amount of the year; alone it is the amount.
    """
    amounts = [h for h in headings if h.column == Column.AMOUNT and not is_source(h)]
    totals = [h for h in headings if h.column == Column.AMOUNT_TOTAL]
    sums = [h for h in headings if h.column is None and SUM_WORD.match(_word(h)) and _prints_figures(table, stop, h)]
    sources = [h for h in headings if h.column in (Column.AMOUNT, None) and is_source(h)]
    yearly = [
        h for h in headings if h.column is None and OF_ONE_YEAR.match(_word(h)) and _prints_figures(table, stop, h)
    ]
    if totals and not amounts and yearly:  # several are rivals, about which a person is asked
        return [replace(h, column=Column.AMOUNT) if h in yearly else h for h in headings]
    for candidates in (amounts, totals, sums):
        if candidates:
            chosen = candidates[0] if len(candidates) == 1 else None
            gone = [h for h in sources if h.column == Column.AMOUNT]
            return _choose(headings, chosen, gone)
    if any(h.column == Column.AMOUNT for h in headings):
        return list(headings)
    money = [h for h in headings if h.column is None and _is_money(h) and _prints_figures(table, stop, h)]
    return _choose(headings, money[0] if len(money) == 1 and not _is_part(money[0]) else None, [])


def is_source(heading: Heading) -> bool:
    """Return True if the words of a heading name a source of money, not the total."""
    above = heading.words[-2] if len(heading.words) > 1 else ""
    if normalise(above).startswith("其中"):
        return True
    return bool(SOURCE.search(_word(heading))) and not SUM_WORD.match(_word(heading))


def _is_part(heading: Heading) -> bool:
    """Return True if a heading calls itself a part (其中：市级支出)."""
    return any(normalise(word).startswith("其中") for word in heading.words)


def _is_money(heading: Heading) -> bool:
    known = match_column(heading.word) is not None or is_ignored(heading.word)
    return bool(ABOUT_MONEY.search(_word(heading))) and not NO_MONEY.search(_word(heading)) and not known


def _prints_figures(table: IndexedGrid, stop: int, heading: Heading) -> bool:
    """Return True if figures of money, and nothing else, are below a heading."""
    texts = own_texts(table, heading, stop)
    return bool(texts) and all(FIGURE.match(normalise(text)) or "#" in text for text in texts)


def _choose(headings: Sequence[Heading], chosen: Heading | None, gone: Sequence[Heading]) -> list[Heading]:
    settled = []
    for heading in headings:
        column = Column.AMOUNT if heading is chosen else None if any(heading is g for g in gone) else heading.column
        settled.append(replace(heading, column=column))
    return settled


def _word(heading: Heading) -> str:
    """Return the lowest word without brackets."""
    return normalise(BRACKET.sub("", normalise(heading.word))) or normalise(heading.word)
