"""Back up a home at one moment to a folder, and restore it.

    DIR/archive/<sha256>.pdf …       every PDF ever landed, added to by each backup
    DIR/moments/<time>/              ledger, build database, releases and what else belongs together
    DIR/latest -> moments/<time>     set last: a backup that was killed is none

No writer of the warehouse runs meanwhile, so the ledger names no document as loaded whose rows are missing. The
ledger is copied before the archive, so every document that it names is in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url

from extract.errors import JixiaoError
from extract.files import PART, name_next, sync_path
from extract.ledger.transfer import copy_ledger
from extract.locks import hold_lock, hold_writer
from extract.settings import Settings

LATEST, MOMENTS = "latest", "moments"
MANIFEST = "backup.json"
FORMAT = 2
KEPT_MOMENTS = 2
FOLDERS = ("readings", "review")  # what waits to be staged, and what people work on
LEDGER, BUILD = "ledger", "warehouse"


class BackupError(JixiaoError):
    """There is nothing to back up or restore, something is in the way, or a program is missing."""


def back_up(settings: Settings, target: Path) -> dict[str, Any]:
    """Write a backup, waiting for a run that is under way; returns its manifest. Raises BackupError, LockedError."""
    if (
        not (settings.home / "ledger.db").exists()
        and make_url(settings.ledger_url or "").get_backend_name() == "sqlite"
    ):
        raise BackupError(f"nothing to back up: no ledger below {settings.home}")
    if target.resolve().is_relative_to(settings.home.resolve()):
        raise BackupError(f"a backup inside {settings.home} would be lost with it: name another folder")
    (target / MOMENTS).mkdir(parents=True, exist_ok=True)
    with _hold_locks(settings), hold_lock(target / "backup.lock", settings.writer_wait_seconds):
        for left in (target / MOMENTS).glob(f"{PART}*"):
            shutil.rmtree(left)
        stamp = name_next(target / MOMENTS)
        part = target / MOMENTS / f"{PART}{stamp}"
        part.mkdir(mode=0o700)
        before = target / LATEST
        manifest = {"format": FORMAT, "made_at": stamp, "store": settings.store_url is not None}
        _copy_ledger(settings.ledger_url or "", part / LEDGER)
        manifest[BUILD] = _copy_database(settings.warehouse_url or "", part / BUILD)
        if not settings.on_postgres:
            manifest["current"] = _copy_releases(settings, part, before / "releases")
        for name in FOLDERS if settings.store_url is None else FOLDERS[1:]:
            if (settings.home / name).exists():
                shutil.copytree(settings.home / name, part / name)
        manifest["documents"] = (
            _copy_archive(settings.archive, target / "archive") if settings.store_url is None else None
        )
        (part / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        _sync_tree(part)
        os.replace(part, target / MOMENTS / stamp)
        sync_path(target / MOMENTS)
        _swap_link(before, Path(MOMENTS) / stamp)
        for old in sorted((target / MOMENTS).glob("[0-9]*"))[:-KEPT_MOMENTS]:
            shutil.rmtree(old)
    return manifest


def restore(settings: Settings, source: Path) -> dict[str, Any]:
    """Make an empty home, and empty databases, what they were at the newest backup; returns its manifest."""
    moment = source / LATEST
    if not (moment / MANIFEST).exists():
        raise BackupError(f"{source} holds no whole backup: expected {LATEST}/{MANIFEST}")
    manifest: dict[str, Any] = json.loads((moment / MANIFEST).read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise BackupError(f"{source} is a backup of format {manifest['format']}, expected {FORMAT}")
    _require_same_kind(manifest[BUILD], settings.warehouse_url or "")
    for url in (settings.ledger_url or "", settings.warehouse_url or ""):
        _require_empty(url)
    settings.home.mkdir(parents=True, exist_ok=True)
    with _hold_locks(settings):
        if manifest["documents"] is not None:
            _copy_archive(source / "archive", settings.archive)
        for name in FOLDERS:
            if (moment / name).exists():
                shutil.copytree(moment / name, settings.home / name, dirs_exist_ok=True)
        _restore_database(settings.warehouse_url or "", moment / BUILD)
        if (moment / "releases").exists():
            shutil.copytree(moment / "releases", settings.releases, symlinks=True, dirs_exist_ok=True)
            if manifest.get("current"):
                _swap_link(settings.current, Path(manifest["current"]))
        _restore_ledger(settings.ledger_url or "", moment / LEDGER)  # last: a home without a ledger is begun again
    if settings.on_postgres:
        _grant_again(settings)
    return manifest


@contextlib.contextmanager
def _hold_locks(settings: Settings) -> Iterator[None]:
    """Hold the locks of `jixiao run` on this home and of the warehouse's writer, on any machine, during the block."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with hold_lock(settings.home / "run.lock", settings.writer_wait_seconds), hold_writer(settings):
        yield


# -- databases ---------------------------------------------------------------------------------------------------------


def _copy_ledger(address: str, target: Path) -> None:
    """Copy all committed rows of the ledger, SQLite or PostgreSQL, into a SQLite file."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        _copy_sqlite(Path(url.database or ""), target)
        return
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:  # SQLite's journal stays there
        file = Path(folder) / target.name
        copy_ledger(address, f"sqlite:///{file}")
        _copy_sqlite(file, target)


def _copy_sqlite(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def _restore_ledger(address: str, source: Path) -> None:
    """Restore a ledger of either kind from a backup's file, which is not changed."""
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        shutil.copyfile(source, Path(url.database or ""))
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / source.name
        shutil.copyfile(source, copy)
        copy_ledger(f"sqlite:///{copy}", address)


def _copy_database(address: str, target: Path) -> str | None:
    """Copy all that is committed; return the kind of database, None where there is none yet."""
    url = make_url(address)
    kind = url.get_backend_name()
    if kind == "postgresql":
        _run_program(
            "pg_dump", url, ["--format=custom", "--no-owner", "--no-acl", f"--file={target}", url.database or ""]
        )
        return kind
    file = Path(url.database or "")
    if not file.exists():
        return None
    shutil.copyfile(file, target)
    journal = file.with_name(f"{file.name}.wal")  # of a writer that was killed: the next one reads it
    if journal.exists():
        shutil.copyfile(journal, target.with_name(f"{target.name}.wal"))
    return kind


def _restore_database(address: str, source: Path) -> None:
    if not source.exists():
        return
    url = make_url(address)
    if url.get_backend_name() == "postgresql":
        options = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction", f"--dbname={url.database}"]
        _run_program("pg_restore", url, [*options, str(source)])
        return
    file = Path(url.database or "")
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, file)
    journal = source.with_name(f"{source.name}.wal")
    if journal.exists():
        shutil.copyfile(journal, file.with_name(f"{file.name}.wal"))


def _require_same_kind(kind: str | None, address: str) -> None:
    found = make_url(address).get_backend_name()
    if kind is not None and kind != found:
        raise BackupError(
            f"the backup's {BUILD} is a {kind} database, this home's a {found} one: set JIXIAO_WAREHOUSE_URL as it was"
        )


def _require_empty(address: str) -> None:
    url = make_url(address)
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url)
        with engine.connect() as connection:
            found = inspect(connection)
            taken = [
                s for s in found.get_schema_names() if s in ("marts", "raw", "releases")
            ] or found.get_table_names()
        engine.dispose()
        if taken:
            raise BackupError(f"database {url.database} is not empty ({', '.join(taken[:3])}): restore into a new one")
    elif Path(url.database or "").exists():
        raise BackupError(f"{url.database} is there already: restore into an empty home")


def _run_program(name: str, url: URL, arguments: list[str]) -> None:
    """Run pg_dump or pg_restore, which copy every kind of object; raises BackupError with its last output."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise BackupError(f"{name} is not installed: install Debian's postgresql-client in the version of the server")
    given = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    environment = {**os.environ, **{key: str(value) for key, value in given.items() if value is not None}}
    done = subprocess.run([program, "--no-password", *arguments], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise BackupError(f"{name} on {url.database} failed: {done.stderr.strip()[-800:]}")


def _grant_again(settings: Settings) -> None:
    """Grant the reader role its rights again: a backup has none, since another server may have other roles."""
    from extract.releases.reader_role import ensure_reader, grant_reading

    engine = create_engine(settings.warehouse_url or "")
    with engine.begin() as connection:
        ensure_reader(connection, settings)
        for schema in inspect(connection).get_schema_names():
            if schema == "published" or schema.startswith("release_"):
                grant_reading(connection, schema)
    engine.dispose()


# -- files -------------------------------------------------------------------------------------------------------------


def _copy_archive(source: Path, target: Path) -> int:
    """Add the missing files; archived bytes never change. Return how many there are."""
    count, changed = 0, set[Path]()
    for path in sorted(source.glob("??/??/*.pdf")):
        count += 1
        copy = target / path.relative_to(source)
        if not copy.exists() or copy.stat().st_size != path.stat().st_size:
            copy.parent.mkdir(parents=True, exist_ok=True)
            part = copy.with_name(f"{PART}{copy.name}")
            shutil.copyfile(path, part)
            part.chmod(0o444)
            sync_path(part)
            os.replace(part, copy)
            changed |= {copy.parent, copy.parent.parent, target}
    for folder in changed:
        sync_path(folder)
    return count


def _copy_releases(settings: Settings, part: Path, before: Path) -> str | None:
    """Copy every kept release, linking those of the backup before; return the target of `current`."""
    if not settings.releases.exists():
        return None
    (part / "releases").mkdir()
    for release in sorted(settings.releases.glob("[0-9]*")):
        known = (before / release.name).resolve()
        source, copy = (known, os.link) if known.is_dir() else (release, shutil.copy2)
        shutil.copytree(source, part / "releases" / release.name, copy_function=copy, symlinks=True)
    return os.readlink(settings.current) if settings.current.is_symlink() else None


def _swap_link(link: Path, target: Path) -> None:
    """Swap a link to another target, atomically."""
    part = link.with_name(f"{PART}{link.name}")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    os.replace(part, link)
    sync_path(link.parent)


def _sync_tree(folder: Path) -> None:
    """Sync every file and folder of a tree, so that it survives a power cut."""
    for path in (*folder.rglob("*"), folder):
        if not path.is_symlink():
            sync_path(path)
