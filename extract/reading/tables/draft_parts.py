"""Define the parts of a document under construction, and join those of one publisher, year and kind."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.entities import Box, Column, DocumentKind, Question
from extract.reading.tables.drafts import Draft, Project
from extract.reading.tables.header_words import normalise
from extract.reading.tables.titles import TitleBlock


@dataclass(slots=True)
class DraftPart:
    """A part under construction: tables of one publisher, year and kind."""

    heading: TitleBlock
    publisher: str
    year: int | None
    kind: DocumentKind
    columns: tuple[Column, ...] = ()
    headers: tuple[str, ...] = ()
    conflict: str = ""  # what contradicts each other about the year
    question: Question | None = None  # which year it is
    drafts: list[Draft] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    skipped: list[tuple[int, Box]] = field(default_factory=list)  # page and box of cells whose row makes no record

    @property
    def key(self) -> tuple[str, int | None, DocumentKind]:
        """The attributes that make it a document of its own."""
        return self.publisher, self.year, self.kind


def join_parts(parts: list[DraftPart]) -> list[DraftPart]:
    """Join parts of one publisher, year and kind, their rows in the order in which they were read."""
    joined: dict[tuple[str, int | None, DocumentKind], DraftPart] = {}
    for part in parts:
        first = joined.setdefault((normalise(part.publisher), part.year, part.kind), part)
        if first is not part:
            first.drafts += part.drafts
            first.projects += part.projects
            first.skipped += part.skipped
    for part in joined.values():
        part.drafts.sort(key=lambda draft: draft.serial)
    return list(joined.values())
