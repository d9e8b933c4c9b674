"""Folded text, for comparing; and values printed for programs."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from extract.text import fold_text
from extract.values import format_target, parse_target, value_as_json
from extract.values.printing import format_number


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("项目 名称", "项目名称"),
        ("“一网通”（平台）", "〝一网通〞(平台)"),
        ("⼈⼒", "人力"),
        ("≧90％", "≥90%"),
        ("金额：１，０００", "金额:1,000"),
        ("【市级】", "（市级）"),
        ("a\u200bb\ufeff\u00a0c\r\n", "abc"),
        ("Ⅲ类", "III类"),
    ],
)
def test_what_looks_the_same_on_paper_folds_to_the_same(printed: str, other: str) -> None:
    assert fold_text(printed) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), [("10²", "102"), ("①", "1"), ("㎡", "m2"), ("人", "入"), ("A", "a")])
def test_what_looks_different_stays_different(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


KEYS = "text comparator low high unit per is_percent value_type implicit suspect date_low date_high".split()


def test_json_holds_exactly_the_keys_of_the_contract_in_order() -> None:
    assert list(json.loads(value_as_json(parse_target("≥7家")))) == KEYS


def test_numbers_are_exact_literals_without_exponent_or_superfluous_zeros() -> None:
    assert '"low": 13460088, "high": 13460088' in value_as_json(parse_target("1346.0088万平方米"))
    assert '"low": 100,' in value_as_json(parse_target("100.00%"))
    assert '"high": 28.4,' in value_as_json(parse_target("≤28.40/株"))
    assert '"low": 20000000000000,' in value_as_json(parse_target("20万亿元"))


@pytest.mark.parametrize(
    ("number", "literal"),
    [("1E+5", "100000"), ("-0.00", "0"), ("0", "0"), ("-1.50", "-1.5"), ("1E-7", "0.0000001"), (None, "null")],
)
def test_number_literals(number: str | None, literal: str) -> None:
    assert format_number(None if number is None else Decimal(number)) == literal


@pytest.mark.parametrize("text", ["\ud800", "a\u2028b", "\x85", "\x00", '"\\', "≥９５％", "😀"])
def test_any_text_makes_one_line_of_valid_json(text: str) -> None:
    line = value_as_json(parse_target(text))
    assert len(line.splitlines()) == 1
    assert json.loads(line.encode("utf-8"))["text"] == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("不低于９０％", "≥90%"),
        ("每期2-3天", "2~3天/期"),
        ("＝6万立方米", "=60000立方米"),
        ("30分钟内响应", "≤30分钟"),
        ("每生1500元/学期", "1500元/生·学期"),
        ("有所提升", "有所提升"),
    ],
)
def test_canonical_print(text: str, canonical: str) -> None:
    assert format_target(parse_target(text)) == canonical
