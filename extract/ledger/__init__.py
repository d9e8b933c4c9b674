"""Record what was seen, landed, read, refused, staged and published.

Each sighting of a run ends loaded, unchanged, refused or failed; `close_run` raises where the four counts do not add
up to the sightings, and so does a constraint of the database. A document (bytes, by sha256) moves through the states
of `TRANSITIONS` only. Times are UTC. Every method is one transaction and idempotent, so it can be retried after a
crash.
"""

from __future__ import annotations

from extract.ledger.documents import MAY_PASS, TRANSITIONS
from extract.ledger.fetches import Fetches
from extract.ledger.held_back import HeldBack
from extract.ledger.questions import Questions
from extract.ledger.refusals import ACTIONS, Refusals
from extract.ledger.releases import History
from extract.ledger.rereads import MOST_REREAD, Rereads
from extract.ledger.retention import Retention
from extract.ledger.runs import OUTCOMES

__all__ = ["ACTIONS", "MAY_PASS", "MOST_REREAD", "OUTCOMES", "TRANSITIONS", "Ledger"]


class Ledger(Refusals, Rereads, Questions, Fetches, HeldBack, History, Retention):
    """The ledger at one SQLAlchemy URL: SQLite or PostgreSQL."""
