"""Check that no glyph of a page would be lost, doubled or unreadable if the page were loaded.

Completeness: each glyph is in exactly one cell, outside every table, or dropped with a counted reason, and their number
equals the reader's own bulk text. Placement is checked elsewhere: a glyph moved to a wrong cell is caught by the second
reader, by the overlap check here and by the plausibility checks on the records (plausibility.py).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.cell_text import Sorted, are_chinese
from extract.reading.grid.overflow import find_lines_below
from extract.reading.grid.placement import LOST, PlacedTable, Spots
from extract.reading.ink.ink import BLANK, CLIPPED, FIRST_CHINESE, KEPT, Floats, Ink, Ints
from extract.reading.page_checks.problems import Problem, list_problems, unite
from extract.reading.tolerances import TOLERANCES

__all__ = [
    "Problem",
    "check_crossing_words",
    "check_inferred",
    "check_letters",
    "check_lost_ends",
    "check_page",
    "check_side_by_side",
    "count_unreadable",
    "is_garbled",
]

FIGURE = re.compile(r"[¥￥≥≤＞＜=＝><±+\-]?[0-9０-９][0-9０-９,，.．]*[%％‰]?[元万亿]{0,3}")
HEADER_ROWS = 2  # group words of a header may stand over several columns


def check_page(
    ink: Ink, tables: list[PlacedTable], owner: Ints, placed: Sorted, outside: Sorted, overlaps: Ints
) -> tuple[Problem, ...]:
    """Run all checks of one page that need its glyphs."""
    return (
        *_check_tiles(ink, tables),
        *_check_counts(ink, tables, owner, placed, outside),
        *check_letters(ink, tables, owner, placed),
        *list_problems(ink, tables, owner, overlaps, Reason.CONSERVATION, "text over other text at"),
    )


def _check_tiles(ink: Ink, tables: list[PlacedTable]) -> list[Problem]:
    """Report each region of a table that its cells do not tile."""
    problems = []
    for number, table in enumerate(tables, 1):
        for region in table.spans.regions:
            row, column = region[0]
            detail = f"table {number}: the lines around row {row + 1}, column {column + 1} do not enclose a rectangle"
            box = unite(np.array([table.lattice.box_of(*place) for place in region]))
            problems.append(Problem(Reason.CONSERVATION, ink.page, detail, box))
    return problems


def check_inferred(ink: Ink, tables: list[PlacedTable], crossing: list[int]) -> tuple[Problem, ...]:
    """Report words below the header that cross a border which only the text suggests."""
    problems = []
    for number, table in enumerate(tables, 1):
        for cell in dict.fromkeys(crossing) if table.lattice.doubtful else ():
            if table.first <= cell < table.first + len(table.spans.cells):
                row, column, _, width = table.spans.cells[cell - table.first]
                if row >= HEADER_ROWS and {column, column + width} & set(table.lattice.doubtful):
                    detail = f"table {number}, row {row + 1}: text crosses an undrawn border of column {column + 1}"
                    problems.append(Problem(Reason.CONSERVATION, ink.page, detail, Box(*table.box_of(cell))))
    return tuple(problems)


ODD_LETTERS = 2  # Chinese ones
WIDE_ASCII = np.array([ord(letter) for letter in "%@MWm"])  # as wide as a Chinese letter in many fonts
LONGEST_UNIT = 3  # Chinese letters: figures are often set in another size than their unit (≥74.5 公里)


def check_side_by_side(ink: Ink, tables: list[PlacedTable], rows: Sorted, gaps: Ints) -> tuple[Problem, ...]:
    """Report two texts side by side in one cell: an upright rule is missing. A row of one cell may print so.

    A gap alone proves nothing: spreadsheets move letters where a blank was typed (c08_gap_in_a_sentence). There are two
    texts where a line of the table would run through the gap, where another line of the column has a gap at the same
    place, or where a figure stands on one side.
    """
    problems = []
    cells = rows.group[gaps]
    start, end = rows.end[gaps], rows.start[gaps + 1]
    for number, table in enumerate(tables, 1):
        inside = (cells >= table.first) & (cells < table.first + len(table.spans.cells))
        for k in np.flatnonzero(inside).tolist():
            row, column, _, width = table.spans.cells[int(cells[k]) - table.first]
            if width == len(table.lattice.xs) - 1:
                continue
            inner = table.lattice.xs[column + 1 : column + width]
            crossed = bool(((inner > start[k]) & (inner < end[k])).any())
            shared = np.minimum(end, end[k]) - np.maximum(start, start[k])
            again = bool((np.delete(shared, k) > TOLERANCES.gap_again_em * rows.size[gaps[k]]).any())
            if crossed or again or _has_figure_beside(ink, rows, int(gaps[k])):
                detail = f"table {number}, row {row + 1}, column {column + 1}: two texts stand side by side"
                box = Box(*table.box_of(int(cells[k])))
                problems.append(Problem(Reason.CONSERVATION, ink.page, detail, box))
    return tuple(dict.fromkeys(problems))


def _has_figure_beside(ink: Ink, rows: Sorted, k: int) -> bool:
    """Return True if a text that ends or begins at a gap is a figure."""
    line = np.flatnonzero(rows.line == rows.line[k])
    for side in (line[line <= k], line[line > k]):
        text = "".join(ink.glyphs.text[i] for i in rows.glyph[side].tolist())
        if FIGURE.fullmatch(text):
            return True
    return False


def check_actual_texts(ink: Ink) -> tuple[Problem, ...]:
    """Report glyphs with known characters under an ActualText that contradicts them."""
    return tuple(
        Problem(
            Reason.GARBLED_TEXT,
            ink.page,
            f"{c.drawn[:20]!r} is printed, its ActualText is {c.said[:20]!r}",
            Box(*c.box),
        )
        for c in ink.conflicts
    )


def check_lost_ends(
    ink: Ink, spots: Spots, tables: list[PlacedTable], owner: Ints, lost: list[tuple[int, Ints]]
) -> tuple[Problem, ...]:
    """Report texts that overflow the end of their cell and stop within a sentence, and the cells right below them.

    The rest of such a text may be printed as the first line of the cell below.
    """
    problems: list[Problem] = []
    for cell, line in lost:
        at = np.full(len(ink.glyphs), cell)
        what = "the rest may be lost of a text that runs over the end of its cell with"
        problems += list_problems(ink, tables, at, line, Reason.CONSERVATION, what)
        below = find_lines_below(ink.glyphs, spots, owner, cell, line)
        what = "the end of the text of the cell above may be"
        problems += list_problems(ink, tables, owner, below, Reason.CONSERVATION, what)
    return tuple(problems)


def check_looks(ink: Ink, tables: list[PlacedTable], rows: Sorted) -> tuple[Problem, ...]:
    """Report cells with letters unlike the rest, as a running line or a mark that runs through has.

    Letters of another brightness and size, or much smaller or larger ones of the same brightness.
    """
    problems: list[Problem] = []
    light = ink.glyphs.runs.light[ink.glyphs.run[rows.glyph]]
    uneven = {
        *_find_uneven(rows.group, light, TOLERANCES.other_brightness),
        *_find_uneven(rows.group, rows.size, TOLERANCES.uneven_size_share),
    }
    for cell in sorted(uneven):
        mine = np.flatnonzero(rows.group == cell)
        usual_light, usual_size = float(np.median(light[mine])), float(np.median(rows.size[mine]))
        away = np.abs(rows.size[mine] - usual_size) / max(usual_size, 1e-6)
        unlike = (np.abs(light[mine] - usual_light) > TOLERANCES.other_brightness) & (
            away > TOLERANCES.uneven_size_share
        ) | (away > TOLERANCES.other_size_share)
        odd, letters = mine[unlike], are_chinese(ink.glyphs.code[rows.glyph[mine]])
        words, rest = np.count_nonzero(letters & unlike), np.count_nonzero(letters & ~unlike)
        paler = bool((np.abs(light[odd] - usual_light) > TOLERANCES.other_brightness).any()) if len(odd) else False
        is_mark = words >= ODD_LETTERS and (rest > 0 or paler or words > LONGEST_UNIT)
        if is_mark or (words > 0 and len(odd) > ODD_LETTERS and rest >= ODD_LETTERS):
            at = np.full(len(ink.glyphs), cell)
            what = "letters of another size or colour stand in one cell:"
            problems += list_problems(ink, tables, at, rows.glyph[odd], Reason.CONSERVATION, what)
    return tuple(problems)


def _find_uneven(group: Ints, facts: Floats, least: float) -> list[int]:
    """Return the cells in which the letters' attributes differ by more than `least`."""
    if not len(group):
        return []
    order = np.argsort(group, kind="stable")
    firsts = np.flatnonzero(np.diff(group[order], prepend=group[order[0]] - 1))
    spread = np.maximum.reduceat(facts[order], firsts) - np.minimum.reduceat(facts[order], firsts)
    return [cell for cell in group[order[firsts[spread > least]]].tolist() if cell >= 0]


def check_covered(ink: Ink, tables: list[PlacedTable], covered: list[tuple[int, Ints]]) -> tuple[Problem, ...]:
    """Report texts of two cells that are printed over each other."""
    problems: list[Problem] = []
    for cell, glyphs in covered:
        at = np.full(len(ink.glyphs), cell)
        what = "texts of two cells are printed over each other at"
        problems += list_problems(ink, tables, at, glyphs, Reason.CONSERVATION, what)
    return tuple(problems)


def check_crossing_words(ink: Ink, doubtful: list[Ints]) -> tuple[Problem, ...]:
    """Report words that cross a rule and may belong to the cell on either side; `doubtful`: the glyphs of each word."""
    problems = []
    for word in doubtful:
        text = "".join(ink.glyphs.text[i] for i in word.tolist())
        detail = f"{text[:20]!r} stands across a rule"
        problems.append(Problem(Reason.CONSERVATION, ink.page, detail, unite(ink.glyphs.box[word])))
    return tuple(problems)


def _check_counts(ink: Ink, tables: list[PlacedTable], owner: Ints, placed: Sorted, outside: Sorted) -> list[Problem]:
    """Check that placed + outside + dropped = all glyphs = bulk text, and that every glyph in a table has a cell."""
    problems = []
    drop, box = ink.glyphs.drop, ink.glyphs.box
    lost = np.flatnonzero((owner == LOST) & (drop == KEPT))
    for some in _part_by_row(ink, tables, lost):
        text = "".join(ink.glyphs.text[i] for i in some.tolist()[:8])
        detail = f"{len(some)} glyphs in no cell of a table: {text!r}"
        problems.append(Problem(Reason.CONSERVATION, ink.page, detail, unite(box[some])))
    total = int((drop != BLANK).sum())
    counted = len(placed.glyph) + len(outside.glyph) + len(lost) + int((drop > BLANK).sum())
    if counted != total:
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"{total} glyphs on the page, {counted} accounted for"))
    clipped = ink.glyphs.run[drop == CLIPPED]
    for run in np.intersect1d(clipped, ink.glyphs.run[placed.glyph]).tolist() if len(clipped) else []:
        whole = np.flatnonzero(ink.glyphs.run == run)
        text = "".join(ink.glyphs.text[i] for i in whole.tolist())
        shown = unite(box[whole[drop[whole] == KEPT]])
        problems.append(Problem(Reason.CONSERVATION, ink.page, f"a clip shows only a part of {text[:20]!r}", shown))
    if 0 <= ink.bulk_count != total:
        detail = f"{total} glyphs with boxes, {ink.bulk_count} in the text of the page"
        problems.append(Problem(Reason.CONSERVATION, ink.page, detail))
    return problems


def _part_by_row(ink: Ink, tables: list[PlacedTable], glyphs: Ints) -> list[Ints]:
    """Group glyphs in a table's box by the row of its lattice."""
    y = (ink.glyphs.box[glyphs, 1] + ink.glyphs.box[glyphs, 3]) / 2
    x = (ink.glyphs.box[glyphs, 0] + ink.glyphs.box[glyphs, 2]) / 2
    parts = []
    for table in tables if len(glyphs) else ():
        xs, ys = table.lattice.xs, table.lattice.ys
        inside = (xs[0] <= x) & (x <= xs[-1])
        rows = np.searchsorted(ys, y)
        parts += [glyphs[inside & (rows == row)] for row in np.unique(rows[inside]).tolist() if 0 < row < len(ys)]
    return parts or ([glyphs] if len(glyphs) else [])


def check_letters(ink: Ink, tables: list[PlacedTable], owner: Ints, placed: Sorted) -> list[Problem]:
    """Report glyphs without a known character: private use, unassigned, replacement or control characters."""
    codes = ink.glyphs.code[placed.glyph]
    letters = codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    if letters.isprintable() and "\ufffd" not in letters:
        return []
    bad = list(filter(is_garbled, np.unique(codes).tolist()))
    problems = []
    for code in bad:
        found = placed.glyph[codes == code]
        what = f"no known character, U+{code:04X}, in"
        problems += list_problems(ink, tables, owner, found, Reason.GARBLED_TEXT, what)
    return problems


def count_unreadable(ink: Ink, placed: Sorted) -> tuple[int, int]:
    """Count the letters of tables whose character is unknown, and the Chinese ones.

    A font without a map to characters gives codes that no character has (c18_font_without_a_map), or ASCII codes: where
    no letter is Chinese, an ASCII one as wide as a Chinese one is unknown too. Beside Chinese letters it is set wide.
    """
    codes = ink.glyphs.code[placed.glyph]
    known = np.unique(codes)
    bad = known[[is_garbled(code) for code in known.tolist()]] if len(known) else known
    unreadable = np.isin(codes, bad)
    chinese = int(((codes >= FIRST_CHINESE) & ~unreadable).sum())
    if not chinese:
        is_narrow = (codes > ord(" ")) & (codes < 0x7F) & ~np.isin(codes, WIDE_ASCII)
        unreadable |= is_narrow & (placed.end - placed.start > TOLERANCES.chinese_width_em * placed.size)
    return int(unreadable.sum()), chinese


@cache
def is_garbled(code: int) -> bool:
    """Return True if a character carries no information about the print."""
    return code == 0xFFFD or unicodedata.category(chr(code)) in ("Co", "Cn", "Cs", "Cc")
