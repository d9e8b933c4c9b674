"""Recognise the usual names of levels: which text is a level 1, which a level 2."""

from __future__ import annotations

import re

from extract.reading.tables.header_words import normalise

FIRST = "产出|效益|效果|满意度|成本|投入|过程|管理|履职|影响力|社会满意度|服务对象满意度"
SECOND = (
    "数量|质量|时效|成本|经济成本|社会成本|生态环境成本|经济效益|社会效益|生态效益|环境效益|可持续影响|可持续发展|"
    "服务对象满意度|社会公众满意度|满意度|服务对象"
)
CODE = r"(?:\d{1,2}\s*[-—–－.]\s*)?"
LEVEL1 = re.compile(rf"^{CODE}(?:{FIRST}).{{0,6}}(?:指标|目标)?(?:\(\d+分?\))?$")  # 产出及效果, 投入和管理
LEVEL2 = re.compile(rf"^{CODE}(?:{SECOND})(?:指标|目标)?(?:\(\d+分?\))?$")

WHOLE = re.compile(rf"^{CODE}(?:{FIRST}|{SECOND})(?:\(\d+分?\))?$")
ENDS_AS_LEVEL = re.compile(r"(?:指标|目标)(?:\([^()]*\))?$")

MAY_HOLD_LEVEL = re.compile(rf"^{CODE}(?:{FIRST}|{SECOND}|社会|经济|生态|环境|可持续)|(?:{FIRST}|{SECOND})指标")


def is_level1(text: str) -> bool:
    """Return True if a text is the usual name of a level 1, whole."""
    return bool(LEVEL1.match(normalise(text)))


def ends_as_level(text: str) -> bool:
    """Return True if a text says that it is a level: 产出指标, 产出成果指标（50分）."""
    return bool(ENDS_AS_LEVEL.search(normalise(text)))


def is_bare_level(text: str) -> bool:
    """Return True if a text is the name of a level without the word 指标, and nothing more: 产出, 社会效益."""
    return bool(WHOLE.match(normalise(text)))


def is_level2(text: str) -> bool:
    """Return True if a text is the usual name of a level 2, whole."""
    return bool(LEVEL2.match(normalise(text)))
