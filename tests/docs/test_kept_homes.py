"""What tests share: homes that are built once, and test files that `make test` leaves out since they passed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kept
import pytest
from kept import copy_kept

from tests.support import passed


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own, under a key that the test sets."""
    monkeypatch.setattr(kept, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(kept, "hash_inputs", lambda: "0" * 16)
    monkeypatch.setenv("DBT_PARTIAL_PARSE_FILE_PATH", "")  # what a test sets is not left to the tests after it
    return tmp_path / "kept"


def test_a_home_is_built_once_and_copied(cache: Path, tmp_path: Path) -> None:
    built: list[Path] = []

    def build(folder: Path) -> None:
        built.append(folder)
        (folder / "file").write_text("as built", encoding="utf-8")

    first = copy_kept("home", tmp_path / "first", build)
    (first / "file").write_text("changed by a test", encoding="utf-8")
    second = copy_kept("home", tmp_path / "second", build)
    assert (second / "file").read_text(encoding="utf-8") == "as built"
    assert built == [cache / f"home-{'0' * 16}"]


def test_other_sources_build_it_again_and_remove_the_old_one(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_kept("home", tmp_path / "first", lambda folder: None)
    monkeypatch.setattr(kept, "hash_inputs", lambda: "1" * 16)
    copy_kept("home", tmp_path / "second", lambda folder: None)
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [f"home-{'1' * 16}"]


def test_a_build_that_fails_is_not_kept(cache: Path, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        copy_kept("home", tmp_path / "first", fail)
    assert (copy_kept("home", tmp_path / "second", lambda folder: None) / kept.DONE).exists()


def test_what_dbt_parsed_is_offered_to_the_next_dbt(cache: Path, tmp_path: Path) -> None:
    def parse(folder: Path) -> None:
        (folder / "target").mkdir()
        (folder / "target/partial_parse.msgpack").write_bytes(b"parsed")

    copy_kept("home", tmp_path / "first", parse)
    assert Path(kept.os.environ["DBT_PARTIAL_PARSE_FILE_PATH"]).read_bytes() == b"parsed"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two test files."""
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / "tests" / name).write_text("def test_it(): pass\n", encoding="utf-8")
    monkeypatch.setattr(passed, "PROJECT", tmp_path)
    monkeypatch.setattr(passed, "MEMORY", tmp_path / "passed.json")
    monkeypatch.setattr(passed, "hash_surroundings", lambda: "the same")
    return tmp_path / "tests"


def run(outcomes: dict[str, tuple[str, ...]]) -> Any:
    """Let the plugin see a run of `make test` in which tests ended so."""
    plugin = passed.Passed()
    plugin.pytest_xdist_node_collection_finished(list(outcomes))
    for nodeid, ends in outcomes.items():
        for when, outcome in zip(("setup", "call", "teardown"), ends, strict=False):
            plugin.pytest_runtest_logreport(SimpleNamespace(nodeid=nodeid, when=when, outcome=outcome))  # type: ignore[arg-type]
    plugin.pytest_sessionfinish(SimpleNamespace(config=SimpleNamespace(), exitstatus=1))  # type: ignore[arg-type]
    return passed.Passed()


def test_a_file_whose_tests_passed_is_left_out_until_it_or_anything_else_changes(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = ("passed", "passed", "passed")
    after = run({"tests/test_one.py::test_it": good, "tests/test_two.py::test_it": ("passed", "failed", "passed")})
    assert after.left_out == {"tests/test_one.py"}
    assert after.pytest_ignore_collect(files / "test_one.py")
    assert after.pytest_ignore_collect(files / "test_two.py") is None
    (files / "test_one.py").write_text("def test_it(): assert True\n", encoding="utf-8")
    assert passed.Passed().left_out == set()
    run({"tests/test_one.py::test_it": good})
    monkeypatch.setattr(passed, "hash_surroundings", lambda: "a file elsewhere is another")
    assert passed.Passed().left_out == set()


@pytest.mark.parametrize("ends", [("skipped",), ("passed", "passed", "failed"), ("failed",), ()])
def test_a_file_with_a_test_that_did_not_pass_whole_is_run_again(files: Path, ends: tuple[str, ...]) -> None:
    after = run({"tests/test_one.py::test_it": ("passed", "passed", "passed"), "tests/test_one.py::test_other": ends})
    assert after.left_out == set()
