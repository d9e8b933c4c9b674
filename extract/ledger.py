"""What was seen, landed, read, refused, staged and published, one row each: nothing is lost.

A run's sightings each end loaded, unchanged, refused or failed; `close_run` refuses a run whose four counts do not add
up to what was seen. A document (bytes, by sha256) moves through the states of `TRANSITIONS` and through no others.
Times are UTC. Every method is one transaction and may be repeated after a crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from extract.entities import LandedPdf, Publication
from extract.errors import LedgerError, Reason, Refused
from extract.ledger_tables import attempts, documents, metadata, releases, runs, sightings

TRANSITIONS: dict[str, frozenset[str]] = {
    "landed": frozenset({"landed", "read", "refused", "failed"}),
    "read": frozenset({"read", "staged", "failed", "landed", "refused"}),
    "staged": frozenset({"staged", "landed", "read"}),
    "refused": frozenset({"refused", "landed", "read", "failed"}),
    "failed": frozenset({"failed", "landed", "read", "refused"}),
}
OUTCOMES = ("loaded", "unchanged", "refused", "failed")
MAY_PASS = (Reason.TIMEOUT, Reason.MEMORY)  # a busy machine can cause these: tried again, but not for ever


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA busy_timeout=60000")


class Ledger:
    """The ledger behind one SQLAlchemy URL; tables are made when they are missing."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        if self.engine.dialect.name == "sqlite":
            Path(self.engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine, "connect", _prepare_sqlite)
        metadata.create_all(self.engine)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.begin() as connection:
            yield connection

    def _insert_missing(self, connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        if rows:
            connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))

    # -- a run --------------------------------------------------------------------------------------------------------

    def start_run(self, run_id: str) -> None:
        """Open a run; opening it again after a crash or a cleared task changes nothing."""
        with self._transaction() as connection:
            self._insert_missing(connection, runs, [{"run_id": run_id, "started_at": _now()}])

    def sight(self, run_id: str, publications: Iterable[Publication]) -> None:
        """Write down what a run saw at its sources, once per run and URL."""
        rows = [
            {
                "run_id": run_id,
                "publisher": p.publisher,
                "url": p.url,
                "title": p.title,
                "printed_on": p.printed_on,
                "listing": p.listing,
                "seen_at": _now(),
            }
            for p in publications
        ]
        with self._transaction() as connection:
            self._insert_missing(connection, sightings, rows)

    def unlanded(self, run_id: str) -> list[Publication]:
        """The run's sightings that have neither bytes nor an outcome yet."""
        query = select(sightings).where(
            sightings.c.run_id == run_id, sightings.c.sha256.is_(None), sightings.c.outcome.is_(None)
        )
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(sightings.c.url)).mappings().all()
        return [Publication(r["publisher"], r["url"], r["title"], r["printed_on"], r["listing"]) for r in rows]

    def note_landed(self, run_id: str, publication: Publication, landed: LandedPdf) -> None:
        """These bytes stand behind that publication; new bytes become a document in state `landed`."""
        row = {
            "sha256": landed.sha256,
            "size": landed.size,
            "state": "landed",
            "publisher": publication.publisher,
            "first_url": publication.url,
            "title": publication.title,
            "printed_on": publication.printed_on,
            "first_seen_at": landed.landed_at.astimezone(UTC).replace(tzinfo=None),
        }
        with self._transaction() as connection:
            self._insert_missing(connection, documents, [row])
            connection.execute(self._sighting(run_id, publication.url).values(sha256=landed.sha256))

    def note_unlanded(self, run_id: str, url: str, error: Exception) -> None:
        """A publication without bytes: refused where the error says so, otherwise failed and tried again next run."""
        refused = isinstance(error, Refused)
        values = {
            "outcome": "refused" if refused else "failed",
            "reason": error.reason.value if isinstance(error, Refused) else type(error).__name__,
            "detail": error.detail if isinstance(error, Refused) else str(error),
        }
        with self._transaction() as connection:
            connection.execute(self._sighting(run_id, url).values(**values))

    def _sighting(self, run_id: str, url: str) -> Any:
        return update(sightings).where(sightings.c.run_id == run_id, sightings.c.url == url)

    def close_run(self, run_id: str) -> dict[str, int]:
        """Decide what became of every sighting, and prove that the counts add up; raises LedgerError if they do not."""
        with self._transaction() as connection:
            rows = connection.execute(
                select(
                    sightings.c.url, sightings.c.sha256, sightings.c.outcome, documents.c.state, documents.c.staged_run
                )
                .outerjoin(documents, documents.c.sha256 == sightings.c.sha256)
                .where(sightings.c.run_id == run_id)
                .order_by(sightings.c.sighting_id)
            ).all()
            counts = dict.fromkeys(OUTCOMES, 0)
            counted: set[str] = set()
            for url, sha256, noted, state, staged_run in rows:
                if sha256 is None:
                    outcome = noted or "failed"
                elif state == "staged":
                    outcome = "loaded" if staged_run == run_id and sha256 not in counted else "unchanged"
                    counted.add(sha256)
                else:
                    outcome = "refused" if state == "refused" else "failed"
                counts[outcome] += 1
                connection.execute(self._sighting(run_id, url).values(outcome=outcome))
            seen = (
                connection.scalar(select(func.count()).select_from(sightings).where(sightings.c.run_id == run_id)) or 0
            )
            if seen != sum(counts.values()):
                raise LedgerError(f"run {run_id}: {seen} publications were seen, but {counts} add up to another number")
            connection.execute(
                update(runs).where(runs.c.run_id == run_id).values(finished_at=_now(), seen=seen, **counts)
            )
        return {"seen": seen, **counts}

    # -- a document ---------------------------------------------------------------------------------------------------

    def _move(self, sha256: str, state: str, **values: Any) -> None:
        """Change a document's state; raises LedgerError where TRANSITIONS does not allow it."""
        sources = [old for old, new in TRANSITIONS.items() if state in new]
        change = update(documents).where(documents.c.sha256 == sha256, documents.c.state.in_(sources))
        with self._transaction() as connection:
            if connection.execute(change.values(state=state, **values)).rowcount != 1:
                found = connection.scalar(select(documents.c.state).where(documents.c.sha256 == sha256))
                raise LedgerError(f"document {sha256[:12]}: {found or 'unknown'} may not become {state}")

    def _attempt(self, sha256: str, outcome: str, reader_version: str, error: Exception | None = None) -> None:
        row = {
            "sha256": sha256,
            "ended_at": _now(),
            "outcome": outcome,
            "reader_version": reader_version,
            "reason": error.reason.value if isinstance(error, Refused) else (type(error).__name__ if error else None),
            "page": error.page if isinstance(error, Refused) else None,
            "detail": error.detail if isinstance(error, Refused) else (str(error) if error else None),
        }
        with self._transaction() as connection:
            connection.execute(attempts.insert(), row)

    def to_read(self, reader_version: str, max_attempts: int) -> list[tuple[str, int]]:
        """(sha256, size) of the documents that this version of the reader has neither read nor refused, sorted."""
        tried = (
            select(func.count())
            .select_from(attempts)
            .where(attempts.c.sha256 == documents.c.sha256, attempts.c.reader_version == reader_version)
            .scalar_subquery()
        )
        again = (documents.c.reader_version != reader_version) | (
            documents.c.reason.in_([reason.value for reason in MAY_PASS]) & (tried < max_attempts)
        )
        query = (
            select(documents.c.sha256, documents.c.size)
            .where(documents.c.state.in_(("landed", "failed")) | ((documents.c.state == "refused") & again))
            .order_by(documents.c.sha256)
        )
        with self._transaction() as connection:
            return [(sha256, size) for sha256, size in connection.execute(query)]

    def note_read(self, sha256: str, reader_version: str) -> None:
        """The document is read and waits to be staged."""
        self._attempt(sha256, "read", reader_version)
        self._move(sha256, "read", reader_version=reader_version, reason=None, page=None, detail=None)

    def note_unread(self, sha256: str, reader_version: str, error: Exception) -> None:
        """Refused with its reason, or failed for a cause that may pass."""
        state = "refused" if isinstance(error, Refused) else "failed"
        self._attempt(sha256, state, reader_version, error)
        self._move(
            sha256,
            state,
            reader_version=reader_version,
            reason=error.reason.value if isinstance(error, Refused) else type(error).__name__,
            page=error.page if isinstance(error, Refused) else None,
            detail=error.detail if isinstance(error, Refused) else str(error),
        )

    def to_stage(self) -> list[str]:
        """Documents that are read and wait to be staged, sorted."""
        query = select(documents.c.sha256).where(documents.c.state == "read").order_by(documents.c.sha256)
        with self._transaction() as connection:
            return list(connection.scalars(query))

    def document(self, sha256: str) -> dict[str, Any]:
        """One document's row; raises LedgerError when it was never landed."""
        with self._transaction() as connection:
            row = connection.execute(select(documents).where(documents.c.sha256 == sha256)).mappings().one_or_none()
        if row is None:
            raise LedgerError(f"document {sha256[:12]} is not in the ledger")
        return dict(row)

    def note_staged(self, sha256: str, run_id: str) -> None:
        """The document's rows are committed in the raw schema."""
        self._move(sha256, "staged", staged_run=run_id, staged_at=_now())

    def staged(self) -> list[tuple[str, str]]:
        """(sha256, version of the reader) of every document whose rows are in the raw schema, sorted."""
        columns = select(documents.c.sha256, documents.c.reader_version).where(documents.c.state == "staged")
        with self._transaction() as connection:
            return [(sha256, version) for sha256, version in connection.execute(columns.order_by(documents.c.sha256))]

    # -- releases and status ------------------------------------------------------------------------------------------

    def note_release(self, release: dict[str, Any]) -> None:
        """Write down a published release, once."""
        with self._transaction() as connection:
            row = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
            self._insert_missing(connection, releases, [row])

    def note_inputs(self, release_id: str, inputs: str) -> None:
        """The release was built again from other inputs and came out the same."""
        with self._transaction() as connection:
            connection.execute(update(releases).where(releases.c.release_id == release_id).values(inputs=inputs))

    def releases(self) -> list[dict[str, Any]]:
        """Published releases, oldest first."""
        with self._transaction() as connection:
            rows = connection.execute(select(releases).order_by(releases.c.release_id)).mappings()
            return [{**row, "row_counts": json.loads(row["row_counts"])} for row in rows]

    def last_run(self) -> dict[str, Any] | None:
        """The newest run that was closed, with its counts."""
        query = select(runs).where(runs.c.finished_at.is_not(None)).order_by(runs.c.started_at.desc()).limit(1)
        with self._transaction() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return dict(row) if row else None

    def documents_by_state(self) -> dict[str, int]:
        """How many documents are in each state."""
        with self._transaction() as connection:
            rows = connection.execute(select(documents.c.state, func.count()).group_by(documents.c.state)).tuples()
            return dict(rows.all())

    def troubled(self) -> list[dict[str, Any]]:
        """Refused and failed documents, and what the last run could not land: name, state, reason, page, detail."""
        columns = (documents.c.sha256, documents.c.first_url, documents.c.state, documents.c.reason)
        query = select(*columns, documents.c.page, documents.c.detail).where(
            documents.c.state.in_(("refused", "failed"))
        )
        last = self.last_run()
        unlanded = select(sightings.c.url, sightings.c.outcome, sightings.c.reason, sightings.c.detail).where(
            sightings.c.run_id == (last or {}).get("run_id"), sightings.c.sha256.is_(None)
        )
        with self._transaction() as connection:
            rows = [dict(row) for row in connection.execute(query.order_by(documents.c.first_url)).mappings()]
            for url, outcome, reason, detail in connection.execute(unlanded.order_by(sightings.c.url)):
                rows.append(
                    {
                        "sha256": None,
                        "first_url": url,
                        "state": outcome,
                        "reason": reason,
                        "page": None,
                        "detail": detail,
                    }
                )
        return rows

    def freshness(self) -> list[dict[str, Any]]:
        """Per publisher file: when it was last seen to publish anything new, and how many documents it has."""
        query = (
            select(
                documents.c.publisher,
                func.count().label("documents"),
                func.max(documents.c.first_seen_at).label("last_new_at"),
            )
            .group_by(documents.c.publisher)
            .order_by(documents.c.publisher)
        )
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]
