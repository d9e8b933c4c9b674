"""Record a run's sightings at its sources and the outcome of each; the counts must add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select, update

from extract.entities import LandedPdf, Landing, Publication
from extract.errors import LedgerError, Refused
from extract.ledger.database import Database, as_utc, now
from extract.ledger.documents import detail_of, reason_of
from extract.ledger.fetches import fetch_row
from extract.ledger.tables import documents, fetches, findings, runs, sightings

OUTCOMES = ("loaded", "unchanged", "refused", "failed")


class Runs(Database):
    """Runs, their sightings and the outcome of each."""

    def start_run(self, run_id: str) -> list[str]:
        """Open a run; idempotent after a crash or a cleared task.

        Closes earlier runs that were killed, so that what they loaded counts as theirs, and returns their ids. A run
        that is still going on beside this one is closed once more when it ends.
        """
        with self._writing() as connection:
            number = connection.scalar(select(func.coalesce(func.max(runs.c.run_no), 0) + 1))
            self._insert_missing(connection, runs, [{"run_id": run_id, "started_at": now(), "run_no": number}])
            mine = select(runs.c.run_no).where(runs.c.run_id == run_id).scalar_subquery()
            left = select(runs.c.run_id).where(runs.c.finished_at.is_(None), runs.c.run_no < mine)
            abandoned = list(connection.scalars(left.order_by(runs.c.run_no)))
            for one in abandoned:
                self._settle(connection, one, is_over=False)
        return abandoned

    def sight(self, run_id: str, publications: Iterable[Publication]) -> None:
        """Record the publications that a run saw at its sources, once per run and URL."""
        rows = [
            {
                "run_id": run_id,
                "publisher": p.publisher,
                "url": p.url,
                "title": p.title,
                "printed_on": p.printed_on,
                "listing": p.listing,
                "version": p.version,
                "seen_at": now(),
            }
            for p in publications
        ]
        with self._writing() as connection:
            self._insert_missing(connection, sightings, rows)

    def unlanded(self, run_id: str) -> list[Publication]:
        """List the run's sightings that have neither bytes nor an outcome yet."""
        s = sightings.c
        query = select(s.publisher, s.url, s.title, s.printed_on, s.listing, s.version).where(
            s.run_id == run_id, s.sha256.is_(None), s.outcome.is_(None)
        )
        with self._reading() as connection:
            return [Publication(*row) for row in connection.execute(query.order_by(s.url)).tuples()]

    def note_landed(self, run_id: str, publication: Publication, landed: LandedPdf) -> None:
        """Record the bytes of a publication; new bytes become a document in state `landed`."""
        self.note_landings(run_id, [Landing(publication, landed=landed)])

    def note_unlanded(self, run_id: str, url: str, error: Exception) -> None:
        """Record a publication without bytes: refused where the error is a refusal, else failed and retried."""
        with self._writing() as connection:
            connection.execute(self._sighting(run_id, url).values(**_unlanded(error)))

    def note_landings(self, run_id: str, landings: Sequence[Landing]) -> None:
        """Record several landings in one transaction: bytes or error, cache entry, findings."""
        with self._writing() as connection:
            self._insert_missing(
                connection, documents, [_document(one.publication, one.landed) for one in landings if one.landed]
            )
            for one in landings:
                sighting = self._sighting(run_id, one.publication.url, one.publication.publisher)
                if one.landed is not None:
                    connection.execute(sighting.values(sha256=one.landed.sha256))
                    if one.publication.printed_on is not None:
                        self._complete_date(connection, one.publication, one.landed.sha256)
                elif one.error is not None:
                    connection.execute(sighting.values(**_unlanded(one.error)))
            self._insert_or_replace(
                connection,
                fetches,
                [fetch_row(one.publication.publisher, one.cache_entry) for one in landings if one.cache_entry],
            )
            self._insert_or_replace(
                connection,
                findings,
                [
                    _finding(run_id, one.publication.publisher, f.code, one.publication.url, f.detail)
                    for one in landings
                    for f in one.findings
                ],
            )

    def _complete_date(self, connection: Connection, publication: Publication, sha256: str) -> None:
        """Fill in a publication date where the first sighting printed none and this one does."""
        missing = (documents.c.sha256 == sha256) & documents.c.printed_on.is_(None)
        connection.execute(update(documents).where(missing).values(printed_on=publication.printed_on))

    def _sighting(self, run_id: str, url: str, publisher: str | None = None) -> Any:
        change = update(sightings).where(sightings.c.run_id == run_id, sightings.c.url == url)
        return change if publisher is None else change.where(sightings.c.publisher == publisher)

    def close_run(self, run_id: str) -> dict[str, int]:
        """Set the outcome of every sighting and check that the counts add up; raises LedgerError if not."""
        with self._writing() as connection:
            return self._settle(connection, run_id, is_over=True)

    def _settle(self, connection: Connection, run_id: str, *, is_over: bool) -> dict[str, int]:
        """Count the outcomes of a run's sightings; of an unfinished run those without bytes stay open."""
        rows = connection.execute(
            select(
                sightings.c.sighting_id,
                sightings.c.sha256,
                sightings.c.outcome,
                documents.c.state,
                documents.c.staged_run,
            )
            .outerjoin(documents, documents.c.sha256 == sightings.c.sha256)
            .where(sightings.c.run_id == run_id)
            .order_by(sightings.c.sighting_id)
        ).all()
        outcomes = _outcomes(run_id, rows)
        bare = {row.sighting_id for row in rows if row.sha256 is None}
        settled = [(number, became) for number, became in outcomes if is_over or number not in bare]
        if settled:
            change = update(sightings).where(sightings.c.sighting_id == bindparam("number"))
            connection.execute(
                change.values(outcome=bindparam("became")),
                [{"number": number, "became": became} for number, became in settled],
            )
        counts = {name: sum(became == name for _, became in outcomes) for name in OUTCOMES}
        seen = connection.scalar(select(func.count()).select_from(sightings).where(sightings.c.run_id == run_id)) or 0
        if seen != sum(counts.values()):
            raise LedgerError(f"run {run_id}: {seen} publications were seen, but {counts} add up to another number")
        connection.execute(update(runs).where(runs.c.run_id == run_id).values(finished_at=now(), seen=seen, **counts))
        return {"seen": seen, **counts}

    def newest_run(self) -> dict[str, Any] | None:
        """Return the run that was started last, whether or not it has ended."""
        query = select(runs).order_by(runs.c.run_no.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return dict(row) if row else None

    def last_run(self) -> dict[str, Any] | None:
        """Return the newest closed run with its counts, by order of starting (clocks may be set back)."""
        query = select(runs).where(runs.c.finished_at.is_not(None)).order_by(runs.c.run_no.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return dict(row) if row else None

    def recent_runs(self, most: int) -> list[dict[str, Any]]:
        """List the newest closed runs with their counts, oldest first."""
        query = select(runs).where(runs.c.finished_at.is_not(None)).order_by(runs.c.run_no.desc()).limit(most)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()][::-1]

    def sightings(self, run_id: str, most: int) -> list[dict[str, Any]]:
        """List the sightings of a closed run with their outcomes: failed and refused first, then new ones."""
        s = sightings.c
        rank = case({"failed": 1, "refused": 2, "loaded": 3}, value=s.outcome, else_=4)
        query = select(s.publisher, s.title, s.url, s.sha256, s.outcome, s.printed_on).where(s.run_id == run_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(rank, s.publisher, s.url).limit(most)).mappings()
            return [dict(row) for row in rows]

    # -- what a person should know about a source ---------------------------------------------------------------------

    def note_finding(self, run_id: str, publisher: str, code: str, subject: str, detail: str) -> None:
        """Record a finding, one per run, publisher, code and subject; a repeated step replaces it."""
        with self._writing() as connection:
            self._insert_or_replace(connection, findings, [_finding(run_id, publisher, code, subject, detail)])

    def forget_findings(self, run_id: str, publisher: str, codes: Iterable[str]) -> None:
        """Remove a step's findings before it is repeated."""
        mine = (findings.c.run_id == run_id) & (findings.c.publisher == publisher) & findings.c.code.in_(list(codes))
        with self._writing() as connection:
            connection.execute(findings.delete().where(mine))

    def findings(self, run_id: str | None) -> list[dict[str, Any]]:
        """List what a run found about its sources."""
        f = findings.c
        query = select(f.publisher, f.code, f.subject, f.detail).where(f.run_id == run_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(f.publisher, f.code, f.subject)).mappings()
            return [dict(row) for row in rows]

    def seen_before(self, run_id: str, publisher: str, runs_back: int = 5) -> int:
        """Return the maximum number of publications that the last runs saw at a publisher's source."""
        mine = select(runs.c.run_no).where(runs.c.run_id == run_id).scalar_subquery()
        query = (
            select(func.count())
            .select_from(sightings.join(runs, runs.c.run_id == sightings.c.run_id))
            .where(sightings.c.publisher == publisher, runs.c.run_no < mine, runs.c.run_no >= mine - runs_back)
            .group_by(sightings.c.run_id)
        )
        with self._reading() as connection:
            return max(connection.scalars(query), default=0)


def _outcomes(run_id: str, rows: Iterable[Any]) -> list[tuple[int, str]]:
    """Return (sighting_id, outcome) pairs: of several sightings of one new document the first is `loaded`."""
    outcomes: list[tuple[int, str]] = []
    counted: set[str] = set()
    for number, sha256, noted, state, staged_run in rows:
        if sha256 is None:
            outcome = noted or "failed"
        elif state == "staged":
            outcome = "loaded" if staged_run == run_id and sha256 not in counted else "unchanged"
            counted.add(sha256)
        else:
            outcome = "refused" if state in ("refused", "dropped") else "failed"
        outcomes.append((number, outcome))
    return outcomes


def _unlanded(error: Exception) -> dict[str, Any]:
    outcome = "refused" if isinstance(error, Refused) else "failed"
    return {"outcome": outcome, "reason": reason_of(error), "detail": detail_of(error)}


def _document(publication: Publication, landed: LandedPdf) -> dict[str, Any]:
    return {
        "sha256": landed.sha256,
        "size": landed.size,
        "state": "landed",
        "publisher": publication.publisher,
        "first_url": publication.url,
        "title": publication.title,
        "printed_on": publication.printed_on,
        "first_seen_at": as_utc(landed.landed_at),
    }


def _finding(run_id: str, publisher: str, code: str, subject: str, detail: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "publisher": publisher,
        "code": code,
        "subject": subject,
        "detail": detail,
        "found_at": now(),
    }
