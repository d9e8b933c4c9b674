"""List a publisher's publications, whatever the kind of its source."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

from extract.entities import Finding, Publication
from extract.errors import JixiaoError, Reason, Refused, describe_error
from extract.publishers.models import BucketSource, FolderSource, ListingSource, Publisher
from extract.settings import Settings
from extract.sources.bucket import discover_bucket
from extract.sources.fetch import Fetcher
from extract.sources.folder import discover_folder
from extract.sources.page_fetch import CacheLookup
from extract.sources.page_reader import PageReader
from extract.sources.site import Discovery, discover_site

LISTING_FINDINGS = ("not_listed", "listing_empty", "listing_shrank", "links_bounded", "delay_bounded", "time_used_up")
UNLISTED = ("not_listed", "links_bounded")  # the source shows more than was seen
ADDRESS_CHARACTERS = 2_000  # what an index of PostgreSQL takes, with run and publisher beside it
TROUBLES_NAMED, TROUBLE_CHARACTERS = 5, 400  # of a listing that broke off: a path alone may have 4,096 bytes
log = logging.getLogger(__name__)


def discover_source(publisher: Publisher, settings: Settings, inbox: str | None, look_up: CacheLookup) -> Discovery:
    """List what one publisher's source shows; a listing that fails is reported in `broken` and never raises."""
    try:
        return _bound_addresses(_discover(publisher, settings, inbox, look_up))
    except Exception as error:
        log.warning("%s: %s", publisher.code, error, exc_info=not isinstance(error, JixiaoError))
        return Discovery([], broken=[describe_error(error)])


def _discover(publisher: Publisher, settings: Settings, inbox: str | None, look_up: CacheLookup) -> Discovery:
    if isinstance(publisher.source, ListingSource):
        with Fetcher(publisher) as fetcher, PageReader(confined=settings.sandbox == "on") as reader:
            found = discover_site(publisher, publisher.source, fetcher, reader, look_up)
            found.findings.extend(fetcher.take_findings())
            return found
    if isinstance(publisher.source, BucketSource):
        return Discovery(discover_bucket(publisher, publisher.source))
    if isinstance(publisher.source, FolderSource):
        return _discover_folder(publisher.code, publisher.source, settings, inbox)
    return Discovery([])


def _bound_addresses(found: Discovery) -> Discovery:
    """Replace addresses that are too long for the ledger by their beginning and hash; they are refused under these."""
    kept: list[Publication] = []
    unreached: list[tuple[Publication, Exception]] = []
    for one in found.publications:
        if len(one.url) <= ADDRESS_CHARACTERS:
            kept.append(one)
        else:
            detail = f"an address of {len(one.url)} characters, at most {ADDRESS_CHARACTERS} are taken"
            unreached.append((_shorten(one), Refused(Reason.NOT_ALLOWED, detail)))
    unreached += [(one if len(one.url) <= ADDRESS_CHARACTERS else _shorten(one), why) for one, why in found.unreached]
    return found._replace(publications=kept, unreached=unreached)


def _shorten(publication: Publication) -> Publication:
    digest = hashlib.sha256(publication.url.encode("utf-8", "replace")).hexdigest()[:16]
    return replace(publication, url=f"{publication.url[:200]}…{digest}")


def check_discovery(publisher: Publisher, found: Discovery, before: int) -> list[Finding]:
    """Report a listing that broke off, is empty, or is far shorter than `before`, the earlier maximum."""
    findings = [Finding("not_listed", _name_troubles(found.broken))] if found.broken else []
    findings += found.findings
    seen = len(found.publications) + len(found.unreached)
    if isinstance(publisher.source, FolderSource) or found.broken:
        return findings
    if seen == 0:
        findings.append(Finding("listing_empty", f"the source lists no publication; an earlier run found {before}"))
    elif seen * 100 <= before * (100 - publisher.shrink_pct):
        findings.append(Finding("listing_shrank", f"the source lists {seen} publications, before {before}"))
    return findings


def _name_troubles(broken: list[str]) -> str:
    """Join the first errors to one text, each shortened in its middle, and count the others."""
    half = TROUBLE_CHARACTERS // 2
    named = [
        one if len(one) <= TROUBLE_CHARACTERS else f"{one[:half]}…{one[-half:]}" for one in broken[:TROUBLES_NAMED]
    ]
    return "; ".join([*named, *([f"and {len(broken) - len(named)} more"] if len(broken) > len(named) else [])])


def _discover_folder(code: str, source: FolderSource, settings: Settings, inbox: str | None) -> Discovery:
    own = source.path is not None
    folder = Path(source.path or inbox or settings.inbox or "").expanduser().absolute()
    if not own and not inbox:
        folder.mkdir(parents=True, exist_ok=True)
    publications, broken = discover_folder(folder, code, source.pattern)
    return Discovery(publications, broken=broken)
