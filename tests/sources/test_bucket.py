from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from extract.errors import Reason, Refused, SettingsError
from extract.publishers import Publisher
from extract.sources import bucket
from extract.sources.discovery import discover_source
from extract.sources.landing import land_publications

if TYPE_CHECKING:
    from extract.entities import Landing, Publication
    from extract.settings import Settings

PDF = b"%PDF-1.7\n%%EOF\n"


def publisher(url: str, **more: Any) -> Publisher:
    return Publisher.model_validate({"code": "gz", "source": {"kind": "bucket", "url": url, **more}})


def land(one: Publisher, publications: list[Publication], settings: Settings, known: Any = None) -> list[Landing]:
    memory = {entry.url: entry for entry in known or []}
    return [landing for some in land_publications(one, publications, lambda _: memory, settings) for landing in some]


def test_objects_of_a_local_bucket_are_found_and_landed(tmp_path: Path, settings: Settings) -> None:
    folder = tmp_path / "bucket/2025"
    folder.mkdir(parents=True)
    (folder / "绩效 #1.PDF").write_bytes(PDF)
    (folder / "notes.txt").write_bytes(b"x")
    one = publisher(f"file://{tmp_path}/bucket/")
    found = discover_source(one, settings, None, lambda _: {})
    assert [p.url.rpartition("/")[2] for p in found.publications] == ["绩效 #1.PDF"]
    (landing,) = land(one, found.publications, settings)
    assert landing.landed is not None
    assert landing.landed.path.read_bytes() == PDF


def test_a_bucket_whose_list_says_unchanged_is_asked_for_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/gz/a.pdf", PDF)
    etags = {"a.pdf": "1"}
    monkeypatch.setattr(bucket, "_version", lambda entry: etags[entry["name"].rpartition("/")[2]])
    one = publisher("memory://gz/")
    try:
        first = land(one, discover_source(one, settings, None, lambda _: {}).publications, settings)
        memory.pipe("/gz/a.pdf", PDF + b"%%EOF")
        unchanged = discover_source(one, settings, None, lambda _: {}).publications
        (second,) = land(one, unchanged, settings, [landing.cache_entry for landing in first])
        assert second.landed is not None
        assert second.landed.size == len(PDF), "not read again: its version is the same"
        etags["a.pdf"] = "2"
        changed = discover_source(one, settings, None, lambda _: {}).publications
        (third,) = land(one, changed, settings, [landing.cache_entry for landing in first])
        assert third.landed is not None
        assert third.landed.size == len(PDF) + 5
    finally:
        memory.rm("/gz", recursive=True)


def test_an_object_that_is_gone_or_too_large_is_refused(settings: Settings) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/gz/a.pdf", PDF)
    one = publisher("memory://gz/")
    try:
        publications = discover_source(one, settings, None, lambda _: {}).publications
        object.__setattr__(settings, "max_file_megabytes", 0)
        (large,) = land(one, publications, settings)
    finally:
        memory.rm("/gz", recursive=True)
    (gone,) = land(one, publications, settings)
    for landing, reason in ((large, Reason.TOO_LARGE), (gone, Reason.GONE)):
        assert isinstance(landing.error, Refused)
        assert landing.error.reason is reason


def test_a_bucket_that_does_not_exist_is_told_and_not_empty(settings: Settings, tmp_path: Path) -> None:
    found = discover_source(publisher(f"file://{tmp_path}/nowhere/"), settings, None, lambda _: {})
    assert found.publications == []
    assert found.broken


def test_secrets_of_a_bucket_are_taken_from_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(fsspec, "filesystem", lambda protocol, **options: seen.update(options))
    monkeypatch.setenv("BUCKET_SECRET", "hunter2")
    source = publisher("s3://gz/", options={"anon": False}, secrets={"secret": {"env": "BUCKET_SECRET"}}).source
    assert source is not None
    bucket.open_bucket(source)  # type: ignore[arg-type]
    assert {("anon", False), ("secret", "hunter2")} <= set(seen.items())
    assert "hunter2" not in repr(source)
    monkeypatch.delenv("BUCKET_SECRET")
    with pytest.raises(SettingsError, match="BUCKET_SECRET"):
        bucket.open_bucket(source)  # type: ignore[arg-type]
