"""Define the exceptions, all in one tree.

JixiaoError
├── SettingsError        a setting is missing or wrong: name, expected, found
├── SourceError          a source could not be listed or fetched; may pass, the next run tries again
├── Refused              this document must not be loaded; carries a Reason, the page and a detail
├── LedgerError          the ledger does not add up or a state change is not allowed
└── BuildError           dbt or the audit failed; nothing is published
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Reason(StrEnum):
    """Why a document was refused. The code is part of the contract; the ledger stores it."""

    NOT_PDF = "not_pdf"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    PASSWORD = "password"  # noqa: S105 - a reason code, not a secret
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    PAGE_MISSING = "page_missing"
    NO_TEXT_LAYER = "no_text_layer"
    GARBLED_TEXT = "garbled_text"
    NO_TABLE = "no_table"
    NOT_TARGETS = "not_targets"
    GOALS_ONLY = "goals_only"  # projects with goals and without indicators: known, and not loaded
    UNKNOWN_HEADER = "unknown_header"
    UNREADABLE_AMOUNT = "unreadable_amount"
    YEAR_UNKNOWN = "year_unknown"
    CONSERVATION = "conservation"
    READERS_DISAGREE = "readers_disagree"
    NOT_ALLOWED = "not_allowed"  # an address that the publisher file does not allow, a robots.txt that forbids it
    FORBIDDEN = "forbidden"  # the site answers 401, 403 or 451
    GONE = "gone"  # listed, but the site answers 404 or 410


class JixiaoError(Exception):
    """Base of every error that Jixiao raises on purpose."""


class SettingsError(JixiaoError):
    """A setting is missing or wrong."""


class SourceError(JixiaoError):
    """A source could not be listed or fetched; the next run tries again."""


class LedgerError(JixiaoError):
    """The ledger does not add up, or a state change is not allowed."""


class BuildError(JixiaoError):
    """dbt or the audit failed; nothing is published."""


class SandboxError(JixiaoError):
    """The process that reads PDFs cannot be confined or did not start; no document is at fault."""


def describe_error(error: BaseException) -> str:
    """Return the message for people: of our own errors their text, of all others also the type.

    Of an error of a database what the database said, without the statement and its values.
    """
    if isinstance(error, JixiaoError):
        return str(error)
    said = str(error) if getattr(error, "orig", None) is None else str(error.orig).partition("\n")[0]  # type: ignore[attr-defined]
    return f"{type(error).__name__}: {said}".rstrip(": ")


class Refused(JixiaoError):  # noqa: N818 - a verdict on a document, caught as such
    """This document must not be loaded.

    `page` is 1-based and None where the whole document is meant; `detail` names what was expected and what was found.
    `held` lists its projects (`entities.Held`) where each of them is held back for a reason of its own, `question` is
    the `entities.Question` whose answer settles it.
    """

    def __init__(
        self, reason: Reason, detail: str, page: int | None = None, held: tuple[Any, ...] = (), question: Any = None
    ) -> None:
        super().__init__(f"{reason}: {detail}" if page is None else f"{reason}: page {page}: {detail}")
        self.reason = reason
        self.detail = detail
        self.page = page
        self.held = held
        self.question = question
