"""Find lines of text that overflow their cell at its lower border, and assign them to that cell.

The order of painting decides: a program writes the lines of one cell one after the other. A line belongs to the cell
above when it was painted directly after the last line of that cell, one line further down, and the rule between them
runs through its letters, or nothing but the end of the table lies there (Chromium and LibreOffice Writer let the last
lines of a tall cell hang over a page's end so). A line wholly inside the next cell is assigned to the one above only
where the table is painted row by row and the next text painted stands beside the cell above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.reading.grid.cell_text import are_chinese
from extract.reading.grid.placement import OUTSIDE, PlacedTable, Spots, owners_at
from extract.reading.ink.ink import KEPT, Bools, Floats, Glyphs, Ints
from extract.reading.tolerances import TOLERANCES

OVERFLOWING_LINES = 6  # that run out of one cell
PROSE_LETTERS = 8  # letters of a line: a text with so many is no figure in a low row
SENTENCE_ENDS = frozenset("。；！？.;!?）)”】")
MORE_ACROSS = 3  # times as many steps to the right as down: a table painted row by row


@dataclass(slots=True)
class _Painted:
    """Order of painting: the rank of each run among the runs that show text, and the outer glyphs of each rank."""

    rank: Ints  # of each run, -1 for those that show nothing
    first: Ints  # of each rank: its first glyph
    last: Ints


def settle_hanging_lines(glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints) -> list[Ints]:
    """Assign lines that overflow a cell to it; return the glyphs of each line that may belong to either cell.

    Changes `owner`, the number of the cell of each glyph.
    """
    kept = (glyphs.drop == KEPT) & (spots.turn == 0)
    doubtful: list[Ints] = []
    if not tables or not kept.any() or (glyphs.runs.order < 0).any():
        return doubtful
    boxes = np.concatenate([table.list_boxes() for table in tables])
    painted: _Painted | None = None
    for _ in range(OVERFLOWING_LINES):
        moved = False
        for line, top in _find_top_lines(spots, tables, owner, kept, boxes):
            painted = painted or _rank(glyphs, kept)
            verdict = _choose_cell(glyphs, spots, tables, owner, kept, boxes, painted, line, top)
            if verdict == OUTSIDE:
                doubtful.append(line)
            elif verdict is not None:
                owner[line] = verdict
                moved = True
        if not moved:
            break
        doubtful.clear()
    return doubtful


def _rank(glyphs: Glyphs, kept: Bools) -> _Painted:
    shown = np.flatnonzero(kept)
    order = glyphs.runs.order[glyphs.run[shown]]
    orders, ranks = np.unique(order, return_inverse=True)
    rank = np.full(len(glyphs.runs.order), -1, np.int64)
    rank[glyphs.run[shown]] = ranks
    first, last = np.zeros(len(orders), np.int64), np.zeros(len(orders), np.int64)
    first[ranks[::-1]] = shown[::-1]
    last[ranks] = shown
    return _Painted(rank, first, last)


def _find_top_lines(
    spots: Spots,
    tables: list[PlacedTable],
    owner: Ints,
    kept: Bools,
    boxes: Floats,
) -> list[tuple[Ints, float]]:
    """Return lines just below the upper rule of their cell, or below their table, with the rule's place."""
    found: list[tuple[Ints, float]] = []
    inside = np.flatnonzero(kept & (owner >= 0))
    high = spots.base[inside] - TOLERANCES.digit_height_em * spots.size[inside]
    tops = boxes[owner[inside], 1]
    near = inside[
        (high - tops < -TOLERANCES.rule_through_em * spots.size[inside])
        | _find_wide_steps(spots, owner, inside, high, tops)
    ]
    for cell in np.unique(owner[near]).tolist():
        mine = near[owner[near] == cell]
        base = float(spots.base[mine].min())
        found.append(
            (mine[np.abs(spots.base[mine] - base) < TOLERANCES.one_line_em * spots.size[mine]], float(boxes[cell, 1]))
        )
    outside = np.flatnonzero(kept & (owner == OUTSIDE))
    for table in tables if len(outside) else ():
        left, right, bottom = float(table.lattice.xs[0]), float(table.lattice.xs[-1]), float(table.lattice.ys[-1])
        x, under = spots.x[outside], spots.base[outside] - bottom
        below = outside[(left < x) & (x < right) & (under > 0) & (under < TOLERANCES.hanging_em * spots.size[outside])]
        above = owners_at(spots.x[below], np.full(len(below), bottom - 1.0), tables)
        found += [(line, bottom) for line in _split_by_cell(spots, below, above)]
    return found


def _find_wide_steps(spots: Spots, owner: Ints, inside: Ints, high: Floats, tops: Floats) -> Bools:
    """Return (n,): glyphs of a cell's first line, near its upper rule, too far above its second line for one text."""
    near: Bools = high - tops < TOLERANCES.top_line_em * spots.size[inside]
    if not near.any():
        return near
    cells = owner[inside]
    order = np.argsort(cells, kind="stable")
    begins = np.diff(cells[order], prepend=-1) > 0
    starts, cell = np.flatnonzero(begins), np.cumsum(begins) - 1
    base = spots.base[inside[order]]
    size, first = spots.size[inside[order[starts]]], np.minimum.reduceat(base, starts)
    upper = base <= (first + TOLERANCES.one_line_em * size)[cell]
    second = np.minimum.reduceat(np.where(upper, np.inf, base), starts)
    wide = np.isfinite(second) & (second - first > TOLERANCES.line_step_em * size)
    odd = np.zeros(len(inside), np.bool_)
    odd[order] = upper & wide[cell]
    return odd & near


def _split_by_cell(spots: Spots, glyphs: Ints, above: Ints) -> list[Ints]:
    """Split glyphs by the cell above them; return the first line of each."""
    lines: list[Ints] = []
    for cell in np.unique(above).tolist():
        mine = glyphs[above == cell]
        base = float(spots.base[mine].min())
        lines.append(mine[np.abs(spots.base[mine] - base) < TOLERANCES.one_line_em * spots.size[mine]])
    return lines


def _choose_cell(
    glyphs: Glyphs,
    spots: Spots,
    tables: list[PlacedTable],
    owner: Ints,
    kept: Bools,
    boxes: Floats,
    painted: _Painted,
    line: Ints,
    top: float,
) -> int | None:
    """Return the cell above if the line belongs to it, OUTSIDE if it may belong to either, None if to the lower one."""
    ranks = painted.rank[glyphs.run[line]]
    low, high = int(ranks.min()), int(ranks.max())
    if low == 0:
        return None
    before = int(painted.last[low - 1])
    above, size = int(owner[before]), float(spots.size[line[0]])
    if above < 0 or above == owner[line[0]] or abs(boxes[above, 3] - top) > 1.0:
        return None
    start, end = float(glyphs.box[line, 0].min()), float(glyphs.box[line, 2].max())
    step = float(spots.base[line[0]] - spots.base[before])
    fits = (
        boxes[above, 0] - TOLERANCES.beside_cell_em * size <= start
        and end <= boxes[above, 2] + TOLERANCES.beside_cell_em * size
    )
    alike = abs(float(spots.size[before]) - size) < TOLERANCES.same_size_share * size
    if not (fits and alike and TOLERANCES.least_line_step_em * size <= step <= TOLERANCES.line_step_em * size):
        return None
    own = int(owner[line[0]])
    if own == OUTSIDE:
        return above
    rest = np.flatnonzero(kept & (owner == own))
    rest = rest[spots.base[rest] > spots.base[line[0]] + TOLERANCES.one_line_em * size]
    if len(rest) and high + 1 < len(painted.first):
        after = int(painted.first[high + 1])
        if owner[after] == own and float(spots.base[after] - spots.base[line[0]]) <= TOLERANCES.line_step_em * size:
            return OUTSIDE
    if float(spots.base[line[0]]) - TOLERANCES.digit_height_em * size < top - TOLERANCES.rule_through_em * size:
        return above
    return above if _is_beside(owner, tables, boxes, painted, above, high) else None


def _is_beside(owner: Ints, tables: list[PlacedTable], boxes: Floats, painted: _Painted, above: int, high: int) -> bool:
    """Return True if the next text painted is beside the upper cell, in a table that is painted row by row."""
    if high + 1 >= len(painted.first):
        return False
    after = int(owner[painted.first[high + 1]])
    if after < 0 or boxes[after, 0] < boxes[above, 2] - 1.0:
        return False
    if min(boxes[after, 3], boxes[above, 3]) - max(boxes[after, 1], boxes[above, 1]) <= 1.0:
        return False
    cells = owner[painted.first]
    steps = [
        (a, b) for a, b in zip(cells[:-1].tolist(), cells[1:].tolist(), strict=True) if a >= 0 and b >= 0 and a != b
    ]
    across = sum(boxes[b, 0] >= boxes[a, 2] - 1.0 and boxes[b, 1] < boxes[a, 3] - 1.0 for a, b in steps)
    down = sum(abs(boxes[b, 0] - boxes[a, 0]) < 1.0 and boxes[b, 1] >= boxes[a, 3] - 1.0 for a, b in steps)
    return bool(across > MORE_ACROSS * down)


def find_lost_ends(
    glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints, height: float
) -> list[tuple[int, Ints]]:
    """Return cells whose prose overflows their lower rule and stops within a sentence, with the line that does.

    Where a cell is too low, LibreOffice Writer prints no line after the one that crosses the rule: the rest is lost,
    or, at the end of a page, printed on the next one.
    """
    low = (glyphs.drop == KEPT) & (spots.turn == 0) & (owner >= 0) & (spots.base < spots.clip[:, 3])
    rows = np.flatnonzero(low)
    if not len(rows):
        return []
    bottoms = np.concatenate([table.list_boxes()[:, 3] for table in tables])
    over = rows[spots.base[rows] > bottoms[owner[rows]] + TOLERANCES.rule_through_em * spots.size[rows]]
    found = []
    for cell in np.unique(owner[over]).tolist():
        mine = over[owner[over] == cell]
        lowest = mine[spots.base[mine] > spots.base[mine].max() - TOLERANCES.one_line_em * spots.size[mine]]
        if spots.base[lowest[0]] - bottoms[cell] > TOLERANCES.whole_line_em * spots.size[lowest[0]]:
            continue  # it begins below the rule: a program that prints such a line prints the next one, too
        letters = are_chinese(glyphs.code[lowest])
        at_end = bottoms[cell] >= max(table.lattice.ys[-1] for table in tables if table.first <= cell) - 1.0
        last = glyphs.text[int(lowest[spots.x[lowest].argmax()])]
        if (
            np.count_nonzero(letters) >= PROSE_LETTERS
            and last not in SENTENCE_ENDS
            and not (at_end and bottoms[cell] > TOLERANCES.page_end_share * height)
        ):
            found.append((cell, lowest))
    return found


def find_lines_below(glyphs: Glyphs, spots: Spots, owner: Ints, cell: int, line: Ints) -> Ints:
    """Return the glyphs of other cells one line below a line that overflows its cell: the rest of its text, perhaps."""
    start, end, size = float(glyphs.box[line, 0].min()), float(glyphs.box[line, 2].max()), float(spots.size[line[0]])
    step = spots.base - spots.base[line[0]]
    below = (glyphs.drop == KEPT) & (spots.turn == 0) & (owner >= 0) & (owner != cell)
    below &= (step >= TOLERANCES.least_line_step_em * size) & (step <= TOLERANCES.line_step_em * size)
    return np.flatnonzero(below & (spots.x > start) & (spots.x < end))


def find_covered(glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints) -> list[tuple[int, Ints]]:
    """Return cells whose text is printed over that of another cell, unreadably, with the glyphs that meet."""
    x, y = spots.x, spots.y
    seen = (glyphs.drop == KEPT) & (owner >= 0) & (spots.turn == 0)
    seen &= (spots.clip[:, 0] < x) & (x < spots.clip[:, 2]) & (spots.clip[:, 1] < y) & (y < spots.clip[:, 3])
    rows = np.flatnonzero(seen)
    if not len(rows):
        return []
    box = np.concatenate([table.list_boxes() for table in tables])[owner[rows]]
    away = rows[(x[rows] < box[:, 0]) | (x[rows] > box[:, 2]) | (y[rows] < box[:, 1]) | (y[rows] > box[:, 3])]
    pairs: dict[tuple[int, int], set[int]] = {}
    for glyph in away.tolist():
        size, (left, _, right, _) = float(spots.size[glyph]), glyphs.box[glyph]
        near = rows[
            (np.abs(y[rows] - y[glyph]) < (1 - TOLERANCES.covered_share) * size) & (owner[rows] != owner[glyph])
        ]
        shared = np.minimum(glyphs.box[near, 2], right) - np.maximum(glyphs.box[near, 0], left)
        width = np.minimum(glyphs.box[near, 2] - glyphs.box[near, 0], right - left)
        for other in near[(shared > TOLERANCES.covered_share * width) & (width > 0)].tolist():
            one, two = sorted((glyph, other), key=lambda g: int(owner[g]))
            pairs.setdefault((int(owner[one]), int(owner[two])), set()).update((one, two))
    found: dict[int, set[int]] = {}
    for cells, meeting in pairs.items():
        if len(meeting) == 2 and are_chinese(glyphs.code[sorted(meeting)]).all():
            continue  # one character over one other: the texts around them tell both
        for cell in cells:
            found.setdefault(cell, set()).update(g for g in meeting if owner[g] == cell)
    return [(cell, np.array(sorted(of), np.int64)) for cell, of in sorted(found.items())]
