"""Names become bytes that every worker reaches: a folder, or objects below JIXIAO_STORE_URL.

What passes between tasks on several machines lies here: landed bytes (`archive/stored_documents.py`) and, until they
are staged, readings (`archive/readings.py`). What is not what was put is never given out: PDFs are named by their hash,
a reading begins with its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

from extract.errors import JixiaoError, SettingsError
from extract.files import write_whole
from extract.settings import Settings


class StoreError(JixiaoError):
    """The store does not answer: nothing is known of any document, and the task is tried again."""


class DamagedError(JixiaoError):
    """Bytes are there and are not those that were put."""


class Store(Protocol):
    """Whole objects by name. A name that is not there raises FileNotFoundError, a store that fails StoreError."""

    def put(self, name: str, data: bytes) -> None:
        """Replace an object, whole or not at all."""

    def get(self, name: str) -> bytes:
        """All bytes of an object."""

    def size(self, name: str) -> int | None:
        """How many bytes an object has, None where there is none."""

    def drop(self, name: str) -> None:
        """Remove an object; one that is gone already is no trouble."""


class FolderStore:
    """Files below a folder, on this machine or on a disk that machines share."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        write_whole(self._root / name, data)

    def get(self, name: str) -> bytes:
        return (self._root / name).read_bytes()

    def size(self, name: str) -> int | None:
        path = self._root / name
        return path.stat().st_size if path.exists() else None

    def drop(self, name: str) -> None:
        (self._root / name).unlink(missing_ok=True)


class BucketStore:
    """Objects below an address of fsspec; no listing is asked or remembered, since another machine may have written."""

    def __init__(self, files: Any, root: str, url: str) -> None:
        self._files, self._root, self._url = files, root.rstrip("/"), url

    def put(self, name: str, data: bytes) -> None:
        with self._told():
            self._files.pipe_file(f"{self._root}/{name}", data)

    def get(self, name: str) -> bytes:
        with self._told():
            return bytes(self._files.cat_file(f"{self._root}/{name}"))

    def size(self, name: str) -> int | None:
        with self._told():
            try:
                return int(self._files.info(f"{self._root}/{name}")["size"])
            except FileNotFoundError:
                return None

    def drop(self, name: str) -> None:
        with self._told(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever a client library raises, in one of our two words."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # botocore's errors share no base with OSError
            raise StoreError(f"JIXIAO_STORE_URL {self._url}: {type(error).__name__}: {error}") from error


def open_bucket_store(settings: Settings) -> Store | None:
    """The store that machines share, None where this home's own disk is all there is."""
    url = settings.store_url
    if url is None:
        return None
    try:
        files, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise SettingsError(f"JIXIAO_STORE_URL: {url}: {error}; for s3:// install jixiao-warehouse[s3]") from error
    return FolderStore(Path(root)) if isinstance(files, LocalFileSystem) else BucketStore(files, root, url)
