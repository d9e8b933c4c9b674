"""List the objects of a bucket as publications, and read one; its listing tells which have changed."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec  # type: ignore[import-untyped]

from extract.entities import Publication
from extract.errors import Reason, Refused, SettingsError, SourceError
from extract.publishers.models import BucketSource, Publisher

CHUNK = 1 << 20


def open_bucket(source: BucketSource) -> Any:
    """Open a source's fsspec file system; raises SettingsError where a package or a setting is missing."""
    protocol = source.url.partition("://")[0]
    options = {**source.options, **{name: secret.reveal() for name, secret in source.secrets.items()}}
    try:
        # No listing from an earlier run of this process: what is new must be seen.
        return fsspec.filesystem(protocol, use_listings_cache=False, **options)
    except ImportError as error:
        raise SettingsError(f"{source.url}: {error}; install jixiao-warehouse[{protocol}]") from error


def discover_bucket(publisher: Publisher, source: BucketSource) -> list[Publication]:
    """List every object below the address whose name fits, by name; raises SourceError if that fails."""
    protocol = source.url.partition("://")[0]
    with _translate_errors(source.url):
        system = open_bucket(source)
        found = system.find(source.url, detail=True, withdirs=False)
        root = "/".join(source.url.split("/")[:3]) if protocol == "s3" else source.url
        if not found and not system.exists(root):  # fsspec finds nothing in what is not there
            raise SourceError(f"{source.url}: there is no such bucket or folder")
    return [
        Publication(publisher.code, f"{protocol}://{name}", listing=source.url, version=_version(entry))
        for name, entry in sorted(found.items())
        if fnmatch.fnmatch(name.rpartition("/")[2].lower(), source.pattern.lower())
    ]


def read_object(source: BucketSource, url: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of one object in pieces; raises Refused (gone, forbidden, too_large), else SourceError."""
    with _translate_errors(url):
        system = open_bucket(source)
        size = system.size(url)
        if size is not None and size > max_bytes:
            raise Refused(Reason.TOO_LARGE, f"{url}: {size} bytes, at most {max_bytes} are taken")
        with system.open(url, "rb") as file:
            while piece := file.read(CHUNK):
                yield piece


def _version(entry: dict[str, Any]) -> str | None:
    """Return the ETag of an object, None without one; a modification time may stay the same after a replacement."""
    etag = entry.get("ETag") or entry.get("etag")
    return str(etag).strip('"') if etag else None


@contextmanager
def _translate_errors(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise Refused(Reason.GONE, f"{url}: there is no such object") from error
    except PermissionError as error:
        raise Refused(Reason.FORBIDDEN, f"{url}: the bucket does not give it") from error
    except OSError as error:
        raise SourceError(f"{url}: {type(error).__name__}: {error}") from error
