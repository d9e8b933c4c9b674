"""Every test is run by exactly one of `make test` and `make check`, or is one of the long ones."""

from __future__ import annotations

import itertools
import re
import tomllib

import pytest

from extract.settings import PROJECT

MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
MARKERS = [
    text.split(":")[0]
    for text in tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]["markers"]
]


def read_recipe(target: str) -> str:
    """Return the command of a target."""
    (recipe,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    return str(recipe)


def selects(target: str, markers: frozenset[str]) -> bool:
    """Return True if the command of a target runs a test with these markers: pytest's grammar is Python's here."""
    expression = re.findall(r'-m "?([a-z ]+?)"?(?= tests/|\n|$)', read_recipe(target))[-1]
    assert set(re.findall(r"[a-z]+", expression)) <= {*MARKERS, "not", "and", "or"}
    return bool(eval(expression, {}, {name: name in markers for name in MARKERS}))  # noqa: S307


def test_the_markers_are_those_that_the_commands_know() -> None:
    assert set(MARKERS) == {"slow", "long", "cluster"}


@pytest.mark.parametrize(
    "markers", [frozenset(some) for n in range(4) for some in itertools.combinations(("slow", "long", "cluster"), n)]
)
def test_every_test_is_run_by_one_of_the_two_commands_or_is_long(markers: frozenset[str]) -> None:
    runs = {target for target in ("test", "check") if selects(target, markers)}
    if markers & {"long", "cluster"}:
        assert not runs
        assert selects("cluster" if "cluster" in markers else "faults", markers)
    else:
        assert runs == {"check" if "slow" in markers else "test"}


def test_an_expression_that_forgets_some_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "MAKEFILE", MAKEFILE.replace('-m "slow and', '-m "slow and long and'))
    assert not selects("check", frozenset({"slow"}))


def test_ci_runs_both_and_leaves_nothing_out() -> None:
    script = (PROJECT / ".ci/run").read_text(encoding="utf-8")
    assert re.search(r"^make test PASSED= ", script, re.MULTILINE)
    assert re.search(r"^make check ", script, re.MULTILINE)
    assert "PASSED" not in read_recipe("check")


@pytest.mark.parametrize("target", ["test", "check"])
def test_both_run_a_file_in_one_process(target: str) -> None:
    assert "--dist loadfile" in read_recipe(target)
