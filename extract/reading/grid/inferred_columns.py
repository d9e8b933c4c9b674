"""Infer lattices from level rules without upright ones: columns from the ends of rules and gaps in the text.

Where every cell has a rule of its own, the ends of the rules are the columns; where rules run through, the columns are
the stretches of the width that no line of text crosses.
"""

from __future__ import annotations

import numpy as np

from extract.entities import Quad
from extract.reading.grid.lattice import Lattice, Stretches, join, mark_edges, snap
from extract.reading.grid.placement import Spots
from extract.reading.ink.ink import KEPT, Bools, Floats, Glyphs, Rules
from extract.reading.tolerances import TOLERANCES

FEWEST_LINES = 3
FEWEST_COLUMNS = 3
Border = tuple[float, float, bool]  # from, to, True if drawn rules prove it


def infer_lattices(level: Stretches, rules: Rules, glyphs: Glyphs, spots: Spots, tolerance: float) -> list[Lattice]:
    """Infer the tables of level stretches that belong to no other table."""
    found = []
    for group in _group(level, tolerance):
        lattice = _infer(level.take(group), rules, glyphs, spots, tolerance)
        if lattice is not None:
            found.append(lattice)
    return found


def infer_in_frame(frame: Lattice, rules: Rules, glyphs: Glyphs, spots: Spots, tolerance: float) -> Lattice | None:
    """Add the columns of its text to a lattice of one column, as a frame with level rules gives it."""
    ys, box = frame.ys, (float(frame.xs[0]), float(frame.ys[0]), float(frame.xs[1]), float(frame.ys[-1]))
    if len(ys) < FEWEST_LINES:
        return None
    rows = rules.box[rules.level]
    at = snap((rows[:, 1] + rows[:, 3]) / 2, tolerance)
    mine = (at > box[1] - 2) & (at < box[3] + 2) & (rows[:, 2] > box[0]) & (rows[:, 0] < box[2])
    if not mine.any():
        return None
    nearest = ys[np.abs(ys[None, :] - at[mine][:, None]).argmin(1)]
    level = join(nearest, rows[mine, 0], rows[mine, 2], TOLERANCES.dash_gap_pt)
    return _infer(level, rules, glyphs, spots, tolerance)


def _group(level: Stretches, tolerance: float) -> list[Bools]:
    """Group stretches that span the same width, with the shorter ones between them."""
    groups: list[Bools] = []
    free = np.ones(len(level), np.bool_)
    for i in np.argsort(level.start - level.end, kind="stable").tolist():  # the longest first
        if not free[i]:
            continue
        inside = (
            free
            & (level.start >= level.start[i] - TOLERANCES.same_width_pt)
            & (level.end <= level.end[i] + TOLERANCES.same_width_pt)
        )
        lines = np.unique(level.at[inside])
        free &= ~inside
        if len(lines) >= FEWEST_LINES and level.end[i] - level.start[i] > TOLERANCES.least_table_pt:
            groups.append(inside)
    return groups


def _infer(level: Stretches, rules: Rules, glyphs: Glyphs, spots: Spots, tolerance: float) -> Lattice | None:
    """Infer one group's lattice; None where the text shows fewer than three columns."""
    left, right = float(level.start.min()), float(level.end.max())
    ys = np.unique(level.at)
    if len(ys) < FEWEST_LINES:  # an arrow of a drawing: c11_drawings
        return None
    box = (left, float(ys[0]), right, float(ys[-1]))
    xs, doubtful = find_columns(rules, glyphs, spots, box, _full_lines(level), tolerance)
    if len(xs) < FEWEST_COLUMNS + 1:
        return None
    edges = mark_edges(ys, xs, level, [])
    return Lattice(xs, ys, edges, np.ones((len(ys) - 1, len(xs)), np.bool_), doubtful)


def _full_lines(level: Stretches) -> Floats:
    """Return the lines over the whole width: the first two of them enclose the header."""
    left, right = float(level.start.min()), float(level.end.max())
    lengths = {y: float((level.end - level.start)[level.at == y].sum()) for y in np.unique(level.at).tolist()}
    full = [y for y, length in lengths.items() if length >= TOLERANCES.full_line_share * (right - left)]
    return np.array(full if len(full) >= 2 else sorted(lengths))


def find_columns(
    rules: Rules, glyphs: Glyphs, spots: Spots, box: Quad, ys: Floats, tolerance: float
) -> tuple[Floats, tuple[int, ...]]:
    """Return the borders of the columns of a box, with the outer ones, and which of them only the text suggests.

    A border is where rules of several lines end, or a gap in the text; two borders with no text between them are one (a
    trimmed rule ends before its column does); every column has a word in the header row, so a gap inside a column,
    which a few short lines leave by chance, is no border.
    """
    left, _, right, _ = box
    ends = [(x, x, True) for x in _rule_ends(rules, box, tolerance).tolist()]
    gaps = [(a, b, False) for a, b in _text_gaps(glyphs, spots, box)]
    inner = sorted(g for g in ends + gaps if left + tolerance < (g[0] + g[1]) / 2 < right - tolerance)
    x, y = spots.x, spots.y
    inside = (glyphs.drop == KEPT) & (x > left) & (x < right) & (y > ys[0]) & (y < ys[-1])
    borders = _merge_empty(inner, np.sort(x[inside]), left, right)
    header = np.sort(x[inside & (y < ys[1])])
    kept = _drop_wordless(borders, header, left, right)
    doubtful = tuple(k for k, (_, _, trusted) in enumerate(kept, 1) if not trusted)
    return np.array([left, *((a + b) / 2 for a, b, _ in kept), right]), doubtful


def _merge_empty(borders: list[Border], texts: Floats, left: float, right: float) -> list[Border]:
    """Merge borders with no text between them, or between them and the edge."""
    merged: list[Border] = []
    for start, end, trusted in borders:
        if merged and not _any_between(texts, merged[-1][1], start):
            merged[-1] = (merged[-1][0], max(merged[-1][1], end), merged[-1][2] or trusted)
        else:
            merged.append((start, end, trusted))
    return [m for m in merged if _any_between(texts, left, m[0]) and _any_between(texts, m[1], right)]


def _any_between(sorted_values: Floats, low: float, high: float) -> bool:
    return bool(np.searchsorted(sorted_values, high) > np.searchsorted(sorted_values, low))


def _drop_wordless(borders: list[Border], header: Floats, left: float, right: float) -> list[Border]:
    """Remove the narrower of a wordless column's two borders until every column has a header word."""
    kept = list(borders)
    while True:
        edges = [left, *((a + b) / 2 for a, b, _ in kept), right]
        bare = [k for k in range(len(edges) - 1) if not _any_between(header, edges[k], edges[k + 1])]
        beside = {k - 1 for k in bare if k > 0} | {k for k in bare if k < len(kept)}
        loose = [k for k in beside if not kept[k][2]]
        if not loose:
            return kept
        kept.pop(min(loose, key=lambda k: kept[k][1] - kept[k][0]))


def _rule_ends(rules: Rules, box: Quad, tolerance: float) -> Floats:
    """Return places where rules of several lines begin or end and no text stands."""
    rows = rules.box[rules.level]
    middle = (rows[:, 1] + rows[:, 3]) / 2
    rows = rows[
        (middle >= box[1] - 2) & (middle <= box[3] + 2) & (rows[:, 2] - rows[:, 0] > 2 * TOLERANCES.dash_gap_pt)
    ]
    if not len(rows):
        return np.zeros(0)
    lines = np.round(snap((rows[:, 1] + rows[:, 3]) / 2, tolerance), 1)
    ends = np.concatenate([rows[:, 0], rows[:, 2]])
    where = np.round(snap(ends, tolerance), 2)
    pairs = np.unique(np.stack([where, np.concatenate([lines, lines])], axis=1), axis=0)
    places, counts = np.unique(pairs[:, 0], return_counts=True)
    enough = max(2, TOLERANCES.ends_share * len(np.unique(lines)))
    chosen: Floats = places[counts >= enough]
    return chosen


def _text_gaps(glyphs: Glyphs, spots: Spots, box: Quad) -> list[tuple[float, float]]:
    """Return stretches of the width that (nearly) no text line crosses, between text on both sides.

    Where a line crosses only a part of a stretch, the rest of it is the gap: a border stands in no text then.
    """
    x, y = spots.x, spots.y
    inside = (glyphs.drop == KEPT) & (x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])
    if not inside.any():
        return []
    usual = float(np.median(spots.size[inside]))
    step = 0.25
    bins = int((box[2] - box[0]) / step) + 2
    first = np.clip(((glyphs.box[inside, 0] - box[0]) / step).astype(int), 0, bins - 1)
    last = np.clip(((glyphs.box[inside, 2] - box[0]) / step).astype(int), 0, bins - 1)
    lines = np.unique(np.round(y[inside] / (TOLERANCES.text_line_em * usual)), return_inverse=True)[1].reshape(-1)
    cover = np.zeros((int(lines.max()) + 1, bins), np.bool_)
    for line, a, b in zip(lines.tolist(), first.tolist(), last.tolist(), strict=True):
        cover[line, a : b + 1] = True
    count = cover.sum(0)
    crossed, least = count > TOLERANCES.crossed_gap_share * len(cover), TOLERANCES.least_gap_em * usual / step
    gaps = [(a, b) for a, b in stretches_of(~crossed) if b - a >= least and crossed[:a].any() and crossed[b:].any()]
    clear = [max(stretches_of(count[a:b] == 0), key=lambda one: one[1] - one[0], default=(0, 0)) for a, b in gaps]
    parts = [(a + c, a + d) if d - c >= least else (a, b) for (a, b), (c, d) in zip(gaps, clear, strict=True)]
    return [(box[0] + a * step, box[0] + b * step) for a, b in parts]


def stretches_of(mask: Bools) -> list[tuple[int, int]]:
    """Return runs of True as (first, one past last)."""
    padded = np.concatenate([[False], mask, [False]]).astype(np.int8)
    steps = np.flatnonzero(np.diff(padded))
    return list(zip(steps[::2].tolist(), steps[1::2].tolist(), strict=True))
