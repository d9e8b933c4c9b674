"""Recognise a table of performance targets by its words."""

from __future__ import annotations

import re
from itertools import chain

from extract.entities import PageGrids
from extract.reading.tables.indexed_grid import IndexedGrid

LEVEL_WORDS = re.compile(
    r"产出|效益|满意度|成本|效果|影响力|可持续|数量|质量|时效|社会|经济|生态|投入|过程|管理|履职|服务对象|投入和管理|资金|实施|完成"
)
STRICT_WORDS = re.compile(
    r"产出指标|效益指标|满意度指标|数量指标|质量指标|时效指标|成本指标|三级指标|二级指标|社会效益"
)


BOUND = re.compile(r"[≥≧⩾≤≦⩽]\s*\d")
BEGINS_TARGET = re.compile(r"[≥≧⩾≤≦⩽><＞＜=＝≈]")


def speaks_of_targets(page: PageGrids) -> bool:
    """Return True if a page mentions indicators or performance."""
    texts = chain((line.text for line in page.lines), (cell.text for grid in page.grids for cell in grid.cells))
    return any("指标" in text or "绩效" in text for text in texts)


def looks_like_targets(table: IndexedGrid) -> bool:
    """Return True if three cells have words of target tables only, or one has and another begins a target.

    One row that a lost page leaves behind is enough: 满意度指标, 企业满意度, ≥85%.
    """
    words = sum(1 for cell in table.cells if STRICT_WORDS.search(cell.text))
    return words >= 3 or (words >= 1 and any(BEGINS_TARGET.match(cell.text) for cell in table.cells))


def prints_bounds(table: IndexedGrid) -> bool:
    """Return True if three cells are a sign and a figure, ≥85%: the rest of a table of targets may have no other."""
    return sum(1 for cell in table.cells if BOUND.match(cell.text)) >= 3
