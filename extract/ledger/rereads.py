"""Loaded documents that an older reader read: which they are, and that they are to be read again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from extract.errors import LedgerError
from extract.ledger.database import now
from extract.ledger.documents import Documents
from extract.ledger.tables import decisions, documents

MOST_REREAD = 1000  # documents that one run reads again


class Rereads(Documents):
    """Loaded documents on their way through another reader; their rows stay meanwhile."""

    def outdated(
        self, reader_version: str, *, publisher: str | None = None, since: datetime | None = None
    ) -> list[str]:
        """Loaded documents that another reader than this one read, those seen first at the head.

        `since` (UTC) looks at when they were first seen.
        """
        d = documents.c
        is_read_again = d.reread.is_not(None) & (d.reread != "wanted")
        query = select(d.sha256).where(
            d.state == "staged", d.reader_version.is_distinct_from(reader_version), ~is_read_again
        )
        if publisher is not None:
            query = query.where(d.publisher == publisher)
        if since is not None:
            query = query.where(d.first_seen_at >= since)
        with self._reading() as connection:
            return list(connection.scalars(query.order_by(d.first_seen_at, d.sha256)))

    def want_again(self, hashes: Iterable[str], by: str) -> int:
        """Have loaded documents read again by the next run, in this order, as many as one run takes.

        Returns how many it now reads again in all. Asking again changes nothing.
        """
        if not by.strip():
            raise LedgerError("retry: expected a person's name")
        d = documents.c
        with self._writing() as connection:
            taken = connection.scalar(select(func.count()).where(d.reread.is_not(None))) or 0
            for sha256 in hashes:
                if taken >= MOST_REREAD:
                    break
                change = update(documents).where(d.sha256 == sha256, d.state == "staged", d.reread.is_(None))
                if connection.execute(change.values(reread="wanted")).rowcount == 1:
                    taken += 1
                    told = {"sha256": sha256, "action": "retry", "decided_by": by.strip(), "decided_at": now()}
                    connection.execute(decisions.insert(), told | {"why": "read by an older reader"})
        return taken

    def reread_failures(self) -> list[dict[str, Any]]:
        """Per publisher: how many loaded documents could not be read again so far, and one of the reasons."""
        d = documents.c
        query = (
            select(d.publisher, func.count().label("documents"), func.min(d.reason).label("reason"))
            .where(d.state == "staged", d.reread == "wanted", d.reason.is_not(None))
            .group_by(d.publisher)
            .order_by(d.publisher)
        )
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def rereads(self) -> int:
        """How many loaded documents wait to be read again, or for what came of it to be staged."""
        query = select(func.count()).where(documents.c.state == "staged", documents.c.reread.is_not(None))
        with self._reading() as connection:
            return connection.scalar(query) or 0
