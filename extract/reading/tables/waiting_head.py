"""Keep the head of a form whose indicators may follow in the next grid, and judge a head that none follow."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.entities import Line
from extract.reading.tables.form_head import is_word
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.titles import read_heading
from extract.reading.tolerances import TOLERANCES

FORM_TITLE = re.compile(r"绩效目标(?:申报|批复|自评)?表|绩效自评|自评表")
FORM_WORDS = re.compile(r"绩效指标|[一二三]级指标")


@dataclass(slots=True)
class WaitingHead:
    """A form's head, or the part of it that stood on the pages before; `lines` are right above it."""

    table: IndexedGrid
    lines: list[Line]
    follows: bool  # True if the open table may continue in this place

    def ends_above(self, height: float) -> bool:
        """Return True if it ends high on a page of this height, so no break cut it, and announces no indicators."""
        ends = height * TOLERANCES.page_end_share > self.table.grid.box.y1
        return ends and not self._names_indicators()

    def announces_targets(self) -> bool:
        """Return True if the title above a head or its own words announce indicators."""
        return self._names_indicators() or bool(FORM_TITLE.search(normalise(read_heading(self.lines).title)))

    def _names_indicators(self) -> bool:
        return any(FORM_WORDS.search(normalise(cell.text)) for cell in self.table.cells if is_word(cell))
