"""Copy the served release to objects below a URL, and name it in a pointer object that is written last.

    <url>/data/<sha256>.parquet      a part of a table, under the name of what it holds: written once for all releases
          releases/<id>/…            manifest, report and docs of a release
                        tables.sql   views on the objects of data, as DuckDB creates them
          current.json               {"release_id": …, "checksum": …}: who asks it first sees a whole release

An object store renames nothing, links nothing and swaps no links; replacing one object is the one step that it has. The
DuckDB file changes with every release, all of it in the eyes of such a store, and so is not copied.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fsspec  # type: ignore[import-untyped]

from extract.releases.duckdb_file import WAREHOUSE
from extract.releases.model import Release
from extract.releases.parquet_files import FOLDER
from extract.settings import Settings

log = logging.getLogger(__name__)
POINTER = "current.json"
TABLES = "tables.sql"


def mirror_release(settings: Settings, served: Release | None, kept: list[Release]) -> bool:
    """Upload the served release unless the pointer names it already; returns whether anything was uploaded.

    Only objects of data that are not there yet are written. Killed at any moment, the pointer names the release before,
    which is whole; the next publish finishes. Releases that are not `kept` any more go, and the data of no other, after
    the pointer has moved on.
    """
    if settings.releases_url is None or served is None:
        return False
    files, root = fsspec.core.url_to_fs(settings.releases_url)
    root = root.rstrip("/")
    if _pointed_at(files, root) == served["release_id"]:
        return False
    folder = settings.releases / served["release_id"]
    data = {name: sha256 for name, sha256 in served["files"].items() if name.startswith(f"{FOLDER}/")}
    there = _sizes(files, root)
    files.makedirs(f"{root}/data", exist_ok=True)
    for name, sha256 in sorted(data.items()):
        if there.get(sha256) != (folder / name).stat().st_size:  # half of a file, where a store shows that, is no file
            files.put_file(str(folder / name), f"{root}/data/{sha256}.parquet")
    place = f"{root}/releases/{served['release_id']}"
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        if name not in data and name != WAREHOUSE:
            files.makedirs(f"{place}/{name}".rsplit("/", 1)[0], exist_ok=True)
            files.put_file(str(folder / name), f"{place}/{name}")
    files.pipe_file(f"{place}/{TABLES}", _create_views(settings.releases_url.rstrip("/"), data).encode())
    pointer = {name: served[name] for name in ("release_id", "checksum")}
    files.pipe_file(f"{root}/{POINTER}", json.dumps(pointer).encode())
    log.info("release %s is served from %s", served["release_id"], settings.releases_url)
    _prune(files, root, [*kept, served])
    return True


def _create_views(url: str, data: Mapping[str, str]) -> str:
    """Write SQL for one view a table on its objects. `file://` is no prefix that all versions of DuckDB know."""
    place = url.removeprefix("file://")
    objects: dict[str, list[str]] = {}
    for name, sha256 in sorted(data.items()):
        objects.setdefault(Path(name).parts[1], []).append(f"    '{place}/data/{sha256}.parquet'")
    views = []
    for table, names in objects.items():
        listed = ",\n".join(names)
        views.append(f'CREATE OR REPLACE VIEW "{table}" AS SELECT * FROM read_parquet([\n{listed}\n]);\n')
    return "".join(views)


def _pointed_at(files: Any, root: str) -> str | None:
    files.invalidate_cache()
    if not files.exists(f"{root}/{POINTER}"):
        return None
    return str(json.loads(files.cat_file(f"{root}/{POINTER}"))["release_id"])


def _sizes(files: Any, root: str) -> dict[str, int]:
    """Return sha256 -> bytes of the objects of data that are there."""
    if not files.exists(f"{root}/data"):
        return {}
    return {Path(one["name"]).stem: int(one["size"]) for one in files.ls(f"{root}/data", detail=True)}


def _prune(files: Any, root: str, kept: list[Release]) -> None:
    releases = {one["release_id"] for one in kept}
    for path in files.ls(f"{root}/releases", detail=False):
        if path.rstrip("/").rsplit("/", 1)[-1] not in releases:
            files.rm(path, recursive=True)
    wanted = {sha256 for one in kept for sha256 in one["files"].values()}
    unwanted = [f"{root}/data/{sha256}.parquet" for sha256 in _sizes(files, root) if sha256 not in wanted]
    if unwanted:
        files.rm(unwanted)
