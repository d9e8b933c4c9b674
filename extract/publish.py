"""Audited marts become a release: a folder that readers see whole or not at all, behind one swapped link.

    releases/<id>/warehouse.duckdb   the marts and nothing else
                  parquet/<table>/   the same rows
                  report/, docs/     the page that people open, and what every table and column means
                  release.json       what was published, when, from what, with which checksum
    current -> releases/<id>

A swapped folder and not a replaced file: DuckDB gives a second connection of one process the old file as long as the
first is open, and report, Parquet and warehouse must change in the same instant.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.build import fingerprint_inputs
from extract.errors import BuildError
from extract.ledger import Ledger
from extract.locks import hold_lock
from extract.report import write_release_pages
from extract.settings import Settings
from extract.sources.archive import sync_folder, write_whole

log = logging.getLogger(__name__)
MANIFEST = "release.json"
SAFE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


def publish(settings: Settings) -> dict[str, Any]:
    """Publish what the build holds and return the release; publishing the same rows again returns the current one.

    Until the last step readers see the release before; a failure at any moment leaves nothing behind but that.
    """
    with hold_lock(settings.home / "writer.lock", settings.writer_wait_seconds):
        ledger = Ledger(settings.ledger_url or "")
        current = current_release(settings)
        if current is not None:  # killed between swap and ledger: the folder is the truth
            ledger.note_release(current)
        _sweep(settings)
        folder = settings.releases / f".building-{os.getpid()}"
        try:
            release = _write_release(settings, folder)
            if current is not None and current["checksum"] == release["checksum"]:
                ledger.note_inputs(current["release_id"], release["inputs"])
                log.info("nothing changed: release %s stays", current["release_id"])
                return {**current, "published": False}
            write_release_pages(settings, folder, release)
            _swap(settings, folder, release["release_id"])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        ledger.note_release(release)
        _prune(settings)
    log.info("release %s is served", release["release_id"])
    return {**release, "published": True}


def current_release(settings: Settings) -> dict[str, Any] | None:
    """The manifest of the served release, None before the first."""
    manifest = settings.current / MANIFEST
    if not manifest.exists():
        return None
    release: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    release["published_at"] = datetime.fromisoformat(release["published_at"])
    return release


def _write_release(settings: Settings, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True)
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with contextlib.closing(duckdb.connect(str(folder / "warehouse.duckdb"), config=SAFE)) as warehouse:
        warehouse.execute(f"ATTACH '{_quote(settings.build_db)}' AS build (READ_ONLY)")
        tables = _copy_marts(warehouse)
        checksum = _checksum(warehouse, tables)
        release = {
            "release_id": f"{now:%Y%m%dT%H%M%SZ}-{checksum[:8]}",
            "published_at": now,
            "source_documents": _count(warehouse, "dim_documents"),
            "row_counts": {table: _count(warehouse, table) for table in tables if table != "releases"},
            "checksum": checksum,
            "inputs": fingerprint_inputs(settings),
        }
        _add_own_row(warehouse, release)
        for table in tables:
            (folder / "parquet" / table).mkdir(parents=True)
            target = _quote(folder / "parquet" / table / "data.parquet")
            warehouse.execute(f"COPY \"{table}\" TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        warehouse.execute("DETACH build")
    manifest = json.dumps({**release, "published_at": now.isoformat()}, ensure_ascii=False, indent=2)
    write_whole(folder / MANIFEST, manifest.encode())
    return release


def _quote(path: Path) -> str:
    return str(path).replace("'", "''")


def _count(warehouse: duckdb.DuckDBPyConnection, table: str) -> int:
    row = warehouse.execute(f'SELECT count(*) FROM "{table}"').fetchone()
    return int(row[0]) if row else 0


def _copy_marts(warehouse: duckdb.DuckDBPyConnection) -> list[str]:
    """Copy every mart, ordered so that equal rows give equal files, with the descriptions that dbt persisted."""
    query = (
        "SELECT table_name, comment FROM duckdb_tables() "
        "WHERE database_name = 'build' AND schema_name = 'marts' ORDER BY table_name"
    )
    tables = warehouse.execute(query).fetchall()
    if not tables:
        raise BuildError("the build holds no marts: run `dbt build` first")
    for table, comment in tables:
        warehouse.execute(f'CREATE TABLE "{table}" AS SELECT * FROM build.marts."{table}" ORDER BY ALL')
        _comment(warehouse, f'TABLE "{table}"', comment)
    columns = (
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'build' AND schema_name = 'marts' ORDER BY ALL"
    )
    for table, column, comment in warehouse.execute(columns).fetchall():
        _comment(warehouse, f'COLUMN "{table}"."{column}"', comment)
    return [table for table, _ in tables]


def _comment(warehouse: duckdb.DuckDBPyConnection, what: str, comment: str | None) -> None:
    if comment:
        warehouse.execute("COMMENT ON {} IS '{}'".format(what, comment.replace("'", "''")))


def _checksum(warehouse: duckdb.DuckDBPyConnection, tables: list[str]) -> str:
    """64 hex digits over all rows but the release history, the same whatever the order of rows."""
    digest = hashlib.sha256()
    for table in tables:
        if table == "releases":
            continue
        total = f'SELECT count(*), sum(md5_number_lower(to_json(t)::VARCHAR)::HUGEINT) FROM "{table}" AS t'
        digest.update(f"{table} {warehouse.execute(total).fetchone()}\n".encode())
    return digest.hexdigest()


def _add_own_row(warehouse: duckdb.DuckDBPyConnection, release: dict[str, Any]) -> None:
    names = ("release_id", "published_at", "source_documents", "row_counts", "checksum")
    values = {**release, "row_counts": json.dumps(release["row_counts"], sort_keys=True)}
    statement = f"INSERT INTO releases ({', '.join(names)}) VALUES (?, ?, ?, ?, ?)"
    warehouse.execute(statement, [values[name] for name in names])


def _swap(settings: Settings, folder: Path, release_id: str) -> None:
    """Sync everything, move the folder to its name, and let `current` point to it in one step."""
    for path in sorted(folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if path.is_file():
            path.chmod(0o444)
    final = settings.releases / release_id
    os.rename(folder, final)
    sync_folder(settings.releases)
    link = settings.home / f".current-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / release_id)
    os.replace(link, settings.current)
    sync_folder(settings.home)


def _sweep(settings: Settings) -> None:
    """Remove what a killed publisher left: only the holder of the writer's lock builds, so these are nobody's."""
    settings.releases.mkdir(parents=True, exist_ok=True)
    for left in settings.releases.glob(".building-*"):
        shutil.rmtree(left, ignore_errors=True)
    for link in settings.home.glob(".current-*"):
        link.unlink(missing_ok=True)


def _prune(settings: Settings) -> None:
    """Keep the newest releases and the served one. Who reads an older one keeps it until the file is closed."""
    served = settings.current.resolve()
    folders = sorted(path for path in settings.releases.iterdir() if not path.name.startswith("."))
    for folder in folders[: -settings.keep_releases]:
        if folder.resolve() != served:
            shutil.rmtree(folder, ignore_errors=True)
