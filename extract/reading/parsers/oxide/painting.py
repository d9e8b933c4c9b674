"""Interpret the content streams of a page: starts of text operators, clips and painting order.

pdf_oxide gives the glyphs and paths of a page without their clips and their order. Those are read here from the
operators alone, without any font: the start of each text operator, its clip, transparency and render mode, the places
of images, and the position of every painting operator.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psparser import literal_name

from extract.entities import Quad
from extract.reading.ink.affine import IDENTITY, Matrix, multiply
from extract.reading.ink.ink import NO_CLIP, Floats, Ints
from extract.reading.tolerances import TOLERANCES

INK_BEGINS_PT = 2.0  # the ink of a glyph is right of and above its origin by so much
MAX_DEPTH = 12  # a form inside a form inside ...
MAX_OPERATORS = 2_000_000  # on one page, forms opened
NESTED = rb"\((?:[^()\\]++|\\.)*\)"
TEXT = rb"\((?:[^()\\]++|\\.|" + NESTED + rb")*\)"
ARRAY = rb"\[[^\[\]()]*+(?:" + TEXT + rb"[^\[\]()]*+)*\]"
TOKEN = re.compile(
    rb"([-+.\d\s]*+)([A-Za-z'\"][A-Za-z\d*]*+)|/([^\s()<>\[\]{}/%]*+)|(?:"
    + ARRAY
    + rb"|"
    + TEXT
    + rb"|<[^<>]*+>)(\s*+T[jJ](?![A-Za-z\d*]))?|<<|>>|%[^\r\n]*+|[-+.\d\s]++",
    re.DOTALL,
)
OPERATOR, NAME, SHOWN = 2, 3, 4  # groups of a token; the last one is a text with the operator that shows it
END_OF_IMAGE = re.compile(rb"\sEI(?=\s|$)")
FILLS = frozenset((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s"))
STROKED = 1  # render mode
TRANSPARENT = frozenset(("ca", "CA", "BM", "SMask"))
UNIT_SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
EMPTY: Quad = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Image:
    """A placed image: its box and clip, and whether it hides what lies under it."""

    box: Quad
    order: int
    solid: bool
    stream: Any  # None of an inline image


@dataclass(slots=True)
class Painting:
    """Operators of a page, in its own coordinates; empty where they are unknown."""

    shows: list[tuple[float, ...]] = field(default_factory=list)  # x, y of the first glyph; clip; order; mode; alpha
    paths: list[tuple[float, ...]] = field(default_factory=list)  # clip; order; alpha of fill and stroke
    images: list[Image] = field(default_factory=list)
    order: int = 0  # of the last painting operator

    def find_starts(self, x: Floats, y: Floats) -> Ints:
        """Return for each glyph, by its place, the text operator that begins there, -1 for none.

        Of several that begin at one place it is the last one whose clip shows the place.
        """
        found = np.full(len(x), -1, np.int64)
        if not self.shows or not len(x):
            return found
        show = np.array(self.shows)
        seen = (show[:, 2] <= show[:, 0] + INK_BEGINS_PT) & (show[:, 0] + INK_BEGINS_PT <= show[:, 4])
        seen &= (show[:, 3] <= show[:, 1] + INK_BEGINS_PT) & (show[:, 1] + INK_BEGINS_PT <= show[:, 5])
        for shift_x, shift_y in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
            keys = _number_places(show[:, 0], show[:, 1], shift_x, shift_y)
            order = np.lexsort((show[:, 6], seen, keys))
            rest = np.flatnonzero(found < 0)
            wanted = _number_places(x[rest], y[rest], shift_x, shift_y)
            at = order[np.searchsorted(keys[order], wanted, side="right") - 1]
            same = keys[at] == wanted
            found[rest[same]] = at[same]
        return found


def _number_places(x: Floats, y: Floats, shift_x: float, shift_y: float) -> Ints:
    """Return one number for all places in a square of `same_place_pt`."""
    column = np.floor(np.clip(x / TOLERANCES.same_place_pt + shift_x, -1e8, 1e8)).astype(np.int64)
    row = np.floor(np.clip(y / TOLERANCES.same_place_pt + shift_y, -1e8, 1e8)).astype(np.int64)
    return column * 2**30 + row


class State(NamedTuple):
    """The part of the graphics state that is needed."""

    matrix: Matrix
    clip: Quad = NO_CLIP
    mode: int = 0
    alpha: tuple[float, float] = (1.0, 1.0)  # of fill and stroke
    blends: bool = False  # what is painted mixes with what lies under it


def read_painting(contents: list[Any], resources: Any) -> Painting:
    """Read the operators of a page; raises ValueError for pages that grow without end."""
    data = b"\n".join(stream.get_data() for stream in map(resolve1, contents) if isinstance(stream, PDFStream))
    found = Painting()
    _Interpreter(found, State(IDENTITY), resources, 0).run(data)
    return found


class _Interpreter:
    """Interpreter of one content stream: the page's, or that of a form.

    Operators get their numbers as printed: those of most paths and colours are never needed.
    """

    def __init__(self, found: Painting, state: State, resources: Any, depth: int) -> None:
        self.found, self.state, self.depth = found, state, depth
        self.resources = resolve1(resources)
        self.leading = 0.0
        self.saved: list[tuple[State, float]] = []  # with the leading
        self.path: list[bytes] = []  # numbers of each segment
        self.rectangles: list[bytes] = []
        self.clips = False  # the path cuts what follows it
        self.line: Matrix = IDENTITY
        self.begins = False  # the next text operator begins at the line matrix
        self.name = b""
        self.states: dict[bytes, Any] = {}  # by name
        self.does: Mapping[bytes, Callable[[bytes], None]] = {
            b"q": self._save,
            b"Q": self._restore,
            b"cm": self._transform,
            b"re": self._add_rectangle,
            b"m": self._add_segment,
            b"l": self._add_segment,
            b"c": self._add_segment,
            b"v": self._add_segment,
            b"y": self._add_segment,
            b"W": self._clip,
            b"W*": self._clip,
            b"n": self._end_path,
            b"BT": self._begin_text,
            b"Tm": self._place_text,
            b"Td": self._move_text,
            b"TD": self._move_and_lead,
            b"TL": self._lead,
            b"T*": self._next_line,
            b"Tr": self._set_mode,
            b"Tj": self._show,
            b"TJ": self._show,
            b"'": self._show_next,
            b'"': self._show_next,
            b"Do": self._paint_object,
            b"gs": self._set_state,
            **dict.fromkeys(FILLS, self._paint),
        }

    def run(self, data: bytes) -> None:
        """Run all operators of a stream."""
        place: int | None = 0
        while place is not None:
            place = self._run_from(data, place)

    def _run_from(self, data: bytes, place: int) -> int | None:
        """Run up to an inline image; return where it ends, None at the end of the stream."""
        does = self.does
        for token in TOKEN.finditer(data, place):
            kind = token.lastindex
            if kind == OPERATOR:
                numbers, operator = token.group(1, OPERATOR)
                act = does.get(operator)
                if act is not None:
                    act(numbers)
                elif operator == b"BI":
                    self._add_image(None)
                    end = END_OF_IMAGE.search(data, token.end())
                    return end.end() if end else None
            elif kind == SHOWN:
                self._show()
            elif kind == NAME:
                self.name = token[NAME]
        return None

    def _save(self, numbers: bytes) -> None:
        self.saved.append((self.state, self.leading))

    def _restore(self, numbers: bytes) -> None:
        if self.saved:
            self.state, self.leading = self.saved.pop()

    def _transform(self, numbers: bytes) -> None:
        self.state = self.state._replace(matrix=multiply(read_matrix(numbers), self.state.matrix))

    def _add_rectangle(self, numbers: bytes) -> None:
        self.rectangles.append(numbers)

    def _add_segment(self, numbers: bytes) -> None:
        self.path.append(numbers)

    def _clip(self, numbers: bytes) -> None:
        self.clips = True

    def _end_path(self, numbers: bytes = b"") -> None:
        if self.clips:
            points = [*list_ends(self.path), *list_corners(self.rectangles)]
            clip = cut_box(surround(points, self.state.matrix), self.state.clip)
            self.state = self.state._replace(clip=clip)
        self.path, self.rectangles, self.clips = [], [], False

    def _paint(self, numbers: bytes) -> None:
        if self.path or self.rectangles:
            self.found.paths.append((*self.state.clip, self._count(), *self.state.alpha))
        self._end_path()

    def _begin_text(self, numbers: bytes) -> None:
        self.line, self.begins = IDENTITY, True

    def _place_text(self, numbers: bytes) -> None:
        self.line, self.begins = read_matrix(numbers), True

    def _move_text(self, numbers: bytes) -> None:
        x, y = numbers.split()[-2:]
        self._move_by(float(x), float(y))

    def _move_by(self, x: float, y: float) -> None:
        a, b, c, d, e, f = self.line
        self.line, self.begins = (a, b, c, d, x * a + y * c + e, x * b + y * d + f), True

    def _move_and_lead(self, numbers: bytes) -> None:
        x, y = numbers.split()[-2:]
        self.leading = -float(y)
        self._move_by(float(x), float(y))

    def _lead(self, numbers: bytes) -> None:
        self.leading = float(numbers.split()[-1])

    def _next_line(self, numbers: bytes = b"") -> None:
        self._move_by(0.0, -self.leading)

    def _set_mode(self, numbers: bytes) -> None:
        self.state = self.state._replace(mode=int(float(numbers.split()[-1])))

    def _show(self, numbers: bytes = b"") -> None:
        order = self._count()
        if self.begins:  # the position after a shown text depends on widths of the font
            matrix, clip, mode, alpha, _ = self.state
            a, b, c, d, e, f = matrix
            x, y = self.line[4], self.line[5]
            place = (x * a + y * c + e, x * b + y * d + f)
            self.found.shows.append((*place, *clip, order, mode, alpha[mode == STROKED]))
        self.begins = False

    def _show_next(self, numbers: bytes) -> None:
        self._next_line()
        self._show()

    def _set_state(self, numbers: bytes) -> None:
        """Take transparency from a dictionary of the graphics state."""
        if self.name not in self.states:
            state = self._find("ExtGState")
            self.states[self.name] = state if isinstance(state, dict) and TRANSPARENT & state.keys() else None
        state = self.states[self.name]
        if state is None:
            return
        fill, stroke = self.state.alpha
        alpha = float(resolve1(state.get("ca", fill))), float(resolve1(state.get("CA", stroke)))
        modes = resolve1(state.get("BM"))
        modes = resolve1(modes[0]) if isinstance(modes, list) and modes else modes
        masked, blends = isinstance(resolve1(state.get("SMask")), dict), self.state.blends
        if modes is not None or masked:
            blends = masked or literal_name(modes) not in ("Normal", "Compatible")
        self.state = self.state._replace(alpha=alpha, blends=blends)

    def _find(self, kind: str) -> Any:
        """Return the resource of a kind whose name was read last."""
        things = resolve1(self.resources.get(kind)) if isinstance(self.resources, dict) else None
        return resolve1(things.get(self.name.decode("latin-1"))) if isinstance(things, dict) else None

    def _add_image(self, stream: Any) -> None:
        """Record where the unit square is painted."""
        order = self._count()
        masks = stream is None or any(stream.get(key) for key in ("SMask", "Mask", "ImageMask", "IM"))
        box = cut_box(surround(UNIT_SQUARE, self.state.matrix), self.state.clip)
        if self.state.alpha[0] > TOLERANCES.unseen_alpha and box[0] < box[2] and box[1] < box[3]:
            solid = not masks and not self.state.blends and self.state.alpha[0] > TOLERANCES.solid_alpha
            self.found.images.append(Image(box, order, solid, stream))

    def _paint_object(self, numbers: bytes) -> None:
        thing = self._find("XObject")
        if not isinstance(thing, PDFStream) or literal_name(resolve1(thing.get("Subtype", ""))) != "Form":
            if isinstance(thing, PDFStream):
                self._add_image(thing)
            return
        if self.depth >= MAX_DEPTH:
            raise ValueError(f"more than {MAX_DEPTH} nested forms")
        self._count()
        a, b, c, d, e, f = (float(resolve1(v)) for v in resolve1(thing.get("Matrix")) or IDENTITY)
        state = self.state._replace(matrix=multiply((a, b, c, d, e, f), self.state.matrix))
        box = resolve1(thing.get("BBox"))
        if isinstance(box, list) and len(box) == 4:
            x0, y0, x1, y1 = (float(resolve1(v)) for v in box)
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
            state = state._replace(clip=cut_box(surround(corners, state.matrix), state.clip))
        resources = thing.get("Resources") or self.resources
        form = _Interpreter(self.found, state, resources, self.depth + 1)
        form.leading = self.leading
        form.run(thing.get_data())

    def _count(self) -> int:
        """Return the order of the next painting operator; raises ValueError on a page with too many."""
        self.found.order += 1
        if self.found.order > MAX_OPERATORS:
            raise ValueError(f"more than {MAX_OPERATORS} painting operators")
        return self.found.order


def read_matrix(numbers: bytes) -> Matrix:
    """Return the last six numbers before an operator; raises ValueError where there are fewer."""
    a, b, c, d, e, f = map(float, numbers.split()[-6:])
    return a, b, c, d, e, f


def list_ends(segments: list[bytes]) -> Iterator[tuple[float, float]]:
    """Yield the end of each segment of a path."""
    for numbers in segments:
        x, y = map(float, numbers.split()[-2:])
        yield x, y


def list_corners(rectangles: list[bytes]) -> Iterator[tuple[float, float]]:
    """Yield the corners of rectangles."""
    for numbers in rectangles:
        x, y, wide, high = map(float, numbers.split()[-4:])
        yield from ((x, y), (x + wide, y), (x + wide, y + high), (x, y + high))


def surround(points: list[tuple[float, float]], matrix: Matrix) -> Quad:
    """Return the box around points of a path, on the page; one without any points hides everything."""
    if not points:
        return EMPTY
    a, b, c, d, e, f = matrix
    xs, ys = [x * a + y * c + e for x, y in points], [x * b + y * d + f for x, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def cut_box(box: Quad, clip: Quad) -> Quad:
    """Return the part of a box inside another."""
    return max(box[0], clip[0]), max(box[1], clip[1]), min(box[2], clip[2]), min(box[3], clip[3])
