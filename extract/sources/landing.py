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
from extract.entities import Finding, LandedPdf, Landing, Publication, Remembered
from extract.errors import JixiaoError, Reason, Refused, SourceError
from extract.publishers.models import BucketSource, ListingSource, Publisher
from extract.settings import Settings
from extract.sources.bodies import read_body
from extract.sources.bucket import read_object
from extract.sources.fetch import Fetcher, PassingError
from extract.sources.folder import read_file
from extract.sources.headers import read_number
from extract.sources.page_fetch import Memory, check_length, validators_of

MEGABYTE = 1 << 20
AT_ONCE = 200  # publications per transaction of the ledger
log = logging.getLogger(__name__)


class CutShortError(PassingError):
    """A PDF without its end although all announced bytes came: retried once, then refused as truncated."""


def land_publications(
    publisher: Publisher,
    publications: Sequence[Publication],
    memory: Memory,
    settings: Settings,
    run_id: str = "",
) -> Iterator[list[Landing]]:
    """Land the publications of one publisher, yielding the outcomes in batches; never raises for one of them.

    Of a site, new addresses are asked for first, then known ones in an order that differs from run to run, so that with
    too little time every address has its turn.
    """
    if isinstance(publisher.source, ListingSource):
        publications = _order(publications, memory, run_id)
        with Fetcher(publisher) as fetcher:
            some = _land_some(
                publisher, publications, memory, lambda p, known: download(publisher, fetcher, p, known, settings)
            )
            for landings in some:
                told = (*landings[-1].findings, *fetcher.take_findings())
                yield [*landings[:-1], replace(landings[-1], findings=told)]
    elif isinstance(publisher.source, BucketSource):
        source = publisher.source
        yield from _land_some(publisher, publications, memory, lambda p, known: _copy(source, p, known, settings))
    else:
        yield from _land_some(publisher, publications, memory, lambda p, known: _land_file(p, known, settings), 1)


def _order(publications: Sequence[Publication], memory: Memory, run_id: str) -> list[Publication]:
    known = memory([one.url for one in publications])
    turns = {url: hashlib.sha256(f"{run_id} {url}".encode()).digest() for url in known}
    return sorted(publications, key=lambda one: turns.get(one.url, b""))


def _land_some(
    publisher: Publisher,
    publications: Sequence[Publication],
    memory: Memory,
    land: Callable[[Publication, Remembered | None], Landing],
    at_once: int | None = None,
) -> Iterator[list[Landing]]:
    """Land several at a time, and yield as many as one ledger transaction takes."""
    with ThreadPoolExecutor(at_once or publisher.politeness.concurrency) as pool:
        for start in range(0, len(publications), AT_ONCE):
            some = publications[start : start + AT_ONCE]
            known = memory([one.url for one in some])
            yield list(pool.map(lambda one, known=known: _land_safely(one, known.get(one.url), land), some))


def _land_safely(
    publication: Publication,
    known: Remembered | None,
    land: Callable[[Publication, Remembered | None], Landing],
) -> Landing:
    """Land a publication and return errors as outcomes; a refusal keeps its cache entry."""
    try:
        return land(publication, known)
    except Exception as error:  # whatever one address answers, the others are landed
        if not isinstance(error, JixiaoError):
            log.warning("%s", publication.url, exc_info=True)
        return Landing(publication, error=error)


def download(
    publisher: Publisher, fetcher: Fetcher, publication: Publication, known: Remembered | None, settings: Settings
) -> Landing:
    """Download one publication of a site; raises Refused or SourceError where nothing is to be cached."""
    usable = known if known is not None and (known.reason or _blob(known, settings)) else None
    try:
        return fetcher.retry(lambda: _attempt(publisher, fetcher, publication, usable, settings))
    except CutShortError as error:
        raise Refused(Reason.TRUNCATED, str(error)) from error
    except Refused as error:
        landed = _blob(known, settings)
        if error.reason is not Reason.GONE or landed is None:
            raise
        gone = Finding("gone", f"{error.detail}; the document {landed.sha256[:12]} stays")
        return Landing(publication, landed=landed, findings=(gone,))


def _attempt(
    publisher: Publisher, fetcher: Fetcher, publication: Publication, known: Remembered | None, settings: Settings
) -> Landing:
    limit = settings.max_file_megabytes * MEGABYTE
    with fetcher.open(publication.url, known) as answer:
        if answer.status_code == 304:
            return _unchanged(publication, known, settings)
        memo = validators_of(answer, publication.url)
        announced = read_number(answer.headers.get("content-length"))
        if announced is not None and announced > limit:
            raise Refused(Reason.TOO_LARGE, f"{publication.url}: {announced} bytes, at most {limit} are taken")
        with receive(settings.archive, open_bucket_store(settings)) as incoming:
            _take(answer, incoming, publication.url, limit)
            try:
                prove_pdf(incoming, publication.url)
            except Refused as error:
                memo = replace(memo, reason=error.reason.value, detail=error.detail)
                return Landing(publication, error=error, remember=memo)
            landed = incoming.keep()
    memo = replace(memo, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, remember=memo, findings=_shrunk(publisher, known, landed))


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


def _unchanged(publication: Publication, known: Remembered | None, settings: Settings) -> Landing:
    if known is not None and known.reason:
        return Landing(publication, error=Refused(Reason(known.reason), known.detail or publication.url))
    landed = _blob(known, settings)
    if landed is None:
        raise SourceError(f"{publication.url}: answers 304 although nothing was asked conditionally")
    return Landing(publication, landed=landed)


def _blob(known: Remembered | None, settings: Settings) -> LandedPdf | None:
    """Return the cached document, if the archive still holds it."""
    if known is None or known.sha256 is None:
        return None
    size = find_archived(settings, known.sha256)
    if size is None:
        return None
    return LandedPdf(known.sha256, archive_path(settings.archive, known.sha256), size, datetime.now(UTC))


def _shrunk(publisher: Publisher, known: Remembered | None, landed: LandedPdf) -> tuple[Finding, ...]:
    if known is None or known.size is None or landed.size * 100 > known.size * (100 - publisher.shrink_pct):
        return ()
    return (Finding("file_shrank", f"{known.size} bytes before, {landed.size} bytes now"),)


def _copy(source: BucketSource, publication: Publication, known: Remembered | None, settings: Settings) -> Landing:
    """Copy one object of a bucket, unless the bucket's listing shows that it did not change."""
    landed = _blob(known, settings)
    if known is not None and landed is not None and publication.version and known.version == publication.version:
        return Landing(publication, landed=landed)
    with receive(settings.archive, open_bucket_store(settings)) as incoming:
        for piece in read_object(source, publication.url, settings.max_file_megabytes * MEGABYTE):
            incoming.write(piece)
        landed = incoming.keep()  # no proof of its form: the store has checked its own length, the reader does the rest
    memo = Remembered(publication.url, version=publication.version, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, remember=memo)


def _land_file(publication: Publication, known: Remembered | None, settings: Settings) -> Landing:
    """Land one file of a folder, unless its version is the landed one."""
    landed = _blob(known, settings)
    if known is not None and landed is not None and publication.version and known.version == publication.version:
        return Landing(publication, landed=landed)
    limit = settings.max_file_megabytes * MEGABYTE
    data, version = read_file(publication.url, publication.listing, settings.settle_seconds, limit)
    landed = land_bytes(settings.archive, data, open_bucket_store(settings))
    memo = Remembered(publication.url, version=version, sha256=landed.sha256, size=landed.size)
    return Landing(publication, landed=landed, remember=memo)
