"""dbt's arguments in, dbt run in this process, which ends when the process that started it does.

`python -m extract.warehouse.dbt_process PARENT ARGUMENT…` is started by build.py. A dbt that outlived a killed task
would keep DuckDB's lock and go on writing, and the retry of the task would fail on both.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def follow_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies (Linux only); end at once where it is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the process that started dbt is gone")


if __name__ == "__main__":
    follow_parent(int(sys.argv.pop(1)))
    from dbt.cli.main import cli

    cli()
