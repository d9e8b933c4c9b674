"""Join placed glyphs to text: lines by baseline, glyphs by position, doubled glyphs once, significant blanks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from extract.entities import Box
from extract.reading.grid.placement import Spots
from extract.reading.ink.ink import BLANK, DUPLICATE, KEPT, Bools, Floats, Glyphs, Ints
from extract.reading.tolerances import TOLERANCES

FIGURE_ENDS = [ord(letter) for letter in "%％‰)）"]  # behind which no number begins
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"


@dataclass(slots=True)
class Sorted:
    """Kept glyphs in reading order with the place of each: group (cell), line, extent along the line."""

    glyph: Ints
    group: Ints
    line: Ints
    start: Floats
    end: Floats
    size: Floats

    def take(self, rows: slice | Bools) -> Sorted:
        """Select rows, in that order."""
        where = self.glyph[rows], self.group[rows], self.line[rows]
        return Sorted(*where, self.start[rows], self.end[rows], self.size[rows])


def sort_glyphs(glyphs: Glyphs, spots: Spots, group: Ints, chosen: Bools) -> Sorted:
    """Order the chosen glyphs by group, line and place, without doubled glyphs, which are marked as dropped."""
    index = np.flatnonzero(chosen)
    box, size, across, turn = glyphs.box[index], spots.size[index], spots.base[index], spots.turn[index] % 4
    start, end, mine = box[:, 0], box[:, 2], group[index] * 4 + turn  # text of another direction is text apart
    if turn.any():
        start = np.choose(turn, [start, box[:, 1], -end, -box[:, 3]])
        end = np.choose(turn, [end, box[:, 3], -box[:, 0], -box[:, 1]])
        across = np.choose(turn, [across, -across, -across, across])
    order = np.lexsort((across, mine))
    new = np.ones(len(index), np.bool_)
    high, low, mine = size[order], across[order], mine[order]
    larger = np.maximum(high[1:], high[:-1])
    unlike = np.minimum(high[1:], high[:-1]) < TOLERANCES.raised_size_ratio * larger
    step = (
        low[1:] - low[:-1] > np.where(unlike, TOLERANCES.superscript_line_em, TOLERANCES.new_line_em) * larger * 0.999
    )
    new[1:] = (mine[1:] != mine[:-1]) | step
    line: Ints = np.cumsum(new, dtype=np.int64)
    order2 = np.lexsort((start[order], line))
    full = order[order2]
    lines = line[order2]
    keep = ~_find_doubles(glyphs, index[full], lines, start[full], size[full])
    glyphs.drop[index[full[~keep]]] = DUPLICATE
    full, lines = full[keep], lines[keep]
    return Sorted(index[full], group[index[full]], lines, start[full], end[full], size[full])


def _find_doubles(glyphs: Glyphs, index: Ints, line: Ints, start: Floats, size: Floats) -> Bools:
    """Return glyphs that repeat one of the two before them on the line at nearly the same place."""
    double = np.zeros(len(index), np.bool_)
    code = glyphs.code[index]
    for step in (1, 2):
        if len(index) > step:
            same = (code[step:] == code[:-step]) & (line[step:] == line[:-step])
            double[step:] |= same & (start[step:] - start[:-step] < TOLERANCES.double_em * size[step:])
    return double


def find_overlaps(glyphs: Glyphs, rows: Sorted) -> Ints:
    """Return glyphs over another one of their cell: two texts printed over each other, unreadable.

    Signs and letters close to the letter before them are no second text where the file has all of them in printed
    order: a justified line is squeezed at its punctuation (c09_squeezed_line).
    """
    same = rows.line[1:] == rows.line[:-1]
    middle = (rows.start + rows.end) / 2
    over = middle[1:] < rows.end[:-1] - TOLERANCES.overlap_em * rows.size[1:]
    under = middle[:-1] > rows.start[1:] + TOLERANCES.overlap_em * rows.size[1:]
    code = glyphs.code[rows.glyph]
    width = rows.end[1:] - rows.start[1:]
    again = (code[1:] == code[:-1]) & (
        rows.start[1:] - rows.start[:-1] < TOLERANCES.repeated_share * width
    )  # too far for a fake bold
    in_order = np.diff(np.cumsum(glyphs.drop == KEPT)[rows.glyph]) == 1  # but for blanks, which some parsers report
    digit = (code >= 0x30) & (code <= 0x39)
    squeezed = in_order & ~(digit[1:] | digit[:-1])
    squeezed[:-1] &= in_order[1:] | ~same[1:]
    found: Ints = rows.glyph[1:][same & (((over | under) & ~squeezed) | again)]
    return found


def find_side_by_side(glyphs: Glyphs, rows: Sorted) -> Ints:
    """Return the places in `rows` before a gap that may part two texts on one line of a cell."""
    if len(rows.glyph) < 4:
        return rows.line[:0]
    gap = np.where(rows.line[1:] == rows.line[:-1], rows.start[1:] - rows.end[:-1], np.inf)
    close = gap < TOLERANCES.one_text_em * rows.size[1:]
    wide = np.isfinite(gap) & (gap > TOLERANCES.two_texts_em * rows.size[1:])
    wide[0] = wide[-1] = False
    wide[1:-1] &= close[:-2] & close[2:]  # letters set apart one by one are one text
    found = np.flatnonzero(wide)
    after = rows.glyph[found + 1]
    typed = (glyphs.drop[after - 1] == BLANK) & (after > 0)
    parted: Ints = found[~typed]
    return parted


def join_cells(glyphs: Glyphs, spots: Spots, rows: Sorted) -> dict[int, str]:
    """Return the text of each group; line breaks are removed."""
    if not len(rows.glyph):
        return {}
    letters = list(map(glyphs.text.__getitem__, rows.glyph.tolist()))
    for k in find_raised(glyphs, spots, rows).tolist():
        letters[k] = RAISED[int(letters[k])]
    for k in np.flatnonzero(find_blanks(glyphs, rows)).tolist():
        letters[k] = " " + letters[k]
    firsts = np.flatnonzero(np.diff(rows.group, prepend=rows.group[0] - 1))
    groups, bounds = rows.group[firsts].tolist(), [*firsts.tolist(), len(letters)]
    texts: dict[int, str] = {}
    for group, (first, last) in zip(groups, pairwise(bounds), strict=True):
        texts[group] = texts.get(group, "") + "".join(letters[first:last])  # text of another direction comes after
    return texts


def find_raised(glyphs: Glyphs, spots: Spots, rows: Sorted) -> Ints:
    """Return exponents and note marks: digits set smaller and higher than the glyph before them.

    Behind a Latin letter they are kept as in the file: m2 is unambiguous. A whole number that is set smaller and higher
    than its sign comes of two fonts, not of an exponent; behind a Chinese character only the last digits of a line are
    a mark, if they are as small and as high as marks are.
    """
    code, size, base = glyphs.code[rows.glyph], rows.size, spots.base[rows.glyph]
    digit = (code >= 0x30) & (code <= 0x39) & (spots.turn[rows.glyph] == 0)
    same = rows.line[1:] == rows.line[:-1]
    lift = base[:-1] - base[1:]
    lower = (size[1:] < TOLERANCES.raised_size_ratio * size[:-1]) & (lift > TOLERANCES.raised_em * size[:-1])
    ends_figure = digit[:-1] | np.isin(code[:-1], FIGURE_ENDS)
    is_mark = (
        are_chinese(code[:-1])
        & (size[1:] < TOLERANCES.note_mark_size_ratio * size[:-1])
        & (lift > TOLERANCES.note_mark_raised_em * size[:-1])
    )
    raised = np.zeros(len(code), np.bool_)
    raised[1:] = same & lower & digit[1:] & (ends_figure | is_mark)
    for k in np.flatnonzero(raised).tolist():  # 10²³: what follows at the same height is raised too
        first = k
        while (
            k + 1 < len(code)
            and same[k]
            and digit[k + 1]
            and abs(base[k + 1] - base[k]) < TOLERANCES.same_baseline_em * size[k]
        ):
            k += 1
            raised[k] = True
        if not ends_figure[first - 1] and k + 1 < len(code) and same[k]:
            raised[first : k + 1] = False  # 完成96个: more of the text follows
    found: Ints = np.flatnonzero(raised)
    return found


def find_blanks(glyphs: Glyphs, rows: Sorted) -> Bools:
    """Return which glyphs a blank precedes: printed or wide, and not between Chinese characters."""
    n = len(rows.glyph)
    blank = np.zeros(n, np.bool_)
    if n < 2:
        return blank
    before, after = rows.glyph[:-1], rows.glyph[1:]
    wide = are_chinese(glyphs.code[rows.glyph])
    gap = rows.start[1:] - rows.end[:-1]
    printed = (after > 0) & (glyphs.drop[after - 1] == BLANK) & (before != after - 1)
    narrow = ~wide[:-1] & ~wide[1:]
    mixed = wide[:-1] != wide[1:]
    same = rows.line[1:] == rows.line[:-1]
    blank[1:] = same & ((narrow & ((gap > TOLERANCES.word_gap_em * rows.size[1:]) | printed)) | (mixed & printed))
    return blank


def are_chinese(code: Ints) -> Bools:
    """Return which codes are Chinese characters or the full-width signs set among them."""
    signs = ((code >= 0x2010) & (code <= 0x2027)) | (code == 0xB7) | (code == 0x2030) | (code == 0x203B)
    found: Bools = (code >= 0x2E80) | signs
    return found


def are_latin(code: Ints) -> Bools:
    """Return which codes are Latin letters without accents."""
    found: Bools = ((code | 0x20) >= 0x61) & ((code | 0x20) <= 0x7A)
    return found


def join_lines(glyphs: Glyphs, rows: Sorted) -> list[tuple[str, Box]]:
    """Return lines of text outside tables with their boxes, top to bottom; a wide gap splits a line in two."""
    if not len(rows.glyph):
        return []
    gap = rows.start[1:] - rows.end[:-1]
    new = np.concatenate([[True], (rows.line[1:] != rows.line[:-1]) | (gap > TOLERANCES.column_gap_em * rows.size[1:])])
    blanks = find_blanks(glyphs, rows)
    firsts = np.flatnonzero(new)
    box = glyphs.box[rows.glyph]
    low, high = np.minimum.reduceat(box[:, :2], firsts).tolist(), np.maximum.reduceat(box[:, 2:], firsts).tolist()
    found = []
    for first, last, near, far in zip(firsts.tolist(), [*firsts[1:].tolist(), len(new)], low, high, strict=True):
        part = enumerate(rows.glyph[first:last].tolist(), first)
        text = "".join((" " if blanks[k] and k > first else "") + glyphs.text[i] for k, i in part)
        found.append((text, Box(*near, *far)))
    return sorted(found, key=lambda line: (round(line[1].y0 / 3), line[1].x0))
