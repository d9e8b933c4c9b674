from __future__ import annotations

import ast
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from extract.settings import PROJECT

LOOK = """
from airflow.dag_processing.dagbag import DagBag
from pathlib import Path
import json, sys
bag = DagBag(dag_folder=sys.argv[1], bundle_path=Path(sys.argv[1]), bundle_name="dags-folder")
assert not bag.import_errors, bag.import_errors
print("FOUND", json.dumps({
    dag_id: {
        "tasks": {
            t.task_id: {
                "pool": t.pool,
                "retries": t.retries,
                "down": sorted(t.downstream_task_ids),
                "limit": t.execution_timeout and t.execution_timeout.total_seconds(),
                "grows": bool(t.retry_exponential_backoff),
                "owner": t.owner,
                "mapped": t.is_mapped,
                "doc": t.doc_md,
            }
            for t in dag.tasks
        },
        "blank": [name for name, value in dag.params.dump().items() if value in ("", [])],
        "tells_failure": [callback.alert for callback in dag.on_failure_callback],
        "deadlines": [one.interval.total_seconds() for one in dag.deadline or ()],
        "timeout": dag.dagrun_timeout.total_seconds(),
        "tags": sorted(dag.tags),
        "params": {name: dag.params.get_param(name).description for name in dag.params},
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "doc": bool(dag.doc_md),
        "timezone": str(dag.timetable._timezone) if hasattr(dag.timetable, "_timezone") else None,
        "schedule": str(dag.schedule),
        "outlets": sorted(o.name for t in dag.tasks for o in t.outlets),
    }
    for dag_id, dag in bag.dags.items()
}))
"""


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What Airflow itself makes of the folder, in a process of its own."""
    import json

    home = tmp_path_factory.mktemp("airflow")
    environment = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(PROJECT / "dags")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("FOUND "))
    return json.loads(line.removeprefix("FOUND "))


def test_the_form_of_each_dag_can_be_sent_as_it_comes(dags: dict[str, dict[str, object]]) -> None:
    # Airflow's form cannot be sent while a parameter is an empty text and may not be null
    assert [name for dag in dags.values() for name in dag["blank"]] == []


def test_the_folder_holds_exactly_these_dags(dags: dict[str, dict[str, object]]) -> None:
    # A wrong DAG folder gives no DAGs and no errors, so the ids are compared and not only the errors.
    assert set(dags) == {"ingest", "warehouse", "replay", "freshness"}


def test_tasks_stand_in_the_order_of_the_data(dags: dict[str, dict[str, object]]) -> None:
    tasks = dags["ingest"]["tasks"]
    assert isinstance(tasks, dict)
    order = ["sources", "publisher.discover", "publisher.land", "publisher.read", "plan", "read", "stage", "close"]
    for one, two in itertools.pairwise(order):
        assert two in tasks[one]["down"]
    assert set(tasks) == set(order)


def test_only_one_task_at_a_time_may_write_to_the_warehouse(dags: dict[str, dict[str, object]]) -> None:
    pools = {f"{d}.{t}": task["pool"] for d, dag in dags.items() for t, task in dag["tasks"].items()}  # type: ignore[attr-defined]
    writers = {name for name, pool in pools.items() if pool == "jixiao_writer"}
    assert writers == {"ingest.stage", "replay.stage", "warehouse.build", "warehouse.publish"}


def test_every_dag_is_documented_retried_and_never_runs_beside_itself(dags: dict[str, dict[str, object]]) -> None:
    for dag in dags.values():
        assert dag["doc"]
        assert all(task["doc"] for task in dag["tasks"].values())  # type: ignore[attr-defined]
        assert dag["max_active_runs"] == 1
        assert dag["catchup"] is False
        retries = {name: task["retries"] for name, task in dag["tasks"].items()}  # type: ignore[attr-defined]
        # A verdict is not retried: it would be the same again.
        assert all(count >= 1 for name, count in retries.items() if name != "close"), retries


def test_reading_is_the_only_mapped_work_on_documents_and_has_a_pool_of_its_own(
    dags: dict[str, dict[str, object]],
) -> None:
    pools = {f"{d}.{t}": task["pool"] for d, dag in dags.items() for t, task in dag["tasks"].items()}  # type: ignore[attr-defined]
    assert {name for name, pool in pools.items() if pool == "jixiao_read"} == {
        "ingest.publisher.read",
        "ingest.read",
        "replay.read",
    }


def test_every_run_that_fails_or_is_late_tells_somebody(dags: dict[str, dict[str, object]]) -> None:
    for name, dag in dags.items():
        assert dag["tells_failure"] == ["run_failed"]
        # a replay waits for people, for days
        assert len(dag["deadlines"]) == (0 if name == "replay" else 1)  # type: ignore[arg-type]
        assert all(deadline <= dag["timeout"] for deadline in dag["deadlines"])  # type: ignore[attr-defined, operator]


def test_every_task_has_an_owner_a_time_limit_and_growing_waits(dags: dict[str, dict[str, object]]) -> None:
    for name, dag in dags.items():
        assert dag["tags"] == ["jixiao"]
        for task_id, task in dag["tasks"].items():  # type: ignore[attr-defined]
            assert task["owner"] == "jixiao"
            assert task["grows"]
            # a person's answer has `response_timeout` instead
            assert task["limit"] or (name, task_id) == ("replay", "one.ask")


def test_every_parameter_of_a_form_is_explained(dags: dict[str, dict[str, object]]) -> None:
    explained = {f"{name}.{param}": text for name, dag in dags.items() for param, text in dag["params"].items()}  # type: ignore[attr-defined]
    assert {"ingest.publisher", "ingest.inbox", "replay.decision"} <= set(explained)
    assert all(explained.values())


def test_parsing_every_dag_file_imports_nothing_heavy_that_airflow_does_not_import_itself() -> None:
    parse = """
import sys
import airflow.sdk, airflow.providers.standard.operators.hitl
before = {name.split(".")[0] for name in sys.modules}
import runpy
for path in sys.argv[1:]:
    runpy.run_path(path)
print("NEW", sorted({name.split(".")[0] for name in sys.modules} - before))
"""
    files = sorted(str(path) for path in (PROJECT / "dags").glob("*.py"))
    done = subprocess.run([sys.executable, "-c", parse, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    new = set(ast.literal_eval(done.stdout.rsplit("NEW ", 1)[1]))
    assert "extract" in new
    heavy = "pandas numpy duckdb dbt pdfplumber pdfminer pypdfium2 PIL sqlalchemy httpx selectolax fsspec alembic"
    assert not new & set(heavy.split())


def test_the_warehouse_follows_what_the_ingest_stages(dags: dict[str, dict[str, object]]) -> None:
    assert dags["ingest"]["outlets"] == ["jixiao_staged"]
    assert "jixiao_staged" in str(dags["warehouse"]["schedule"])


@pytest.mark.parametrize("path", sorted((PROJECT / "dags").glob("*.py")), ids=lambda path: path.stem)
def test_a_dag_file_imports_nothing_heavy_and_does_no_work_when_parsed(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        name
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= {
        "__future__",
        "datetime",
        "typing",
        "airflow.sdk",
        "extract.jobs.airflow_asking",
        "extract.jobs.airflow_tasks",
        "extract.jobs.airflow",
        "extract.settings",
    }
