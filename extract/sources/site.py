"""List the publications of a site: list pages, their next pages, and the detail pages behind their links."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import NamedTuple

from extract.entities import CacheEntry, Finding, Publication
from extract.errors import JixiaoError, Reason, Refused, SourceError, describe_error
from extract.publishers.models import ListingSource, Paging, Publisher
from extract.sources.fetch import Fetcher
from extract.sources.listing import Entry, Page
from extract.sources.page_fetch import CacheLookup, fetch_page
from extract.sources.page_reader import PageReader

log = logging.getLogger(__name__)


class Discovery(NamedTuple):
    """Result of listing a source: its publications, and what went wrong.

    `unreached`: publications whose detail page leads to no PDF, with the reason. `broken`: why lists ended early.
    `findings`: slowed requests, links beyond the limit.
    """

    publications: list[Publication]
    unreached: list[tuple[Publication, Exception]] = []  # noqa: RUF012 - a default that is never changed
    cache_entries: list[CacheEntry] = []  # noqa: RUF012
    broken: list[str] = []  # noqa: RUF012
    findings: list[Finding] = []  # noqa: RUF012


class _Listed(NamedTuple):
    entry: Entry
    page: str


def discover_site(
    publisher: Publisher, source: ListingSource, fetcher: Fetcher, reader: PageReader, look_up: CacheLookup
) -> Discovery:
    """List every publication of the site, and what cannot be reached with the reason.

    Errors of the site are no exceptions: a list that breaks off keeps its entries so far, and `broken` has the reason.
    """
    found = Discovery([], [], [], [], [])
    listed: dict[str, _Listed] = {}
    most = publisher.politeness.max_links
    for first in source.pages:
        try:
            for url, page in _pages(source, fetcher, reader, look_up, first, found.cache_entries):
                for entry in page.entries:
                    listed.setdefault(entry.url, _Listed(entry, url))
                if len(listed) > most:
                    break
        except Exception as error:
            log.warning("%s: %s", first, error, exc_info=not isinstance(error, JixiaoError))
            found.broken.append(describe_error(error))
    if len(listed) > most:
        found.findings.append(_bounded(f"the lists show {len(listed)} links or more", most))
        listed = dict(islice(listed.items(), most))
    if source.detail is None:
        found.publications.extend(_publication(publisher, one) for one in listed.values())
    else:
        _follow_details(publisher, source, fetcher, reader, look_up, list(listed.values()), found)
    return found


def _pages(
    source: ListingSource,
    fetcher: Fetcher,
    reader: PageReader,
    look_up: CacheLookup,
    first: str,
    cache_entries: list[CacheEntry],
) -> Iterator[tuple[str, Page]]:
    """Yield the pages of one list; numbered pages end at a missing or an empty one."""
    visited: set[str] = set()
    entries: set[str] = set()
    url: str | None = first
    numbered = _numbered(source.paging)
    most = source.paging.last if source.paging else 1
    while url is not None and url not in visited and len(visited) <= most:
        visited.add(url)
        try:
            page, entry = fetch_page(fetcher, url, partial(reader.read, "list"), source, look_up([url]).get(url))
        except Refused as error:
            if error.reason is Reason.GONE and url != first:
                return
            raise
        cache_entries.append(entry)
        yield url, page
        fresh = {entry.url for entry in page.entries} - entries
        entries |= fresh
        if source.paging is None or (source.paging.pattern and not fresh):
            return  # some sites answer any number with their last page again
        url = page.next_url if source.paging.next else next(numbered, None)
    if url is not None and url not in visited:
        raise SourceError(f"{first}: the list has more than {most} further pages; raise paging.last")


def _numbered(paging: Paging | None) -> Iterator[str]:
    if paging is not None and paging.pattern is not None:
        for number in range(paging.first, paging.last + 1):
            yield paging.pattern.replace("{page}", str(number))


def _follow_details(
    publisher: Publisher,
    source: ListingSource,
    fetcher: Fetcher,
    reader: PageReader,
    look_up: CacheLookup,
    listed: list[_Listed],
    found: Discovery,
) -> None:
    direct = re.compile(source.detail.attachment.url) if source.detail and source.detail.attachment.url else None
    details: list[_Listed] = []
    seen: dict[str, Publication] = {}
    for one in listed:
        if direct is not None and direct.search(one.entry.url):
            seen[one.entry.url] = _publication(publisher, one)
        else:
            details.append(one)
    known = look_up([one.entry.url for one in details])
    read = partial(reader.read, "detail")

    def follow(one: _Listed) -> tuple[Page, CacheEntry] | Exception:
        """Fetch one detail page; an error is returned, so that it stops no other page."""
        try:
            return fetch_page(fetcher, one.entry.url, read, source, known.get(one.entry.url))
        except Exception as error:  # whatever one page answers, the others are asked
            return error

    with ThreadPoolExecutor(publisher.politeness.concurrency) as pool:
        for one, outcome in zip(details, pool.map(follow, details), strict=True):
            if isinstance(outcome, Exception):
                found.unreached.append((_publication(publisher, one), outcome))
                continue
            page, entry = outcome
            found.cache_entries.append(entry)
            if not page.entries:
                refusal = Refused(Reason.NOT_PDF, f"{one.entry.url}: no link on the page fits `detail.attachment`")
                found.unreached.append((_publication(publisher, one), refusal))
            for attachment in page.entries:
                seen.setdefault(attachment.url, _attached(publisher, one, page, attachment))
    most = publisher.politeness.max_links
    if len(seen) > most:
        found.findings.append(_bounded(f"the pages behind the lists show {len(seen)} links", most))
    found.publications.extend(islice(seen.values(), most))


def _bounded(shown: str, most: int) -> Finding:
    return Finding("links_bounded", f"{shown}, the first {most} are taken: raise politeness.max_links")


def _publication(publisher: Publisher, one: _Listed) -> Publication:
    return Publication(publisher.code, one.entry.url, one.entry.title, one.entry.printed_on, one.page)


def _attached(publisher: Publisher, one: _Listed, page: Page, attachment: Entry) -> Publication:
    """Make a publication with the listing's title; several attachments of a page keep their own titles."""
    title = one.entry.title if len(page.entries) == 1 else f"{one.entry.title} {attachment.title}".strip()
    printed = one.entry.printed_on or page.printed_on or attachment.printed_on
    return Publication(publisher.code, attachment.url, title, printed, one.entry.url)
