"""Query the ledger for the summary of the last run: counts, refusals with retry commands, state of publishers."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from extract.errors import Reason
from extract.ledger import OUTCOMES, Ledger
from extract.report.release_queries import MOST_ROWS
from extract.settings import Settings
from extract.sources.freshness import check_freshness

NIGHTS = 14
REASON_WORDS = {
    Reason.NOT_PDF: "not a PDF",
    Reason.EMPTY: "an empty file",
    Reason.TRUNCATED: "damaged",
    Reason.PASSWORD: "needs a password",
    Reason.TOO_LARGE: "too large",
    Reason.TIMEOUT: "took too long",
    Reason.MEMORY: "took too much memory",
    Reason.PAGE_MISSING: "a page is missing",
    Reason.NO_TEXT_LAYER: "scanned, no text",
    Reason.GARBLED_TEXT: "garbled text",
    Reason.NO_TABLE: "no table",
    Reason.NOT_TARGETS: "no performance targets",
    Reason.GOALS_ONLY: "goals without indicators",
    Reason.UNKNOWN_HEADER: "unknown header",
    Reason.UNREADABLE_AMOUNT: "unreadable amount",
    Reason.YEAR_UNKNOWN: "year unknown",
    Reason.CONSERVATION: "text outside every cell",
    Reason.READERS_DISAGREE: "the readers disagree",
    Reason.NOT_ALLOWED: "address not allowed",
    Reason.FORBIDDEN: "the site refuses",
    Reason.GONE: "gone from the site",
}


def read_night(settings: Settings, *, is_behind: bool) -> dict[str, Any]:
    """Return the ledger's present state.

    Keys: `run runs counts sightings seen troubled waiting is_behind freshness findings`.
    """
    ledger = Ledger(settings.ledger_url or "")
    run = ledger.last_run()
    states = ledger.documents_by_state()
    troubled = _troubled(ledger)
    return {
        "run": run,
        "runs": ledger.recent_runs(NIGHTS),
        "counts": {name: run[name] if run else 0 for name in ("seen", *OUTCOMES)},
        "sightings": ledger.sightings(run["run_id"], MOST_ROWS) if run else [],
        "troubled": troubled[:MOST_ROWS],
        "troubled_total": len(troubled),
        "waiting": sum(states.get(state, 0) for state in ("landed", "read", "failed")),
        "is_behind": is_behind,
        "freshness": [asdict(one) for one in check_freshness(settings, is_behind=is_behind)],
        "findings": ledger.findings(run["run_id"] if run else None),
    }


def _troubled(ledger: Ledger) -> list[dict[str, Any]]:
    """List refused and failed documents without a decision, and publications without bytes, with commands."""
    rows = [
        {**one, "id": one["sha256"][:12], "retry": f"jixiao refusals retry {one['sha256'][:12]} && jixiao run"}
        for one in ledger.refusals(undecided=True)
    ]
    known = {(one["sha256"], one["first_url"]) for one in rows}
    for one in ledger.troubled():
        if one["sha256"] is None and (None, one["first_url"]) not in known:
            publisher = one["publisher"]
            rows.append({**one, "id": None, "title": None, "retry": f"jixiao run --publisher {shlex.quote(publisher)}"})
    return rows
