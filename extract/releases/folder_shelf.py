"""What the build holds becomes a folder that readers see whole or not at all, behind one swapped link.

    releases/<id>/warehouse.duckdb   the marts and nothing else
                  parquet/<table>/   the same rows; one file a fiscal year where the table has one
                  report/, docs/     the page that people open, and what every table and column means
                  release.json       what was published, when, from what, what it changed, and the hash of each file
    current -> releases/<id>

A swapped folder and not a replaced file: DuckDB gives a second connection of one process the old file as long as the
first is open, and report, Parquet and warehouse must change in the same instant.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Self

from extract.files import sync_folder, write_whole
from extract.releases.duckdb_file import check_warehouse, write_warehouse
from extract.releases.model import Release, find_release
from extract.settings import Settings

log = logging.getLogger(__name__)
MANIFEST = "release.json"


class FolderShelf:
    """Releases as folders below JIXIAO_HOME/releases; `current` is the link to the served one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        """Nothing is open between the steps."""

    def served(self) -> Release | None:
        return _read_manifest(self._settings.current)

    def kept(self) -> list[Release]:
        folders = sorted(self._settings.releases.glob("[!.]*")) if self._settings.releases.exists() else []
        return [manifest for folder in folders if (manifest := _read_manifest(folder)) is not None]

    def sweep(self) -> None:
        """Only the holder of the writer's lock builds, so what lies there is nobody's."""
        self._settings.releases.mkdir(parents=True, exist_ok=True)
        for left in self._settings.releases.glob(".building-*"):
            shutil.rmtree(left, ignore_errors=True)
        for link in self._settings.home.glob(".current-*"):
            link.unlink(missing_ok=True)

    @contextlib.contextmanager
    def write(self, inputs: str, before: Release | None) -> Iterator[Release]:
        folder = self._building()
        earlier = self._settings.releases / before["release_id"] if before else None
        try:
            folder.mkdir(parents=True)
            release = write_warehouse(self._settings, folder, inputs, before)
            release["files"] = _link_unchanged(folder, earlier, before)
            manifest = json.dumps(release, ensure_ascii=False, indent=2, default=datetime.isoformat)
            write_whole(folder / MANIFEST, manifest.encode())
            check_warehouse(folder, release)
            yield release
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def folder_of_pages(self) -> Path | None:
        return self._building()

    def keep(self, release: Release) -> None:
        folder = self._building()
        for path in [*sorted(folder.rglob("*")), folder]:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if path.is_file():
                path.chmod(0o444)
        os.rename(folder, self._settings.releases / release["release_id"])
        sync_folder(self._settings.releases)

    def serve(self, release_id: str) -> None:
        find_release(self.kept(), release_id)
        link = self._settings.home / f".current-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("releases") / release_id)
        os.replace(link, self._settings.current)
        sync_folder(self._settings.home)

    def prune(self, count: int) -> None:
        """Who reads an older one keeps it until the file is closed."""
        served = self._settings.current.resolve()
        for release in self.kept()[:-count]:
            folder = self._settings.releases / release["release_id"]
            if folder.resolve() != served:
                shutil.rmtree(folder, ignore_errors=True)

    def _building(self) -> Path:
        return self._settings.releases / f".building-{os.getpid()}"


def _read_manifest(folder: Path) -> Release | None:
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    release: Release = json.loads(manifest.read_text(encoding="utf-8"))
    release["published_at"] = datetime.fromisoformat(release["published_at"])
    return release


def _link_unchanged(folder: Path, earlier: Path | None, before: Release | None) -> dict[str, str]:
    """Hash every file; a Parquet file that the release before has too becomes another name of it."""
    known = (before or {}).get("files", {})
    hashes = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as file:
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
        if earlier is not None and name.startswith("parquet/") and known.get(name) == hashes[name]:
            link = path.with_name(".linked")
            try:
                os.link(earlier / name, link)
            except OSError as error:  # another file system, or more names than it allows: a copy does as well
                log.info("%s stays a file of its own: %s", name, error)
            else:
                os.replace(link, path)
    return hashes
