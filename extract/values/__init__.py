"""Parse printed text to numbers: target values and amounts.

    parse_target, parse_targets, parse_parts → TargetValue     see docs/targets.md for the grammar
    find_promises                            → list[TargetValue], the numbers that a goal in prose promises
    parse_amount, parse_amount_unit          → Decimal in 元
    fold_text                                → str, for comparing only
    value_as_json, format_target             → str

Nothing here raises on any text, but `parse_amount`, which refuses what is not certainly one amount.
"""

from extract.text import fold_text
from extract.values.amounts import parse_amount, parse_amount_unit
from extract.values.goal_numbers import find_promises
from extract.values.parts import parse_parts
from extract.values.printing import format_target, value_as_json
from extract.values.targets import GRAMMAR_VERSION, parse_target, parse_targets

__all__ = [
    "GRAMMAR_VERSION",
    "find_promises",
    "fold_text",
    "format_target",
    "parse_amount",
    "parse_amount_unit",
    "parse_parts",
    "parse_target",
    "parse_targets",
    "value_as_json",
]
