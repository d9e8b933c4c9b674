"""Read a row of one text over the columns of a flat table: a unit's heading, a title, or a heading of unknown kind."""

from __future__ import annotations

import re

from extract.reading.tables.form_subject import NUMBER
from extract.reading.tables.header_words import normalise
from extract.reading.tables.rows import TOTAL, is_note
from extract.reading.tables.sections import is_office_name
from extract.reading.tables.titles import (
    ABOUT,
    BEHIND_NAME,
    LABEL,
    PAGE_NUMBER,
    PUBLISHER_LABELS,
    is_sentence,
    split_caption,
)

NUMBERED = re.compile(rf"^(?:{NUMBER})\s*")
UNIT_LABEL = re.compile(r"单位(?:名称|全称)?(?:\(.{1,6}\))?$")
CODE = re.compile(r"^\d{3,9}\s*[-—–]?\s*(?=[一-龥])")
SAYS_NOTHING = re.compile(r"^[\W\d_]*$|^\(?20\d\d年度?\)?$|^\(?续表?\)?$|以下空白|此页无正文")
REMARK = re.compile(r"^(?:注|备注|说明|附注|其他说明|填[报表]说明)$")
SHORTEST_OFFICE = 4  # characters: 市本级 heads a kind of projects
GENERIC = re.compile(r"^.{0,3}(?:本级|机关)$|单位")


def find_unit(text: str) -> str:
    """Return the unit that a row names: 单位：某某, a code and a name, or plainly an office's name; else ""."""
    if LABEL.match(text):
        word, value = split_caption(text)
        is_unit = UNIT_LABEL.search(word) or PUBLISHER_LABELS.match(word)
        return value if is_unit and "主管" not in word else ""
    name = NUMBERED.sub("", text).strip()
    bare = CODE.sub("", name)
    is_whole = len(bare) >= SHORTEST_OFFICE and not GENERIC.search(normalise(bare)) and not is_sentence(bare)
    return name if is_whole and is_office_name(name) else ""


def says_nothing(text: str) -> bool:
    """Return True for a title, note, sum, caption or page number: what heads no rows."""
    plain, rest = normalise(text), text.strip()
    while rest != (cut := BEHIND_NAME.sub("", rest)):
        rest = cut
    if SAYS_NOTHING.search(plain) or SAYS_NOTHING.search(rest) or PAGE_NUMBER.match(text.strip()):
        return True
    if is_note(text) or is_note(plain) or REMARK.match(plain) or TOTAL.match(plain):
        return True
    return is_sentence(text) or any(word in plain for word in ABOUT)
