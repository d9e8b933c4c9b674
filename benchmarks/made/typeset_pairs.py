"""Typeset pairs of documents of two years from what real ones print, with the identity of each project.

`jixiao read FOLDER --format jsonl` says what is printed: units, projects, amounts, indicators, values. The first
document prints the same; the second one prints the year after it as offices do, in another layout: projects end, begin
and are renamed, amounts and values change. A new project has the name and indicators of a project of another office, or
the indicators of one in the document. Neither year prints a code. Chromium typesets.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

MOST_PROJECTS, MOST_ROWS = 20, 6  # of a document, of a project: a pair is typeset and read within seconds
CODE = re.compile(r"^[\dA-Z]{6,}[-—]")  # before a project's name
LONGEST = 60  # characters of a text that is typeset
GOES, COMES, RENAMED, MOVED, ANOTHER = 0.08, 0.10, 0.15, 0.6, 0.15  # parts of the projects, of the values
SUFFIXES = ("专项经费", "工作经费", "专项资金", "补助资金", "经费", "资金", "项目")
SHORTER = (("运行维护", "运维"), ("信息化", "信息"), ("专项", ""), ("及", "、"), ("北京市", ""), ("服务", ""))
VALUE = re.compile(r"^([≥≤><=＞＜＝]?)\s*(\d+(?:\.\d+)?)\s*(\D*)$")
SIGNS = {"≥": "≥", "≤": "≤", ">": "＞", "＞": "＞", "<": "＜", "＜": "＜", "=": "＝", "＝": "＝"}
STYLE = (
    "@page{size:A4 landscape;margin:14mm}body{font:9pt 'Noto Serif CJK SC'}h1{font-size:13pt;text-align:center}"
    "table{border-collapse:collapse;width:100%;margin-bottom:6mm}td,th{border:.6pt solid #000;padding:2pt 3pt;"
    "font-weight:400}tr{break-inside:avoid}table.form{break-inside:avoid}p{text-align:right;margin:0}"
)


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator of a project, and the value printed for it."""

    level1: str
    level2: str
    indicator: str
    value: str


@dataclass(frozen=True, slots=True)
class Project:
    """One project in one year; `identity` is the same as long as it is the same project."""

    identity: int
    unit: str
    name: str
    yuan: Decimal
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What one publisher prints in one year, and in which of the two layouts."""

    publisher: str
    year: int
    layout: int
    projects: tuple[Project, ...]

    def page(self) -> str:
        """Return the document as HTML."""
        body = _print_table(self) if self.layout else "".join(_print_form(self, one) for one in self.projects)
        return f"<meta charset=utf-8><style>{STYLE}</style>{body}"

    def typeset(self, folder: Path) -> Path:
        """Print the document as a PDF."""
        name = f"{self.publisher}-{self.year}"
        source, target = folder / f"{name}.html", folder / f"{name}.pdf"
        source.write_text(self.page(), encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--no-pdf-header-footer", f"--print-to-pdf={target}"]
        subprocess.run([*command, source.as_uri()], check=True, capture_output=True, timeout=120)
        return target


def list_printed(file: Path) -> list[list[Project]]:
    """List the projects of each document of which `jixiao read --format jsonl` printed whole rows."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    usable = [one for one in lines if one.get("scope") == "project" and one["project"] and one["amount_yuan"]]
    found, identity = [], 0
    for _, document in groupby(usable, key=lambda one: one["file"]):
        projects: list[Project] = []
        for _, rows in groupby(document, key=lambda one: one["project_no"]):
            first, *_ = mine = list(rows)
            whole = tuple(row for row in map(_read_row, mine) if row is not None)[:MOST_ROWS]
            names = first["unit"] or "", CODE.sub("", first["project"])
            is_new = names not in {(one.unit, one.name) for one in projects}
            if whole and is_new and max(map(len, names)) <= LONGEST and Decimal(first["amount_yuan"]) > 0:
                identity += 1
                projects.append(Project(identity, *names, Decimal(first["amount_yuan"]), whole))
        if projects:
            found.append(projects[:MOST_PROJECTS])
    return found


def _read_row(printed: dict[str, Any]) -> Row | None:
    texts = [(printed[name] or "").removeprefix("定性") for name in ("level1", "level2", "indicator", "annual_value")]
    return Row(*texts) if all(texts) and all(len(text) <= LONGEST for text in texts) else None


def make_pairs(documents: Sequence[Sequence[Project]], seed: int) -> Iterator[tuple[Document, Document]]:
    """Make the two years of each document; every second pair begins with the other layout."""
    for number, projects in enumerate(documents):
        random = Random(f"{seed} {number}")  # noqa: S311
        strangers = [one for other in documents if other is not projects for one in other]
        layout = number % 2
        first = Document(f"示例{number + 1}局", 2025, layout, tuple(projects))
        yield first, Document(first.publisher, 2026, 1 - layout, tuple(age(random, projects, strangers)))


def age(random: Random, projects: Sequence[Project], strangers: Sequence[Project]) -> list[Project]:
    """Return the projects of the next year: most go on, changed; some are new."""
    staying = [one for one in projects if random.random() >= GOES]
    older = [_change(random, one) for one in staying]
    for number in range(round(len(projects) * COMES + 0.5)):
        stranger, like = random.choice(strangers), random.choice(projects)
        rows = like.rows if number % 2 else stranger.rows
        older.append(Project(-random.getrandbits(40), like.unit, stranger.name, stranger.yuan, rows))
    random.shuffle(older)
    return sorted(older, key=lambda one: one.unit)


def _change(random: Random, project: Project) -> Project:
    moved = random.random() < MOVED
    yuan = (project.yuan * random.randint(70, 140) / 100).quantize(Decimal(100)) if moved else project.yuan
    rows = [replace(row, value=_move(random, row.value)) for row in project.rows]
    name = rename(random, project.name) if random.random() < RENAMED else project.name
    return replace(project, name=name.replace("2025", "2026"), yuan=max(yuan, Decimal(100)), rows=tuple(rows))


def _move(random: Random, value: str) -> str:
    found = VALUE.match(value)
    if found is None or random.random() >= ANOTHER:
        return value
    return f"{found[1]}{int(Decimal(found[2])) + random.randint(1, 9)}{found[3]}"


def rename(random: Random, name: str) -> str:
    """Rename a project: another suffix, brackets, a year, abbreviated, lengthened, with an office behind it."""
    kind = random.choice(("suffix", "brackets", "year", "shorter", "longer", "office"))
    if kind == "suffix":
        stem = next(
            (name.removesuffix(one) for one in SUFFIXES if name.endswith(one) and len(name) > len(one) + 2), name
        )
        return stem + random.choice([one for one in SUFFIXES if not name.endswith(one)])
    if kind == "brackets":
        return name.translate(str.maketrans("（）()", "()（）"))
    if kind == "year":
        return f"2026年{name}"
    if kind == "shorter":
        found = [pair for pair in SHORTER if pair[0] in name]
        return name.replace(*random.choice(found)) if found else name
    return f"区级{name}" if kind == "longer" else f"{name}（综合科）"


def _print_form(document: Document, project: Project) -> str:
    cells = "".join(
        f"<tr><td>{_text(row.level1)}<td>{_text(row.level2)}<td>{_text(row.indicator)}<td>{_text(row.value)}"
        for row in project.rows
    )
    return (
        f"<h1>项目支出绩效目标表</h1><p>（{document.year}年度）　单位：万元</p><table class=form>"
        f"<tr><td>项目名称<td colspan=3>{_text(project.name)}"
        f"<tr><td>主管部门<td>{document.publisher}<td>实施单位<td>{_text(project.unit or document.publisher)}"
        f"<tr><td>年度资金总额<td colspan=3>{_in_wan(project.yuan)}"
        f"<tr><th>一级指标<th>二级指标<th>三级指标<th>指标值{cells}</table>"
    )


def _print_table(document: Document) -> str:
    rows = []
    for project in document.projects:
        span = f" rowspan={len(project.rows)}"
        head = (
            f"<td{span}>{_text(project.unit or document.publisher)}<td{span}>{_text(project.name)}"
            f"<td{span}>{_in_wan(project.yuan)}"
        )
        for number, row in enumerate(project.rows):
            found = VALUE.match(row.value)
            value = (SIGNS.get(found[1], "＝"), found[2], found[3]) if found else ("定性", row.value, "")
            texts = (row.level1, row.level2, row.indicator, *value)
            rows.append(f"<tr>{'' if number else head}" + "".join(f"<td>{_text(text)}" for text in texts))
    words = (
        "单位名称",
        "项目名称",
        "预算金额（万元）",
        "一级指标",
        "二级指标",
        "三级指标",
        "指标性质",
        "指标值",
        "度量单位",
    )
    header = "".join(f"<th>{word}" for word in words)
    title = f"{document.publisher}{document.year}年部门预算项目绩效目标表"
    return f"<h1>{title}</h1><table><thead><tr>{header}</thead><tbody>{''.join(rows)}</table>"


def _in_wan(yuan: Decimal) -> str:
    return f"{yuan / 10000:f}"


def _text(text: str) -> str:
    return html.escape(text)
