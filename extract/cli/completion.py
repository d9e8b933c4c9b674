"""List what the shell completes: publishers, reason codes, refused documents and questions of this home.

`jixiao --install-completion` sets it up. Nothing here may fail or print: the shell would show it in the command line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from extract.errors import JixiaoError, Reason

if TYPE_CHECKING:
    from extract.ledger import Ledger


def complete_publisher(incomplete: str) -> list[tuple[str, str]]:
    """List (code, name) of the publisher files."""
    from extract.publishers import load_publishers
    from extract.settings import get_settings

    try:
        found = load_publishers(get_settings().publishers_dir)
    except (JixiaoError, OSError):
        return []
    return [(one.code, one.name or "") for one in found if one.code.startswith(incomplete)]


def complete_reason(incomplete: str) -> list[str]:
    """List the reason codes of refusals."""
    return [reason.value for reason in Reason if reason.value.startswith(incomplete)]


def complete_refusal(incomplete: str) -> list[tuple[str, str]]:
    """List (id, reason) of the documents that are not loaded; [] before the first run."""
    rows = _ask_ledger(lambda ledger: ledger.refusals(states=("refused", "failed", "dropped")))
    return [(row["sha256"][:12], row["reason"] or "") for row in rows if row["sha256"].startswith(incomplete.lower())]


def complete_question(incomplete: str) -> list[tuple[str, str]]:
    """List (key, question) of the open questions; [] before the first run."""
    rows = _ask_ledger(lambda ledger: ledger.questions(is_open=True))
    return [(row["key"], row["asked"]) for row in rows if row["key"].startswith(incomplete.lower())]


def _ask_ledger(ask: Callable[[Ledger], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    from extract.settings import get_settings

    try:
        settings = get_settings()
        if settings.ledger_url == f"sqlite:///{settings.home / 'ledger.db'}" and not settings.home.exists():
            return []
        from extract.ledger import Ledger

        return ask(Ledger(settings.ledger_url or ""))
    except Exception:
        return []
