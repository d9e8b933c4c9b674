"""Serve the pictures of the places that the DAG `replay` asks about, for the text on Airflow's page.

Airflow shows pictures in a question only from its own address, and its API server cannot read JIXIAO_HOME. So the task
that writes a question stores its pictures in Airflow (XCom), and this application serves them to users who may read
that DAG.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

PREFIX = "/jixiao"
DAG_ID = "replay"
TASK_ID = "one.question"
XCOM_KEY = "pictures"
Message = MutableMapping[str, Any]


def locate_pictures(run_id: str, map_index: int) -> str:
    """Return the address below which the pictures of one question stand, numbered from 1."""
    from airflow.configuration import conf

    root = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
    return f"{root}{PREFIX}/places/{quote(run_id, safe='')}/{map_index}"


def encode_picture(picture: bytes) -> str:
    """Return a picture as Airflow keeps it between tasks."""
    return base64.b64encode(picture).decode("ascii")


class PictureServer:
    """An ASGI application that is built at the first request, since Airflow loads plugins in every process."""

    def __init__(self) -> None:
        self._app: Any = None

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = build_app()
        await self._app(scope, receive, send)


def build_app() -> Any:
    """Build the application: one address per picture, for those who may read the DAG's results."""
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
    from airflow.api_fastapi.core_api.security import requires_access_dag
    from fastapi import Depends, FastAPI, HTTPException, Response

    app = FastAPI(openapi_url=None)
    may_read = Depends(requires_access_dag("GET", DagAccessEntity.XCOM, DAG_ID))

    @app.get("/places/{run_id}/{map_index}/{number}.png", dependencies=[may_read])
    def show_picture(run_id: str, map_index: int, number: int) -> Response:
        """Respond with one picture, or 404."""
        pictures = _find_pictures(run_id, map_index)
        if not 1 <= number <= len(pictures):
            raise HTTPException(404, "no such picture")
        headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
        return Response(base64.b64decode(pictures[number - 1]), media_type="image/png", headers=headers)

    return app


def _find_pictures(run_id: str, map_index: int) -> list[str]:
    """Return the pictures that the task stored, base64; [] if it stored none."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    query = XComModel.get_many(
        run_id=run_id, key=XCOM_KEY, task_ids=TASK_ID, dag_ids=DAG_ID, map_indexes=map_index, limit=1
    )
    with create_session() as session:
        found = session.scalars(query).first()
        value = found.value if found is not None else []
    told = json.loads(value) if isinstance(value, str) else value
    return [one for one in told if isinstance(one, str)] if isinstance(told, list) else []
