"""Load publisher files: who publishes, when, where to look.

One file per publisher; the file's name is the publisher's code. A file without `name` is a shared source (an inbox):
the title of each document then names its publisher.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from extract.errors import SettingsError
from extract.publishers.models import BucketSource, FolderSource, ListingSource, Publisher
from extract.publishers.publisher_files import load_publisher
from extract.text import fold_name

__all__ = [
    "BucketSource",
    "FolderSource",
    "ListingSource",
    "Publisher",
    "attribute_publisher",
    "find_publisher",
    "load_publisher",
    "load_publishers",
]


def load_publishers(folder: Path) -> tuple[Publisher, ...]:
    """Load every publisher file of a folder, by code; raises SettingsError with all mistakes in all files."""
    publishers: list[Publisher] = []
    wrong: list[str] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            publishers.append(load_publisher(path))
        except SettingsError as error:
            wrong.append(str(error))
    owners: dict[str, str] = {}
    for publisher in publishers:
        for name in _names(publisher):
            owner = owners.setdefault(name, publisher.code)
            if owner != publisher.code:
                wrong.append(f"{publisher.code}.yml: the name {name} is also claimed by {owner}.yml")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return tuple(publishers)


def _names(publisher: Publisher) -> Iterable[str]:
    return (fold_name(name) for name in (publisher.name, *publisher.aliases) if name)


def find_publisher(printed_name: str, publishers: Iterable[Publisher]) -> Publisher | None:
    """Return the publisher that lists `printed_name` as name or alias, else None."""
    wanted = fold_name(printed_name)
    return next((p for p in publishers if wanted in _names(p)), None)


def attribute_publisher(
    printed_name: str, all_printed: Iterable[str], source_code: str | None, publishers: Iterable[Publisher]
) -> Publisher | None:
    """Return the publisher of a part of a PDF: by its printed name, else the owner of the source.

    The owner counts only where the PDF prints one name throughout (`all_printed`): a PDF of two publishers keeps
    both.
    """
    publishers = tuple(publishers)
    found = find_publisher(printed_name, publishers)
    if found is None and len({fold_name(name) for name in all_printed}) == 1:
        found = next((p for p in publishers if p.code == source_code and p.owns_source), None)
    return found
