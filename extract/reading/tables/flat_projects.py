"""Decide to which project a row of a flat table belongs: that of the row above, or a new one."""

from __future__ import annotations

from extract.entities import GOALS, Column
from extract.errors import Reason, Refused
from extract.reading.tables.amount_conflicts import begins_anew, find_two_amounts
from extract.reading.tables.amount_questions import ask_row_amount
from extract.reading.tables.column_groups import AMOUNTS, PROJECT_LEVEL, UNIT_LEVEL
from extract.reading.tables.drafts import Doubt, Field, Project
from extract.reading.tables.flat_drafts import FlatDrafts
from extract.reading.tables.inquiry import settle
from extract.reading.tables.page_breaks import Cut


def settle_project(
    flat: FlatDrafts, fields: dict[Column, Field], cut: Cut, begins: bool, after_break: bool, page: int
) -> Project:
    """Return the project of a row: the same cell, the same repeated text, or a new one."""
    name, last = fields.get(Column.PROJECT), flat.previous.get(Column.PROJECT)
    unit = fields[Column.UNIT].text if Column.UNIT in fields else ""
    current = flat.projects[-1] if flat.projects and flat.previous else None
    if name is None:
        raise Refused(Reason.CONSERVATION, "no project cell covers the row", page)
    same_unit = current is not None and current.unit_text == unit
    if flat.at_end and name is last and current is not None and unit and current.unit_text != unit + unit:
        same_unit |= current.unit_text.startswith(unit)  # the end of the page cuts the unit's name
    block = cut is Cut.BLOCK or (name is last and not begins and _is_block(flat, fields, page))
    known = not block and (name is last or cut is not Cut.NONE)
    if current is not None and same_unit and not begins and (known or (not block and _repeats(flat, fields, page))):
        return current
    if not name.text and not begins:
        raise Refused(Reason.CONSERVATION, "an indicator row without a project", page)
    may_repeat = same_unit and current is not None and (not flat.merged or after_break)
    if may_repeat and current is not None and _is_of_project(flat, fields, current):
        return current
    project = Project({}, fields.get(Column.UNIT), dict(fields), title=flat.title, in_flat_table=True)
    if current is not None and _are_near(name.text, current.name) and _are_near(unit, current.unit_text):
        project.doubts = current.doubts  # one list for both: of two similar names none is certain
    if current is not None and after_break and flat.suspect is current:
        project.doubts.append(current.doubts[0])  # its first rows may stand on the page before
    if name is last and current is not None and not same_unit and not block and name.text:
        detail = f"{name.text!r} stands in one cell beside the units {current.unit_text!r} and {unit!r}"
        for one in (current, project):
            one.doubts.append(Doubt(Reason.CONSERVATION, page, detail))
    flat.projects.append(project)
    flat.mine.append(project)
    if flat.sections and flat.sections[-1].printed is flat.section:
        flat.sections[-1].projects.append(project)
    return project


def _is_of_project(flat: FlatDrafts, fields: dict[Column, Field], current: Project) -> bool:
    """Return True if a row that repeats a project with another amount belongs to it by a person's choice.

    Then the chosen amount counts for all its rows. Raises Refused without an answer.
    """
    is_one = False
    while (found := find_two_amounts(current, flat.previous, fields)) is not None:
        column, detail = found
        first, second = current.fields[column], fields[column]
        question = ask_row_amount(current.name, column, first.printed(), second.printed())
        chosen = settle(question, Reason.CONSERVATION, detail)
        kept, is_one = first if chosen == first.text else second, True
        current.fields[column] = fields[column] = kept
        flat.fields = {key: kept if field is first or field is second else field for key, field in flat.fields.items()}
        for draft in flat.drafts:
            if draft.project is current and column in draft.fields:
                draft.fields[column] = kept
    return is_one


def _is_block(flat: FlatDrafts, fields: dict[Column, Field], page: int) -> bool:
    """Return True if a row under the name above begins another project: a new amount and a new goal (北京).

    The name cell of a bureau's project covers one block for each of its units, which are not printed.
    """
    money = [c for c in AMOUNTS if _begins(flat, fields, c)]
    goals = [c for c in GOALS if _begins(flat, fields, c)]
    if not money or not goals or not flat.merges & {*money, *goals}:
        return False
    name = fields[Column.PROJECT].text
    if any(c in fields for c in UNIT_LEVEL):
        detail = f"another amount and goal begin under {name!r}: a part of it, or a rule is missing"
        raise Refused(Reason.CONSERVATION, detail, page)
    texts = [(fields[c].text, flat.previous[c].text) for c in (*money, *goals)]
    if not any(now for now, _ in texts):
        raise Refused(Reason.CONSERVATION, f"a blank amount and goal begin under {name!r}", page)
    return any(now and now != above for now, above in texts)


def _begins(flat: FlatDrafts, fields: dict[Column, Field], column: Column) -> bool:
    """Return True if a cell of its own begins below another one."""
    above = flat.previous.get(column)
    return column in fields and above is not None and bool(above.text) and fields[column] is not above


def _repeats(flat: FlatDrafts, fields: dict[Column, Field], page: int) -> bool:
    """Return True for a blank name, or one repeated on each row of a table that does not merge cells.

    Raises Refused where a row with the name may be of another project, whose amount is blank.
    """
    name = fields[Column.PROJECT]
    if not name.text:
        return True
    if flat.merged:
        return False
    current = flat.projects[-1].fields
    facts = {c: f for c, f in fields.items() if c in PROJECT_LEVEL and c not in GOALS and c in current}
    if any(f.text and f.text != current[c].text for c, f in facts.items()):
        return False
    blank = {c for c, f in facts.items() if not f.text and current[c].text}
    begins = begins_anew(flat.projects[-1], flat.previous, fields)
    has_own_goal = any(_is_other_goal(flat, fields, c) for c in GOALS)
    if not blank or not (has_own_goal or (begins and blank - flat.blanks)):
        return True
    if begins and has_own_goal:
        return False
    detail = f"a row of {name.text!r} leaves blank what the rows above print: it may be another project"
    raise Refused(Reason.CONSERVATION, detail, page)


def _is_other_goal(flat: FlatDrafts, fields: dict[Column, Field], column: Column) -> bool:
    """Return True if a row prints another goal than the row above, and not one that the page's end cuts."""
    above = flat.projects[-1].fields.get(column)
    text = fields[column].text if column in fields else ""
    if not text or above is None or not above.text:
        return False
    return text != above.text and not (flat.at_end and above.text.startswith(text))


def note_style(flat: FlatDrafts, fields: dict[Column, Field], after_break: bool) -> None:
    """Note whether the row repeats the name above it on its page, and what it leaves blank beside its name."""
    name, above = fields[Column.PROJECT], flat.previous.get(Column.PROJECT)
    if name.text and above is not None and name is not above:
        flat.repeats |= not after_break and name.text == above.text
        flat.blanks |= {c for c, f in fields.items() if c in PROJECT_LEVEL and not f.text}


def _are_near(one: str, other: str) -> bool:
    """Return True if two names are equal, or one contains the other: a rule may be missing."""
    short, long = sorted((one, other), key=len)
    return one == other or (bool(short) and (long.startswith(short) or long.endswith(short)))
