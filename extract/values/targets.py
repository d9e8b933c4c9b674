"""Parse a printed target (指标值) to a TargetValue by the annotation guideline's decisions, in its order.

Each decision is a function from TargetText to TargetValue, or None where it does not apply; the first that applies
wins. The last one always applies: every text has an answer and none raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from extract.entities import TargetValue
from extract.values.chosen_quantities import answer, answer_date, answer_quantity, is_reference
from extract.values.measure_words import match_measure
from extract.values.quantities import join_bounds
from extract.values.target_text import LONGEST_PHRASE, TargetText
from extract.values.vocabulary import FRONT, NOTHING, SCALES_OF_GRADES, UNCHOSEN, YES_NO

# Change it with every change of what any text is read as: the warehouse reads all distinct texts again then.
GRAMMAR_VERSION = "1"

_NOTHING_MARKS = re.compile(r"[-—~/\\·.。,_|、]+")
_SEPARATORS = re.compile(r"[/、,;|。·□○]|或|和|及")
_LONGEST_MEASURE = 8


def parse_target(text: str | None) -> TargetValue:
    """Parse a printed target to comparator, numbers and unit. Never raises; linear in the text's length.

    None (a cell that is not printed) parses as an empty text. Source: annotation guideline for target values, v1.
    """
    cell = TargetText(text or "")
    for decide in DECISIONS:
        value = decide(cell)
        if value is not None:
            return value
    return read_words(cell)


def parse_targets(texts: Iterable[str]) -> list[TargetValue]:
    """Parse texts in order; equal texts are parsed once."""
    known: dict[str, TargetValue] = {}
    values = []
    for text in texts:
        value = known.get(text)
        if value is None:
            value = known[text] = parse_target(text)
        values.append(value)
    return values


def read_nothing(cell: TargetText) -> TargetValue | None:
    """Decide 1, no target: empty, 无, —, /, 不适用."""
    folded = cell.folded
    if not folded or folded.rstrip("。.;,") in NOTHING or _NOTHING_MARKS.fullmatch(folded):
        return answer(cell, None, "empty")
    return None


def read_placeholder(cell: TargetText) -> TargetValue | None:
    """Decide 2, an unfilled or masked number: ≥**人次, 》 亩, XX万元, a unit without a number."""
    if cell.found.has_mask or (not cell.found.quantities and _is_sign_and_unit(cell.body)):
        return answer(cell, None, "placeholder")
    return None


def read_scale(cell: TargetText) -> TargetValue | None:
    """Decide 3, a scale of grades with none chosen (优良中低差, 是/否), or a plain yes or no."""
    if cell.body in YES_NO:
        return answer(cell, "qualitative", "boolean")
    if cell.body in UNCHOSEN or _is_unchosen(cell.body):
        return answer(cell, "qualitative", "placeholder")
    return None


def read_ratio(cell: TargetText) -> TargetValue | None:
    """Decide 4, a ratio a:b, or a fraction that is not of a hundred."""
    return answer(cell, None, "ratio") if cell.found.has_ratio and not cell.is_prose else None


def read_date_alone(cell: TargetText) -> TargetValue | None:
    """Decide 5, a date, period or deadline, unless the cell also holds a quantity."""
    dates = cell.found.dates
    if cell.found.quantities or not dates or cell.is_prose:
        return None
    if len(dates) > 1 and not all(map(is_reference, dates)):
        return answer(cell, None, "composite")
    return answer_date(cell, dates[0])


def read_composite(cell: TargetText) -> TargetValue | None:
    """Decide 6, several quantities that do not form one range; two bounds of one quantity do."""
    quantities = cell.found.quantities
    if len(quantities) < 2 and not cell.found.has_product:
        return None
    bounds = None if cell.found.has_product or cell.is_prose else join_bounds(quantities)
    return answer_quantity(cell, bounds) if bounds else answer(cell, None, "composite")


def read_one_quantity(cell: TargetText) -> TargetValue | None:
    """Decide 7, one quantity, also inside a phrase; a remark behind it is dropped."""
    quantities = cell.found.quantities
    if len(quantities) != 1 or (cell.is_prose and quantities[0].low is not None):
        return None
    return answer_quantity(cell, quantities[0])


def read_words(cell: TargetText) -> TargetValue:
    """Decide 8, no quantity: a state in words."""
    return answer(cell, "qualitative", "text")


DECISIONS: tuple[Callable[[TargetText], TargetValue | None], ...] = (
    read_nothing,
    read_placeholder,
    read_scale,
    read_ratio,
    read_date_alone,
    read_composite,
    read_one_quantity,
    read_words,
)


def _is_sign_and_unit(body: str) -> bool:
    """Return True for a sign or comparator, a measure word, or both, without a number."""
    if len(body) > 3 * _LONGEST_MEASURE:
        return False
    rest = body.lstrip("≥≤≮≯<>=≈》〉《〈»«")
    size = next((size for size in range(len(rest), 0, -1) if rest[:size] in FRONT), 0)
    rest = rest[size:].strip("()")
    rest = (rest.lstrip("百千万亿") or rest).partition("/")[0]
    if not rest:
        return True
    is_measure = len(rest) <= _LONGEST_MEASURE and match_measure(rest, 0) == rest
    return is_measure and (rest == "%" or not rest.isascii()) and not rest.startswith("半")


def _is_unchosen(body: str) -> bool:
    if len(body) > LONGEST_PHRASE or not _SEPARATORS.search(body):
        return False
    words = [word for word in _SEPARATORS.split(body) if word]
    return len(words) > 1 and any(all(word in scale for word in words) for scale in SCALES_OF_GRADES)
