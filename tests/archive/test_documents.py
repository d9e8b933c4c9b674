from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from extract.archive.stored_documents import archive_path, land_bytes
from extract.files import write_whole


def test_bytes_lie_under_their_hash_and_cannot_be_changed(tmp_path: Path) -> None:
    landed = land_bytes(tmp_path, b"%PDF-1.7")
    assert landed.sha256 == hashlib.sha256(b"%PDF-1.7").hexdigest()
    assert landed.path == archive_path(tmp_path, landed.sha256)
    assert landed.path.read_bytes() == b"%PDF-1.7"
    assert landed.path.stat().st_mode & 0o222 == 0


def test_a02_landing_the_same_again_finds_the_one_blob(tmp_path: Path) -> None:
    first = land_bytes(tmp_path, b"bytes")
    written = first.path.stat().st_mtime_ns
    assert land_bytes(tmp_path, b"bytes").path.stat().st_mtime_ns == written
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a05_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "file", b"bytes")
    assert list(tmp_path.iterdir()) == []
