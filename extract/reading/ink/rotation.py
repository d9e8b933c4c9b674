"""Turn the ink of a page whose text runs sideways, so that it reads level.

Some software prints a landscape sheet on a portrait page without /Rotate. Boxes then refer to the page as it is read.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from extract.reading.ink.affine import Matrix, map_boxes
from extract.reading.ink.ink import KEPT, Floats, Ink, Ints
from extract.reading.tolerances import TOLERANCES


def turns_of(along: Floats) -> Ints:
    """Convert directions of writing to quarter turns clockwise, -1 for oblique (over 3 degrees)."""
    angle = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    quarter = np.round(angle / 90.0)
    turn = (quarter.astype(np.int64)) % 4
    return np.where(np.abs(angle - quarter * 90.0) > TOLERANCES.oblique_degrees, -1, turn)


def find_rotation(ink: Ink) -> int:
    """Return the rotation of a page in quarter turns clockwise, 0 to 3: that of 80 % of its kept glyphs, else 0."""
    kept = ink.glyphs.drop == KEPT
    if not kept.any():
        return 0
    turns = np.bincount(ink.glyphs.runs.turn[ink.glyphs.run[kept]] % 4, minlength=4)
    turn = int(turns.argmax())
    return turn if turns[turn] >= TOLERANCES.rotated_share * kept.sum() else 0


def turn_upright(ink: Ink) -> int:
    """Rotate the ink of a page so that most of its text is level; return the rotation in quarter turns, 0 for none."""
    glyphs, runs = ink.glyphs, ink.glyphs.runs
    turn = find_rotation(ink)
    if turn == 0:
        return 0
    width, height = ink.width, ink.height
    matrix: Matrix = {
        1: (0.0, -1.0, 1.0, 0.0, 0.0, width),
        2: (-1.0, 0.0, 0.0, -1.0, width, height),
        3: (0.0, 1.0, -1.0, 0.0, height, 0.0),
    }[turn]
    base_across = {1: width - runs.base, 2: height - runs.base, 3: runs.base}[turn]
    runs.base = np.where(runs.turn == turn, base_across, runs.base)
    runs.turn = np.where(runs.turn < 0, runs.turn, (runs.turn - turn) % 4)
    finite = runs.clip[:, 0] > -1e8
    runs.clip[finite] = map_boxes(runs.clip[finite], matrix)
    glyphs.box = map_boxes(glyphs.box, matrix)
    if glyphs.drawn is not None:
        glyphs.drawn = map_boxes(glyphs.drawn, matrix)
    ink.rules.box, ink.fills.box = map_boxes(ink.rules.box, matrix), map_boxes(ink.fills.box, matrix)
    ink.pictures.box = map_boxes(ink.pictures.box, matrix)
    around = map_boxes(np.array([conflict.box for conflict in ink.conflicts]).reshape(-1, 4), matrix).tolist()
    ink.conflicts = [replace(c, box=tuple(box)) for c, box in zip(ink.conflicts, around, strict=True)]
    if turn != 2:
        ink.rules.level = ~ink.rules.level
        ink.width, ink.height = height, width
    return turn
