"""Record the state of each document (bytes, by sha256), and every attempt to read it.

A loaded document that is read again stays `staged`, since its rows stay: `reread` holds its progress, from `wanted` to
`read` or `refused`, until the stage step has replaced or removed the rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select, update

from extract.entities import Held
from extract.errors import LedgerError, Reason, Refused
from extract.ledger.database import Database, now
from extract.ledger.held_back import replace_held
from extract.ledger.tables import attempts, documents, runs, sightings

TRANSITIONS: dict[str, frozenset[str]] = {
    "landed": frozenset({"landed", "read", "refused", "failed"}),
    "read": frozenset({"read", "staged", "failed", "landed", "refused"}),
    "staged": frozenset({"staged", "landed"}),  # and refused, once its rows are removed: `note_removed`
    "refused": frozenset({"refused", "landed", "read", "failed", "dropped"}),
    "failed": frozenset({"failed", "landed", "read", "refused", "dropped"}),
    "dropped": frozenset({"dropped", "landed"}),
}
MAY_PASS = (Reason.TIMEOUT, Reason.MEMORY)  # a busy machine can cause these: tried again, but not for ever
GLANCES = 20  # pages out of scope that cost as much as one in scope
PAGE_BYTES = 30_000  # of a published table, roughly: for documents whose pages are not counted yet


def reason_of(error: Exception) -> str:
    """Return the reason code of a refusal, the class name of any other error."""
    return error.reason.value if isinstance(error, Refused) else type(error).__name__


def detail_of(error: Exception) -> str:
    """Return the message of an error: expected and found."""
    return error.detail if isinstance(error, Refused) else str(error)


def _weigh(pages: int | None, in_scope: int | None, size: int) -> int:
    """Estimate a document's work, in pages read in full."""
    if pages is None:
        return 1 + size // PAGE_BYTES
    return pages if in_scope is None else max(1, in_scope + max(0, pages - in_scope) // GLANCES)


def _attempts_of(sha256: Any, reader_version: str) -> Select[Any]:
    mine = (attempts.c.sha256 == sha256) & (attempts.c.reader_version == reader_version)
    return select(func.count()).select_from(attempts).where(mine)


def _rereads(*steps: str) -> ColumnElement[bool]:
    return (documents.c.state == "staged") & documents.c.reread.in_(steps)


class Documents(Database):
    """State of every document."""

    def _move(self, connection: Connection, sha256: str, state: str, **values: Any) -> None:
        """Change a document's state; raises LedgerError where TRANSITIONS does not allow it."""
        sources = [old for old, new in TRANSITIONS.items() if state in new]
        change = update(documents).where(documents.c.sha256 == sha256, documents.c.state.in_(sources))
        if connection.execute(change.values(state=state, **values)).rowcount != 1:
            found = connection.scalar(select(documents.c.state).where(documents.c.sha256 == sha256))
            raise LedgerError(f"document {sha256[:12]}: {found or 'unknown'} may not become {state}")

    def _step(self, connection: Connection, sha256: str, before: Iterable[str], reread: str, **values: Any) -> bool:
        """Advance the rereading of a loaded document; False where it is in none of the states `before`."""
        change = update(documents).where(documents.c.sha256 == sha256, _rereads(*before))
        return connection.execute(change.values(reread=reread, **values)).rowcount == 1

    def _hashes(self, condition: ColumnElement[bool]) -> list[str]:
        query = select(documents.c.sha256).where(condition).order_by(documents.c.sha256)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def to_read(
        self,
        reader_version: str,
        max_attempts: int,
        publishers: Collection[str] | None = None,
        untried_in: str | None = None,
    ) -> list[tuple[str, int]]:
        """List (sha256, pages) of documents that this reader version has neither read nor refused, sorted.

        Of a document that was read before only the pages in scope count in full. Uncounted pages are estimated from
        the size. `publishers`: only documents first seen at these; `untried_in`: only those without an attempt since
        this run began.
        """
        tried = _attempts_of(documents.c.sha256, reader_version).scalar_subquery()
        again = (documents.c.reader_version != reader_version) | (
            documents.c.reason.in_([reason.value for reason in MAY_PASS]) & (tried < max_attempts)
        )
        waits = documents.c.state.in_(("landed", "failed")) | ((documents.c.state == "refused") & again)
        query = select(documents.c.sha256, documents.c.pages, documents.c.target_pages, documents.c.size)
        query = query.where(waits | _rereads("wanted")).order_by(documents.c.sha256)
        if publishers is not None:
            query = query.where(documents.c.publisher.in_(list(publishers)))
        if untried_in is not None:
            began = select(runs.c.started_at).where(runs.c.run_id == untried_in).scalar_subquery()
            query = query.where(~exists().where(attempts.c.sha256 == documents.c.sha256, attempts.c.ended_at >= began))
        with self._reading() as connection:
            found = connection.execute(query)
            return [(sha256, _weigh(pages, in_scope, size)) for sha256, pages, in_scope, size in found]

    def uncounted(self, publishers: Collection[str] | None = None) -> list[tuple[str, str]]:
        """List (sha256, publisher) of documents to read without a page count, grouped by publisher.

        `publishers`: only documents first seen at these.
        """
        waits = documents.c.state.in_(("landed", "failed", "refused")) | _rereads("wanted")
        if publishers is not None:
            waits &= documents.c.publisher.in_(list(publishers))
        query = select(documents.c.sha256, documents.c.publisher).where(waits & documents.c.pages.is_(None))
        with self._reading() as connection:
            found = connection.execute(query.order_by(documents.c.publisher, documents.c.sha256))
            return [(sha256, publisher) for sha256, publisher in found]

    def note_pages(self, counted: Mapping[str, int]) -> None:
        """Store the page counts of documents."""
        with self._writing() as connection:
            for sha256, pages in counted.items():
                connection.execute(update(documents).where(documents.c.sha256 == sha256).values(pages=pages))

    def note_read(self, sha256: str, reader_version: str, pages: int | None = None, answers_used: str = "") -> None:
        """Mark a document as read and waiting to be staged; `answers_used` identifies the answers applied."""
        row = {"sha256": sha256, "ended_at": now(), "outcome": "read", "reader_version": reader_version}
        told: dict[str, Any] = {"reader_version": reader_version, "reason": None, "page": None, "detail": None}
        told["answers_used"] = answers_used
        if pages is not None:
            told["pages"] = pages
        with self._writing() as connection:
            if not self._step(connection, sha256, ("wanted",), "read", **told):
                self._move(connection, sha256, "read", decision=None, **told)
            connection.execute(attempts.insert(), row)

    def note_unread(
        self, sha256: str, reader_version: str, error: Exception, max_attempts: int = 1, answers_used: str = ""
    ) -> None:
        """Mark a document as refused, or as failed for a cause that may pass.

        A loaded document that is refused, after `max_attempts` where the reason may pass, loses its rows in the stage
        step; until then, and where reading failed, it stays loaded and is retried.
        """
        state = "refused" if isinstance(error, Refused) else "failed"
        told: dict[str, Any] = {
            "reason": reason_of(error),
            "page": error.page if isinstance(error, Refused) else None,
            "detail": detail_of(error),
        }
        version = {"reader_version": reader_version}
        used = {"answers_used": answers_used}
        with self._writing() as connection:
            tried = connection.scalar(_attempts_of(sha256, reader_version)) or 0
            is_final = isinstance(error, Refused) and (error.reason not in MAY_PASS or tried + 1 >= max_attempts)
            step, values = ("refused", told | version) if is_final else ("wanted", told)
            stays_loaded = self._step(connection, sha256, ("wanted", "read"), step, **values, **used)
            if not stays_loaded:
                self._move(connection, sha256, state, decision=None, **told, **version, **used)
            if is_final or not stays_loaded:
                replace_held(connection, sha256, error.held if isinstance(error, Refused) else ())
            row = {"sha256": sha256, "ended_at": now(), "outcome": state, **told, **version}
            connection.execute(attempts.insert(), row)

    def to_stage(self) -> list[str]:
        """List documents that are read and wait to be staged, sorted."""
        return self._hashes((documents.c.state == "read") | _rereads("read"))

    def to_remove(self) -> list[str]:
        """List loaded documents that a newer reader refuses, whose rows must be removed; sorted."""
        return self._hashes(_rereads("refused"))

    def document(self, sha256: str) -> dict[str, Any]:
        """Return one document's row; raises LedgerError when it was never landed."""
        with self._reading() as connection:
            row = connection.execute(select(documents).where(documents.c.sha256 == sha256)).mappings().one_or_none()
        if row is None:
            raise LedgerError(f"document {sha256[:12]} is not in the ledger")
        return dict(row)

    def names(self, sha256: str) -> list[str]:
        """Return what a document was called where it was first seen: its file without ending, its link and day."""
        query = select(sightings.c.url, sightings.c.title, sightings.c.printed_on).where(sightings.c.sha256 == sha256)
        with self._reading() as connection:
            row = connection.execute(query.order_by(sightings.c.sighting_id).limit(1)).one_or_none()
        if row is None:
            return []
        day = row.printed_on.isoformat() if row.printed_on is not None else None
        return list(filter(None, (PurePosixPath(unquote(urlsplit(row.url).path)).stem, row.title, day)))

    def note_staged(
        self,
        sha256: str,
        run_id: str,
        rows_fingerprint: str | None = None,
        held: Sequence[Held] = (),
        target_pages: int | None = None,
    ) -> None:
        """Mark a document's rows as committed in the raw schema, without the projects held back.

        `target_pages`: on how many of its pages something was read or held back.

        A document that was read again to equal rows counts as unchanged.
        """
        as_before = documents.c.reread.is_not(None) & (documents.c.rows_fingerprint == (rows_fingerprint or ""))
        seen = {"reread": None, "target_pages": target_pages}
        change = update(documents).where(documents.c.sha256 == sha256, as_before).values(seen)
        told = {"staged_run": run_id, "staged_at": now(), "rows_fingerprint": rows_fingerprint} | seen
        with self._writing() as connection:
            if connection.execute(change).rowcount != 1:
                self._move(connection, sha256, "staged", **told)
            replace_held(connection, sha256, held)

    def note_removed(self, sha256: str) -> None:
        """Record that the rows of a refused document were removed from the raw schema."""
        gone = {"state": "refused", "reread": None, "rows_fingerprint": None, "decision": None}
        with self._writing() as connection:  # done already, by another run, is done
            connection.execute(update(documents).where(documents.c.sha256 == sha256, _rereads("refused")).values(gone))

    def note_lost(self, lost: Iterable[str]) -> None:
        """Record that rows are missing from the raw schema; the documents are read again."""
        with self._writing() as connection:
            for sha256 in lost:
                self._move(connection, sha256, "landed", reread=None)

    def staged(self) -> list[tuple[str, str]]:
        """List (sha256, fingerprint of its rows) of every loaded document, sorted."""
        rows = func.coalesce(documents.c.rows_fingerprint, documents.c.reader_version)
        columns = select(documents.c.sha256, rows).where(documents.c.state == "staged")
        with self._reading() as connection:
            return [(sha256, version) for sha256, version in connection.execute(columns.order_by(documents.c.sha256))]

    def held(self) -> list[str]:
        """List documents whose rows must be in the raw schema, sorted."""
        is_going = documents.c.reread.is_not_distinct_from("refused")
        return self._hashes((documents.c.state == "staged") & ~is_going)

    def documents_by_state(self) -> dict[str, int]:
        """Count documents by state."""
        with self._reading() as connection:
            rows = connection.execute(select(documents.c.state, func.count()).group_by(documents.c.state)).tuples()
            return dict(rows.all())
