"""Compare the digits and signs of a document's tables with its rendered pages.

The readers trust the text layer; this check looks at the rendered page. A font may map its 9 to 6 or its minus to a
blank, and an amount may be covered in a way that no reader detects. Each glyph of a font is judged by all its prints on
the page. What is small, touched by other ink or unlike every digit and sign is uncertain, which is no problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pypdfium2

from extract.entities import Box
from extract.errors import Reason
from extract.reading.grid.placement import OUTSIDE, locate
from extract.reading.ink.ink import Bools, Floats, Ints, settle_characters
from extract.reading.ink.rotation import turn_upright
from extract.reading.ink.signs import BLANK_KIND, DIGITS, KINDS, NO_KIND, SHAPED, find_low_marks, fit_sizes
from extract.reading.ink.visibility import mark_unseen
from extract.reading.page_checks.glyph_counts import Problem
from extract.reading.parsers.pdfium.calls import point_at
from extract.reading.parsers.pdfium.document import read_page
from extract.reading.raster.digit_picture import Picture, draw_page, find_windows
from extract.reading.raster.digit_places import Digits
from extract.reading.raster.digit_shapes import (
    FLAT_LEVELS,
    MARGIN_PIXELS,
    Pixels,
    Prints,
    Shapes,
    measure_prints,
    score_said,
    score_shapes,
)
from extract.reading.tolerances import TOLERANCES

SURE_ALONE_CORRELATION = 0.9  # of a single print that differs from the others of its glyph
MISFIT_CORRELATION = 0.3  # deducted where the sign of the text layer never has the size of the print
SAME_GLYPH_EM = 0.15  # two readers place one glyph no further apart
UNLIKE_CORRELATION = 0.5  # a print less like its sign, and of a size that the sign never has, is another one
MUST_SHOW = [
    kind for kind, sign in enumerate(KINDS) if sign in "0123456789≥≤><%-."
]  # a figure without one of these is another figure
HASH = np.random.default_rng(0).integers(1, 2**62, 7) | 1  # makes one number of the seven facts of a glyph
PAGES_AT_ONCE = 32  # of which the cut-outs are measured together
FEW_GLYPHS = 3  # of a font, none as large as digits are: its font size is meaningless


@dataclass(frozen=True, slots=True)
class GlyphKinds:
    """Glyphs of a page's digits and signs: prints that one font draws alike."""

    of: Ints  # glyph of each print
    low: Ints  # DASH, DOT or COMMA where the size of a print allows nothing else
    fits: Bools  # (n, kinds) the size of a print is one that the kind has in some font


@dataclass(frozen=True, slots=True)
class CutPage:
    """Prints of one page, cut out of its image."""

    digits: Digits
    glyphs: GlyphKinds
    down: float  # pixels a point
    flat: list[int]  # prints that are blank paper
    of: Ints  # number of the cut-out of each print, -1 for none
    cuts: list[Pixels]
    boxes: Floats  # (n, 4) box of the glyph inside its cut-out, in pixels
    light: Bools  # of each cut-out: the print is lighter than its background


def check_picture(document: pypdfium2.PdfDocument, pages: Sequence[Digits]) -> list[Problem]:
    """Compare each page that has digits in its tables with its image; return problems (garbled_text, conservation)."""
    problems: list[Problem] = []
    for first in range(0, len(pages), PAGES_AT_ONCE):
        cuts = [
            cut
            for digits in pages[first : first + PAGES_AT_ONCE]
            if (cut := _cut_out_prints(document, digits)) is not None
        ]
        problems += judge_pages(cuts)
    return problems


def _cut_out_prints(document: pypdfium2.PdfDocument, digits: Digits) -> CutPage | None:
    """Render a page and cut out the image of each of its digits and signs."""
    page = document[digits.page - 1]
    try:
        if digits.drawn is None:
            digits = replace(digits, drawn=find_drawn(document, page, digits))
        return cut_page(digits, draw_page(page, digits))
    finally:
        page.close()


def find_drawn(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, digits: Digits) -> Floats:
    """Return pdfium's drawn boxes of digits that another reader found; NaN for those that it does not find."""
    drawn = np.full((len(digits.kind), 4), np.nan)
    ink = read_page(point_at(document), point_at(page), digits.page, frozenset())
    settle_characters(ink.glyphs)
    mark_unseen(ink)
    if turn_upright(ink) != digits.turn or ink.glyphs.drawn is None:
        return drawn
    base, size = locate(ink.glyphs).base, digits.size
    for letter in set(digits.letter):
        mine = np.flatnonzero(np.array([one == letter for one in digits.letter]))
        seen = np.flatnonzero(ink.glyphs.code == ord(letter[0]))
        if len(seen):
            aside = np.abs(digits.left[mine, None] - ink.glyphs.box[seen, 0])
            apart = aside + np.abs(digits.base[mine, None] - base[seen])
            nearest, least = apart.argmin(axis=1), apart.min(axis=1)
            near = least < SAME_GLYPH_EM * size[mine]
            drawn[mine[near]] = ink.glyphs.drawn[seen[nearest[near]]]
    return drawn


def check_page(digits: Digits, picture: Picture) -> list[Problem]:
    """List a problem for each place where paper shows nothing, another digit or another sign than the text layer."""
    cut = cut_page(digits, picture)
    return judge_pages([cut]) if cut is not None else []


def cut_page(digits: Digits, picture: Picture) -> CutPage | None:
    """Cut the prints of a page out of its image; None where the drawn boxes are unknown."""
    if digits.drawn is None:
        return None
    pixel, window, inside = find_windows(digits.drawn, picture)
    return cut_prints(picture, digits, pixel, window, inside)


def judge_pages(pages: Sequence[CutPage]) -> list[Problem]:
    """Measure the cut-outs of several pages in one batch, which costs little more than one page; list the problems."""
    cuts = [cut for page in pages for cut in page.cuts]
    if not cuts:
        return []
    boxes, light = (np.concatenate([getattr(page, name) for page in pages]) for name in ("boxes", "light"))
    prints = measure_prints(cuts, boxes, light)
    problems: list[Problem] = []
    first = 0
    for page in pages:
        mine = prints.take(np.arange(first, first + len(page.cuts)))
        first += len(page.cuts)
        problems += [_report(page.digits, k, None) for k in page.flat]
        if page.cuts:
            em = page.digits.size * page.down
            found = find_contradictions(page.digits, page.glyphs, em, page.of, mine)
            problems += [_report(page.digits, k, shown) for k, shown in found.items()]
    return problems


def _report(digits: Digits, k: int, shown: int | None) -> Problem:
    """Make the problem of the k-th print; `shown` is the kind on paper, None for no ink, NO_KIND for unknown ink."""
    quote, said = digits.quote(k), digits.letter[k]
    box = None  # of a year outside the tables, which counts for the whole page
    if digits.drawn is not None and digits.cell[k] != OUTSIDE:
        box = Box(*(float(v) for v in digits.drawn[k]))
    if shown is None:
        detail = f"the text layer has {quote!r}, the paper shows nothing at its {said}"
        return Problem(Reason.CONSERVATION, digits.page, detail, box)
    sign = "something" if shown == NO_KIND else KINDS[shown]
    said = "a blank" if digits.kind[k] == BLANK_KIND else said
    detail = f"the text layer says {said} in {quote!r}, the paper shows {sign}"
    return Problem(Reason.GARBLED_TEXT, digits.page, detail, box)


def number_glyphs(digits: Digits) -> GlyphKinds:
    """Assign numbers to the glyphs of each font by their character and the box in which the font draws them.

    The code of a glyph is not known; glyphs that agree in all this are still distinguished by their prints.
    """
    drawn, size = np.nan_to_num(digits.drawn), digits.size  # type: ignore[arg-type]
    wide, bottom, top = (
        (drawn[:, 2] - drawn[:, 0]) / size,
        (digits.base - drawn[:, 3]) / size,
        (digits.base - drawn[:, 1]) / size,
    )
    left, advance = (drawn[:, 0] - digits.left) / size, (digits.right - digits.left) / size
    facts = np.stack([left, wide, bottom, top, advance], axis=1)
    rounded = np.round(facts / TOLERANCES.same_shape_em).astype(np.int64)
    keys = np.concatenate([digits.font[:, None], digits.kind[:, None], rounded], axis=1)
    _, of = np.unique(keys @ HASH, return_inverse=True)
    low, fits = find_low_marks(wide, bottom, top), fit_sizes(wide, bottom, top)
    said = fits[np.arange(len(low)), digits.kind]  # meaningless for glyphs that are no sign
    for font in np.unique(digits.font).tolist():
        mine = (digits.font == font) & (digits.kind >= 0)
        if not said[mine].any() and len(np.unique(of[mine])) >= FEW_GLYPHS:
            low[mine], fits[mine] = NO_KIND, True  # a font whose size is none: Type 3 fonts have any
    return GlyphKinds(of, low, fits)


def cut_prints(picture: Picture, digits: Digits, drawn: Floats, window: Ints, inside: Bools) -> CutPage:
    """Cut out all prints of a page; those of one glyph with equal pixels share one cut-out."""
    pixels, glyphs = picture.pixels, number_glyphs(digits)
    numbers: dict[tuple[int, int, bytes], int] = {}
    of = np.full(len(window), -1, np.int64)
    cuts: list[Any] = []
    chosen: list[Any] = []
    places, glyph_of = window.tolist(), glyphs.of.tolist()
    for k in np.flatnonzero(inside).tolist():
        top, bottom, left, right = places[k]
        inner = pixels[top + MARGIN_PIXELS : bottom - MARGIN_PIXELS, left + MARGIN_PIXELS : right - MARGIN_PIXELS]
        key = (glyph_of[k], right - left, inner.tobytes())
        number = numbers.setdefault(key, len(cuts))
        if number == len(cuts):
            cuts.append(pixels[top:bottom, left:right].copy())  # the picture goes
            chosen.append(k)
        of[k] = number
    rows = np.array(chosen, np.int64)
    boxes, light = drawn[rows] - window[rows][:, [2, 0, 2, 0]], digits.light[rows] > TOLERANCES.light_letter_brightness
    insides = [cut[MARGIN_PIXELS:-MARGIN_PIXELS, MARGIN_PIXELS:-MARGIN_PIXELS] for cut in cuts]
    empty = np.array([int(cut.max()) - int(cut.min()) <= FLAT_LEVELS for cut in insides] or [False])
    flat = np.flatnonzero((of >= 0) & empty[of] & np.isin(digits.kind, MUST_SHOW)).tolist()
    return CutPage(digits, glyphs, picture.down, flat, of, cuts, boxes, light)


def find_contradictions(digits: Digits, glyphs: GlyphKinds, em: Floats, cut: Ints, prints: Prints) -> dict[int, int]:
    """Return prints that clearly show another sign, with the shown kind (NO_KIND: ink for a blank)."""
    rows = np.flatnonzero(cut >= 0)
    _, first = np.unique(cut[rows], return_index=True)
    chosen = rows[first]  # one print of each cut-out, in their order
    kind, low, fits = digits.kind[chosen], glyphs.low[chosen], glyphs.fits[chosen]
    shown, sure = judge_prints(kind, low, fits, em[chosen], prints)
    found: dict[int, int] = {}
    count = np.bincount(cut[rows], minlength=len(chosen))
    for glyph in np.unique(glyphs.of[chosen[shown != kind]]).tolist():
        mine = np.flatnonzero((glyphs.of[chosen] == glyph) & prints.whole)
        total, honest = int(count[mine].sum()), bool((shown[mine] == kind[mine]).any())
        for other in np.unique(shown[mine][shown[mine] != kind[mine]]).tolist():
            same = mine[shown[mine] == other]
            if count[same].sum() <= TOLERANCES.same_other_share * total:
                same = same[sure[same]]
            alike = np.isin(cut, same) if honest else glyphs.of == glyph
            if len(same):
                found.update(dict.fromkeys(np.flatnonzero(alike).tolist(), other))
    return dict(sorted(found.items()))


def judge_prints(kind: Ints, low: Ints, fits: Bools, em: Floats, prints: Prints) -> tuple[Ints, Bools]:
    """Return (n,) the kind that each print shows, in doubt that of the text layer, and (n,) whether it is certain.

    A certain print counts even if it is the only one of its glyph that shows this kind. `kind` is the text layer's,
    `em` the font size in pixels.
    """
    shown, sure = kind.copy(), np.zeros(len(kind), np.bool_)
    whole, possible = prints.whole, fits[np.arange(len(kind)), kind]
    by_size = whole & ((low != NO_KIND) & (low != kind) & (~possible | (kind >= SHAPED) | (kind < 0)))
    shown[by_size], sure[by_size] = low[by_size], True
    shown[whole & (kind == BLANK_KIND)] = NO_KIND
    rows = np.flatnonzero(whole & ~by_size & (low == NO_KIND) & (kind >= 0) & (em >= TOLERANCES.least_em_px))
    strange = _judge_signs(rows, kind[rows], fits[rows], possible[rows], prints, shown, sure)
    digit = np.flatnonzero((kind[rows] < DIGITS) & (shown[rows] == kind[rows]))
    own = score_said(prints.digit[rows[digit]], kind[rows[digit]], "digit")
    strange[digit] &= own < UNLIKE_CORRELATION
    doubted = own <= 1.0 - TOLERANCES.digit_margin_correlation  # no correlation is above 1
    rows_of = rows[digit[doubted]]
    scores = score_shapes(prints.digit[rows_of], "digit")
    scores[np.arange(len(rows_of)), kind[rows_of]] = -1.0
    _note_contradictions(
        rows_of,
        scores,
        own[doubted],
        (TOLERANCES.sure_digit_correlation, TOLERANCES.digit_margin_correlation),
        shown,
        sure,
    )
    strange &= shown[rows] == kind[rows]
    shown[rows[strange]] = NO_KIND
    return shown, sure


def _judge_signs(
    rows: Ints, said: Ints, fits: Bools, possible: Bools, prints: Prints, shown: Ints, sure: Bools
) -> Bools:
    """Compare prints with the reference shapes of signs; set `shown` and `sure` where another sign is clearly shown.

    Returns (n,) which prints look unlike the sign of the text layer and have a size that it never has.
    """
    shaped = said < SHAPED
    own = np.where(possible, 1.0, -1.0)  # a dash, a point and a comma are determined by size
    own[shaped] = score_said(prints.sign[rows[shaped]], said[shaped], "sign")
    strange: Bools = shaped & ~possible & (own < UNLIKE_CORRELATION)
    own[~possible] -= MISFIT_CORRELATION
    doubted = np.flatnonzero(own <= 1.0 - TOLERANCES.sign_margin_correlation)
    scores = score_shapes(prints.sign[rows[doubted]], "sign")
    scores[~fits[doubted, :SHAPED]] = -1.0
    mine = np.flatnonzero(shaped[doubted])
    scores[mine, said[doubted[mine]]] = -1.0
    other = (said[doubted] >= DIGITS) | (scores.argmax(axis=1) >= DIGITS)  # digits have shapes of one height
    _note_contradictions(
        rows[doubted[other]],
        scores[other],
        own[doubted[other]],
        (TOLERANCES.sure_sign_correlation, TOLERANCES.sign_margin_correlation),
        shown,
        sure,
    )
    return strange


def _note_contradictions(
    rows: Ints, scores: Shapes, own: Shapes, least: tuple[float, float], shown: Ints, sure: Bools
) -> None:
    """Set the shown kind of prints that are more like another kind than the text layer's."""
    if not len(rows):
        return
    best, most = scores.argmax(axis=1), scores.max(axis=1)
    other = (most >= least[0]) & (most >= own + least[1])
    shown[rows[other]] = best[other]
    sure[rows[other]] = (most >= SURE_ALONE_CORRELATION)[other]
