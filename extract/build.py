"""The raw schema becomes the marts: target texts are read, then `dbt build` runs in a process of its own.

Only the partitions that changed since the last good build are built again (`partitions`), unless models, seeds, grammar
or versions changed: then, and when asked, everything is.

dbt keeps DuckDB's lock as long as its process lives, so it never runs inside ours (measured: stack notes in
CONTRIBUTING.md). A failed model or test raises BuildError with the names of what failed; nothing is published then.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from extract.errors import BuildError
from extract.ledger import Ledger
from extract.settings import PROJECT, Settings

log = logging.getLogger(__name__)
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")  # of the URL's query; libpq finds them in the environment


def fingerprint_inputs(settings: Settings) -> str:
    """32 hex digits of all that a build depends on: the rules, the rows of the staged documents, and what should be
    there and is not."""
    from extract.coverage import coverage_inputs

    digest = hashlib.sha256((fingerprint_rules(settings) + coverage_inputs(settings)).encode())
    for sha256, rows in Ledger(settings.ledger_url or "").staged():
        digest.update(f"{sha256} {rows}\n".encode())
    return digest.hexdigest()[:32]


def fingerprint_rules(settings: Settings) -> str:
    """32 hex digits of all by which documents become marts: grammar, matching, partitions, dbt, models."""
    from extract import match, partitions
    from extract.values import GRAMMAR_VERSION

    digest = hashlib.sha256(GRAMMAR_VERSION.encode())
    for module in (match, partitions):
        digest.update(Path(module.__file__ or "").read_bytes())
    for package in ("dbt-core", "dbt-postgres") if settings.on_postgres else ("dbt-core", "dbt-duckdb", "duckdb"):
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    digest.update(fingerprint_models(settings).encode())
    return digest.hexdigest()[:32]


def fingerprint_models(settings: Settings) -> str:
    """32 hex digits of the dbt project: models, tests, seeds, macros and what is written about them."""
    digest = hashlib.sha256()
    for path in sorted(settings.dbt_dir.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv"} and not {"target", "logs"} & set(path.parts):
            digest.update(f"{path.relative_to(settings.dbt_dir)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


PLANNING = "-c jit=off -c enable_nestloop=off -c work_mem=64MB"
"""How PostgreSQL runs the models; what PGOPTIONS says comes after and counts.

The parts of a key (document, part, record) go together, which the planner does not know: it expects one row of a join
and compares 280,000 rows with 20,000 in a nested loop. The models join whole tables that have no index, so hash joins
are right everywhere. And compiling one long expression took 66 s, running it 25 ms.
"""


def is_behind(settings: Settings) -> bool:
    """Whether the published warehouse was built from anything else than what is there now."""
    ledger = Ledger(settings.ledger_url or "")
    published = ledger.releases()
    if not published:
        return bool(ledger.staged())
    return bool(published[-1]["inputs"] != fingerprint_inputs(settings))


def build_marts(settings: Settings, *, full_refresh: bool = False) -> dict[str, int]:
    """Stage what only the build needs, run dbt, and return how many of its nodes ended in which status.

    Works on the partitions that changed; on all of them where `full_refresh` asks for it or the rules changed.
    """
    from extract.coverage import stage_coverage
    from extract.match import propose_links
    from extract.partitions import note_built, plan_build
    from extract.stage import (
        find_lost,
        gather_statistics,
        open_warehouse,
        stage_goal_promises,
        stage_releases,
        stage_target_values,
    )

    ledger = Ledger(settings.ledger_url or "")
    with open_warehouse(settings) as engine:
        _refuse_loss(find_lost(engine, ledger.held()))
        inputs = fingerprint_inputs(settings)
        plan = plan_build(engine, fingerprint_rules(settings), full=full_refresh)
        log.info(
            "%s: %d publishers, %d documents",
            "full build" if plan.is_full else "build",
            plan.publishers,
            plan.documents,
        )
        fresh = stage_target_values(engine)
        stage_goal_promises(engine)
        log.info("%d new target texts read, %d pairs of projects proposed", fresh, propose_links(engine))
        stage_coverage(engine, settings)
        stage_releases(engine, ledger.releases())
        gather_statistics(engine)
        engine.dispose()  # DuckDB admits one process at a time: let go of the file before dbt opens it
        only = [] if plan.is_full else ["--vars", json.dumps({"changed_only": True})]
        # keys inside the project are proven by the test suite; those of the marts in every build
        left_out = ("--exclude-resource-type", "unit_test", "--exclude", "tag:development")
        counts = run_dbt(settings, "build", *left_out, *only)
        note_built(engine, plan, inputs)
    return counts


def built_inputs(settings: Settings) -> str:
    """The fingerprint that the last build began with: what arrives while it runs must not pass for built.

    It stands in the build database, because the machine that publishes need not be the one that built.
    """
    from extract import raw

    engine = create_engine(settings.warehouse_url or "")
    try:
        with engine.connect() as connection:
            found = connection.scalar(select(raw.built_inputs.c.inputs_fingerprint))
    except ProgrammingError:  # built by a version that did not keep it
        found = None
    finally:
        engine.dispose()
    return found or fingerprint_inputs(settings)


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
        "JIXIAO_DBT_MEMORY": settings.dbt_memory or _usual_memory(),
    }
    if url.get_backend_name() == "duckdb":
        environment["JIXIAO_BUILD_DB"] = url.database or str(settings.build_db)
    else:
        environment |= {
            "JIXIAO_PG_HOST": str(url.host or url.query.get("host") or "localhost"),
            "JIXIAO_PG_PORT": str(url.port or 5432),
            "JIXIAO_PG_USER": url.username or "",
            "JIXIAO_PG_PASSWORD": url.password or "",
            "JIXIAO_PG_DATABASE": url.database or "",
            "PGOPTIONS": f"{PLANNING} {os.environ.get('PGOPTIONS', '')}".strip(),
        }
        environment |= {f"PG{name.upper()}": str(value) for name, value in url.query.items() if name in TLS}
    return environment


def _usual_memory() -> str:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return f"{pages * size * 6 // 10 >> 20}MiB"  # DuckDB counts its buffers only and would take 80 %


def run_dbt(settings: Settings, *arguments: str) -> dict[str, int]:
    """Run dbt once; returns {status: nodes}. Raises BuildError naming every node that failed and why."""
    environment = {**os.environ, **dbt_environment(settings)}
    target = "postgres" if settings.on_postgres else "duckdb"
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
