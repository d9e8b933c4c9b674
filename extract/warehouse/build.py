"""Build the marts from the raw schema: parse target texts, then run `dbt build` in a process of its own.

Only the partitions that changed since the last good build are built again (`partitions`), unless models, seeds, grammar
or versions changed: then, and when asked, everything is.

dbt keeps DuckDB's lock as long as its process lives, so it never runs inside ours (docs/decisions). A failed model or
test raises BuildError with the names of what failed; nothing is published then.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from extract.errors import BuildError
from extract.ledger import Ledger
from extract.settings import Settings
from extract.warehouse.fingerprints import fingerprint_inputs, fingerprint_rules

log = logging.getLogger(__name__)
FAILED = ("error", "fail", "runtime error")  # states of dbt's nodes
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")  # of the URL's query; libpq finds them in the environment

_waiting: dict[Settings, subprocess.Popen[str]] = {}  # at most one of a home
CGROUP = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")  # lines of number:controllers:path
PLANNING = "-c jit=off -c enable_nestloop=off -c work_mem=64MB"
"""How PostgreSQL runs the models; what PGOPTIONS says comes after and counts.

The parts of a key (document, part, record) go together, which the planner does not know: it expects one row of a join
and compares 280,000 rows with 20,000 in a nested loop. The models join whole tables that have no index, so hash joins
are right everywhere. And compiling one long expression took 66 s, running it 25 ms.
"""


class OutOfMemoryError(BuildError):
    """Nodes of dbt failed for want of memory alone.

    `left` are the names of these and of the nodes that were skipped; `counts` {status: nodes} of the others.
    """

    def __init__(self, message: str, left: list[str], counts: dict[str, int]) -> None:
        super().__init__(message)
        self.left, self.counts = left, counts


def build_marts(settings: Settings, *, full_refresh: bool = False) -> dict[str, int]:
    """Parse new target texts, stage expectations, and run dbt; return the number of its nodes by status.

    Only changed partitions are built, or all of them with `full_refresh` or after a change of rules. Raises BuildError
    with the failed models and tests.
    """
    from extract.warehouse.coverage import stage_coverage
    from extract.warehouse.mart_sums import measure_marts
    from extract.warehouse.partitions import note_built, plan_build
    from extract.warehouse.project_similarity import propose_links
    from extract.warehouse.staging import (
        find_lost,
        gather_statistics,
        open_warehouse,
        stage_goal_promises,
        stage_releases,
        stage_target_values,
    )

    ledger = Ledger(settings.ledger_url or "")
    start_dbt(settings)
    with closing_dbt(settings), open_warehouse(settings) as engine:
        _refuse_loss(find_lost(engine, ledger.held()))
        inputs = fingerprint_inputs(settings)
        plan = plan_build(engine, fingerprint_rules(settings), full=full_refresh)
        kind = "full build" if plan.is_full else "build"
        log.info("%s: %d publishers, %d documents", kind, plan.publishers, plan.documents)
        fresh = stage_target_values(engine)
        stage_goal_promises(engine)
        log.info("%d new target texts read, %d pairs of projects proposed", fresh, propose_links(engine))
        stage_coverage(engine, settings)
        stage_releases(engine, ledger.releases())
        gather_statistics(engine)
        engine.dispose()  # DuckDB admits one process at a time: let go of the file before dbt opens it
        # keys inside the project are proven by the test suite; those of the marts in every build
        left_out = ["--exclude-resource-type", "unit_test", "--exclude", "tag:development"]
        if not plan.is_full:  # seeds are rules: other ones, and everything is built
            left_out += ["resource_type:seed"]
        counts = build_nodes(settings, *left_out, changed_only=not plan.is_full)
        measure_marts(engine, settings.dbt_dir, is_full=plan.is_full)
        note_built(engine, plan, inputs)
    return counts


def _refuse_loss(lost: list[str]) -> None:
    """Raise BuildError where documents of earlier releases would be missing from the next."""
    if lost:
        raise BuildError(
            f"{len(lost)} staged documents are not in the build database, {lost[0][:12]} among them: was it removed or "
            "replaced by an older copy? The next `ingest` reads them again; the served release stays"
        )


def find_database(settings: Settings) -> Path:
    """Return the DuckDB file that dbt builds in; dbt runs in its folder.

    The profile then names the file without its folder, so a home that is moved or restored keeps dbt's saved parse.
    """
    url = make_url(settings.warehouse_url or "")
    named = url.database if url.get_backend_name() == "duckdb" else None
    return Path(named or settings.build_db).absolute()


def dbt_environment(settings: Settings) -> dict[str, str]:
    """Return the environment variables that the dbt profile reads: the database, memory and threads."""
    url = make_url(settings.warehouse_url or "")
    work = settings.home / "dbt"
    environment = {
        "JIXIAO_BUILD_DB": find_database(settings).name,
        "DBT_TARGET_PATH": str(work / "target"),
        "DBT_LOG_PATH": str(work / "logs"),
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_WRITE_JSON": "false",
        "DO_NOT_TRACK": "1",
        "JIXIAO_DBT_THREADS": str(settings.dbt_threads),
        "JIXIAO_DBT_MEMORY": memory_limit(settings),
    }
    if settings.on_postgres:
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


def memory_limit(settings: Settings) -> str:
    """Return DuckDB's memory limit for a build or a release."""
    if settings.dbt_memory:
        return settings.dbt_memory
    return f"{available_memory() * 6 // 10 >> 20}MiB"  # DuckDB counts its buffers only and would take 80 %


def available_memory(root: Path = CGROUP, membership: Path = OWN_GROUPS) -> int:
    """Return the bytes of memory of the machine, or of a control group of this process where that has less.

    `root` is where the control groups are mounted; each line of `membership` names one of this process.
    """
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    paths = {Path()}
    with contextlib.suppress(OSError):
        for line in membership.read_text(encoding="ascii").splitlines():
            _, controllers, own = line.split(":", 2)
            if {"", "memory"} & set(controllers.split(",")):
                group = Path(own.lstrip("/"))
                paths |= {group, *group.parents}
    for path in paths:  # the second version of control groups, then the first
        for file in (root / path / "memory.max", root / "memory" / path / "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):  # "max": no limit
                found.append(int(file.read_text(encoding="ascii")))
    return min(found)


def start_dbt(settings: Settings) -> None:
    """Start the process that the next `run_dbt` uses, unless one waits; it imports dbt and parses the project.

    dbt stores its parse in JIXIAO_HOME/dbt/target and parses only changed files again.
    """
    environment = {**os.environ, **dbt_environment(settings)}
    target = "postgres" if settings.on_postgres else "duckdb"
    command = [sys.executable, "-m", "extract.warehouse.dbt_process", str(os.getpid())]
    command += ["--project-dir", str(settings.dbt_dir), "--profiles-dir", str(settings.dbt_dir), "--target", target]
    waiting = _waiting.get(settings)
    if waiting is not None:
        if waiting.poll() is None:
            return
        waiting.communicate()  # closes its pipes
    pipe = subprocess.PIPE
    _waiting[settings] = subprocess.Popen(
        command, cwd=find_database(settings).parent, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


@contextlib.contextmanager
def closing_dbt(settings: Settings) -> Iterator[None]:
    """End the process that still waits when the block ends, if one does."""
    try:
        yield
    finally:
        waiting = _waiting.pop(settings, None)
        if waiting is not None:
            waiting.kill()
            waiting.communicate()


def build_nodes(settings: Settings, *options: str, changed_only: bool) -> dict[str, int]:
    """Run `dbt build`; return {status: nodes}. Raises BuildError naming every node that failed and why.

    Nodes that ran out of memory beside others, and those that waited for them, are built once more, one at a time.
    """
    try:
        return run_dbt(settings, "build", *options, changed_only=changed_only)
    except OutOfMemoryError as error:
        log.warning("%s; once more, one at a time", error)
        alone = ["--threads", "1", "--indirect-selection", "empty", "--select", *error.left]
        again = run_dbt(settings, "build", *options, *alone, changed_only=changed_only)
        return {status: error.counts.get(status, 0) + again.get(status, 0) for status in {**error.counts, **again}}


def run_dbt(settings: Settings, *arguments: str, changed_only: bool = False) -> dict[str, int]:
    """Run dbt once; return {status: nodes}. Raises BuildError naming every node that failed and why.

    It is an OutOfMemoryError where all of them failed for want of memory.

    With `changed_only`, of the partitions alone that a build is to replace.
    """
    start_dbt(settings)
    dbt = _waiting.pop(settings)
    results = settings.home / "dbt" / f"results-{dbt.pid}.json"
    results.parent.mkdir(parents=True, exist_ok=True)
    mode = {"DBT_CHANGED_ONLY": "1" if changed_only else ""}
    asked = json.dumps({"arguments": arguments, "results": str(results), "environment": mode})
    try:
        said, complained = dbt.communicate(f"{asked}\n", timeout=settings.dbt_seconds)
        nodes = json.loads(results.read_text(encoding="utf-8")) if results.exists() else []
    except subprocess.TimeoutExpired:
        raise BuildError(f"dbt {arguments[0]} took more than {settings.dbt_seconds} s and was stopped") from None
    finally:
        if dbt.poll() is None:
            dbt.kill()
            dbt.communicate()
        results.unlink(missing_ok=True)
    for line in said.splitlines():
        log.info("dbt: %s", line)
    counts = dict(Counter(node["status"] for node in nodes))
    if dbt.returncode != 0:
        failed = [node for node in nodes if node["status"] in FAILED]
        message = _describe_failure(failed) or f"dbt {arguments[0]} failed: {(said + complained)[-2000:]}"
        if failed and all("out of memory" in (node["message"] or "").lower() for node in failed):
            left = [node["unique_id"].split(".")[2] for node in nodes if node["status"] in (*FAILED, "skipped")]
            done = {status: n for status, n in counts.items() if status not in (*FAILED, "skipped")}
            raise OutOfMemoryError(message, left, done)
        raise BuildError(message)
    return counts


def _describe_failure(failed: list[dict[str, Any]]) -> str:
    return "; ".join(f"{node['unique_id']}: {node['status']}: {node.get('message') or ''}".strip() for node in failed)
