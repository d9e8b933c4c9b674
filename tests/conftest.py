"""What several tests share: settings on a home of their own, and the demo's publications."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings on an empty home; files in the inbox count as at rest at once."""
    return Settings(home=tmp_path / "var", settle_seconds=0)
