"""Decide whether a grid may continue the table of targets that was read last."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from extract.entities import Line
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.titles import is_sentence, read_heading

GOES_ON = re.compile(r"\(?续表?\d*\)?$|续表")
SHORTEST_TITLE = 8
LONGEST_REMARK_CHARACTERS = 40  # more running text than this parts two tables: the second is not the first's rest


@dataclass(slots=True)
class LastPlace:
    """Place of the last table of targets, or of the head that waits for one; `page` is 0 before the first."""

    page: int = 0
    title: str = ""  # above it
    between: list[Line] = field(default_factory=list)  # lines printed since

    def move(self, page: int, title: str) -> None:
        """Record another table as the last one."""
        self.page, self.title, self.between = page, title, []

    def is_continued_by(self, table: IndexedGrid) -> bool:
        """Return True if a grid may continue the table: on the same or the next page, nothing else between.

        An indicator table in a report, pages after the last form, is another project's (国家信访局 2022).
        """
        if not self.page or table.grid.page - self.page > 1:
            return False
        title, above = _name_table(read_heading(self.between).title), _name_table(self.title)
        if title and title != above and not (len(title) >= SHORTEST_TITLE and above.endswith(title)):
            return False  # （三）部门预算项目绩效目标表 stands over the first form's title only (烟台)
        prose = sum(len(line.text) for line in self.between if is_sentence(line.text))
        return prose < LONGEST_REMARK_CHARACTERS


def _name_table(title: str) -> str:
    """Remove （续） and （续表） from a title, so that all pages of one table have one title."""
    return GOES_ON.sub("", normalise(title))
