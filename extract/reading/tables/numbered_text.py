"""Parse a cell that holds all indicators of a project as one numbered text; every character is accounted for.

text      = item, item, …
item      = number, "、" or ".", level1, mark, level2, mark, indicator, [mark], values, [end]
values    = "实施周期指标值", [colon], text, [mark], "年度指标值", [colon], text
level     = [code, dash], name of a level
mark      = one of ；;，,。

Numbers count up by one or begin again with 1. Texts may hold marks: only the words of the grammar part an item.
Source: 广州市 项目支出绩效目标表（含转移支付项目）, 2026.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from extract.errors import Reason, Refused

MARKS = "；;，,。"
DASH = "-‐‑–—－−"
LEVEL = rf"(?:\d{{1,2}}\s*[{DASH}]\s*)?[一-龥]{{2,12}}"
FIRST = r"产出|效益|效果|满意度|成本|投入|过程|管理|履职"
HEAD = re.compile(
    rf"(?P<number>\d{{1,3}})\s*[、.．]\s*(?P<level1>(?:\d{{1,2}}\s*[{DASH}]\s*)?(?:{FIRST})[一-龥]{{0,6}}?)\s*[{MARKS}]"
    rf"\s*(?P<level2>{LEVEL})\s*[{MARKS}]\s*"
)
CYCLE = re.compile(rf"[{MARKS}]?\s*(?:实施周期|实施期|中期|长期)(?:指标|目标)值[:：]?\s*")
ANNUAL = re.compile(rf"[{MARKS}]?\s*年度(?:指标|目标)值[:：]?\s*")
STOP, SEMICOLONS = "。", "；;"


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator of a numbered text; `ending` is the mark that may end it and is part of the last value so far."""

    level1: str
    level2: str
    indicator: str
    cycle_value: str | None
    annual_value: str
    ending: str = ""


def looks_numbered(text: str) -> bool:
    """Return True if a text begins as a numbered list of indicators and holds a value."""
    return bool(HEAD.match(text.strip())) and bool(ANNUAL.search(text))


def parse_items(text: str, page: int) -> list[Item]:
    """Split a text into its items; raises Refused (conservation) where a character does not fit the grammar."""
    text = text.strip()
    heads = list(HEAD.finditer(text))
    if not heads or heads[0].start() != 0:
        raise Refused(Reason.CONSERVATION, f"the list begins with {text[:20]!r}, no numbered indicator", page)
    items, number, begin = [], 0, 0
    for k, head in enumerate(heads):
        end = len(text) if k + 1 == len(heads) else heads[k + 1].start()
        begin, number = head.end(), _next_number(text, head, number, page)
        if k + 1 < len(heads):
            end += _borrowed(text, heads[k + 1], number)
        items.append(_parse_item(head, text[begin:end], page))
    return items


def drop_endings(lists: Iterable[list[Item]]) -> list[list[Item]]:
    """Remove the mark that ends the items of a table from their last values: the more common of 。 and ；.

    A full stop where items end with semicolons ends a sentence and is kept.
    """
    lists = list(lists)
    counts = Counter("stop" if i.ending == STOP else "semicolon" for items in lists for i in items if i.ending)
    ends = STOP if counts["stop"] > counts["semicolon"] else SEMICOLONS
    return [[_drop_ending(item, ends) for item in items] for items in lists]


def _drop_ending(item: Item, ends: str) -> Item:
    value = item.annual_value[:-1].rstrip() if item.ending and item.ending in ends else item.annual_value
    return Item(item.level1, item.level2, item.indicator, item.cycle_value, value)


def _borrowed(text: str, head: re.Match[str], number: int) -> int:
    """Return how many digits before a head's number belong to the value: `≥907、` after 6 is 90 and 7."""
    digits = head["number"]
    parted = head.start() == 0 or text[: head.start()].rstrip()[-1:] in MARKS
    wanted = str(number + 1)
    return len(digits) - len(wanted) if not parted and digits != wanted and digits.endswith(wanted) else 0


def _next_number(text: str, head: re.Match[str], number: int, page: int) -> int:
    """Return the number of a head: the next one, or 1 again; raises Refused (conservation)."""
    digits = head["number"][_borrowed(text, head, number) :]
    found = int(digits)
    if found not in (number + 1, 1):
        raise Refused(Reason.CONSERVATION, f"item {found} of a numbered list follows item {number}", page)
    return found


def _parse_item(head: re.Match[str], body: str, page: int) -> Item:
    """Split the rest of an item into indicator and values; raises Refused (conservation)."""
    body = body.rstrip()
    cycles, annuals = list(CYCLE.finditer(body)), list(ANNUAL.finditer(body))
    if len(annuals) != 1 or len(cycles) > 1 or (cycles and cycles[0].end() > annuals[0].start()):
        said = f"{len(cycles)} period values and {len(annuals)} annual values"
        raise Refused(Reason.CONSERVATION, f"item {head['number']} of a numbered list prints {said}", page)
    first = (cycles or annuals)[0]
    indicator, annual = body[: first.start()].strip(), body[annuals[0].end() :]
    cycle = body[cycles[0].end() : annuals[0].start()].strip() if cycles else None
    if not indicator:
        raise Refused(Reason.CONSERVATION, f"item {head['number']} of a numbered list names no indicator", page)
    ending = annual[-1:] if annual[-1:] in (STOP, *SEMICOLONS) else ""
    return Item(head["level1"], head["level2"], indicator, cycle, annual, ending)
