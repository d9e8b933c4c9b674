"""A page of pdfminer's in, how many texts its annotations print out: form fields and typewriter notes.

They are printed with the page and stand in no content stream, so no reader of the page's text meets them. Notes that
only open on a screen, links and marks print nothing.
"""

from __future__ import annotations

from typing import Any

from pdfminer.pdftypes import resolve1
from pdfminer.psparser import literal_name

UNPRINTED = 1 << 1 | 1 << 5  # flags Hidden and NoView (ISO 32000-1, table 165)
MAX_ANNOTATIONS = 10_000
MAX_PARENTS = 8


def count_typed(annotations: Any) -> int:
    """A page's /Annots in, the number of those that show text of their own out."""
    found = resolve1(annotations)
    if not isinstance(found, list):
        return 0
    return sum(_prints_text(resolve1(a)) for a in found[:MAX_ANNOTATIONS])


def _prints_text(annotation: Any) -> bool:
    """Whether an annotation is a filled text or choice field, or a free text."""
    if not isinstance(annotation, dict):
        return False
    flags = resolve1(annotation.get("F"))
    if isinstance(flags, int) and flags & UNPRINTED:
        return False
    kind = _name(annotation.get("Subtype"))
    if kind == "FreeText":
        return bool(_text(resolve1(annotation.get("Contents"))))
    if kind != "Widget" or _name(_inherited(annotation, "FT")) not in ("Tx", "Ch"):
        return False
    return bool(_text(_inherited(annotation, "V")))


def _inherited(field: dict[str, Any], key: str) -> Any:
    """A field's entry, its own or its parents'."""
    node: Any = field
    for _ in range(MAX_PARENTS):
        if not isinstance(node, dict):
            return None
        if key in node:
            return resolve1(node[key])
        node = resolve1(node.get("Parent"))
    return None


def _name(value: Any) -> str:
    value = resolve1(value)
    return "" if value is None else str(literal_name(value))


def _text(value: Any) -> bytes:
    """What is left of a text string without its mark and blanks; streams and lists count as text."""
    if isinstance(value, bytes):
        return value.removeprefix(b"\xfe\xff").replace(b"\x00 ", b"").strip(b" \t\r\n\x00")
    return b"" if value is None else repr(value).encode()
