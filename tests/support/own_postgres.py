"""Start a PostgreSQL server of one's own, for tests of a server and for the machines of a cluster.

Its files are a temporary folder, its port is free when it is asked for, and it takes no care to survive a power cut.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

START_SECONDS = 60


class NotReadyError(Exception):
    """Something did not start, or took too long."""


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs: Debian's newest version, or where PATH has initdb."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def await_true(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask until it is so; raises NotReadyError when it takes too long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise NotReadyError(f"{what}: not so within {seconds:g} s")
        time.sleep(0.5)


def make_files(user: str, password: str) -> tuple[Path, dict[str, Any]]:
    """A folder with an empty cluster, and who its server runs as: PostgreSQL refuses to be root."""
    programs = find_postgres()
    if programs is None:
        raise NotReadyError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="jixiao-postgres-"))
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    owner: dict[str, Any] = {}
    if os.getuid() == 0:
        for path in (folder, secret):
            shutil.chown(path, "postgres", "postgres")
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
    made = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", user, "-A", "scram-sha-256"]
    subprocess.run([*made, f"--pwfile={secret}"], check=True, capture_output=True, cwd="/", **owner)
    return folder, owner


def serve_command(folder: Path, port: int) -> list[str]:
    """What serves the cluster of a folder on a port of this machine."""
    programs = find_postgres()
    served = [f"{programs}/postgres", "-D", str(folder / "data"), "-p", str(port), "-k", str(folder)]
    return [*served, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]


def await_answer(url: str) -> None:
    """Return when the server of a URL takes connections."""
    engine = create_engine(url)

    def connects() -> bool:
        try:
            engine.connect().close()
        except OperationalError:
            return False
        return True

    await_true(connects, START_SECONDS, "PostgreSQL")
    engine.dispose()


@contextlib.contextmanager
def own_postgres() -> Iterator[str]:
    """The URL of a server for the time of the block."""
    port, password = free_port(), os.urandom(8).hex()
    folder, owner = make_files("jixiao", password)
    url = f"postgresql+psycopg2://jixiao:{password}@127.0.0.1:{port}/postgres"
    with (folder / "log").open("wb") as log:
        served = subprocess.Popen(serve_command(folder, port), stdout=log, stderr=log, cwd="/", **owner)
    try:
        await_answer(url)
        yield url
    finally:
        served.send_signal(signal.SIGINT)  # PostgreSQL's fast stop: clients are thrown out
        served.wait()
        shutil.rmtree(folder, ignore_errors=True)
