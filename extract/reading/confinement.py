"""Hold back the projects that a problem touches; all others are delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from extract.entities import AMOUNT_KINDS, Box, Column, Held, PageGrids, Reading, Record, Scope
from extract.errors import Reason
from extract.reading.page import CheckedPage
from extract.reading.page_checks.problems import Problem
from extract.reading.tables.draft_parts import DraftPart
from extract.reading.tables.drafts import Doubt, Draft, Project
from extract.reading.tables.freeze import list_pieces
from extract.reading.tolerances import TOLERANCES
from extract.text import fold_name

Key = tuple[int, int]  # part and number of a project


@dataclass(slots=True)
class Places:
    """Boxes of the cells and rows of each project of a reading, by page."""

    cells: dict[int, list[tuple[Key, Box]]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, list[tuple[Key, Box]]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[int, list[Box]] = field(default_factory=lambda: defaultdict(list))  # cells whose row makes no record
    scope: frozenset[int] = frozenset()  # pages that may belong to tables of targets

    def keys_on(self, page: int) -> set[Key]:
        """Return the projects that have a cell on a page."""
        return {key for key, _ in self.cells.get(page, ())}


def find_touched(problem: Problem, places: Places, page: PageGrids | None) -> set[Key]:
    """Find the projects whose cells a problem touches.

    A problem inside a cell that is no field of any project (a header, a label, a column that is not loaded) touches
    none. One that is in no cell touches the rows beside it, or every project of the page where no row is beside it.
    """
    cells = places.cells.get(problem.page, [])
    if problem.box is None:
        return {key for key, _ in cells}
    touched = {key for key, box in cells if _overlap(problem.box, box)}
    if touched:
        return touched
    if page is not None and any(_overlap(problem.box, cell.box) for grid in page.grids for cell in grid.cells):
        return set()
    beside = {
        key
        for key, box in places.rows.get(problem.page, ())
        if box.y0 < problem.box.y1 - TOLERANCES.touched_cell_pt and problem.box.y0 < box.y1 - TOLERANCES.touched_cell_pt
    }
    return beside or ({key for key, _ in cells} if _is_in_table(problem.box, page) else set())


def hold_back(reading: Reading, doubts: Iterable[tuple[Key, Problem]]) -> Reading:
    """Take the records of doubtful projects out of a reading and name each project once, with its first doubt."""
    first: dict[Key, Problem] = {}
    for key, problem in doubts:
        first.setdefault(key, problem)
    if not first:
        return reading
    records: dict[Key, list[Record]] = defaultdict(list)
    for record in reading.records:
        records[record.part, record.project_no].append(record)
    known = {(one.part, one.project_no) for one in reading.held}
    held = [_name(key, problem, records[key]) for key, problem in first.items() if key in records and key not in known]
    gone = {(one.part, one.project_no) for one in held}
    kept = tuple(r for r in reading.records if (r.part, r.project_no) not in gone)
    return replace(reading, records=kept, held=tuple(sorted((*reading.held, *held), key=lambda one: one.page)))


def _name(key: Key, problem: Problem, records: Sequence[Record]) -> Held:
    """Name a project that is held back from its records."""
    pages = [piece.page for record in records for piece in record.cells.values()]
    record = records[0]
    project, unit = record.cells.get(Column.PROJECT), record.cells.get(Column.UNIT)
    return Held(
        problem.reason,
        min(pages),
        max(pages),
        problem.detail,
        (project.text if project else "") or None,
        (unit.text if unit else "") or None,
        *key,
        problem.box or record.box,
        record.scope,
    )


def list_places(drafts: Sequence[DraftPart]) -> Places:
    """List the boxes of the fields and rows of every project; the projects must have numbers (`number_projects`)."""
    places = Places()
    for number, part in enumerate(drafts, 1):
        for draft in part.drafts:
            places.rows[draft.page].append(((number, draft.project.number), draft.box))
        for project, piece in list_pieces(part):
            places.cells[piece.page].append(((number, project.number), piece.box))
        for project in part.projects:
            for page, box in project.words:
                places.cells[page].append(((number, project.number), box))
        for page, box in part.skipped:
            places.skipped[page].append(box)
    return places


def find_skipped(problems: Iterable[Problem], places: Places) -> Iterator[Doubt]:
    """Yield problems in rows that were skipped as sums or notes: the damaged row may be an indicator instead."""
    for problem in problems:
        skipped = places.skipped.get(problem.page, [])
        cells = [box for _, box in places.cells.get(problem.page, [])]
        if problem.box is None:
            is_skipped = bool(skipped)
        else:
            touched = [_overlap(problem.box, box) for box in cells]
            is_skipped = not any(touched) and any(_overlap(problem.box, box) for box in skipped)
        if is_skipped:
            yield Doubt(problem.reason, problem.page, problem.detail, problem.box, reaches=True)


def confine_problems(
    drafts: Sequence[DraftPart], problems: Iterable[Problem], places: Places, pages: Sequence[CheckedPage]
) -> None:
    """Add the problems of the pages to the projects that they touch, before other doubts."""
    projects = {(n, project.number): project for n, part in enumerate(drafts, 1) for project in part.projects}
    grids = {page.grids.page: page.grids for page in pages}
    for problem in reversed(list(problems)):  # so that the first problem comes first
        for key in find_touched(problem, places, grids.get(problem.page)):
            doubt = Doubt(problem.reason, problem.page, problem.detail, problem.box)
            projects[key].doubts.insert(0, doubt)


def hold_neighbours(drafts: Sequence[DraftPart], lost: Iterable[Doubt]) -> None:
    """Hold back the projects before and after an unread place that may contain more of their rows.

    In forms only the project before, since a form begins with its own head, and the next one if it has no amount or the
    name of the one that could not be read: its first rows are missing.
    """
    rows = [draft for part in drafts for draft in part.drafts]
    for doubt in lost:
        named = [r.project for r in rows if 0 <= r.page - doubt.page <= 1 and _is_rest_of(r.project, doubt.project)]
        for project in {id(one): one for one in named}.values():
            project.doubts.append(replace(doubt, project="", box=None))
        if not doubt.reaches:
            continue
        y = doubt.box.y0 if doubt.box is not None else 0.0
        before = [r for r in rows if r.page == doubt.page - 1 or (r.page == doubt.page and r.box.y0 < y)]
        after = [r for r in rows if r.page == doubt.page + 1 or (r.page == doubt.page and r.box.y0 >= y)]
        near = [r.project for r in before[-1:]] + [r.project for r in after[:1] if _may_begin_above(r.project)]
        for project in near:
            project.doubts.append(replace(doubt, project="", box=None))
    _hold_parts(rows)


def _may_begin_above(project: Project) -> bool:
    """Return True if the first rows of a project may stand in an unread place above it."""
    return project.in_flat_table or (project.scope is Scope.PROJECT and _lacks_amounts(project))


def _hold_parts(rows: Sequence[Draft]) -> None:
    """Hold back both parts of a project that a page break cuts, where one of them is held back.

    The second part is the first project of a page: in a flat table it has no name, in a form that of the one before and
    no amount, or nothing but a name, which the damage may hide in the part before.
    """
    for above, below in pairwise(rows):
        first, before = below.project, above.project
        if first is before or above.page == below.page or first.in_flat_table != before.in_flat_table:
            continue
        if first.in_flat_table:
            before.doubts += [replace(doubt, box=None) for doubt in ([] if first.name else first.doubts[:1])]
        elif _is_rest_of(first, before.name) or (before.doubts and first.fields.keys() <= {Column.PROJECT}):
            doubts = [replace(doubt, box=None) for doubt in (*before.doubts[:1], *first.doubts[:1])]
            before.doubts += doubts
            first.doubts += doubts


def _is_rest_of(project: Project, name: str) -> bool:
    """Return True if a project has this name and no amount of its own: the rest of one whose head is elsewhere."""
    return bool(name) and fold_name(project.name) == fold_name(name) and _lacks_amounts(project)


def _lacks_amounts(project: Project) -> bool:
    return not any(project.fields[c].text for c in AMOUNT_KINDS if c in project.fields)


def hold_torn(drafts: Sequence[DraftPart], problems: Sequence[Problem]) -> None:
    """Hold back the neighbours of a project with a damaged row in a flat table, if the row may be one of theirs.

    That is so where they have its name, where the damage hides its name, or where it separates two projects of one
    name: the damaged text may be a wrong name.
    """
    damaged = {problem.page for problem in problems}
    for part in drafts:
        order = list({id(draft.project): draft.project for draft in part.drafts}.values())
        for k, project in enumerate(order):
            if not project.in_flat_table or not any(doubt.page in damaged for doubt in project.doubts):
                continue
            before, after = order[k - 1] if k else None, order[k + 1] if k + 1 < len(order) else None
            is_between = before is not None and after is not None and before.name == after.name
            is_unnamed = _hides_name(project, problems)
            near = [
                p for p in (before, after) if p is not None and (p.name == project.name or is_between or is_unnamed)
            ]
            for other in near:
                other.doubts.append(project.doubts[0])


def _hides_name(project: Project, problems: Sequence[Problem]) -> bool:
    """Return True if a problem touches the cell that names a project."""
    pieces = project.fields[Column.PROJECT].fragments if Column.PROJECT in project.fields else []
    return any(
        problem.page == piece.page and (problem.box is None or _overlap(problem.box, piece.box))
        for problem in problems
        for piece in pieces
    )


def confine_repeated_pages(drafts: Sequence[DraftPart], pages: Sequence[CheckedPage]) -> None:
    """Hold back projects of a page that is printed twice, whose rows would count twice.

    Whole forms on such pages are copies, which count once (`drop_copies`). `pages` are those before texts that a page
    break cuts are resolved, which depends on the pages beside.
    """
    rows = [draft for part in drafts for draft in part.drafts]
    of_project: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        of_project[id(row.project)].add(row.page)
    for part in drafts:
        for project, piece in list_pieces(part):
            of_project[id(project)].add(piece.page)
    seen: dict[tuple[str, ...], int] = {}
    for page in sorted({row.page for row in rows}):
        texts = tuple(cell.text for grid in pages[page - 1].grids.grids for cell in grid.cells)
        first = seen.setdefault(texts, page)
        if first == page:
            continue
        doubt = Doubt(Reason.CONSERVATION, page, f"the same page as page {first}")
        here = {id(r.project): r.project for r in rows if r.page in (first, page)}
        if any(project.in_flat_table or len(of_project[key]) > 1 for key, project in here.items()):
            for project in here.values():
                project.doubts.insert(0, doubt)


def adopt_problems(lost: Sequence[Doubt], problems: Sequence[Problem]) -> list[Doubt]:
    """Replace the reason of unread places by that of the first problem that a check found at the same place.

    A page with unknown letters keeps its reason, garbled_text: all its other problems follow from that.
    """
    adopted = []
    for one in lost:
        if one.reason == Reason.GARBLED_TEXT:
            adopted.append(one)
            continue
        near = [
            p for p in problems if p.page == one.page and (p.box is None or one.box is None or _overlap(p.box, one.box))
        ]
        adopted.append(replace(one, reason=near[0].reason, detail=near[0].detail) if near else one)
    return adopted


def _overlap(one: Box, other: Box) -> bool:
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    height = min(one.y1 - one.y0, other.y1 - other.y0)
    return across > TOLERANCES.touched_cell_pt and down > max(
        TOLERANCES.touched_cell_pt, TOLERANCES.overhang_share * height
    )


def _is_in_table(box: Box, page: PageGrids | None) -> bool:
    return page is None or any(_overlap(box, grid.box) for grid in page.grids)
