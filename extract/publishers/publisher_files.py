"""Load one publisher file, or report every mistake in it with file, line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from extract.errors import SettingsError
from extract.publishers.models import Publisher

USERINFO = re.compile(r"//[^/@\s]*@")
SECRET_KEYS = {"login", "token", "passwords", "secrets", "options"}  # what stands there by mistake is not repeated


def load_publisher(path: Path) -> Publisher:
    """Load one file; raises SettingsError with file, line and key of each mistake, one a line."""
    try:
        text = path.read_text(encoding="utf-8")
        tree = yaml.compose(text, yaml.SafeLoader)  # the one in C overflows its stack where lists are nested too deep
        content = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}{_yaml_line(error)}: not YAML: {_yaml_problem(error)}") from None
    except OSError as error:  # a folder, a dangling link, a file without read permission
        raise SettingsError(f"{path.name}: {error.strerror}") from None
    except RecursionError:
        raise SettingsError(f"{path.name}: not YAML: nested too deep") from None
    if tree is None or not isinstance(content, dict):
        raise SettingsError(f"{path.name}, line 1: expected keys and values, found {type(content).__name__}")
    twice = [f"{path.name}, line {line}: {key}: stands here twice" for line, key in _repeated(tree)]
    if twice:
        raise SettingsError("\n".join(twice))
    try:
        return Publisher.model_validate({"code": path.stem, **content})
    except ValidationError as error:
        raise SettingsError("\n".join(_describe(path.name, tree, dict(wrong)) for wrong in error.errors())) from None


def _yaml_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark is not None else ""


def _yaml_problem(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error)


def _repeated(node: yaml.Node) -> Iterator[tuple[int, str]]:
    """Yield keys that a mapping repeats; YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        known: set[str] = set()
        for key, value in node.value:
            if key.value in known:
                yield key.start_mark.line + 1, key.value
            known.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _repeated(child)


def _describe(file: str, tree: yaml.Node, wrong: dict[str, Any]) -> str:
    line, key = _find(tree, wrong["loc"])
    message = str(wrong["msg"]).removeprefix("Value error, ")
    named = f"{key}: {message}" if key else message
    found = "" if wrong["type"] == "missing" or SECRET_KEYS & set(wrong["loc"]) else f", found {_short(wrong['input'])}"
    return f"{file}, line {line}: {named}{found}"


def _short(value: Any) -> str:
    if isinstance(value, (dict, list, tuple)):  # may hold a secret that stands in a wrong place
        return f"a {'mapping' if isinstance(value, dict) else 'list'}"
    shown = USERINFO.sub("//…@", repr(value))
    return shown if len(shown) <= 100 else shown[:99] + "…"


def _find(tree: yaml.Node, loc: tuple[int | str, ...]) -> tuple[int, str]:
    """Return the line and the dotted key of a pydantic location, without the names that pydantic adds for unions."""
    node, line, known = tree, tree.start_mark.line + 1, []
    for step in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
            known.append(str(step))
        elif isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if pair is not None:
                line, node = pair[0].start_mark.line + 1, pair[1]
                known.append(str(step))
            elif step == loc[-1]:  # a key that is missing: the line of what it is missing from
                known.append(str(step))
    return line, ".".join(known)
