"""Account for every text of a document's pages with targets: what became of each (`jixiao read --account`)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from extract.entities import Reading
from extract.reading.tables.header_words import is_ignored, is_part_of_group, match_column

ACCOUNT_FATES = ("loaded", "words", "held_back", "not_loaded", "outside")
ACCOUNT_COLUMNS = ("file", "page", *ACCOUNT_FATES, "characters", "texts_not_loaded")
SAME_PT = 1.0  # sides of one cell, as two parts of a reading give them
SHOWN = 12  # characters of a text that is not loaded

Sides = tuple[float, float, float, float]


def account_for(file: Path, pages: Sequence[dict[str, Any]], reading: Reading) -> Iterator[dict[str, Any]]:
    """Yield one object for each page with targets: how many characters became what; blanks do not count.

    `loaded` stand in a field of a record; `words` are headers and labels; `held_back` stand on pages of projects that
    are held back and in no record; `not_loaded` are sums, notes, column numbers, template rows and columns that are
    ignored by name; `outside` are titles, captions and page numbers. Together they are all `characters` of the page.
    """
    boxes, texts = _list_fields(reading)
    held = {page for one in reading.held for page in range(one.page, one.last_page + 1)}
    for page in pages:
        number = int(page["page"])
        if number not in boxes and number not in held:
            continue
        count: Counter[str] = Counter()
        aside: list[str] = []
        near = texts[number - 1] | texts[number] | texts[number + 1]
        for cell in (cell for table in page["tables"] for cell in table["cells"] if cell["text"].strip()):
            fate = _judge(cell, boxes[number], near, number in held)
            count[fate] += _count(cell["text"])
            if fate == "not_loaded":
                aside.append(cell["text"][:SHOWN])
        count["outside"] = sum(_count(line["text"]) for line in page["lines"])
        fates = {name: count[name] for name in ACCOUNT_FATES}
        yield {
            "file": str(file),
            "page": number,
            **fates,
            "characters": sum(fates.values()),
            "texts_not_loaded": " | ".join(aside),
        }


def _list_fields(reading: Reading) -> tuple[dict[int, list[Sides]], dict[int, frozenset[str]]]:
    """List the boxes and the texts of all fields of records, by page."""
    boxes: dict[int, list[Sides]] = defaultdict(list)
    texts: dict[int, set[str]] = defaultdict(set)
    for record in reading.records:
        for printed in record.cells.values():
            boxes[printed.page].append((printed.box.x0, printed.box.y0, printed.box.x1, printed.box.y1))
            texts[printed.page].add(_squeeze(printed.text))
        boxes.setdefault(record.page, [])
    return boxes, defaultdict(frozenset, {page: frozenset(found) for page, found in texts.items()})


def _judge(cell: dict[str, Any], fields: Sequence[Sides], near: frozenset[str], is_held: bool) -> str:
    """Return what became of a cell; a cell cut by a page break is found by its text."""
    box, text = cell["bbox"], _squeeze(cell["text"])
    if any(all(abs(one - other) < SAME_PT for one, other in zip(box, field, strict=True)) for field in fields):
        return "loaded"
    if match_column(text) is not None or is_ignored(text) or is_part_of_group(text):
        return "words"
    if any(text in field for field in near):
        return "loaded"
    return "held_back" if is_held else "not_loaded"


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _count(text: str) -> int:
    return len(_squeeze(text))
