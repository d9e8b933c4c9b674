"""Find the numbers that a goal in prose (绩效目标) promises, each with its clause as a TargetValue.

A promise is a number with a measure word: 惠及企业700家, 知晓率达90%以上. Years, ordinals, document numbers and bare
numbers are none, nor are Chinese numerals except percentages: in prose 一批人才 and 两报两台 promise nothing. Clauses
are parsed one by one with the grammar of target cells, so 700家 in a goal and ＞700家 in the table compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from extract.entities import TargetValue
from extract.values.chosen_quantities import answer_quantity
from extract.values.target_text import READ_AT_MOST, TargetText

# A comma or point between digits belongs to the number (1,750 and 2.5), one after anything else ends a clause.
_CLAUSE_ENDS = re.compile(r"[，。；;、：！？!?\n\r]|(?<![0-9０-９])[,.]|[,.](?![0-9０-９])")
_DURATIONS = frozenset("年 个年度 年度 月 个月 日 天 号 届 季度 个季度".split())


def find_promises(text: str | None) -> list[TargetValue]:
    """Find numbers with a measure word in a goal's text, in printed order; `text` of each is its clause.

    Leaves out durations in years, months and days (when, not how much) and numbers without a measure word. Never
    raises; linear in the length of the text.
    """
    return [value for clause in _split_clauses(text or "") for value in _read_clause(clause)]


def _split_clauses(text: str) -> Iterator[str]:
    """Split a text at punctuation, and at the maximum length of a target, which bounds the time per clause."""
    for clause in _CLAUSE_ENDS.split(text):
        clause = clause.strip()
        for start in range(0, len(clause), READ_AT_MOST):
            yield clause[start : start + READ_AT_MOST]


def _read_clause(clause: str) -> Iterator[TargetValue]:
    cell = TargetText(clause)
    for quantity in cell.found.quantities:
        is_written_out = not quantity.figure.digits and quantity.unit != "%"
        if quantity.unit and quantity.low is not None and quantity.unit not in _DURATIONS and not is_written_out:
            yield answer_quantity(cell, quantity)
