"""Cache the last answer of each address: validators, hash, or the links of a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import select, update

from extract.entities import CacheEntry
from extract.ledger.database import Database, as_utc, now
from extract.ledger.tables import fetches

MOST_PARAMETERS = 500  # SQLite takes no more than 999 in one statement of older builds


class Fetches(Database):
    """Cache entries that make the next run's requests conditional."""

    def cache_entries(self, publisher: str, urls: Sequence[str]) -> dict[str, CacheEntry]:
        """Return the cache entries of these addresses of a publisher, by address."""
        known: dict[str, CacheEntry] = {}
        with self._reading() as connection:
            for start in range(0, len(urls), MOST_PARAMETERS):
                some = list(urls[start : start + MOST_PARAMETERS])
                query = select(fetches).where(fetches.c.publisher == publisher, fetches.c.url.in_(some))
                for row in connection.execute(query).mappings():
                    known[row["url"]] = _build_entry(dict(row))
        return known

    def forget_validators(self, publisher: str) -> int:
        """Remove the validators of a publisher, so that the next requests are unconditional; return how many."""
        change = update(fetches).where(fetches.c.publisher == publisher)
        with self._writing() as connection:
            return connection.execute(change.values(etag=None, last_modified=None, version=None)).rowcount

    def keep_cache_entries(self, publisher: str, pages: Iterable[CacheEntry]) -> None:
        """Store cache entries; an older entry of the same address is replaced."""
        with self._writing() as connection:
            self._insert_or_replace(connection, fetches, [fetch_row(publisher, page) for page in pages])


def fetch_row(publisher: str, page: CacheEntry) -> dict[str, Any]:
    """Return a cache entry as a row of `fetches`."""
    return {
        "publisher": publisher,
        "url": page.url,
        "etag": page.etag,
        "last_modified": page.last_modified,
        "version": page.version,
        "sha256": page.sha256,
        "size": page.size,
        "reason": page.reason,
        "detail": page.detail,
        "found": page.found,
        "headers": json.dumps(dict(page.headers), sort_keys=True),
        "fetched_at": as_utc(page.fetched_at) if page.fetched_at else now(),
    }


def _build_entry(row: dict[str, Any]) -> CacheEntry:
    row.pop("publisher")
    headers = json.loads(row.pop("headers"))
    fetched_at = row.pop("fetched_at").replace(tzinfo=UTC)
    return CacheEntry(**row, headers=headers, fetched_at=fetched_at)
