"""A published release in, Superset with its three dashboards out: `start.py [--port N] [--host H] [--wait] [--check]`.

Everything that is made stands in JIXIAO_HOME/superset, or JIXIAO_SUPERSET_HOME: the secret key, the admin's password,
Superset's own database. Files `superset_secret_key` and `superset_admin_password` in JIXIAO_SUPERSET_SECRETS are taken
instead of making them; a password that was changed there is changed in Superset.
The assets are imported when they or the warehouse's URL differ from what was imported last, so that a restart undoes
nobody's work.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import version
from pathlib import Path

import requests
from check import check_dashboards
from client import Client
from pack import HERE, find_home, find_url, pack_assets

START_SECONDS = 300
WAIT_SECONDS = 10
APPLICATION = "superset.app:create_app()"


def keep_secret(file: Path, size: int) -> str:
    """The secret of this file, given or made at the first call; nobody else on the machine may read it."""
    given = Path(os.environ.get("JIXIAO_SUPERSET_SECRETS") or "/nowhere") / f"superset_{file.name}"
    if given.exists():
        secret = given.read_text(encoding="ascii").strip()
        if not file.exists() or file.read_text(encoding="ascii") != secret:
            file.unlink(missing_ok=True)
            (file.parent / "prepared").unlink(missing_ok=True)
            write_secret(file, secret)
        return secret
    if file.exists():
        return file.read_text(encoding="ascii").strip()
    return write_secret(file, secrets.token_urlsafe(size))


def write_secret(file: Path, secret: str) -> str:
    """Write a new file for its owner alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(secret)
    return secret


def prepare(home: Path) -> str:
    """Make keys, Superset's database and the admin where they are missing; returns the admin's password."""
    keep_secret(home / "secret_key", 48)
    password = keep_secret(home / "admin_password", 16)
    stamp, installed = home / "prepared", version("apache-superset")
    if not stamp.exists() or stamp.read_text(encoding="ascii") != installed:
        with (home / "prepare.log").open("a", encoding="utf-8") as log:
            for step in (["db", "upgrade"], ["init"]):
                print(f"superset {' '.join(step)} …", flush=True)
                command = [Path(sys.executable).with_name("superset"), *step]
                if subprocess.run(command, stdout=log, stderr=log, check=False).returncode:
                    raise SystemExit(f"superset {' '.join(step)} failed: see {home / 'prepare.log'}")
            with redirect_stdout(log), redirect_stderr(log):
                is_new = add_admin(password)
        if is_new and "JIXIAO_SUPERSET_SECRETS" not in os.environ:
            print(f"user admin, password {password} (kept in {home / 'admin_password'}, printed only now)", flush=True)
        stamp.write_text(installed, encoding="ascii")
    return password


def add_admin(password: str) -> bool:
    """Whether the user `admin` was made just now.

    In this process: as an argument of a command the password would show in the process list.
    """
    from superset.app import create_app  # takes seconds and needs the secret key

    application = create_app()
    with application.app_context():
        manager = application.appbuilder.sm
        user = manager.find_user("admin")
        if user is not None:
            manager.reset_password(user.id, password)  # it may have been changed where it is given
            return False
        if not manager.add_user("admin", "Jixiao", "Admin", "admin@localhost", manager.find_role("Admin"), password):
            raise SystemExit("the user admin could not be made")
        return True


@contextmanager
def serve(home: Path, port: int, host: str) -> Iterator[subprocess.Popen[bytes]]:
    """Superset until the end of the block; then it is stopped, and only it. `host`: where it listens, 127.0.0.1."""
    with socket.socket() as probe:  # otherwise somebody else's server would answer for ours
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(f"port {port}: {error.strerror}: choose another with ARGS='--port N'") from error
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"{host}:{port}",
        "--workers",
        "1",
        "--threads",
        "8",
        "--timeout",
        "120",
    ]
    with (home / "server.log").open("ab") as log:
        server = subprocess.Popen([*command, APPLICATION], stdout=log, stderr=log)
    try:
        await_health(server, f"http://127.0.0.1:{port}/health", home)
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()


def await_health(server: subprocess.Popen[bytes], url: str, home: Path) -> None:
    """Return when the server answers; raises SystemExit when it ends before, or is too slow."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"Superset ended at its start: see {home / 'server.log'}")
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:  # not there yet, or too busy starting to answer
            time.sleep(0.5)
    raise SystemExit(f"Superset did not answer within {START_SECONDS} s: see {home / 'server.log'}")


def import_assets(client: Client, home: Path, bundle: bytes) -> bool:
    """Import the ZIP unless it is the one that was imported last."""
    stamp, digest = home / "imported", hashlib.sha256(bundle).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return False
    client.import_assets(bundle)
    stamp.write_text(digest, encoding="ascii")
    return True


def await_url() -> str:
    """The URL of the release, as soon as there is one."""
    told = ""
    while True:
        try:
            return find_url()
        except SystemExit as error:
            if str(error) != told:
                told = str(error)
                print(f"waiting: {told}", flush=True)
            time.sleep(WAIT_SECONDS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Superset on the published release, on loopback")
    parser.add_argument("--port", type=int, default=8088)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 inside a container")
    parser.add_argument("--wait", action="store_true", help="wait for the first release instead of ending without one")
    parser.add_argument("--check", action="store_true", help="start, ask every chart for rows, stop")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the server is stopped too
    begun = time.monotonic()
    bundle = pack_assets(await_url() if wanted.wait else find_url())
    home = Path(os.environ.get("JIXIAO_SUPERSET_HOME") or find_home() / "superset")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ |= {
        "JIXIAO_SUPERSET_HOME": str(home),
        "SUPERSET_HOME": str(home),  # by default ~/.superset, which nobody may make in a read-only container
        "FLASK_APP": "superset",
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
    }
    password = prepare(home)
    with serve(home, wanted.port, wanted.host) as server:
        client = Client(f"http://127.0.0.1:{wanted.port}", "admin", password)
        done = "imported" if import_assets(client, home, bundle) else "unchanged"
        print(f"assets {done}; ready after {time.monotonic() - begun:.0f} s", flush=True)
        if wanted.check:
            check_dashboards(client)
            packages = ("apache-superset", "duckdb", "duckdb-engine", "sqlalchemy", "psycopg2-binary")
            print(", ".join(f"{package} {version(package)}" for package in packages))
            print(f"checked in {time.monotonic() - begun:.0f} s")
            return
        print(f"{client.url}/dashboard/list/ – user admin; Ctrl-C stops it", flush=True)
        try:
            server.wait()
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
