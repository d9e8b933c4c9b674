"""A publisher file becomes publications, whatever the kind of its source."""

from __future__ import annotations

from pathlib import Path

from extract.entities import Finding, Publication
from extract.errors import JixiaoError
from extract.publishers.models import BucketSource, FolderSource, ListingSource, Publisher
from extract.settings import Settings
from extract.sources.bucket import discover_bucket
from extract.sources.fetch import Fetcher
from extract.sources.folder import discover_folder
from extract.sources.page_fetch import Memory
from extract.sources.site import Discovery, discover_site

LISTING_FINDINGS = ("not_listed", "listing_empty", "listing_shrank")


def discover_source(publisher: Publisher, settings: Settings, inbox: str | None, memory: Memory) -> Discovery:
    """What one publisher's source shows; a source that cannot be listed is told in `broken` and raises nothing."""
    try:
        if isinstance(publisher.source, ListingSource):
            with Fetcher(publisher) as fetcher:
                return discover_site(publisher, publisher.source, fetcher, memory)
        if isinstance(publisher.source, BucketSource):
            return Discovery(discover_bucket(publisher, publisher.source))
        if isinstance(publisher.source, FolderSource):
            return Discovery(_discover_folder(publisher.code, publisher.source, settings, inbox))
        return Discovery([])
    except (JixiaoError, OSError) as error:
        return Discovery([], broken=[str(error)])


def check_discovery(publisher: Publisher, found: Discovery, before: int) -> list[Finding]:
    """What a person should know about a list: it broke off, shows nothing, or far less than before (`before`)."""
    findings = [Finding("not_listed", "; ".join(found.broken))] if found.broken else []
    seen = len(found.publications) + len(found.unreached)
    if isinstance(publisher.source, FolderSource) or found.broken:
        return findings
    if seen == 0:
        findings.append(Finding("listing_empty", f"the source shows nothing; {before} publications before"))
    elif seen * 100 <= before * (100 - publisher.shrink_pct):
        findings.append(Finding("listing_shrank", f"the source shows {seen} publications; {before} before"))
    return findings


def _discover_folder(code: str, source: FolderSource, settings: Settings, inbox: str | None) -> list[Publication]:
    own = source.path is not None
    folder = Path(source.path or inbox or settings.inbox or "").expanduser().absolute()
    if not own and not inbox:
        folder.mkdir(parents=True, exist_ok=True)
    return discover_folder(folder, code, source.pattern)
