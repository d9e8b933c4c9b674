"""Keep the head of a form whose indicators may follow in the next grid, and judge a head that none follow."""

from __future__ import annotations

import re
from dataclasses import dataclass

from extract.entities import Line
from extract.reading.tables.form_head import finds_head
from extract.reading.tables.head_cells import is_word
from extract.reading.tables.header_words import normalise
from extract.reading.tables.indexed_grid import IndexedGrid
from extract.reading.tables.target_words import BEGINS_TARGET
from extract.reading.tables.titles import read_heading
from extract.reading.tables.usual_levels import is_level1, is_level2
from extract.reading.tolerances import TOLERANCES

FORM_TITLE = re.compile(r"绩效目标(?:申报|批复|自评)?表|绩效自评|自评表")
FORM_WORDS = re.compile(r"绩效指标|[一二三]级指标")
LABEL = re.compile(r"^(?:主要|考核|评价|年度|具体|核心|关键|目标)(?:考核|评价|绩效|目标)?指标$")
TARGET = re.compile(rf"{BEGINS_TARGET.pattern}{{1,2}}\s*\d")
FEWEST_LEVELS = 2  # names without 指标 (数量, 质量) that are levels and no words of a list of goods


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

    def holds_indicators(self) -> bool:
        """Return True if rows of indicators stand in it, under no header: names of levels or a target of its own."""
        texts = [normalise(cell.text) for cell in self.table.cells if cell.text]
        levels = {text for text in texts if is_level2(text) or is_level1(text)}
        if any(text.endswith("指标") for text in levels) or any(LABEL.match(text) for text in texts):
            return True
        has_first = any(is_level1(text) and not is_level2(text) for text in levels)
        return (has_first and len(levels) >= FEWEST_LEVELS) or any(TARGET.match(text) for text in texts)

    def reaches_back(self) -> bool:
        """Return True if rows above the form's name may be the rest of the table before it."""
        return self.follows and finds_head(self.table, 0, self.table.grid.n_rows) != 0

    def _names_indicators(self) -> bool:
        return any(FORM_WORDS.search(normalise(cell.text)) for cell in self.table.cells if is_word(cell))
