"""A page of a PDF becomes a PNG, with marks where wanted; drawn by a child process with limits, cached by hash."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from extract.archive.documents import fetch_archived
from extract.entities import Quad
from extract.errors import JixiaoError, LedgerError, SettingsError
from extract.reading.drawing.overlay import Stage
from extract.settings import Limits, Settings, get_settings

SECONDS = 60.0
WIDTH = 1600  # pixels of a page: the small print of an A3 sheet can be read


class PictureError(JixiaoError):
    """The page cannot be drawn: document, page and why."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawn page, without a legend below it: its size in points, which boxes are measured in, and in pixels."""

    path: Path
    width: float
    height: float
    pixels_wide: int
    pixels_high: int


def draw_page(
    path: Path,
    page: int,
    target: Path,
    found: Sequence[Quad] = (),
    *,
    stage: Stage | None = None,
    reader: str = "auto",
    password: str | None = None,
    limits: Limits | None = None,
    pixels: int = WIDTH,
) -> Sheet:
    """Draw one page (1-based) of a PDF into `target`, whole or not at all; raises PictureError.

    `found` are boxes to mark, in points from the page's top left as it is read; a `stage` (stage_overlay.py) is shown
    as `reader` sees it, with a legend below the page.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}-{os.getpid()}.part")
    bounds = limits or get_settings().limits()
    request = {
        "path": str(path),
        "page": page,
        "target": str(part),
        "found": [list(box) for box in found],
        "stage": stage,
        "reader": reader,
        "password": password,
        "pixels": pixels,
        "limits": bounds.to_dict(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "extract.reading.drawing.worker"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=min(SECONDS, bounds.seconds),
            check=False,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # threads reserve address space
        )
        if done.returncode != 0 or not part.exists():
            said = done.stderr.strip().splitlines()
            raise PictureError(
                f"{path.name}: page {page} cannot be drawn: {said[-1] if said else 'the parser crashed'}"
            )
        part.replace(target)
        return Sheet(target, **json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        raise PictureError(f"{path.name}: page {page} cannot be drawn within {SECONDS:g} s") from None
    finally:
        part.unlink(missing_ok=True)


def draw_archived(
    settings: Settings, sha256: str, page: int, target: Path, found: Sequence[Quad] = (), *, pixels: int = WIDTH
) -> Sheet:
    """The same for a document of the archive, with the passwords that its publisher's file names."""
    try:
        path = fetch_archived(settings, sha256)
    except (JixiaoError, FileNotFoundError) as error:
        raise PictureError(str(error)) from error
    trouble: PictureError | None = None
    for password in _passwords(settings, sha256):
        try:
            return draw_page(path, page, target, found, password=password, limits=settings.limits(), pixels=pixels)
        except PictureError as error:
            trouble = trouble or error
            if "assword" not in str(error):
                break
    raise trouble or PictureError(f"document {sha256[:12]}: page {page} cannot be drawn")


def draw_cached(settings: Settings, sha256: str, page: int) -> Sheet:
    """The page with nothing marked, drawn once and kept in JIXIAO_HOME/pictures; raises PictureError."""
    target = settings.home / "pictures" / f"{sha256}-{page}.png"
    measures = target.with_suffix(".json")
    with contextlib.suppress(OSError, ValueError, TypeError):
        if target.exists():
            os.utime(target)  # still wanted: see forget_pictures
            return Sheet(target, **json.loads(measures.read_text(encoding="utf-8")))
    sheet = draw_archived(settings, sha256, page, target)
    sizes = {name: value for name, value in asdict(sheet).items() if name != "path"}
    measures.write_text(json.dumps(sizes), encoding="utf-8")
    return replace(sheet, path=target)


def forget_pictures(settings: Settings, most: int) -> None:
    """Leave the `most` pictures that were wanted last; others are drawn again when somebody asks."""
    found = sorted((settings.home / "pictures").glob("*.png"), key=lambda path: path.stat().st_mtime)
    for old in found[: max(0, len(found) - most)]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)


def draw_refused(settings: Settings, sha256: str, page: int | None) -> Path | None:
    """The picture of the page that a refusal is about (the first where it is about the whole document), or None."""
    try:
        return draw_cached(settings, sha256, page or 1).path
    except PictureError:
        return None


def _passwords(settings: Settings, sha256: str) -> list[str | None]:
    """None first, then what the publisher's file names and this machine has."""
    from extract.ledger import Ledger
    from extract.publishers import load_publishers

    found: list[str | None] = [None]
    with contextlib.suppress(LedgerError, SettingsError):
        publisher: Any = Ledger(settings.ledger_url or "").document(sha256)["publisher"]
        for one in load_publishers(settings.publishers_dir):
            if one.code == publisher:
                for secret in one.passwords:
                    with contextlib.suppress(SettingsError):
                        found.append(secret.reveal())
    return found
