"""Score pairs of staged projects of neighbouring years whose names differ, into raw.project_proposals.

A renamed project (人才奖励补贴工作经费 → 人才奖补工作经费) keeps its unit, most of its indicators and their targets,
and often its category and the size of its amount. This stage only computes the scores; dbt decides which proposal
becomes a link (mutually best, above thresholds that are vars), and a person's decision in project_matches.csv overrules
both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, text

from extract.text import fold_name
from extract.warehouse import build_schema

FLOOR = Decimal("0.45")
"""Pairs that score less are not worth a person's look."""
BATCH = 10_000
"""Rows that are fetched at once."""

_LEFT_OVER = """
with documents as (
    select * from raw.documents where publisher_code in (select publisher_code from raw.changed_partitions)
),
published as (
    select distinct publisher_code, fiscal_year from documents
),
years as (
    select
        publisher_code,
        fiscal_year,
        row_number() over (partition by publisher_code order by fiscal_year) as year_no,
        count(*) over (partition by publisher_code) as last_year_no
    from published
),
named as (
    select
        p.sha256,
        p.part_no,
        p.project_no,
        d.publisher_code,
        d.fiscal_year,
        y.year_no,
        y.last_year_no,
        coalesce(p.unit_text, '') as unit_text,
        coalesce(p.project_text, '') as project_text,
        coalesce(p.category_text, '') as category_text
    from raw.projects as p
    inner join documents as d on p.sha256 = d.sha256 and p.part_no = d.part_no
    inner join years as y on d.publisher_code = y.publisher_code and d.fiscal_year = y.fiscal_year
),
compared as (
    select
        *,
        year_no < last_year_no and max(year_no) over (
            partition by publisher_code, unit_text, project_text order by year_no
            range between 1 following and 1 following
        ) is null as is_free_forward,
        year_no > 1 and max(year_no) over (
            partition by publisher_code, unit_text, project_text order by year_no
            range between 1 preceding and 1 preceding
        ) is null as is_free_backward
    from named
),
left_over as (
    select * from compared where is_free_forward or is_free_backward
)
"""
_PROJECTS = f"""{_LEFT_OVER}
select l.*, a.amount_yuan, r.indicator_text, t.target_text
from left_over as l
left join raw.amounts as a
    on l.sha256 = a.sha256 and l.part_no = a.part_no and l.project_no = a.project_no and a.amount_kind = 'year'
left join raw.records as r
    on l.sha256 = r.sha256 and l.part_no = r.part_no and l.project_no = r.project_no and r.indicator_text is not null
left join raw.targets as t
    on r.sha256 = t.sha256 and r.part_no = t.part_no and r.record_no = t.record_no and t.horizon = 'annual'
order by l.publisher_code, l.year_no, l.sha256, l.part_no, l.project_no, r.record_no
"""

_CODE = re.compile(r"\(?([a-z]{0,4}[0-9][0-9a-z.]{2,})(?:\)-*|[-:]+)(.*)")
_SUFFIX = re.compile(r"(工作|专项|项目|业务)*(经费|费用|资金|费)?(\([^()]*\))?$")
_YEAR = re.compile(r"20[0-9]{2}(年度|年)?")


@dataclass(frozen=True, slots=True)
class ComparedProject:
    """A staged project: its place in the raw tables, and the attributes that are compared."""

    place: tuple[str, int, int]  # sha256, part_no, project_no
    publisher_code: str
    fiscal_year: int
    year_no: int
    unit: frozenset[str]  # code and name: either of them names the unit
    name: str
    category: str
    amount: Decimal | None
    indicators: dict[str, str]  # code or folded name -> folded target
    is_free_forward: bool
    is_free_backward: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two projects of neighbouring years with their similarity measures, each between 0 and 1."""

    earlier: ComparedProject
    later: ComparedProject
    name_similarity: Decimal
    indicator_share: Decimal
    target_share: Decimal
    amount_similarity: Decimal
    is_same_category: bool
    score: Decimal


def propose_links(engine: Engine) -> int:
    """Replace the proposals of the changed partitions; return how many there are.

    `partitions.plan_build` records which partitions changed. Both projects of a pair have the same publisher.
    """
    changed = build_schema.project_proposals.c.publisher_code.in_(
        select(build_schema.changed_partitions.c.publisher_code)
    )
    with engine.begin() as connection:
        rows = [
            _to_row(proposal)
            for _, projects in groupby(_load_projects(connection), lambda project: project.publisher_code)
            for proposal in compare_projects(projects)
        ]
        connection.execute(delete(build_schema.project_proposals).where(changed))
        if rows:
            connection.execute(insert(build_schema.project_proposals), rows)
    return len(rows)


def compare_projects(projects: Iterable[ComparedProject]) -> Iterator[Proposal]:
    """Yield the pairs of a unit's unmatched projects of neighbouring years that score at least FLOOR."""
    by_year: dict[tuple[str, int], list[ComparedProject]] = defaultdict(list)
    for project in projects:
        by_year[project.publisher_code, project.year_no].append(project)
    for (publisher_code, year_no), earlier_projects in sorted(by_year.items()):
        later_by_unit: dict[str, list[ComparedProject]] = defaultdict(list)
        for later in by_year.get((publisher_code, year_no + 1), ()):
            if later.is_free_backward:
                for unit in sorted(later.unit):
                    later_by_unit[unit].append(later)
        for earlier in earlier_projects:
            if not earlier.is_free_forward:
                continue
            seen: set[tuple[str, int, int]] = set()
            for unit in sorted(earlier.unit):
                for later in later_by_unit[unit]:
                    if later.place not in seen:
                        seen.add(later.place)
                        proposal = compare_pair(earlier, later)
                        if proposal.score >= FLOOR:
                            yield proposal


def compare_pair(earlier: ComparedProject, later: ComparedProject) -> Proposal:
    """Measure the similarity of two projects; the thresholds for these weights are vars in dbt_project.yml."""
    name = _ratio(_core_name(earlier.name), _core_name(later.name))
    common = earlier.indicators.keys() & later.indicators.keys()
    smaller, larger = sorted((len(earlier.indicators), len(later.indicators)))
    indicators = Decimal(2 * len(common)) / (smaller + larger) if smaller else Decimal(0)
    same = sum(earlier.indicators[key] == later.indicators[key] for key in common)
    targets = Decimal(same) / len(common) if common else Decimal(0)
    amount = _amount_similarity(earlier.amount, later.amount)
    is_same_category = bool(earlier.category) and earlier.category == later.category
    score = (
        Decimal("0.40") * name
        + Decimal("0.25") * indicators
        + Decimal("0.15") * targets
        + Decimal("0.10") * amount
        + Decimal("0.10") * is_same_category
    )
    return Proposal(
        earlier,
        later,
        _round(name),
        _round(indicators),
        _round(targets),
        _round(amount),
        is_same_category,
        _round(score),
    )


def _load_projects(connection: Connection) -> Iterator[ComparedProject]:
    """Read the left-over projects, publisher by publisher: together they would not fit into memory."""
    rows = connection.execute(text(_PROJECTS), execution_options={"yield_per": BATCH}).mappings()
    for place, some in groupby(rows, lambda row: (row["sha256"], row["part_no"], row["project_no"])):
        indicators: dict[str, str] = {}
        for row in some:
            if row["indicator_text"] is not None:
                code, name = _split_code(row["indicator_text"])
                indicators[code or name] = fold_name(row["target_text"] or "")
        yield ComparedProject(
            place=place,
            publisher_code=row["publisher_code"],
            fiscal_year=row["fiscal_year"],
            year_no=row["year_no"],
            unit=frozenset(part for part in _split_code(row["unit_text"]) if part) or frozenset({""}),
            name=fold_name(row["project_text"]),
            category=fold_name(row["category_text"]),
            amount=row["amount_yuan"],
            indicators=indicators,
            is_free_forward=bool(row["is_free_forward"]),
            is_free_backward=bool(row["is_free_backward"]),
        )


def _split_code(printed: str) -> tuple[str, str]:
    folded = fold_name(printed)
    match = _CODE.fullmatch(folded)
    return (match[1], match[2]) if match else ("", folded)


def _core_name(folded: str) -> str:
    """Remove brackets and years from a name: 人才奖补工作经费(人才科) → 人才奖补(人才科)."""
    stripped = _SUFFIX.sub(lambda match: match[3] or "", _YEAR.sub("", folded), count=1)
    return stripped or folded


def _ratio(earlier: str, later: str) -> Decimal:
    """Return twice the number of common characters in order over all characters: 人才奖励补贴, 人才奖补 → 0.8."""
    return Decimal(repr(SequenceMatcher(None, earlier, later, autojunk=False).ratio()))


def _amount_similarity(earlier: Decimal | None, later: Decimal | None) -> Decimal:
    if earlier is None or later is None or max(earlier, later) <= 0:
        return Decimal(0)
    return max(Decimal(0), min(earlier, later) / max(earlier, later))


def _round(measure: Decimal) -> Decimal:
    return measure.quantize(Decimal("0.0001"))


def _to_row(proposal: Proposal) -> dict[str, Any]:
    earlier, later = proposal.earlier, proposal.later
    return {
        "publisher_code": earlier.publisher_code,
        "from_year": earlier.fiscal_year,
        "to_year": later.fiscal_year,
        **dict(zip(("from_sha256", "from_part_no", "from_project_no"), earlier.place, strict=True)),
        **dict(zip(("to_sha256", "to_part_no", "to_project_no"), later.place, strict=True)),
        "name_similarity": proposal.name_similarity,
        "indicator_share": proposal.indicator_share,
        "target_share": proposal.target_share,
        "amount_similarity": proposal.amount_similarity,
        "is_same_category": proposal.is_same_category,
        "score": proposal.score,
    }
