from __future__ import annotations

from pathlib import Path

import pytest

from extract.errors import SettingsError
from extract.publishers import Publisher, attribute_publisher, find_publisher, load_publisher, load_publishers
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
        ("name: " + "[" * 20_000, "nested too deep"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"wrong\.yml.*{said}"):
        load_publisher(path)


def test_what_is_no_file_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "folder.yml").mkdir()
    (tmp_path / "link.yml").symlink_to("nowhere")
    with pytest.raises(SettingsError, match=r"folder\.yml: Is a directory\nlink\.yml: No such file"):
        load_publishers(tmp_path)


def test_every_mistake_of_every_file_is_named_with_its_line_and_key(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(
        """name: 某局
region_code: 44
source:
  kind: listing
  pages: [ftp://a]
  link:
    selector: "a[["
    colour: red
  date: {pattern: "("}
politeness:
  concurrency: many
season: {start: "13-01", end: "03-31"}
words: {刻度: target}
answers: [{question: abc, choice: rest, by: 张三}, {question: 43aa21ba04cf2108, choice: rest}]
""",
        encoding="utf-8",
    )
    (tmp_path / "two.yml").write_text("name: 某局\nname: 另局\n", encoding="utf-8")
    (tmp_path / "three.yml").write_text("source:\n  kind: listing\n", encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_publishers(tmp_path)
    said = str(error.value).splitlines()
    for beginning in (
        "one.yml, line 2: region_code: ",
        "one.yml, line 5: source.pages.0: expected http://",
        "one.yml, line 7: source.link.selector: not a CSS selector, found 'a[['",
        "one.yml, line 8: source.link.colour: ",
        "one.yml, line 9: source.date.pattern: not a regular expression",
        "one.yml, line 11: politeness.concurrency: ",
        "one.yml, line 12: season.start: expected MM-DD",
        "one.yml, line 13: words.刻度: expected one of unit, project, ",
        "one.yml, line 14: answers.0.question: ",
        "one.yml, line 14: answers.1.by: Field required",
        "two.yml, line 2: name: stands here twice",
        "three.yml, line 1: source.pages: Field required",
    ):
        assert any(line.startswith(beginning) for line in said), (beginning, said)


def publisher(code: str, name: str | None, *, source: bool) -> Publisher:
    given = {"code": code, "name": name, "source": {"kind": "folder", "path": "/x"} if source else None}
    return Publisher.model_validate(given)


def test_a_document_of_a_publishers_own_source_is_its_own_though_it_prints_a_variant() -> None:
    publishers = (publisher("gz", "某局", source=True), publisher("sz", "另局", source=False))
    own = attribute_publisher("某某局本级", ["某某局本级"], "gz", publishers)
    assert own is not None
    assert own.code == "gz"
    known = attribute_publisher("另局", ["另局"], "gz", publishers)
    assert known is not None
    assert known.code == "sz", "a name that a file claims is believed"


def test_a_document_of_two_publishers_keeps_both() -> None:
    publishers = (publisher("gz", "某局", source=True),)
    names = ["某局", "未知局"]
    assert attribute_publisher("未知局", names, "gz", publishers) is None
    found = attribute_publisher("某局", names, "gz", publishers)
    assert found is not None
    assert found.code == "gz"


def test_an_inbox_and_a_file_without_source_own_nothing() -> None:
    publishers = (publisher("inbox", None, source=True), publisher("gz", "某局", source=False))
    assert attribute_publisher("未知局", ["未知局"], "inbox", publishers) is None
    assert attribute_publisher("未知局", ["未知局"], "gz", publishers) is None


def test_two_files_may_not_claim_one_name(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text("name: 某局", encoding="utf-8")
    (tmp_path / "two.yml").write_text("name: 另局\naliases: [某 局]", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"two\.yml.*某局.*one\.yml"):
        load_publishers(tmp_path)


def test_a_parent_is_a_file_with_a_name_and_no_part_of_its_own_part(tmp_path: Path) -> None:
    for code, told in (("a", "name: 甲\nparent: b"), ("b", "name: 乙\nparent: a"), ("c", "name: 丙\nparent: inbox")):
        (tmp_path / f"{code}.yml").write_text(f"{told}\n", encoding="utf-8")
    (tmp_path / "inbox.yml").write_text("source: {kind: folder}\n", encoding="utf-8")
    with pytest.raises(SettingsError) as wrong:
        load_publishers(tmp_path)
    assert str(wrong.value).splitlines() == [
        "a.yml: parent: it would be a part of itself",
        "b.yml: parent: it would be a part of itself",
        "c.yml: parent: expected the code of a file with a name, found inbox",
    ]
