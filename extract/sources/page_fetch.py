"""An address of a site's page becomes what the page says, fetched only where it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from extract.entities import Remembered
from extract.errors import SourceError
from extract.publishers.models import ListingSource
from extract.sources.fetch import Fetcher, PassingError
from extract.sources.listing import Entry, Page

Memory = Callable[[list[str]], dict[str, Remembered]]

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
    fetcher: Fetcher, url: str, read: Read, source: ListingSource, known: Remembered | None
) -> tuple[Page, Remembered]:
    """What a page says, and what to remember of it. A memory that other rules made is not used."""
    rules = hashlib.sha256(source.model_dump_json(exclude={"login", "token"}).encode()).hexdigest()[:16]
    usable = known if known is not None and known.found is not None and known.version == rules else None

    def attempt() -> tuple[Page, Remembered]:
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
    for chunk in answer.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise SourceError(f"{url}: a page of more than {MOST_BYTES} bytes")
    check_length(answer, url)
    return bytes(body)


def check_length(answer: httpx.Response, url: str) -> None:
    """Raises PassingError where fewer or more bytes came than were announced."""
    announced = answer.headers.get("content-length", "")
    if announced.isdigit() and int(announced) != answer.num_bytes_downloaded:
        raise PassingError(f"{url}: {announced} bytes announced, {answer.num_bytes_downloaded} came")


def validators_of(answer: httpx.Response, url: str) -> Remembered:
    """What makes the next request conditional.

    A Last-Modified that is not well before the answer's own Date cannot prove that nothing changed since (RFC 9110,
    8.8.2.2): with one from the future, a server would answer 304 to a file that was replaced today.
    """
    now = datetime.now(UTC)
    modified = _http_date(answer.headers.get("last-modified"))
    sent = _http_date(answer.headers.get("date")) or now
    return Remembered(
        url,
        etag=answer.headers.get("etag"),
        last_modified=answer.headers["last-modified"] if modified and modified + SETTLED <= sent else None,
        headers={name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers},
        fetched_at=now,
    )


def _http_date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def page_to_json(page: Page) -> str:
    """What a page said, as the ledger keeps it."""
    return json.dumps(page, ensure_ascii=False, default=str)


def page_from_json(text: str) -> Page:
    """What a page said the last time."""
    entries, next_url, printed_on = json.loads(text)
    return Page(tuple(Entry(url, title, _day(day)) for url, title, day in entries), next_url, _day(printed_on))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
