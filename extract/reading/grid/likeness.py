"""Compare what two readers see on a page where nothing is hidden: its letters, rules and areas.

Tables and texts follow from these alone. Where they are the same, the second reader's own stages could only repeat the
first one's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.reading.grid.outlined_letters import drop_outlines
from extract.reading.grid.placement import Spots, locate
from extract.reading.ink.ink import (
    BLANK,
    KEPT,
    Bools,
    Floats,
    Glyphs,
    Ink,
    Ints,
    Rules,
    mend_widths,
    settle_characters,
)
from extract.reading.ink.rotation import turn_upright

APART_PT = 0.5  # two readers place a letter, or the side of a rule, no further apart
JUMP_PT = 0.3  # between places that differ; those of one line, as two readers have them, differ by less
SIZE_SHARE = 0.02  # font sizes differ by no more
LIGHT = 0.02  # brightness, 0 to 1, differs by no more
NEAR_EM = 1.0  # so wide a gap parts two figures, with a blank or without
ZERO, NINE = ord("0"), ord("9")


@dataclass(frozen=True, slots=True)
class Look:
    """Letters that are seen, rules and areas of a page, in any order; of a page that is turned to read level."""

    code: Ints  # of each letter
    turn: Ints
    place: Floats  # (n, 2) middle, in pt
    size: Floats  # pt
    light: Floats  # 0 to 1
    rules: Floats  # (m, 5) middle line and whether it is level
    areas: Floats  # (k, 5) box and brightness


def describe_look(ink: Ink, spots: Spots) -> Look:
    """Describe a page that was turned upright and whose outlines of letters were dropped."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    rows = np.flatnonzero(glyphs.drop == KEPT)
    run = glyphs.run[rows]
    return Look(
        glyphs.code[rows],
        runs.turn[run],
        np.stack([spots.x[rows], spots.y[rows]], axis=1),
        spots.size[rows],
        runs.light[run],
        np.concatenate([_take_middle(ink.rules), ink.rules.level[:, None]], axis=1),
        np.concatenate([ink.fills.box, ink.fills.light[:, None]], axis=1),
    )


def _take_middle(rules: Rules) -> Floats:
    """Return the middle lines of rules as boxes: one reader has the thickness of a stroke, another has not."""
    wide, high = rules.box[:, 2] - rules.box[:, 0], rules.box[:, 3] - rules.box[:, 1]
    half = np.where(rules.level, high, wide)[:, None] / 2
    middle: Floats = rules.box + half * [1, 1, -1, -1]
    return middle


def look_plainly(ink: Ink) -> Look | None:
    """Describe a page as if nothing on it were hidden; None where a blank stands between two digits.

    Such a blank may part two figures, and readers differ about blanks.
    """
    glyphs = ink.glyphs
    settle_characters(glyphs)
    mend_widths(glyphs)
    turn_upright(ink)
    if _parts_figures(glyphs):
        return None
    spots = locate(glyphs)
    ink.rules = drop_outlines(ink.rules, glyphs, spots)
    return describe_look(ink, spots)


def _parts_figures(glyphs: Glyphs) -> bool:
    """Return True if a blank stands between two digits that are near each other: without it they are one figure."""
    digit = (glyphs.code >= ZERO) & (glyphs.code <= NINE)
    rows = np.flatnonzero(digit[:-2] & (glyphs.drop[1:-1] == BLANK) & digit[2:])
    one, other = glyphs.box[rows], glyphs.box[rows + 2]
    step = np.maximum(np.abs(other[:, 0] - one[:, 2]), np.abs(other[:, 3] - one[:, 3]))
    return bool((step < NEAR_EM * glyphs.runs.size[glyphs.run[rows]]).any())


def are_alike(one: Look, other: Look) -> bool:
    """Return True if two looks have the same letters, rules and areas at the same places."""
    sizes = [(len(look.code), len(look.rules), len(look.areas)) for look in (one, other)]
    if sizes[0] != sizes[1]:
        return False
    return (
        _have_same_letters(one, other)
        and _are_near(one.rules, other.rules, APART_PT)
        and _are_near(one.areas, other.areas, LIGHT)
    )


def _have_same_letters(one: Look, other: Look) -> bool:
    """Return True if each letter of one look has its like in the other."""
    (mine, theirs), (row, other_row) = (
        (look.place[:, 0] for look in (one, other)),
        _number_both(one.place[:, 1], other.place[:, 1]),
    )
    a, b = np.lexsort((mine, row, one.code)), np.lexsort((theirs, other_row, other.code))
    return bool(
        (one.code[a] == other.code[b]).all()
        and (one.turn[a] == other.turn[b]).all()
        and (np.abs(one.place[a] - other.place[b]) <= APART_PT).all()
        and (np.abs(one.size[a] - other.size[b]) <= SIZE_SHARE * one.size[a]).all()
        and (np.abs(one.light[a] - other.light[b]) <= LIGHT).all()
    )


def _are_near(one: Floats, other: Floats, last: float) -> bool:
    """Return True if each box of one list has its like in the other; their last columns differ by `last` at most."""
    numbers = [_number_both(one[:, side], other[:, side]) for side in range(4)]
    a, b = (np.lexsort([number[which] for number in numbers]) for which in (0, 1))
    apart = np.abs(one[a] - other[b])
    return bool((apart[:, :4] <= APART_PT).all() and (apart[:, 4] <= last).all())


def _number_both(one: Floats, other: Floats) -> tuple[Ints, Ints]:
    """Assign numbers to the places of two readers in one direction; places without a jump between them share one."""
    both = np.concatenate([one, other])
    order = np.argsort(both)
    begins: Bools = np.diff(both[order], prepend=-np.inf) > JUMP_PT
    numbers = np.empty(len(both), np.int64)
    numbers[order] = np.cumsum(begins)
    return numbers[: len(one)], numbers[len(one) :]
