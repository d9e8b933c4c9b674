"""The raw schema becomes the marts: target texts are read, then `dbt build` runs in a process of its own.

dbt keeps DuckDB's lock as long as its process lives, so it never runs inside ours (measured: stack notes in
CONTRIBUTING.md). A failed model or test raises BuildError with the names of what failed; nothing is published then.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from extract.errors import BuildError
from extract.ledger import Ledger
from extract.settings import PROJECT, Settings

log = logging.getLogger(__name__)


def fingerprint_inputs(settings: Settings) -> str:
    """32 hex digits of all that a build depends on: staged documents, their readers, grammar, matching, models."""
    from extract import match
    from extract.values import GRAMMAR_VERSION

    ledger = Ledger(settings.ledger_url or "")
    digest = hashlib.sha256(GRAMMAR_VERSION.encode() + Path(match.__file__).read_bytes())
    for sha256, reader_version in ledger.staged():
        digest.update(f"{sha256} {reader_version}\n".encode())
    for path in sorted(settings.dbt_dir.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv"} and not {"target", "logs"} & set(path.parts):
            digest.update(f"{path.relative_to(settings.dbt_dir)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def is_behind(settings: Settings) -> bool:
    """Whether the published warehouse was built from anything else than what is there now."""
    ledger = Ledger(settings.ledger_url or "")
    if not ledger.staged():
        return False
    published = ledger.releases()
    return not published or published[-1]["inputs"] != fingerprint_inputs(settings)


def build_marts(settings: Settings) -> dict[str, int]:
    """Stage what only the build needs, run dbt, and return how many of its nodes ended in which status."""
    from extract.match import propose_links
    from extract.stage import find_lost, open_warehouse, stage_releases, stage_target_values

    ledger = Ledger(settings.ledger_url or "")
    with open_warehouse(settings) as engine:
        _refuse_loss(find_lost(engine, (sha256 for sha256, _ in ledger.staged())))
        fresh = stage_target_values(engine)
        log.info("%d new target texts read, %d pairs of projects proposed", fresh, propose_links(engine))
        stage_releases(engine, ledger.releases())
        engine.dispose()  # DuckDB admits one process at a time: let go of the file before dbt opens it
        return run_dbt(settings, "build", "--exclude-resource-type", "unit_test")


def _refuse_loss(lost: list[str]) -> None:
    """A release without documents that earlier ones had must not be published."""
    if lost:
        raise BuildError(
            f"{len(lost)} staged documents are not in the build database, {lost[0][:12]} among them: was it removed or "
            "replaced by an older copy? The next `ingest` reads them again; the served release stays"
        )


def dbt_environment(settings: Settings) -> dict[str, str]:
    """What the profile reads: where to build, and which database."""
    url = make_url(settings.warehouse_url or "")
    work = settings.home / "dbt"
    environment = {
        "JIXIAO_BUILD_DB": str(settings.build_db),
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "JIXIAO_DBT_THREADS": str(settings.dbt_threads),
    }
    if url.get_backend_name() == "duckdb":
        environment["JIXIAO_BUILD_DB"] = url.database or str(settings.build_db)
    else:
        environment |= {
            "JIXIAO_PG_HOST": url.host or "localhost",
            "JIXIAO_PG_PORT": str(url.port or 5432),
            "JIXIAO_PG_USER": url.username or "",
            "JIXIAO_PG_PASSWORD": url.password or "",
            "JIXIAO_PG_DATABASE": url.database or "",
        }
    return environment


def run_dbt(settings: Settings, *arguments: str) -> dict[str, int]:
    """Run dbt once; returns {status: nodes}. Raises BuildError naming every node that failed and why."""
    environment = {**os.environ, **dbt_environment(settings)}
    target = "duckdb" if (settings.warehouse_url or "").startswith("duckdb") else "postgres"
    project = ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir), "--target", target]
    results = Path(environment["DBT_TARGET_PATH"]) / "run_results.json"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "extract.dbt_process", str(os.getpid()), *arguments, *project]
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, timeout=settings.dbt_seconds, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"dbt {arguments[0]} took more than {settings.dbt_seconds} s and was stopped") from None
    for line in done.stdout.splitlines():
        log.info("dbt: %s", line)
    nodes = json.loads(results.read_text(encoding="utf-8"))["results"] if results.exists() else []
    if done.returncode != 0:
        raise BuildError(
            _describe_failure(nodes) or f"dbt {arguments[0]} failed: {(done.stdout + done.stderr)[-2000:]}"
        )
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node["status"]] = counts.get(node["status"], 0) + 1
    return counts


def _describe_failure(nodes: list[dict[str, Any]]) -> str:
    failed = [node for node in nodes if node["status"] in ("error", "fail", "runtime error")]
    return "; ".join(f"{node['unique_id']}: {node['status']}: {node.get('message') or ''}".strip() for node in failed)
