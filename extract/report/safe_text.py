"""Make control and bidi characters of printed text visible before HTML output."""

from __future__ import annotations

import re

# control characters (but line feed and tab), bidirectional controls, lone surrogates, what XML does not allow
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean_text(text: str) -> str:
    """Replace each invisible or bidi character by its name: U+202E becomes ⟦U+202E⟧."""
    return UNSEEN.sub(lambda match: f"⟦U+{ord(match.group()):04X}⟧", text)
