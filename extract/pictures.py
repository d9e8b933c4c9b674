"""A page of an archived PDF becomes a PNG, drawn by a child process with limits: it was refused for a reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from extract.settings import Settings
from extract.sources.archive import archive_path

SECONDS = 60
WIDTH = 1000  # pixels

DRAW = """
import resource, sys
import pypdfium2
import PIL.PngImagePlugin
source, target, page, width, memory = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 64 << 20), (resource.RLIMIT_CORE, 0)):
    resource.setrlimit(kind, (most, most))
sheet = pypdfium2.PdfDocument(source)[page - 1]
scale = min(width / sheet.get_width(), 4 * width / sheet.get_height())
sheet.render(scale=scale).to_pil().save(target, format="PNG")
"""


def draw_page(settings: Settings, sha256: str, page: int, target: Path) -> bool:
    """Draw one page (1-based) into `target`; returns whether it could be drawn."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    memory = settings.read_megabytes << 20
    command = [sys.executable, "-c", DRAW, str(archive_path(settings.archive, sha256)), str(part)]
    try:
        done = subprocess.run(
            [*command, str(page), str(WIDTH), str(memory)], capture_output=True, timeout=SECONDS, check=False
        )
        if done.returncode != 0 or not part.exists():
            return False
        part.replace(target)
    except subprocess.TimeoutExpired:
        return False
    finally:
        part.unlink(missing_ok=True)
    return True


def draw_refused(settings: Settings, sha256: str, page: int | None) -> Path | None:
    """The picture of the page that a refusal is about (the first where it is about the whole document), or None."""
    target = settings.home / "pictures" / f"{sha256}-{page or 1}.png"
    if target.exists() or draw_page(settings, sha256, page or 1, target):
        return target
    return None
