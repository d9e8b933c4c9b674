"""Flat tables of many projects, and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence

from made_grid import Spec, make_grid, plain_rows

from extract.entities import Box, Column, Grid, Line, PageGrids
from extract.reading.tables.assembler import Assembler
from extract.reading.tables.drafts import Draft, Project

HEADER = ("项目名称", "预算金额（元）", "绩效目标", "一级指标", "二级指标", "三级指标", "指标值")


def read(*grids: Grid, captions: Sequence[str] = ()) -> tuple[list[Draft], list[Project], Assembler]:
    """Read each grid as a page of its own under one title."""
    assembler = Assembler()
    for grid in grids:
        texts = ("2026年度项目支出绩效目标表", *captions)
        lines = tuple(Line(text, Box(0, -60 + 15 * k, 400, -50 + 15 * k)) for k, text in enumerate(texts))
        assembler.read_page(PageGrids(grid.page, 600, 800, (grid,), lines if grid.page == 1 else (), {}))
    assembler.finish()
    drafts = [draft for part in assembler.parts for draft in part.drafts]
    return drafts, [project for part in assembler.parts for project in part.projects], assembler


def rows_of(drafts: Sequence[Draft]) -> list[tuple[str, str, str]]:
    fields = (Column.PROJECT, Column.AMOUNT, Column.INDICATOR)
    return [tuple(d.fields[c].text if c in d.fields else "" for c in fields) for d in drafts]  # type: ignore[misc]


def page_of(*blocks: tuple[str, str, str, int], first: int = 0, page: int = 1) -> Grid:
    """A page of merged projects: name, amount, goal and how many indicators each has; a name of '^' goes on."""
    specs: list[Spec] = plain_rows(0, HEADER)
    row, number = 1, first
    names: list[tuple[int, int, str]] = []
    for name, amount, goal, count in blocks:
        if name == "^":
            names[-1] = (names[-1][0], names[-1][1] + count, names[-1][2])
        else:
            names.append((row, count, name))
        specs += [(row, 1, count, 1, amount), (row, 2, count, 1, goal)]
        for k in range(count):
            specs += plain_rows(row + k, ("", "", "", "产出指标", "数量指标", f"指标{number}", f"≥{number}次"))[3:]
            number += 1
        row += count
    return make_grid([*specs, *((at, 0, size, 1, name) for at, size, name in names)], page)
