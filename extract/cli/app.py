"""Define the `jixiao` command: parse arguments, call jobs, print results, map errors to exit statuses.

0 done, 1 failed, 2 bad usage, 3 something was refused, 130 or 143 interrupted.
Heavy imports stand inside the commands that need them.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from extract.cli import (
    data_commands,
    document_commands,
    home_commands,
    question_commands,
    refusal_commands,
    release_commands,
)
from extract.cli.completion import complete_publisher
from extract.cli.help import advise, prepare_help, translate_frames
from extract.cli.output import REFUSED, Format, FormatOption, as_json, errors, print_rows, set_encodings, show_progress
from extract.errors import JixiaoError
from extract.processes import end_on_signals, spare_present_objects
from extract.settings import Settings, get_settings
from extract.translations import say

PLACES_TO_SEE_TO = (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT)  # faults of the machine


def run(
    inbox: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Take PDFs from this folder.")
    ] = None,
    publisher: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this publisher file.", autocompletion=complete_publisher)
    ] = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build everything, not only what changed: the same rows.")
    ] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """Run the whole line once: the DAGs `ingest` and `warehouse`, in this process."""
    from extract.jobs.local_run import RunError, run_line
    from extract.ledger import Ledger
    from extract.releases.shelves import served_release

    settings = get_settings()
    trouble: RunError | None = None
    told = say("ended before its work was done; a new `jixiao run` goes on from there")
    with show_progress() as progress, end_on_signals(f"jixiao: {told}"):
        try:
            folder = str(inbox.absolute()) if inbox else None
            run_line(settings, progress, inbox=folder, publisher=publisher, full_refresh=full_refresh)
        except RunError as error:
            trouble = error
    counts = Ledger(settings.ledger_url or "").last_run() or {}
    _print_run(settings, counts, served_release(settings), how)
    if trouble:
        raise trouble
    if counts.get("refused"):
        raise typer.Exit(REFUSED)


def _print_run(settings: Settings, counts: dict[str, Any], release: dict[str, Any] | None, how: Format) -> None:
    names = ("seen", "loaded", "unchanged", "refused", "failed")
    row = {name: counts.get(name) for name in names} | {
        "release": release and release["release_id"],
        "warehouse": _warehouse_of(settings) if release else None,
    }
    print_rows([row], list(row), how)
    if how is Format.TABLE and release:
        print(f"report: {settings.night_report}")


def _warehouse_of(settings: Settings) -> str:
    """Return where readers find the served release."""
    if not settings.on_postgres:
        return str(settings.current / "warehouse.duckdb")
    from sqlalchemy.engine import make_url

    return f"{make_url(settings.warehouse_url or '').render_as_string(hide_password=True)}, schema published"


def status(
    check: Annotated[
        bool, typer.Option("--check", help="One line, and exit status 1 where a person must look: for a monitor.")
    ] = False,
    max_age: Annotated[
        str, typer.Option(metavar="AGE", help="With --check: how long ago the last run may have ended, 26h or 2d.")
    ] = "26h",
    how: FormatOption = Format.TABLE,
) -> None:
    """Show the ledger: the last run's counts, what waits, what was refused and why, the served release."""
    from extract.cli.check import find_trouble, read_age
    from extract.cli.record_rows import print_status, status_of
    from extract.ledger import Ledger

    settings = get_settings()
    age = read_age(max_age)
    found = status_of(Ledger(settings.ledger_url or ""), settings)
    if check:
        troubles = find_trouble(found, age)
        if how is Format.TABLE:
            print(f"jixiao: {'; '.join(troubles) if troubles else 'all is well'}")
        else:
            print(as_json({"is_well": not troubles, "troubles": troubles}))
        raise typer.Exit(1 if troubles else 0)
    if how is Format.TABLE:
        print_status(found)
    else:
        print(as_json(found))


app = typer.Typer(
    help="Performance targets (绩效目标) from published PDFs to a warehouse that can be trusted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(refusal_commands.app, name="refusals")
app.add_typer(question_commands.app, name="questions")
app.command()(release_commands.releases)
app.command()(release_commands.rollback)
app.command()(document_commands.read)
app.command()(run)
app.command()(status)
for command in (data_commands.show, data_commands.report, data_commands.sql, data_commands.diff):
    app.command()(command)
app.command()(document_commands.value)
app.command()(document_commands.grids)
app.command()(home_commands.publishers)
app.command("settings")(home_commands.show_settings)
app.command()(home_commands.backup)
app.command()(home_commands.restore)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(home_commands.airflow)
app.command()(home_commands.up)
app.command()(home_commands.housekeeping)


def main() -> None:
    """Entry point: JixiaoError becomes one line on stderr and exit status 1."""
    set_encodings()
    try:
        translate_frames()
        command = typer.main.get_command(app)
        prepare_help(command)
        command(prog_name="jixiao")
    except JixiaoError as error:
        errors.print(f"jixiao: {error}", style="red", markup=False, soft_wrap=True)
        advice = advise(error)
        if advice:
            errors.print(advice, markup=False, soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:  # the program that reads our output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(0)
    except OSError as error:
        if error.errno not in PLACES_TO_SEE_TO:
            raise
        place = error.filename or f"where the output goes, or {get_settings().home}"
        _end(f"{error.strerror}: {place}")
    except Exception as error:
        if not type(error).__module__.startswith("sqlalchemy."):
            raise
        _end(f"the database does not answer: {str(getattr(error, 'orig', error)).splitlines()[0]}")
    finally:
        spare_present_objects()  # Python's own end looks at every object: 2.5 s after a run of Airflow


def _end(why: str) -> NoReturn:
    errors.print(f"jixiao: {why}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)
