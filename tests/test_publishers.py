from __future__ import annotations

from pathlib import Path

import pytest

from extract.errors import SettingsError
from extract.publishers import find_publisher, load_publisher, load_publishers
from extract.settings import PROJECT


def test_every_publisher_file_of_the_repository_is_right() -> None:
    publishers = load_publishers(PROJECT / "extract/publishers")
    assert {"inbox", "zhuhai-gaoxin-dangqun"} <= {publisher.code for publisher in publishers}


def test_a_name_is_found_whatever_its_width_and_blanks() -> None:
    publishers = load_publishers(PROJECT / "extract/publishers")
    found = find_publisher("珠海高新区 党群工作部", publishers)
    assert found is not None
    assert found.region_code == "440400"
    assert find_publisher("珠海高新区教育局", publishers) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("region_code: 44", "region_code"),
        ("colour: red", "colour"),
        ("- a list", "expected keys and values"),
        ("source: {kind: ftp}", "source"),
        ("name: [unclosed", "not YAML"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"wrong\.yml.*{said}"):
        load_publisher(path)


def test_two_files_may_not_claim_one_name(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("name: 某局", encoding="utf-8")
    (tmp_path / "two.yml").write_text("name: 另局\naliases: [某 局]", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"two\.yml.*某局.*one\.yml"):
        load_publishers(tmp_path)
