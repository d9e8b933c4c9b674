"""robots.txt becomes a yes or no for an address and the delay that a site asks for."""

from __future__ import annotations

from urllib.robotparser import RobotFileParser

MOST_BYTES = 512 * 1024  # RFC 9309: at least 500 KiB must be read
AGENT = "jixiao"


class Robots:
    """The rules of one site. A site without robots.txt (any 4xx) allows everything, as RFC 9309 has it."""

    def __init__(self, text: str) -> None:
        self._parser = RobotFileParser()
        self._parser.parse(text.lstrip("\ufeff").splitlines())

    def allows(self, url: str) -> bool:
        """Whether our user agent may ask for this address."""
        return self._parser.can_fetch(AGENT, url)

    @property
    def delay_seconds(self) -> float:
        """Crawl-delay, 0 where none is printed."""
        try:
            return float(self._parser.crawl_delay(AGENT) or 0)
        except (TypeError, ValueError):
            return 0.0
