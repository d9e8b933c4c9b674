"""Record the projects that are held back, of loaded and of refused documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from extract.entities import Held
from extract.ledger.database import Database
from extract.ledger.tables import documents, held_back, questions


def replace_held(connection: Connection, sha256: str, held: Sequence[Held]) -> None:
    """Replace what a document holds back by the result of its last reading."""
    connection.execute(delete(held_back).where(held_back.c.sha256 == sha256))
    rows = [
        {
            "sha256": sha256,
            "held_no": number,
            "scope": one.scope.value,
            "page": one.page,
            "last_page": one.last_page,
            "project": one.project,
            "unit": one.unit,
            "reason": one.reason.value,
            "detail": one.detail,
            "question": one.questions[0].key if one.questions else None,
        }
        for number, one in enumerate(held, start=1)
    ]
    if rows:
        connection.execute(insert(held_back), rows)


class HeldBack(Database):
    """Projects that are held back."""

    def held_projects(self, sha256: str) -> list[dict[str, Any]]:
        """List what one document holds back, in order: page, last_page, scope, project, unit, reason, detail."""
        h = held_back.c
        query = select(h.page, h.last_page, h.scope, h.project, h.unit, h.reason, h.detail).where(h.sha256 == sha256)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query.order_by(h.held_no)).mappings()]

    def held_by_document(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is held back by document hash, in printed order.

        `kind` and `asked` are those of its question.
        """
        asked = (questions.c.sha256 == held_back.c.sha256) & (questions.c.key == held_back.c.question)
        query = select(held_back, questions.c.kind, questions.c.asked).join(questions, asked, isouter=True)
        query = query.order_by(held_back.c.sha256, held_back.c.held_no)
        found: dict[str, list[dict[str, Any]]] = {}
        with self._reading() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["sha256"], []).append(dict(row))
        return found

    def incomplete(self) -> list[dict[str, Any]]:
        """List loaded documents that hold something back, sorted.

        Keys: sha256, publisher, first_url, staged_run, held.
        """
        d = documents.c
        query = (
            select(d.sha256, d.publisher, d.first_url, d.staged_run, func.count().label("held"))
            .join(held_back, held_back.c.sha256 == d.sha256)
            .where(d.state == "staged")
            .group_by(d.sha256, d.publisher, d.first_url, d.staged_run)
            .order_by(d.publisher, d.first_url)
        )
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def held_counts(self) -> dict[str, int]:
        """Count held-back projects by document hash."""
        query = select(held_back.c.sha256, func.count()).group_by(held_back.c.sha256)
        with self._reading() as connection:
            return dict(connection.execute(query).tuples().all())
