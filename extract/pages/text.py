"""Placed glyphs in, text out: lines by baseline, glyphs by position, doubled glyphs once, blanks where they matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.entities import Box
from extract.pages.ink import Bools, Drop, Floats, Glyphs, Ints
from extract.pages.placement import baselines

DOUBLE = 0.16  # of the size: a glyph over the same glyph, so near, is a fake bold or a shadow
NEW_LINE = 0.45  # of the size
WORD_GAP = 0.2  # of the size, between letters or digits
COLUMN_GAP = 1.9  # of the size, between two texts on one line outside tables


@dataclass(slots=True)
class Sorted:
    """Kept glyphs in reading order with the place of each: group (cell), line, extent along the line."""

    glyph: Ints
    group: Ints
    line: Ints
    start: Floats
    end: Floats
    size: Floats


def sort_glyphs(glyphs: Glyphs, group: Ints, chosen: Bools) -> Sorted:
    """Order the chosen glyphs by group, line and place; marks doubled glyphs as dropped and leaves them out."""
    index = np.flatnonzero(chosen)
    turn = glyphs.runs.turn[glyphs.run[index]]
    box, size = glyphs.box[index], glyphs.runs.size[glyphs.run[index]]
    base = baselines(glyphs)[index]
    start = np.choose(turn % 4, [box[:, 0], box[:, 1], -box[:, 2], -box[:, 3]])
    end = np.choose(turn % 4, [box[:, 2], box[:, 3], -box[:, 0], -box[:, 1]])
    across = np.choose(turn % 4, [base, -base, -base, base])
    mine = group[index] * 4 + turn % 4  # text of another direction is text apart
    order = np.lexsort((across, mine))
    new = np.ones(len(index), np.bool_)
    step = np.diff(across[order]) > NEW_LINE * np.maximum(size[order][1:], size[order][:-1]) * 0.999
    new[1:] = (np.diff(mine[order]) != 0) | step
    line = np.cumsum(new).astype(np.int64)
    order2 = np.lexsort((start[order], line))
    full = order[order2]
    lines = line[order2]
    keep = ~_find_doubles(glyphs, index[full], lines, start[full], size[full])
    glyphs.drop[index[full[~keep]]] = Drop.DUPLICATE
    full, lines = full[keep], lines[keep]
    return Sorted(index[full], group[index[full]], lines, start[full], end[full], size[full])


def _find_doubles(glyphs: Glyphs, index: Ints, line: Ints, start: Floats, size: Floats) -> Bools:
    """Glyphs that repeat one of the two before them on the line at nearly the same place."""
    double = np.zeros(len(index), np.bool_)
    code = glyphs.code[index]
    for step in (1, 2):
        if len(index) > step:
            same = (code[step:] == code[:-step]) & (line[step:] == line[:-step])
            double[step:] |= same & (start[step:] - start[:-step] < DOUBLE * size[step:])
    return double


def find_overlaps(rows: Sorted) -> Ints:
    """Glyphs that lie over another one of their cell: two texts printed over each other, readable by nobody."""
    same = np.diff(rows.line) == 0
    middle_before_end = (rows.start[1:] + rows.end[1:]) / 2 < rows.end[:-1] - 0.1 * rows.size[1:]
    found: Ints = rows.glyph[1:][same & middle_before_end]
    return found


def join_cells(glyphs: Glyphs, rows: Sorted) -> dict[int, str]:
    """Text of each group; line breaks leave nothing behind."""
    if not len(rows.glyph):
        return {}
    letters = list(map(glyphs.text.__getitem__, rows.glyph.tolist()))
    for k in np.flatnonzero(find_blanks(glyphs, rows)).tolist():
        letters[k] = " " + letters[k]
    firsts = np.flatnonzero(np.diff(rows.group, prepend=rows.group[0] - 1)).tolist()
    texts: dict[int, str] = {}
    for first, last in zip(firsts, [*firsts[1:], len(letters)], strict=True):
        group = int(rows.group[first])  # text of another direction in the same cell comes after
        texts[group] = texts.get(group, "") + "".join(letters[first:last])
    return texts


def find_blanks(glyphs: Glyphs, rows: Sorted) -> Bools:
    """Where a blank stands before a glyph: printed or wide, and not between Chinese characters."""
    n = len(rows.glyph)
    blank = np.zeros(n, np.bool_)
    if n < 2:
        return blank
    before, after = rows.glyph[:-1], rows.glyph[1:]
    wide = are_chinese(glyphs.code[rows.glyph])
    gap = rows.start[1:] - rows.end[:-1]
    printed = (after > 0) & (glyphs.drop[after - 1] == Drop.BLANK) & (before != after - 1)
    narrow = ~wide[:-1] & ~wide[1:]
    mixed = wide[:-1] != wide[1:]
    same = np.diff(rows.line) == 0
    blank[1:] = same & ((narrow & ((gap > WORD_GAP * rows.size[1:]) | printed)) | (mixed & printed))
    return blank


def are_chinese(code: Ints) -> Bools:
    """Chinese characters and the full-width signs set among them."""
    signs = ((code >= 0x2010) & (code <= 0x2027)) | np.isin(code, (0xB7, 0x2030, 0x203B))
    return (code >= 0x2E80) | signs


def join_lines(glyphs: Glyphs, rows: Sorted) -> list[tuple[str, Box]]:
    """Lines of text outside tables with their boxes, top to bottom; wide gaps part a line in two."""
    if not len(rows.glyph):
        return []
    gap = rows.start[1:] - rows.end[:-1]
    new = np.concatenate([[True], (np.diff(rows.line) != 0) | (gap > COLUMN_GAP * rows.size[1:])])
    blanks = find_blanks(glyphs, rows)
    firsts = np.flatnonzero(new)
    found = []
    for first, last in zip(firsts.tolist(), [*firsts[1:].tolist(), len(new)], strict=True):
        part = rows.glyph[first:last]
        text = "".join(
            (" " if blanks[k] and k > first else "") + glyphs.text[i] for k, i in enumerate(part.tolist(), first)
        )
        box = glyphs.box[part]
        (x0, y0), (x1, y1) = box[:, :2].min(0), box[:, 2:].max(0)
        found.append((text, Box(float(x0), float(y0), float(x1), float(y1))))
    return sorted(found, key=lambda line: (round(line[1].y0 / 3), line[1].x0))
