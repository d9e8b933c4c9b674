"""Write docs/settings.md: every environment variable with its default; `make docs` runs this script."""

from __future__ import annotations

from pathlib import Path

from pydantic.fields import FieldInfo

from extract.settings import PROJECT, Settings

PAGE = Path(__file__).with_name("settings.md")
HEAD = """# Settings

Environment variables, generated from `extract/settings.py` by `make docs`. All have defaults that work on one machine;
`jixiao settings` prints the values that count where it runs. An empty variable is one that is not set.

| variable | default | what it is |
|---|---|---|
"""


def render_page() -> str:
    """Return the whole page, settings in the order of the class."""
    rows = (
        f"| `JIXIAO_{name.upper()}` | {_default(field)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return HEAD + "".join(rows)


def _default(field: FieldInfo) -> str:
    """Return a default as one types it, paths relative to the project; '' for those that depend on others."""
    if field.default is None:
        return ""
    if isinstance(field.default, Path) and field.default.is_absolute():
        return f"`{field.default.relative_to(PROJECT)}`"
    return f"`{field.default}`"


if __name__ == "__main__":
    PAGE.write_text(render_page(), encoding="utf-8")
