"""Parse robots.txt: whether an address is allowed, and the crawl delay."""

from __future__ import annotations

import math
import re
from urllib.robotparser import RobotFileParser

MOST_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB must be read
AGENT = "jixiao"
MOST_DELAY_SECONDS = 10**9
_RULE = re.compile(r"\s*(user-agent|allow|disallow)\s*:", re.IGNORECASE)
_DELAY = re.compile(r"\s*crawl-delay\s*:\s*([0-9]{1,400}(?:\.[0-9]{0,400})?)\s*(?:#.*)?", re.IGNORECASE | re.ASCII)


class Robots:
    """Rules of one site. A site without robots.txt (any 4xx) allows everything (RFC 9309)."""

    def __init__(self, text: str) -> None:
        self._parser = RobotFileParser()
        self._parser.parse(
            [known for line in text.lstrip("\ufeff").splitlines() if (known := _clean_line(line)) is not None]
        )

    def allows(self, url: str) -> bool:
        """Return True if our user agent may ask for this address; False where it cannot be matched to the rules."""
        try:
            return self._parser.can_fetch(AGENT, url)
        except ValueError:
            return False

    @property
    def delay_seconds(self) -> float:
        """The Crawl-delay in seconds, 0 where none is printed."""
        try:
            return float(self._parser.crawl_delay(AGENT) or 0)
        except (TypeError, ValueError):
            return 0.0


def _clean_line(line: str) -> str | None:
    """Return a line as Python's parser can parse it, None for none: a crawl delay becomes whole seconds, rounded up."""
    if not line.strip() or _RULE.match(line):
        return line
    found = _DELAY.fullmatch(line)
    return f"Crawl-delay: {math.ceil(min(float(found[1]), MOST_DELAY_SECONDS))}" if found else None
