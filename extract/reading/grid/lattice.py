"""Build lattices from the rules of a page: the positions of a table's lines and their drawn stretches.

Stages: snap (rules nearly on one line come to one line; this also makes one line of a double line and of a border that
two cells both draw), join (pieces and dashes of a line become one stretch), group (stretches that touch are a table),
close (a table whose outer border is not drawn ends where its other lines end).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.errors import Reason, Refused
from extract.reading.ink.ink import Bools, Floats, Ints, Rules
from extract.reading.tolerances import TOLERANCES

MAX_STRETCHES = 6_000
MAX_CELLS = 100_000  # lattice cells of one table: hostile/grid_1000x1000_table.pdf has a million


@dataclass(slots=True)
class Stretches:
    """Joined lines of one direction: `at` across, from `start` to `end` along; (n,) each."""

    at: Floats
    start: Floats
    end: Floats

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: Bools | Ints) -> Stretches:
        """Select rows, in that order."""
        return Stretches(self.at[rows], self.start[rows], self.end[rows])


@dataclass(slots=True)
class Lattice:
    """A table's line positions and drawn edges: level[i, j] is the stretch of line i over column j."""

    xs: Floats
    ys: Floats
    level: Bools  # (len(ys), len(xs) - 1)
    upright: Bools  # (len(ys) - 1, len(xs))
    doubtful: tuple[int, ...] = ()  # upright lines that only gaps in the text suggest

    def box_of(self, row: int, column: int, height: int = 1, width: int = 1) -> tuple[float, float, float, float]:
        """Return the box of a block of lattice cells."""
        xs, ys = self.xs, self.ys
        return float(xs[column]), float(ys[row]), float(xs[column + width]), float(ys[row + height])


def snap(positions: Floats, tolerance: float) -> Floats:
    """Return for each position the mean of its cluster; a gap above the tolerance starts a new cluster."""
    if not len(positions):
        return positions
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    cluster = np.zeros(len(ordered), np.int64)
    np.cumsum(ordered[1:] - ordered[:-1] > tolerance, out=cluster[1:])
    means = np.bincount(cluster, ordered) / np.bincount(cluster)
    snapped = np.empty_like(positions)
    snapped[order] = means[cluster]
    return snapped


def join(at: Floats, start: Floats, end: Floats, gap: float) -> Stretches:
    """Join pieces on the same line that touch or nearly touch."""
    if not len(at):
        return Stretches(at, start, end)
    order = np.lexsort((start, at))
    at = at[order]
    shift = np.zeros(len(at))
    np.cumsum(at[1:] != at[:-1], out=shift[1:])
    shift *= 1e6  # every line far from the next, so one pass does
    begins, ends = start[order] + shift, np.maximum.accumulate(end[order] + shift)
    fresh = np.ones(len(at), np.bool_)
    fresh[1:] = begins[1:] > ends[:-1] + gap
    firsts = np.flatnonzero(fresh)
    moved = shift[firsts]
    return Stretches(at[firsts], begins[firsts] - moved, ends[np.append(firsts[1:], len(at)) - 1] - moved)


def find_stretches(rules: Rules, tolerance: float) -> tuple[Stretches, Stretches]:
    """Snap and join level and upright lines."""
    box = rules.box
    level, upright = box[rules.level], box[~rules.level]
    ys, xs = snap((level[:, 1] + level[:, 3]) / 2, tolerance), snap((upright[:, 0] + upright[:, 2]) / 2, tolerance)
    gap = max(TOLERANCES.dash_gap_pt, tolerance)
    return join(ys, level[:, 0], level[:, 2], gap), join(xs, upright[:, 1], upright[:, 3], gap)


def find_lattices(
    level: Stretches, upright: Stretches, tolerance: float, middles: tuple[Floats, Floats] | None = None
) -> tuple[list[Lattice], Bools]:
    """Return tables in reading order, and which level stretches belong to one; drawings too large are refused.

    `middles` of letters distinguish a row that a page break cuts, of which no line but the uprights is drawn, from
    uprights that protrude a little.
    """
    if len(level) > MAX_STRETCHES or len(upright) > MAX_STRETCHES:
        raise Refused(Reason.TOO_LARGE, f"{len(level) + len(upright)} separate lines on one page")
    labels_level, labels_upright = _group(level, upright, tolerance)
    lattices = []
    used = np.zeros(len(level), np.bool_)
    loose = upright.take(labels_upright == -1)
    for label in sorted(set(labels_upright.tolist()) - {-1}):
        mine = labels_level == label
        pieces = add_open_columns(level.take(mine), upright.take(labels_upright == label), loose, tolerance)
        lattice = build_lattice(*pieces, tolerance, middles)
        if lattice is not None:
            lattices.append(lattice)
            used |= mine
    lattices.sort(key=lambda la: (round(float(la.ys[0])), float(la.xs[0])))
    return lattices, used


def _group(level: Stretches, upright: Stretches, tolerance: float) -> tuple[Ints, Ints]:
    """Return the group number of lines that touch; -1 for lines that touch no other."""
    t = tolerance + 1.0
    touch = (
        (level.start[:, None] - t <= upright.at[None, :])
        & (upright.at[None, :] <= level.end[:, None] + t)
        & (upright.start[None, :] - t <= level.at[:, None])
        & (level.at[:, None] <= upright.end[None, :] + t)
    )
    far = len(level) + 1
    mine = np.where(touch.any(1), np.arange(len(level)), far)
    while touch.size:
        other = np.where(touch, mine[:, None], far).min(0)
        again = np.minimum(mine, np.where(touch, other[None, :], far).min(1))
        if np.array_equal(again, mine):
            break
        mine = again
    other = np.where(touch, mine[:, None], far).min(0) if touch.size else np.full(len(upright), far)
    return np.where(mine >= far, -1, mine), np.where(other >= far, -1, other)


def add_open_columns(
    level: Stretches, upright: Stretches, loose: Stretches, tolerance: float
) -> tuple[Stretches, Stretches]:
    """Add to a table the lines of columns that have no level line on this page, since one cell fills them.

    A merged cell that begins on a page before and goes on on the next has no border on this page but its sides: lines
    as high as the table that touch nothing. They are closed where the table's own lines begin and end.
    """
    if not len(loose) or not len(level):
        return level, upright
    top, bottom = min(level.at.min(), upright.start.min()), max(level.at.max(), upright.end.max())
    reach = tolerance + 1.0
    beside = (np.abs(loose.start - top) <= reach) & (np.abs(loose.end - bottom) <= reach)
    if not beside.any():
        return level, upright
    sides = loose.take(beside)
    left, right = min(sides.at.min(), level.start.min()), max(sides.at.max(), level.end.max())
    ends = np.array([top, bottom])
    ys = level.at[np.abs(level.at[:, None] - ends).argmin(0)]
    ends = np.where(np.abs(ys - ends) <= reach, ys, ends)  # the table's own first and last line, where it is drawn
    closed = Stretches(
        np.concatenate([level.at, ends]),
        np.concatenate([level.start, [left, left]]),
        np.concatenate([level.end, [right, right]]),
    )
    both = [np.concatenate([getattr(upright, k), getattr(sides, k)]) for k in ("at", "start", "end")]
    return closed, Stretches(*both)


def build_lattice(
    level: Stretches, upright: Stretches, tolerance: float, middles: tuple[Floats, Floats] | None = None
) -> Lattice | None:
    """Build the lattice of one group of touching lines; None where they enclose nothing."""
    xs, ys = np.unique(upright.at), np.unique(level.at)
    xs, open_x = _close(xs, level, tolerance)
    ys, open_y = _close(ys, upright, tolerance)
    if middles is not None and len(xs) > 1 and len(ys):
        cut = _find_cut_rows(xs, ys, upright, middles)
        ys, open_y = np.union1d(ys, cut), [*open_y, *cut]
    if len(xs) < 2 or len(ys) < 2:
        return None
    if (len(xs) - 1) * (len(ys) - 1) > MAX_CELLS:
        raise Refused(Reason.TOO_LARGE, f"a table of {len(ys) - 1} x {len(xs) - 1} cells")
    level_edges = mark_edges(ys, xs, level, open_y)
    upright_edges = mark_edges(xs, ys, upright, open_x).T
    return Lattice(xs, ys, level_edges, upright_edges)


def _close(positions: Floats, across: Stretches, tolerance: float) -> tuple[Floats, list[float]]:
    """Add the outer lines that are not drawn: where the crossing lines begin and end beyond the outermost."""
    added: list[float] = []
    if len(across):
        reach = tolerance + TOLERANCES.open_side_pt
        low, high = float(across.start.min()), float(across.end.max())
        if not len(positions) or low < positions[0] - reach:
            added.append(low)
        if not len(positions) or high > positions[-1] + reach:
            added.append(high)
    return np.unique(np.concatenate([positions, added])) if added else positions, added


def _find_cut_rows(xs: Floats, ys: Floats, upright: Stretches, middles: tuple[Floats, Floats]) -> list[float]:
    """Return where uprights end a little beyond the outermost line, with letters between: a row cut by the break."""
    x, y = middles
    across = (xs[0] < x) & (x < xs[-1])
    low, high = float(upright.start.min()), float(upright.end.max())
    found = []
    if low < ys[0] - TOLERANCES.cut_row_pt and (across & (low < y) & (y < ys[0])).any():
        found.append(low)
    if high > ys[-1] + TOLERANCES.cut_row_pt and (across & (ys[-1] < y) & (y < high)).any():
        found.append(high)
    return found


def mark_edges(at: Floats, along: Floats, stretches: Stretches, closed: list[float]) -> Bools:
    """Return the drawn parts of each line: those whose middle a stretch covers."""
    middles = (along[:-1] + along[1:]) / 2
    edges = np.zeros((len(at), len(middles)), np.bool_)
    rows = np.searchsorted(at, stretches.at)
    firsts, lasts = np.searchsorted(middles, stretches.start), np.searchsorted(middles, stretches.end)
    for row, first, last in zip(rows.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        edges[row, first:last] = True
    for position in closed:
        edges[int(np.searchsorted(at, position))] = True
    return edges
