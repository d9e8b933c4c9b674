"""Check whether records are plausible: refusals and findings.

These checks catch what counting glyphs cannot: text that is complete and in the wrong cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from extract.entities import GOALS, Column, Finding, Record, Scope
from extract.errors import Reason, Refused
from extract.reading.tables.column_groups import AMOUNTS, LEVELS
from extract.reading.tables.foot_rows import PERSON
from extract.reading.tables.freeze import RecordDoubt
from extract.reading.tables.header_words import normalise
from extract.reading.tables.target_words import LEVEL_WORDS
from extract.reading.tables.usual_levels import ends_as_level, is_bare_level, is_level1, is_level2
from extract.values.measure_words import match_measure

WRONG_CODES_SHARE = 0.1  # of the codes may contradict their levels by the publisher's own mistakes
CODE = re.compile(r"^(\d{9})\s*[-—–]")
LEVEL_CODE = re.compile(r"^(\d{1,2})\s*[-—–]")
INNER_CODE = re.compile(r"\d{9}-")
INNER_UNIT = re.compile(r"\d{6}[-—–]")
INNER_LEVEL = re.compile(r"指标")
CLASS = "数量|质量|时效|成本|经济效益|社会效益|生态效益|可持续影响|服务对象满意度|满意度"
PREFIX = r"(?:\d{1,2}[-—–])?"
SEVERAL_CLASSES = re.compile(  # names without anything between them: rows that no rule parts
    rf"^(?:{PREFIX}(?:{CLASS})(?:指标)?){{2,}}$|(?:产出|效益|满意度|成本)指标(?={PREFIX}(?:产出|效益|满意度|成本)指标)"
)
SEVERAL_TARGETS = re.compile(r"^[≥≧≤≦＞＜=＝>].*(?![且和或至并及而到])[一-龥%％)）][≥≧≤≦＞＜=＝>]\s*\d", re.S)
NUMBERED = re.compile(  # 1.…2.…, 1、…2、…, ①…②…, （1）…（2）…
    r"(?<!\d)1[.．、](?!\d).*(?<!\d)2[.．、](?!\d)|①.*②|[(（]1[)）].*[(（]2[)）]|一、.*二、", re.S
)
REPEATED = re.compile(r"^(.{3,}?)\1+$")
TWO_LEVELS = re.compile(r"指标[一-龥]")
BELOW = {  # words of level 1, and of the levels 2 that stand below it
    "产出": re.compile("数量|质量|时效|成本"),
    "成本": re.compile("成本"),
    "效益": re.compile("效益|可持续|影响"),
    "效果": re.compile("效益|可持续|影响"),
    "满意": re.compile("满意"),
}
ABOUT_PERSON = re.compile(
    rf"{PERSON}|(?:联系|办公|手机|固定)?(?:电话|手机)(?:号码)?|联系方式|(?:电子)?(?:邮箱|邮件)|传真|邮编|职务|职称"
    r"|(?:通讯|通信|联系|单位|办公)地址"
)
FEWEST_LEVELS = 2  # different levels 1 that end in 指标 show how a form names its levels
LIKE_LEVEL = re.compile(  # narrower than LEVEL_WORDS: 实施, 资金 and 社会 begin words of other tables, too
    r"产出|效益|满意|成本|效果|影响|数量|质量|时效|投入|过程|履职|可持续|决策|管理|(?:指标|目标)(?:[(（].*)?$"
)
CLAUSE = re.compile(r"[，,；;、。]")
QUANTITY = re.compile(r"\s*[≥≧≤≦＜＞<>=＝]?\s*\d[\d,]*(?:\.\d+)?\s*")
ROUGHLY = re.compile(r"(?:以上|以下|以内|左右)?")
ONE_QUANTITY = (  # measure words that one quantity may print one after the other: 1年6个月, 5元8角
    frozenset({"年", "个月", "月", "日", "天", "周", "小时", "个小时", "分钟", "分", "秒"}),
    frozenset({"元", "角", "分"}),
    frozenset({"公里", "千米", "里", "米", "厘米", "毫米"}),
    frozenset({"吨", "公斤", "千克", "斤", "克"}),
)
EACH_PERIOD = re.compile(
    r"[≥≧≤≦＜＞<>=＝]?\s*1(?:年|个?季度|个?月|个?星期|周|天|日|个?小时)\s*\d[\d,.]*\D{1,4}$"
)  # 1年1次
TARGET_MARK = re.compile(r"[≥≧≤≦＞＜]|[%％]|\d(?=[≥≧≤≦])")


def find_doubts(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Yield the records that are not plausible (conservation, unreadable_amount, garbled_text)."""
    yield from _check_names(records)
    yield from _check_single(records)
    yield from _check_joined(records)
    yield from _check_amounts(records)
    yield from _check_levels(records)
    yield from _check_rows(records)
    yield from _check_blank_levels(records)
    yield from _check_codes(records)
    yield from _check_goals(records)


def _text(record: Record, column: Column) -> str:
    printed = record.cells.get(column)
    return printed.text if printed is not None else ""


def _check_names(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that every row names a project and an indicator."""
    for record in records:
        if record.scope is Scope.PROJECT and not _text(record, Column.PROJECT):
            yield _doubt(record, f"row {record.row} names no project")
        levels = (Column.INDICATOR,) if Column.INDICATOR in record.cells else (Column.LEVEL2,)
        if not any(_text(record, c) for c in levels):
            yield _doubt(record, f"row {record.row} has a value and no indicator")


def _check_single(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that a row has one indicator and one target: more mean that a rule between rows is missing."""
    for record in records:
        for column in (Column.ANNUAL_VALUE, Column.CYCLE_VALUE):
            clauses = CLAUSE.split(_text(record, column))  # 6月底≥50%，9月底≥75% is one target in two steps
            if any(len(TARGET_MARK.findall(part)) >= 4 or SEVERAL_TARGETS.match(part) for part in clauses) or (
                _joins_quantities(_text(record, column))
            ):
                yield _doubt(record, f"row {record.row}: several targets in one cell")
        if all(NUMBERED.search(_text(record, c)) for c in (Column.INDICATOR, Column.ANNUAL_VALUE)):
            yield _doubt(record, f"row {record.row}: several numbered indicators in one cell")
        codes = len(INNER_CODE.findall(_text(record, Column.INDICATOR)))
        levels = len(INNER_LEVEL.findall(_text(record, Column.LEVEL2)))
        if codes >= 2 or levels >= 3 or any(_names_several(_text(record, c)) for c in LEVELS):
            yield _doubt(record, f"row {record.row}: several indicators in one cell")


@lru_cache(maxsize=4096)
def _joins_quantities(text: str) -> bool:
    """Return True if a text is several figures with their measure words and nothing between them: 6栋2个."""
    at, measures = 0, list[str]()
    while at < len(text):
        figure = QUANTITY.match(text, at)
        measure = match_measure(text, figure.end(), before_nouns=True) if figure else ""
        if figure is None or not measure:
            return False
        measures.append(measure)
        rest = ROUGHLY.match(text, figure.end() + len(measure))
        at = rest.end() if rest else len(text)
    is_one = any(one.issuperset(measures) for one in ONE_QUANTITY) and len(set(measures)) == len(measures)
    return len(measures) > 1 and not is_one and not EACH_PERIOD.match(text)


@lru_cache(maxsize=1024)  # a document prints each of its levels on many rows
def _names_several(level: str) -> bool:
    """Return True if a level is the names of several, one after the other."""
    name = LEVEL_CODE.sub("", level)
    return bool(SEVERAL_CLASSES.search(name) or TWO_LEVELS.search(name))


def _check_joined(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that no name joins two names of the document: a rule between them is missing."""
    for columns in (LEVELS, (Column.UNIT,), (Column.DEPARTMENT,), (Column.CATEGORY,), (Column.PROJECT,)):
        names = {_text(r, c): r for r in reversed(records) for c in columns}
        names.pop("", None)
        for name, record in names.items():
            codes = len(INNER_UNIT.findall(name)) if columns == (Column.UNIT,) else 0
            if (
                codes > 1
                or REPEATED.match(name)
                or any(name[:k] in names and name[k:] in names for k in range(1, len(name)))
            ):
                detail = f"row {record.row}: {name!r} is two names in one cell"
                yield from (_doubt(r, detail) for r in records if any(_text(r, c) == name for c in columns))


def _check_amounts(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that a project has one amount of each kind; ### is a column too narrow, not an amount."""
    seen: dict[tuple[int, int, Column], str] = {}
    for record in records:
        for column in AMOUNTS:
            text = _text(record, column)
            if "##" in text:
                detail = f"row {record.row}: {text!r} hides the amount"
                yield _doubt(record, detail, Reason.UNREADABLE_AMOUNT)
            key = (record.part, record.project_no, column)
            if column in record.amounts and seen.setdefault(key, text) != text:
                detail = f"row {record.row}: project {_text(record, Column.PROJECT)!r} has {seen[key]!r} and {text!r}"
                yield _doubt(record, detail)


def _check_goals(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that no goal of a project is the beginning of another one: its rest stands on a page that was not read."""
    for column in GOALS:
        goals: dict[tuple[int, int], set[str]] = {}
        for record in records:
            goals.setdefault((record.part, record.project_no), set()).add(_text(record, column))
        for record in records:
            goal, others = _text(record, column), goals[record.part, record.project_no]
            if goal and len(others) > 1 and any(other != goal and other.startswith(goal) for other in others):
                yield _doubt(record, f"row {record.row}: the goal {goal[:20]!r} is cut off")


def _check_levels(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Check that level columns mention output, benefit, satisfaction or cost; if none does, letters are wrong."""
    texts = {_text(r, c) for r in records for c in (Column.LEVEL1, Column.LEVEL2)} - {""}
    if texts and not any(LEVEL_WORDS.search(t) for t in texts):
        sample = "、".join(sorted(texts)[:3])
        yield from (_doubt(r, f"no level is one that offices use: {sample}", Reason.GARBLED_TEXT) for r in records)


def _check_rows(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Find rows of another table below the indicators, in the same columns: 采购品目 | 采购数量, 手机 | 13800000000.

    They name a person's data, or stand under no usual level where other rows of their project do, or their levels are
    named otherwise than the project's others: 成本测算 among 产出指标 and 效益指标.
    """
    named: dict[tuple[int, int], set[str]] = {}
    for record in records:
        if ends_as_level(_text(record, Column.LEVEL1)):
            named.setdefault(_project_of(record), set()).add(_text(record, Column.LEVEL1))
    usual = {
        _project_of(record)
        for record in records
        if is_level1(_text(record, Column.LEVEL1)) or is_level2(_text(record, Column.LEVEL2))
    }
    for record in records:
        levels = [_text(record, column) for column in LEVELS]
        is_strange = any(levels) and not any(LIKE_LEVEL.search(text) for text in levels)
        if levels[0] and len(named.get(_project_of(record), ())) >= FEWEST_LEVELS:
            is_strange |= not any(ends_as_level(text) or is_bare_level(text) for text in levels)
        person = next(
            (t for t in (*levels, _text(record, Column.INDICATOR)) if ABOUT_PERSON.fullmatch(normalise(t))), ""
        )
        if person or (is_strange and _project_of(record) in usual):
            said = person or "、".join(filter(None, levels))
            yield _doubt(record, f"row {record.row}: {said[:20]!r} is no level and no indicator")


def _project_of(record: Record) -> tuple[int, int]:
    return record.part, record.project_no


def _check_blank_levels(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Find rows whose blank level 1 may continue the one above, or be a row of its own.

    A blank beside a level 2 that belongs to another level 1 than the one above is blank (西安: 社会效益指标 below
    产出指标).
    """
    above: dict[tuple[int, int], str] = {}
    page = 0
    for record in records:
        begins, page = record.page != page, record.page  # whether a page's first row goes on is asked elsewhere
        key, level1, level2 = (record.part, record.project_no), *(_text(record, c) for c in LEVELS)
        if level1:
            above[key] = level1
        elif Column.LEVEL1 in record.cells and not begins and (not level2 or _belongs(level2, above.get(key, ""))):
            yield _doubt(record, f"row {record.row}: the cell of level 1 is blank")


def _belongs(level2: str, level1: str) -> bool:
    """Return True if a level 2 may be below a level 1; unlisted names may."""
    named = [one for one, below in BELOW.items() if below.search(level2)]
    return not named or any(one in level1 for one in named)


def _check_codes(records: tuple[Record, ...]) -> Iterator[RecordDoubt]:
    """Find codes that contradict their levels, where there are more than publishers' own mistakes explain."""
    outside, coded = _find_outside(records)
    if len(outside) > max(1, WRONG_CODES_SHARE * coded):
        said = f"{len(outside)} of {coded} indicator codes contradict their levels"
        yield from (_doubt(record, f"{said}, {detail}") for record, detail in outside)


def list_findings(records: tuple[Record, ...]) -> tuple[Finding, ...]:
    """List the codes outside their level that are loaded all the same as a publisher's own mistakes."""
    return tuple(Finding("code_outside_level", detail, record.page) for record, detail in _find_outside(records)[0])


def _find_outside(records: tuple[Record, ...]) -> tuple[list[tuple[Record, str]], int]:
    """Return nine-digit codes that do not begin with their level codes, and the number of all codes."""
    outside: list[tuple[Record, str]] = []
    coded = 0
    for record in records:
        code = CODE.match(_text(record, Column.INDICATOR))
        level1 = LEVEL_CODE.match(_text(record, Column.LEVEL1))
        level2 = LEVEL_CODE.match(_text(record, Column.LEVEL2))
        if code and level1 and level2:
            coded += 1
            if not code.group(1).startswith(level1.group(1) + level2.group(1)):
                outside.append(
                    (record, f"row {record.row}: {code.group(1)} under {level1.group(1)} and {level2.group(1)}")
                )
    return outside, coded


def _doubt(record: Record, detail: str, reason: Reason = Reason.CONSERVATION) -> RecordDoubt:
    return RecordDoubt(record, Refused(reason, detail, record.page))
