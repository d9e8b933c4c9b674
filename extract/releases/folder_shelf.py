"""Keep releases as folders, published atomically by swapping one link.

    releases/<id>/warehouse.duckdb   the marts and nothing else
                  parquet/<table>/   the same rows; one file a fiscal year where the table has one (`parquet_files`)
                  report/, docs/     the page that people open, and what every table and column means
                  parts.json         count and checksum of each part of each table (`manifest`)
                  release.json       what was published, when, from what, what it changed, and the hash of each file
    current -> releases/<id>
    .spare/                          the large DuckDB file of a release that is kept no longer

A release is made from the one before. Its DuckDB file begins as a clone that shares all blocks, where the file system
can do that (XFS, btrfs); elsewhere as the spare file, which is a few releases behind and is kept for this; or else as a
copy. Then the parts that differ are replaced in it. Parquet files of the others are hard links.

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
from typing import Any, Self

import duckdb

from extract.files import clone_file, is_unused, sync_path, write_whole
from extract.releases.duckdb_file import (
    WAREHOUSE,
    Base,
    check_warehouse,
    finish_warehouse,
    is_worth_changing,
    survey_build,
    write_warehouse,
)
from extract.releases.manifest import Contents, as_json, from_json
from extract.releases.model import Release, find_release
from extract.releases.parquet_files import FOLDER, write_parquet
from extract.settings import Settings

log = logging.getLogger(__name__)
MANIFEST = "release.json"
PARTS = "parts.json"
LARGE_BYTES = 64 << 20
"""A smaller DuckDB file is copied and hashed as a whole in less than a second. A larger one is kept as the spare file
and has no hash in the manifest, since all of it would have to be read: the checksums of its parts stand for it."""


class FolderShelf:
    """Releases as folders below JIXIAO_HOME/releases; `current` is the link to the served one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *trouble: object) -> None:
        """Do nothing: no step leaves anything open."""

    def served(self) -> Release | None:
        """Return the manifest of the release that `current` links to."""
        return _read_manifest(self._settings.current)

    def kept(self) -> list[Release]:
        """Return the manifests of all complete folders, oldest first."""
        folders = sorted(self._settings.releases.glob("[!.]*")) if self._settings.releases.exists() else []
        return [manifest for folder in folders if (manifest := _read_manifest(folder)) is not None]

    def prepare(self) -> None:
        """Create the folder of releases; delete temporary folders and links of a killed publish."""
        self._settings.releases.mkdir(parents=True, exist_ok=True)
        for left in self._settings.releases.glob(".building-*"):
            shutil.rmtree(left, ignore_errors=True)
        for link in self._settings.home.glob(".current-*"):
            link.unlink(missing_ok=True)

    def survey(self, before: Release | None) -> Contents:
        """Sum up the build's marts, split as in the release before."""
        return survey_build(self._settings, self._contents(before))

    @contextlib.contextmanager
    def write(self, contents: Contents, inputs: str, before: Release | None) -> Iterator[Release]:
        """Write and check a release in a temporary folder, which is removed unless it is kept."""
        folder = self._building()
        earlier = self._folder(before) if before else None
        was = self._contents(before)
        try:
            folder.mkdir(parents=True)
            file = folder / WAREHOUSE
            base, made = self._begin(file, contents, before)
            written = write_warehouse(self._settings, file, contents, base)
            release = finish_warehouse(self._settings, file, contents, inputs, before, was, written)
            release["file"] = {"made": made, "replaced_rows": written.replaced_rows, "duckdb": duckdb.__version__}
            check_warehouse(file, contents, written.places)
            write_parquet(file, folder, contents, earlier, was)
            (folder / PARTS).write_text(as_json(contents), encoding="utf-8")
            release["files"] = _hash_files(folder, earlier, before)
            manifest = json.dumps(release, ensure_ascii=False, indent=2, default=datetime.isoformat)
            write_whole(folder / MANIFEST, manifest.encode())
            yield release
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def folder_of_pages(self) -> Path | None:
        """Return the folder of the release that is being written."""
        return self._building()

    def keep(self, release: Release) -> None:
        """Rename the written folder to its release id, synced to disk."""
        folder = self._building()
        for path in [*sorted(folder.rglob("*")), folder]:
            if path.is_file() and path.stat().st_nlink > 1:
                continue  # written and synced for an earlier release
            sync_path(path)
            if path.is_file():
                path.chmod(0o444)
        os.rename(folder, self._settings.releases / release["release_id"])
        sync_path(self._settings.releases)

    def serve(self, release_id: str) -> None:
        """Swap the link `current` to a kept release."""
        find_release(self.kept(), release_id)
        link = self._settings.home / f".current-{os.getpid()}"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("releases") / release_id)
        os.replace(link, self._settings.current)
        sync_path(self._settings.home)

    def prune(self, count: int) -> None:
        """Delete older releases; open files of a reader stay readable until they are closed."""
        served = self._settings.current.resolve()
        kept = self.kept()
        for release in kept[:-count]:
            folder = self._folder(release)
            if folder.resolve() != served:
                if kept[-1].get("file", {}).get("made") != "cloned":
                    self._spare(folder)
                shutil.rmtree(folder, ignore_errors=True)

    def _building(self) -> Path:
        return self._settings.releases / f".building-{os.getpid()}"

    def _folder(self, release: Release) -> Path:
        return self._settings.releases / str(release["release_id"])

    def _contents(self, release: Release | None) -> Contents | None:
        """Read the recorded contents of a release; None without a release, or if an earlier version recorded none."""
        return _read_contents(self._folder(release)) if release else None

    def _begin(self, file: Path, contents: Contents, before: Release | None) -> tuple[Base | None, str]:
        """Place an earlier release's file at `file`; return what it holds and how, None and `new` if cheaper."""
        base = _read_base(self._folder(before)) if before else None
        if before is None or base is None or not is_worth_changing(contents, base):
            return None, "new"
        if clone_file(self._folder(before) / WAREHOUSE, file):
            return base, "cloned"
        spare = self._take_spare(file, contents)
        if spare is not None:
            return spare, "reused"
        shutil.copyfile(self._folder(before) / WAREHOUSE, file)
        return base, "copied"

    def _spare(self, folder: Path) -> None:
        """Keep the file of a release that goes, for the next one to be made of."""
        if not (folder / PARTS).exists() or (folder / WAREHOUSE).stat().st_size < LARGE_BYTES:
            return
        spare = self._settings.spare_release
        shutil.rmtree(spare, ignore_errors=True)
        spare.mkdir(mode=0o700)
        with contextlib.suppress(OSError):  # `releases` may be a disk of its own
            for name in (WAREHOUSE, PARTS, MANIFEST):
                os.rename(folder / name, spare / name)

    def _take_spare(self, file: Path, contents: Contents) -> Base | None:
        """Move the spare file to `file`, return what it holds; delete it and return None if a process reads it."""
        spare = self._settings.spare_release
        base = _read_base(spare)
        try:
            if base is None or not is_worth_changing(contents, base) or not is_unused(spare / WAREHOUSE):
                return None
            os.rename(spare / WAREHOUSE, file)
            file.chmod(0o644)
            return base
        finally:
            shutil.rmtree(spare, ignore_errors=True)


def _read_manifest(folder: Path) -> Release | None:
    """Return the manifest of a folder; None where there is none, or where it is damaged."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        return None
    try:
        release: Release = json.loads(manifest.read_text(encoding="utf-8"))
        release["published_at"] = datetime.fromisoformat(release["published_at"])
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is damaged (%s): this release is passed over, remove its folder", manifest, error)
        return None
    return release


def _read_contents(folder: Path) -> Contents | None:
    try:
        return from_json((folder / PARTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _read_base(folder: Path) -> Base | None:
    """Describe a folder's file as one to change; None where it is missing or another version of DuckDB wrote it."""
    contents, release = _read_contents(folder), _read_manifest(folder)
    file: dict[str, Any] = (release or {}).get("file", {})
    if contents is None or file.get("duckdb") != duckdb.__version__ or not (folder / WAREHOUSE).exists():
        return None
    return Base(contents, file["replaced_rows"])


def _hash_files(folder: Path, earlier: Path | None, before: Release | None) -> dict[str, str]:
    """Hash every file of data; that of a file which is the release before's, too, is known."""
    known = (before or {}).get("files", {})
    hashes = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if earlier is not None and name.startswith(f"{FOLDER}/") and name in known and _is_same(path, earlier / name):
            hashes[name] = known[name]
        elif name != WAREHOUSE or path.stat().st_size < LARGE_BYTES:
            with path.open("rb") as file:
                hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)
