"""Documents that are not loaded are chosen, shown to a person, and read again, accepted or dropped as decided.

Loaded ones that an older reader read are chosen likewise and read again; there is nothing to decide about them.

What passes between the tasks of the DAG `replay` is hashes, and one short text per question; each answer counts
at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from extract.errors import LedgerError
from extract.ledger import MOST_REREAD, Ledger
from extract.publishers.season import PLACE
from extract.report.page_images import draw_refused
from extract.settings import Settings

log = logging.getLogger(__name__)
MOST_CHOSEN = 1000  # Airflow maps at most 1,024 items


def choose_refused(
    settings: Settings,
    ids: Iterable[str] = (),
    reason: str | None = None,
    publisher: str | None = None,
    since: str | None = None,
) -> list[str]:
    """The hashes of the documents that fit all that is given: beginnings of hashes, reason code, publisher, first day.

    Without `ids`, documents that a person has accepted or dropped are left alone. Raises LedgerError for unknown ids.
    """
    ledger = Ledger(settings.ledger_url or "")
    wanted = {ledger.find_document(one.strip()) for one in ids if one.strip()}
    states = ("refused", "failed", "dropped") if wanted else ("refused", "failed")
    found = ledger.refusals(
        states=states,
        reason=reason or None,
        publisher=publisher or None,
        since=_begin(since) if since else None,
        undecided=not wanted,
    )
    chosen = [one["sha256"] for one in found if not wanted or one["sha256"] in wanted]
    left = wanted - set(chosen)
    if left:
        raise LedgerError(
            f"not refused, or not fitting the other parameters: {', '.join(s[:12] for s in sorted(left))}"
        )
    if len(chosen) > MOST_CHOSEN:
        raise LedgerError(f"{len(chosen)} documents chosen, at most {MOST_CHOSEN} at once: narrow the choice")
    log.info("%d documents chosen", len(chosen))
    return chosen


def choose_outdated(
    settings: Settings, ids: Iterable[str] = (), publisher: str | None = None, since: str | None = None
) -> list[str]:
    """The hashes of loaded documents that another reader than today's read and that fit all that is given.

    At most as many as one run reads again, those seen first at the head. Raises LedgerError for ids that are not
    among them.
    """
    from extract.reading.document import READER_VERSION

    ledger = Ledger(settings.ledger_url or "")
    wanted = {ledger.find_document(one.strip()) for one in ids if one.strip()}
    found = ledger.outdated(READER_VERSION, publisher=publisher or None, since=_begin(since) if since else None)
    left = wanted - set(found)
    if left:
        raise LedgerError(
            f"not loaded by an older reader, or not fitting the other parameters: "
            f"{', '.join(s[:12] for s in sorted(left))}"
        )
    chosen = [sha256 for sha256 in found if not wanted or sha256 in wanted]
    log.info("%d loaded documents are of an older reader, %d chosen", len(found), min(len(chosen), MOST_REREAD))
    return chosen[:MOST_REREAD]


def choose_documents(settings: Settings, params: Mapping[str, Any]) -> list[str]:
    """What the form of the DAG `replay` asks for: refused documents, or outdated ones."""
    if not params["outdated"]:
        return choose_refused(settings, params["ids"], params["reason"], params["publisher"], params["since"])
    if params["reason"] or params["decision"] not in ("ask", "retry"):
        raise LedgerError("outdated documents are loaded: they have no reason, and can only be read again")
    return choose_outdated(settings, params["ids"], params["publisher"], params["since"])


def _begin(day: str) -> datetime:
    start = date.fromisoformat(day)
    return datetime(start.year, start.month, start.day, tzinfo=PLACE).astimezone(UTC).replace(tzinfo=None)


def make_question(settings: Settings, sha256: str) -> dict[str, str]:
    """What a person must know to decide about one document: subject and body, the picture of the page drawn beside."""
    one = Ledger(settings.ledger_url or "").document(sha256)
    picture = draw_refused(settings, sha256, one["page"])
    shown = f"Picture of the page: `{picture}`" if picture else "No picture of the page can be drawn."
    body = (
        f"{_plain(one['detail'])}\n\n- title: {_plain(one['title'])}\n- from: {_plain(one['first_url'])}\n"
        f"- page: {one['page'] or '–'}\n- archive: `{sha256}`\n\n{shown}\n\n"
        "**retry** reads it again now, **accept** agrees that it is not loaded, **drop** says it is none of ours."
    )
    return {"subject": f"{one['publisher']}: {one['reason']} ({sha256[:12]})", "body": body}


def _plain(text: str | None) -> str:
    """Printed text in a Markdown body that Airflow renders with Jinja: characters of neither language."""
    swapped = (text or "–").translate({ord(c): " " for c in "{}`<>|[]\r\n"})
    return swapped if len(swapped) <= 500 else swapped[:499] + "…"


def read_again(settings: Settings, chosen: Iterable[str], by: str) -> int:
    """Have loaded documents read again; returns how many the next run reads again in all. Their rows stay meanwhile."""
    return Ledger(settings.ledger_url or "").want_again(chosen, by)


def decide_all(settings: Settings, chosen: Iterable[str], action: str, by: str, why: str) -> int:
    """One decision for all chosen documents; returns how many."""
    ledger = Ledger(settings.ledger_url or "")
    hashes = list(chosen)
    for sha256 in hashes:
        ledger.decide(sha256, action, by, why)
    return len(hashes)


def apply_answer(settings: Settings, sha256: str, answer: Mapping[str, Any]) -> str:
    """Follow what a person answered about one document; returns what that was."""
    action = str(answer["chosen_options"][0])
    who = answer.get("responded_by_user") or {}
    why = str((answer.get("params_input") or {}).get("why") or "").strip() or "answered in Airflow"
    Ledger(settings.ledger_url or "").decide(sha256, action, str(who.get("name") or who.get("id") or "unknown"), why)
    return action
