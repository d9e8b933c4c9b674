"""DuckDB under dbt takes a part of what the container may have, not of what the host has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from extract.settings import Settings
from extract.warehouse import build
from extract.warehouse.build import available_memory, dbt_environment

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("memory.max", "536870912\n", 512 << 20),
        ("memory.max", "max\n", MACHINE),
        ("memory/memory.limit_in_bytes", "1073741824\n", 1 << 30),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", MACHINE),
        ("nothing", "", MACHINE),
    ],
)
def test_a39_the_limit_of_a_container_counts(tmp_path: Path, name: str, text: str, expected: int) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="ascii")
    assert available_memory(tmp_path, tmp_path / "cgroup") == expected


@pytest.mark.parametrize("folder", ["", "memory/"])
@pytest.mark.parametrize("limited", ["system.slice", "system.slice/jixiao.service"])
def test_a39_the_limit_that_systemd_sets_counts(tmp_path: Path, folder: str, limited: str) -> None:
    (tmp_path / "cgroup").write_text("4:memory:/system.slice/jixiao.service\n0::/system.slice/jixiao.service\n")
    file = tmp_path / folder / limited / ("memory.limit_in_bytes" if folder else "memory.max")
    file.parent.mkdir(parents=True)
    file.write_text("805306368\n", encoding="ascii")
    assert available_memory(tmp_path, tmp_path / "cgroup") == 768 << 20


def test_a39_dbt_is_given_six_tenths_of_it_or_what_the_setting_says(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "available_memory", lambda: 4 << 30)
    assert dbt_environment(settings)["JIXIAO_DBT_MEMORY"] == "2457MiB"
    said = settings.model_copy(update={"dbt_memory": "3GB"})
    assert dbt_environment(said)["JIXIAO_DBT_MEMORY"] == "3GB"
    profile = (settings.dbt_dir / "profiles.yml").read_text(encoding="utf-8")
    assert """memory_limit: "{{ env_var('JIXIAO_DBT_MEMORY'""" in profile
