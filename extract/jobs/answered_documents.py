"""Apply people's answers to documents; a document whose answers have changed is read again.

An answer holds for the document that asked, or for its publisher: for all that comes from a publisher's own source,
else (an inbox) for the documents that print the same publisher. Publisher files can give answers too. Of two answers to
one question the document's own has precedence over the publisher's, and a person's over the file's.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from extract.entities import Answer, Question
from extract.errors import LedgerError, Refused
from extract.files import name_file
from extract.ledger import Ledger
from extract.publishers import Publisher, find_publisher, load_publishers
from extract.reading.sandbox import ReadText
from extract.reading.tables.inquiry import choose_answer
from extract.reading.untrusted import trust_reading
from extract.settings import Settings
from extract.text import fold_name

log = logging.getLogger(__name__)
USED_DIGITS = 16  # hexadecimal, of the fingerprint of answers


class Answered:
    """One document with the answers that apply to it."""

    def __init__(self, ledger: Ledger, publishers: Sequence[Publisher], document: dict[str, Any]) -> None:
        self._ledger, self._publishers, self._document = ledger, publishers, document
        self.given = collect_answers(ledger, publishers, document, _list_printed(ledger, document["sha256"]))

    @property
    def used(self) -> str:
        """The fingerprint of the answers that the last reading was given; "" for none."""
        return fingerprint_answers(self.given)

    def read(self, read: Callable[[Sequence[Answer]], ReadText]) -> ReadText:
        """Read a document; once more where the publisher that it prints has answers to its questions.

        Raises what `read` raises; ValueError where its result is no reading.
        """
        refusal: Refused | None = None
        try:
            reading = read(self.given)
        except Refused as error:
            refusal, asked = error, list_open(error.held)
        else:
            asked = list_open(trust_reading(reading.text).held) if self._may_gain_answers() else []
        more = self._collect_more(asked)
        if more != self.given and any(choose_answer(more, question) for question in asked):
            self.given = more
            return read(self.given)
        if refusal is not None:
            raise refusal
        return reading

    def _may_gain_answers(self) -> bool:
        """Return True if a second reading may have more answers: some publisher that the document may name has any."""
        by_hand = any(one.words or one.answers for one in self._publishers)
        return by_hand or self._ledger.has_answers(self._document["publisher"])

    def _collect_more(self, asked: Sequence[Question]) -> list[Answer]:
        printed = {*_list_printed(self._ledger, self._document["sha256"]), *(one.publisher for one in asked)}
        return collect_answers(self._ledger, self._publishers, self._document, printed) if asked else self.given


@dataclass(frozen=True, slots=True)
class Given:
    """A stored answer, its scope (`document` or `publisher`), and how many documents the next run reads again."""

    key: str
    choice: str
    scope: str
    documents: int


def find_question(
    settings: Settings, key: str, document: str | None = None, publisher: str | None = None
) -> dict[str, Any]:
    """Return the ledger's row of the question whose key begins with `key`, with the `scope` of an answer to it.

    An answer holds for the publisher if the question is about words or a layout and the publisher is known, else for
    one document. `document` is the beginning of a hash, `publisher` the code of a publisher file or a printed name: one
    of them is needed where several publishers ask the same question, or several documents one about themselves.
    Raises LedgerError.
    """
    owners = {one.code for one in load_publishers(settings.publishers_dir) if one.owns_source}
    rows = Ledger(settings.ledger_url or "").find_questions(key)
    if document is not None:
        rows = [one for one in rows if one["sha256"].startswith(document.lower())]
    if publisher is not None:
        name = fold_name(publisher)
        rows = [one for one in rows if publisher == one["publisher"] or name == fold_name(one["printed_publisher"])]
    if not rows:
        raise LedgerError(f"{key}: {document or publisher} asks no question that begins with it")
    rows = [one for one in rows if one["held"]] or rows
    places = {_find_place(one, owners): one for one in rows}
    if len(places) > 1:
        named = ", ".join(_name_place(place, one) for place, one in places.items())
        raise LedgerError(f"{key}: asked in {len(places)} places, name one of them: {named}")
    row = max(rows, key=lambda one: (one["said"] is None, one["held"]))
    return {**row, "scope": "publisher" if len(_find_place(row, owners)) > 1 else "document"}


def _find_place(row: dict[str, Any], owners: Collection[str]) -> tuple[str, ...]:
    """Return for what an answer to a question holds: (publisher, printed name), or (document,)."""
    if row["is_general"] and row["publisher"] in owners:
        return row["publisher"], ""
    if row["is_general"] and row["printed_publisher"]:
        return row["publisher"], fold_name(row["printed_publisher"])
    return (row["sha256"],)


def _name_place(place: tuple[str, ...], row: dict[str, Any]) -> str:
    if len(place) > 1:
        return f"--publisher {row['printed_publisher'] or row['publisher']}"
    return f"--document {row['sha256'][:12]} ({name_file(row['first_url'])})"


def list_given(settings: Settings, row: dict[str, Any]) -> list[dict[str, Any]]:
    """List the answers to a question that hold for its document or its publisher, oldest first."""
    names = {"", fold_name(row["printed_publisher"])}
    return [
        one
        for one in Ledger(settings.ledger_url or "").answers(row["key"])
        if one["sha256"] == row["sha256"]
        or (one["scope"] == "publisher" and one["publisher"] == row["publisher"] and one["printed_publisher"] in names)
    ]


def give_answer(
    settings: Settings,
    key: str,
    choice: str,
    by: str,
    why: str,
    document: str | None = None,
    publisher: str | None = None,
    asked_by: str | None = None,
) -> Given:
    """Store an answer to the question that `find_question` returns, and schedule the documents that wait for it.

    With `document` it holds for this one alone. `asked_by` is the document with which the question was shown, if any.
    """
    ledger, publishers = Ledger(settings.ledger_url or ""), load_publishers(settings.publishers_dir)
    row = find_question(settings, key, document or asked_by, publisher)
    scope = "document" if document is not None else row["scope"]
    owns = any(one.code == row["publisher"] and one.owns_source for one in publishers)
    printed = row["printed_publisher"] if scope == "publisher" and not owns else ""
    ledger.answer(row["sha256"], row["key"], choice, by, why, scope, printed)
    woken = wake_answered(ledger, publishers)
    waiting = sum(one["key"] == row["key"] and one["state"] == "landed" for one in ledger.questions())
    return Given(row["key"], choice, scope, max(woken, waiting))  # another answer may have woken them before


def list_open(held: Iterable[Any]) -> list[Question]:
    """List the questions of held projects, each once."""
    return list({question.key: question for one in held for question in one.questions}.values())


def collect_answers(
    ledger: Ledger, publishers: Sequence[Publisher], document: dict[str, Any], printed: Collection[str]
) -> list[Answer]:
    """Collect the answers that apply to a document; of two to one question the later has precedence.

    `printed` are the publishers' names that the document prints.
    """
    source = next((one for one in publishers if one.code == document["publisher"]), None)
    named = [find_publisher(name, publishers) for name in sorted(printed) if name]
    files = {one.code: one for one in (*named, source) if one is not None}
    owns = source is not None and source.owns_source
    given = ledger.answers_for(document["sha256"], document["publisher"], None if owns else printed)
    return [answer for file in files.values() for answer in list_by_hand(file)] + given


def list_by_hand(publisher: Publisher) -> list[Answer]:
    """List the answers that a publisher file gives: meanings of header words (`words`), answers to questions."""
    by = f"{publisher.code}.yml"
    words = [Answer(meaning, by, word=word) for word, meaning in publisher.words.items()]
    return words + [Answer(one.choice, f"{one.by} ({by})", one.why, key=one.question) for one in publisher.answers]


def fingerprint_answers(answers: Sequence[Answer]) -> str:
    """Return a fingerprint of answers in their order; "" for none."""
    if not answers:
        return ""
    told = json.dumps([asdict(one) for one in answers], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:USED_DIGITS]


def wake_answered(ledger: Ledger, publishers: Sequence[Publisher]) -> int:
    """Schedule for rereading the documents whose answers differ from those of their last reading; return how many.

    A document whose answers are the same is not scheduled, even if its question is still open: a newer reader may
    ignore an old answer, and would ignore it again.
    """
    changed = []
    for sha256, mine in groupby(ledger.questions(), key=lambda one: str(one["sha256"])):
        rows = list(mine)
        document = {"sha256": sha256, "publisher": rows[0]["publisher"]}
        answers = collect_answers(ledger, publishers, document, {row["printed_publisher"] for row in rows})
        if fingerprint_answers(answers) == (rows[0]["answers_used"] or ""):
            continue
        for row in rows:
            found = choose_answer(answers, row["question"])
            if (found.choice if found is not None else "") != row["answer"]:
                changed.append(sha256)
                break
    woken = ledger.read_anew(changed)
    if woken:
        log.info("%d documents are read again with answers of people", woken)
    return woken


def _list_printed(ledger: Ledger, sha256: str) -> set[str]:
    return {row["printed_publisher"] for row in ledger.questions(sha256=sha256)}
