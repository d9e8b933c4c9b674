"""Record the releases, and list what of each publisher is in none."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from extract.errors import LedgerError
from extract.ledger.database import Database, now
from extract.ledger.tables import documents, pins, releases, runs, sightings


class History(Database):
    """Published releases and publications that wait for one."""

    def note_release(self, release: dict[str, Any]) -> None:
        """Record a published release; idempotent."""
        with self._writing() as connection:
            row = {column.name: release[column.name] for column in releases.columns}
            row["row_counts"] = json.dumps(release["row_counts"], sort_keys=True)
            self._insert_missing(connection, releases, [row])

    def note_inputs(self, release_id: str, inputs: str) -> None:
        """Record that a build from other inputs gave the same release."""
        with self._writing() as connection:
            connection.execute(update(releases).where(releases.c.release_id == release_id).values(inputs=inputs))

    def releases(self) -> list[dict[str, Any]]:
        """List published releases, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(select(releases).order_by(releases.c.release_id)).mappings()
            return [{**row, "row_counts": json.loads(row["row_counts"])} for row in rows]

    def pin(self) -> dict[str, Any] | None:
        """Return the pin in force (release_id, pinned_by, why, pinned_at), None where the newest release is served."""
        with self._reading() as connection:
            row = connection.execute(select(pins).where(pins.c.unpinned_at.is_(None))).mappings().one_or_none()
            return None if row is None else dict(row)

    def pin_release(self, release_id: str, by: str, why: str) -> None:
        """Record that a person pins this release; an earlier pin ends."""
        if not by.strip() or not why.strip():
            raise LedgerError("a rollback needs a person's name and a reason")
        with self._writing() as connection:
            self._end_pin(connection, by)
            row = {"release_id": release_id, "pinned_by": by.strip(), "why": why.strip(), "pinned_at": now()}
            connection.execute(insert(pins), row)

    def unpin_release(self, by: str) -> None:
        """End the pin in force, if there is one."""
        with self._writing() as connection:
            self._end_pin(connection, by)

    def _end_pin(self, connection: Connection, by: str) -> None:
        ended = {"unpinned_by": by.strip(), "unpinned_at": now()}
        connection.execute(update(pins).where(pins.c.unpinned_at.is_(None)).values(ended))

    def freshness(self) -> list[dict[str, Any]]:
        """List per publisher file the number of documents and the time of the last new one."""
        query = (
            select(
                documents.c.publisher,
                func.count().label("documents"),
                func.max(documents.c.first_seen_at).label("last_new_at"),
            )
            .group_by(documents.c.publisher)
            .order_by(documents.c.publisher)
        )
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def waiting(self, is_behind: bool) -> dict[str, dict[str, Any]]:
        """Return per publisher how many publications are neither released nor refused, and since when.

        `is_behind`: the served release was built from other inputs than those staged now.
        """
        newest = select(func.max(releases.c.published_at)).scalar_subquery()
        unread = documents.c.state.in_(("landed", "read", "failed"))
        unreleased = and_(documents.c.state == "staged", or_(newest.is_(None), documents.c.staged_at > newest))
        query = (
            select(documents.c.publisher, func.count(), func.min(documents.c.first_seen_at))
            .where(or_(unread, unreleased) if is_behind else unread)
            .group_by(documents.c.publisher)
        )
        with self._reading() as connection:
            found = {
                publisher: {"waiting": count, "since": since} for publisher, count, since in connection.execute(query)
            }
            for publisher, since in connection.execute(_never_landed()):
                one = found.setdefault(publisher, {"waiting": 0, "since": since})
                one["waiting"] += 1
                one["since"] = min(one["since"], since)
        return found

    def unloaded(self) -> list[dict[str, Any]]:
        """List publications that are neither staged nor dropped, sorted: url, publisher, sha256, state, reason.

        Includes what the newest run of a publisher refused without its bytes.
        """
        d, s = documents.c, sightings.c
        landed = select(d.first_url.label("url"), d.publisher, d.sha256, d.state, d.reason).where(
            d.state.in_(("landed", "read", "failed", "refused"))
        )
        bare = (
            select(s.url, s.publisher, s.sha256, s.outcome.label("state"), s.reason)
            .select_from(_newest_sightings())
            .where(s.outcome == "refused", s.sha256.is_(None))
        )
        with self._reading() as connection:
            rows = [dict(row) for query in (landed, bare) for row in connection.execute(query).mappings()]
        return sorted(rows, key=lambda row: (row["url"], row["publisher"], row["sha256"] or ""))

    def last_start(self) -> datetime | None:
        """Return when the newest run began (UTC), whether or not it has ended."""
        query = select(runs.c.started_at).order_by(runs.c.run_no.desc()).limit(1)
        with self._reading() as connection:
            return connection.scalar(query)

    def new_since(self, publisher: str, since: Any) -> int:
        """Count a publisher's new documents since a moment (UTC)."""
        query = select(func.count()).where(documents.c.publisher == publisher, documents.c.first_seen_at >= since)
        with self._reading() as connection:
            return connection.scalar(query) or 0


def _never_landed() -> Any:
    """Select (publisher, first sighting) of what failed in its publisher's newest run and has no bytes."""
    s, other = sightings, sightings.alias()
    first = select(func.min(other.c.seen_at)).where(other.c.url == s.c.url).scalar_subquery()
    query = select(s.c.publisher, first).select_from(_newest_sightings())
    return query.where(s.c.outcome == "failed", s.c.sha256.is_(None))


def _newest_sightings() -> Any:
    """Select the sightings of each publisher's newest run that saw anything."""
    newest = (
        select(sightings.c.publisher, func.max(runs.c.run_no).label("run_no"))
        .join(runs, runs.c.run_id == sightings.c.run_id)
        .group_by(sightings.c.publisher)
        .subquery()
    )
    latest = sightings.join(runs, runs.c.run_id == sightings.c.run_id)
    return latest.join(newest, and_(newest.c.publisher == sightings.c.publisher, newest.c.run_no == runs.c.run_no))
