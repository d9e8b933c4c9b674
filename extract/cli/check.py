"""Describe in one line what needs a person's attention, for a monitor: `jixiao status --check`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import typer

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_RUN = timedelta(hours=12)  # what has not ended by then was killed: the DAG's own limit
CLOCKS = timedelta(minutes=5)  # by which two machines may differ
LONGEST_TEXT = 120


def read_age(text: str) -> timedelta:
    """Parse an age: `26h`, `90m` or `2d`; raises BadParameter."""
    found = re.fullmatch(r"(\d{1,6})([mhd])", text.strip())
    if not found:
        raise typer.BadParameter(f"expected an age as 26h, 90m or 2d, found {text!r}")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def find_trouble(found: dict[str, Any], max_age: timedelta, now: datetime | None = None) -> list[str]:
    """List everything in a status (record_rows.py) that needs attention, the worst first; [] where all is well."""
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    troubles = [*_of_runs(found, moment, max_age)]
    if found["sandbox"]["trouble"]:
        troubles.append(found["sandbox"]["trouble"])
    if found["failed"]:
        troubles.append(f"{found['failed']} of {found['seen']} publications failed in the last run")
    is_running = found["running_since"] is not None and -CLOCKS <= moment - found["running_since"] < LONGEST_RUN
    if found["waiting"] and not is_running:
        troubles.append(f"{found['waiting']} documents wait to be loaded")
    if found["release_is_behind"] and not is_running:
        troubles.append("what is staged is in no release")
    if pin := found["pin"]:
        troubles.append(f"release {pin['release_id']} is pinned by {pin['pinned_by']}")
    for publisher in found["publishers"]:
        troubles += [f"{publisher['publisher']}: {alert}" for alert in publisher["alerts"]]
    return [_one_line(trouble) for trouble in troubles]


def _of_runs(found: dict[str, Any], moment: datetime, max_age: timedelta) -> list[str]:
    troubles = []
    if found["finished_at"] is None:
        troubles.append("no run has ended yet")
    elif found["finished_at"] - moment > CLOCKS:
        troubles.append(f"the last run ended in {_say(found['finished_at'] - moment)}: the clock was set back")
    elif moment - found["finished_at"] > max_age:
        troubles.append(f"the last run ended {_say(moment - found['finished_at'])} ago")
    if found["running_since"] is not None and moment - found["running_since"] >= LONGEST_RUN:
        troubles.append(f"a run began {_say(moment - found['running_since'])} ago and has not ended")
    return troubles


def _say(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _one_line(text: str) -> str:
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"
