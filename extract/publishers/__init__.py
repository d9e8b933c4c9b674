"""YAML files become validated publishers: who publishes, under which names, and where to look.

One file per publisher; the file's name is the publisher's code. A file without `name` is a place where documents of
several publishers arrive (an inbox): each document's own title then says whose it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extract.errors import SettingsError


class FolderSource(BaseModel):
    """PDFs that people or other programs put into a folder; sub-folders are looked into."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["folder"]
    path: str | None = Field(None, description="the folder; left out: the setting JIXIAO_INBOX")
    pattern: str = Field("*.pdf", description="file names to take, case-insensitive")


class Publisher(BaseModel):
    """One publisher file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str | None = None
    aliases: tuple[str, ...] = ()
    region_code: str | None = Field(None, pattern=r"^\d{6}$", description="GB/T 2260; indicator codes are local to it")
    source: FolderSource | None = None


def load_publisher(path: Path) -> Publisher:
    """Read one file; raises SettingsError naming file and key where it does not fit."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: not YAML: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path.name}: expected keys and values, found {type(content).__name__}")
    try:
        return Publisher.model_validate({"code": path.stem, **content})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, found {e['input']!r}" for e in error.errors())
        raise SettingsError(f"{path.name}: {wrong}") from None


def load_publishers(folder: Path) -> tuple[Publisher, ...]:
    """Every publisher file of a folder, by code; raises SettingsError where two claim one name."""
    publishers = tuple(load_publisher(path) for path in sorted(folder.glob("*.yml")))
    owners: dict[str, str] = {}
    for publisher in publishers:
        for name in _names(publisher):
            owner = owners.setdefault(name, publisher.code)
            if owner != publisher.code:
                raise SettingsError(f"{publisher.code}.yml: the name {name} is also claimed by {owner}.yml")
    return publishers


def fold_name(name: str) -> str:
    """A publisher's name without width, blanks and case: 珠海高新区 党群工作部 is 珠海高新区党群工作部."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _names(publisher: Publisher) -> Iterable[str]:
    return (fold_name(name) for name in (publisher.name, *publisher.aliases) if name)


def find_publisher(printed_name: str, publishers: Iterable[Publisher]) -> Publisher | None:
    """Whose name stands on the document: the publisher file that claims it, None where none does."""
    wanted = fold_name(printed_name)
    return next((p for p in publishers if wanted in _names(p)), None)
