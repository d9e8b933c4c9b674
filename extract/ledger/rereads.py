"""Schedule loaded documents of an older reader version for rereading."""

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
    """Loaded documents on their way through another reader version; their rows stay meanwhile."""

    def outdated(
        self, reader_version: str, *, publisher: str | None = None, since: datetime | None = None
    ) -> list[str]:
        """List loaded documents that another reader version read, oldest first sighting first.

        `since` (UTC) bounds the first sighting.
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
        """Schedule loaded documents for rereading in this order, as many as one run takes; idempotent.

        Returns how many are scheduled in all.
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
        """Return per publisher how many loaded documents could not be read again, and one of the reasons."""
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
        """Count loaded documents that wait to be read again or to be staged after that."""
        query = select(func.count()).where(documents.c.state == "staged", documents.c.reread.is_not(None))
        with self._reading() as connection:
            return connection.scalar(query) or 0
