"""Choose between the characters of glyphs and the ActualText (ISO 32000-1, 14.9.4) of their marked content.

An ActualText repairs what a font cannot encode: ligatures, characters without a mapping, radicals. One that an edit
left behind contradicts the glyphs, which are what people see.
"""

from __future__ import annotations

import unicodedata
from enum import Enum

from extract.text import fold_text

MOJIBAKE_SHARE = 0.5  # of the characters of a text are accented Latin ones: its font has no map
SOFT_HYPHEN = "\u00ad"
UNKNOWN_CATEGORIES = frozenset(("Co", "Cn", "Cs", "Cc"))
MOJIBAKE = (0xA1, 0xFF)  # characters that a font without a map gives


class TextSource(Enum):
    """Source of the text that counts."""

    GLYPHS = "glyphs"  # both are equal, and glyphs have places
    ACTUAL = "actual"  # the glyphs' own text is not known, or is the same in another form
    CONFLICT = "conflict"  # both are known and differ


def choose_text(glyphs: str, actual: str) -> TextSource:
    """Compare the glyphs' characters with the ActualText over them."""
    own, other = _fold(glyphs), _fold(actual)
    if own == other:
        return TextSource.GLYPHS
    if not own or not other or not _is_known(glyphs):
        return TextSource.ACTUAL
    if unicodedata.normalize("NFKC", own) == unicodedata.normalize("NFKC", other):
        return TextSource.ACTUAL
    return TextSource.CONFLICT


def _fold(text: str) -> str:
    return fold_text(text.replace(SOFT_HYPHEN, "-"))


def _is_known(text: str) -> bool:
    """Return True if a font maps its glyphs to characters."""
    if "\ufffd" in text or any(unicodedata.category(letter) in UNKNOWN_CATEGORIES for letter in text):
        return False
    strange = sum(MOJIBAKE[0] <= ord(letter) <= MOJIBAKE[1] for letter in text)
    return strange <= MOJIBAKE_SHARE * len(text)


def decode_text(value: object) -> str | None:
    """Decode a PDF text string: UTF-16 with a mark, UTF-8 with a mark, or Latin."""
    if isinstance(value, str):
        return value
    if not isinstance(value, bytes):
        return None
    if value[:2] == b"\xfe\xff":
        return value[2:].decode("utf-16-be", "replace")
    if value[:3] == b"\xef\xbb\xbf":
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")
