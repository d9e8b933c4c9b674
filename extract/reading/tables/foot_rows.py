"""Find the rows below a form's last indicator that are no indicators: signatures, remarks, tables of other things.

    填报人 | 李四 | 填报日期 | 2024年11月5日    审核意见 beside 单位意见 | 同意    政府采购 beside 采购品目 | 数量

Only labels that are listed here count; an indicator row whose rules are lost has none of them and is held back as such.
"""

from __future__ import annotations

import re

from extract.entities import Cell, Column
from extract.reading.tables.header_words import BRACKET, is_group, normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.layout import Layout
from extract.reading.tables.rows import is_note
from extract.reading.tables.target_words import BEGINS_TARGET
from extract.reading.tables.usual_levels import is_level1, is_level2

WHO = (
    r"(?:绩效目标|预算|项目|单位|部门|主管|处室|科室|业务|财政|财务|填报|填表|申报|实施|用款|分管|领导|初审|复审|审核"
    r"|审批|批复|评审)*"
)
PERSON = r"(?:填报|填表|审核|负责|联系|经办|制表|复核|编制)人(?:签字|签章|签名|姓名)?"
LABEL = re.compile(
    rf"{WHO}{PERSON}|{WHO}(?:签字|签章|盖章|公章)"
    rf"|{WHO}意见|(?:填报|填表|审核|编制|申报)(?:日期|时间)|(?:联系|办公)?电话|(?:跟踪|绩效)监控方式"
    r"|(?:项目|资金|经费|预算|支出)?(?:测算|立项)(?:说明|依据|过程)|是否(?:需要|涉及|委托|开展|纳入)?.{0,4}(?:评价|评估|采购|公开|涉密)"
)
BESIDE = re.compile(  # labels of whole tables that hold no targets
    rf"政府采购(?:情况|预算|明细)?|资产(?:配置|购置)(?:情况|预算|明细)?|(?:项目)?支出(?:预算)?明细(?:预算)?"
    rf"|(?:项目)?(?:实施|工作|进度)(?:进度)?(?:计划|安排)|{WHO}意见"
)
HEADS_VALUES = re.compile(r"[^:：]{2,16}[:：]")
PHONE = re.compile(r"[\d（()）+\- ]{7,}")
MEASURED = re.compile(r"\d[\d,.]*\s*(?:[%％]|[一-龥]{0,4})")
DATE = re.compile(r"20\d\d[年.\-/]\d{1,2}(?:[月.\-/](?:\d{1,2}日?)?)?")
QUANTITY = "数量"  # of what is bought; a level 2 of some tables, too
LOADED = re.compile(r"指标|满意度|效益|产出")


def find_foot(table: IndexedGrid, layout: Layout, start: int, stop: int) -> int:
    """Return the first of the last rows of [start, stop) that are all no indicators; `stop` where there is none."""
    found = stop
    for row in range(stop - 1, start - 1, -1):
        if _is_listed(table, layout, row):
            found = row
        elif not _is_remark(table, row):
            break
    return found


def _is_remark(table: IndexedGrid, row: int) -> bool:
    """Return True for a note over the whole width or a row without a text."""
    cells = table.row_cells(row)
    return not any(c.text for c in cells) or (len(cells) == 1 and is_note(cells[0].text))


def _is_listed(table: IndexedGrid, layout: Layout, row: int) -> bool:
    """Return True for a row of listed labels and what is written to them, or one beside the label of a table."""
    cells = table.row_cells(row)
    own = [c for c in cells if c.row == row and c.text]
    side = cells[0] if cells else None
    if side is not None and _heads_table(side, layout):
        return all(_is_plain(table, line, side) for line in range(side.row, side.row + side.rowspan))
    indicator = layout.find(Column.INDICATOR)
    if side is None or not side.text or indicator is None or side.col >= indicator.first:
        return False
    return all(c.row == row and c.rowspan == 1 for c in cells) and is_signature(own)


def _heads_table(side: Cell, layout: Layout) -> bool:
    """Return True if a label over several rows stands in the label column and names a table that holds no targets."""
    heading = next((h for h in layout.headings if h.first == side.col), None)
    if heading is None or heading.column is not None or (heading.words and not is_group(heading.word)):
        return False
    in_place = side.row >= layout.stop and side.col + side.colspan <= heading.last and side.rowspan > 1
    return in_place and bool(BESIDE.fullmatch(_bare(side.text)))


def _is_plain(table: IndexedGrid, row: int, side: Cell) -> bool:
    """Return True if no cell of a row is a level or a target with a sign, or begins above the label beside it."""
    cells = table.row_cells(row)
    heads = not any(MEASURED.fullmatch(c.text) for c in cells)  # a row of words, not of quantities
    return all(c.row >= side.row for c in cells) and not any(
        (_is_level(c.text) and not (heads and normalise(c.text) == QUANTITY)) or BEGINS_TARGET.match(c.text)
        for c in cells
    )


def is_signature(cells: list[Cell]) -> bool:
    """Return True if a row begins with a listed label, and its other texts are labels or no targets."""
    if not _is_label(cells[0].text):
        return False
    return all(_is_label(c.text) or _is_written(c.text) for c in cells[1:])


def _is_label(text: str) -> bool:
    """Return True for a listed label, alone or with what is written to it: 填报人：李四."""
    head = HEADS_VALUES.match(text)
    if head is not None and LABEL.fullmatch(_bare(head[0])):
        return _is_written(text[head.end() :])
    return bool(LABEL.fullmatch(_bare(text)))


def _is_written(text: str) -> bool:
    """Return True for a text that is no level, no target and no figure but a date or a number of a telephone."""
    word = text.strip()
    if DATE.fullmatch(word) or PHONE.fullmatch(word):
        return True
    return not (BEGINS_TARGET.match(word) or MEASURED.fullmatch(word) or LOADED.search(word) or _is_level(word))


def _is_level(text: str) -> bool:
    return is_level1(text) or is_level2(text)


def _bare(text: str) -> str:
    return BRACKET.sub("", normalise(text))
