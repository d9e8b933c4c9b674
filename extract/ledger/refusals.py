"""List refused documents with their reasons, and record people's decisions about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from extract.errors import LedgerError
from extract.ledger.database import now
from extract.ledger.documents import Documents
from extract.ledger.held_back import HeldBack
from extract.ledger.runs import Runs
from extract.ledger.tables import attempts, decisions, documents, sightings

STATES = ("refused", "failed", "dropped")
ACTIONS = ("retry", "accept", "drop")


class Refusals(Documents, HeldBack, Runs):
    """Documents that are not loaded, and the decisions about them."""

    def refusals(
        self,
        *,
        states: Iterable[str] = ("refused", "failed"),
        reason: str | None = None,
        publisher: str | None = None,
        since: datetime | None = None,
        undecided: bool = False,
    ) -> list[dict[str, Any]]:
        """List documents that are not loaded, by publisher and address; `since` (UTC) bounds the first sighting."""
        query = select(documents).where(documents.c.state.in_(list(states)))
        if reason is not None:
            query = query.where(documents.c.reason == reason)
        if publisher is not None:
            query = query.where(documents.c.publisher == publisher)
        if since is not None:
            query = query.where(documents.c.first_seen_at >= since)
        if undecided:
            query = query.where(documents.c.decision.is_(None))
        with self._reading() as connection:
            rows = connection.execute(query.order_by(documents.c.publisher, documents.c.first_url)).mappings()
            return [dict(row) for row in rows]

    def find_document(self, start: str) -> str:
        """Return the hash that begins with these digits (at least 6); LedgerError where none or several do."""
        if len(start) < 6 or not set(start.lower()) <= set("0123456789abcdef"):
            raise LedgerError(f"{start}: expected at least 6 hexadecimal digits of a document's hash")
        query = select(documents.c.sha256).where(documents.c.sha256.startswith(start.lower())).limit(2)
        with self._reading() as connection:
            found = list(connection.scalars(query))
        if len(found) != 1:
            raise LedgerError(f"{start}: {'several documents begin' if found else 'no document begins'} with it")
        return str(found[0])

    def decide(self, sha256: str, action: str, by: str, why: str) -> None:
        """Store a person's decision about a refused document and apply it; LedgerError where it is not allowed.

        retry: the next run reads it again. accept: the refusal is right; it is no longer reported, and only another
        reader version reads it again. drop: it is out of scope and never read again.
        """
        if action not in ACTIONS:
            raise LedgerError(f"expected {', '.join(ACTIONS)}, found {action}")
        if not by.strip() or (action != "retry" and not why.strip()):
            raise LedgerError(f"{action}: expected a person's name and a reason")
        with self._writing() as connection:
            row = connection.execute(
                select(documents.c.state, documents.c.reason).where(documents.c.sha256 == sha256)
            ).one_or_none()
            if row is None or row.state not in STATES:
                found = row.state if row else "not in the ledger"
                raise LedgerError(f"document {sha256[:12]}: expected refused, failed or dropped, found {found}")
            if action == "accept":
                if row.state != "refused":
                    raise LedgerError(f"document {sha256[:12]}: only a refusal can be accepted, found {row.state}")
                self._move(connection, sha256, "refused", decision="accept")
            else:
                self._move(connection, sha256, "landed" if action == "retry" else "dropped", decision=None)
            connection.execute(
                decisions.insert(),
                {
                    "sha256": sha256,
                    "action": action,
                    "decided_by": by.strip(),
                    "why": why.strip(),
                    "decided_at": now(),
                    "reason": row.reason,
                },
            )

    def history(self, sha256: str) -> dict[str, list[dict[str, Any]]]:
        """List the sightings of a document, the attempts to read it and the decisions about it; oldest first."""
        wanted = {
            "sightings": select(
                sightings.c.seen_at, sightings.c.publisher, sightings.c.url, sightings.c.listing, sightings.c.title
            )
            .where(sightings.c.sha256 == sha256)
            .order_by(sightings.c.sighting_id),
            "attempts": select(
                attempts.c.ended_at,
                attempts.c.outcome,
                attempts.c.reader_version,
                attempts.c.reason,
                attempts.c.page,
                attempts.c.detail,
            )
            .where(attempts.c.sha256 == sha256)
            .order_by(attempts.c.attempt_id),
            "decisions": select(
                decisions.c.decided_at,
                decisions.c.action,
                decisions.c.decided_by,
                decisions.c.why,
                decisions.c.reason,
            )
            .where(decisions.c.sha256 == sha256)
            .order_by(decisions.c.decision_id),
        }
        with self._reading() as connection:
            return {name: [dict(row) for row in connection.execute(query).mappings()] for name, query in wanted.items()}

    def troubled(self) -> list[dict[str, Any]]:
        """List refused and failed documents without a decision, and what the last run could not land.

        `held` counts the projects of a document that are held back for reasons of their own.
        """
        counts = self.held_counts()
        names = ("sha256", "publisher", "first_url", "state", "reason", "page", "detail")
        rows = [
            {name: one[name] for name in names} | {"held": counts.get(one["sha256"], 0)}
            for one in self.refusals(undecided=True)
        ]
        last = self.last_run()
        s = sightings.c
        unlanded = select(s.publisher, s.url, s.outcome, s.reason, s.detail).where(
            s.run_id == (last or {}).get("run_id"), s.sha256.is_(None)
        )
        with self._reading() as connection:
            for publisher, url, outcome, reason, detail in connection.execute(unlanded.order_by(s.url)):
                told = zip(names, (None, publisher, url, outcome, reason, None, detail), strict=True)
                rows.append({**dict(told), "held": 0})
        return rows
