"""The dbt seed of measure words: two years compare only where it says they may."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from extract.values.measure_words import WORDS
from extract.values.numerals import SCALES

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
with (SEEDS / "measure_units.csv").open(encoding="utf-8", newline="") as seed:
    ROWS = list(csv.DictReader(seed))
DIMENSIONS = {row["measure_unit"]: row["dimension"] for row in ROWS}


def test_every_word_is_printed_once_with_a_positive_factor() -> None:
    assert len(ROWS) == len(DIMENSIONS) > 150
    assert all(Decimal(row["factor"]) > 0 for row in ROWS)


def test_the_grammar_knows_exactly_the_words_without_multiplier() -> None:
    multiplied = {word for word in DIMENSIONS if word not in WORDS}
    assert set(DIMENSIONS) >= WORDS
    assert all(word.lstrip("".join(SCALES)) in WORDS for word in multiplied)


def test_every_dimension_has_one_base_unit_of_factor_one() -> None:
    bases = defaultdict(set)
    for row in ROWS:
        bases[row["dimension"]].add(row["base_unit"])
    factors = {row["measure_unit"]: Decimal(row["factor"]) for row in ROWS}
    assert all(len(units) == 1 for units in bases.values())
    assert all(factors[unit] == 1 for units in bases.values() for unit in units)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("人", "人次"), ("场", "场次"), ("场", "次"), ("份", "件"), ("件", "本"), ("天", "个工作日"), ("%", "个百分点"),
        ("天", "个月"), ("元", "美元"), ("户", "家"), ("次", "频次"), ("米", "亩"), ("千瓦", "千瓦时"),
    ],
)  # fmt: skip
def test_these_never_compare(one: str, other: str) -> None:
    assert DIMENSIONS[one] != DIMENSIONS[other]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("万元", "元", "10000"), ("个月", "月", "1"), ("公顷", "亩", "15"), ("亩", "㎡", "666.667"), ("公里",
        "千米", "1"),
        ("km", "米", "1000"), ("吨", "公斤", "1000"), ("千克", "kg", "1"), ("%", "‰", "10"), ("小时", "分钟",
        "60"), ("年", "个月", "12"),
    ],
)  # fmt: skip
def test_these_compare_by_their_factors(one: str, other: str, ratio: str) -> None:
    factors = {row["measure_unit"]: Decimal(row["factor"]) for row in ROWS}
    assert DIMENSIONS[one] == DIMENSIONS[other]
    assert abs(factors[one] / factors[other] - Decimal(ratio)) < Decimal("0.001")


def test_every_column_of_the_seed_is_described() -> None:
    description = yaml.safe_load((SEEDS / "measure_units.yml").read_text(encoding="utf-8"))["seeds"][0]
    assert [column["name"] for column in description["columns"]] == list(ROWS[0])
    assert all(column["description"].strip() for column in description["columns"])
    assert description["description"].startswith("One row per ")
