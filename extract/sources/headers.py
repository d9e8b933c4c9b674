"""A header becomes a value, or None where it says nothing usable: whatever a site sends, nothing raises."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

VALIDATOR_CHARACTERS = 512  # a longer one may be refused as a request header, night after night
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)  # str.isdigit is true for ², which is no number


def read_number(text: str | None) -> int | None:
    """The number of a Content-Length or Retry-After; None for anything else than at most 18 ASCII digits."""
    cleaned = (text or "").strip()
    return int(cleaned) if _NUMBER.fullmatch(cleaned) else None


def read_http_date(text: str | None) -> datetime | None:
    """The moment that a date header names, with a zone; None where it names none that a calendar has."""
    try:
        found = parsedate_to_datetime(text) if text else None
        if found is None:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # a zone of 10^17 hours, the last day of the year 9999
        return None


def read_retry_after(text: str | None) -> float:
    """The seconds that a Retry-After asks for, as a number or as a date; 0 where it says nothing usable."""
    seconds = read_number(text)
    if seconds is not None:
        return float(seconds)
    moment = read_http_date(text)
    return 0.0 if moment is None else max(0.0, moment.timestamp() - time.time())


def keep_validator(text: str | None) -> str | None:
    """An ETag or Last-Modified that can be sent back as it came: printable ASCII of bounded length; else None."""
    if not text or len(text) > VALIDATOR_CHARACTERS or not text.isascii() or not text.isprintable():
        return None
    return text
