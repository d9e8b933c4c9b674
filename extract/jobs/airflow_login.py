"""Create the login of `jixiao up`: one user, whose password is made once and lies in a private file."""

from __future__ import annotations

import json
import os
import secrets

from extract.settings import Settings

USER = "admin"


def ensure_login(settings: Settings) -> str | None:
    """Create the password of Airflow's simple auth manager; return it when it was made now.

    Does nothing where the operator has chosen other users, another auth manager or none at all.
    """
    if os.environ.get("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS") != f"{USER}:{USER}":
        return None
    file = settings.airflow_home / "passwords.json"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None
    password = secrets.token_urlsafe(18)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump({USER: password}, handle)
    return password
