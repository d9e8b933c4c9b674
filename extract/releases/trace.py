"""Trace the key of a fact to its document and edition, page and box, and to the cells of other editions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from extract.archive.stored_documents import name_place
from extract.errors import JixiaoError
from extract.releases.query import ask
from extract.settings import Settings

SHORTEST = 8
MOST_SHOWN = 5  # of several facts that begin alike


class TraceError(JixiaoError):
    """No fact or several match this key; the message tells what to do."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A table whose rows are printed cells; `same` are the columns that equal cells of other editions share."""

    table: str
    key: str
    printed: str
    row: str
    names: tuple[str, ...]
    reading: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    has_indicator: bool = False


TARGET_READING = ("comparator", "low", "high", "measure_unit")
FACTS: dict[str, Fact] = {
    "target": Fact(
        "fct_indicator_targets",
        "target_key",
        "target_text",
        "row_no",
        ("horizon", "is_current"),
        (*TARGET_READING, "per", "is_percent", "value_type", "is_implicit", "is_suspect", "date_low", "date_high"),
        ("project_key", "indicator_key", "horizon", "fiscal_year", "document_kind"),
        has_indicator=True,
    ),
    "budget": Fact(
        "fct_project_budgets",
        "budget_key",
        "amount_text",
        "CAST(NULL AS INTEGER)",
        ("amount_kind", "is_current"),
        ("amount_yuan",),
        ("project_key", "amount_kind", "fiscal_year", "document_kind"),
    ),
    "result": Fact(
        "fct_indicator_results",
        "result_key",
        "actual_text",
        "row_no",
        ("is_current", "target_text", "deviation_text"),
        ("actual_value", "actual_measure_unit", "weight", "score", "is_reached", "achievement_pct"),
        ("project_key", "indicator_key", "fiscal_year", "document_kind"),
        has_indicator=True,
    ),
}
DOCUMENT = (
    "SELECT d.document_key, d.title, p.publisher_name, d.document_kind, d.fiscal_year, d.edition_no, "
    "d.is_current AS is_current_edition, d.published_on, d.source_url, d.sha256, d.page_count, d.reader, "
    "d.reader_count FROM dim_documents AS d INNER JOIN dim_publishers AS p ON d.publisher_key = p.publisher_key"
)


def trace_key(settings: Settings, key: str) -> dict[str, Any]:
    """Trace one fact or document of the served release.

    `key` is a target_key, budget_key, result_key or document_key, or a prefix (8 digits at least) that matches one.
    Keys of the answer: `kind key printed reading names document page row bbox archive other_editions`; for a document
    those of a cell are None. Raises TraceError where none or several match.
    """
    kind, key = _find_key(settings, key)
    if kind == "document":
        document = _one(settings, f"{DOCUMENT} WHERE d.document_key = '{key}'")
        cell: dict[str, Any] = {
            "printed": None,
            "reading": None,
            "names": None,
            "page": None,
            "row": None,
            "bbox": None,
            "other_editions": _editions(settings, document),
        }
    else:
        cell, document = _read_cell(settings, FACTS[kind], key)
    place = name_place(settings, document["sha256"])
    return {"kind": kind, "key": key, **cell, "document": document, "archive": place}


def _find_key(settings: Settings, start: str) -> tuple[str, str]:
    start = start.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{SHORTEST},64}}", start):
        raise TraceError(
            f"{start or 'an empty text'} is no key: expected at least {SHORTEST} hexadecimal digits of a target_key, "
            "budget_key, result_key or document_key"
        )
    places = [(kind, fact.table, fact.key) for kind, fact in FACTS.items()]
    places.append(("document", "dim_documents", "document_key"))
    found = _rows(
        settings,
        " UNION ALL ".join(
            f"SELECT '{kind}' AS kind, {key} AS key FROM {table} WHERE {key} LIKE '{start}%'"
            for kind, table, key in places
        )
        + f" ORDER BY 2 LIMIT {MOST_SHOWN + 1}",
    )
    if not found:
        raise TraceError(
            f"no fact of the served release begins with {start}; find one: "
            'jixiao sql "SELECT target_key, target_text FROM fct_indicator_targets"'
        )
    if len(found) > 1:
        more = " …" if len(found) > MOST_SHOWN else ""
        several = ", ".join(f"{one['key']} ({one['kind']})" for one in found[:MOST_SHOWN])
        raise TraceError(f"several facts begin with {start}, give more digits: {several}{more}")
    return found[0]["kind"], found[0]["key"]


def _read_cell(settings: Settings, fact: Fact, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    columns = dict.fromkeys(("document_key", "unit_key", "project_key", *fact.same, *fact.names, *fact.reading))
    indicator = (
        ("i.indicator_code, i.indicator_name, ", "INNER JOIN dim_indicators AS i ON f.indicator_key = i.indicator_key")
        if fact.has_indicator
        else ("", "")
    )
    row = _one(
        settings,
        f"SELECT {', '.join(f'f.{name}' for name in columns)}, u.unit_name, j.project_name, {indicator[0]}"
        f"{fact.printed} AS printed, {fact.row} AS row_no, f.page, f.x0, f.y0, f.x1, f.y1 FROM {fact.table} AS f "
        "INNER JOIN dim_units AS u ON f.unit_key = u.unit_key "
        f"INNER JOIN dim_projects AS j ON f.project_key = j.project_key {indicator[1]} WHERE f.{fact.key} = '{key}'",
    )
    document = _one(settings, f"{DOCUMENT} WHERE d.document_key = '{row['document_key']}'")
    named = ("unit_name", "project_name", "indicator_code", "indicator_name", *fact.names)
    cell = {
        "printed": row["printed"],
        "reading": {name: row[name] for name in fact.reading},
        "names": {name: row[name] for name in named if name in row},
        "page": row["page"],
        "row": row["row_no"],
        "bbox": _box(row),
        "other_editions": _twins(settings, fact, key),
    }
    return cell, document


def _twins(settings: Settings, fact: Fact, key: str) -> list[dict[str, Any]]:
    """Return the same cell in other editions, by order among equal rows of a document."""
    order = "record_no" if fact.has_indicator else "project_no"
    same = ", ".join(fact.same)
    equal = " AND ".join(f"f.{name} = mine.{name}" for name in (*fact.same, "turn"))
    rows = _rows(
        settings,
        f"WITH f AS (SELECT *, row_number() OVER (PARTITION BY document_key, {same} ORDER BY {order}) AS turn "
        f"FROM {fact.table}), mine AS (SELECT * FROM f WHERE {fact.key} = '{key}') "
        f"SELECT f.{fact.key} AS key, f.document_key, d.edition_no, d.title, d.sha256, f.{fact.printed} AS printed, "
        "f.page, f.x0, f.y0, f.x1, f.y1 "
        f"FROM f INNER JOIN mine ON {equal} AND f.document_key <> mine.document_key "
        "INNER JOIN dim_documents AS d ON f.document_key = d.document_key ORDER BY d.edition_no, f.document_key",
    )
    sides = ("x0", "y0", "x1", "y1")
    return [{**{k: v for k, v in row.items() if k not in sides}, "bbox": _box(row)} for row in rows]


def _editions(settings: Settings, document: dict[str, Any]) -> list[dict[str, Any]]:
    return _rows(
        settings,
        "SELECT d.document_key AS key, d.edition_no, d.title, d.sha256, d.is_current FROM dim_documents AS d "
        "INNER JOIN dim_documents AS mine ON d.publisher_key = mine.publisher_key AND d.fiscal_year = mine.fiscal_year "
        f"AND d.document_kind = mine.document_kind WHERE mine.document_key = '{document['document_key']}' "
        "AND d.document_key <> mine.document_key ORDER BY d.edition_no, d.document_key",
    )


def _box(row: dict[str, Any]) -> list[float]:
    return [round(row[side], 2) for side in ("x0", "y0", "x1", "y1")]


def _rows(settings: Settings, query: str) -> list[dict[str, Any]]:
    return [{k: _plain(v) for k, v in row.items()} for row in ask(settings, query)[1]]


def _plain(value: Any) -> Any:
    """Return a number without the zeros that its column type adds (2000000.0000000000); amounts keep two."""
    if isinstance(value, Decimal) and value.as_tuple().exponent in range(-10, -2):
        return Decimal(format(value, "f").rstrip("0").rstrip("."))
    return value


def _one(settings: Settings, query: str) -> dict[str, Any]:
    (row,) = _rows(settings, query)
    return row
