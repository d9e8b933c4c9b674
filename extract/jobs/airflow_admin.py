"""Create Airflow's user `admin` with the password in a file: `python -m extract.jobs.airflow_admin FILE`.

In this process: as an argument of a command the password would show in the process list. A password that was changed
in the file is changed in Airflow.
"""

from __future__ import annotations

import sys
from pathlib import Path

NAME = "admin"


def ensure_admin(password: str) -> str:
    """Create the user, or set its password; return what was done."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    with get_application_builder() as builder:
        manager = builder.sm
        user = manager.find_user(username=NAME)
        if user is None:
            if not manager.add_user(NAME, "Jixiao", "Admin", "admin@localhost", manager.find_role("Admin"), password):
                raise SystemExit(f"the user {NAME} could not be made")
            return "made"
        if not manager.reset_password(user.id, password):
            raise SystemExit(f"the password of the user {NAME} could not be set")
        return "given the password of the file"


if __name__ == "__main__":
    print(f"user {NAME}:", ensure_admin(Path(sys.argv[1]).read_text(encoding="utf-8").strip()))
