"""Assign each glyph of a page to its cell.

A glyph belongs to the cell that holds its middle, with two exceptions that printed tables make necessary: a word that
runs over a rule belongs whole to the cell that it is aligned to, and text that a clip hides belongs to the cell at
whose border the clip ends (clips.py).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from extract.reading.grid.clips import end_at_borders, find_cut_sides, find_sides, move_inside
from extract.reading.grid.lattice import Lattice
from extract.reading.grid.spans import Spans
from extract.reading.ink.ink import CLIPPED, KEPT, NO_CLIP, Bools, Floats, Glyphs, Ints
from extract.reading.tolerances import TOLERANCES


@dataclass(slots=True)
class PlacedTable:
    """A lattice with its cells; `first` numbers its first cell on the page."""

    lattice: Lattice
    spans: Spans
    first: int

    def box_of(self, cell: int) -> tuple[float, float, float, float]:
        """Return the box of a cell by its number on the page."""
        return self.lattice.box_of(*self.spans.cells[cell - self.first])

    def list_boxes(self) -> Floats:
        """Return the boxes of all cells, (n, 4)."""
        row, column, height, width = np.array(self.spans.cells, np.int64).T
        xs, ys = self.lattice.xs, self.lattice.ys
        return np.stack([xs[column], ys[row], xs[column + width], ys[row + height]], axis=1)


OUTSIDE, LOST = -1, -2  # outside every table; inside a table's box but in no cell


@dataclass(slots=True)
class Spots:
    """Positions of glyphs for placement, one entry per glyph, computed once per page."""

    x: Floats  # the middle of the em square
    y: Floats  # of level text the middle over its baseline, since the heights that fonts declare are unreliable
    base: Floats  # the baseline of the run, unless the run is set vertically, glyph under glyph
    size: Floats
    turn: Ints
    clip: Floats  # (n, 4)


def locate(glyphs: Glyphs) -> Spots:
    """Compute the spots of glyphs on a page that has been turned upright."""
    size, turn, base = glyphs.runs.size[glyphs.run], glyphs.runs.turn[glyphs.run], glyphs.runs.base[glyphs.run]
    x, middle = (glyphs.box[:, 0] + glyphs.box[:, 2]) / 2, (glyphs.box[:, 1] + glyphs.box[:, 3]) / 2
    level, lift = turn == 0, TOLERANCES.digit_height_em / 2 * size
    own = middle + lift
    base = np.where(level & (np.abs(own - base) > size), own, base)
    upright = base - lift
    y = np.where(level & (np.abs(upright - middle) < size), upright, middle)
    return Spots(x, y, base, size, turn, glyphs.runs.clip[glyphs.run])


@dataclass(slots=True)
class Placement:
    """Assignment of glyphs to cells, with the words whose assignment is uncertain because they cross a rule."""

    owner: Ints  # cell number of each glyph, OUTSIDE or LOST
    crossing: list[int]  # cells of such words: where the rule is only inferred from the text, it is in doubt
    doubtful: list[Ints]  # such words, by their glyphs, that may as well belong to another cell


def place(glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], width: float, height: float) -> Placement:
    """Assign each glyph to a cell; sets `drop` on clipped glyphs."""
    x, y = spots.x, spots.y
    owner = owners_at(x, y, tables)
    at_home = _settle_clipped(glyphs, spots, tables, owner)
    if not len(glyphs):
        return Placement(owner, [], [])
    off = (x < 0) | (x > width) | (y < 0) | (y > height)
    glyphs.drop[off & ~at_home & (glyphs.drop == KEPT)] = CLIPPED
    return Placement(owner, *_settle_overflow(glyphs, spots, tables, owner))


def owners_at(x: Floats, y: Floats, tables: list[PlacedTable]) -> Ints:
    """Return the number of the cell that holds each point."""
    owner = np.full(len(x), OUTSIDE, np.int64)
    for table in tables:
        xs, ys = table.lattice.xs, table.lattice.ys
        inside = (xs[0] < x) & (x < xs[-1]) & (ys[0] < y) & (y < ys[-1])
        if inside.any():
            found = table.spans.owner[np.searchsorted(ys, y[inside]) - 1, np.searchsorted(xs, x[inside]) - 1]
            owner[inside] = np.where(found >= 0, found + table.first, LOST)
    return owner


def _settle_clipped(glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints) -> Bools:
    """Assign hidden or cut glyphs to the cell at whose border their clip ends; drop others beyond a clip.

    Returns which glyphs were assigned so.
    """
    at_home = np.zeros(len(glyphs), np.bool_)
    rows, sides = find_cut(glyphs, spots)
    if not len(rows):
        return at_home
    x, y, clip = spots.x[rows], spots.y[rows], spots.clip[rows]
    homes = owners_at(*move_inside(x, y, clip, sides), tables)
    found = end_at_borders(sides, clip, boxes_of(homes, tables))
    owner[rows[found]] = homes[found]
    at_home[rows[found]] = True
    hidden = find_sides(x, y, clip).any(1)
    glyphs.drop[rows[~found & hidden]] = CLIPPED
    return at_home


def find_cut(glyphs: Glyphs, spots: Spots) -> tuple[Ints, Bools]:
    """Return kept glyphs that a clip hides or takes much of, and at which sides: left, top, right, bottom."""
    box, clip = glyphs.box, spots.clip
    if not has_clips(glyphs):
        return np.zeros(0, np.int64), np.zeros((0, 4), np.bool_)
    tight = (clip[:, 0] > box[:, 0]) | (clip[:, 1] > box[:, 1]) | (clip[:, 2] < box[:, 2]) | (clip[:, 3] < box[:, 3])
    tight |= (spots.base > clip[:, 3]) | (spots.base - spots.size < clip[:, 1])  # the heights of boxes are unreliable
    rows = np.flatnonzero(tight & (glyphs.drop == KEPT))
    some = clip[rows]
    sides = find_cut_sides(box[rows], spots.base[rows], spots.size[rows], some)
    sides[spots.turn[rows] != 0, 1::2] = False  # of turned letters only the middle is known
    sides |= find_sides(spots.x[rows], spots.y[rows], some)
    cut = sides.any(1)
    return rows[cut], sides[cut]


def has_clips(glyphs: Glyphs) -> bool:
    """Return True if anything clips any text of the page."""
    return bool((glyphs.runs.clip != NO_CLIP).any())


def boxes_of(cells: Ints, tables: list[PlacedTable]) -> Floats:
    """Return the boxes of cells by number; NaN where there is no cell."""
    numbers, which = np.unique(cells, return_inverse=True)
    boxes = np.full((len(numbers), 4), np.nan)
    firsts = [table.first for table in tables]
    for k, cell in enumerate(numbers.tolist()):
        if cell >= 0:
            boxes[k] = tables[bisect_right(firsts, cell) - 1].box_of(cell)
    found: Floats = boxes[which]
    return found


def _settle_overflow(
    glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints
) -> tuple[list[int], list[Ints]]:
    """Assign each word that crosses a rule to one cell; return the cells so chosen, and the glyphs of uncertain words.

    A word is uncertain if it is aligned to a cell that holds fewer of its letters than another one, or if one of its
    runs lies mostly in another cell: then it may be two texts of two cells that touch.
    """
    kept = np.flatnonzero((glyphs.drop == KEPT) & (spots.turn == 0))
    if len(kept) < 2:
        return [], []
    glued = are_glued(glyphs, spots, kept[:-1], kept[1:])
    _settle_straddling(glyphs, spots, tables, owner, kept, glued)
    crossing: list[int] = []
    doubtful: list[Ints] = []
    a, b = kept[:-1], kept[1:]
    for start in np.flatnonzero(glued & (owner[a] != owner[b])).tolist():
        if owner[a[start]] == owner[b[start]]:
            continue  # an earlier word took it along
        first, last = start, start
        while first > 0 and glued[first - 1]:
            first -= 1
        while last + 1 < len(glued) and glued[last + 1]:
            last += 1
        word = kept[first : last + 2]
        if _is_parted(glyphs, spots, tables, owner, word):
            continue
        chosen = _choose(glyphs, tables, owner, word)
        if np.count_nonzero(owner[word] == chosen) < _count_most(owner[word]) or _holds_two_texts(
            glyphs, tables, word, chosen
        ):
            doubtful.append(word)
        crossing.append(chosen)
        owner[word] = chosen
    return crossing, doubtful


def _is_parted(glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints, word: Ints) -> bool:
    """Return True if a word is several texts that touch at drawn rules, each wholly in its cell (c06_close_to_a_rule).

    Required are another text object or a wider gap at each rule (c17_rows_of_one_run), and a sign that no text
    overflows its cell: room at its far side, further lines in its cell, or the same alignment in all cells.
    """
    mine = owner[word]
    cuts = np.flatnonzero(mine[1:] != mine[:-1]) + 1
    if (mine < 0).any() or _has_doubtful_border(tables, mine):
        return False
    size = float(spots.size[word[0]])
    gaps = glyphs.box[word[1:], 0] - glyphs.box[word[:-1], 2]
    usual = float(np.delete(gaps, cuts - 1).max(initial=0.0))
    is_run = glyphs.run[word[cuts - 1]] == glyphs.run[word[cuts]]
    if (is_run & (gaps[cuts - 1] < usual + TOLERANCES.new_text_em * size)).any():
        return False
    parts = np.split(word, cuts)
    if len(np.unique(mine)) < len(parts):
        return False
    boxes = boxes_of(mine[np.append(0, cuts)], tables)
    lean = TOLERANCES.blank_beside_share * (glyphs.box[word, 2] - glyphs.box[word, 0])
    start, end = np.split(glyphs.box[word, 0] + lean, cuts), np.split(glyphs.box[word, 2] - lean, cuts)
    if any(s[0] < box[0] or e[-1] > box[2] for s, e, box in zip(start, end, boxes, strict=True)):
        return False
    if (gaps[cuts - 1] > usual + TOLERANCES.new_text_em * size).all():
        before = glyphs.box[[part[0] for part in parts], 0] - boxes[:, 0]
        behind = boxes[:, 2] - glyphs.box[[part[-1] for part in parts], 2]
        if min(np.ptp(before), np.ptp(behind), np.abs(before - behind).max()) < TOLERANCES.same_margin_em * size:
            return True
    for k, part in enumerate(parts):
        room = (start[k][0] - boxes[k, 0], boxes[k, 2] - end[k][-1])
        far = [space for space, borders in zip(room, (k > 0, k + 1 < len(parts)), strict=True) if not borders]
        more = (owner == owner[part[0]]) & (np.abs(spots.base - spots.base[part[0]]) > TOLERANCES.other_line_em * size)
        if max(far, default=0.0) < size and not (more & (glyphs.drop == KEPT)).any():
            return False
    return True


def _has_doubtful_border(tables: list[PlacedTable], cells: Ints) -> bool:
    """Return True if a cell's table has upright lines that only the text suggests."""
    return any(
        table.lattice.doubtful and ((cells >= table.first) & (cells < table.first + len(table.spans.cells))).any()
        for table in tables
    )


def _count_most(owners: Ints) -> int:
    return int(np.unique(owners, return_counts=True)[1].max())


def _holds_two_texts(glyphs: Glyphs, tables: list[PlacedTable], word: Ints, chosen: int) -> bool:
    """Return True if a run of the word lies mostly outside the chosen cell; False if each letter is its own run."""
    runs = glyphs.run[word]
    parts = np.unique(runs)
    if len(parts) == 1 or len(parts) > len(word) / 2:
        return False
    left, _, right, _ = boxes_of(np.array([chosen]), tables)[0].tolist()
    for run in parts.tolist():
        mine = glyphs.box[word[runs == run]]
        start, end = float(mine[0, 0]), float(mine[-1, 2])
        inside = (min(end, right) - max(start, left)) / max(end - start, 1e-6)
        if inside < (TOLERANCES.letter_inside_share if len(mine) == 1 else TOLERANCES.run_inside_share):
            return True
    return False


def _settle_straddling(
    glyphs: Glyphs, spots: Spots, tables: list[PlacedTable], owner: Ints, kept: Ints, glued: Bools
) -> None:
    """Assign a lone glyph with a rule through it to the cell of the letter next to it.

    Where a font's widths are wrong the letters of a word do not touch, so that no word contains the glyph.
    """
    alone = np.ones(len(kept), np.bool_)
    alone[1:] &= ~glued
    alone[:-1] &= ~glued
    places = np.flatnonzero(alone)  # in `kept`
    lone = kept[places]
    inset = TOLERANCES.straddled_share * (glyphs.box[lone, 2] - glyphs.box[lone, 0])
    left, right = glyphs.box[lone, 0] + inset, glyphs.box[lone, 2] - inset
    for table in tables:
        inner = table.lattice.xs[1:-1]
        through = np.searchsorted(inner, left) < np.searchsorted(inner, right)
        mine = (owner[lone] >= table.first) & (owner[lone] < table.first + len(table.spans.cells))
        for k in places[through & mine].tolist():
            _join_neighbour(glyphs, spots, owner, kept, k)


def _join_neighbour(glyphs: Glyphs, spots: Spots, owner: Ints, kept: Ints, k: int) -> None:
    """Assign the `k`-th kept glyph to the cell of the nearest letter on its line, if near enough."""
    x0, x1, base, size = glyphs.box[kept, 0], glyphs.box[kept, 2], spots.base[kept], spots.size[kept[k]]
    line = np.flatnonzero((np.abs(base - base[k]) < TOLERANCES.same_baseline_em * size) & (np.arange(len(kept)) != k))
    gap = np.abs(np.where(x0[line] < x0[k], x0[k] - x1[line], x0[line] - x1[k]))
    if len(gap) and gap.min() < TOLERANCES.next_to_letter_em * size:
        owner[kept[k]] = owner[kept[line[int(gap.argmin())]]]


def are_glued(glyphs: Glyphs, spots: Spots, a: Ints, b: Ints) -> Bools:
    """Return which neighbouring glyphs are of one word: same baseline and size, no gap, in writing order."""
    size, left = spots.size[a], glyphs.box[b, 0]
    gap = left - glyphs.box[a, 2]
    same_line = np.abs(spots.base[a] - spots.base[b]) < TOLERANCES.same_baseline_em * size
    room = np.where(glyphs.run[a] == glyphs.run[b], TOLERANCES.set_together_em, TOLERANCES.glued_em)
    near = (np.abs(gap) < room * size) & (np.abs(size - spots.size[b]) < TOLERANCES.same_size_share * size)
    glued: Bools = same_line & near & (left > glyphs.box[a, 0])
    return glued


def _choose(glyphs: Glyphs, tables: list[PlacedTable], owner: Ints, word: Ints) -> int:
    """Return the cell that a word's left, right or middle is aligned to best; at a tie that of most letters."""
    x0, x1 = float(glyphs.box[word[0], 0]), float(glyphs.box[word[-1], 2])
    found, counts = np.unique(owner[word], return_counts=True)
    best, score = OUTSIDE, (1e9, 0)
    for cell, count in zip(found.tolist(), counts.tolist(), strict=True):
        for table in tables:
            if table.first <= cell < table.first + len(table.spans.cells):
                left, _, right, _ = table.box_of(cell)
                misfit = min(abs(x0 - left), abs(right - x1), abs((x0 + x1) - (left + right)) / 2)
                trial = (round(misfit, 1), -count)
                if trial < score:
                    best, score = cell, trial
    return best
