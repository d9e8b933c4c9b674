"""The disk that the faults share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import SmallDisk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    disk = SmallDisk(tmp_path / "disk", 40)
    yield disk
    disk.close()
