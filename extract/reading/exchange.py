"""A Reading in, JSON text out, and back: what the child process answers and what the DAG keeps between read and stage.

Grids go one way only: they are printed.

Amounts travel as decimal strings and boxes as lists, so nothing is rounded on the way.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from extract.entities import Box, Column, DocumentKind, Finding, Grid, PageGrids, Part, Printed, Reading, Record

FORMAT = 1


def reading_to_json(reading: Reading) -> str:
    """One line of JSON, stable for equal readings."""
    return json.dumps(
        {
            "format": FORMAT,
            "sha256": reading.sha256,
            "page_count": reading.page_count,
            "readers": list(reading.readers),
            "parts": [_part_to_dict(p) for p in reading.parts],
            "records": [_record_to_dict(r) for r in reading.records],
            "findings": [[f.code, f.detail, f.page] for f in reading.findings],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def reading_from_json(text: str) -> Reading:
    """The Reading that `reading_to_json` was given; raises ValueError for another format."""
    data = json.loads(text)
    if data.get("format") != FORMAT:
        raise ValueError(f"reading of format {data.get('format')!r}, expected {FORMAT}")
    return Reading(
        data["sha256"],
        data["page_count"],
        tuple(data["readers"]),
        tuple(_part_from_dict(p) for p in data["parts"]),
        tuple(_record_from_dict(r) for r in data["records"]),
        tuple(Finding(code, detail, page) for code, detail, page in data["findings"]),
    )


def _part_to_dict(part: Part) -> dict[str, Any]:
    return {
        "part": part.part,
        "title": part.title,
        "publisher": part.publisher,
        "fiscal_year": part.fiscal_year,
        "document_kind": part.document_kind.value,
        "columns": [c.value for c in part.columns],
        "headers": list(part.headers),
    }


def _part_from_dict(data: dict[str, Any]) -> Part:
    return Part(
        data["part"],
        data["title"],
        data["publisher"],
        data["fiscal_year"],
        DocumentKind(data["document_kind"]),
        tuple(Column(c) for c in data["columns"]),
        tuple(data["headers"]),
    )


def _record_to_dict(record: Record) -> dict[str, Any]:
    return {
        "place": [record.part, record.table, record.page, record.row, record.project_no],
        "box": list(record.box),
        "cells": {c.value: [p.text, p.page, *p.box] for c, p in record.cells.items()},
        "amounts": {c.value: str(a) for c, a in record.amounts.items()},
    }


def _record_from_dict(data: dict[str, Any]) -> Record:
    part, table, page, row, project_no = data["place"]
    cells = {Column(c): Printed(text, at, Box(*box)) for c, (text, at, *box) in data["cells"].items()}
    amounts = {Column(c): Decimal(a) for c, a in data["amounts"].items()}
    return Record(part, table, page, row, project_no, Box(*data["box"]), cells, amounts)


def grids_to_dicts(pages: tuple[PageGrids, ...]) -> list[dict[str, Any]]:
    """Pages, tables and cells as plain objects."""
    return [
        {
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "lines": [{"text": line.text, "bbox": list(line.box)} for line in page.lines],
            "tables": [_grid_to_dict(grid) for grid in page.grids],
        }
        for page in pages
    ]


def _grid_to_dict(grid: Grid) -> dict[str, Any]:
    return {
        "table": grid.table,
        "bbox": list(grid.box),
        "rows": grid.n_rows,
        "cols": grid.n_cols,
        "cells": [
            {
                "row": cell.row,
                "col": cell.col,
                "rowspan": cell.rowspan,
                "colspan": cell.colspan,
                "bbox": list(cell.box),
                "text": cell.text,
            }
            for cell in grid.cells
        ],
    }
