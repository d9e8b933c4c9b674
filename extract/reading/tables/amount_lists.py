"""Split the text of a cell that prints an amount and its sources into words with their amounts.

年度资金总额：45.00万元 其中：财政拨款45.00万元 其他资金0万元        45.00万元（其中：财政拨款45.00万元）
"""

from __future__ import annotations

import re

from extract.reading.tables.header_words import is_ignored, match_column, normalise

ENTRY = re.compile(
    r"[(]?(?:其中)?[:,]?(?P<word>[一-龥]{2,14}?)?[:]?(?P<amount>\d[\d,]*(?:\.\d+)?(?:[百千万亿]{0,2}元|[万亿])?)[;,。、.)]*"
)


def split_amounts(text: str) -> list[tuple[str, str]]:
    """List the words and amounts of a text that is nothing else, [] for any other text; the first may lack its word."""
    folded, found = normalise(text), []
    place = 0
    while place < len(folded):
        entry = ENTRY.match(folded, place)
        if entry is None:
            return []
        word = entry["word"] or ""
        if not (match_column(word) or is_ignored(word) if word else place == 0) or entry["amount"] not in text:
            return []
        found.append((word, entry["amount"]))
        place = entry.end()
    return found if len(found) > 1 else []
