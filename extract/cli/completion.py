"""What the shell offers after a tab: publishers, reason codes and refused documents of this home.

`jixiao --install-completion` sets it up. Nothing here may fail or speak: the shell would show it in the line.
"""

from __future__ import annotations

from extract.errors import JixiaoError, Reason


def complete_publisher(incomplete: str) -> list[tuple[str, str]]:
    """(code, name) of the publisher files."""
    from extract.publishers import load_publishers
    from extract.settings import get_settings

    try:
        found = load_publishers(get_settings().publishers_dir)
    except (JixiaoError, OSError):
        return []
    return [(one.code, one.name or "") for one in found if one.code.startswith(incomplete)]


def complete_reason(incomplete: str) -> list[str]:
    """Reason codes of refusals."""
    return [reason.value for reason in Reason if reason.value.startswith(incomplete)]


def complete_refusal(incomplete: str) -> list[tuple[str, str]]:
    """(id, reason) of the documents that are not loaded; none before the first run."""
    from extract.settings import get_settings

    try:
        settings = get_settings()
        if settings.ledger_url == f"sqlite:///{settings.home / 'ledger.db'}" and not settings.home.exists():
            return []
        from extract.ledger import Ledger

        rows = Ledger(settings.ledger_url or "").refusals(states=("refused", "failed", "dropped"))
    except Exception:
        return []
    return [(row["sha256"][:12], row["reason"] or "") for row in rows if row["sha256"].startswith(incomplete.lower())]
