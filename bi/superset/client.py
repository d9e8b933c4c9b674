"""Superset's REST API: a login in, JSON out; an answer that is no success raises with what the server said."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests

SECONDS = 120


class Client:
    """One session of one user, with its CSRF token."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self._session = requests.Session()
        if urlsplit(url).scheme != "https":
            self._session.trust_env = False  # a proxy has no business with loopback
        login = {"username": user, "password": password, "provider": "db"}
        token = self.post("security/login", login)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.headers["Referer"] = url
        self._session.headers["X-CSRFToken"] = self.get("security/csrf_token/")["result"]

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._read(self._session.get(f"{self.url}/api/v1/{path}", params=query, timeout=SECONDS))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._read(self._session.post(f"{self.url}/api/v1/{path}", json=body, timeout=SECONDS))

    def is_refused(self, database_id: int, sql: str) -> bool:
        """Whether SQL Lab refuses a statement."""
        body = {"database_id": database_id, "sql": sql, "runAsync": False, "client_id": None}
        answer = self._session.post(f"{self.url}/api/v1/sqllab/execute/", json=body, timeout=SECONDS)
        return answer.status_code >= 400 and bool(answer.json().get("errors") or answer.json().get("message"))

    def import_assets(self, bundle: bytes) -> None:
        """Databases, datasets, charts and dashboards; what was imported before is overwritten."""
        files = {"bundle": ("jixiao.zip", bundle, "application/zip")}
        self._read(self._session.post(f"{self.url}/api/v1/assets/import/", files=files, timeout=SECONDS))

    def _read(self, answer: requests.Response) -> dict[str, Any]:
        if not answer.ok:
            path = urlsplit(answer.url).path
            raise SystemExit(f"{path}: expected success, found {answer.status_code}: {answer.text[:2000]}")
        content: dict[str, Any] = answer.json()
        return content
