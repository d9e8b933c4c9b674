"""Choose documents that are not loaded, ask a person about each, and retry, accept or drop them.

Loaded documents of an older reader version are chosen likewise and read again; they need no decision. The tasks of the
DAG `replay` pass hashes, and one short text per question with its pictures; each answer takes effect at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from extract.errors import LedgerError
from extract.files import name_file
from extract.jobs.question_pictures import encode_picture
from extract.jobs.question_texts import (
    Pictures,
    describe_questions,
    follow_choices,
    list_documents,
    list_options,
    plain_text,
)
from extract.ledger import ACTIONS, MOST_REREAD, Ledger
from extract.ledger.refusals import STATES
from extract.publishers.season import PLACE
from extract.reading.reader_version import READER_VERSION
from extract.report.page_images import draw_refused
from extract.settings import Settings

log = logging.getLogger(__name__)
DECISIONS = "**retry** reads it again now, **accept** agrees that it is not loaded, **drop** marks it as irrelevant."
MOST_CHOSEN = 1000  # Airflow maps at most 1,024 items


def choose_refused(
    settings: Settings,
    ids: Iterable[str] = (),
    reason: str | None = None,
    publisher: str | None = None,
    since: str | None = None,
) -> list[str]:
    """Return the hashes of refused documents that match hash prefixes, reason code, publisher and first day.

    Without `ids`, documents that a person has accepted or dropped are left out. Raises LedgerError for unknown ids.
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
    """Return the hashes of loaded documents of another reader version that match all that is given.

    At most as many as one run reads again, oldest first sighting first. Raises LedgerError for ids that are not
    among them.
    """
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
    """Return what the form of the DAG `replay` asks for: refused, questioned, or outdated documents."""
    ids = params["ids"] or ()
    if params.get("questions"):
        if params["outdated"] or params["reason"] or params["since"] or params["decision"] != "ask":
            raise LedgerError("questions are asked of a person: by ids and publisher alone")
        return list_documents(Ledger(settings.ledger_url or ""), ids, params["publisher"])[:MOST_CHOSEN]
    if not params["outdated"]:
        return choose_refused(settings, ids, params["reason"], params["publisher"], params["since"])
    if params["reason"] or params["decision"] not in ("ask", "retry"):
        raise LedgerError("outdated documents are loaded: they have no reason, and can only be read again")
    return choose_outdated(settings, ids, params["publisher"], params["since"])


def _begin(day: str) -> datetime:
    start = date.fromisoformat(day)
    return datetime(start.year, start.month, start.day, tzinfo=PLACE).astimezone(UTC).replace(tzinfo=None)


def make_question(settings: Settings, sha256: str, address: str = "") -> dict[str, Any]:
    """Return the form about one document: subject, body, options, and the pictures of the body.

    `address` is where the pictures will be shown. Choices of the reader's questions come before retry, accept and drop,
    which are for refused documents.
    """
    ledger = Ledger(settings.ledger_url or "")
    one, rows = ledger.document(sha256), ledger.questions(is_open=True, sha256=sha256)
    is_refused = one["state"] in STATES
    told = [
        f"{plain_text(one['detail'])}\n\n" if is_refused else "",
        f"- title: {plain_text(one['title'])}\n- from: {plain_text(one['first_url'])}\n",
        f"- page: {one['page'] or '–'}\n" if is_refused else "",
        f"- archive: `{sha256}`\n\n",
    ]
    shown = Pictures(address)
    if rows:
        told.append(describe_questions(settings, sha256, rows, shown))
    else:
        told.append(shown.add(draw_refused(settings, sha256, one["page"]), f"page {one['page'] or 1}"))
    if is_refused:
        told.append(f"\n\n{DECISIONS}")
    count = "1 question" if len(rows) == 1 else f"{len(rows)} questions"
    what = count if rows or not is_refused else one["reason"]
    office = next((row["printed_publisher"] for row in rows if row["printed_publisher"]), one["publisher"])
    options = [*list_options(rows), *(ACTIONS if is_refused or not rows else ())]
    return {
        "subject": plain_text(f"{office}: {what}, {name_file(one['first_url'])}"),
        "body": "".join(told),
        "options": options,
        "pictures": [encode_picture(file.read_bytes()) for file in shown.files],
    }


def read_again(settings: Settings, chosen: Iterable[str], by: str) -> int:
    """Schedule loaded documents for rereading, during which their rows stay; return how many are scheduled in all."""
    return Ledger(settings.ledger_url or "").want_again(chosen, by)


def decide_all(settings: Settings, chosen: Iterable[str], action: str, by: str, why: str) -> int:
    """Store one decision for all chosen documents; return how many."""
    ledger = Ledger(settings.ledger_url or "")
    hashes = list(chosen)
    for sha256 in hashes:
        ledger.decide(sha256, action, by, why)
    return len(hashes)


def apply_answer(settings: Settings, sha256: str, answer: Mapping[str, Any]) -> str:
    """Apply a person's answer about one document; return what was done."""
    chosen = [str(one) for one in answer["chosen_options"]]
    user = answer.get("responded_by_user") or {}
    who = str(user.get("name") or user.get("id") or "unknown")
    why = str((answer.get("params_input") or {}).get("because") or "").strip() or "answered in Airflow"
    answered = follow_choices(settings, sha256, chosen, who, why)
    if answered is not None:
        return answered
    if len(chosen) != 1:
        raise LedgerError(f"document {sha256[:12]}: expected one decision, found {', '.join(chosen)}")
    Ledger(settings.ledger_url or "").decide(sha256, chosen[0], who, why)
    return chosen[0]
