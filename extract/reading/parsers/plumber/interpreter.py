"""Interpret a page's content streams for an InkDevice, with the operators that pdfminer ignores.

pdfminer ignores clip paths, transparency, layers that are switched off and the operator F; all four decide what is
visible, so they are interpreted here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pdfminer.pdfinterp import PDFPageInterpreter
from pdfminer.pdftypes import resolve1
from pdfminer.psparser import PSLiteral, literal_name
from pdfminer.utils import mult_matrix

from extract.entities import Quad
from extract.errors import Reason, Refused
from extract.reading.ink.actual_text import TextSource, choose_text, decode_text
from extract.reading.ink.ink import NO_CLIP, Conflict
from extract.reading.ink.vector_paths import around
from extract.reading.parsers.plumber.device import InkDevice, cut_box, subpaths_of

MAX_FORMS = 20_000  # forms painted on one page: hostile/form_xobject_2pow18.pdf paints 262,144
PAINTING = ("S", "s", "f", "F", "f_a", "B", "B_a", "b", "b_a", "n")


class InkInterpreter(PDFPageInterpreter):  # type: ignore[misc]
    """pdfminer's interpreter with clips, alpha and layers."""

    device: InkDevice

    def __init__(self, manager: Any, device: Any, hidden_layers: frozenset[str] = frozenset()) -> None:
        super().__init__(manager, device)
        self.hidden_layers = hidden_layers
        self._pending_clip = False
        self._saved: list[tuple[Quad, tuple[float, float], bool]] = []
        self._marks: list[tuple[bool, str | None, int]] = []
        self.forms = [0]

    def dup(self) -> InkInterpreter:
        """Return an interpreter for a nested stream with the same state."""
        inner = InkInterpreter(self.rsrcmgr, self.device, self.hidden_layers)
        inner.forms = self.forms
        return inner

    def do_q(self) -> None:
        """Save the graphics state with clip and alpha."""
        super().do_q()
        self._saved.append((self.device.clip, self.device.alpha, self.device.blends))

    def do_Q(self) -> None:  # noqa: N802 - the operator's name
        """Restore the graphics state with clip and alpha."""
        super().do_Q()
        if self._saved:
            self.device.clip, self.device.alpha, self.device.blends = self._saved.pop()

    def do_W(self) -> None:  # noqa: N802
        """Clip to the current path after the next painting operator."""
        self._pending_clip = True

    def do_W_a(self) -> None:  # noqa: N802
        """Clip to the current path by the even-odd rule, which a box does not distinguish."""
        self._pending_clip = True

    def settle_clip(self, path: Any) -> None:
        """Intersect the clip with the path of W, after the painting operator that follows it."""
        if self._pending_clip:
            self._pending_clip = False
            pieces = [p for p in subpaths_of(path, self.ctm) if len(p)]
            boxes = [around(p) for p in pieces]
            if boxes:
                box = (min(b[0] for b in boxes), min(b[1] for b in boxes))
                end = (max(b[2] for b in boxes), max(b[3] for b in boxes))
                self.device.clip = cut_box((*box, *end), self.device.clip)
            else:
                self.device.clip = (0.0, 0.0, 0.0, 0.0)

    def do_F(self) -> None:  # noqa: N802
        """Fill, as f does."""
        self.do_f()

    def do_gs(self, name: Any) -> None:
        """Take alpha from the graphics state dictionary."""
        states = resolve1((self.resources or {}).get("ExtGState")) or {}
        state = resolve1(states.get(literal_name(name))) if isinstance(states, dict) else None
        if isinstance(state, dict):
            fill, stroke = self.device.alpha
            fill = float(resolve1(state.get("ca", fill)))
            self.device.alpha = (fill, float(resolve1(state.get("CA", stroke))))
            modes = resolve1(state.get("BM", [])) or []
            names = [literal_name(m) for m in (modes if isinstance(modes, list) else [modes])]
            masked = isinstance(resolve1(state.get("SMask")), dict)
            if names or masked:
                self.device.blends = masked or names[0] not in ("Normal", "Compatible")

    def do_BMC(self, tag: Any) -> None:  # noqa: N802
        """Begin marked content."""
        self._marks.append((False, None, 0))

    def do_BDC(self, tag: Any, props: Any) -> None:  # noqa: N802
        """Begin marked content: hidden when its layer is off; an ActualText may replace the glyphs' characters."""
        if isinstance(props, PSLiteral):
            named = resolve1((self.resources or {}).get("Properties")) or {}
            props = resolve1(named.get(literal_name(props)))
        hidden = literal_name(tag) == "OC" and self._is_hidden(props)
        actual = resolve1(props.get("ActualText")) if isinstance(props, dict) else None
        self._marks.append((hidden, decode_text(actual), len(self.device.page.text)))
        self.device.hidden += hidden

    def do_EMC(self) -> None:  # noqa: N802
        """End marked content."""
        if self._marks:
            hidden, actual, first = self._marks.pop()
            self.device.hidden -= hidden
            self._apply_actual_text(actual, first)

    def _apply_actual_text(self, actual: str | None, first: int) -> None:
        """Replace the characters of the glyphs since `first` by an ActualText, unless they have known ones.

        More or fewer characters than glyphs: the first gets all.
        """
        page = self.device.page
        n = len(page.text) - first
        if not actual or n <= 0:
            return
        drawn = "".join(page.text[first:])
        choice = choose_text(drawn, actual)
        if choice == TextSource.CONFLICT:
            box = np.array(page.box[first:])
            around = (*box[:, :2].min(axis=0).tolist(), *box[:, 2:].max(axis=0).tolist())
            page.conflicts.append(Conflict(around, drawn, actual))
        elif choice == TextSource.ACTUAL:
            page.text[first:] = list(actual) if len(actual) == n else [actual, *[" "] * (n - 1)]

    def _is_hidden(self, group: Any) -> bool:
        """Return True if an optional-content group, or every member of a membership dictionary, is off."""
        if not isinstance(group, dict):
            return False
        members = resolve1(group.get("OCGs"))
        if members is not None:
            found = [resolve1(m) for m in (members if isinstance(members, list) else [members])]
            return bool(found) and all(self._is_hidden(m) for m in found)
        name = decode_text(resolve1(group.get("Name")))
        return name is not None and name in self.hidden_layers

    def do_Do(self, xobjid_arg: Any) -> None:  # noqa: N802
        """Draw a form XObject cut to its /BBox, or skip one of a hidden layer."""
        self.forms[0] += 1
        if self.forms[0] > MAX_FORMS:
            raise Refused(Reason.TOO_LARGE, f"more than {MAX_FORMS} forms painted on one page")
        xobject = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        attributes = getattr(xobject, "attrs", {})
        hidden = self._is_hidden(resolve1(attributes.get("OC")))
        clip, alpha, blends = self.device.clip, self.device.alpha, self.device.blends
        self.device.hidden += hidden
        box = resolve1(attributes.get("BBox"))
        if literal_name(attributes.get("Subtype", "")) == "Form" and isinstance(box, list) and len(box) == 4:
            self.device.clip = cut_box(self._form_box(attributes, box), clip)
        try:
            super().do_Do(xobjid_arg)
        finally:
            self.device.clip, self.device.alpha, self.device.blends = clip, alpha, blends
            self.device.hidden -= hidden
            self.device.set_ctm(self.ctm)

    def _form_box(self, attributes: Any, box: list[Any]) -> Quad:
        x0, y0, x1, y1 = (float(resolve1(v)) for v in box)
        matrix = resolve1(attributes.get("Matrix")) or (1, 0, 0, 1, 0, 0)
        placed = mult_matrix(tuple(float(resolve1(v)) for v in matrix), self.ctm)
        corners = [("m", x0, y0), ("l", x1, y0), ("l", x1, y1), ("l", x0, y1)]
        return around(subpaths_of(corners, placed)[0])


def _with_clip(name: str) -> Any:
    """Return a painting operator that applies a pending clip afterwards."""
    original = getattr(InkInterpreter, f"do_{name}")

    def paint(self: InkInterpreter) -> None:
        """Apply the operator, then the clip that waits for it."""
        path = self.curpath
        original(self)
        self.settle_clip(path)

    return paint


for _name in PAINTING:
    setattr(InkInterpreter, f"do_{_name}", _with_clip(_name))


__all__ = ["NO_CLIP", "InkInterpreter"]
