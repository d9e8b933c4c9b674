"""Store bytes by name where every worker reaches them: in a folder, or as objects below JIXIAO_STORE_URL.

Tasks on several machines exchange landed bytes (`archive/stored_documents.py`) and, until they are staged, readings
(`archive/readings.py`). Bytes are verified when they are read: PDFs are named by their hash, a reading begins with it.
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
    """The store does not answer; the task is retried."""


class DamagedError(JixiaoError):
    """Stored bytes differ from those that were put."""


class Store(Protocol):
    """Whole objects by name. A missing name raises FileNotFoundError, a failing store StoreError."""

    def put(self, name: str, data: bytes) -> None:
        """Replace an object atomically."""

    def get(self, name: str) -> bytes:
        """Return all bytes of an object."""

    def size(self, name: str) -> int | None:
        """Return the size of an object in bytes, None where there is none."""

    def drop(self, name: str) -> None:
        """Remove an object if it exists."""


class FolderStore:
    """Files below a folder, on this machine or on a shared disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, data: bytes) -> None:
        """Replace a file atomically, synced to disk."""
        write_whole(self._root / name, data)

    def get(self, name: str) -> bytes:
        """Return all bytes of a file."""
        return (self._root / name).read_bytes()

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, None where there is none."""
        path = self._root / name
        return path.stat().st_size if path.exists() else None

    def drop(self, name: str) -> None:
        """Remove a file if it exists."""
        (self._root / name).unlink(missing_ok=True)


class BucketStore:
    """Objects below an fsspec address; listings are never cached, since other machines write."""

    def __init__(self, files: Any, root: str, url: str) -> None:
        self._files, self._root, self._url = files, root.rstrip("/"), url

    def put(self, name: str, data: bytes) -> None:
        """Replace an object; its client uploads it whole."""
        with self._translate_errors():
            self._files.pipe_file(f"{self._root}/{name}", data)

    def get(self, name: str) -> bytes:
        """Return all bytes of an object."""
        with self._translate_errors():
            return bytes(self._files.cat_file(f"{self._root}/{name}"))

    def size(self, name: str) -> int | None:
        """Return the size of an object in bytes, None where there is none."""
        with self._translate_errors():
            try:
                return int(self._files.info(f"{self._root}/{name}")["size"])
            except FileNotFoundError:
                return None

    def drop(self, name: str) -> None:
        """Remove an object if it exists."""
        with self._translate_errors(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(f"{self._root}/{name}")

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Map errors of fsspec clients to FileNotFoundError or StoreError."""
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:  # botocore's errors share no base with OSError
            raise StoreError(f"JIXIAO_STORE_URL {self._url}: {type(error).__name__}: {error}") from error


def open_bucket_store(settings: Settings) -> Store | None:
    """Return the store that machines share, None where the home's own disk is the only one."""
    url = settings.store_url
    if url is None:
        return None
    try:
        files, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as error:
        raise SettingsError(f"JIXIAO_STORE_URL: {url}: {error}; for s3:// install jixiao-warehouse[s3]") from error
    return FolderStore(Path(root)) if isinstance(files, LocalFileSystem) else BucketStore(files, root, url)
