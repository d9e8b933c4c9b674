"""Expand drafts whose cell holds all indicators of a project as a numbered text: one draft for each indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from extract.entities import Column
from extract.reading.tables.drafts import Draft, Field, confine
from extract.reading.tables.numbered_text import Item, drop_endings, parse_items


def expand_drafts(drafts: Sequence[Draft], table: int) -> list[Draft]:
    """Make one draft of each item of a table's numbered texts; a text that cannot be parsed stays one draft."""
    lists: dict[int, list[Item]] = {}
    for draft in drafts:
        if draft.table == table and draft.fields[Column.INDICATOR].text:
            with confine(draft.project.doubts, draft.page):
                lists[id(draft)] = parse_items(draft.fields[Column.INDICATOR].text, draft.page)
    items = dict(zip(lists, drop_endings(lists.values()), strict=True))
    return [
        one
        for draft in drafts
        for one in ([_cut_out(draft, item) for item in items[id(draft)]] if id(draft) in items else [draft])
    ]


def _cut_out(draft: Draft, item: Item) -> Draft:
    """Make the draft of one item; each of its fields has the place of the whole text."""
    whole = draft.fields[Column.INDICATOR].printed()
    texts = {
        Column.LEVEL1: item.level1,
        Column.LEVEL2: item.level2,
        Column.INDICATOR: item.indicator,
        Column.CYCLE_VALUE: item.cycle_value,
        Column.ANNUAL_VALUE: item.annual_value,
    }
    fields = {c: Field([replace(whole, text=text)]) for c, text in texts.items() if text is not None}
    return replace(draft, fields=draft.fields | fields)
