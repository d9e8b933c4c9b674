"""Leave out of a page's rules the outlines of letters, which printers draw over a text to make it look bold."""

from __future__ import annotations

import numpy as np

from extract.reading.grid.placement import Spots
from extract.reading.ink.ink import Glyphs, Ints, Rules
from extract.reading.tolerances import TOLERANCES

FEWEST_PIECES = 5  # in one letter: a dash or two may lie over a letter, and are no outline


def drop_outlines(rules: Rules, glyphs: Glyphs, spots: Spots) -> Rules:
    """Return the rules without those that are pieces of a letter's outline (c19_outlined_letters).

    An outline has several pieces, upright and level ones, that all lie in the em square of one letter. The rules of
    tables run on beyond it.
    """
    length = np.maximum(rules.box[:, 2] - rules.box[:, 0], rules.box[:, 3] - rules.box[:, 1])
    margin = TOLERANCES.outline_margin_em * spots.size
    short = np.flatnonzero(length <= (spots.size + 2 * margin).max(initial=0.0))
    if len(short) < FEWEST_PIECES:
        return rules
    short = short[np.argsort(rules.box[short, 1], kind="stable")]
    box, is_level = rules.box[short], rules.level[short]
    y0, y1 = spots.y - spots.size / 2 - margin, spots.y + spots.size / 2 + margin
    x0, x1 = glyphs.box[:, 0] - margin, glyphs.box[:, 2] + margin
    first, last = np.searchsorted(box[:, 1], y0), np.searchsorted(box[:, 1], y1)
    dropped = np.zeros(len(rules.box), np.bool_)
    for k in np.flatnonzero(last - first >= FEWEST_PIECES).tolist():
        near: Ints = np.arange(first[k], last[k])
        some = box[near]
        inside = near[(some[:, 0] >= x0[k]) & (some[:, 2] <= x1[k]) & (some[:, 3] <= y1[k])]
        if len(inside) >= FEWEST_PIECES and is_level[inside].any() and not is_level[inside].all():
            dropped[short[inside]] = True
    return Rules(rules.box[~dropped], rules.level[~dropped])
