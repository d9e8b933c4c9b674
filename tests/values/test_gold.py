"""Annotated strings in, whole records out: real ones from public documents, and invented ones of the same make-up.

The invented strings were annotated by the guideline before the grammar had seen them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from extract.values import parse_target, parse_targets

GOLD: list[dict[str, Any]] = [
    json.loads(line, parse_float=Decimal, parse_int=Decimal)
    for line in (Path(__file__).parent / "gold.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_gold_holds_the_real_strings_and_more_invented_ones() -> None:
    origins = [record["origin"] for record in GOLD]
    assert origins.count("seed") + origins.count("web") == 208
    assert origins.count("invented") > 700


@pytest.mark.parametrize("record", GOLD, ids=[f"{at}-{record['text'][:20]}" for at, record in enumerate(GOLD)])
def test_every_annotated_string_reads_as_annotated(record: dict[str, Any]) -> None:
    value = parse_target(record["text"])
    expected = {key: record[key] for key in record if key != "origin"}
    assert {key: getattr(value, key) for key in expected} == expected


def test_batch_path_gives_the_same_as_one_by_one() -> None:
    texts = [record["text"] for record in GOLD]
    assert parse_targets(texts + texts) == [parse_target(text) for text in texts + texts]
