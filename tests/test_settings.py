from __future__ import annotations

from pathlib import Path

import pytest

from extract.errors import SettingsError
from extract.settings import Settings


def test_everything_lies_under_home_unless_set(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.inbox == tmp_path / "inbox"
    assert settings.ledger_url == f"sqlite:///{tmp_path}/ledger.db"
    assert settings.current == tmp_path / "current"


def test_a_wrong_value_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIXIAO_BATCH_DOCUMENTS", "many")
    with pytest.raises(SettingsError, match=r"JIXIAO_BATCH_DOCUMENTS.*'many'"):
        Settings()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JIXIAO_INBOX", "")
    assert Settings(home=tmp_path).inbox == tmp_path / "inbox"
