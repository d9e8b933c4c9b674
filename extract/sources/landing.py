"""Land publications: fetch each once, check that it is a whole PDF, archive it, or record why not."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from extract.archive.object_store import open_bucket_store
from extract.archive.stored_documents import Incoming, archive_path, find_archived, land_bytes, receive
from extract.entities import CacheEntry, Finding, LandedPdf, Landing, Publication
from extract.errors import JixiaoError, Reason, Refused, SourceError
from extract.publishers.models import BucketSource, ListingSource, Publisher
from extract.settings import Settings
from extract.sources.bodies import read_body
from extract.sources.bucket import read_object
from extract.sources.fetch import Fetcher, PassingError
from extract.sources.folder import read_file
from extract.sources.headers import read_number
from extract.sources.page_fetch import CacheLookup, check_length, validators_of

MEGABYTE = 1 << 20
AT_ONCE = 200  # publications per transaction of the ledger
log = logging.getLogger(__name__)


class CutShortError(PassingError):
    """A PDF without its end although all announced bytes came: retried once, then refused as truncated."""


def land_publications(
    publisher: Publisher,
    publications: Sequence[Publication],
    look_up: CacheLookup,
    settings: Settings,
    run_id: str = "",
) -> Iterator[list[Landing]]:
    """Land the publications of one publisher, yielding the outcomes in batches; never raises for one of them.

    Of a site, new addresses are requested first, then known ones in an order that differs from run to run, so that no
    address is always left out when the time of a run is too short.
    """
    if isinstance(publisher.source, ListingSource):
        publications = _order(publications, look_up, run_id)
        with Fetcher(publisher) as fetcher:
            some = _land_some(
                publisher, publications, look_up, lambda p, cached: download(publisher, fetcher, p, cached, settings)
            )
            for landings in some:
                told = (*landings[-1].findings, *fetcher.take_findings())
                yield [*landings[:-1], replace(landings[-1], findings=told)]
    elif isinstance(publisher.source, BucketSource):
        source = publisher.source
        yield from _land_some(publisher, publications, look_up, lambda p, cached: _copy(source, p, cached, settings))
    else:
        yield from _land_some(publisher, publications, look_up, lambda p, cached: _land_file(p, cached, settings), 1)


def _order(publications: Sequence[Publication], look_up: CacheLookup, run_id: str) -> list[Publication]:
    cached = look_up([one.url for one in publications])
    turns = {url: hashlib.sha256(f"{run_id} {url}".encode()).digest() for url in cached}
    return sorted(publications, key=lambda one: turns.get(one.url, b""))


def _land_some(
    publisher: Publisher,
    publications: Sequence[Publication],
    look_up: CacheLookup,
    land: Callable[[Publication, CacheEntry | None], Landing],
    at_once: int | None = None,
) -> Iterator[list[Landing]]:
    """Land publications with several threads; yield the outcomes in batches, one for each ledger transaction."""
    with ThreadPoolExecutor(at_once or publisher.politeness.concurrency) as pool:
        for start in range(0, len(publications), AT_ONCE):
            some = publications[start : start + AT_ONCE]
            cached = look_up([one.url for one in some])
            yield list(pool.map(lambda one, cached=cached: _land_safely(one, cached.get(one.url), land), some))


def _land_safely(
    publication: Publication,
    cached: CacheEntry | None,
    land: Callable[[Publication, CacheEntry | None], Landing],
) -> Landing:
    """Land a publication; errors become outcomes. A refusal keeps its cache entry, so it is not fetched again."""
    try:
        return land(publication, cached)
    except Exception as error:  # whatever one address answers, the others are landed
        if not isinstance(error, JixiaoError):
            log.warning("%s", publication.url, exc_info=True)
        return Landing(publication, error=error)


def download(
    publisher: Publisher, fetcher: Fetcher, publication: Publication, cached: CacheEntry | None, settings: Settings
) -> Landing:
    """Download one publication of a site; raises Refused or SourceError where nothing is to be cached."""
    usable = cached if cached is not None and (cached.reason or _cached_document(cached, settings)) else None
    try:
        return fetcher.retry(lambda: _attempt(publisher, fetcher, publication, usable, settings))
    except CutShortError as error:
        raise Refused(Reason.TRUNCATED, str(error)) from error
    except Refused as error:
        landed = _cached_document(cached, settings)
        if error.reason is not Reason.GONE or landed is None:
            raise
        gone = Finding("gone", f"{error.detail}; the document {landed.sha256[:12]} stays")
        return Landing(publication, landed=landed, findings=(gone,))


def _attempt(
    publisher: Publisher, fetcher: Fetcher, publication: Publication, cached: CacheEntry | None, settings: Settings
) -> Landing:
    limit = settings.max_file_megabytes * MEGABYTE
    with fetcher.open(publication.url, cached) as answer:
        if answer.status_code == 304:
            return _unchanged(publication, cached, settings)
        entry = validators_of(answer, publication.url)
        announced = read_number(answer.headers.get("content-length"))
        if announced is not None and announced > limit:
            raise Refused(Reason.TOO_LARGE, f"{publication.url}: {announced} bytes, at most {limit} are taken")
        with receive(settings.archive, open_bucket_store(settings)) as incoming:
            _take(answer, incoming, publication.url, limit)
            try:
                prove_pdf(incoming, publication.url)
            except Refused as error:
                entry = replace(entry, reason=error.reason.value, detail=error.detail)
                return Landing(publication, error=error, cache_entry=entry)
            landed = incoming.keep()
    entry = replace(entry, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, cache_entry=entry, findings=_shrunk(publisher, cached, landed))


def _take(answer: httpx.Response, incoming: Incoming, url: str, limit: int) -> None:
    for piece in read_body(answer):
        incoming.write(piece)
        if incoming.size > limit:
            raise Refused(Reason.TOO_LARGE, f"{url}: more than {limit} bytes")
    check_length(answer, url)


def prove_pdf(incoming: Incoming, url: str) -> None:
    """Raise Refused where the bytes are no PDF, CutShortError where its end is missing."""
    if incoming.size == 0:
        raise Refused(Reason.EMPTY, f"{url}: the answer has no bytes")
    if b"%PDF-" not in incoming.head:
        raise Refused(Reason.NOT_PDF, f"{url}: no %PDF- in the first 1,024 bytes, found {incoming.head[:40]!r}")
    if b"%%EOF" not in incoming.tail:
        raise CutShortError(f"{url}: no %%EOF near the end of {incoming.size} bytes")


def _unchanged(publication: Publication, cached: CacheEntry | None, settings: Settings) -> Landing:
    if cached is not None and cached.reason:
        return Landing(publication, error=Refused(Reason(cached.reason), cached.detail or publication.url))
    landed = _cached_document(cached, settings)
    if landed is None:
        raise SourceError(f"{publication.url}: answers 304 although nothing was asked conditionally")
    return Landing(publication, landed=landed)


def _cached_document(cached: CacheEntry | None, settings: Settings) -> LandedPdf | None:
    """Return the document that a cache entry names, None if the archive no longer holds it."""
    if cached is None or cached.sha256 is None:
        return None
    size = find_archived(settings, cached.sha256)
    if size is None:
        return None
    return LandedPdf(cached.sha256, archive_path(settings.archive, cached.sha256), size, datetime.now(UTC))


def _shrunk(publisher: Publisher, cached: CacheEntry | None, landed: LandedPdf) -> tuple[Finding, ...]:
    if cached is None or cached.size is None or landed.size * 100 > cached.size * (100 - publisher.shrink_pct):
        return ()
    return (Finding("file_shrank", f"the file has {landed.size} bytes; it had {cached.size} before"),)


def _copy(source: BucketSource, publication: Publication, cached: CacheEntry | None, settings: Settings) -> Landing:
    """Copy one object of a bucket, unless the bucket's listing shows that it did not change."""
    landed = _cached_document(cached, settings)
    if cached is not None and landed is not None and publication.version and cached.version == publication.version:
        return Landing(publication, landed=landed)
    with receive(settings.archive, open_bucket_store(settings)) as incoming:
        for piece in read_object(source, publication.url, settings.max_file_megabytes * MEGABYTE):
            incoming.write(piece)
        landed = incoming.keep()  # no proof of its form: the store has checked its own length, the reader does the rest
    entry = CacheEntry(publication.url, version=publication.version, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, cache_entry=entry)


def _land_file(publication: Publication, cached: CacheEntry | None, settings: Settings) -> Landing:
    """Land one file of a folder, unless its version is the landed one."""
    landed = _cached_document(cached, settings)
    if cached is not None and landed is not None and publication.version and cached.version == publication.version:
        return Landing(publication, landed=landed)
    limit = settings.max_file_megabytes * MEGABYTE
    data, version = read_file(publication.url, publication.listing, settings.settle_seconds, limit)
    landed = land_bytes(settings.archive, data, open_bucket_store(settings))
    entry = CacheEntry(publication.url, version=version, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, cache_entry=entry)
