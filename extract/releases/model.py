"""Define the types of releases and of their storage: the `Shelf` protocol."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

from extract.errors import JixiaoError

Release = dict[str, Any]
"""A manifest: release_id, published_at (UTC), source_documents, row_counts, checksum, inputs, what it changed."""

NOT_COUNTED = frozenset({"releases", "release_changes"})
"""Tables about the releases themselves: no part of a release's checksum, or equal rows would never be equal."""

CHANGE_COLUMNS = {
    "release_id": ("VARCHAR", "This release (发布版本)."),
    "compared_with": ("VARCHAR", "The release before it; null in the first (对比版本)."),
    "table_name": ("VARCHAR", "Table of the release, or of the one before where it is gone (表名)."),
    "rows_before": ("BIGINT", "Rows in the release before (原行数)."),
    "rows_added": ("BIGINT", "Rows whose key is new (新增行数)."),
    "rows_changed": ("BIGINT", "Rows of equal key in which a column that both releases have differs (变更行数)."),
    "rows_gone": ("BIGINT", "Rows whose key is gone (删除行数)."),
    "rows_after": ("BIGINT", "Rows in this release: before + added - gone (现行数)."),
}
CHANGES_COMMENT = "One row per table of this release or of the one before it (版本差异): what publishing it changed."


class ReleaseError(JixiaoError):
    """A release is missing, or differs from its manifest."""


class Shelf(Protocol):
    """Storage of releases. Used by the one writer, as `with open_shelf(settings) as shelf`.

    On PostgreSQL everything inside the block is one transaction; in folders each step is atomic by itself.
    """

    def __enter__(self) -> Self: ...

    def __exit__(self, *trouble: object) -> None: ...

    def served(self) -> Release | None:
        """Return the release that readers see, None before the first."""

    def kept(self) -> list[Release]:
        """List all complete releases, oldest first."""

    def prepare(self) -> None:
        """Create what a publish needs, and remove what a killed one left; the caller holds the writer lock."""

    def survey(self, before: Release | None) -> Any:
        """Return the contents of the build (`manifest.Contents`), split into parts as in the release before."""

    def write(self, contents: Any, inputs: str, before: Release | None) -> AbstractContextManager[Release]:
        """Write and check a release of the build; it is removed at the end of the block unless it was kept."""

    def folder_of_pages(self) -> Path | None:
        """Return the folder for pages of the release that is being written; None where there are no folders."""

    def keep(self, release: Release) -> None:
        """Give a written release its final name, durably; readers do not see it yet."""

    def serve(self, release_id: str) -> None:
        """Serve a kept release from now on, atomically; readers of another one finish undisturbed."""

    def prune(self, count: int) -> None:
        """Keep the newest `count` releases and the served one."""


def name_release(checksum: str, before: Release | None) -> tuple[str, datetime]:
    """Return a release id and its moment, UTC. Ids sort in order even when the clock has been set back."""
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    if before is not None:
        moment = max(moment, before["published_at"] + timedelta(seconds=1))
    return f"{moment:%Y%m%dT%H%M%SZ}-{checksum[:8]}", moment


def find_release(kept: list[Release], release_id: str) -> Release:
    """Return the kept release whose id begins so; raises ReleaseError with the ids of those that exist."""
    found = [one for one in kept if one["release_id"].startswith(release_id)]
    if len(found) != 1:
        there = ", ".join(one["release_id"] for one in kept) or "none"
        raise ReleaseError(f"expected one release named {release_id}…, found {len(found)}; kept are: {there}")
    return found[0]
