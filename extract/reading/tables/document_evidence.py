"""Collect a document's evidence of its publisher and years, and set them in parts that print none themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from extract.entities import Column, Finding, Grid, Line, PageGrids, Scope
from extract.reading.tables.attribution import Cover, choose_document_year, choose_publisher, read_cover
from extract.reading.tables.draft_parts import DraftPart
from extract.reading.tables.drafts import Project
from extract.reading.tables.inquiry import ask, ask_year, list_names, noting
from extract.reading.tables.years import Evidence, find_in_lines, find_in_names, find_in_sentences, fold_years

YEAR_OF_GOAL = re.compile(r"(?<!\d)(20[0-4]\d)年度")


@dataclass(slots=True)
class DocumentEvidence:
    """Evidence of publisher and year, page by page."""

    cover: Cover = field(default_factory=Cover)  # the last one that the pages so far print
    running: list[Line] = field(default_factory=list)  # running headers and footers of the document
    cover_years: list[Evidence] = field(default_factory=list)
    own_years: list[Evidence] = field(default_factory=list)  # that tables of targets name themselves
    titles: list[Evidence] = field(default_factory=list)  # that titles of all tables name
    sentences: list[Evidence] = field(default_factory=list)  # that sentences about targets name
    departments: list[str] = field(default_factory=list)  # that forms name
    texts: dict[int, list[str]] = field(default_factory=dict)  # of each page: cells that may name a year

    def note_page(self, page: PageGrids) -> None:
        """Record the evidence in the lines outside a page's tables, except titles."""
        self.sentences += find_in_sentences(page.lines)
        if (cover := read_cover(page)) is not None and (cover.publisher or not self.cover.title):
            self.cover = cover
            self.cover_years += [Evidence(cover.year, f"the cover {cover.title!r}")] if cover.year else []

    def note_titles(self, lines: Sequence[Line]) -> None:
        """Record the years of the titles among some lines."""
        self.titles += find_in_lines(lines, titles_only=True)

    def note_cells(self, grid: Grid) -> None:
        """Record the cells of a grid that may name a year."""
        self.texts.setdefault(grid.page, []).extend(cell.text for cell in grid.cells if "年度" in cell.text)

    def settle(self, parts: Sequence[DraftPart], target_pages: Sequence[int]) -> list[Finding]:
        """Set publishers and years that only the whole document determines; return the findings about years."""
        findings = []
        forms = [p for part in parts for p in part.projects if p.scope is Scope.DEPARTMENT]
        whole = [p.unit_text or _text_of(p, Column.UNIT) or _text_of(p, Column.DEPARTMENT) for p in forms]
        publisher = choose_publisher([self.cover.publisher], whole, self.departments)
        running = find_in_lines(self.running, titles_only=True)
        evidence, conflict = choose_document_year(
            [
                self.cover_years,
                self.own_years,
                self.titles,
                running,
                _list_goal_years(parts),
                self._list_text_years(target_pages),
                self.sentences,
                find_in_names(list_names()),
            ]
        )
        for part in parts:
            part.publisher = part.publisher or publisher
            if part.year is not None:
                continue
            part.year, part.conflict = (evidence.year if evidence else None), conflict
            if evidence is not None and part.drafts:
                detail = f"the fiscal year {evidence.year} is from {evidence.where}"
                findings.append(Finding("year_from", detail, part.drafts[0].page))
            elif part.drafts:
                _ask_year_of_part(part)
        return findings

    def _list_text_years(self, target_pages: Sequence[int]) -> list[Evidence]:
        """List the years in other cells of the pages with targets (tasks of a department without a list)."""
        texts = [(page, text) for page in sorted(set(target_pages)) for text in self.texts.get(page, [])]
        found = [(page, year) for page, text in texts for year in YEAR_OF_GOAL.findall(fold_years(text))]
        return [Evidence(int(year), f"a text on page {page}") for page, year in found]


def _list_goal_years(parts: Sequence[DraftPart]) -> list[Evidence]:
    """List the years of goals (完成2026年度…), for documents without a year in titles and tables (广州)."""
    found = []
    for project in (p for part in parts for p in part.projects):
        for column in (Column.ANNUAL_GOAL, Column.OVERALL_GOAL):
            years = YEAR_OF_GOAL.findall(fold_years(_text_of(project, column)))
            found += [Evidence(int(year), f"the goal of {project.name or project.unit_text!r}") for year in years]
    return found


def _ask_year_of_part(part: DraftPart) -> None:
    """Set the year that a person chose, where no single one is printed with a part."""
    part.question = ask_year(part.heading.title, part.conflict, part.drafts[0].page)
    with noting() as settled:
        chosen = ask(part.question)
    if chosen is not None:
        part.year = int(chosen)
        for project in part.projects:
            project.settled += settled


def _text_of(project: Project, column: Column) -> str:
    """Return the text that a project prints in a column, "" where it prints nothing."""
    return project.fields[column].text if column in project.fields else ""
