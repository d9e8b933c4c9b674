"""Code of a stranger in the place of a confined process: how it is started, and which of its attacks got through."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from extract.isolation.confine import describe_kernel

HOSTILE = Path(__file__).parents[1] / "faults/hostile_child.py"
needs_kernel = pytest.mark.skipif(describe_kernel().missing is not None, reason=str(describe_kernel().missing))
REFUSED_OTHERWISE = {
    "resolve a name": "gaierror",
    "raise its own limits": "ValueError",
    "own more than 64 descriptors": "OSError: [Errno 24]",
    "change the given document": "OSError: [Errno 27]",
    "write into the given document": "OSError: [Errno 27]",
}


def hostile_command(**given: Any) -> list[str]:
    """Return the command of a process that its first document or page takes over."""
    return [sys.executable, "-I", str(HOSTILE), json.dumps(given)]


def list_unrefused(attacks: Mapping[str, str]) -> dict[str, str]:
    """Return the attacks that met something else than the refusal that each must meet."""
    expected = {name: (REFUSED_OTHERWISE.get(name, "PermissionError"), "OSError: [Errno 38]") for name in attacks}
    return {name: came for name, came in attacks.items() if not came.startswith(expected[name])}
