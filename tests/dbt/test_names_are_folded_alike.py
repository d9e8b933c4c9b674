"""One folding of names: what the models do in SQL is what Python does, character by character."""

from __future__ import annotations

import re

import duckdb
import pytest

from extract.settings import PROJECT
from extract.text import (
    FIRST_RADICAL,
    LAST_RADICAL,
    NAME_BLANKS,
    NAME_GLYPHS,
    NAME_GLYPHS_AS,
    fold_name,
)

MACRO = PROJECT / "dbt_project/macros/text.sql"
SQL = "SELECT translate(translate(lower(x), ?, ?), ?, '') FROM (SELECT unnest(?) AS x)"


def fold_in_sql(texts: list[str]) -> list[str]:
    """What `fold_text` of the models makes of texts, on DuckDB."""
    values = [NAME_GLYPHS, NAME_GLYPHS_AS, NAME_BLANKS, texts]
    return [row[0] for row in duckdb.connect().execute(SQL, values).fetchall()]


def test_the_macro_translates_the_characters_that_python_translates() -> None:
    macro = MACRO.read_text(encoding="utf-8")
    assert re.findall(r"^        '(.*)',?$", macro, re.MULTILINE)[:2] == [NAME_GLYPHS, NAME_GLYPHS_AS]
    blanks = "".join(chr(int(code)) for code in re.findall(r"chr\((\d+)\)", macro))
    assert sorted(f" {blanks}") == sorted(NAME_BLANKS)


def test_every_character_of_chinese_documents_is_folded_alike_in_python_and_sql() -> None:
    # İ alone is left out, of which Python's lower case is two characters
    ranges = ((0x20, 0x130), (0x131, 0x250), (0x2010, 0x2E80), (0x3000, 0xA000), (0xF900, 0xFB00), (0xFE10, 0xFFFE))
    letters = [chr(point) for first, last in ranges for point in range(first, last)]
    different = {
        letter: (fold_name(letter), there)
        for letter, there in zip(letters, fold_in_sql(letters), strict=True)
        if fold_name(letter) != there
    }
    assert different == {}


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ("珠海高新区 党群工作部", "珠海高新区党群工作部"),
        ("办公经费（一期）", "办公经费(一期)"),
        ("办公经费【一期】", "办公经费〔一期〕"),
        ("5G—基站", "５ｇ－基站"),
        ("“一网通”平台", "‘一网通’平台"),
        ("《条例》宣传", "<条例>宣传"),
        ("⽔利站⼈员", "水利站人员"),
        ("a\u3000b\xa0c\u200b", "ABC"),
    ],
)
def test_two_printings_of_a_name_are_one(printed: str, other: str) -> None:
    assert fold_name(printed) == fold_name(other) == fold_name(fold_name(printed))
    unified = [text if not re.search("[⺀-⿟]", text) else other for text in (printed, other)]
    assert len(set(fold_in_sql(unified))) == 1


def test_no_radical_is_left_for_sql_to_fold() -> None:
    from extract.text import unify_radical

    for point in range(FIRST_RADICAL, LAST_RADICAL + 1):
        assert fold_name(chr(point)) == fold_name(unify_radical(chr(point)))
