"""docker-compose.yml, .env.example and deploy/, as far as they can be held to their word without an engine."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from compose import UnsetError, find_traps, render

from extract.settings import PROJECT, Settings, read_secrets

COMPOSE = (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
DEPLOYMENT: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = DEPLOYMENT["services"]
EXAMPLE = (PROJECT / ".env.example").read_text(encoding="utf-8")
GIVEN = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", EXAMPLE, re.MULTILINE))
VARIABLES = re.findall(r"(?<!\$)\$\{([A-Z_0-9]+)(?::([-?])([^}]*))?\}", COMPOSE)
DOCKERFILES = {
    "jixiao": (PROJECT / "Dockerfile").read_text(encoding="utf-8"),
    "jixiao-superset": (PROJECT / "deploy/superset.Dockerfile").read_text(encoding="utf-8"),
}
AIRFLOWS_OWN = {"airflow_database_url", "fernet_key", "jwt_secret", "api_secret_key"}


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


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_an_image_is_named_by_its_whole_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?(@sha256:[0-9a-f]{64})?$", image), image
    assert "@sha256:" in image or "build" in SERVICES[name], f"{image}: a tag may lead to another image tomorrow"


@pytest.mark.parametrize("file", DOCKERFILES.values(), ids=DOCKERFILES)
def test_an_image_of_ours_begins_with_a_whole_version_and_installs_by_hash_alone(file: str) -> None:
    assert re.search(r"^ARG PYTHON=python:\d+\.\d+\.\d+-slim-bookworm@sha256:[0-9a-f]{64}$", file, re.MULTILINE)
    assert set(re.findall(r"^FROM (?!\$\{POSTGRES\} AS postgres$)(.+?)(?: AS \w+)?$", file, re.MULTILINE)) == {
        "${PYTHON}"
    }
    for command in re.findall(r"(?:pip|uv pip) (?:install|sync)[^&]*", file):
        assert "--require-hashes" in command or "/tmp/wheel/*.whl" in command, command


def test_a38_the_image_dumps_with_the_programs_of_the_server_that_it_asks() -> None:
    (postgres,) = re.findall(r"^ARG POSTGRES=(.+)$", DOCKERFILES["jixiao"], re.MULTILINE)
    assert postgres == SERVICES["postgres"]["image"]
    assert len(set(re.findall(r"^ARG PYTHON=(.+)$", "\n".join(DOCKERFILES.values()), re.MULTILINE))) == 1
    copied = re.findall(r"^COPY --from=postgres (.+)$", DOCKERFILES["jixiao"], re.MULTILINE)
    assert all(program in copied[0] for program in ("/pg_dump ", "/pg_restore "))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_runs_as_root(name: str) -> None:
    service = SERVICES[name]
    if "build" not in service:
        assert service["user"].split(":")[0] not in ("root", "0")
        return
    file = DOCKERFILES[service["image"].partition(":")[0]]
    assert re.findall(r"^USER (.+)$", file, re.MULTILINE)[-1] in ("jixiao", "superset")


def test_every_variable_is_in_the_example_and_every_line_of_it_is_used() -> None:
    settings = {name for name in GIVEN if name.startswith("JIXIAO_")}
    assert {name for name, _, _ in VARIABLES} == set(GIVEN) - settings
    known = {f"JIXIAO_{name.upper()}" for name in Settings.model_fields}
    assert settings | set(re.findall(r"^# (JIXIAO_[A-Z_]+)=", EXAMPLE, re.MULTILINE)) <= known


def test_a42_no_secret_stands_in_the_file_of_settings_or_in_an_environment() -> None:
    assert not [name for name in GIVEN if re.search("KEY|SECRET$|PASSWORD|TOKEN", name)]
    for name, service in SERVICES.items():
        for variable, value in (service.get("environment") or {}).items():
            if re.search("KEY|SECRET|PASSWORD|CONN|BROKER|BACKEND", variable):
                assert variable.endswith(("_CMD", "_FILE", "_SECRETS", "_TIMEOUT")), (name, variable)
                assert "/run/secrets" in value or value.isdigit(), (name, variable)


def test_what_a_command_reads_is_what_airflow_reads_by_a_command(tmp_path: Path) -> None:
    look = "from airflow.configuration import conf; print(sorted(conf.sensitive_config_values))"
    done = subprocess.run(
        [sys.executable, "-c", look], env={"AIRFLOW_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    wanted = {name for one in SERVICES.values() for name in (one.get("environment") or {}) if name.endswith("_CMD")}
    assert len(wanted) >= 5
    for name in wanted:  # of any other option Airflow would pass over `_CMD` in silence
        section, option = name.removeprefix("AIRFLOW__").removesuffix("_CMD").lower().split("__")
        assert f"('{section}', '{option}')" in done.stdout, name


def test_a42_a_worker_has_what_it_needs_and_nothing_of_airflows_own() -> None:
    assert not AIRFLOWS_OWN & set(SERVICES["worker"]["secrets"])
    assert not [name for name in SERVICES["worker"]["environment"] if "SQL_ALCHEMY" in name or "FERNET" in name]


def test_only_who_works_with_documents_sees_the_home_and_the_ledger() -> None:
    sees = {name for name, one in SERVICES.items() if any(v.startswith("home:") for v in one.get("volumes", ()))}
    assert sees == {"worker", "housekeeper", "superset"}
    assert "home:/srv/jixiao:ro" in SERVICES["superset"]["volumes"]
    knows = {name for name, one in SERVICES.items() if "jixiao_ledger_url" in one.get("secrets", ())}
    assert knows == {"worker", "housekeeper"}
    for service in SERVICES.values():  # what Airflow executes as settings lies in the image
        assert not [one for one in service.get("volumes", ()) if re.fullmatch(r"\w+:/opt/airflow(:rw)?", one)]


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_setting_that_is_handed_on_is_a_setting() -> None:
    known = {f"JIXIAO_{name.upper()}" for name in Settings.model_fields}
    handed = {
        name
        for image, service in ((one["image"], one) for one in SERVICES.values())
        for name in service.get("environment", {})
        if name.startswith("JIXIAO_") and image.startswith("jixiao:")
    }
    assert "JIXIAO_ALLOWED_HOSTS" in handed
    assert handed <= known
    secrets = {name for name in DEPLOYMENT["secrets"] if name.startswith("jixiao_") and name != "jixiao_password"}
    assert {f"{name.upper()}" for name in secrets} <= known


def test_a39_every_setting_reaches_every_process_and_the_tasks_of_a_worker_fit_into_it() -> None:
    ours = {name: service for name, service in SERVICES.items() if service["image"].startswith("jixiao:")}
    assert len(ours) >= 7
    for name, service in ours.items():
        files = [one["path"] for one in service["env_file"]]
        assert files == ([".env", "sources.env"] if name == "worker" else [".env"])
        over = {one for one in service["environment"] if one.startswith("JIXIAO_")} & set(GIVEN)
        assert not over, f"{name}: these lines of .env would not count"
    worker = render(SERVICES["worker"], GIVEN)
    tasks = int(worker["environment"]["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    gigabytes = int(worker["deploy"]["resources"]["limits"]["memory"].removesuffix("G"))
    assert tasks * int(GIVEN["JIXIAO_READ_MEGABYTES"]) <= gigabytes * 1024


def test_a40_one_line_each_switches_metrics_and_lineage_on_in_all_of_airflow() -> None:
    given = GIVEN | {"METRICS": "True", "OPENLINEAGE_URL": "http://lineage:5000"}
    airflow = {name for name, one in SERVICES.items() if "AIRFLOW__METRICS__OTEL_ON" in one.get("environment", {})}
    assert airflow >= {"api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    for name in airflow:
        off, on = (render(SERVICES[name], values)["environment"] for values in (GIVEN, given))
        assert (off["AIRFLOW__METRICS__OTEL_ON"], off["OPENLINEAGE_URL"]) == ("False", "")
        assert (on["AIRFLOW__METRICS__OTEL_ON"], on["OPENLINEAGE_URL"]) == ("True", "http://lineage:5000")
    assert "otel_on" in conf.configuration_description["metrics"]["options"]
    installed = (PROJECT / "constraints-production.txt").read_text(encoding="utf-8")
    for package in ("apache-airflow-providers-openlineage", "opentelemetry-exporter-otlp"):
        assert re.search(rf"^{package}==", installed, re.MULTILINE)


def test_a42_the_rendered_file_has_no_trap() -> None:
    assert find_traps(render(DEPLOYMENT, GIVEN), DOCKERFILES) == []


def _put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *way, last = path.split("/")

    def put(deployment: dict[str, Any]) -> None:
        node = deployment
        for step in way:
            node = node[step]
        node[last] = value

    return put


TRAPS = {
    "is no file, and the service is read-only": _put("secrets/redis_password", {"environment": "X"}),
    "is not declared": _put("services/redis/configs", ["nobody"]),
    "which it is not given": _put("services/redis/secrets", []),
    "where nothing listens": _put(
        "services/api-server/healthcheck/test", ["CMD", "python", "-c", "open http://localhost:9090/health"]
    ),
    "which jixiao may not have": _put("services/api-server/healthcheck/test", ["CMD", "curl", "http://localhost:8080"]),
    "which has no health check": _put("services/worker/depends_on", {"init": {"condition": "service_healthy"}}),
    "is used 2 times": _put("services/superset/ports", ["127.0.0.1:8080:8088"]),
    "is written by nobody": _put("services/postgres/volumes", []),
    "belongs to root": _put("services/worker/volumes", ["home:/srv/elsewhere", "logs:/opt/airflow/logs"]),
}


@pytest.mark.parametrize("told", TRAPS)
def test_a42_each_trap_is_seen(told: str) -> None:
    deployment = copy.deepcopy(render(DEPLOYMENT, GIVEN))
    TRAPS[told](deployment)
    assert any(told in line for line in find_traps(deployment, DOCKERFILES))


def test_a42_a_variable_that_is_not_set_is_seen() -> None:
    for text in ("${NOBODY}", "${NOBODY:?wanted}"):
        with pytest.raises(UnsetError):
            render({"services": {"redis": {"image": text}}}, GIVEN)


def test_a42_a_config_of_content_in_a_read_only_service_is_seen() -> None:
    deployment = copy.deepcopy(render(DEPLOYMENT, GIVEN))
    deployment["configs"] = {"databases.sql": {"content": "CREATE DATABASE ledger;"}}
    deployment["services"]["postgres"]["configs"] = [{"source": "databases.sql", "target": "/x.sql"}]
    assert any("databases.sql is no file" in line for line in find_traps(deployment, DOCKERFILES))


def test_a42_superset_is_told_to_write_on_its_volume_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(PROJECT / "bi/superset")
    import start

    given = SERVICES["superset"]["environment"]["JIXIAO_SUPERSET_HOME"]
    assert f"superset:{given}" in SERVICES["superset"]["volumes"]
    monkeypatch.setattr(os, "environ", {"JIXIAO_SUPERSET_HOME": str(tmp_path)})
    monkeypatch.setattr(start, "find_url", lambda: "duckdb:///release.duckdb")
    monkeypatch.setattr(sys, "argv", ["start.py"])
    monkeypatch.setattr(start.signal, "signal", lambda *_: None)

    def prepare(_: Path) -> str:  # the first step that starts Superset's own programs
        assert os.environ["SUPERSET_HOME"] == str(tmp_path)
        raise SystemExit("seen")

    monkeypatch.setattr(start, "prepare", prepare)
    with pytest.raises(SystemExit, match="seen"):
        start.main()


def test_files_that_are_mounted_are_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            if volume.startswith("./"):
                assert (PROJECT / volume.split(":")[0]).is_file()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder of secrets, as deploy/make_secrets makes it."""
    folder = tmp_path / "secrets"
    script = PROJECT / "deploy/make_secrets"
    subprocess.run([script], env={"PATH": "/usr/bin:/bin", "SECRETS": str(folder)}, check=True, capture_output=True)
    return folder


def test_every_secret_is_made_once_and_only_the_owner_may_pass_its_folder(made: Path) -> None:
    assert {one.name for one in made.iterdir()} >= set(DEPLOYMENT["secrets"])
    assert made.stat().st_mode & 0o777 == 0o700
    before = {one.name: one.read_text() for one in made.iterdir()}
    for name in ("postgres_password", "jwt_secret", "redis_password"):
        assert re.fullmatch("[0-9a-f]{48}", before[name])
    assert len(set(before.values()) - {""}) == len([text for text in before.values() if text]), "no two are the same"
    (made / "redis_password").unlink()
    environment = {"PATH": "/usr/bin:/bin", "SECRETS": str(made), "WAREHOUSE": "postgresql"}
    subprocess.run([PROJECT / "deploy/make_secrets"], env=environment, check=True, capture_output=True)
    after = {one.name: one.read_text() for one in made.iterdir()}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"redis_password", "jixiao_warehouse_url", "jixiao_reader_url", "superset_warehouse_url"}
    assert after["jixiao_reader_url"].startswith("postgresql+psycopg2://questions:"), "`jixiao sql` asks as nobody else"


def test_settings_are_read_from_the_files_of_secrets(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    Fernet((made / "fernet_key").read_text().strip())
    monkeypatch.setenv("JIXIAO_SECRETS_DIR", str(made))
    settings = Settings()
    assert settings.ledger_url == (made / "jixiao_ledger_url").read_text().strip()
    assert settings.warehouse_url == f"duckdb:///{settings.build_db}", "an empty file says nothing"
    assert read_secrets(made / "nowhere", Settings.model_fields) == {}


def test_the_unit_file_is_one(tmp_path: Path) -> None:
    unit = (PROJECT / "deploy/jixiao.service").read_text(encoding="utf-8")
    assert "\nExecStart=/opt/jixiao/.venv/bin/jixiao up\n" in unit
    assert "\nUMask=0077\n" in unit
    judge = shutil.which("systemd-analyze")
    if judge is None:
        return  # its words are judged where systemd is
    file = tmp_path / "jixiao.service"
    file.write_text(unit.replace("/opt/jixiao/.venv/bin/jixiao", "/bin/true"), encoding="utf-8")
    done = subprocess.run([judge, "verify", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
