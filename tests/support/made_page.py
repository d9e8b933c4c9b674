"""Make the Ink of a page from texts, lines and shapes, as a reader returns it, without any PDF."""

from __future__ import annotations

from typing import Any

import numpy as np

from extract.entities import Quad
from extract.reading.ink.ink import NO_CLIP, UNKNOWN_FONT, Fills, Glyphs, Ink, Pictures, Rules, TextRuns, are_blank

WIDTHS = (60.0, 80.0, 100.0)
WORDS = (("单位", "项目", "指标"), ("某局", "河道保洁", "清理河道长度"), ("某站", "水库维修", "维修水库座数"))


class Page:
    """A page in the making: texts and lines where a test puts them."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, float, float, float, dict[str, Any]]] = []
        self.rules: list[Quad] = []
        self.fills: list[tuple[Quad, float, int]] = []
        self.pictures: list[Quad] = []
        self.outlines: list[Quad] = []

    def write(self, text: str, x: float, y: float, size: float = 10.0, **facts: Any) -> Page:
        """Letters one em apart from x on, y at their top; `wide` is their width in em, 1 unless given."""
        self.texts.append((text, x, y, size, facts))
        return self

    def fill_table(self, words: tuple[tuple[str, ...], ...] = WORDS) -> Page:
        """Words in rows 20 points high, from (50, 50) on."""
        for row, line in enumerate(words):
            for column, word in enumerate(line):
                self.write(word, 50 + sum(WIDTHS[:column]) + 5, 55 + 20 * row)
        return self

    def rule_table(self, rows: int = 3) -> Page:
        """Each cell draws its own four sides."""
        for row in range(rows):
            for column, width in enumerate(WIDTHS):
                x, y = 50 + sum(WIDTHS[:column]), 50.0 + 20 * row
                self.rules += [(x, y, x + width, y), (x, y + 20, x + width, y + 20)]
                self.rules += [(x, y, x, y + 20), (x + width, y, x + width, y + 20)]
        return self

    def ink(self) -> Ink:
        """The page as a reader would hand it over."""
        rules, pictures = boxes(self.rules), boxes([*self.pictures, *self.outlines])
        no = np.zeros(len(pictures), np.bool_)
        drawn = np.arange(len(pictures)) >= len(self.pictures)
        orders = np.array([order for *_, order in self.fills], np.int64)
        fills = Fills(boxes([box for box, _, _ in self.fills]), np.array([light for _, light, _ in self.fills]), orders)
        level = rules[:, 2] - rules[:, 0] >= rules[:, 3] - rules[:, 1]
        shown = Pictures(pictures, no.astype(np.int64), no, no, no, drawn)
        return Ink(1, 400.0, 300.0, self._make_glyphs(), Rules(rules, level), fills, shown, -1)

    def _make_glyphs(self) -> Glyphs:
        letters = [
            (letter, (x + k * size, y, x + (k + float(facts.get("wide", 1.0))) * size, y + size), run)
            for run, (text, x, y, size, facts) in enumerate(self.texts)
            for k, letter in enumerate(text)
        ]
        code = np.array([ord(letter) for letter, _, _ in letters], np.int64)
        runs = np.array([run for *_, run in letters], np.int64)
        drop = are_blank(code).astype(np.int64)
        around = boxes([box for _, box, _ in letters])
        return Glyphs([letter for letter, _, _ in letters], code, around, runs, drop, self._make_runs())

    def _make_runs(self) -> TextRuns:
        def of_each(name: str, otherwise: object, kind: type) -> np.ndarray:
            return np.array([facts.get(name, otherwise) for *_, facts in self.texts], kind)

        return TextRuns(
            size=np.array([size for _, _, _, size, _ in self.texts]),
            base=np.array([y + 0.86 * size for _, _, y, size, _ in self.texts]),
            turn=of_each("turn", 0, np.int64),
            light=of_each("light", 0.0, float),
            unseen=of_each("unseen", False, np.bool_),
            faint=of_each("faint", False, np.bool_),
            hidden=of_each("hidden", False, np.bool_),
            clip=boxes(of_each("clip", NO_CLIP, float)),
            order=np.arange(len(self.texts)) + 10,
            font=of_each("font", UNKNOWN_FONT, np.int64),
        )


def boxes(quads: list[Quad] | np.ndarray) -> np.ndarray:
    return np.array(quads, float).reshape(-1, 4)
