"""Run the processes of docker-compose.yml on this machine, with its commands and environment and no container engine.

Only what a container's own network and disk would give is replaced: host names, ports and paths. Every Airflow process
is a machine of its own: a home and an Airflow folder that no other one sees. PostgreSQL, Redis and an S3-compatible
server (moto's, where the file has SeaweedFS) are all that they share.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from compose import render
from own_postgres import NotReadyError, await_answer, await_true, find_postgres, free_port, make_files, serve_command

PROJECT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
BUCKET = "jixiao"
READY_SECONDS = 240
CLIENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def service_of(machine: str) -> str:
    """worker-1 is a replica of worker."""
    return re.sub(r"-\d+$", "", machine)


@dataclass
class Cluster:
    """The services of the compose file as processes below one folder."""

    folder: Path
    variables: dict[str, str]
    services: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    token: str = ""

    def __post_init__(self) -> None:
        for name in ("postgres", "redis", "api-server", "objects"):
            self.ports[name] = free_port()
        example = (PROJECT / ".env.example").read_text(encoding="utf-8")
        given = dict(re.findall(r"^([A-Z_0-9]+)=(.*)$", example, re.MULTILINE))
        given |= {"S3_ENDPOINT": "http://objects:8333", "JIXIAO_STORE_URL": f"s3://{BUCKET}/store"}
        self.variables = given | self.variables
        deployment = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
        self.services = render(deployment["services"], self.variables)
        environment = {"PATH": os.environ["PATH"], "SECRETS": str(self.folder / "secrets"), "WAREHOUSE": "postgresql"}
        subprocess.run([PROJECT / "deploy/make_secrets"], env=environment, check=True, capture_output=True)

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text(encoding="utf-8").strip()

    def give_secrets(self, machine: str) -> None:
        """The secrets that the file gives to this service, and no other, with the addresses of this machine."""
        place = self.folder / machine / "secrets"
        place.mkdir(parents=True, exist_ok=True)
        for name in self.services[service_of(machine)].get("secrets", ()):
            (place / name).write_text(self.localise(self.secret(name), machine), encoding="utf-8")

    # what a container would find

    def environment(self, service: str, machine: str) -> dict[str, str]:
        """Of the image, then of the compose file, as they are on this machine."""
        place = self.folder / machine
        found = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(place), "LANG": "C.UTF-8", "TZ": "UTC"}
        image = (PROJECT / "Dockerfile").read_text(encoding="utf-8").rpartition("\nENV ")[2].partition("\nUSER ")[0]
        said = dict(one.split("=", 1) for one in image.replace("\\\n", " ").split())
        if self.services[service].get("env_file"):
            said |= {name: value for name, value in self.variables.items() if name.startswith("JIXIAO_")}
        said |= {name: str(value) for name, value in (self.services[service].get("environment") or {}).items()}
        for name, value in said.items():
            if name != "PATH":
                found[name] = self.localise(value, machine)
        found["JIXIAO_SECRETS_DIR"] = str(place / "secrets")
        found["JIXIAO_DAGS_DIR"], found["JIXIAO_DBT_DIR"] = str(PROJECT / "dags"), str(PROJECT / "dbt_project")
        found["HOSTNAME"] = machine
        # one host has one of each port where containers have one each
        found["AIRFLOW__API__PORT"] = str(self.ports["api-server"])
        for name in ("WORKER_LOG_SERVER_PORT", "TRIGGER_LOG_SERVER_PORT"):
            found[f"AIRFLOW__LOGGING__{name}"] = str(self.ports.setdefault(f"{machine} {name}", free_port()))
        return found

    def localise(self, text: str, machine: str) -> str:
        """The same text with this machine's ports and folders; each place is replaced once."""
        place = self.folder / machine
        outside = {
            f"{name}:{port}": f"127.0.0.1:{self.ports[name]}"
            for name, port in (("redis", 6379), ("api-server", 8080), ("objects", 8333))
        }
        outside |= {
            "@postgres/": f"@127.0.0.1:{self.ports['postgres']}/",
            "localhost:8080": f"127.0.0.1:{self.ports['api-server']}",
            "/srv/jixiao": str(place / "home"),
            "/srv/inbox": str(place / "inbox"),
            "/srv/publishers": str(self.folder / "publishers"),
            "/opt/airflow": str(place / "airflow"),
            "/opt/jixiao": str(PROJECT),
            "/run/secrets": str(place / "secrets"),
            "/tmp/": f"{place}/tmp/",
        }
        return re.sub("|".join(map(re.escape, outside)), lambda match: outside[match[0]], text)

    def url(self, database: str) -> str:
        role, secret = ("postgres", "postgres_password") if database == "postgres" else ("jixiao", "jixiao_password")
        return f"postgresql+psycopg2://{role}:{self.secret(secret)}@127.0.0.1:{self.ports['postgres']}/{database}"

    # starting and stopping

    def start(self, workers: int) -> None:
        """Everything, in the order of `depends_on`; returns when the health checks of the file are green."""
        self.start_postgres()
        self.prepare("redis")
        *shell, script = (self.localise(one, "redis") for one in self.services["redis"]["command"])
        script = script.rstrip() + f" --port {self.ports['redis']} --bind 127.0.0.1"
        self.launch("redis", [*shell, script], os.environ.copy())
        objects = [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(self.ports["objects"])]
        self.launch("objects", objects, os.environ.copy())
        await_true(lambda: self.answers(f"http://127.0.0.1:{self.ports['objects']}/moto-api/"), 60, "the object store")
        self.bucket().mkdir(BUCKET)
        self.run_init()
        machines = [*CLIENTS, "housekeeper", *(f"worker-{number + 1}" for number in range(workers))]
        waiting = sorted(machines, key=lambda name: self.needs(name))
        for name in waiting:
            for needed in self.needs(name):
                self.await_healthy(needed)
            self.launch(name, self.command(name), self.environment(service_of(name), name))
        for name in machines:
            self.await_healthy(name)
        self.token = self.log_in()
        # Airflow begins a new installation with the night before, which finds an empty bucket
        await_true(lambda: self.knows("ingest"), READY_SECONDS, "the DAG ingest")
        self.await_quiet("ingest", 1, READY_SECONDS)

    def set_workers(self, count: int) -> None:
        """Have this many workers, the first ones; returns when they are healthy."""
        for name in [name for name in self.processes if service_of(name) == "worker"]:
            if int(name.rpartition("-")[2]) > count:
                self.kill_machine(name)
        for name in (f"worker-{number + 1}" for number in range(count)):
            if name not in self.processes:
                self.launch(name, self.command(name), self.environment("worker", name))
                self.await_healthy(name)

    def needs(self, machine: str) -> list[str]:
        """Which of Airflow's processes must be healthy before this one starts."""
        return [name for name in self.services[service_of(machine)]["depends_on"] if name in CLIENTS]

    def start_postgres(self) -> None:
        """An empty server, and what the image does with the script that is mounted into it."""
        self.prepare("postgres")
        folder, owner = make_files("postgres", self.secret("postgres_password"))
        self.launch("postgres", serve_command(folder, self.ports["postgres"]), os.environ.copy(), **owner)
        await_answer(self.url("postgres"))
        script = (PROJECT / "deploy/databases.sh").read_text(encoding="utf-8")
        environment = os.environ | {
            "PATH": f"{find_postgres()}:{os.environ['PATH']}",
            "POSTGRES_USER": "postgres",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.ports["postgres"]),
            "PGPASSWORD": self.secret("postgres_password"),
        }
        command = ["bash", "-euc", self.localise(script, "postgres")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotReadyError(f"databases.sh: {done.stderr}")

    def run_init(self) -> None:
        done = subprocess.run(
            self.command("init"), env=self.prepared("init"), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotReadyError(f"init: {(done.stdout + done.stderr)[-3000:]}")

    def prepared(self, machine: str) -> dict[str, str]:
        self.prepare(machine)
        return self.environment(service_of(machine), machine)

    def prepare(self, machine: str) -> None:
        """The folders that a container of this service would find, and its secrets."""
        for name in ("home", "inbox", "airflow", "tmp"):
            (self.folder / machine / name).mkdir(parents=True, exist_ok=True)
        if service_of(machine) in self.services:
            self.give_secrets(machine)

    def command(self, machine: str) -> list[str]:
        said = self.services[service_of(machine)]["command"]
        found = [self.localise(one, machine) for one in said]
        if found[0] in ("airflow", "jixiao"):
            found[0] = str(BIN / found[0])
        if machine.startswith("worker"):
            found += ["--celery-hostname", f"celery@{machine}"]  # a container has a host name of its own
        return found

    def launch(self, name: str, command: list[str], environment: dict[str, str], **more: Any) -> None:
        self.prepare(name)
        with (self.folder / name / "log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=PROJECT if not more else "/", start_new_session=True, **more,
            )  # fmt: skip

    def await_healthy(self, machine: str) -> None:
        """The health check of the compose file, until it is green."""
        service = service_of(machine)
        check = self.services[service]["healthcheck"]["test"]
        parts = [self.localise(one, machine) for one in check[1:]]
        command = ["sh", "-c", parts[0]] if check[0] == "CMD-SHELL" else [str(BIN / parts[0]), *parts[1:]]
        environment = self.environment(service, machine)
        if service != "worker":  # one host, one name, where containers have one each
            environment["HOSTNAME"] = socket.gethostname()

        def healthy() -> bool:
            if self.processes[machine].poll() is not None:
                raise NotReadyError(f"{machine} ended: {self.log(machine)[-3000:]}")
            return subprocess.run(command, env=environment, capture_output=True, timeout=120).returncode == 0

        await_true(healthy, READY_SECONDS, machine)

    def kill_machine(self, name: str) -> int:
        """kill -9 for every process of one machine at once, as a power cut does; returns how many there were."""
        process = self.processes.pop(name)
        killed = []
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself, and what it started has ended with it
            root = psutil.Process(process.pid)
            killed = [root, *root.children(recursive=True)]
        for one in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        psutil.wait_procs(killed, timeout=30)
        process.wait()
        return len(killed)

    def stop(self) -> None:
        """Airflow first, what it needs last."""
        for name in list(self.processes):
            if name not in ("postgres", "redis", "objects"):
                self.kill_machine(name)
        for name in list(self.processes):
            data = self.processes[name].args
            self.kill_machine(name)
            if name == "postgres":
                shutil.rmtree(Path(data[data.index("-D") + 1]).parent, ignore_errors=True)  # type: ignore[union-attr,index,arg-type]

    # asking

    def log(self, machine: str) -> str:
        return (self.folder / machine / "log").read_text(encoding="utf-8", errors="replace")

    def bucket(self) -> Any:
        import fsspec

        return fsspec.filesystem(
            "s3", key="jixiao", secret=self.secret("s3_secret_key"), use_listings_cache=False,
            skip_instance_cache=True, client_kwargs={"endpoint_url": f"http://127.0.0.1:{self.ports['objects']}"},
        )  # fmt: skip

    def answers(self, url: str) -> bool:
        try:
            return httpx.get(url, timeout=5).is_success
        except httpx.HTTPError:
            return False

    def log_in(self) -> str:
        body = {"username": "admin", "password": self.secret("admin_password")}
        answer = httpx.post(f"http://127.0.0.1:{self.ports['api-server']}/auth/token", json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def api(self, method: str, path: str, **more: Any) -> Any:
        url = f"http://127.0.0.1:{self.ports['api-server']}/api/v2/{path}"
        for _ in range(5):
            try:
                answer = httpx.request(
                    method, url, headers={"Authorization": f"Bearer {self.token}"}, timeout=60, **more
                )
                break
            except httpx.TransportError:
                time.sleep(2)
        else:
            raise NotReadyError(f"{path}: the API does not answer")
        answer.raise_for_status()
        return answer.json()

    def trigger(self, dag_id: str) -> str:
        await_true(lambda: self.knows(dag_id), READY_SECONDS, f"the DAG {dag_id}")
        return str(self.api("POST", f"dags/{dag_id}/dagRuns", json={"logical_date": None})["dag_run_id"])

    def knows(self, dag_id: str) -> bool:
        return dag_id in {one["dag_id"] for one in self.api("GET", "dags")["dags"]}

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return list(self.api("GET", f"dags/{dag_id}/dagRuns", params={"order_by": "id"})["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task instance of a run."""
        path, found = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", []
        while True:
            page = self.api("GET", path, params={"limit": 100, "offset": len(found)})["task_instances"]
            found += page
            if len(page) < 100:
                return found

    def await_run(self, dag_id: str, run_id: str, seconds: float) -> str:
        ended: list[str] = []

        def over() -> bool:
            state = self.api("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"]
            if state in ("success", "failed"):
                ended.append(state)
            return bool(ended)

        await_true(over, seconds, f"{dag_id} {run_id}")
        return ended[0]

    def await_quiet(self, dag_id: str, count: int, seconds: float) -> list[dict[str, Any]]:
        """When a DAG has had `count` runs and none is under way; returns them."""

        def quiet() -> bool:
            runs = self.runs(dag_id)
            return len(runs) >= count and all(one["state"] in ("success", "failed") for one in runs)

        await_true(quiet, seconds, f"{count} runs of {dag_id}")
        return self.runs(dag_id)


@contextlib.contextmanager
def running(folder: Path, workers: int = 2, **variables: str) -> Iterator[Cluster]:
    """A cluster for the time of the block. Its publisher file watches s3://jixiao/publications/."""
    cluster = Cluster(folder, variables)
    publishers = folder / "publishers"
    publishers.mkdir(parents=True)
    source = {"kind": "bucket", "url": f"s3://{BUCKET}/publications/"}
    # no name: each document's own title says who published it
    (publishers / "published.yml").write_text(yaml.safe_dump({"source": source}), encoding="utf-8")
    try:
        cluster.start(workers)
        yield cluster
    finally:
        (folder / "ports.json").write_text(json.dumps(cluster.ports), encoding="utf-8")
        cluster.stop()
