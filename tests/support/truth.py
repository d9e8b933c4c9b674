"""Hold what the reader says of a PDF against the truth that stands beside it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from extract.entities import Column, Finding, Held, Reading, Record, Scope
from extract.errors import Refused
from extract.reading.document import read_document
from extract.text import fold_text

FIELDS = "unit project category overall_goal annual_goal level1 level2 indicator cycle_value annual_value".split()
Said = tuple[tuple[Record, ...], tuple[Held, ...], tuple[Finding, ...], Refused | None]


def load_truth(path: Path) -> tuple[dict[str, Any], Path]:
    """Load a truth and the path of its PDF."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return data, path.with_name(data["file"])


def read_all(pdf: Path, reader: str = "auto") -> Said:
    """Read a PDF; a refusal that names its projects is the same as a reading that delivers none of them."""
    try:
        reading = read_document(pdf, reader=reader)
    except Refused as refusal:
        return (), refusal.held, (), refusal
    return reading.records, reading.held, reading.findings, None


def find_differences(records: tuple[Record, ...], rows: list[dict[str, Any]]) -> list[str]:
    """List the cells and amounts in which records are not what the truth says; `accept` of a row lists other texts."""
    found = [] if len(rows) == len(records) else [f"{len(records)} rows, expected {len(rows)}"]
    for number, (record, row) in enumerate(zip(records, rows, strict=False), 1):
        for name in FIELDS:
            cell = record.cells.get(Column(name))
            got, wanted = (None if cell is None else cell.text), [row.get(name), *row.get("accept", {}).get(name, [])]
            if not any(_is_same(want, got) for want in wanted):
                found.append(f"row {number} {name}: {got!r}, expected {row.get(name)!r}")
        want = row.get("amount_yuan")
        if (Decimal(want) if want else None) != record.amounts.get(Column.AMOUNT):
            found.append(f"row {number} amount: {record.amounts}, expected {want}")
        if record.scope != row.get("scope", Scope.PROJECT):
            found.append(f"row {number}: scope {record.scope}")
    return found


def judge(said: Said, truth: dict[str, Any]) -> list[str]:
    """List what of a reading is not as the truth says: rows, what is held back, findings."""
    records, held, findings, refusal = said
    rows = [row | {"scope": t.get("scope", "project")} for t in truth.get("tables", []) for row in t["rows"]]
    expect = [truth["expect"], *truth.get("accept_expect", [])]
    if refusal is not None and not held:
        return [] if refusal.reason in expect else [f"refused: {refusal}"]
    wanted = truth.get("held", [])
    problems = find_differences(records, rows)
    problems += [f"held back: {one.page} {one.project}: {one.detail}" for one in held if not _is_named(one, wanted)]
    problems += [f"not held back: {one}" for one in wanted if not any(_is_named(h, [one]) for h in held)]
    problems += [f"no finding {code}" for code in truth.get("findings", []) if code not in {f.code for f in findings}]
    return problems


def _is_same(want: str | None, got: str | None) -> bool:
    return (want is None) == (got is None) and fold_text(want or "") == fold_text(got or "")


def _is_named(held: Held, wanted: list[dict[str, Any]]) -> bool:
    return any(
        one["page"] <= held.page <= one.get("last_page", one["page"])
        or (one.get("project") and one["project"] == held.project)
        for one in wanted
    )


def is_exact_or_held(before: Reading, after: Reading | Refused) -> list[str]:
    """List the projects of `before` that `after` neither delivers as they were nor holds back."""
    if isinstance(after, Refused):
        return [] if not after.held else _compare(before, (), after.held)
    return _compare(before, after.records, after.held)


def _compare(before: Reading, records: tuple[Record, ...], held: tuple[Held, ...]) -> list[str]:
    old, new = _by_project(before.records), _by_project(records)
    problems = [f"{key[:2]} is delivered and was not so" for key in new if key not in old]
    pages = {page for one in held for page in range(one.page, one.last_page + 1)}
    for key, rows in old.items():
        if key not in new and not pages & {row_page for row_page, _ in rows}:
            problems.append(f"{key[0]} is neither delivered nor held back")
    return problems


def _by_project(records: tuple[Record, ...]) -> dict[tuple[str, tuple[Any, ...]], list[tuple[int, Any]]]:
    """Group records by project, each with everything that it says."""
    groups: dict[tuple[int, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record.part, record.project_no), []).append(record)
    found = {}
    for rows in groups.values():
        texts = tuple(tuple(sorted((c.value, p.text) for c, p in r.cells.items())) for r in rows)
        name = rows[0].cells[Column.PROJECT].text if Column.PROJECT in rows[0].cells else ""
        found[name, texts] = [(r.page, r) for r in rows]
    return found
