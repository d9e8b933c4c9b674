"""Render a page of a PDF to PNG, with marks where wanted, in a child process with limits; cached by hash."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from extract.archive.stored_documents import fetch_archived
from extract.entities import Quad
from extract.errors import JixiaoError, LedgerError, Reason, Refused, SettingsError
from extract.files import write_whole
from extract.limits import Limits
from extract.reading.drawing.overlay import Stage
from extract.reading.sandbox import Sandbox
from extract.settings import Settings, get_settings

SECONDS = 60.0
MOST_BYTES = 64 << 20  # of one picture
LARGEST_SIDE = 1e6
PNG = b"\x89PNG\r\n\x1a\n"
WIDTH = 1600  # pixels of a page: the small print of an A3 sheet can be read


PagePlace = tuple[int, Sequence[Quad]]
"""A page (1-based) and the boxes to mark on it."""


class PictureError(JixiaoError):
    """The page cannot be drawn; the message has document, page and reason."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawn page, without a legend below it: its size in points, the unit of boxes, and in pixels."""

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
    above: Sequence[PagePlace] = (),
    close: bool = False,
    sandbox: Sandbox | None = None,
) -> Sheet:
    """Draw one page (1-based) of a PDF into `target`, atomically; raises PictureError.

    `found` are boxes to mark, in points from the page's top left as it is read; `above` are pages to draw over this
    one, with theirs; `close` leaves out what is far from boxes. A `stage` (stage_overlay.py) is shown as `reader` sees
    it, with a legend below the page.
    """
    request = {
        "page": page,
        "found": [list(box) for box in found],
        "stage": stage,
        "reader": reader,
        "password": password,
        "pixels": pixels,
        "above": [{"page": number, "found": [list(box) for box in boxes]} for number, boxes in above],
        "close": close,
    }
    bounds = limits or get_settings().limits()
    purpose = reader if stage else "pictures"
    drawing = contextlib.nullcontext(sandbox) if sandbox else Sandbox(bounds, reader=purpose)
    sizes, picture = _draw(drawing, path, request, min(SECONDS, bounds.seconds))
    if len(picture) > MOST_BYTES or not picture.startswith(PNG):
        raise PictureError(f"{path.name}: page {page}: expected a PNG of at most {MOST_BYTES} bytes")
    sheet = Sheet(target, *_measures(sizes))
    write_whole(target, picture)
    return sheet


def _draw(
    drawing: contextlib.AbstractContextManager[Sandbox], path: Path, request: dict[str, Any], seconds: float
) -> tuple[dict[str, Any], bytes]:
    """Return a page's sizes and its image, as the reading child answers them; raises PictureError."""
    page = request["page"]
    try:
        with drawing as sandbox:
            return sandbox.draw(path, request, publisher=str(path), seconds=seconds)
    except Refused as refusal:
        late = refusal.reason is Reason.TIMEOUT
        why = f"within {seconds:g} s" if late else f": {refusal.detail or refusal.reason}"
        raise PictureError(f"{path.name}: page {page} cannot be drawn{' ' if late else ''}{why}") from None
    except JixiaoError as error:
        why = str(error).replace(str(path), path.name)  # the report names no place of this machine
        raise PictureError(f"{path.name}: page {page} cannot be drawn: {why}") from None


def _measures(sizes: dict[str, Any]) -> tuple[float, float, int, int]:
    """Check width and height, in points and in pixels, that a reading child returned; raises PictureError."""
    found = [sizes.get(name) for name in ("width", "height", "pixels_wide", "pixels_high")]
    sides = [one for one in found if isinstance(one, (int, float)) and 0 < one < LARGEST_SIDE]
    if len(sides) != len(found):
        raise PictureError("the reader answered a picture without a size")
    return sides[0], sides[1], int(sides[2]), int(sides[3])


def draw_archived(
    settings: Settings,
    sha256: str,
    page: int,
    target: Path,
    found: Sequence[Quad] = (),
    *,
    pixels: int = WIDTH,
    above: Sequence[PagePlace] = (),
    close: bool = False,
    sandbox: Sandbox | None = None,
) -> Sheet:
    """Draw a page of an archived document, with the passwords that its publisher's file names."""
    try:
        path = fetch_archived(settings, sha256)
    except (JixiaoError, FileNotFoundError) as error:
        raise PictureError(str(error)) from error
    trouble: PictureError | None = None
    for password in _passwords(settings, sha256):
        try:
            return draw_page(
                path,
                page,
                target,
                found,
                password=password,
                limits=settings.limits(),
                pixels=pixels,
                above=above,
                close=close,
                sandbox=sandbox,
            )
        except PictureError as error:
            trouble = trouble or error
            if "assword" not in str(error):
                break
    raise trouble or PictureError(f"document {sha256[:12]}: page {page} cannot be drawn")


def draw_cached(settings: Settings, sha256: str, page: int, sandbox: Sandbox | None = None) -> Sheet:
    """Draw a page without marks once and keep it in JIXIAO_HOME/pictures; raises PictureError.

    A caller that draws many pages passes a sandbox for all of them; each document still gets a child of its own.
    """
    target = settings.home / "pictures" / f"{sha256}-{page}.png"
    measures = target.with_suffix(".json")
    with contextlib.suppress(OSError, ValueError, TypeError):
        if target.exists():
            os.utime(target)  # still wanted: see forget_pictures
            return Sheet(target, **json.loads(measures.read_text(encoding="utf-8")))
    sheet = draw_archived(settings, sha256, page, target, sandbox=sandbox)
    sizes = {name: value for name, value in asdict(sheet).items() if name != "path"}
    measures.write_text(json.dumps(sizes), encoding="utf-8")
    return replace(sheet, path=target)


def forget_pictures(settings: Settings, most: int) -> None:
    """Keep the `most` images that were used last; others are drawn again on demand."""
    found = sorted((settings.home / "pictures").glob("*.png"), key=lambda path: path.stat().st_mtime)
    for old in found[: max(0, len(found) - most)]:
        old.unlink(missing_ok=True)
        old.with_suffix(".json").unlink(missing_ok=True)


def draw_refused(settings: Settings, sha256: str, page: int | None) -> Path | None:
    """Draw the page of a refusal, the first where it is about the whole document; None where that fails."""
    try:
        return draw_cached(settings, sha256, page or 1).path
    except PictureError:
        return None


def _passwords(settings: Settings, sha256: str) -> list[str | None]:
    """List None, then the passwords that the publisher's file names and this machine has."""
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
