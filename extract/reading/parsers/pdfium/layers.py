"""Read the optional-content settings of a PDF: the names of layers that are switched off."""

from __future__ import annotations

from typing import Any

from extract.reading.parsers.pdfium import calls
from extract.reading.parsers.pdfium.marked_content import read_param


def hidden_names(properties: Any, resolve: Any) -> frozenset[str]:
    """Return the names of groups of an /OCProperties dictionary that are off by default."""
    if not isinstance(properties, dict):
        return frozenset()
    default = resolve(properties.get("D")) or {}
    groups = [resolve(g) for g in resolve(properties.get("OCGs")) or []]
    off = [resolve(g) for g in resolve(default.get("OFF")) or []]
    if str(getattr(default.get("BaseState"), "name", "")) == "OFF":
        on = [resolve(g) for g in resolve(default.get("ON")) or []]
        off = [g for g in groups if g not in on]
    return frozenset(_name_of(g) for g in off if isinstance(g, dict))


def _name_of(group: dict[str, Any]) -> str:
    """Return the group's name; PDF text strings are UTF-16 with a mark, or Latin."""
    name = group.get("Name", b"")
    if isinstance(name, bytes):
        return name[2:].decode("utf-16-be", "replace") if name[:2] == b"\xfe\xff" else name.decode("latin-1")
    return str(name)


def is_marked_hidden(page_object: calls.Pointer, hidden_layers: frozenset[str]) -> bool:
    """Return True if an object is in marked content whose layer is hidden."""
    for k in range(calls.count_marks(page_object) if hidden_layers else 0):
        if read_param(calls.get_mark(page_object, k), b"Name") in hidden_layers:
            return True
    return False
