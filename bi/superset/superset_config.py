"""JIXIAO_SUPERSET_HOME in, the settings of this Superset out; start.py sets the variable and makes the secret key."""

import os
from pathlib import Path

HOME = Path(os.environ["JIXIAO_SUPERSET_HOME"])
SECRET_KEY = (HOME / "secret_key").read_text(encoding="ascii").strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME / 'superset.db'}"

# Superset counts DuckDB as unsafe because a file is opened on this machine: ours is opened read-only, without access
# to other files, and with its configuration locked (assets/databases/jixiao.yaml).
PREVENT_UNSAFE_DB_CONNECTIONS = False

LANGUAGES = {"en": {"flag": "us", "name": "English"}, "zh": {"flag": "cn", "name": "中文"}}
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
