"""What a publisher file says of its documents, in the rows that are staged."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from extract.entities import Column, DocumentKind, Part, Reading
from extract.publishers import Publisher, find_parent
from extract.warehouse.frames import Origin, make_frames

SEEN = datetime(2026, 1, 1)  # noqa: DTZ001 - as the ledger stores it: UTC


def part(number: int, publisher: str) -> Part:
    columns = (Column.PROJECT, Column.INDICATOR, Column.ANNUAL_VALUE)
    return Part(
        number, f"{publisher}2025年绩效目标", publisher, 2025, DocumentKind.TARGET, columns, ("项目", "指标", "值")
    )


def documents(printed: list[str], code: str | None, **more: object) -> list[dict[str, object]]:
    """The rows of raw.documents for a PDF that prints these publishers and came from the source of `code`."""
    given = {"code": "gz", "name": "某局", "source": {"kind": "folder", "path": "/x"}, **more}
    parts = tuple(part(number, name) for number, name in enumerate(printed, start=1))
    reading = Reading("ab" * 32, 1, ("pdfium",), parts, ())
    origin = Origin("http://a/x.pdf", SEEN, date(2025, 2, 10), code)
    frames = make_frames(reading, origin, [Publisher.model_validate(given)], "1")
    return frames["documents"].to_dict("records")  # type: ignore[return-value]


def test_a_variant_of_the_name_from_the_publishers_own_source_carries_its_code() -> None:
    (row,) = documents(["某某局（本级）"], "gz", region_code="440400")
    assert (row["publisher_code"], row["publisher_name"], row["region_code"]) == ("gz", "某局", "440400")
    assert row["published_on"] == date(2025, 2, 10)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("广州市财政局", "财政局"),
        ("广州市财政局", "广东省广州市财政局"),
        ("广州市财政局", "[201]广州市财政局（本级）"),
        ("珠海高新区党群工作部", "珠海高新技术产业开发区党群工作部"),
        ("中共某市委员会组织部", "中共某市委组织部"),
        ("某局", ""),
    ],
)
def test_variants_of_a_name_are_one_office(name: str, printed: str) -> None:
    (row,) = documents([printed], "gz", name=name)
    assert (row["publisher_code"], row["parent_code"]) == ("gz", None)


@pytest.mark.parametrize(
    ("name", "printed", "parent"),
    [
        ("广州市公安局", "广州市公安局海珠分局", "gz"),
        ("某局", "某局机关服务中心", "gz"),
        ("广州市财政局", "海珠区财政局", None),
        ("广州市公安局", "广州市海珠区公安局", None),
        ("广州市海珠区公安局", "广州市公安局", None),
    ],
)
def test_parts_of_an_office_on_its_own_site_are_publishers_of_their_own(
    name: str, printed: str, parent: str | None
) -> None:
    (row,) = documents([printed], "gz", name=name)
    assert (row["publisher_code"], row["publisher_name"]) == (printed, printed)
    assert (row["parent_code"], row["parent_name"]) == (parent, name if parent else None)


def test_the_longest_name_that_a_part_begins_with_is_its_parents() -> None:
    files = [Publisher(code="a", name="广州市公安局"), Publisher(code="b", name="广州市公安局海珠分局", parent="a")]
    assert find_parent("广州市公安局海珠分局滨江派出所", None, (), files) == ("b", "广州市公安局海珠分局")
    assert find_parent("广州市公安局海珠分局", files[1], ["某部"], files) == ("a", "广州市公安局"), (
        "the file counts first"
    )


@pytest.mark.parametrize(
    ("departments", "parent"),
    [
        (["[201]广州市民政局"], ("广州市民政局", "[201]广州市民政局")),
        (["民政部门", "教育部门"], None),
        (["救助管理站"], None),
        (["广州市救助管理站（本级）"], None),
        ([], None),
    ],
)
def test_the_one_other_department_of_all_projects_is_the_parent(
    departments: list[str], parent: tuple[str, str] | None
) -> None:
    assert find_parent("广州市救助管理站", None, departments, []) == parent


@pytest.mark.parametrize("code", ["inbox", None])
def test_the_same_variant_from_elsewhere_is_what_it_prints(code: str | None) -> None:
    (row,) = documents(["某某局（本级）"], code)
    assert row["publisher_code"] == "某某局(本级)"


def test_a_pdf_of_two_publishers_keeps_both() -> None:
    assert [row["publisher_code"] for row in documents(["某局", "未知局"], "gz")] == ["gz", "未知局"]


def test_the_kind_that_the_file_names_is_that_of_its_documents() -> None:
    (row,) = documents(["某局"], "gz", document_kind="self_evaluation")
    assert row["document_kind"] == "self_evaluation"
    (plain,) = documents(["某局"], "gz")
    assert plain["document_kind"] == "target"
