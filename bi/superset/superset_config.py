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

# Superset's own policy lets its pages load a counting picture and maps from the internet; ours keeps them on this host.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,  # loopback, without TLS
}
