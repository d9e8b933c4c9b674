"""docker-compose.yml and its .env.example, as far as they can be held to their word without an engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from extract.settings import PROJECT, Settings

COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
DEPLOYMENT: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = DEPLOYMENT["services"]
GIVEN = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
VARIABLES = re.findall(r"(?<!\$)\$\{([A-Z_0-9]+)(?::([-?])([^}]*))?\}", COMPOSE)


def test_every_process_that_airflow_needs_on_several_machines_is_there() -> None:
    needed = {"api-server", "scheduler", "dag-processor", "triggerer", "worker", "postgres", "redis", "init"}
    assert needed <= {name for name, service in SERVICES.items() if "profiles" not in service}
    assert SERVICES["superset"]["profiles"] == ["bi"]
    assert SERVICES["objects"]["profiles"] == ["s3"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_watched_limited_and_can_write_only_where_it_must(name: str) -> None:
    service = SERVICES[name]
    assert name == "init" or service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert ":latest" not in service["image"]
    assert ":" in service["image"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_runs_as_root(name: str) -> None:
    build = SERVICES[name].get("build")
    if build is None:
        assert SERVICES[name]["user"].split(":")[0] not in ("root", "0")
        return
    file = build["dockerfile_inline"] if isinstance(build, dict) else (PROJECT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^USER (.+)$", file, re.MULTILINE)[-1] in ("jixiao", "superset")


def test_every_variable_is_in_the_example_and_every_line_of_it_is_used() -> None:
    assert {name for name, _, _ in VARIABLES} == set(GIVEN)


def test_no_secret_has_a_default_and_none_can_be_forgotten() -> None:
    secrets = {name for name in GIVEN if re.search("KEY|SECRET|PASSWORD", name)}
    assert len(secrets) >= 6
    for name in secrets:
        assert GIVEN[name] == ""
        assert not [default for one, how, default in VARIABLES if one == name and how == "-" and default]
        refused = [how for one, how, _ in VARIABLES if one == name and how == "?"]
        assert refused or f"$${{{name}:?" in COMPOSE, f"{name} may be empty"


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_setting_that_is_handed_on_is_a_setting() -> None:
    known = {f"JIXIAO_{name.upper()}" for name in Settings.model_fields}
    handed = {name for service in SERVICES.values() for name in service.get("environment", {}) if name[:7] == "JIXIAO_"}
    assert "JIXIAO_LEDGER_URL" in handed
    assert handed <= known


def test_named_volumes_and_configs_are_declared_and_inputs_are_read_only() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source, *_, last = volume.rsplit(":", 2)
            assert (
                source.startswith(("${INBOX", "${PUBLISHERS"))
                or source in DEPLOYMENT["volumes"]
                or volume.split(":")[0] in (DEPLOYMENT["volumes"])
            )
            if "${" in volume:
                assert last == "ro"
        for config in service.get("configs", ()):
            assert config["source"] in DEPLOYMENT["configs"]
