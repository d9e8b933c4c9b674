"""Measure how the digit check judges fonts: honest prints that it would refuse, swapped ones that it finds.

Every font is judged by references that were made without its family (a fifth of the families at a time), so the figures
are those of unknown fonts. `--write` makes digit_shapes.npy and sign_shapes.npy in extract/reading/raster from all of
them.
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
from PIL import Image, ImageDraw, ImageFont, ImageOps

from extract.reading.ink.ink import Ints
from extract.reading.ink.signs import DIGITS, KINDS, SHAPED, VARIANTS
from extract.reading.raster import digit_shapes
from extract.reading.raster.digit_shapes import (
    HIGH,
    WIDE,
    Prints,
    Shapes,
    measure_prints,
    normalise,
    open_windows,
)
from extract.reading.tolerances import TOLERANCES

SIZES = (17, 21, 26, 36)  # pixels
SLANTS = (0.0, 0.25)  # of the height: upright, and set aslant as word processors do
LARGER = 4  # drawn so many times as large and shrunk: as a page is painted, without hints
STYLES = {"digit": 24, "sign": 16}  # references of each kind
FOLDS = 5
ROUNDS = 25
SYMBOLS = re.compile("Symbol|D050000L|Integrals|NonUni|STIXSize|Variants|_K|opens___|Emoji|Music|Braille")
FILES = (".ttf", ".otf", ".pfb", ".ttc")
NO_CHARACTER = "\U0010fffe"  # what a font draws for it, it draws for everything that it lacks
DIGIT_KINDS, SIGN_KINDS = KINDS[:DIGITS], KINDS[:SHAPED]


@dataclass(slots=True)
class Drawn:
    """Whole prints: two shapes of each, its kind, and its family."""

    digit: Shapes
    sign: Shapes
    kind: Ints
    family: Ints
    fonts: int


def list_fonts(folders: list[Path]) -> list[tuple[str, int]]:
    """List files and faces of the installed fonts and of those in folders, without symbol fonts."""
    lines = subprocess.run(["fc-list", "--format", "%{file}|%{index}\n"], capture_output=True, text=True, check=True)  # noqa: S607
    faces = {(file, int(index)) for file, index in (line.split("|") for line in lines.stdout.splitlines())}
    for folder in folders:
        faces |= {(str(path), 0) for path in folder.rglob("*") if path.suffix.lower() in FILES}
    return sorted((file, face) for file, face in faces if face < 2**16 and not SYMBOLS.search(file))


def draw_signs(file: str, face: int, size: int, slant: float) -> tuple[Ints, Prints | None]:
    """Draw a font's digits and signs at one size and slant; return their kinds and whole prints."""
    font = ImageFont.truetype(file, size * LARGER, index=face)
    lacking = bytes(font.getmask(NO_CHARACTER))
    cuts, boxes, kinds = [], [], []
    for kind, sign in enumerate(KINDS[:SHAPED]):
        for one in sign + VARIANTS.get(sign, ""):
            if one != NO_CHARACTER and bytes(font.getmask(one)) == lacking:
                continue
            x, base = 0.7 * size * LARGER + len(cuts) % 4, 1.6 * size * LARGER + size % 4
            picture = Image.new("L", (int(3 * size * LARGER), 3 * size * LARGER), 255)
            ImageDraw.Draw(picture).text((x, base), one, fill=0, font=font, anchor="ls")
            small = picture.resize((picture.width // LARGER, picture.height // LARGER), Image.Resampling.BOX)
            if slant:
                matrix = (1, slant, -slant * base, 0, 1, 0)
                picture = picture.transform(picture.size, Image.Transform.AFFINE, matrix, fillcolor=255)
            ink = ImageOps.invert(picture).getbbox()
            if ink is None:
                continue
            drawn = np.array([ink], float) / LARGER
            window, inside = open_windows(drawn, np.asarray(small))
            if inside[0]:
                top, bottom, left, right = window[0].tolist()
                cuts.append(np.asarray(small)[top:bottom, left:right])
                boxes.append(drawn[0] - [left, top, left, top])
                kinds.append(kind)
    prints = measure_prints(cuts, np.array(boxes), np.zeros(len(cuts), np.bool_)) if cuts else None
    return np.array(kinds, np.int64), prints


def collect_prints(faces: list[tuple[str, int]]) -> Drawn:
    """Draw all fonts at all sizes; a font that cannot be drawn is left out."""
    digits, signs, kinds, families, names, fonts = [], [], [], [], {}, 0
    for file, face in faces:
        name = re.split(r"[-_.\d]", Path(file).name)[0].lower()
        try:
            drawn = [draw_signs(file, face, size, slant) for slant in SLANTS for size in SIZES]
        except (OSError, ValueError) as error:
            print(f"{file}: {error}", file=sys.stderr)
            continue
        fonts += 1
        for kind, prints in drawn:
            if prints is None or not prints.whole.any():
                continue
            digits.append(prints.digit[prints.whole])
            signs.append(prints.sign[prints.whole])
            kinds.append(kind[prints.whole])
            families.append(np.full(int(prints.whole.sum()), names.setdefault(name, len(names))))
    return Drawn(*map(np.concatenate, (digits, signs, kinds, families)), fonts)


def make_references(shape: Shapes, kind: Ints, kinds: int, styles: int) -> Any:
    """Return (kinds, styles, pixels) of 0..255: the centres of the clusters of each kind's prints."""
    found = [_cluster(shape[kind == k], styles) for k in range(kinds)]
    middles = np.stack(found)
    low, high = middles.min(axis=2, keepdims=True), middles.max(axis=2, keepdims=True)
    return np.round((middles - low) / (high - low) * 255).astype(np.uint8)


def _cluster(shape: Shapes, styles: int) -> Shapes:
    """Cluster shapes by k-means on the sphere; the first centres are far from each other."""
    chance = np.random.default_rng(0)
    middles = shape[:1]
    while len(middles) < styles:
        far = np.clip(1 - (shape @ middles.T).max(axis=1), 0, None)
        middles = np.concatenate([middles, shape[chance.choice(len(shape), p=far / far.sum())][None]])
    for _ in range(ROUNDS):
        nearest = (shape @ middles.T).argmax(axis=1)
        means = [shape[nearest == k].mean(axis=0) if (nearest == k).any() else middles[k] for k in range(styles)]
        middles = np.stack([mean / np.linalg.norm(mean) for mean in means])
    return middles


def judge_unseen(shape: Shapes, kind: Ints, family: Ints, kinds: int, styles: int) -> Any:
    """Return (n, kinds) scores of each print by references of other families."""
    fold = np.random.default_rng(1).integers(0, FOLDS, int(family.max()) + 1)[family]
    scores = np.zeros((len(kind), kinds))
    for k in range(FOLDS):
        rest = fold != k
        made = make_references(shape[rest], kind[rest], kinds, styles).reshape(-1, HIGH * WIDE).astype(np.float32)
        each = shape[~rest] @ normalise(made).T
        scores[~rest] = each.reshape(-1, kinds, styles).max(axis=2)
    return scores


def print_figures(names: str, kind: Ints, scores: Any, least: float, apart: float) -> None:
    """Print how many honest prints would be contradicted, and how many of each swapped pair are found."""
    each = np.arange(len(scores))
    shown = scores[each, kind]
    others = scores.copy()
    others[each, kind] = -1.0
    if len(names) > DIGITS:  # digits among themselves have shapes of their own
        others[kind < DIGITS, :DIGITS] = -1.0
    best = others.max(axis=1)
    wrong = (best >= least) & (best >= shown + apart)
    print(f"{len(scores)} prints, contradicted: {wrong.sum()}")
    for k in np.unique(kind[wrong]).tolist():
        taken = np.bincount(others[wrong & (kind == k)].argmax(axis=1), minlength=len(names))
        print(f"  {names[k]} as " + " ".join(f"{names[i]} {n}" for i, n in enumerate(taken.tolist()) if n))
    found = (shown >= least) & (shown > best)
    print("said\\shown " + " ".join(f"{name:>4}" for name in names))
    for said, name in enumerate(names):
        seen = found & (shown >= scores[:, said] + apart)
        shares = [f"{seen[kind == k].mean():4.2f}" if k != said else "   –" for k in range(len(names))]
        print(f"{name:>10} " + " ".join(shares))


def main() -> int:
    """Print the figures; with --write make the references."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fonts", type=Path, action="append", default=[], help="a folder with more fonts")
    parser.add_argument("--write", action="store_true", help="make extract/reading/raster/*_shapes.npy anew")
    options = parser.parse_args()
    if shutil.which("fc-list") is None:
        print("fc-list (fontconfig) is not installed: no fonts to judge", file=sys.stderr)
        return 0
    drawn = collect_prints(list_fonts(options.fonts))
    print(f"{drawn.fonts} fonts of {drawn.family.max() + 1} families")
    digit = drawn.kind < DIGITS
    parts = {
        "digit": (
            drawn.digit[digit],
            drawn.kind[digit],
            drawn.family[digit],
            DIGIT_KINDS,
            TOLERANCES.sure_digit_correlation,
            TOLERANCES.digit_margin_correlation,
        ),
        "sign": (
            drawn.sign,
            drawn.kind,
            drawn.family,
            SIGN_KINDS,
            TOLERANCES.sure_sign_correlation,
            TOLERANCES.sign_margin_correlation,
        ),
    }
    for name, (shape, kind, family, kinds, least, apart) in parts.items():
        scores = judge_unseen(shape, kind, family, len(kinds), STYLES[name])
        print_figures(kinds, kind, scores, least, apart)
        if options.write:
            made = make_references(shape, kind, len(kinds), STYLES[name])
            np.save(Path(digit_shapes.__file__).with_name(f"{name}_shapes.npy"), made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
