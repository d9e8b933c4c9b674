"""Run the repository's DAGs in this process: the same files that the scheduler runs, no second orchestrator.

Airflow reads its configuration from the environment when it is first imported; `airflow_environment` returns it, and
`start_airflow` sets it and migrates Airflow's own database.
"""

from __future__ import annotations

import contextlib
import gc
import locale
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from extract.errors import JixiaoError
from extract.files import make_private
from extract.jobs.airflow_home import prepare_home
from extract.locks import hold_lock
from extract.processes import name_user, pause_collector, spare_present_objects
from extract.settings import Settings

log = logging.getLogger(__name__)
Progress = Callable[[str], None]


class RunError(JixiaoError):
    """A DAG run failed; the message names the tasks and their log."""


def airflow_environment(settings: Settings) -> dict[str, str]:
    """Return the environment that Airflow needs to work on this home; the operator's own values win."""
    home = settings.airflow_home
    port = os.environ.get("AIRFLOW__API__PORT", "8080")
    wanted = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(settings.dags_dir),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__PARALLELISM": str(max(4, os.cpu_count() or 4)),  # a process each, idle or not
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",  # follows another port
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": _own_database(home),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "JIXIAO_HOME": str(settings.home),
    }
    # `airflow standalone` starts its parts by the name `airflow`: ours, not another one of this machine.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # Airflow reads its own files in the locale's encoding, and ends where the user has no name.
    ours = {"PATH": path, "PYTHONUTF8": "1", "LOGNAME": name_user()}
    return {name: os.environ.get(name, value) for name, value in wanted.items()} | ours


def start_airflow(settings: Settings, tell: Progress | None = None) -> None:
    """Make Airflow ready for this home: environment, secret, database. Quick when there is nothing to do.

    `tell` is called with what a killed start had left unfinished.
    """
    home = settings.airflow_home
    make_private(settings.home)
    make_private(home)
    if settings.inbox == settings.home / "inbox":
        settings.inbox.mkdir(exist_ok=True)
    environment = airflow_environment(settings)
    os.environ.update(environment)
    with contextlib.suppress(locale.Error):  # for this process, as PYTHONUTF8 for its children
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    is_own = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == _own_database(home)
    prepare_home(home, tell or log.warning, is_own)
    secret = (home / "jwt_secret").read_text(encoding="utf-8")
    os.environ.setdefault("AIRFLOW__API_AUTH__JWT_SECRET", secret)


def _own_database(home: Path) -> str:
    return f"sqlite:///{home / 'airflow.db'}"


def run_line(
    settings: Settings,
    progress: Progress,
    *,
    inbox: str | None = None,
    publisher: str | None = None,
    full_refresh: bool = False,
) -> str:
    """Run `ingest`, and `warehouse` when the published release is behind; return the run id of the ingest.

    With `full_refresh` the warehouse is built whatever changed, and all of it. `progress` is called for each task that
    starts; the output of Airflow and the tasks goes to JIXIAO_HOME/logs. Raises RunError when a DAG run fails,
    LockedError when another run of this home does not end in time.
    """
    from extract.warehouse.build import closing_dbt, start_dbt
    from extract.warehouse.fingerprints import is_behind

    make_private(settings.home)
    with hold_lock(settings.home / "run.lock", settings.writer_wait_seconds, progress):
        progress("preparing Airflow")
        start_airflow(settings, progress)
        with closing_dbt(settings):  # it gets ready while documents are read
            ready = dict.fromkeys(("publisher.read", "read"), partial(start_dbt, settings))
            run_id = run_dag(settings, "ingest", {"inbox": inbox, "publisher": publisher}, progress, ready)
            if full_refresh or is_behind(settings):
                run_dag(settings, "warehouse", {"full_refresh": full_refresh}, progress)
    return run_id


def run_dag(
    settings: Settings,
    dag_id: str,
    conf: dict[str, Any],
    progress: Progress,
    ready: Mapping[str, Callable[[], None]] = MappingProxyType({}),
) -> str:
    """Run one DAG of the folder in this process; return its run id. Raises RunError when it fails.

    `start_airflow` comes first, and the caller holds the lock of this home. `ready`: task -> what is called when it
    starts.
    """
    log = settings.home / "logs" / f"{dag_id}.log"
    with _logged_to(log), pause_collector():  # until the first task starts: Airflow makes a million objects that stay
        from airflow.dag_processing.dagbag import DagBag
        from airflow.sdk.listener import get_listener_manager
        from airflow.utils.state import DagRunState

        from extract.jobs.airflow_plugin import TaskListener, ensure_pools

        ensure_pools()
        # the file of this DAG alone: Airflow itself reads the folder when the DAG is run
        file = settings.dags_dir / f"{dag_id}.py"
        bag = DagBag(dag_folder=str(file), bundle_path=settings.dags_dir, bundle_name="dags-folder")
        dag = bag.dags.get(dag_id)
        if dag is None:
            raise RunError(f"no DAG {dag_id} in {settings.dags_dir}: {bag.import_errors or 'the folder is empty'}")
        dag.deadline = None  # `dag.test` of Airflow 3.3 fails on a deadline after the last task
        listener = TaskListener(partial(_note_start, progress), ready)
        get_listener_manager().add_listener(listener)
        try:
            run = dag.test(run_conf={name: value for name, value in conf.items() if value is not None})
        finally:
            get_listener_manager().pm.unregister(listener)
        failed = sorted({ti.task_id for ti in run.get_task_instances() if ti.state == "failed"})
    if run.state != DagRunState.SUCCESS:
        raise RunError(f"DAG {dag_id} ended {run.state}: failed tasks: {', '.join(failed)}; see {log}")
    return str(run.run_id)


def _note_start(progress: Progress, task: str) -> None:
    """Report that a task starts; with the first one the collector starts anew."""
    if not gc.isenabled():
        spare_present_objects()
    progress(task)


@contextlib.contextmanager
def _logged_to(path: Path) -> Iterator[None]:
    """Redirect all output of Airflow and the tasks, on whatever channel, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with path.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            logging.shutdown()
            for copy, channel in zip(kept, (1, 2), strict=True):
                os.dup2(copy, channel)
                os.close(copy)
