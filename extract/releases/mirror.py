"""The served release's folder becomes objects below a URL, and a pointer object, written last, names it.

    <url>/releases/<id>/…   the same files, report and docs too
    <url>/current.json      {"release_id": …, "checksum": …}: who asks it first sees a release whole or not at all

An object store renames nothing and swaps no links; replacing one object is the one step that it has.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import fsspec  # type: ignore[import-untyped]

from extract.releases.model import Release
from extract.settings import Settings

log = logging.getLogger(__name__)
POINTER = "current.json"


def mirror_release(settings: Settings, served: Release | None, kept: list[Release]) -> bool:
    """Upload the served release unless the pointer names it already; returns whether anything was uploaded.

    Killed at any moment, the pointer names the release before, which is whole; the next publish finishes. Releases that
    are not `kept` any more go, after the pointer has moved on.
    """
    if settings.releases_url is None or served is None:
        return False
    files, root = fsspec.core.url_to_fs(settings.releases_url)
    root = root.rstrip("/")
    if _pointed_at(files, root) == served["release_id"]:
        return False
    folder = settings.releases / served["release_id"]
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        files.makedirs(f"{root}/releases/{served['release_id']}/{name}".rsplit("/", 1)[0], exist_ok=True)
        files.put_file(str(folder / name), f"{root}/releases/{served['release_id']}/{name}")
    pointer = {name: served[name] for name in ("release_id", "checksum")}
    files.pipe_file(f"{root}/{POINTER}", json.dumps(pointer).encode())
    log.info("release %s is served from %s", served["release_id"], settings.releases_url)
    _prune(files, root, {one["release_id"] for one in kept} | {served["release_id"]})
    return True


def _pointed_at(files: Any, root: str) -> str | None:
    files.invalidate_cache()
    if not files.exists(f"{root}/{POINTER}"):
        return None
    return str(json.loads(files.cat_file(f"{root}/{POINTER}"))["release_id"])


def _prune(files: Any, root: str, kept: set[str]) -> None:
    for path in files.ls(f"{root}/releases", detail=False):
        if path.rstrip("/").rsplit("/", 1)[-1] not in kept:
            files.rm(path, recursive=True)
