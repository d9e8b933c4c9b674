"""A tiny raw schema, written through the staging definitions, and one dbt build over all of it.

Every scenario is a publisher of its own, so that one build answers all of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from sqlalchemy import Engine, create_engine, insert, text

from extract.warehouse.partitions import plan_build
from extract.warehouse.project_similarity import propose_links
from extract.warehouse.raw_schema import metadata
from extract.warehouse.staging import stage_goal_promises, stage_target_values

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
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
        name = more.get("name", "")
        sha256 = hashlib.sha256(f"{publisher} {year} {name} {more.get('kind', '')}".encode()).hexdigest()
        place = {"sha256": sha256, "part_no": 1}
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
                "record_count": sum(len(each["indicators"]) for each in projects),
                "layout": layout,
                "headers": layout,
                "layout_fingerprint": hashlib.sha256(layout.encode()).hexdigest()[:32],
                "reader": "pdfium",
                "reader_count": 2,
                "reader_version": "1",
                "source_url": f"https://example.org/{publisher}/{year}{name}.pdf",
                "published_on": more.get("published_on"),
                "first_seen_at": datetime(2025, 3, 1, 0, more.get("seen", 0)),  # noqa: DTZ001 raw holds naive UTC
            }
        )
        record_no = 0
        for project_no, each in enumerate(projects, start=1):
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
                    money = {
                        "amount_kind": kind,
                        "amount_text": amount,
                        "amount_yuan": Decimal(amount.replace(",", "")),
                    }
                    self.rows["amounts"].append(spot | money | {"page": 1} | BOX)
            for indicator, annual, *cycle in each["indicators"]:
                record_no += 1
                self._add_record(place, project_no, record_no, indicator, annual, cycle, each)
        return sha256

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
        """Something of a document that is held back; `more`: part_no, scope."""
        rows = self.rows["held_back"]
        row = {"sha256": sha256, "held_no": sum(one["sha256"] == sha256 for one in rows) + 1, "part_no": 1}
        what = {"project_text": project, "unit_text": unit, "project_no": None, "scope": "project"}
        where = {"page": 2, "last_page": 3, "reason": "conservation", "detail": "a row is cut in two"}
        rows.append(row | what | where | more)

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


def run_dbt(database: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """dbt in a process of its own, its files beside the database."""
    environment = os.environ | {
        "JIXIAO_BUILD_DB": str(database),
        "DBT_TARGET_PATH": str(database.parent / "target"),
        "DBT_LOG_PATH": str(database.parent / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command = [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments, *where]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def build(folder: Path, schema: RawSchema, *arguments: str) -> Path:
    """Write the raw rows into a database of their own and run the nightly build on it."""
    database = folder / "build.duckdb"
    engine = create_engine(f"duckdb:///{database}")
    engine.dialect.supports_native_decimal = True  # otherwise Decimal is bound as float
    schema.write(engine)
    engine.dispose()
    done = run_dbt(database, "build", "--exclude-resource-type", "unit_test", *arguments)
    assert done.returncode == 0, done.stdout[-4000:]
    return database


Query = Callable[..., list[dict[str, Any]]]


def open_query(database: Path) -> Iterator[Query]:
    connection = duckdb.connect(str(database), read_only=True)
    connection.execute("set search_path = 'marts'")

    def query(sql: str, *values: Any) -> list[dict[str, Any]]:
        cursor = connection.execute(sql, list(values))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    yield query
    connection.close()


CHANGES: tuple[tuple[str, str, str, str], ...] = (
    # indicator, target of 2024, target of 2025, what became of it
    ("111000001-相同", "≥5家", "≥5家", "unchanged - same"),
    ("111000002-字形", "≥50人次", "≧５０人次", "unchanged - same"),
    ("111000003-提高下限", "≥5家", "≥7家", "raised - tighter"),
    ("111000004-降低下限", "≥85%", "＞80%", "lowered - looser"),
    ("111000005-提高上限", "≤10天", "≤12天", "raised - looser"),
    ("111000006-降低上限", "≤10%", "≤5%", "lowered - tighter"),
    ("111000007-点值", "20人", "25人", "raised - unknown"),
    ("111000008-约数", "约5000人", "约5500人", "raised - unknown"),
    ("111000009-换量词", "≥45次", "≥45篇", "not_comparable measure_unit unknown"),
    ("111000010-少量词", "1500件", "1750", "not_comparable measure_unit unknown"),
    ("111000011-万", "≥1500000", "≥200万", "raised - tighter"),
    ("111000012-同值异写", "≥1500000", "≥150万", "unchanged - same"),
    ("111000013-换单位", "≥1500米", "≥2公里", "raised - tighter"),
    ("111000014-换分母", "2次/年", "2次/月", "not_comparable per unknown"),
    ("111000015-换比较", "≥90%", "90%", "not_comparable comparator unknown"),
    ("111000016-严一点", "≥200人", "＞200人", "unchanged - tighter"),
    ("111000017-定性", "有所提升", "显著提升", "not_comparable wording unknown"),
    ("111000018-变定性", "≥5次", "有所提升", "not_comparable value_type unknown"),
    ("111000019-区间", "5-10天", "6-9天", "not_comparable range tighter"),
    ("111000020-未填", "≥**人次", "≥5人次", "not_comparable no_target unknown"),
    ("111000021-期限", "2024年12月底前", "2025年12月底前", "unchanged - same"),
    ("111000022-延期", "2024年6月底前", "2025年9月底前", "raised - looser"),
    ("111000023-很大", "≥99999999999999999999家", "≥5家", "not_comparable magnitude unknown"),
)
"""What the real grammar and the real models make of a pair of targets."""


ODD = tuple(
    enumerate(
        (
            "",
            "-5",
            "1:3",
            "优",
            "9‰",
            "0%",
            "5-999999999999999999999999亿元",
            "≥99999999999999999999999999公里",
            "≥0.0000000001毫米",
            "2025年2月30日",
            "=HYPERLINK(1)",
            "{{ x }}'; --",
        )
    )
)
"""Values that forms or attackers print; none of them may stop the build."""


def add_scenarios(schema: RawSchema) -> None:
    """One publisher for each thing that the marts must get right."""
    unit = "102001-区办公室"
    one = [("111000001-开展次数", "≥2次")]
    # 改名: a unit, a project and indicators with new names, an indicator with a new code
    schema.add(
        "改名",
        2024,
        project(
            "102004-区关心下一代工委",
            "党校经费",
            "100.00",
            ("111001840-培训次数（场）", "≥2次"),
            ("112002536-出勤率", "90%"),
        ),
        project("102004-区关心下一代工委", "降尘抑尘费", "50.00", *one),
        project("102004-区关心下一代工委", "评估经费", "70.00", ("111000009-报告数", "1份")),
    )
    schema.add(
        "改名",
        2025,
        project(
            "102004-区关工委", "党校工作经费", "110.00", ("111001840-培训次数", "≥3次"), ("112002535-出勤率", "90%")
        ),
        project("102004-区关工委", "抑尘降尘费", "50.00", *one),
        project("102004-区关工委", "海归小镇经费", "20.00", ("111000008-小镇数", "1个")),
    )
    # 更正: the correction was seen first, but published later
    schema.add(
        "更正", 2025, project(unit, "宣传经费", "90.00", *one), name="原件", published_on=date(2025, 3, 1), seen=9
    )
    schema.add(
        "更正",
        2025,
        project(unit, "宣传经费", "95.00", ("111000001-开展次数", "≥3次")),
        name="更正",
        published_on=date(2025, 5, 1),
        seen=1,
    )
    # 分部: two documents of two units are parts of one publication
    schema.add("分部", 2025, project("102001-甲", "甲经费", "10.00", *one), name="甲")
    schema.add("分部", 2025, project("102002-乙", "乙经费", "20.00", *one), name="乙", seen=5)
    # 补正: a small later document replaces only the project that it repeats
    schema.add("补正", 2025, *[project(unit, f"第{n}项经费", "10.00", *one) for n in "一二三四五"], name="全")
    schema.add("补正", 2025, project(unit, "第三项经费", "33.00", *one), name="补", seen=5)
    # 首年, 间隔: no prior year, no year over year
    schema.add("首年", 2025, project(unit, "宣传经费", "90.00", *one))
    schema.add("间隔", 2022, project(unit, "宣传经费", "90.00", *one))
    schema.add("间隔", 2025, project(unit, "宣传经费", "90.00", *one))
    # 无码: nothing has a code, one year prints no unit, the widths differ
    bare = {"category": "常规项目", "levels": ("产出指标", "数量")}
    schema.add(
        "无码", 2024, project(None, "办公经费（一期）", None, ("开展次数", "2次"), annual_goal="完成任务。", **bare)
    )
    schema.add(
        "无码", 2025, project("", "办公经费(一期)", None, ("开展 次数", "2次"), annual_goal="完成任务。", **bare)
    )
    # 重名: two projects of one name in one unit stay two
    for year, amounts in ((2024, ("1.00", "2.00")), (2025, ("3.00", "4.00"))):
        schema.add("重名", year, *[project(unit, "同名经费", amount, *one) for amount in amounts])
    # 编码: the printed project code outlives a new name and a new unit
    code = "51000021R000000019951"
    schema.add("编码", 2024, project("102001-甲", "旧名经费", "10.00", *one, code=code))
    schema.add("编码", 2025, project("102002-乙", "全新名称补助", "10.00", *one, code=code))
    # 多种: a self-evaluation beside the targets does not count twice
    schema.add("多种", 2024, project(unit, "宣传经费", "10.00", *one))
    schema.add("多种", 2025, project(unit, "宣传经费", "12.00", *one))
    for year in (2024, 2025):
        schema.add("多种", year, project(unit, "宣传经费", "9.00", *one), kind="self_evaluation")
    # 指标: every way in which a target changes
    schema.add("指标", 2024, project(unit, "指标经费", "10.00", *[(name, before) for name, before, _, _ in CHANGES]))
    schema.add("指标", 2025, project(unit, "指标经费", "10.00", *[(name, after) for name, _, after, _ in CHANGES]))
    # 版式: a form without signs
    schema.add("版式", 2024, project(unit, "雾炮车经费", "10.00", ("111000001-合格率", "≥90%")), layout="a|b")
    schema.add("版式", 2025, project(unit, "雾炮车经费", "10.00", ("111000001-合格率", "90%")), layout="a|c")
    # 推荐: only the indicators tell that it is the project of last year
    many = [(f"11100000{n}-指标{n}", f"≥{n}次") for n in range(1, 7)]
    schema.add("推荐", 2024, project(unit, "人才奖励补贴工作经费", "10.00", *many, category="331-职能类"))
    schema.add("推荐", 2025, project(unit, "人才奖补工作经费", "9.00", *many, category="331-职能类"))
    # 三改: a correction changes three cells, adds a row and takes one away
    goal = {"overall_goal": "保确资金使用率。"}
    schema.add(
        "三改",
        2025,
        project(unit, "宣传经费", "10.00", ("111000001-阅读量", "≥200万", "≥200万"), ("111000002-次数", "2次"), **goal),
        project(unit, "其他经费", "5.00", ("111000003-件数", "1750", "1750")),
        name="原件",
    )
    goal = {"overall_goal": "确保资金使用率。"}
    schema.add(
        "三改",
        2025,
        project(
            unit, "宣传经费", "10.00", ("111000001-阅读量", "≥220万", "≥200万"), ("111000009-场次", "２场"), **goal
        ),
        project(unit, "其他经费", "5.00", ("111000003-件数", "1750", "1750件")),
        name="更正",
        seen=5,
    )
    # 候选: alike, but not enough to link them without a person
    few = [("111000001-次数", "≥2次"), ("111000002-人数", "≥9人"), ("111000003-场次", "≥3场")]
    schema.add("候选", 2024, project(unit, "人才引进奖励", "10.00", *few, category="331-职能类"))
    schema.add(
        "候选", 2025, project(unit, "人才培养奖励", "90.00", *few[:2], ("111000007-天数", "1天"), category="331-职能类")
    )
    # 调整: a target revised during the year, printed beside the first one and in a document of its own
    schema.add("调整", 2025, project(unit, "巡查经费", "10.00", ("111000001-巡查次数", "≥8次"), adjusted="≥6次"))
    schema.add("调整", 2025, project(unit, "培训经费", "10.00", ("111000002-人数", "≥50人")), name="二")
    schema.add("调整", 2025, project(unit, "培训经费", "10.00", ("111000002-人数", "≥60人")), kind="adjusted")
    # 承诺: numbers in the goal that the table has, has in another word or without one, and lacks
    goal = "惠及企业700家，走访1.5公里，培训3场，满意度达90%以上，知晓率达90%以上，发放手册2份。"
    promised = [("惠及企业数", "＞700"), ("走访里程", "1500米"), ("培训场次", "3场"), ("群众满意度（%）", "≥90%")]
    schema.add("承诺", 2025, project(unit, "惠企经费", "10.00", *promised, annual_goal=goal, overall_goal="惠及企业。"))
    # 执行: half of the money spent and the target reached
    spent = {"adjusted": "80.00", "executed": "40.00"}
    row = ("111000001-巡查次数", "≥8次")
    schema.add("执行", 2025, project(unit, "巡查经费", None, row, actual="9次", amounts=spent), kind="self_evaluation")
    # 齐全, 迟到, 拒收: what publisher files expect, what is loaded, and what was seen and not loaded
    schema.expect("齐全", 2025, 1, date(2025, 3, 31))
    schema.add("齐全", 2025, project(unit, "宣传经费", "10.00", *one))
    schema.expect("迟到", 2024, 1, date(2024, 3, 31))
    schema.expect("迟到", 2025, 2, date(2025, 3, 31))
    schema.expect("迟到", 2026, 1, date(2026, 3, 31))
    schema.add("迟到", 2025, project(unit, "宣传经费", "10.00", *one))
    schema.leave("https://example.org/迟到.pdf", "迟到", "refused", "甲经费", "乙经费")
    schema.leave("https://example.org/迟到2.pdf", "迟到", "waiting")
    schema.leave("var/inbox/error.pdf", None, "refused")
    # 暂缓: of 2025 the counterpart of a project is held back; 缺前: of 2024; 别部: of another part of the publication
    kept, gone, fresh = (project(unit, name, "10.00", *one) for name in ("甲经费", "乙经费", "丙经费"))
    schema.add("暂缓", 2024, kept, gone)
    later = schema.add("暂缓", 2025, kept, fresh)
    schema.hold(later, "乙经费", unit)
    schema.check(later, "10.00", "10.00")
    schema.check(later, "10.00", "12.00")
    schema.hold(schema.add("缺前", 2024, kept), None, part_no=None)
    schema.add("缺前", 2025, kept, fresh)
    schema.add("别部", 2024, kept, gone)
    schema.add("别部", 2025, kept, name="全")
    schema.hold(schema.add("别部", 2025, fresh, name="缺"), "丁经费")
    schema.add("隔年缺", 2022, kept, gone)
    schema.hold(schema.add("隔年缺", 2025, kept, fresh), "乙经费", unit)
    # 暂缓版: a whole correction of which a project is held back takes nothing away
    schema.add("暂缓版", 2025, kept, gone, fresh, name="原件")
    schema.hold(schema.add("暂缓版", 2025, kept, gone, name="更正", seen=5), "丙经费")
    # 部门: targets of a whole department in two years, and of another kind of form held back
    for year, targets in ((2024, ("≥2栋", "≥90%")), (2025, ("≥3栋", "90%"))):
        sha256 = schema.add("部门", year, kept)
        schema.add_department(sha256, "市教育局", ("维修教学楼", targets[0]), ("满意度（%）", targets[1]))
    schema.hold(sha256, None, "市教育局二", scope="department")
    # 怪: every odd value of one year beside every odd value of the next
    for year in (2024, 2025):
        pairs = [(f"1110{i:02d}0{j:02d}-指标", was if year == 2024 else now) for i, was in ODD for j, now in ODD]
        schema.add("怪", year, project(unit, "怪经费", "99999999999999999.99" if year == 2024 else "-0.01", *pairs))
    add_quality(schema, unit)


def add_quality(schema: RawSchema, unit: str) -> None:
    """质量: a publisher whose targets have every fault that C01 to C22 look for."""
    satisfaction = {"levels": ("3-满意度指标", "31-服务对象满意度")}
    same = [
        ("111000101-检查次数", "≥5次", "≥5次"),
        ("111000102-巡查次数", "≥6次", "≥6次"),
        ("111000103-抽查次数", "≥7次", "≥7次"),
    ]
    hundred = [(f"11300020{n}-及时率{n}", "100%") for n in range(1, 4)]
    for year in (2024, 2025):
        last = year == 2024
        schema.add(
            "质量",
            year,
            project(unit, "照抄经费", "5000000.00" if last else "6000000.00", *same, overall_goal="完成各项任务。"),
            project(unit, "百分经费", "10.00", *hundred),
            project(unit, "雷同经费", "10.00", *hundred),
            project(unit, "单价经费", "100.00" if last else "200.00", ("111000301-套数", "10套", "10套")),
            project(unit, "口径经费", "1.00", ("111000101-检查场次", "2场", "2场"), ("111000999-检查次数", "≥5次")),
            project(
                unit,
                "逾期经费",
                "1.00",
                ("112000401-逾期率", "≥5%" if last else "＞5%"),
                ("112000402-次数", "2次" if last else "2场"),
            ),
            project(
                unit,
                "定性经费",
                "1.00",
                ("222000501-影响", "有所提升"),
                *([("222000502-人数", "≥3人")] if last else []),
            ),
            project(unit, "满意经费", "1.00", ("331000601-群众满意度", "≥95%" if last else "≥80%"), **satisfaction),
            project(unit, "易达经费", "1.00", ("111000701-户数", "≥5户")),
            project(unit, f"{year}年度专项" if last else "新增补助", "1.00", ("111000801-份数", "1份")),
            region="999999",
            layout="a|b" if last else "a|c",
        )
    reached = project(
        unit, "易达经费", "1.00", ("111000701-户数", "≥5户"), actual="10户", record={"score_text": "10分"}
    )
    schema.add("质量", 2024, reached, kind="self_evaluation", region="999999")


@pytest.fixture
def raw_schema() -> RawSchema:
    """An empty one, to be filled by the test."""
    return RawSchema()


@pytest.fixture(scope="session")
def changes() -> tuple[tuple[str, str, str, str], ...]:
    return CHANGES


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A database with the marts of all scenarios, and how dbt's unit tests ended on it."""
    schema = RawSchema()
    add_scenarios(schema)
    database = build(tmp_path_factory.mktemp("marts"), schema)
    years = "{from_year: 2022, to_year: 2025}"
    assert run_dbt(database, "compile", "--select", "compare_years", "--vars", years).returncode == 0
    return database, run_dbt(database, "test", "--select", "test_type:unit")


@pytest.fixture(scope="session")
def unit_tests(built: tuple[Path, subprocess.CompletedProcess[str]]) -> subprocess.CompletedProcess[str]:
    return built[1]


@pytest.fixture(scope="session")
def manifest(built: tuple[Path, subprocess.CompletedProcess[str]]) -> dict[str, Any]:
    """What dbt knows of its project."""
    found: dict[str, Any] = json.loads((built[0].parent / "target/manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def marts(built: tuple[Path, subprocess.CompletedProcess[str]]) -> Iterator[Query]:
    """The marts of all scenarios, as a function that answers SQL with rows."""
    yield from open_query(built[0])


@pytest.fixture(scope="session")
def marts_of_another_arrival(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """The same documents, staged in another order; those with a day of publication were seen on another day."""
    schema = RawSchema()
    add_scenarios(schema)
    for rows in schema.rows.values():
        Random(7).shuffle(rows)  # noqa: S311
    for row in schema.rows["documents"]:
        if row["published_on"]:
            row["first_seen_at"] += timedelta(days=row["published_on"].month * 10)
    yield from open_query(build(tmp_path_factory.mktemp("another"), schema))


@pytest.fixture(scope="session")
def compare_years(built: tuple[Path, subprocess.CompletedProcess[str]]) -> str:
    """The SQL that sets 2022 beside 2025."""
    return next((built[0].parent / "target/compiled").rglob("compare_years.sql")).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def released(built: tuple[Path, subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose `current/warehouse.duckdb` holds the marts of all scenarios, as a release does."""
    home = tmp_path_factory.mktemp("released")
    (home / "current").mkdir()
    with duckdb.connect(str(home / "current" / "warehouse.duckdb")) as warehouse:
        warehouse.execute(f"attach '{built[0]}' as build (read_only)")
        tables = "select table_name from duckdb_tables() where database_name = 'build' and schema_name = 'marts'"
        for (table,) in warehouse.execute(tables).fetchall():
            warehouse.execute(f'create table "{table}" as select * from build.marts."{table}"')
        counts = '{"dim_documents": 2, "releases": 1}'
        row = ["20250301T000000Z-0123abcd", datetime(2025, 3, 1), 2, counts, "0123abcd"]  # noqa: DTZ001 naive UTC
        warehouse.execute("insert into releases values (?, ?, ?, ?, ?)", row)
    return home
