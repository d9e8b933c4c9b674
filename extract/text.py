"""Fold printed text for comparison: widths, look-alike glyphs and blanks.

Folding is one `str.translate`, hence linear, total, and idempotent: no replacement is replaced again.
Superscripts (m², 10³), circled numbers (①) and squared units (㎡) are not folded: NFKC would turn 10² into 102.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

# Where NFKC changes a character into one that looks the same: widths, Kangxi radicals (WPS prints ⼈ for 人),
# compatibility ideographs, Roman numerals, small and vertical forms, mathematical digits.
_LOOK_ALIKES = (
    (0x2160, 0x217F),
    (0x2E80, 0x2FDF),
    (0xF900, 0xFAFF),
    (0xFE10, 0xFE6F),
    (0xFF01, 0xFFEF),
    (0x1D7CE, 0x1D7FF),
    (0x2F800, 0x2FA1F),
)

FIRST_RADICAL, LAST_RADICAL = 0x2E80, 0x2FDF  # the supplement, and behind it the Kangxi radicals, which NFKC knows
# Unicode's EquivalentUnifiedIdeograph of the radicals of the supplement: radical and ideograph. Chromium, wkhtmltopdf
# take the first character that a font maps to the glyph, which is a radical: 村⺠ for 村民.
_RADICALS = (
    "⺁厂 ⺂乛 ⺃乚 ⺄乙 ⺅亻 ⺆冂 ⺇𠘨 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍尐 ⺎兀 ⺏尣 ⺐尢 ⺑𡯂 ⺒巳 ⺓幺 ⺔彑 "
    "⺕彐 ⺖忄 ⺗心 ⺘扌 ⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺟母 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爬 ⺦丬 ⺧牛 ⺨犭 ⺩王 "
    "⺪𤴔 ⺫目 ⺬示 ⺭礻 ⺮𥫗 ⺯糹 ⺰纟 ⺱罓 ⺲罒 ⺳㓁 ⺴冗 ⺵𦉫 ⺶羊 ⺷𦍌 ⺸𦍋 ⺹耂 ⺺肀 ⺻聿 ⺼肉 ⺽𦥑 "
    "⺾艹 ⺿艺 ⻀艻 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇𧢲 ⻈讠 ⻉贝 ⻊𧾷 ⻋车 ⻌辶 ⻍辷 ⻎辸 ⻏邑 ⻐钅 ⻑長 "
    "⻒镸 ⻓长 ⻔门 ⻕𨸏 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻞𩙿 ⻟飠 ⻠饣 ⻡𩠐 ⻢马 ⻣骨 ⻤鬼 ⻥鱼 "
    "⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀 ⻳龟 "
    "⼾户 "  # NFKC says 戶, but simplified fonts draw the radical as 户, and Chromium writes it for 户
)
_IDEOGRAPHS = {ord(pair[0]): pair[1] for pair in _RADICALS.split()}

# Glyphs typed for one another, by the one that stands for all of them.
_VARIANTS = {
    "≥": "≧⩾≽⪰",
    "≤": "≦⩽≼⪯",
    "=": "═⚌〓",
    "≈": "≒≅",
    ">": "﹥",
    "<": "﹤",
    "-": "‐‑‒–−﹣－⁃ー",
    "—": "―─━﹘︱",
    "~": "∼〜～˜",
    ":": "：∶︰ː",
    ",": "，﹐",
    "/": "∕⁄╱",
    "%": "﹪٪℅",
    "×": "✕✖╳⨯",
    "*": "∗﹡✱⁎＊",
    "·": "•・‧∙⋅●ㆍ･",
    "¥": "￥",
    "(": "（﹙⦅〔［【〖{[﹝",
    ")": "）﹚⦆〕］】〗}]﹞",
    "√": "✓✔☑",
    '"': "“”„〝〞＂",
    "'": "‘’＇`",
}

# Blanks, line breaks, controls, zero-width and direction marks: nothing that a reader of the page would see.
_INVISIBLE = (
    *range(0x21),
    *range(0x7F, 0xA1),
    0xAD,
    0x034F,
    0x1680,
    0x180E,
    *range(0x2000, 0x2010),
    *range(0x2028, 0x2030),
    *range(0x205F, 0x2070),
    0x3000,
    0x3164,
    *range(0xFE00, 0xFE10),
    0xFEFF,
)


# What dbt_project/macros/text.sql translates, character by character; a test holds the two together.
NAME_GLYPHS = (
    "０１２３４５６７８９ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚＡＢＣＤＥＦＧＨＩＪＫＬＭＮ"
    "ＯＰＱＲＳＴＵＶＷＸＹＺ（［【〔｛〖[{）］】〕｝〗]}－—–―─‐‑−：，；．！？／％＝＋＊＆＃“"
    "”„″＂‘’＇《〈＜》〉＞≧≦～∼\u3000•・∙"
)
NAME_GLYPHS_AS = (
    "0123456789abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
    'opqrstuvwxyz(((((((())))))))--------:,;.!?/%=+*&#"'
    '"""""""<<<>>>≥≤~~ ···'
)
NAME_BLANKS = " \t\n\r\xa0\u200b\ufeff"


def unify_radical(letter: str) -> str:
    """Return the ideograph that a radical is drawn like; any other character as it is."""
    if not FIRST_RADICAL <= ord(letter) <= LAST_RADICAL:
        return letter
    return _IDEOGRAPHS.get(ord(letter)) or unicodedata.normalize("NFKC", letter)


_RADICALS_OF_NAMES = {point: unify_radical(chr(point)) for point in range(FIRST_RADICAL, LAST_RADICAL + 1)}
_NAMES: dict[int, str | None] = {
    **{ord(glyph): None if one in NAME_BLANKS else one for glyph, one in zip(NAME_GLYPHS, NAME_GLYPHS_AS, strict=True)},
    **dict.fromkeys(map(ord, NAME_BLANKS)),
}


def _looks_like() -> Iterator[tuple[int, str]]:
    yield from _IDEOGRAPHS.items()
    for first, last in _LOOK_ALIKES:
        for point in range(first, last + 1):
            folded = unicodedata.normalize("NFKC", chr(point))
            if point not in _IDEOGRAPHS and folded != chr(point) and not any(c.isspace() for c in folded):
                yield point, folded


def _build_table() -> dict[int, str | None]:
    variants = {ord(glyph): one for one, glyphs in _VARIANTS.items() for glyph in glyphs}
    table: dict[int, str | None] = dict(_looks_like())
    for point, folded in table.items():
        table[point] = "".join(variants.get(ord(c), c) for c in folded or "")
    return table | variants | dict.fromkeys(_INVISIBLE)


_TABLE = _build_table()


def fold_text(text: str) -> str:
    """Unify widths, look-alike glyphs and brackets, and remove blanks: for comparing, never for showing.

    `fold_text(fold_text(x)) == fold_text(x)`. Letters keep their case.
    """
    return text.translate(_TABLE)


def fold_name(name: str) -> str:
    """Fold a name for comparison: widths, brackets, dashes, quotes, blanks and case.

    The same as `fold_text` of dbt_project/macros/text.sql, and besides it radicals become ideographs, as they do when a
    page is read: names that Python compares may come from elsewhere. Idempotent.
    """
    return name.translate(_RADICALS_OF_NAMES).lower().translate(_NAMES)
