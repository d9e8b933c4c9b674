"""Load publisher files: who publishes, when, where to look.

One file per publisher; the file's name is the publisher's code. A file without `name` is a shared source (an inbox):
the title of each document then names its publisher.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from extract.errors import SettingsError
from extract.publishers.models import BucketSource, FolderSource, ListingSource, Publisher
from extract.publishers.offices import fold_office, is_part_of, is_same_office
from extract.publishers.publisher_files import load_publisher
from extract.text import fold_name

__all__ = [
    "BucketSource",
    "FolderSource",
    "ListingSource",
    "Parent",
    "Publisher",
    "attribute_publisher",
    "find_parent",
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
        for name in map(fold_name, publisher.names):
            owner = owners.setdefault(name, publisher.code)
            if owner != publisher.code:
                wrong.append(f"{publisher.code}.yml: the name {name} is also claimed by {owner}.yml")
    wrong += _check_parents({one.code: one for one in publishers})
    if wrong:
        raise SettingsError("\n".join(wrong))
    return tuple(publishers)


def _check_parents(publishers: Mapping[str, Publisher]) -> Iterator[str]:
    """Say which file names a parent without a name of its own, or one that is a part of the file's own publisher."""
    for publisher in publishers.values():
        seen, above = {publisher.code}, publisher.parent
        if above is not None and (above not in publishers or publishers[above].name is None):
            yield f"{publisher.code}.yml: parent: expected the code of a file with a name, found {above}"
        while above is not None and above in publishers:
            if above in seen:
                yield f"{publisher.code}.yml: parent: it would be a part of itself"
                break
            seen.add(above)
            above = publishers[above].parent


def find_publisher(printed_name: str, publishers: Iterable[Publisher]) -> Publisher | None:
    """Find the publisher with this name or alias, None if none has it.

    Names are equal whatever their letter width, blanks and brackets (`fold_name`); parts of names do not match.
    """
    wanted = fold_name(printed_name)
    return next((p for p in publishers if wanted in map(fold_name, p.names)), None)


def attribute_publisher(
    printed_name: str, all_printed: Iterable[str], source_code: str | None, publishers: Iterable[Publisher]
) -> Publisher | None:
    """Return the publisher of a part of a PDF: by its printed name, else the owner of the source.

    The owner counts only where the PDF prints one name throughout (`all_printed`), for a PDF of two publishers keeps
    both; and only for a variant of its name, for its site also shows documents of its district bureaus and sub-units.
    """
    publishers = tuple(publishers)
    found = find_publisher(printed_name, publishers)
    if found is None and len({fold_name(name) for name in all_printed}) == 1:
        owner = next((p for p in publishers if p.code == source_code and p.owns_source), None)
        if owner and (not printed_name or any(is_same_office(printed_name, name) for name in owner.names)):
            found = owner
    return found


class Parent(NamedTuple):
    """The publisher that another one is a part of."""

    code: str
    name: str


def find_parent(
    printed_name: str, publisher: Publisher | None, departments: Iterable[str], publishers: Iterable[Publisher]
) -> Parent | None:
    """Find what a publisher is a part of: as its file says, else its printed name, else its projects.

    A name says it that begins with the whole name of a publisher file; projects say it that all print one responsible
    department (主管部门, `departments`) which is another office. None where nothing says it.
    """
    publishers = tuple(publishers)
    if publisher is not None and publisher.parent is not None:
        return next((_as_parent(one) for one in publishers if one.code == publisher.parent), None)
    others = [one for one in publishers if one is not publisher]
    wholes = [(len(name), one) for one in others for name in one.names if is_part_of(printed_name, name)]
    if wholes:
        return _as_parent(max(wholes, key=lambda pair: pair[0])[1])
    printed = {fold_office(name): name for name in departments if fold_office(name)}
    mine = (printed_name, *(publisher.names if publisher is not None else ()))
    if len(printed) != 1 or any(is_same_office(name, one) for name in printed for one in mine):
        return None
    (name,) = printed
    known = find_publisher(name, publishers) or find_publisher(printed[name], publishers)
    if known is not None:
        return None if known is publisher else _as_parent(known)
    return Parent(name, printed[name])


def _as_parent(publisher: Publisher) -> Parent:
    return Parent(publisher.code, publisher.name or publisher.code)
