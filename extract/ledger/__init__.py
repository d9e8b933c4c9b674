"""Record what was seen, landed, read, refused, staged and published.

A run's sightings each end loaded, unchanged, refused or failed; `close_run` refuses a run whose four counts do not add
up to what was seen, and so does the database. A document (bytes, by sha256) moves through the states of `TRANSITIONS`
and through no others. Times are UTC. Every method is one transaction and may be repeated after a crash.
"""

from __future__ import annotations

from extract.ledger.documents import MAY_PASS, TRANSITIONS
from extract.ledger.fetches import Fetches
from extract.ledger.questions import Questions
from extract.ledger.refusals import ACTIONS, Refusals
from extract.ledger.releases import History
from extract.ledger.rereads import MOST_REREAD, Rereads
from extract.ledger.retention import Retention
from extract.ledger.runs import OUTCOMES

__all__ = ["ACTIONS", "MAY_PASS", "MOST_REREAD", "OUTCOMES", "TRANSITIONS", "Ledger"]


class Ledger(Refusals, Rereads, Questions, Fetches, History, Retention):
    """The ledger behind one SQLAlchemy URL: SQLite or PostgreSQL."""
