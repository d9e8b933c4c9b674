"""Stage what each publisher should have published, and what was seen and not loaded.

    raw.publishers               the publishers that a file names, or a document as the parent of its own
    raw.expected_publications    one row per publisher, fiscal year and kind that a file expects, with the day it is due
    raw.unloaded_publications    one row per publication seen and not loaded
    raw.unloaded_held_back       one row per project of those that is held back for a reason of its own

The rows depend on the day of the last run only through `as_of`: the last day, up to then, on which something began to
be expected or was late for the first time. So a run on which nothing falls due gives the rows of the run before. The
fiscal year of a publication that was not loaded is unknown, and its kind is known only where the publisher file gives
one for all documents: both are null then, never guessed from a title.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from extract.ledger import Ledger
from extract.publishers import Publisher, load_publishers
from extract.publishers.season import PLACE, due_on, last_year, report_lag, season_start
from extract.settings import Settings
from extract.warehouse import build_schema, raw_schema

CoverageRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Expectations of all publisher files, and the publications that were seen and not loaded."""

    publishers: tuple[Publisher, ...]
    looked_on: date | None  # day of the newest run, in Shanghai
    unloaded: tuple[CoverageRow, ...]
    held: tuple[CoverageRow, ...] = ()  # of the unloaded publications, by their publication_no

    @property
    def as_of(self) -> date | None:
        """The last day up to `looked_on` on which a season began or the day after it ended."""
        return max((day for one in self.publishers for day in self._turns(one)), default=None)

    def _turns(self, publisher: Publisher) -> Iterator[date]:
        if self.looked_on is None or publisher.season is None or not publisher.expected or publisher.name is None:
            return
        for day in (self.looked_on, self.looked_on - timedelta(days=366)):
            start = season_start(publisher.season, day)
            late = due_on(publisher.season, last_year(publisher.season, start)) + timedelta(days=1)
            yield from (turn for turn in (start, late) if turn <= self.looked_on)

    def expect(self, first_years: Mapping[str, int]) -> list[CoverageRow]:
        """List every expectation from a publisher's first loaded year to the season that began last."""
        return [row for one in self.publishers for row in self._expect(one, first_years.get(one.code))]

    def _expect(self, publisher: Publisher, first_loaded: int | None) -> Iterator[CoverageRow]:
        season = publisher.season
        if season is None or self.looked_on is None or publisher.name is None:
            return
        closing = last_year(season, season_start(season, self.looked_on))
        for kind, count in sorted(publisher.expected.items()):
            last = closing - report_lag(kind)
            for year in range(min(first_loaded or last, last), last + 1):
                yield {
                    "publisher_code": publisher.code,
                    "fiscal_year": year,
                    "document_kind": kind.value,
                    "expected": count,
                    "due_on": due_on(season, year + report_lag(kind)),
                    "as_of": self.as_of,
                }


def look(settings: Settings) -> Coverage:
    """Read the publisher files and the ledger."""
    ledger = Ledger(settings.ledger_url or "")
    publishers = load_publishers(settings.publishers_dir)
    started = ledger.last_start()
    day = None if started is None else started.replace(tzinfo=UTC).astimezone(PLACE).date()
    known = {one.code: one for one in publishers}
    unloaded = tuple(
        {"publication_no": number, **_unloaded_row(row, known.get(row["publisher"]))}
        for number, row in enumerate(ledger.unloaded(), start=1)
    )
    return Coverage(publishers, day, unloaded, tuple(_held_rows(unloaded, ledger.held_by_document())))


def coverage_inputs(settings: Settings) -> str:
    """Return as one text all that the four tables depend on besides the loaded documents."""
    found = look(settings)
    named = sorted(_publisher_rows(found.publishers), key=lambda row: row["publisher_code"])
    return json.dumps(
        [named, found.expect({}), found.unloaded, found.held, found.as_of], default=str, ensure_ascii=False
    )


def stage_coverage(engine: Engine, settings: Settings) -> None:
    """Replace the four tables, in one transaction; runs after `partitions.plan_build`.

    A publisher without staged documents is in no partition that changes. It counts as one of its own in every build,
    also the first one after its file is removed, so that dim_publishers always holds the publishers of today's files.
    """
    found = look(settings)
    earliest = select(raw_schema.documents.c.publisher_code, func.min(raw_schema.documents.c.fiscal_year)).group_by(
        raw_schema.documents.c.publisher_code
    )
    with engine.begin() as connection:
        first_years = {str(code): int(year) for code, year in connection.execute(earliest)}
        earlier = set(connection.scalars(select(raw_schema.publishers.c.publisher_code)))
        named_rows = list(_publisher_rows(found.publishers))
        tables = {
            raw_schema.publishers: [*named_rows, *_parent_rows(connection, named_rows)],
            raw_schema.expected_publications: found.expect(first_years),
            raw_schema.unloaded_publications: list(found.unloaded),
            raw_schema.unloaded_held_back: list(found.held),
        }
        for table, rows in tables.items():
            connection.execute(delete(table))
            if rows:
                connection.execute(insert(table), rows)
        named = {str(row["publisher_code"]) for row in tables[raw_schema.publishers]}
        _mark_changed(connection, (earlier | named) - set(first_years))


def _mark_changed(connection: Connection, codes: Iterable[str]) -> None:
    """Mark the partitions of publishers without documents: none of their codes counts in any region."""
    changed = build_schema.changed_partitions
    listed = {tuple(row) for row in connection.execute(select(changed.c.publisher_code, changed.c.code_scope))}
    rows = [{"publisher_code": code, "code_scope": code} for code in sorted(codes) if (code, code) not in listed]
    if rows:
        connection.execute(insert(changed), rows)


def _publisher_rows(publishers: tuple[Publisher, ...]) -> Iterator[CoverageRow]:
    for one in publishers:
        if one.name is not None:
            told = {"publisher_code": one.code, "publisher_name": one.name, "region_code": one.region_code}
            yield {**told, "parent_code": one.parent}


def _parent_rows(connection: Connection, named: Iterable[CoverageRow]) -> Iterator[CoverageRow]:
    """List the parent offices that documents name and no publisher file does."""
    there = raw_schema.documents.c
    known = {str(row["publisher_code"]) for row in named}
    query = select(there.parent_code, func.max(there.parent_name)).where(there.parent_code.is_not(None))
    for code, name in connection.execute(query.group_by(there.parent_code).order_by(there.parent_code)):
        if code not in known:
            yield {"publisher_code": code, "publisher_name": name, "region_code": None, "parent_code": None}


def _unloaded_row(row: CoverageRow, publisher: Publisher | None) -> CoverageRow:
    """Return the row of an unloaded publication; its publisher is null if several share the source."""
    owner = publisher if publisher is not None and publisher.owns_source else None
    kind = owner.document_kind if owner is not None else None
    return {
        "source_url": row["url"],
        "sha256": row["sha256"],
        "publisher_code": owner.code if owner is not None else None,
        "fiscal_year": None,
        "document_kind": kind.value if kind is not None else None,
        "state": "refused" if row["state"] == "refused" else "waiting",
        "reason": row["reason"],
    }


def _held_rows(
    unloaded: Iterable[CoverageRow], held: Mapping[str, Iterable[Mapping[str, Any]]]
) -> Iterator[CoverageRow]:
    """Yield the projects held back of documents that are not loaded."""
    names = {"unit_text": "unit", "project_text": "project"}
    names |= {"question_key": "question", "question_kind": "kind", "question_text": "asked"}
    for publication in unloaded:
        for one in held.get(publication["sha256"] or "", ()):
            same = {name: one[name] for name in ("held_no", "scope", "page", "last_page", "reason", "detail")}
            texts = {name: one[column] for name, column in names.items()}
            yield {"publication_no": publication["publication_no"], **same, **texts}
