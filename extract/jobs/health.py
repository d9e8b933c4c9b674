"""Exit with the health of a process as Airflow's API server reports it; imports no Airflow.

`python -m extract.jobs.health scheduler http://api-server:8080`
"""

from __future__ import annotations

import json
import sys
import urllib.request

SECONDS = 10
PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def ask_health(address: str) -> dict[str, str]:
    """Return the state of each part as the API server reports it: healthy, unhealthy, or None (text) where it has none.

    Raises OSError where the API server does not answer.
    """
    with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=SECONDS) as answer:  # noqa: S310 - ours
        said = json.load(answer)
    return {part: str((said.get(part) or {}).get("status")) for part in PARTS}


if __name__ == "__main__":
    found = ask_health(sys.argv[2])[sys.argv[1]]
    sys.exit(None if found == "healthy" else f"{sys.argv[1]}: {found}")
