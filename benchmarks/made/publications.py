"""Make publications from a seed: documents of several years as raw rows, with the identity of each project.

Publishers evolve from year to year as offices do: projects appear, disappear and are renamed, amounts and targets
change, indicators are dropped and added, and a new project often resembles an unrelated old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd

from extract.settings import Settings
from extract.warehouse import raw_schema
from extract.warehouse.staging import open_warehouse, stage_frames

Rows = dict[str, list[dict[str, Any]]]

THEMES = (
    "义务教育 学前教育 校园安全 教师培训 公共卫生 疫苗接种 基层医疗 健康体检 高标准农田 动物防疫 乡村建设 厕所改造 "
    "研发补助 知识产权 科普宣传 养老服务 社会救助 社区治理 老旧小区改造 物业管理 海绵城市 危房治理 文物保护 全民健身 "
    "旅游宣传 图书馆运营 安全生产监管 防灾减灾 应急物资储备 森林防火 食品安全抽检 消费维权 计量检定 普法宣传 法律援助"
).split()
FACETS = "监督检查 运行维护 能力提升 平台建设 人才奖励补贴 标准化试点 信息系统 宣传推广 专家评审 设备购置".split()
SUFFIXES = "工作经费 专项经费 服务费 补助资金 管理经费 专项资金 经费".split()
OFFICES = "（综合科） （业务科） （财务科） （法规科）".split()
SHORTER = {
    "监督检查": "监管", "运行维护": "运维", "能力提升": "提升", "人才奖励补贴": "人才奖补", "标准化试点": "标准化",
    "信息系统": "信息化", "宣传推广": "推广", "专家评审": "评审", "设备购置": "购置", "平台建设": "平台",
}  # fmt: skip
CATEGORIES = ("331-部门预算部门职能类", "32-其它事业发展性支出", "33-专项资金", None)
INDICATORS = {
    ("1-产出指标", "11-数量指标"): "开展活动场次 培训参与人数 检查次数 购置设备数量 发放补助人数 编制报告数 抽检批次 "
    "维护站点数量 举办培训班次数 宣传资料印制数 完成建设项目数 新增床位数 覆盖社区数量 引进企业数",
    (
        "1-产出指标",
        "12-质量指标",
    ): "验收合格率 任务达标完成率 培训合格率 资金发放准确率 设备完好率 抽检合格率 数据准确率",
    ("1-产出指标", "13-时效指标"): "任务按时完成率 任务完成及时率 资金拨付及时率 培训按时完成率",
    ("2-效益指标", "22-社会效益"): "补助对象覆盖率 宣传对象覆盖率 群众知晓率 安全事故发生数 公共服务水平提升情况",
    ("3-满意度指标", "31-服务对象满意度"): "受益对象满意度 群众满意度 服务企业满意度 培训人员满意度",
}
CODED = tuple(
    (level1, level2, f"{level1[0]}{level2[:2]}{number:06d}-{name}")
    for (level1, level2), names in INDICATORS.items()
    for number, name in enumerate(names.split(), start=1)
)
ROWS_OF_A_PAGE = 25
BOX = {"x0": 10.25, "y0": 20.5, "x1": 110.125, "y1": 40.0625}


@dataclass(frozen=True, slots=True)
class Project:
    """One project in one year; `identity` is constant as long as it is the same project."""

    identity: int
    unit: str
    theme: str
    facet: str
    suffix: str
    category: str | None
    yuan: Decimal
    targets: dict[tuple[str, str, str], str]
    decoration: str = ""
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name as printed."""
        return f"{self.prefix}{self.theme}{self.facet}{self.suffix}{self.decoration}"


@dataclass(frozen=True, slots=True)
class Document:
    """One publisher's projects of one year, and the rows that staging would make of its PDF."""

    publisher: str
    region: str | None
    fiscal_year: int
    projects: tuple[Project, ...]
    sha256: str = field(default="")

    def rows(self) -> Rows:
        """Return the rows by raw table."""
        place = {"sha256": self.sha256, "part_no": 1}
        rows: Rows = {"documents": [place | self._head()], "projects": [], "amounts": [], "records": [], "targets": []}
        for number, project in enumerate(self.projects, start=1):
            spot = place | {"project_no": number}
            first = 1 + len(rows["records"]) // ROWS_OF_A_PAGE
            texts = {"unit_text": project.unit, "project_text": project.name, "category_text": project.category}
            rows["projects"].append(spot | texts | {"page": first} | BOX)
            money = {"amount_kind": "year", "amount_text": f"{project.yuan:,}", "amount_yuan": project.yuan}
            rows["amounts"].append(spot | money | {"page": first} | BOX)
            for (level1, level2, indicator), target in project.targets.items():
                page = {"page": 1 + len(rows["records"]) // ROWS_OF_A_PAGE}
                record = place | {"record_no": len(rows["records"]) + 1}
                texts = {"level1_text": level1, "level2_text": level2, "indicator_text": indicator}
                rows["records"].append(
                    record | {"project_no": number, "table_no": 1, "row_no": record["record_no"]} | page | texts | BOX
                )
                for horizon in ("annual", "cycle"):
                    rows["targets"].append(record | {"horizon": horizon, "target_text": target} | page | BOX)
        return rows

    def _head(self) -> dict[str, Any]:
        records = sum(len(project.targets) for project in self.projects)
        return {
            "publisher_code": self.publisher,
            "publisher_name": f"{self.publisher}局",
            "region_code": self.region,
            "title": f"{self.publisher}局{self.fiscal_year}年预算项目绩效目标",
            "fiscal_year": self.fiscal_year,
            "document_kind": "target",
            "page_count": 1 + records // ROWS_OF_A_PAGE,
            "record_count": records,
            "layout": "unit|project|category|amount|level1|level2|indicator|cycle_value|annual_value",
            "headers": "用款单位|项目名称|项目类别|金额|一级指标|二级指标|三级指标|实施周期指标值|年度指标值",
            "layout_fingerprint": "0" * 32,
            "reader": "pdfium",
            "reader_count": 2,
            "reader_version": "1",
            "source_url": f"https://example.org/{self.publisher}/{self.fiscal_year}.pdf",
            "published_on": date(self.fiscal_year, 3, 1),
            "first_seen_at": datetime(self.fiscal_year, 3, 2),  # noqa: DTZ001 raw holds naive UTC
        }


def make_publisher(random: Random, code: str, region: str | None, years: range, rows: int) -> Iterator[Document]:
    """Make one document a year of about `rows` indicator rows."""
    maker = _Maker(random)
    units = [f"{102001 + number}-{code}{name}" for number, name in enumerate(("机关", "服务中心", "执法大队"))]
    projects: list[Project] = []
    for year in years:
        projects = maker.age(projects, year)
        while sum(len(project.targets) for project in projects) < rows:
            projects = [*projects, maker.add(units, projects)]
        sha256 = hashlib.sha256(f"{code} {region} {year}".encode()).hexdigest()
        yield Document(code, region, year, tuple(projects), sha256)


def stage_document(settings: Settings, document: Document) -> None:
    """Stage a document as the nightly run does."""
    rows = document.rows()
    frames = {
        table.name: pd.DataFrame(rows.get(table.name, []), columns=list(table.columns.keys()), dtype=object)
        for table in raw_schema.DOCUMENT_TABLES
    }
    with open_warehouse(settings) as engine:
        stage_frames(engine, document.sha256, frames)


class _Maker:
    """Make projects and their next years, and count identities."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.identities = 0
        self.gone: list[Project] = []

    def add(self, units: list[str], others: list[Project]) -> Project:
        """Make a new project.

        Every second one resembles a present or a past project: its unit, theme, category and a third, half or all of
        its indicators and targets, as where an office fills in a template.
        """
        choice = self.random
        self.identities += 1
        models = self.gone or others
        like = choice.choice(models) if models and choice.random() < 0.5 else None
        targets = dict(list(like.targets.items())[:: choice.choice((3, 3, 3, 2, 2, 1))]) if like else {}
        for indicator in choice.sample(CODED, choice.randint(0 if len(targets) > 2 else 3, 12 - len(targets) % 10)):
            targets.setdefault(indicator, self._target(indicator[2]))
        taken = {(project.unit, project.theme, project.facet) for project in (*others, *self.gone)}
        while True:
            unit = like.unit if like else choice.choice(units)
            theme = like.theme if like else choice.choice(THEMES)
            facet = choice.choice(FACETS)
            if (unit, theme, facet) not in taken:
                break
            like = None
        return Project(
            identity=self.identities,
            unit=unit,
            theme=theme,
            facet=facet,
            suffix=choice.choice(SUFFIXES),
            category=like.category if like else choice.choice(CATEGORIES),
            yuan=Decimal(choice.randint(2, 9999)) * 1000,
            targets=targets,
            decoration=choice.choice(OFFICES) if choice.random() < 0.2 else "",
            prefix="",
        )

    def age(self, projects: list[Project], year: int) -> list[Project]:
        """Return the projects that continue, a year older."""
        staying = [project for project in projects if self.random.random() >= 0.08]
        self.gone = [project for project in projects if project not in staying]
        return [self._change(project, year) for project in staying]

    def _change(self, project: Project, year: int) -> Project:
        choice = self.random
        yuan = project.yuan
        if choice.random() < 0.6:
            yuan = (yuan * choice.randint(70, 140) / 100).quantize(Decimal("0.01"))
        targets = {}
        for indicator, target in project.targets.items():
            if len(project.targets) <= 3 or choice.random() >= 0.04:
                targets[indicator] = self._target(indicator[2]) if choice.random() < 0.15 else target
        if choice.random() < 0.1:
            fresh = choice.choice(CODED)
            targets.setdefault(fresh, self._target(fresh[2]))
        same = replace(project, yuan=yuan, targets=targets)
        return self.rename(same, year) if choice.random() < 0.15 else same

    def rename(self, project: Project, year: int) -> Project:
        """Rename a project as offices do: suffix, brackets, a year, other order, abbreviated, lengthened, reworded."""
        choice = self.random
        kind = choice.choice(("suffix", "bracket", "year", "order", "shorter", "shorter", "longer", "office"))
        if kind == "suffix":
            return replace(project, suffix=choice.choice([one for one in SUFFIXES if one != project.suffix]))
        if kind == "bracket":
            return replace(project, decoration=project.decoration.replace("（", "(").replace("）", ")"))
        if kind == "year":
            return replace(project, prefix=f"{year}年")
        if kind == "order":
            return replace(project, theme=project.facet, facet=project.theme)
        if kind == "shorter":
            return replace(
                project, facet=SHORTER.get(project.facet, project.facet), theme=project.theme.removesuffix("宣传")
            )
        if kind == "longer":
            return replace(project, prefix=choice.choice(("区级", "全区", "市区两级")))
        return replace(project, decoration="" if project.decoration else choice.choice(OFFICES))

    def _target(self, indicator: str) -> str:
        choice = self.random
        if indicator.endswith(("率", "满意度")):
            return choice.choice(("100%", "≥90%", "≥95%", "＞80%", "90%", "≥98%", "≤5%"))
        if indicator.endswith("情况"):
            return choice.choice(("逐步提升", "有效提高", "健全"))
        number = choice.choice((choice.randint(0, 30), choice.randint(30, 900), choice.randint(1000, 60000)))
        return (
            choice.choice(("", "≥", "＞", "约", "≧")) + str(number) + choice.choice("家 人 人次 场 次 份 个 台".split())
        )
