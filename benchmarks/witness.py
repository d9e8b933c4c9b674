"""Fonts in, how the witness judges their digits out: honest prints that it would refuse, swapped ones that it finds.

Every font is judged by references that were made without its family (a fifth of the families at a time), so the figures
are those of fonts that nobody has seen. `--write` makes extract/reading/raster/digit_shapes.npy from all of them.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from extract.reading.ink.ink import Ints
from extract.reading.raster import digit_shapes
from extract.reading.raster.digit_check import APART, SURE
from extract.reading.raster.digit_shapes import HIGH, WIDE, Places, Shapes, cut_digits, load_references, score_digits

SIZES = (17, 21, 26, 36)  # pixels
LARGER = 4  # drawn so many times as large and shrunk: as a page is painted, without hints
STYLES = 24  # references of each digit
FOLDS = 5
ROUNDS = 25
SYMBOLS = re.compile("Symbol|D050000L|Integrals|NonUni|STIXSize|Variants|_K|opens___|Emoji")
FILES = (".ttf", ".otf", ".pfb", ".ttc")


@dataclass(slots=True)
class Prints:
    """Clean shapes of digits: which digit each is, and of which family."""

    shape: Shapes
    digit: Ints
    family: Ints
    fonts: int


def list_fonts(folders: list[Path]) -> list[tuple[str, int]]:
    """Files and faces of the installed fonts and of those in folders, without those of symbols."""
    lines = subprocess.run(["fc-list", "--format", "%{file}|%{index}\n"], capture_output=True, text=True, check=True)  # noqa: S607
    faces = {(file, int(index)) for file, index in (line.split("|") for line in lines.stdout.splitlines())}
    for folder in folders:
        faces |= {(str(path), 0) for path in folder.rglob("*") if path.suffix.lower() in FILES}
    return sorted((file, face) for file, face in faces if face < 2**16 and not SYMBOLS.search(file))


def draw_digits(file: str, face: int, size: int) -> tuple[Ints, Shapes]:
    """The clean ones of a font's ten digits at one size, and their shapes."""
    font = ImageFont.truetype(file, size * LARGER, index=face)
    picture = Image.new("L", (20 * size * LARGER, 3 * size * LARGER), 255)
    pen, base, x = ImageDraw.Draw(picture), 1.6 * size * LARGER + size % 4, 0.7 * size * LARGER
    left, right = [], []
    for digit in "0123456789":
        pen.text((x, base), digit, fill=0, font=font, anchor="ls")
        left.append(x / LARGER)
        x += font.getlength(digit)
        right.append(x / LARGER)
        x += 0.35 * size * LARGER + 1
    small = np.asarray(picture.resize((picture.width // LARGER, picture.height // LARGER), Image.Resampling.BOX))
    each = np.ones(10)
    places = Places(np.array(left), np.array(right), base / LARGER * each, size * each, np.zeros(10, np.bool_))
    return cut_digits(small, places)


def collect_prints(faces: list[tuple[str, int]]) -> Prints:
    """All fonts at all sizes; a font that cannot be drawn is left out."""
    shapes, digits, families, names, fonts = [], [], [], {}, 0
    for file, face in faces:
        name = re.split(r"[-_.\d]", Path(file).name)[0].lower()
        try:
            drawn = [draw_digits(file, face, size) for size in SIZES]
        except OSError as error:
            print(f"{file}: {error}", file=sys.stderr)
            continue
        fonts += 1
        for digit, shape in drawn:
            shapes.append(shape)
            digits.append(digit)
            families.append(np.full(len(digit), names.setdefault(name, len(names))))
    return Prints(np.concatenate(shapes), np.concatenate(digits), np.concatenate(families), fonts)


def make_references(shape: Shapes, digit: Ints) -> Any:
    """(10, STYLES, pixels) of 0..255: the middles of the clusters of each digit's prints."""
    found = [_cluster(shape[digit == k]) for k in range(10)]
    middles = np.stack(found)
    low, high = middles.min(axis=2, keepdims=True), middles.max(axis=2, keepdims=True)
    return np.round((middles - low) / (high - low) * 255).astype(np.uint8)


def _cluster(shape: Shapes) -> Shapes:
    """k-means on the sphere; the first middles are prints far from each other."""
    chance = np.random.default_rng(0)
    middles = shape[:1]
    while len(middles) < STYLES:
        far = np.clip(1 - (shape @ middles.T).max(axis=1), 0, None)
        middles = np.concatenate([middles, shape[chance.choice(len(shape), p=far / far.sum())][None]])
    for _ in range(ROUNDS):
        nearest = (shape @ middles.T).argmax(axis=1)
        means = [shape[nearest == k].mean(axis=0) if (nearest == k).any() else middles[k] for k in range(STYLES)]
        middles = np.stack([mean / np.linalg.norm(mean) for mean in means])
    return middles


def judge_unseen(prints: Prints) -> Any:
    """(n, 10) scores of each print by references of other families."""
    fold = np.random.default_rng(1).integers(0, FOLDS, int(prints.family.max()) + 1)[prints.family]
    scores = np.zeros((len(prints.digit), 10))
    known = load_references
    for k in range(FOLDS):
        rest = fold != k
        made = make_references(prints.shape[rest], prints.digit[rest]).reshape(-1, HIGH * WIDE).astype(np.float32)
        references = digit_shapes.normalise(made).reshape(10, STYLES, -1)
        digit_shapes.load_references = lambda references=references: references
        scores[~rest] = score_digits(prints.shape[~rest])
    digit_shapes.load_references = known
    return scores


def print_figures(prints: Prints, scores: Any) -> None:
    """How many honest prints would be contradicted, and of each pair said and shown how many are found."""
    each = np.arange(len(scores))
    shown = scores[each, prints.digit]
    others = scores.copy()
    others[each, prints.digit] = -1.0
    best = others.max(axis=1)
    wrong = (best >= SURE) & (best >= shown + APART)
    print(f"{prints.fonts} fonts of {prints.family.max() + 1} families, {len(scores)} clean prints of digits")
    print(f"honest prints contradicted: {wrong.sum()}\n\nsaid\\shown  " + "     ".join("0123456789"))
    found = (shown >= SURE) & (shown > best)
    for said in range(10):
        seen = found & (shown >= scores[:, said] + APART)
        shares = [f"{seen[prints.digit == k].mean():.3f}" if k != said else "  –  " for k in range(10)]
        print(f"{said}          " + " ".join(shares))


def main() -> int:
    """Print the figures; with --write make the references."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fonts", type=Path, action="append", default=[], help="a folder with more fonts")
    parser.add_argument("--write", action="store_true", help="make extract/reading/raster/digit_shapes.npy anew")
    options = parser.parse_args()
    if shutil.which("fc-list") is None:
        print("fc-list (fontconfig) is not installed: no fonts to judge", file=sys.stderr)
        return 0
    prints = collect_prints(list_fonts(options.fonts))
    print_figures(prints, judge_unseen(prints))
    if options.write:
        np.save(Path(digit_shapes.__file__).with_name("digit_shapes.npy"), make_references(prints.shape, prints.digit))
    return 0


if __name__ == "__main__":
    sys.exit(main())
