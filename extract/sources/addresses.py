"""Resolve references of pages and headers to absolute ASCII addresses without user, password and fragment."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_LEFT_ALONE = "/%:@!$&'()*+,;=~-._?[]"
_EDGES = "".join(map(chr, range(33)))


def join_address(base: str, reference: str, encoding: str = "utf-8") -> str | None:
    """Resolve a reference on the page `base` to an absolute http(s) address; None for mailto:, javascript: and others.

    Follows browsers (WHATWG URL): tabs and line breaks are removed, the path is percent-encoded in UTF-8, the query in
    the page's own encoding. No part of it is ever used as a path on disk.
    """
    cleaned = re.sub(r"[\t\r\n]", "", reference.strip(_EDGES))
    try:
        parts = urlsplit(urljoin(base, cleaned))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    try:
        ascii_host = host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    place = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    query = quote(parts.query.encode(encoding, "replace"), safe=_LEFT_ALONE)
    path = quote(parts.path.encode("utf-8", "replace"), safe=_LEFT_ALONE) or "/"
    return SplitResult(parts.scheme, f"{place}:{port}" if port else place, path, query, "").geturl()


def strip_userinfo(url: str) -> str:
    """Remove `user:password@` from an address before it is stored or logged."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port; credentials are sent to their own origin only."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
