"""Run dbt in this process, which ends when the process that started it does.

`python -m extract.warehouse.dbt_process PARENT ARGUMENT…` is started by build.py. A dbt that outlived a killed task
would keep DuckDB's lock and go on writing, and the retry of the task would fail on both.
"""

from __future__ import annotations

import sys

from extract.processes import follow_parent

if __name__ == "__main__":
    follow_parent(int(sys.argv.pop(1)))
    from dbt.cli.main import cli

    cli()
