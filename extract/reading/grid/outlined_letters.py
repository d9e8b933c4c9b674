"""Leave out of a page's rules the outlines of letters, which printers draw over a text to make it look bold."""

from __future__ import annotations

import numpy as np

from extract.reading.grid.placement import Spots
from extract.reading.ink.ink import KEPT, Glyphs, Ints, Rules
from extract.reading.tolerances import TOLERANCES

FEWEST_PIECES = 5  # in one letter: a dash or two may lie over a letter, and are no outline


def drop_outlines(rules: Rules, glyphs: Glyphs, spots: Spots) -> Rules:
    """Return the rules without those that are pieces of a letter's outline (c19_outlined_letters).

    An outline has several pieces, upright and level ones, within the em square of one letter, and may reach a little
    beyond it. The rules of tables run on beyond it, or stand around it.
    """
    box = rules.box
    margin = TOLERANCES.outline_margin_em * spots.size
    longest = (spots.size + 2 * margin).max(initial=0.0)
    short = np.flatnonzero(np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) <= longest)
    if len(short) < FEWEST_PIECES:
        return rules
    short = short[np.argsort(box[short, 1], kind="stable")]
    em = np.stack([glyphs.box[:, 0], spots.y - spots.size / 2, glyphs.box[:, 2], spots.y + spots.size / 2], axis=1)
    first, last = (np.searchsorted(box[short, 1], em[:, side] + sign * margin) for side, sign in ((1, -1), (3, 1)))
    dropped = np.zeros(len(box), np.bool_)
    for k in np.flatnonzero((last - first >= FEWEST_PIECES) & (glyphs.drop == KEPT)).tolist():
        near: Ints = short[first[k] : last[k]]
        beyond = np.maximum(em[k, :2] - box[near, :2], box[near, 2:] - em[k, 2:]).max(1)
        inside = rules.level[near[beyond <= 0]]
        if len(inside) >= FEWEST_PIECES and inside.any() and not inside.all():
            dropped[near[beyond <= margin[k]]] = True
    return Rules(box[~dropped], rules.level[~dropped])
