"""Define `jixiao refusals`: list and show refused documents; retry, accept, drop."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extract.cli.completion import complete_publisher, complete_reason, complete_refusal
from extract.cli.output import REFUSED, Format, FormatOption, as_json, errors, print_rows
from extract.processes import name_user
from extract.settings import get_settings

if TYPE_CHECKING:
    from extract.ledger import Ledger

app = typer.Typer(help="What was refused and why; try again; accept by a named person with a reason.")
IDS_HELP = "Beginnings of hashes, as `list` shows them."
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help=IDS_HELP, autocompletion=complete_refusal)]
DAY = "%Y-%m-%d"
COLUMNS = ("id", "publisher", "state", "decision", "reason", "page", "held_back", "file", "detail")


@app.callback(invoke_without_command=True)
def default(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List the refusals when no action is named."""
    if context.invoked_subcommand is None:
        list_refusals(how=how)


@app.command("list")
def list_refusals(
    reason: Annotated[str | None, typer.Option(help="Only this reason code.", autocompletion=complete_reason)] = None,
    publisher: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this publisher file.", autocompletion=complete_publisher)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what a person has accepted or dropped.")] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """List documents that are not loaded, with how many of their projects have a reason of their own."""
    ledger = _ledger()
    states = ("refused", "failed", "dropped") if every else ("refused", "failed")
    found = ledger.refusals(states=states, reason=reason, publisher=publisher, undecided=not every)
    counts = ledger.held_counts()
    rows = [
        {**one, "id": one["sha256"][:12], "file": one["first_url"], "held_back": counts.get(one["sha256"], 0)}
        for one in found
    ]
    print_rows([{name: row[name] for name in COLUMNS} for row in rows], COLUMNS, how)


@app.command()
def show(
    document: Annotated[
        str,
        typer.Argument(metavar="ID", help="Beginning of a hash, as `list` shows it.", autocompletion=complete_refusal),
    ],
    png: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the page that the refusal is about.")] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Show one document's state, where it was found, attempts to read it, decisions and projects held back."""
    from extract.archive.stored_documents import name_place
    from extract.report.page_images import draw_archived

    ledger, settings = _ledger(), get_settings()
    sha256 = ledger.find_document(document)
    one = ledger.document(sha256)
    found: dict[str, Any] = {**one, "archive": name_place(settings, sha256), **ledger.history(sha256)}
    found["held_back"] = ledger.held_projects(sha256)
    if how is Format.TABLE:
        parts = ("sightings", "attempts", "decisions", "held_back")
        rows = [{"what": name, "is": value} for name, value in found.items() if name not in parts]
        print_rows(rows, ("what", "is"), how)
        for part in parts:
            if found[part]:
                errors.print(part)
                print_rows(found[part], tuple(found[part][0]), how)
    else:
        print(as_json(found))
    if png is not None:
        draw_archived(settings, sha256, one["page"] or 1, png)


@app.command()
def retry(
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help=IDS_HELP, autocompletion=complete_refusal)
    ] = None,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Loaded documents that an older reader read: all, or those named.")
    ] = False,
    publisher: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this publisher file.", autocompletion=complete_publisher)
    ] = None,
    since: Annotated[datetime | None, typer.Option(formats=[DAY], help="Only first seen since this day.")] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")] = "",
) -> None:
    """Have documents read again by the next run: refused ones, or with --outdated loaded ones, at most 1,000 a run."""
    if outdated:
        _read_again(documents or [], publisher, since, by or name_user())
    elif publisher or since or not documents:
        raise typer.BadParameter("expected ID…, or --outdated alone or with ID…, --publisher, --since")
    else:
        _decide(documents, "retry", by or name_user(), "")


@app.command()
def accept(
    documents: Ids,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it is kept.")],
) -> None:
    """Accept that documents are not loaded: alerts stop until another version of the reader reads them again."""
    _decide(documents, "accept", by, why)


@app.command()
def drop(
    documents: Ids,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it is kept.")],
) -> None:
    """Mark documents as irrelevant: they are never read again, except after `retry`."""
    _decide(documents, "drop", by, why)


@app.command()
def ocr(documents: Ids) -> None:
    """Recognise refused scans into `var/review/ID.csv`, for a person to check; nothing of it is ever loaded."""
    from extract.cli.output import show_progress
    from extract.cli.record_rows import refusal_lines
    from extract.cli.review import queue_review
    from extract.errors import Refused

    ledger, settings = _ledger(), get_settings()
    hashes = [ledger.find_document(one) for one in documents]
    refused = False
    with show_progress() as tell:
        for number, sha256 in enumerate(hashes, 1):
            tell(f"recognising document {number} of {len(hashes)}: 10 to 60 s a page")
            try:
                print(queue_review(settings, sha256, ledger.document(sha256)["reason"]))
            except Refused as error:
                refused = True
                print(*refusal_lines(sha256[:12], error), sep="\n", file=sys.stderr)
    if refused:
        raise typer.Exit(REFUSED)


def _read_again(documents: list[str], publisher: str | None, since: datetime | None, by: str) -> None:
    from extract.cli.record_rows import describe_outdated
    from extract.jobs.replay import choose_outdated, read_again
    from extract.reading.reader_version import READER_VERSION

    settings, ledger = get_settings(), _ledger()
    chosen = choose_outdated(settings, documents, publisher, since.strftime(DAY) if since else None)
    waiting = read_again(settings, chosen, by)
    errors.print(describe_outdated(len(ledger.outdated(READER_VERSION)), waiting), markup=False)


def _decide(documents: list[str], action: str, by: str, why: str) -> None:
    ledger = _ledger()
    hashes = [ledger.find_document(one) for one in documents]
    for sha256 in hashes:
        ledger.decide(sha256, action, by, why)
        errors.print(f"{sha256[:12]}: {action}", markup=False)


def _ledger() -> Ledger:
    from extract.ledger import Ledger

    return Ledger(get_settings().ledger_url or "")
