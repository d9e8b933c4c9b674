"""Documents of a test as rows of the raw schema, written through the staging definitions."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, insert, text

from extract.warehouse.partitions import plan_build
from extract.warehouse.project_similarity import propose_links
from extract.warehouse.raw_columns import metadata
from extract.warehouse.staging import stage_goal_promises, stage_target_values

BOX = {"x0": 10.25, "y0": 20.5, "x1": 110.125, "y1": 40.0625}
Indicator = tuple[str, str] | tuple[str, str, str]
"""Indicator as printed, annual value, and the cycle value where one is printed."""


def project(unit: str | None, name: str, amount: str | None, *indicators: Indicator, **more: Any) -> dict[str, Any]:
    """A project as printed; `more`: category, code, overall_goal, annual_goal, and its rows' actual, adjusted value."""
    return {"unit": unit, "name": name, "amount": amount, "indicators": indicators, **more}


class RawSchema:
    """Collects documents and writes them into the raw tables."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in metadata.sorted_tables}

    def add(self, publisher: str, year: int, *projects: dict[str, Any], **more: Any) -> str:
        """One document; `more`: name, kind, region, layout, published_on, seen (minutes). Returns its hash."""
        name, kind = more.get("name", ""), more.get("kind", "")
        sha256 = hashlib.sha256(f"{publisher} {year} {name} {kind}".encode()).hexdigest()
        record_count = sum(len(each["indicators"]) for each in projects)
        self._add_document({"sha256": sha256, "part_no": 1}, publisher, year, record_count, more)
        record_no = 1
        for project_no, each in enumerate(projects, start=1):
            self._add_project({"sha256": sha256, "part_no": 1}, project_no, record_no, each)
            record_no += len(each["indicators"])
        return sha256

    def _add_document(
        self, place: dict[str, Any], publisher: str, year: int, record_count: int, more: dict[str, Any]
    ) -> None:
        layout = more.get("layout", "unit|project|amount|indicator|annual_value")
        self.rows["documents"].append(
            place
            | {
                "publisher_code": publisher,
                "publisher_name": f"{publisher}局",
                "region_code": more.get("region"),
                "title": f"{publisher}{year}年预算项目绩效目标",
                "fiscal_year": year,
                "document_kind": more.get("kind", "target"),
                "page_count": 1,
                "record_count": record_count,
                "layout": layout,
                "headers": layout,
                "layout_fingerprint": hashlib.sha256(layout.encode()).hexdigest()[:32],
                "reader": "pdfium",
                "reader_count": 2,
                "reader_version": "1",
                "source_url": f"https://example.org/{publisher}/{year}{more.get('name', '')}.pdf",
                "published_on": more.get("published_on"),
                "first_seen_at": datetime(2025, 3, 1, 0, more.get("seen", 0)),  # noqa: DTZ001 raw holds naive UTC
            }
        )

    def _add_project(self, place: dict[str, Any], project_no: int, record_no: int, each: dict[str, Any]) -> None:
        spot = place | {"project_no": project_no}
        self.rows["projects"].append(
            spot
            | {
                "unit_text": each["unit"],
                "department_text": None,
                "project_text": each["name"],
                "project_code_text": each.get("code"),
                "category_text": each.get("category"),
                "overall_goal_text": each.get("overall_goal"),
                "annual_goal_text": each.get("annual_goal"),
                "page": 1,
            }
            | BOX
        )
        for kind, amount in (each.get("amounts") or {"year": each["amount"]}).items():
            if amount is not None:
                yuan = Decimal(amount.replace(",", ""))
                money = {"amount_kind": kind, "amount_text": amount, "amount_yuan": yuan}
                self.rows["amounts"].append(spot | money | {"page": 1} | BOX)
        for number, (indicator, annual, *cycle) in enumerate(each["indicators"], start=record_no):
            self._add_record(place, project_no, number, indicator, annual, cycle, each)

    def _add_record(
        self,
        place: dict[str, Any],
        project_no: int,
        record_no: int,
        indicator: str,
        annual: str,
        cycle: list[str],
        each: dict[str, Any],
    ) -> None:
        texts = dict.fromkeys(
            (
                "sign_text",
                "value_text",
                "measure_unit_text",
                "weight_text",
                "score_text",
                "actual_text",
                "deviation_text",
            )
        )
        level1, level2 = each.get("levels", ("1-产出指标", "11-数量指标"))
        self.rows["records"].append(
            place
            | {"record_no": record_no, "project_no": project_no, "table_no": 1, "page": 1, "row_no": record_no}
            | {"level1_text": level1, "level2_text": level2, "indicator_text": indicator}
            | texts
            | each.get("record", {})
            | BOX
        )
        values = {"annual": annual, "cycle": cycle[0] if cycle else None}
        values |= {horizon: each.get(horizon) for horizon in ("actual", "adjusted")}
        for horizon, value in values.items():
            if value is not None:
                self.rows["targets"].append(
                    place | {"record_no": record_no, "horizon": horizon, "target_text": value, "page": 1} | BOX
                )

    def hold(self, sha256: str, project: str | None, unit: str | None = None, **more: Any) -> None:
        """Something of a document that is held back; `more`: part_no, scope, what is asked."""
        rows = self.rows["held_back"]
        row = {"sha256": sha256, "held_no": sum(one["sha256"] == sha256 for one in rows) + 1, "part_no": 1}
        what = {"project_text": project, "unit_text": unit, "project_no": None, "scope": "project"}
        where = {"page": 2, "last_page": 3, "reason": "conservation", "detail": "a row is cut in two"}
        question = dict.fromkeys(("question_key", "question_kind", "question_text"))
        rows.append(row | what | where | question | more)

    def add_department(self, sha256: str, name: str, *indicators: Indicator) -> None:
        """A form of a whole department in a document, with a budget of 100 yuan."""
        place = {"sha256": sha256, "part_no": 1}
        goals = {"overall_goal_text": None, "annual_goal_text": "办好教育。", "department_text": None}
        money = {"amount_text": "100.00", "amount_yuan": Decimal("100.00")}
        form = {"form_no": 9, "title_text": "部门整体支出绩效目标表", "unit_text": name, "page": 4}
        self.rows["departments"].append(place | form | goals | money | BOX)
        levels = {"level1_text": "产出指标", "level2_text": "数量指标", "weight_text": "10"}
        for number, (indicator, annual, *_) in enumerate(indicators, start=1):
            texts = {"indicator_text": indicator, "target_text": annual, "horizon": "annual"}
            where = {"record_no": number, "form_no": 9, "page": 4, "row_no": number}
            self.rows["department_targets"].append(place | where | levels | texts | BOX)

    def check(self, sha256: str, expected: str, printed: str) -> None:
        """A list of the document that prints a project's amount."""
        number = sum(one["sha256"] == sha256 for one in self.rows["cross_checks"]) + 1
        texts = {"project_text": "甲经费", "expected_text": expected, "printed_text": printed}
        where = {"check_kind": "listed_amount", "page": 9, "project_page": 1, "is_agreeing": expected == printed}
        self.rows["cross_checks"].append({"sha256": sha256, "check_no": number} | texts | where)

    def expect(self, publisher: str, year: int, count: int, due_on: date) -> None:
        """A document kind `target` that a publisher file expects, as of 2026-01-15."""
        named = {"publisher_code": publisher, "publisher_name": f"{publisher}局", "region_code": None}
        if named not in self.rows["publishers"]:
            self.rows["publishers"].append(named)
        wanted = {"fiscal_year": year, "document_kind": "target", "expected": count, "due_on": due_on}
        row = {"publisher_code": publisher, **wanted, "as_of": date(2026, 1, 15)}
        self.rows["expected_publications"].append(row)

    def leave(self, url: str, publisher: str | None, state: str, *held: str) -> None:
        """A publication that was seen and is not loaded; `held`: projects of it with reasons of their own."""
        unknown = {"sha256": None, "fiscal_year": None, "document_kind": None, "reason": None}
        rows = self.rows["unloaded_publications"]
        row = {"publication_no": len(rows) + 1, "source_url": url, "publisher_code": publisher, "state": state}
        rows.append(row | unknown)
        for number, name in enumerate(held, start=1):
            what = {"publication_no": row["publication_no"], "held_no": number, "project_text": name, "unit_text": None}
            where = {"scope": "project", "page": number, "last_page": number, "detail": "two amounts"}
            self.rows["unloaded_held_back"].append(what | where | {"reason": "conservation"})

    def write(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("create schema if not exists raw"))
            metadata.create_all(connection)
            for table in metadata.sorted_tables:
                if self.rows[table.name]:
                    connection.execute(insert(table), self.rows[table.name])
        plan_build(engine, "rules of the test", full=True)
        stage_target_values(engine)
        stage_goal_promises(engine)
        propose_links(engine)
