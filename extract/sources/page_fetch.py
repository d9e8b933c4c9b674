"""Fetch and parse a page of a site where it has changed since its cache entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx

from extract.entities import CacheEntry
from extract.errors import SourceError
from extract.publishers.models import ListingSource
from extract.sources.bodies import read_body
from extract.sources.fetch import Fetcher, PassingError
from extract.sources.headers import keep_validator, read_http_date, read_number
from extract.sources.listing import Entry, Page

CacheLookup = Callable[[list[str]], dict[str, CacheEntry]]

MOST_BYTES = 8 * 1024 * 1024
SETTLED = timedelta(seconds=60)
KEPT_HEADERS = (
    "content-type",
    "content-length",
    "content-disposition",
    "date",
    "etag",
    "last-modified",
)

Read = Callable[[bytes, str, str, ListingSource], Page]


def fetch_page(
    fetcher: Fetcher, url: str, read: Read, source: ListingSource, cached: CacheEntry | None
) -> tuple[Page, CacheEntry]:
    """Fetch and parse a list page or a detail page; return it with its new cache entry.

    The request is conditional if `cached` was made with the same rules of `source`; a 304 returns the cached page.
    Raises SourceError after the last retry, Refused where the site forbids the address or no longer has it.
    """
    rules = hashlib.sha256(source.model_dump_json(exclude={"login", "token"}).encode()).hexdigest()[:16]
    usable = cached if cached is not None and cached.found is not None and cached.version == rules else None

    def attempt() -> tuple[Page, CacheEntry]:
        """Make one request; a PassingError is retried."""
        with fetcher.open(url, usable) as answer:
            if answer.status_code == 304:
                if usable is None or usable.found is None:
                    raise SourceError(f"{url}: answers 304 although nothing was asked conditionally")
                return page_from_json(usable.found), usable
            body = _read_body(answer, url)
            page = read(body, str(answer.request.url), answer.headers.get("content-type", ""), source)
            return page, replace(validators_of(answer, url), version=rules, found=page_to_json(page))

    return fetcher.retry(attempt)


def _read_body(answer: httpx.Response, url: str) -> bytes:
    body = bytearray()
    for chunk in read_body(answer):
        body += chunk
        if len(body) > MOST_BYTES:
            raise SourceError(f"{url}: a page of more than {MOST_BYTES} bytes")
    check_length(answer, url)
    return bytes(body)


def check_length(answer: httpx.Response, url: str) -> None:
    """Raise PassingError where the body is shorter or longer than announced."""
    announced = read_number(answer.headers.get("content-length"))
    if announced is not None and announced != answer.num_bytes_downloaded:
        raise PassingError(f"{url}: {announced} bytes announced, {answer.num_bytes_downloaded} came")


def validators_of(answer: httpx.Response, url: str) -> CacheEntry:
    """Return the validators of an answer that make the next request conditional.

    A Last-Modified that is not well before the answer's own Date cannot prove that nothing changed since (RFC 9110,
    8.8.2.2): with one from the future, a server would answer 304 to a file that was replaced today. Validators that
    could not be sent back unchanged are dropped.
    """
    now = datetime.now(UTC)
    modified = read_http_date(answer.headers.get("last-modified"))
    sent = read_http_date(answer.headers.get("date")) or now
    is_settled = modified is not None and sent - modified >= SETTLED
    return CacheEntry(
        url,
        etag=keep_validator(answer.headers.get("etag")),
        last_modified=keep_validator(answer.headers.get("last-modified")) if is_settled else None,
        headers={name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers},
        fetched_at=now,
    )


def drop_old_validators(cached: CacheEntry, moment: datetime, days: int) -> CacheEntry:
    """Drop the validators of a cache entry that is older than `days`; 0: never.

    A site may answer "unchanged" for ever, to an ETag that does not change with the bytes. Addresses that were fetched
    in one night expire on different days of the last quarter.
    """
    if not days or cached.fetched_at is None:
        return cached
    early = int(hashlib.sha256(cached.url.encode()).hexdigest(), 16) % (days // 4 + 1)
    if timedelta() <= moment - cached.fetched_at < timedelta(days=days - early):  # else too old, or of a clock set back
        return cached
    return replace(cached, etag=None, last_modified=None, version=None)


def page_to_json(page: Page) -> str:
    """Serialise a page for the ledger."""
    return json.dumps(page, ensure_ascii=False, default=str)


def page_from_json(text: str) -> Page:
    """Parse a page that `page_to_json` wrote."""
    entries, next_url, printed_on = json.loads(text)
    return Page(tuple(Entry(url, title, _day(day)) for url, title, day in entries), next_url, _day(printed_on))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
