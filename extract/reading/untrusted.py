"""Validate the output of a reading child before it is loaded as a Reading.

A malicious document may control its child, which then can write anything. Its output must not pass for the reading of
another document, and must not make the step fail that loads the readings of all documents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from extract.entities import Box, Held, Question, Reading
from extract.errors import Refused
from extract.reading.exchange import reading_from_json, refusal_from_dict

LONGEST_DETAIL = 2000  # characters of a refusal's detail by a child
KEY = re.compile(r"[0-9a-f]{16}")  # of a question
MOST_CHOICES = 1000  # of a question
LARGEST = 2**31 - 1
MOST_DIGITS = 40  # of an amount, written out


def trust_reading(text: str, sha256: str | None = None) -> Reading:
    """Parse the Reading of the document with this hash; raises ValueError."""
    with _as_value_error("reading"):
        reading = reading_from_json(text)
        fault = _find_fault(reading)
    if fault:
        raise ValueError(f"invalid reading: {fault}")
    if sha256 is not None and reading.sha256 != sha256:
        raise ValueError(f"a reading of {plain_text(reading.sha256)[:12]}, expected one of {sha256[:12]}")
    return reading


def trust_refusal(data: dict[str, Any]) -> Refused:
    """Build the Refused of a child's answer, its texts made plain; raises ValueError."""
    with _as_value_error("refusal"):
        refused = refusal_from_dict({"page": None, **data})
        held = tuple(replace(one, detail=plain_text(one.detail)) for one in refused.held)
        fault = _find_fault_of_held(held)
    if fault:
        raise ValueError(f"invalid refusal: {fault}")
    return Refused(refused.reason, plain_text(refused.detail), refused.page if _is_number(refused.page) else None, held)


@contextmanager
def _as_value_error(what: str) -> Iterator[None]:
    """Convert every error in a child's text to ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"invalid {what}: {plain_text(error)}") from None
    except (KeyError, IndexError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"invalid {what}: {type(error).__name__}: {plain_text(error)}") from None


def plain_text(value: object) -> str:
    """Return a child's text as one line without control characters, safe for terminals and logs."""
    text = str(value)[:LONGEST_DETAIL]
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _find_fault(reading: Reading) -> str | None:
    """Describe the first value of a reading that has a wrong type, range or reference; None if all are valid."""
    numbers: list[object] = [reading.page_count]
    texts: list[object] = [reading.sha256, *reading.readers]
    boxes: list[Box] = []
    amounts: list[Decimal] = []
    for part in reading.parts:
        numbers += [part.part, part.fiscal_year]
        texts += [part.title, part.publisher, *part.headers]
    for record in reading.records:
        numbers += [record.part, record.table, record.page, record.row, record.project_no]
        boxes += [record.box, *(printed.box for printed in record.cells.values())]
        numbers += [printed.page for printed in record.cells.values()]
        texts += [printed.text for printed in record.cells.values()]
        amounts += record.amounts.values()
        texts.append(record.title)
    for finding in reading.findings:
        texts += [finding.code, finding.detail]
        numbers.append(finding.page or 0)
    for check in reading.cross_checks:
        numbers += [check.page, check.project_page]
        texts += [check.kind, check.project, check.expected, check.printed]
    parts = {part.part for part in reading.parts}
    if not all(isinstance(text, str) for text in texts):
        return "a text that is no string"
    if not all(_is_number(number) for number in numbers):
        return "a number that is no integer in range"
    if not all(_is_box(box) for box in boxes):
        return "a box without four finite sides"
    if not all(_is_amount(amount) for amount in amounts):
        return "an amount that is not finite or too long"
    if len(parts) != len(reading.parts) or any(record.part not in parts for record in reading.records):
        return "a record of no part"
    return _find_fault_of_held(reading.held) or _find_fault_of_questions(reading.settled)


def _find_fault_of_questions(questions: Iterable[Question]) -> str | None:
    """Describe the first value of the questions that has a wrong type or range; None if all are valid."""
    for one in questions:
        texts = [one.key, one.asked, one.near, one.layout, one.publisher, one.reader_version, one.answer]
        texts += [text for choice in one.choices for text in (choice.value, choice.text)]
        pages = [one.page, *(choice.page or 0 for choice in one.choices)]
        boxes = [box for box in (one.box, *(choice.box for choice in one.choices)) if box is not None]
        if not all(isinstance(text, str) for text in texts):
            return "a text that is no string"
        if not all(map(_is_number, pages)) or not isinstance(one.is_general, bool):
            return "a number that is no integer in range"
        if not all(map(_is_box, boxes)):
            return "a box without four finite sides"
        if not KEY.fullmatch(one.key) or not 0 < len(one.choices) <= MOST_CHOICES:
            return "a question without a valid key or choices"
    return None


def _find_fault_of_held(held: Iterable[Held]) -> str | None:
    for one in held:
        if not all(map(_is_number, (one.page, one.last_page, one.part, one.project_no))):
            return "a number that is no integer in range"
        if not all(isinstance(text, str) for text in (one.detail, one.project or "", one.unit or "")):
            return "a text that is no string"
        if one.box is not None and not _is_box(one.box):
            return "a box without four finite sides"
    return _find_fault_of_questions(question for one in held for question in one.questions)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -1 <= value <= LARGEST


def _is_amount(amount: Decimal) -> bool:
    return amount.is_finite() and len(amount.as_tuple().digits) < MOST_DIGITS and abs(amount.adjusted()) < MOST_DIGITS


def _is_box(box: Iterable[object]) -> bool:
    sides = list(box)
    return len(sides) == 4 and all(isinstance(side, (int, float)) and math.isfinite(side) for side in sides)
