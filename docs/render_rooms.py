"""Write the drawing of the rooms of `extract` in CONTRIBUTING.md; `make docs` runs this script."""

from __future__ import annotations

import re
import tomllib

import grimp

from extract.settings import PROJECT

PAGE = PROJECT / "CONTRIBUTING.md"
DRAWING = re.compile(r"(?<=<!-- rooms: docs/render_rooms.py -->\n```\n).*?(?=```\n)", re.DOTALL)


def render_rooms() -> str:
    """Return one line per room, the highest first: what it does, and the nearest rooms below that it imports."""
    lines = []
    imports = read_imports()
    for room in imports:
        text = (PROJECT / "extract" / room / "__init__.py").read_text(encoding="utf-8")
        (does,) = re.findall(r'\A"""(.+?)(?:"""|$)', text, re.MULTILINE)
        implied = {below for one in imports[room] for below in imports[one]}
        direct = " ".join(one for one in imports[room] if one not in implied)
        lines.append(f"{room:<11} {does:<70} → {direct}".rstrip(" →"))
    return "\n".join(lines) + "\n"


def read_imports() -> dict[str, list[str]]:
    """Return room → the rooms that its modules import, both in the order of the layers in pyproject.toml."""
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    rooms = [one for one in layers if (PROJECT / "extract" / one / "__init__.py").exists()]
    graph = grimp.build_graph("extract", cache_dir=None)
    found: dict[str, list[str]] = {}
    for room in rooms:
        modules = {f"extract.{room}", *graph.find_descendants(f"extract.{room}")}
        imported = {name for one in modules for name in graph.find_modules_directly_imported_by(one)}
        imported = {name.removeprefix("extract.").split(".")[0] for name in imported}
        found[room] = [one for one in rooms if one in imported and one != room]
    return found


def render_page() -> str:
    """Return CONTRIBUTING.md with the drawing of the present imports."""
    return DRAWING.sub(lambda _: render_rooms(), PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
