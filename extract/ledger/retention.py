"""Remove redundant history: sightings between the first and the last of an edition, old findings."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, exists, select

from extract.ledger.database import Database
from extract.ledger.tables import findings, runs, sightings


class Retention(Database):
    """Removal of rows that repeat other rows."""

    def thin_sightings(self, before: datetime) -> int:
        """Keep of each edition at each address the first and last sighting and all since `before`.

        Returns how many were removed. The counts of a run stand in `runs` and stay.
        """
        one, same = sightings, sightings.alias()
        alike = and_(
            same.c.publisher == one.c.publisher,
            same.c.url == one.c.url,
            same.c.sha256.is_not_distinct_from(one.c.sha256),
        )
        older = exists().where(alike, same.c.sighting_id < one.c.sighting_id)
        newer = exists().where(alike, same.c.sighting_id > one.c.sighting_id)
        closed = select(runs.c.run_id).where(runs.c.started_at < before, runs.c.finished_at.is_not(None))
        with self._writing() as connection:
            old = [*connection.scalars(select(one.c.sighting_id).where(one.c.run_id.in_(closed), older, newer))]
            for start in range(0, len(old), 500):
                connection.execute(delete(one).where(one.c.sighting_id.in_(old[start : start + 500])))
        return len(old)

    def forget_old_findings(self, before: datetime) -> int:
        """Remove findings older than `before` except those of the newest run; return how many."""
        newest = select(runs.c.run_id).order_by(runs.c.run_no.desc()).limit(1).scalar_subquery()
        with self._writing() as connection:
            old = delete(findings).where(findings.c.found_at < before, findings.c.run_id != newest)
            return connection.execute(old).rowcount
