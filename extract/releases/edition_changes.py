"""Find the cells that a later edition changed, of a publisher and year or of two documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extract.errors import JixiaoError
from extract.releases.query import ask
from extract.settings import Settings

ChangedCell = dict[str, Any]
COLUMNS = (
    "publisher",
    "fiscal_year",
    "document_kind",
    "earlier",
    "later",
    "unit",
    "project",
    "indicator",
    "cell",
    "change",
    "before",
    "after",
    "page",
)
"""What programs get; people get the last columns, below the line that names the two documents."""
SHOWN = ("project", "indicator", "cell", "change", "before", "after", "page")
_CONTEXT = 8  # characters on either side of what changed in a long text
_LONG = 40

_CHANGES = """
SELECT
    p.publisher_code AS publisher,
    c.fiscal_year,
    c.document_kind,
    left(earlier.sha256, 12) AS earlier,
    left(later.sha256, 12) AS later,
    c.unit_name AS unit,
    c.project_name AS project,
    (
        SELECT min(coalesce(i.indicator_code || '-', '') || i.indicator_name)
        FROM fct_indicator_targets AS t
        INNER JOIN dim_indicators AS i ON t.indicator_key = i.indicator_key
        WHERE
            t.document_key = CASE WHEN c.change = 'removed' OR c.cell_text IS NULL
                THEN c.prior_document_key ELSE c.document_key END
            AND t.record_no = c.record_no
    ) AS indicator,
    c.cell,
    c.change,
    c.prior_cell_text AS before,
    c.cell_text AS after,
    c.page
FROM edition_changes AS c
INNER JOIN dim_documents AS later ON c.document_key = later.document_key
INNER JOIN dim_documents AS earlier ON c.prior_document_key = earlier.document_key
INNER JOIN dim_publishers AS p ON c.publisher_key = p.publisher_key
WHERE
    (? IS NULL OR p.publisher_code = ? OR p.publisher_name = ?)
    AND (? IS NULL OR c.fiscal_year = ?)
    AND (? IS NULL OR earlier.sha256 LIKE ? OR later.sha256 LIKE ?)
    AND (? IS NULL OR earlier.sha256 LIKE ? OR later.sha256 LIKE ?)
ORDER BY
    publisher, c.fiscal_year, c.document_kind, later.first_seen_at, later, unit, project,
    c.record_no NULLS FIRST, c.cell
"""
_KNOWN = """
SELECT 1 FROM dim_documents AS d INNER JOIN dim_publishers AS p ON d.publisher_key = p.publisher_key
WHERE
    (? IS NULL OR p.publisher_code = ? OR p.publisher_name = ?)
    AND (? IS NULL OR d.fiscal_year = ?)
    AND (? IS NULL OR d.sha256 LIKE ?)
LIMIT 1
"""


def find_changes(
    settings: Settings, publisher: str | None = None, year: int | None = None, documents: Sequence[str] = ()
) -> list[ChangedCell]:
    """Return one row per cell that differs between two editions, by publisher, year and project.

    `publisher` is its code or name; `documents` are one or two beginnings of hashes, and with two only changes from
    one to the other count. Raises JixiaoError where the release holds nothing of that publisher, year or document.
    """
    starts = [*documents, *[None] * (2 - len(documents))]
    for start in documents:
        _require(settings, None, None, start)
    if publisher is not None or year is not None:
        _require(settings, publisher, year, None)
    one, other = (None if start is None else f"{start.lower()}%" for start in starts)
    values = [publisher] * 3 + [year] * 2 + [one] * 3 + [other] * 3
    return list(ask(settings, _CHANGES, values=values)[1])


def _require(settings: Settings, publisher: str | None, year: int | None, document: str | None) -> None:
    like = None if document is None else f"{document.lower()}%"
    if next(ask(settings, _KNOWN, values=[publisher] * 3 + [year] * 2 + [like] * 2)[1], None) is None:
        words = (f"document {document}" if document else "", publisher or "", str(year) if year else "")
        raise JixiaoError(f"the release holds nothing of {' '.join(word for word in words if word)}")


def shorten(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Cut two long texts down to their difference, with a little context."""
    if before is None or after is None or max(len(before), len(after)) <= _LONG:
        return before, after
    head = _common_length(before, after)
    tail = _common_length(before[head:][::-1], after[head:][::-1])
    return _cut(before, head, tail), _cut(after, head, tail)


def _common_length(one: str, other: str) -> int:
    """Return the length of the common prefix."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _cut(text: str, head: int, tail: int) -> str:
    start, end = max(0, head - _CONTEXT), min(len(text), len(text) - tail + _CONTEXT)
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
