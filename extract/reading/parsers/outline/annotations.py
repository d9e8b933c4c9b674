"""Find what the annotations of a page print: the number of form fields and notes, and the places of stamps.

They are printed with the page and stand in no content stream, so no reader of the page's text has them. Notes that
only open on a screen, links and marks print nothing. A stamp counts as an image that is painted last
(covering_images.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psparser import literal_name

from extract.reading.tolerances import TOLERANCES

UNPRINTED = 1 << 1 | 1 << 5  # flags Hidden and NoView (ISO 32000-1, table 165)
MAX_ANNOTATIONS = 10_000
MAX_PARENTS = 8
STAMPS = frozenset({"Stamp", "Square", "Circle", "Polygon", "Redact", "Watermark"})
PAINTS = re.compile(rb"(?<![^\s\]>)])(?:f\*?|F|B\*?|b\*?|Tj|TJ|'|\"|sh|EI)(?![^\s\[(<])")
MAX_DEPTH = 4
MAX_STREAM = 1_000_000


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp, seal or box laid over a page; `box` in the page's own coordinates."""

    box: tuple[float, float, float, float]
    solid: bool  # nothing shows through all of it


def count_typed(annotations: Any) -> int:
    """Count the annotations that show text of their own."""
    found = resolve1(annotations)
    if not isinstance(found, list):
        return 0
    return sum(_prints_text(resolve1(a)) for a in found[:MAX_ANNOTATIONS])


def list_stamps(annotations: Any) -> tuple[Stamp, ...]:
    """List the visible stamps and seals."""
    found = resolve1(annotations)
    if not isinstance(found, list):
        return ()
    stamps = (_read_stamp(resolve1(a)) for a in found[:MAX_ANNOTATIONS])
    return tuple(s for s in stamps if s is not None)


def _read_stamp(annotation: Any) -> Stamp | None:
    if not isinstance(annotation, dict):
        return None
    kind, flags = _name(annotation.get("Subtype")), resolve1(annotation.get("F"))
    is_seal = kind == "Widget" and _name(_inherited(annotation, "FT")) == "Sig"
    if (kind not in STAMPS and not is_seal) or (isinstance(flags, int) and flags & UNPRINTED):
        return None
    rect = resolve1(annotation.get("Rect"))
    appearance = resolve1((resolve1(annotation.get("AP")) or {}).get("N"))
    if isinstance(appearance, dict):  # one appearance per state
        appearance = resolve1(appearance.get(_name(annotation.get("AS"))))
    if not isinstance(appearance, PDFStream) or not isinstance(rect, list) or len(rect) != 4:
        return None
    x0, y0, x1, y1 = (float(resolve1(v)) for v in rect)
    return Stamp((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), _is_solid(appearance, 0))


def _is_solid(form: PDFStream, depth: int) -> bool:
    """Return True if an appearance paints opaque areas, letters or whole images."""
    resources = resolve1(form.attrs.get("Resources")) or {}
    for state in _entries(resources, "ExtGState"):
        alpha, mode = resolve1(state.get("ca", 1)), _name(state.get("BM"))
        if (isinstance(alpha, int | float) and alpha < TOLERANCES.solid_alpha) or mode not in (
            "",
            "Normal",
            "Compatible",
        ):
            return False
        if isinstance(resolve1(state.get("SMask")), dict):
            return False
    if PAINTS.search(form.get_data()[:MAX_STREAM]):
        return True
    for xobject in _entries(resources, "XObject"):
        if _name(xobject.get("Subtype")) == "Image":
            if not any(key in xobject for key in ("SMask", "Mask", "ImageMask")):
                return True
        elif depth < MAX_DEPTH and isinstance(xobject, PDFStream) and _is_solid(xobject, depth + 1):
            return True
    return False


def _entries(resources: Any, kind: str) -> list[Any]:
    """Return the dictionaries and streams of one kind of resources."""
    found = resolve1(resources.get(kind)) if isinstance(resources, dict) else None
    entries = [resolve1(v) for v in found.values()] if isinstance(found, dict) else []
    return [e for e in entries if isinstance(e, dict | PDFStream)]


def _prints_text(annotation: Any) -> bool:
    """Return True for a filled text or choice field, or a free text."""
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
    """Return a field's entry, its own or its parents'."""
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
    """Return a text string without its mark and blanks; streams and lists count as text."""
    if isinstance(value, bytes):
        return value.removeprefix(b"\xfe\xff").replace(b"\x00 ", b"").strip(b" \t\r\n\x00")
    return b"" if value is None else repr(value).encode()
