"""The process that runs dbt: one at a time, ready before it is needed, gone when nobody needs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import BuildError
from extract.settings import Settings
from extract.warehouse import build

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(autouse=True)
def no_process_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parse in the home of this module, not with what earlier tests kept; no process is left waiting."""
    monkeypatch.delenv("DBT_PARTIAL_PARSE_FILE_PATH", raising=False)
    yield
    assert settings not in build._waiting


def compile_one(settings: Settings, *, changed_only: bool) -> str:
    what = ("--no-introspect", "--select", "stg_jixiao__documents", "--exclude", "test_type:data", "test_type:unit")
    assert build.run_dbt(settings, "compile", *what, changed_only=changed_only) == {"success": 1}
    folder = settings.home / "dbt/target/compiled/jixiao/models/staging"
    return (folder / "stg_jixiao__documents.sql").read_text(encoding="utf-8")


def test_the_project_is_parsed_once_for_builds_of_everything_and_of_what_changed(settings: Settings) -> None:
    build.start_dbt(settings)
    waiting = build._waiting[settings]
    build.start_dbt(settings)
    assert build._waiting[settings] is waiting
    assert '"changed"."documents"' not in compile_one(settings, changed_only=False)
    assert waiting.returncode == 0
    parsed = settings.home / "dbt/target/partial_parse.msgpack"
    moment = parsed.stat().st_mtime_ns
    assert '"changed"."documents"' in compile_one(settings, changed_only=True)
    assert parsed.stat().st_mtime_ns == moment
    assert not list((settings.home / "dbt").glob("results-*"))


def test_a_process_that_nobody_needs_is_ended(settings: Settings) -> None:
    with build.closing_dbt(settings):
        build.start_dbt(settings)
        waiting = build._waiting[settings]
    assert waiting.returncode == -9


def test_what_fails_is_named_with_its_node(settings: Settings) -> None:
    build.start_dbt(settings)
    build._waiting[settings].kill()  # one that died while it waited is started again
    build._waiting[settings].wait()
    with pytest.raises(BuildError, match=r"model\.jixiao\.dim_units: error: .*dim_units"):
        build.run_dbt(settings, "run", "--select", "dim_units")


def test_a_project_that_cannot_be_parsed_says_so(tmp_path: Path) -> None:
    for name in ("dbt", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "dbt" / "dbt_project.yml").write_text("name: [", encoding="utf-8")
    with pytest.raises(BuildError, match="Syntax error"):
        build.run_dbt(Settings(home=tmp_path / "home", dbt_dir=tmp_path / "dbt"), "build")


def test_the_process_ends_when_it_is_asked_for_nothing(settings: Settings) -> None:
    where = ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir)]
    done = subprocess.run(
        [sys.executable, "-m", "extract.warehouse.dbt_process", str(os.getpid()), *where],
        env=os.environ | build.dbt_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_seeds_and_what_is_tested_of_them_are_left_out_where_only_partitions_changed(settings: Settings) -> None:
    listed = []
    for left_out in ((), ("resource_type:seed",)):
        command = ["ls", "--output", "json", "--output-keys", "unique_id", "depends_on", "--exclude", "tag:none"]
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", *command, *left_out, "--project-dir", settings.dbt_dir],
            env=os.environ | build.dbt_environment(settings) | {"DBT_PROFILES_DIR": str(settings.dbt_dir)},
            capture_output=True,
            text=True,
        )
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        listed.append({row["unique_id"]: row.get("depends_on", {}).get("nodes", []) for row in rows})
    everything, changed = listed
    missing = {node for node in everything if node not in changed}
    assert {node for node in missing if node.startswith("seed.")} == {n for n in everything if n.startswith("seed.")}
    tests = {node for node in missing if not node.startswith("seed.")}
    assert tests
    assert all(parent.startswith("seed.") for node in tests for parent in everything[node])


def test_nodes_that_ran_out_of_memory_are_built_again_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    run_dbt = build.run_dbt

    def run_with_little_memory_first(settings: Settings, *arguments: str, changed_only: bool) -> dict[str, int]:
        asked.append(arguments)
        memory = "5MB" if len(asked) == 1 else "500MB"
        return run_dbt(Settings(home=settings.home, dbt_memory=memory), *arguments, changed_only=changed_only)

    monkeypatch.setattr(build, "run_dbt", run_with_little_memory_first)
    counts = build.build_nodes(Settings(home=tmp_path), "--select", "measure_units", changed_only=False)
    assert counts == {"success": 1, "pass": 5}
    assert len(asked) == 2
    assert {"--threads", "measure_units", "unique_measure_units_measure_unit"} <= set(asked[1])


def test_a_want_of_memory_names_what_is_left_to_build(tmp_path: Path) -> None:
    with pytest.raises(build.OutOfMemoryError, match="seed measure_units") as error:
        build.run_dbt(Settings(home=tmp_path, dbt_memory="5MB"), "build", "--select", "measure_units")
    assert error.value.counts == {}
    assert {"measure_units", "unique_measure_units_measure_unit"} <= set(error.value.left)
