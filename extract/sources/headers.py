"""Parse headers to values, None where they hold nothing usable; never raises."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

VALIDATOR_CHARACTERS = 512  # a longer one may be refused as a request header, night after night
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)  # str.isdigit is true for ², which is no number


def read_number(text: str | None) -> int | None:
    """Parse a Content-Length or Retry-After; None for anything but at most 18 ASCII digits."""
    cleaned = (text or "").strip()
    return int(cleaned) if _NUMBER.fullmatch(cleaned) else None


def read_http_date(text: str | None) -> datetime | None:
    """Parse a date header to an aware datetime; None where it is no date of the calendar."""
    try:
        found = parsedate_to_datetime(text) if text else None
        if found is None:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):  # a zone of 10^17 hours, the last day of the year 9999
        return None


def read_retry_after(text: str | None) -> float:
    """Parse a Retry-After, a number or a date, to seconds; 0 where it holds nothing usable."""
    seconds = read_number(text)
    if seconds is not None:
        return float(seconds)
    moment = read_http_date(text)
    return 0.0 if moment is None else max(0.0, moment.timestamp() - time.time())


def keep_validator(text: str | None) -> str | None:
    """Return an ETag or Last-Modified that can be sent back unchanged: printable ASCII of bounded length.

    None for any other.
    """
    if not text or len(text) > VALIDATOR_CHARACTERS or not text.isascii() or not text.isprintable():
        return None
    return text
