"""Pages that are right in, damaged at a random place: the reading must be what it was or refused, never something else.

The damage is done to the Ink, so it is the paper that is wrong and not a parser. Every case has a seed of its own.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from truth import is_exact_or_held

from extract.entities import Cell, Reading
from extract.errors import Refused
from extract.reading.document import interpret
from extract.reading.ink.ink import LAST, Bools, Fills, Floats, Ink, Rules
from extract.reading.page import CheckedPage, build_page
from extract.reading.parsers.pdfium.document import open_document, read_pages

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAMES = ("base_seedlike", "d04_latex_cmidrule", "d12_odt_two_forms", "d14_latex_longtable", "f20_cut_three_ways")
SEEDS = range(4)
Pages = list[Ink]
Mutation = Callable[[Pages, list[CheckedPage], random.Random], None]


@cache
def load(name: str) -> tuple[Pages, list[CheckedPage], Reading]:
    with open_document((FIXTURES / f"{name}.pdf").read_bytes(), None) as document:
        inks = list(read_pages(document, frozenset()))
    pages = [build_page(copy.deepcopy(ink)) for ink in inks]
    return inks, pages, interpret(tuple(pages), "0" * 64, "pdfium")[0]


def choose_cell(pages: list[CheckedPage], rng: random.Random) -> tuple[int, Cell]:
    """A cell with text below the first row, and the place of its page."""
    cells = [(k, c) for k, p in enumerate(pages) for g in p.grids.grids for c in g.cells if c.text and c.row]
    return rng.choice(cells)


def find_glyphs(ink: Ink, cell: Cell) -> Bools:
    x, y = (ink.glyphs.box[:, 0] + ink.glyphs.box[:, 2]) / 2, (ink.glyphs.box[:, 1] + ink.glyphs.box[:, 3]) / 2
    inside: Bools = (cell.box.x0 < x) & (x < cell.box.x1) & (cell.box.y0 < y) & (y < cell.box.y1)
    return inside & (ink.glyphs.drop == 0)


def lose_rule(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """The piece of a rule below or right of a cell."""
    page, cell = choose_cell(pages, rng)
    x0, y0, x1, y1 = cell.box
    level = rng.random() < 0.5
    gone = (x0 + 0.5, y1 - 2, x1 - 0.5, y1 + 2) if level else (x1 - 2, y0 + 0.5, x1 + 2, y1 - 0.5)
    rules = inks[page].rules
    pieces: list[tuple[Floats, bool]] = []
    for box, is_level in zip(rules.box, rules.level.tolist(), strict=True):
        touches = box[0] < gone[2] and box[2] > gone[0] and box[1] < gone[3] and box[3] > gone[1]
        if is_level != level or not touches:
            pieces.append((box, is_level))
            continue
        axis = 0 if level else 1
        before, after = box.copy(), box.copy()
        before[axis + 2], after[axis] = gone[axis], gone[axis + 2]
        pieces += [(part, level) for part in (before, after) if part[axis + 2] - part[axis] > 1]
    inks[page].rules = Rules(np.array([b for b, _ in pieces]), np.array([lv for _, lv in pieces]))


def cover_glyph(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """A box in the colour of a zebra row over one glyph."""
    page, cell = choose_cell(pages, rng)
    ink = inks[page]
    box = ink.glyphs.box[rng.choice(np.flatnonzero(find_glyphs(ink, cell)).tolist())]
    fills = ink.fills
    ink.fills = Fills(np.vstack([fills.box, box]), np.append(fills.light, 0.9), np.append(fills.order, LAST))


def clip_text(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """A clip that cuts the text of a cell at a random place from the right."""
    page, cell = choose_cell(pages, rng)
    ink = inks[page]
    chosen = find_glyphs(ink, cell)
    left, right = ink.glyphs.box[chosen, 0].min(), ink.glyphs.box[chosen, 2].max()
    edge = left + rng.uniform(0.2, 0.8) * (right - left)
    ink.glyphs.runs.clip[np.unique(ink.glyphs.run[chosen])] = (cell.box.x0, cell.box.y0, edge, cell.box.y1)


def cut_page(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """A page that ends within its table."""
    page = rng.randrange(len(inks))
    box = rng.choice(pages[page].grids.grids).box
    inks[page].width = box.x0 + rng.uniform(0.2, 0.9) * (box.x1 - box.x0)


def print_over(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """The text of a cell once more, a quarter of a letter aside."""
    page, cell = choose_cell(pages, rng)
    glyphs = inks[page].glyphs
    chosen = np.flatnonzero(find_glyphs(inks[page], cell))
    moved = glyphs.box[chosen] + np.array([1.0, 0.0, 1.0, 0.0]) * glyphs.runs.size[glyphs.run[chosen], None] * 0.25
    glyphs.text += [glyphs.text[i] for i in chosen.tolist()]
    glyphs.code, glyphs.run = np.append(glyphs.code, glyphs.code[chosen]), np.append(glyphs.run, glyphs.run[chosen])
    glyphs.drop, glyphs.box = np.append(glyphs.drop, glyphs.drop[chosen]), np.vstack([glyphs.box, moved])
    if glyphs.drawn is not None:
        glyphs.drawn = np.vstack([glyphs.drawn, glyphs.drawn[chosen]])
    inks[page].bulk_count = -1


def repeat_page(inks: Pages, pages: list[CheckedPage], rng: random.Random) -> None:
    """A page that stands in the file twice."""
    page = rng.randrange(len(inks))
    inks.insert(page, copy.deepcopy(inks[page]))
    for number, ink in enumerate(inks, 1):
        ink.page = number


MUTATIONS: tuple[Mutation, ...] = (lose_rule, cover_glyph, clip_text, cut_page, print_over, repeat_page)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda m: m.__name__)
def test_a_damaged_page_is_read_as_it_was_or_refused(name: str, mutate: Mutation) -> None:
    inks, pages, before = load(name)
    for seed in SEEDS:
        damaged = copy.deepcopy(inks)
        mutate(damaged, pages, random.Random(f"{name} {mutate.__name__} {seed}"))  # noqa: S311
        after = read_damaged(damaged)
        assert is_exact_or_held(before, after) == [], f"seed {seed}"


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        ("d03_writer_form_old", 108),  # the word of the unit among the letters of the department
        ("d02_typst_sichuan", 108),  # two columns on the second page of a flat table
        ("f21_goals_cut", 109),  # the label of a goal and its text
        ("g12_column_numbers", 109),  # the number of a column and the unit below it
        ("k_covered", 111),  # the goals of two units' projects of one name
        ("z06_two_earlier_years", 110),  # an earlier year's values of two indicators
        ("f13_department", 115),  # a department's amount and goal
        ("s08_guangzhou_department_alone", 117),  # a department's goals
        ("u06_long_and_annual_targets", 113),  # a level among the letters of the indicator beside it
        ("u11_one_word_for_two_things", 102),  # the header's word and its first value in one cell
        ("f20_cut_three_ways", 102),  # the word of a goal among the lines of its text
        ("u10_levels_side_by_side", 102),  # the last page of a flat table without a word of targets
        ("f18_row_cut", 117),  # the header of a column that is blank in the first row
        ("f10_wuhai", 117),  # the header of the units and the first unit
        ("g12_column_numbers", 117),  # the number of a column and the level below it
        ("z08_form_goes_on_under_its_name", 106),  # the first page of a form is held back, the second one is its rest
    ],
)
def test_a_rule_that_parts_a_word_from_its_text_is_missed(name: str, seed: int) -> None:
    inks, pages, before = load(name)
    damaged = copy.deepcopy(inks)
    lose_rule(damaged, pages, random.Random(f"{name} lose_rule {seed}"))  # noqa: S311
    after = read_damaged(damaged)
    assert is_exact_or_held(before, after) == []
    assert isinstance(after, Refused) or after.held


@pytest.mark.parametrize(
    ("name", "mutate", "seed"),
    [
        ("d09_jspdf_chongqing", cut_page, 200),  # the header of the table is beyond the edge
        ("d09_jspdf_chongqing", cut_page, 201),
        ("s02_line_cut_in_half", cut_page, 202),  # its rest is on the next page, without a header
        ("s01_print_area", cut_page, 200),  # as on the two pages after it
        ("z08_form_goes_on_under_its_name", cut_page, 200),  # the second page of a form
        ("z08_form_goes_on_under_its_name", cut_page, 201),  # the first one
        ("z08_form_goes_on_under_its_name", cut_page, 204),  # all but one letter of its name is beyond the edge
        ("z01_unit_flows_over_the_break", cut_page, 201),  # a name goes on on the next page
        ("z09_labels_of_two_words", clip_text, 201),  # each digit of a score is a run of its own
        ("f18_row_cut", repeat_page, 201),  # a form whose last row the page cuts
        ("f21_goals_cut", repeat_page, 200),  # a form's head at the foot of the page
        ("c02_line_on_seam", repeat_page, 200),  # a line on the seam of the pages
    ],
)
def test_what_a_damaged_page_loses_is_held_back(name: str, mutate: Mutation, seed: int) -> None:
    inks, pages, before = load(name)
    damaged = copy.deepcopy(inks)
    mutate(damaged, pages, random.Random(f"{name} {mutate.__name__} {seed}"))  # noqa: S311
    after = read_damaged(damaged)
    assert is_exact_or_held(before, after) == []
    assert after.held


def read_damaged(inks: Pages) -> Reading | Refused:
    try:
        return interpret(tuple(build_page(ink) for ink in inks), "0" * 64, "pdfium")[0]
    except Refused as refusal:
        return refusal


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda m: m.__name__)
def test_a_mutation_damages_so_that_some_page_is_refused(mutate: Mutation) -> None:
    refused = 0
    for name in NAMES:
        inks, pages, _ = load(name)
        damaged = copy.deepcopy(inks)
        mutate(damaged, pages, random.Random(f"{name} {mutate.__name__} 0"))  # noqa: S311
        after = read_damaged(damaged)
        refused += isinstance(after, Refused) or bool(after.held)
    assert refused
