"""The states of a document (bytes, by sha256), and every attempt to read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select, update

from extract.errors import LedgerError, Reason, Refused
from extract.ledger.store import Store, now
from extract.ledger.tables import attempts, documents

TRANSITIONS: dict[str, frozenset[str]] = {
    "landed": frozenset({"landed", "read", "refused", "failed"}),
    "read": frozenset({"read", "staged", "failed", "landed", "refused"}),
    "staged": frozenset({"staged", "landed"}),
    "refused": frozenset({"refused", "landed", "read", "failed", "dropped"}),
    "failed": frozenset({"failed", "landed", "read", "refused", "dropped"}),
    "dropped": frozenset({"dropped", "landed"}),
}
MAY_PASS = (Reason.TIMEOUT, Reason.MEMORY)  # a busy machine can cause these: tried again, but not for ever


def reason_of(error: Exception) -> str:
    """The reason code of a refusal, the class of any other error."""
    return error.reason.value if isinstance(error, Refused) else type(error).__name__


def detail_of(error: Exception) -> str:
    """What was expected and what was found."""
    return error.detail if isinstance(error, Refused) else str(error)


class Documents(Store):
    """What became of each content."""

    def _move(self, connection: Connection, sha256: str, state: str, **values: Any) -> None:
        """Change a document's state; raises LedgerError where TRANSITIONS does not allow it."""
        sources = [old for old, new in TRANSITIONS.items() if state in new]
        change = update(documents).where(documents.c.sha256 == sha256, documents.c.state.in_(sources))
        if connection.execute(change.values(state=state, **values)).rowcount != 1:
            found = connection.scalar(select(documents.c.state).where(documents.c.sha256 == sha256))
            raise LedgerError(f"document {sha256[:12]}: {found or 'unknown'} may not become {state}")

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
        with self._reading() as connection:
            return [(sha256, size) for sha256, size in connection.execute(query)]

    def note_read(self, sha256: str, reader_version: str) -> None:
        """The document is read and waits to be staged."""
        row = {"sha256": sha256, "ended_at": now(), "outcome": "read", "reader_version": reader_version}
        with self._writing() as connection:
            self._move(
                connection,
                sha256,
                "read",
                reader_version=reader_version,
                reason=None,
                page=None,
                detail=None,
                decision=None,
            )
            connection.execute(attempts.insert(), row)

    def note_unread(self, sha256: str, reader_version: str, error: Exception) -> None:
        """Refused with its reason, or failed for a cause that may pass."""
        state = "refused" if isinstance(error, Refused) else "failed"
        told = {
            "reader_version": reader_version,
            "reason": reason_of(error),
            "page": error.page if isinstance(error, Refused) else None,
            "detail": detail_of(error),
        }
        with self._writing() as connection:
            self._move(connection, sha256, state, decision=None, **told)
            connection.execute(attempts.insert(), {"sha256": sha256, "ended_at": now(), "outcome": state, **told})

    def to_stage(self) -> list[str]:
        """Documents that are read and wait to be staged, sorted."""
        query = select(documents.c.sha256).where(documents.c.state == "read").order_by(documents.c.sha256)
        with self._reading() as connection:
            return list(connection.scalars(query))

    def document(self, sha256: str) -> dict[str, Any]:
        """One document's row; raises LedgerError when it was never landed."""
        with self._reading() as connection:
            row = connection.execute(select(documents).where(documents.c.sha256 == sha256)).mappings().one_or_none()
        if row is None:
            raise LedgerError(f"document {sha256[:12]} is not in the ledger")
        return dict(row)

    def note_staged(self, sha256: str, run_id: str) -> None:
        """The document's rows are committed in the raw schema."""
        with self._writing() as connection:
            self._move(connection, sha256, "staged", staged_run=run_id, staged_at=now())

    def note_lost(self, lost: Iterable[str]) -> None:
        """The rows of these documents are no longer in the raw schema: they are read again."""
        with self._writing() as connection:
            for sha256 in lost:
                self._move(connection, sha256, "landed")

    def staged(self) -> list[tuple[str, str]]:
        """(sha256, version of the reader) of every document whose rows are in the raw schema, sorted."""
        columns = select(documents.c.sha256, documents.c.reader_version).where(documents.c.state == "staged")
        with self._reading() as connection:
            return [(sha256, version) for sha256, version in connection.execute(columns.order_by(documents.c.sha256))]

    def documents_by_state(self) -> dict[str, int]:
        """How many documents are in each state."""
        with self._reading() as connection:
            rows = connection.execute(select(documents.c.state, func.count()).group_by(documents.c.state)).tuples()
            return dict(rows.all())
