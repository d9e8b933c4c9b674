"""Decide which second level belongs to which first one (财预〔2021〕101号 and before)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.entities import Column
from extract.reading.tables.column_groups import LEVELS
from extract.reading.tables.header_words import normalise
from extract.reading.tables.rows import Row

CLASSES = (  # a first level, and what may stand below it
    (re.compile(r"产出"), re.compile(r"数量|质量|时效|成本")),
    (re.compile(r"成本"), re.compile(r"成本")),
    (re.compile(r"效益|效果"), re.compile(r"效益|影响|生态|环境|可持续")),
    (re.compile(r"满意"), re.compile(r"满意")),
)


def fit_levels(first: str, second: str) -> bool | None:
    """Return whether a second level belongs to a first one, None where the names do not tell."""
    upper, lower = normalise(first), normalise(second)
    above = [below for name, below in CLASSES if name.search(upper)]
    known = any(below.search(lower) for _, below in CLASSES)
    if not above or not known or not lower:
        return None
    return any(below.search(lower) for below in above)


def find_open_levels(rows: Sequence[Row]) -> set[Column]:
    """Find the levels whose last cell on a page is blank where every other cell of the column has a name."""
    found = set()
    for column in LEVELS:
        cells = list({id(row.cells[column]): row.cells[column] for row in rows if column in row.cells}.values())
        if cells and not cells[-1].text and all(cell.text for cell in cells[1:-1]):
            found.add(column)
    return found
