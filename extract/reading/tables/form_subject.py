"""Find the subject of a form, by its head or title: a project, or the department."""

from __future__ import annotations

import re

from extract.entities import AMOUNT_KINDS, Column, Finding, Line, Printed, QuestionKind, Scope
from extract.errors import Reason
from extract.reading.tables.drafts import Doubt, Field
from extract.reading.tables.form_head import FormHead
from extract.reading.tables.header_words import normalise
from extract.reading.tables.titles import TitleBlock

DEPARTMENT_TITLE = re.compile(r"(?:部门|单位|部门\(单位\)).{0,4}整体.{0,8}绩效|^[^项]*整体(?:预算)?支出(?:预算)?绩效")
DEPARTMENT_WORD = re.compile(r"(?:预算)?(?:部门|单位)(?:\((?:单位|部门)\))?(?:名称|全称)?")
SAYS_WHOLE = re.compile(r"(?:部门|单位)整体|整体(?:支出)?绩效目标|整体目标")
TITLE_END = re.compile(r"绩效(?:目标|自评|指标)[^项]{0,8}表(?:[（(].{0,12}[)）])?$")
LONGEST_TITLE = 70
NUMBER = (
    r"(?:附件|附表|附|预算|公开|表)+(?:\d{1,2}(?:[-—.]\d{1,2})*|[一二三四五六七八九十]+)?(?!\d)表?[:：、.．]?|"
    r"[(（]?(?:[一二三四五六七八九十]+|\d{1,2})[)）、.．]"
)
THIS_YEAR = r"[(（]?(?:20[0-4]\d|二[〇○零O0][〇○零一二三四][〇○零一二三四五六七八九])年(?:度[)）]?)?"
TITLE_START = re.compile(rf"(?:(?:{NUMBER}|{THIS_YEAR})\s*)+")
TITLE_TAIL = re.compile(rf"(?:{THIS_YEAR})?(?:项目)?(?:支出|预算)*$")
GENERIC = re.compile(
    r"(?:部门|单位|预算|项目|支出|政策|和|及|与|的|专项|资金|业务|经费|整体|总体|重点|重大|主要|其他|特定|一级|二级|财政|省级?|市级?|"
    r"[区县]级?|本级|中央|地方|补助|对下|转移支付|区域|年度|年初|核心|指标|绩效|目标|共性|个性|类|等|运转|基本|公开|情况|明细|汇总|"
    r"申报|批复|审批|表|本|对|年|度|中长期|中期|民生|政府|购买|服务|债券|一般公共|性基金|基金|国有|资本|经营|全部|各|\(.{0,6}\))*"
)
PLACE = re.compile(r"^.{2,6}?(?:省|自治区|市|州|盟|县|区|旗)")
OFFICE = re.compile(
    r"(?:局|部|委|委员会|办|办公室|院|厅|中心|政府|镇|乡|街道|学校|小学|中学|大学|协会|学会|联合会|队|所|馆|站|公司|集团|"
    r"办事处|管理处|本级|机关)(?:\(.{1,6}\))?$"
)
OTHER_TITLE = re.compile(r"(?:绩效|目标|情况)[^项]{0,6}表")  # of a section, above the form's own
SHORTEST_NAME = 3  # characters of a project's name


def settle_subject(head: FormHead, heading: TitleBlock, lines: list[Line]) -> list[Finding]:
    """Set the subject of a form; `heading` and its `lines` are right above it.

    Where neither head nor title names a project or the department, or the title may name either, the head has a
    doubt.
    """
    if is_department(head, heading):
        _describe_department(head)
        return []
    if head.names_project:
        return []
    says = set(head.fields) & {*AMOUNT_KINDS, Column.OVERALL_GOAL, Column.ANNUAL_GOAL}
    name = find_project(heading.title) if says else ""  # a table in a report has no head: 表2：项目年度绩效指标表
    if not name:
        detail = "an indicator table that names no project"
        head.doubts.append(Doubt(Reason.NOT_TARGETS, head.page, detail))
        return []
    if OFFICE.search(name):
        detail = f"the title {heading.title!r} may name the project {name!r} or the office of that name"
        head.doubts.append(Doubt(Reason.NOT_TARGETS, head.page, detail))
    box = next((line.box for line in lines if name[:4] in line.text), head.box)
    head.fields = {**head.fields, Column.PROJECT: Field([Printed(name, head.page, box)])}
    return [Finding("project_from_title", f"{name!r} stands in the title {heading.title!r} alone", head.page)]


def is_department(head: FormHead, heading: TitleBlock) -> bool:
    """Return True if a form is about the whole department: by its own title, or by its words."""
    title = normalise(heading.title)
    if DEPARTMENT_TITLE.search(title) and len(title) <= LONGEST_TITLE:
        return not (head.names_project and "项目" in title)
    if head.names_project:
        return False
    units = [head.said_by.get(c, "") for c in (Column.UNIT, Column.DEPARTMENT)]
    goals = [head.said_by.get(c, "") for c in (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)]
    names = any(word and DEPARTMENT_WORD.fullmatch(word) for word in units) or bool(heading.unit)
    return names and any(SAYS_WHOLE.search(word) for word in (*goals, title))


def _describe_department(head: FormHead) -> None:
    """Keep the description of a department: its name as the unit, its goals, and a total named as one."""
    head.scope = Scope.DEPARTMENT
    # two amounts of its budget are no rivals
    head.doubts = [
        doubt for doubt in head.doubts if doubt.question is None or doubt.question.kind != QuestionKind.AMOUNT
    ]
    fields = dict(head.fields)
    if Column.UNIT not in fields and Column.DEPARTMENT in fields:
        fields[Column.UNIT] = fields[Column.DEPARTMENT]
    for column in (Column.PROJECT, Column.PROJECT_CODE, Column.CATEGORY):
        fields.pop(column, None)
    for column in AMOUNT_KINDS:
        if "总" not in head.said_by.get(column, ""):
            fields.pop(column, None)
    if Column.ANNUAL_GOAL not in fields and "整体" in head.said_by.get(Column.OVERALL_GOAL, ""):
        fields[Column.ANNUAL_GOAL] = fields.pop(Column.OVERALL_GOAL)  # 整体 says whose goal it is, not for how long
    head.fields = fields


def find_project(title: str) -> str:
    """Return the project's name that a form's title prints (公务用车委托管理费项目绩效目标表, 泉州), "" for none."""
    text = title.strip()
    ends = TITLE_END.search(text)
    if ends is None or len(text) > LONGEST_TITLE:
        return ""
    text = OTHER_TITLE.split(text[: ends.start()])[-1]
    start = TITLE_START.match(text)
    name = TITLE_TAIL.sub("", text[start.end() if start else 0 :]).strip(" 、:：-—")
    plain = normalise(name)
    is_generic = GENERIC.fullmatch(plain) or GENERIC.fullmatch(PLACE.sub("", plain))
    return "" if len(plain) < SHORTEST_NAME or is_generic else name
