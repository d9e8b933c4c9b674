"""Compute a publisher's calendar: when its season begins and ends, and when documents of a fiscal year are due."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from extract.entities import DocumentKind
from extract.publishers.models import Season

PLACE = ZoneInfo("Asia/Shanghai")  # a season's days are days there, whatever the machine's zone


def season_start(season: Season, today: date) -> date:
    """Return the first day of the current season, or of the last one."""
    return max(day for year in (today.year - 1, today.year) if (day := on_day(season.start, year)) <= today)


def season_end(season: Season, start: date) -> date:
    """Return the last day of the season that begins on `start`; it may lie in the next year."""
    end = on_day(season.end, start.year)
    return end if end >= start else on_day(season.end, start.year + 1)


def on_day(day: str, year: int) -> date:
    """Return the date of MM-DD in a year; 02-29 is the 28th in a common year."""
    month, number = (int(part) for part in day.split("-"))
    if (month, number) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400)):
        number = 28
    return date(year, month, number)


def report_lag(kind: DocumentKind) -> int:
    """Return the years between a fiscal year and its publication: 0 for plans, 1 for results."""
    return 1 if kind is DocumentKind.SELF_EVALUATION else 0


def last_year(season: Season, start: date) -> int:
    """Return the year in which the season that begins on `start` ends."""
    return start.year + (on_day(season.end, start.year) < start)


def due_on(season: Season, year: int) -> date:
    """Return the last day of the season that ends in `year`."""
    return on_day(season.end, year)
