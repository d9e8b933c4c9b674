"""Run dbt once in this process, which ends when the process that started it does.

    python -m extract.warehouse.dbt_process PARENT OPTION…      options that say where the project is

build.py starts this, often before there is anything to run: importing dbt and parsing the project take seconds and
need no database. Then it waits for one line on its standard input, a JSON object with the keys `arguments` (dbt's),
`environment` (more variables) and `results` (a file that gets a JSON list of the nodes' results), and runs that.
Without a line it ends.

A dbt that outlived a killed task would keep DuckDB's lock and go on writing, and the retry of the task would fail on
both.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from extract.processes import follow_parent, pause_collector, spare_present_objects


def run_asked(options: list[str]) -> int:
    """Parse the project, wait for a request, run it; return 0, or 1 if nodes failed, 2 for another failure."""
    with pause_collector():
        from dbt.cli.main import dbtRunner
        from dbt.contracts.graph.manifest import Manifest

        parsed = dbtRunner().invoke(["--quiet", "--write-json", "parse", *options])
    spare_present_objects()
    line = sys.stdin.readline()
    if not line:
        return 0
    if not isinstance(parsed.result, Manifest):
        print(parsed.exception or "the project cannot be parsed")
        return 2
    asked = json.loads(line)
    os.environ.update(asked["environment"])
    done = dbtRunner(manifest=parsed.result).invoke([*asked["arguments"], *options])
    nodes = [
        {"unique_id": one.node.unique_id, "status": str(one.status), "message": one.message}
        for one in getattr(done.result, "results", ())
        if hasattr(one, "status")
    ]
    Path(asked["results"]).write_text(json.dumps(nodes), encoding="utf-8")
    if done.exception is not None:
        print(done.exception)
        return 2
    return 0 if done.success else 1


if __name__ == "__main__":
    follow_parent(int(sys.argv.pop(1)))
    status = run_asked(sys.argv[1:])
    spare_present_objects()  # Python's own end looks at every object
    sys.exit(status)
