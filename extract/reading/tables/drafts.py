"""Define the mutable drafts of records while pages are joined: fields, projects, draft records."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Protocol

from extract.entities import Box, Cell, Column, Printed, Question, Scope
from extract.errors import Reason, Refused


@dataclass(frozen=True, slots=True)
class Doubt:
    """A refusal confined to one project, which then is not delivered. `box` is in points of the page."""

    reason: Reason
    page: int
    detail: str
    box: Box | None = None
    project: str = ""  # the printed name where no draft project carries the doubt
    reaches: bool = False  # the place may hold rows of the projects before and after it
    question: Question | None = None  # whose answer settles it
    last_page: int = 0  # of a place over several pages


def doubt_of(refusal: Refused, page: int, box: Box | None = None) -> Doubt:
    """Confine a refusal to the project that it was raised for; `page` counts where the refusal names none."""
    return Doubt(refusal.reason, refusal.page or page, refusal.detail, box, question=refusal.question)


@dataclass(frozen=True, slots=True)
class confine:  # noqa: N801 - a class, since a context manager from a generator takes five times as long
    """Turn a refusal that is raised inside into a doubt of the list."""

    doubts: list[Doubt]
    page: int

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        if not isinstance(error, Refused):
            return False
        self.doubts.append(doubt_of(error, self.page))
        return True


@dataclass(slots=True)
class Field:
    """One printed text; several fragments when a page break cuts it, '' where a page only continues its cell."""

    fragments: list[Printed]
    spans: bool = False  # printed in a cell that covers several rows

    @property
    def text(self) -> str:
        """The whole text without page breaks."""
        return self.fragments[0].text if len(self.fragments) == 1 else "".join(f.text for f in self.fragments)

    def printed(self) -> Printed:
        """Return the whole text at the place of its first fragment that is not blank."""
        if len(self.fragments) == 1:
            return self.fragments[0]
        first = next((f for f in self.fragments if f.text), self.fragments[0])
        return Printed(self.text, first.page, first.box)


def field_of(cell: Cell, page: int) -> Field:
    """Make a field of a cell."""
    return Field([Printed(cell.text, page, cell.box)], cell.rowspan > 1)


@dataclass(slots=True)
class Project:
    """A project as printed: its number in the part and the fields printed for it."""

    fields: dict[Column, Field]
    unit: Field | None = None
    first: dict[Column, Field] = field(default_factory=dict)  # of its first row
    number: int = 0
    scope: Scope = Scope.PROJECT
    title: str = ""  # of its own form or table
    in_flat_table: bool = False
    words: list[tuple[int, Box]] = field(default_factory=list)  # page and box of the headers and labels it is read by
    doubts: list[Doubt] = field(default_factory=list)
    settled: list[Question] = field(default_factory=list)  # whose answers it rests on

    @property
    def name(self) -> str:
        """The printed name, "" where none is printed."""
        return self.fields[Column.PROJECT].text if Column.PROJECT in self.fields else ""

    @property
    def unit_text(self) -> str:
        """The unit's name as far as the pages so far print it."""
        return self.unit.text if self.unit is not None else ""


@dataclass(slots=True)
class Draft:
    """A draft of an indicator row."""

    page: int
    table: int
    box: Box
    project: Project
    fields: dict[Column, Field]
    money_units: dict[Column, str] = field(default_factory=dict)
    row: int = 0
    part: int = 0
    serial: int = field(default_factory=count().__next__)  # the order in which rows were read


class Sink(Protocol):
    """Receiver of drafts: a part under construction."""

    drafts: list[Draft]
    projects: list[Project]
    skipped: list[tuple[int, Box]]  # page and box of cells whose row makes no record


def surround(boxes: list[Box]) -> Box:
    """Return the box around boxes."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return Box(min(x0), min(y0), max(x1), max(y1))
