"""The store that machines share: what one home puts another gets, proved; and nothing else is ever given out."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

import fsspec
import pytest

from extract.archive.object_store import DamagedError, StoreError, open_bucket_store
from extract.archive.readings import drop_reading, keep_reading, load_reading
from extract.archive.stored_documents import (
    archive_name,
    archive_path,
    fetch_archived,
    find_archived,
    forget_copies,
    land_bytes,
    name_place,
)
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.settings import PROJECT, Settings

BYTES = b"%PDF-1.7 bytes\n%%EOF"


@pytest.fixture(params=["memory", "file"])
def homes(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Settings, Settings]:
    """Two homes that share nothing but a store."""
    url = f"memory://{uuid.uuid4()}" if request.param == "memory" else f"file://{tmp_path}/shared"
    one, other = (Settings(home=tmp_path / name, store_url=url, settle_seconds=0) for name in ("one", "other"))
    return one, other


def land(settings: Settings, data: bytes = BYTES) -> str:
    return land_bytes(settings.archive, data, open_bucket_store(settings)).sha256


def test_bytes_landed_by_one_machine_are_read_by_another(homes: tuple[Settings, Settings]) -> None:
    one, other = homes
    sha256 = land(one)
    assert find_archived(other, sha256) == len(BYTES)
    path = fetch_archived(other, sha256)
    assert path.read_bytes() == BYTES
    assert name_place(other, sha256) == f"{one.store_url}/archive/{sha256[:2]}/{sha256[2:4]}/{sha256}.pdf"
    assert path.is_relative_to(other.home)
    assert not os.access(path, os.W_OK) or os.getuid() == 0


def test_a_landing_killed_before_its_upload_is_finished_by_the_next_one(homes: tuple[Settings, Settings]) -> None:
    one, other = homes
    sha256 = land_bytes(one.archive, BYTES).sha256  # as far as the killed one came
    assert find_archived(one, sha256) is None
    assert land(one) == sha256
    assert fetch_archived(other, sha256).read_bytes() == BYTES


def test_a_damaged_copy_is_replaced_from_the_store(homes: tuple[Settings, Settings]) -> None:
    one, _ = homes
    sha256 = land(one)
    path = archive_path(one.archive, sha256)
    path.chmod(0o644)
    path.write_bytes(b"x" * len(BYTES))
    assert fetch_archived(one, sha256).read_bytes() == BYTES


def test_damaged_bytes_of_the_store_are_never_given_out(homes: tuple[Settings, Settings]) -> None:
    one, other = homes
    sha256 = land(one)
    files, root = fsspec.core.url_to_fs(one.store_url)
    files.pipe_file(f"{root}/{archive_name(sha256)}", b"x" * len(BYTES))
    with pytest.raises(DamagedError, match="restore"):
        fetch_archived(other, sha256)
    assert not archive_path(other.archive, sha256).exists()


def test_a_damaged_archive_of_one_machine_is_told_and_landing_again_mends_it(settings: Settings) -> None:
    landed = land_bytes(settings.archive, BYTES)
    landed.path.chmod(0o644)
    landed.path.write_bytes(b"x" * len(BYTES))
    with pytest.raises(DamagedError, match="moved aside"):
        fetch_archived(settings, landed.sha256)
    land_bytes(settings.archive, BYTES)
    assert fetch_archived(settings, landed.sha256).read_bytes() == BYTES


def test_a_reading_is_staged_by_another_machine_and_then_gone(homes: tuple[Settings, Settings]) -> None:
    one, other = homes
    keep_reading(one, "ab" * 32, '{"标题": 1}')
    assert load_reading(other, "ab" * 32) == '{"标题": 1}'
    drop_reading(other, "ab" * 32)
    drop_reading(other, "ab" * 32)
    with pytest.raises(FileNotFoundError):
        load_reading(one, "ab" * 32)


def test_a_torn_reading_is_not_staged(settings: Settings) -> None:
    keep_reading(settings, "ab" * 32, '{"rows": [1, 2, 3]}')
    path = settings.home / "readings/ab" / f"{'ab' * 32}.json"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(DamagedError, match="read again"):
        load_reading(settings, "ab" * 32)


def test_copies_that_nobody_wants_are_forgotten_and_an_archive_never_is(
    homes: tuple[Settings, Settings], tmp_path: Path
) -> None:
    one, _ = homes
    wanted, unwanted = land(one), land(one, BYTES + b"\n")
    alone = Settings(home=tmp_path / "alone")
    kept = land_bytes(alone.archive, BYTES)
    not_uploaded = land_bytes(one.archive, BYTES + b"\n\n").sha256
    for path in (archive_path(one.archive, unwanted), archive_path(one.archive, not_uploaded), kept.path):
        os.utime(path, (0, 0))
    assert forget_copies(one) == 1
    assert forget_copies(alone) == 0
    assert archive_path(one.archive, wanted).exists()
    assert archive_path(one.archive, not_uploaded).exists()
    assert fetch_archived(one, unwanted).read_bytes() == BYTES + b"\n"
    assert kept.path.exists()


def test_a_store_that_does_not_answer_fails_the_task_and_costs_no_document_an_attempt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path / "home", store_url=f"memory://{uuid.uuid4()}", settle_seconds=0)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(PROJECT / "demo/publications/2025.pdf", inbox)
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    (batch,) = ingest.plan_batches(settings)
    shutil.rmtree(settings.archive)

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("connection refused")

    files, _ = fsspec.core.url_to_fs(settings.store_url, use_listings_cache=False)
    with monkeypatch.context() as broken:
        broken.setattr(type(files), "cat_file", refuse)
        with pytest.raises(StoreError, match="connection refused"):
            ingest.read_batch(settings, batch)
    assert Ledger(settings.ledger_url or "").document(batch[0])["state"] == "landed"
    assert ingest.plan_batches(settings) == [batch]
    assert ingest.read_batch(settings, batch) == 1
    assert (
        ingest.stage_read(
            Settings(home=tmp_path / "other", store_url=settings.store_url, ledger_url=settings.ledger_url), "night"
        )
        == 1
    )
