"""Record questions about documents that can be read in several ways, and people's answers.

A question row is replaced at every reading of its document; an answer is never changed or removed, the latest counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select, update

from extract.entities import Answer, Box, Choice, Held, Question, QuestionKind
from extract.errors import LedgerError
from extract.ledger.database import now
from extract.ledger.documents import Documents
from extract.ledger.tables import answers, documents, questions
from extract.text import fold_name

SHORTEST_KEY = 4  # digits of a question's key that a person types
SCOPES = ("document", "publisher")
Place = tuple[str, str, str]


class Questions(Documents):
    """Questions of readers, answers of people."""

    def note_questions(self, sha256: str, held: Iterable[Held], settled: Iterable[Question] = ()) -> None:
        """Store the open questions of a reading, and the answered ones that it used.

        A question that no reading asks any more is removed, unless it was answered for this document.
        """
        waiting: dict[str, int] = {}
        asked: dict[str, Question] = {}
        for question in (question for one in held for question in one.questions):
            waiting[question.key] = waiting.get(question.key, 0) + 1
            asked.setdefault(question.key, question)
        rows = [_row(sha256, question, waiting[key]) for key, question in asked.items()]
        rows += [_row(sha256, question, 0) for question in settled if question.key not in asked]
        keep = [row["key"] for row in rows]
        kept = select(answers.c.key).where(answers.c.sha256 == sha256)
        gone = (questions.c.sha256 == sha256) & questions.c.key.not_in(keep) & questions.c.key.not_in(kept)
        silent = (questions.c.sha256 == sha256) & questions.c.key.not_in(keep)
        with self._writing() as connection:
            connection.execute(questions.delete().where(gone))
            connection.execute(update(questions).where(silent).values(held=0))
            self._insert_or_replace(connection, questions, rows)

    def questions(
        self, *, is_open: bool | None = None, publisher: str | None = None, sha256: str | None = None
    ) -> list[dict[str, Any]]:
        """List questions with their documents, by publisher, address and page.

        `is_open` selects those that hold something back, or those that do not; None selects all. `said` is the latest
        answer, None where there is none.
        """
        named = (documents.c.publisher, documents.c.first_url, documents.c.state, documents.c.answers_used)
        query = select(questions, *named).join(documents, documents.c.sha256 == questions.c.sha256)
        if is_open is not None:
            query = query.where(questions.c.held > 0 if is_open else questions.c.held == 0)
        if publisher is not None:
            query = query.where(documents.c.publisher == publisher)
        if sha256 is not None:
            query = query.where(questions.c.sha256 == sha256)
        order = (documents.c.publisher, documents.c.first_url, questions.c.sha256, questions.c.page, questions.c.key)
        with self._reading() as connection:
            rows = [dict(row) for row in connection.execute(query.order_by(*order)).mappings()]
            said = self._said(connection)
        return [_with_answer(row, said) for row in rows]

    def find_questions(self, start: str) -> list[dict[str, Any]]:
        """Return the rows of the question whose key begins with `start`, one for each document that asks it.

        Raises LedgerError where no question or several match.
        """
        if len(start) < SHORTEST_KEY:
            raise LedgerError(f"{start}: expected at least {SHORTEST_KEY} digits of a question's key")
        found = [one for one in self.questions() if one["key"].startswith(start.lower())]
        if len({one["key"] for one in found}) != 1:
            raise LedgerError(f"{start}: {'several questions begin' if found else 'no question begins'} with it")
        return found

    def answer(
        self, sha256: str, key: str, choice: str, by: str, why: str, scope: str = "document", publisher: str = ""
    ) -> None:
        """Store a person's choice for a question of one document, or of all documents of its publisher.

        `publisher` is the printed name that the answer is for, where a source carries several publishers. Raises
        LedgerError for a choice that the question does not offer, and without a name and a reason.
        """
        if scope not in SCOPES:
            raise LedgerError(f"expected {' or '.join(SCOPES)}, found {scope}")
        if not by.strip() or not why.strip():
            raise LedgerError("answer: expected a person's name and a reason")
        asked = next((one for one in self.questions(sha256=sha256) if one["key"] == key), None)
        if asked is None:
            raise LedgerError(f"document {sha256[:12]} asks no question {key}")
        if choice not in [one.value for one in asked["question"].choices]:
            offered = ", ".join(one.value for one in asked["question"].choices)
            raise LedgerError(f"{choice}: expected one of {offered}")
        if scope == "publisher" and not asked["is_general"]:
            raise LedgerError("the question is about this document alone: answer it for the document")
        row = {
            "key": key,
            "scope": scope,
            "sha256": sha256,
            "publisher": asked["publisher"],
            "printed_publisher": fold_name(publisher),
            "kind": asked["kind"],
            "asked": asked["asked"],
            "choice": choice,
            "answered_by": by.strip(),
            "why": why.strip(),
            "answered_at": now(),
        }
        with self._writing() as connection:
            connection.execute(answers.insert(), row)

    def answers_for(self, sha256: str, publisher: str, printed: Iterable[str] | None) -> list[Answer]:
        """Return the answers that apply to a document, oldest first, its own after its publisher's.

        `publisher` is the code of its source; `printed` are the publishers that the document names, None where the
        source has one publisher.
        """
        names = None if printed is None else [fold_name(name) for name in printed if name]
        theirs = (answers.c.scope == "publisher") & (answers.c.publisher == publisher)
        if names is not None:
            theirs &= answers.c.printed_publisher.in_(names)
        own = (answers.c.scope == "document") & (answers.c.sha256 == sha256)
        query = select(answers).where(theirs | own).order_by(answers.c.scope.desc(), answers.c.answer_id)
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Answer(row["choice"], row["answered_by"], row["why"], key=row["key"]) for row in rows]

    def has_answers(self, publisher: str) -> bool:
        """Return True if an answer exists for a publisher of this source."""
        query = select(answers.c.answer_id).where(answers.c.scope == "publisher", answers.c.publisher == publisher)
        with self._reading() as connection:
            return connection.scalar(query.limit(1)) is not None

    def answers(self, key: str) -> list[dict[str, Any]]:
        """List every answer to a question, oldest first."""
        query = select(answers).where(answers.c.key == key).order_by(answers.c.answer_id)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def read_anew(self, hashes: Iterable[str]) -> int:
        """Schedule documents to be read again with new answers, and return how many; loaded rows stay until then."""
        count = 0
        with self._writing() as connection:
            for sha256 in hashes:
                mine = documents.c.sha256 == sha256
                refused = mine & documents.c.state.in_(("refused", "failed"))
                loaded = mine & (documents.c.state == "staged") & documents.c.reread.is_(None)
                done = connection.execute(update(documents).where(refused).values(state="landed", decision=None))
                again = connection.execute(update(documents).where(loaded).values(reread="wanted"))
                count += done.rowcount + again.rowcount
        return count

    def count_questions(self) -> int:
        """Count the open questions; one that several documents ask counts once."""
        query = select(func.count(questions.c.key.distinct())).where(questions.c.held > 0)
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def _said(self, connection: Connection) -> Mapping[Place, dict[str, Any]]:
        """Return the latest answers: of a document by (hash, "", key), of a publisher by (code, printed name, key)."""
        said: dict[Place, dict[str, Any]] = {}
        for row in connection.execute(select(answers).order_by(answers.c.answer_id)).mappings():
            is_own = row["scope"] == "document"
            place = (row["sha256"], "") if is_own else (row["publisher"], row["printed_publisher"])
            said[*place, row["key"]] = dict(row)
        return said


def _row(sha256: str, question: Question, held: int) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "key": question.key,
        "kind": question.kind.value,
        "page": question.page,
        "asked": question.asked,
        "near": question.near,
        "box": json.dumps(question.box) if question.box else None,
        "choices": json.dumps([asdict(one) for one in question.choices], ensure_ascii=False),
        "layout": question.layout,
        "is_general": question.is_general,
        "printed_publisher": question.publisher,
        "reader_version": question.reader_version,
        "answer": question.answer,
        "held": held,
        "asked_at": now(),
    }


def _with_answer(row: dict[str, Any], said: Mapping[Place, dict[str, Any]]) -> dict[str, Any]:
    """Return a question's row with the question as an entity and the latest answer."""
    printed = fold_name(row["printed_publisher"])
    places = (row["sha256"], ""), (row["publisher"], ""), (row["publisher"], printed)
    mine = [said.get((*place, row["key"])) for place in places]
    return {**row, "question": question_of(row), "said": next((one for one in mine if one is not None), None)}


def question_of(row: Mapping[str, Any]) -> Question:
    """Build a question from its row."""
    choices = tuple(_choice_of(one) for one in json.loads(row["choices"]))
    return Question(
        row["key"],
        QuestionKind(row["kind"]),
        row["page"],
        row["asked"],
        choices,
        _box_of(json.loads(row["box"])) if row["box"] else None,
        row["layout"],
        row["near"],
        row["is_general"],
        row["printed_publisher"],
        row["reader_version"],
        row["answer"],
    )


def _choice_of(data: Mapping[str, Any]) -> Choice:
    return Choice(data["value"], data["text"], data["page"], _box_of(data["box"]))


def _box_of(sides: Sequence[float] | None) -> Box | None:
    return Box(*sides) if sides else None
