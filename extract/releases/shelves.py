"""Open the shelf of the configured warehouse: DuckDB folders or PostgreSQL schemas."""

from __future__ import annotations

from extract.releases.folder_shelf import FolderShelf
from extract.releases.model import Release, Shelf
from extract.releases.schema_shelf import SchemaShelf
from extract.settings import Settings


def open_shelf(settings: Settings) -> Shelf:
    """Return the shelf of the configured warehouse."""
    if settings.on_postgres:
        return SchemaShelf(settings)
    return FolderShelf(settings)


def served_release(settings: Settings) -> Release | None:
    """Return the manifest of the served release, None before the first."""
    with open_shelf(settings) as shelf:
        return shelf.served()
