"""Measure what reading and building a folder of PDFs through the DAGs of a cluster costs, as one JSON object.

python tests/cluster/measure.py FOLDER --workers 2 --count 300 --batch 20
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

sys.path.append(str(Path(__file__).resolve().parent.parent / "support"))
from native import BUCKET, Cluster, running

DAY = 86_400.0


class Meter:
    """Processor seconds and memory of everything that a cluster runs, the dead included as far as they were seen."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.peak, self.stopped = cluster, 0, threading.Event()
        self.spent: dict[tuple[int, float], float] = {}
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        while not self.stopped.wait(0.5):
            memory = 0
            for process in list(self.cluster.processes.values()):
                try:
                    root = psutil.Process(process.pid)
                    for one in (root, *root.children(recursive=True)):
                        times = one.cpu_times()
                        self.spent[one.pid, one.create_time()] = times.user + times.system
                        memory += one.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, memory)

    def seconds(self) -> float:
        return sum(self.spent.values())


def span(tasks: list[dict[str, Any]], task_id: str | None = None) -> float:
    mine = [one for one in tasks if task_id in (None, one["task_id"]) and one["start_date"] and one["end_date"]]
    starts = [datetime.fromisoformat(one["start_date"]) for one in mine]
    ends = [datetime.fromisoformat(one["end_date"]) for one in mine]
    return (max(ends) - min(starts)).total_seconds() if mine else 0.0


def measure_night(cluster: Cluster, meter: Meter, warehouse_runs: int) -> dict[str, Any]:
    """One run of `ingest` and the `warehouse` run that follows where one does."""
    began, spent = time.monotonic(), meter.seconds()
    run_id = cluster.trigger("ingest")
    state = cluster.await_run("ingest", run_id, DAY)
    tasks = cluster.tasks("ingest", run_id)
    result: dict[str, Any] = {"ingest": state, "ingest_seconds": round(time.monotonic() - began, 1)}
    if any(one["task_id"] == "stage" and one["state"] == "success" for one in tasks):
        last = cluster.await_quiet("warehouse", warehouse_runs, DAY)[-1]
        tasks_after = cluster.tasks("warehouse", last["dag_run_id"])
        result |= {"warehouse": last["state"]}
        result |= {f"{name}_seconds": span(tasks_after, name) for name in ("build", "publish")}
        tasks += tasks_after
    result |= {f"{name}_seconds": span(tasks, name) for name in ("discover", "land", "read", "stage")}
    result["read_task_seconds"] = sum(one["duration"] or 0 for one in tasks if one["task_id"] == "read")
    result["tasks"] = len(tasks)
    result["read_tasks"] = sum(one["task_id"] == "read" for one in tasks)
    result["total_seconds"] = round(time.monotonic() - began, 1)
    result["processor_seconds"] = round(meter.seconds() - spent, 1)
    steps = ("discover", "land", "read", "stage", "build", "publish")
    result["work_share"] = round(sum(result.get(f"{one}_seconds", 0) for one in steps) / result["total_seconds"], 3)
    return result


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--workers", type=int, nargs="+", default=[2], help="of each night; the PDFs are shared out")
    options.add_argument("--concurrency", type=int, default=1)
    options.add_argument("--count", type=int, default=1_000_000)
    options.add_argument("--batch", type=int, default=20)
    chosen = options.parse_args()
    pdfs = sorted(chosen.folder.rglob("*.pdf"))[: chosen.count]
    settings = {"WORKER_CONCURRENCY": str(chosen.concurrency), "JIXIAO_BATCH_DOCUMENTS": str(chosen.batch)}
    with (
        tempfile.TemporaryDirectory(prefix="jixiao-measure-") as place,
        running(Path(place) / "cluster", chosen.workers[0], **settings) as cluster,
    ):
        bucket, meter = cluster.bucket(), Meter(cluster)
        for night, workers in enumerate(chosen.workers):
            cluster.set_workers(workers)
            mine = pdfs[night :: len(chosen.workers)]
            for path in mine:
                bucket.pipe_file(f"{BUCKET}/publications/{path.name}", path.read_bytes())
            tell(night, workers, len(mine), meter, measure_night(cluster, meter, night + 1))
        tell("again", workers, 0, meter, measure_night(cluster, meter, len(chosen.workers)))


def tell(night: int | str, workers: int, new: int, meter: Meter, costs: dict[str, Any]) -> None:
    load = round(psutil.getloadavg()[0], 1)
    found = {"night": night, "workers": workers, "new": new, "load": load, "peak_megabytes": meter.peak >> 20}
    print(json.dumps(found | costs), flush=True)


if __name__ == "__main__":
    main()
