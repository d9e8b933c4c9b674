"""Lines to lattices to cells, without any PDF."""

from __future__ import annotations

import numpy as np

from extract.reading.grid.lattice import Lattice, find_lattices, find_stretches, join, snap
from extract.reading.grid.spans import find_spans
from extract.reading.ink.ink import Rules


def lattice_of(level: list[tuple[float, float, float]], upright: list[tuple[float, float, float]]) -> list[Lattice]:
    """(y, from, to) and (x, from, to) lines to lattices."""
    boxes = [(a, y, b, y) for y, a, b in level] + [(x, a, x, b) for x, a, b in upright]
    rules = Rules(np.array(boxes, dtype=float), np.array([True] * len(level) + [False] * len(upright)))
    return find_lattices(*find_stretches(rules, 2.0), 2.0)[0]


GRID_Y = [(y, 0.0, 30.0) for y in (0.0, 10.0, 20.0, 30.0)]
GRID_X = [(x, 0.0, 30.0) for x in (0.0, 10.0, 20.0, 30.0)]


def test_lines_nearly_on_one_line_come_to_one_line() -> None:
    assert snap(np.array([10.0, 11.0, 50.0]), 2.0).tolist() == [10.5, 10.5, 50.0]


def test_dashes_become_one_stretch_and_far_pieces_stay_apart() -> None:
    joined = join(np.zeros(3), np.array([0.0, 5.0, 40.0]), np.array([3.0, 8.0, 50.0]), 4.0)
    assert list(zip(joined.start.tolist(), joined.end.tolist(), strict=True)) == [(0.0, 8.0), (40.0, 50.0)]


def test_a_border_drawn_by_both_cells_is_one_line() -> None:
    doubled = [(y + d, a, b) for y, a, b in GRID_Y for d in (0.0, 0.8)]
    (lattice,) = lattice_of(doubled, GRID_X)
    assert len(lattice.ys) == 4


def test_a_merged_cell_covers_the_lines_that_are_not_drawn() -> None:
    level = [GRID_Y[0], (10.0, 10.0, 30.0), *GRID_Y[2:]]
    (lattice,) = lattice_of(level, GRID_X)
    assert (0, 0, 2, 1) in find_spans(lattice).cells


def test_a_table_without_outer_uprights_is_closed_where_its_level_lines_end() -> None:
    (lattice,) = lattice_of(GRID_Y, GRID_X[1:3])
    assert lattice.xs.tolist() == [0.0, 10.0, 20.0, 30.0]


def test_lines_that_enclose_no_rectangle_are_listed_not_guessed() -> None:
    level = [GRID_Y[0], (10.0, 10.0, 30.0), *GRID_Y[2:]]
    upright = [GRID_X[0], (10.0, 0.0, 10.0), (10.0, 20.0, 30.0), *GRID_X[2:]]
    spans = find_spans(lattice_of(level, upright)[0])
    assert spans.regions == [[(0, 0), (1, 0), (1, 1)]]


def test_tables_that_do_not_touch_are_two() -> None:
    far = [(y + 100, a, b) for y, a, b in GRID_Y]
    far_x = [(x, a + 100, b + 100) for x, a, b in GRID_X]
    assert len(lattice_of(GRID_Y + far, GRID_X + far_x)) == 2
