from __future__ import annotations

from pathlib import Path

import pytest

from extract.cli.record_rows import setting_rows
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


def test_a_home_that_a_database_would_put_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="JIXIAO_HOME: expected a path without a question mark"):
        Settings(home=tmp_path / "we?ird")


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ledger_url", "postgresql+psycopg2://a:geheim@h/d"),
        ("warehouse_url", "postgresql+psycopg2://a@h/d?sslmode=require&password=geheim"),
        ("store_url", "s3://key:geheim@bucket"),
        ("store_url", "s3://bucket?secret_key=geheim&region=x"),
        ("releases_url", "s3://bucket?Access_Token=geheim"),
        ("reader_url", "postgresql+psycopg2://a:geheim@h/d"),
        ("alert_url", "https://h/geheim"),
        ("heartbeat_url", "https://h/geheim"),
    ],
)
def test_a27_no_setting_shows_a_secret(tmp_path: Path, name: str, url: str) -> None:
    rows = {row["variable"]: row["value"] for row in setting_rows(Settings(home=tmp_path, **{name: url}))}
    assert "geheim" not in str(rows)
    assert "***" in rows[f"JIXIAO_{name.upper()}"]
