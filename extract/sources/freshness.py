"""Compare each publisher's source with the warehouse and its season.

ahead    publications were seen, longer ago than the publisher's patience, that are in no release and not refused
silent   the season is under way (or over) and less is new than the publisher file expects
drifted  the last run found the source unlistable, empty or far shorter than before
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from extract.ledger import Ledger
from extract.publishers import Publisher, load_publishers
from extract.publishers.season import PLACE, season_end, season_start
from extract.settings import Settings

CLOCKS = timedelta(
    minutes=5
)  # by which two machines may differ; what waits since later was seen by a clock that was set back


@dataclass(frozen=True, slots=True)
class Freshness:
    """State of one publisher. `alerts` is empty when no action is needed."""

    publisher: str
    documents: int
    last_new_at: datetime | None
    waiting: int
    waiting_since: datetime | None
    alerts: tuple[str, ...] = ()
    held_back: int = 0  # projects of its loaded documents


def check_freshness(settings: Settings, now: datetime | None = None, *, is_behind: bool) -> list[Freshness]:
    """Return one row per publisher file with a source, and per publisher that the ledger knows, by code.

    `is_behind`: whether staged documents are in no release.
    """
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    ledger = Ledger(settings.ledger_url or "")
    publishers = {one.code: one for one in load_publishers(settings.publishers_dir)}
    known = {row["publisher"]: row for row in ledger.freshness()}
    waiting = ledger.waiting(is_behind)
    last = ledger.last_run()
    findings = ledger.findings(last["run_id"] if last else None)
    held: dict[str, int] = {}
    for one in ledger.incomplete():
        held[one["publisher"]] = held.get(one["publisher"], 0) + one["held"]
    unread = {one["publisher"]: [_describe_unread(one)] for one in ledger.reread_failures()}
    codes = sorted({*known, *waiting, *(code for code, one in publishers.items() if one.source is not None)})
    rows = []
    for code in codes:
        row, open_ = known.get(code, {}), waiting.get(code, {"waiting": 0, "since": None})
        publisher = publishers.get(code)
        alerts = [f"{one['code']}: {one['detail']}" for one in findings if one["publisher"] == code]
        alerts += unread.get(code, [])
        if publisher is not None:
            alerts += _ahead(publisher, open_, moment) + _silent(publisher, ledger, moment)
        rows.append(
            Freshness(
                code,
                row.get("documents", 0),
                row.get("last_new_at"),
                open_["waiting"],
                open_["since"],
                tuple(alerts),
                held.get(code, 0),
            )
        )
    return rows


def describe_alerts(rows: Iterable[Freshness], pin: Mapping[str, Any] | None = None) -> str:
    """List every alert with its publisher, and a pin that withholds newer releases, one a line; '' for none.

    Projects held back are listed with the alerts and are none by themselves: the rest is published.
    """
    rows = list(rows)
    lines = [f"{row.publisher}: {alert}" for row in rows for alert in row.alerts]
    if pin is not None:
        lines.append(
            f"release {pin['release_id']} is pinned by {pin['pinned_by']} since {pin['pinned_at']:%Y-%m-%d %H:%M} UTC "
            f"({pin['why']}): `jixiao rollback --unpin` serves the newest one"
        )
    if lines:
        lines += [f"{row.publisher}: {row.held_back} projects are held back" for row in rows if row.held_back]
    return "\n".join(lines)


def _describe_unread(one: Mapping[str, Any]) -> str:
    return f"{one['documents']} loaded documents cannot be read again, their rows stay: {one['reason']}"


def _ahead(publisher: Publisher, open_: dict[str, Any], moment: datetime) -> list[str]:
    since = open_["since"]
    if since is None or -CLOCKS <= moment - since.replace(tzinfo=UTC) < timedelta(hours=publisher.patience_hours):
        return []
    return [f"source ahead of warehouse: {open_['waiting']} publications wait since {since:%Y-%m-%d %H:%M} UTC"]


def _silent(publisher: Publisher, ledger: Ledger, moment: datetime) -> list[str]:
    if publisher.season is None:
        return []
    today = moment.astimezone(PLACE).date()
    start = season_start(publisher.season, today)
    if today - start < timedelta(days=publisher.season.patience_days):
        return []
    begun = datetime(start.year, start.month, start.day, tzinfo=PLACE).astimezone(UTC).replace(tzinfo=None)
    new = ledger.new_since(publisher.code, begun)
    wanted = max(1, sum(publisher.expected.values()))
    over = "" if today <= season_end(publisher.season, start) else ", which is over"
    if new == 0:
        return [f"nothing new in season: none since {start}{over}; expected {wanted}"]
    if over and new < wanted:
        return [f"too little in season: {new} since {start}{over}; expected {wanted}"]
    return []
