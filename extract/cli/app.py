"""Define the `jixiao` command: parse arguments, call jobs, print results, map errors to exit statuses.

0 done, 1 failed, 2 bad usage, 3 something was refused. Heavy imports stand inside the commands that need them.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from extract.cli import question_commands, refusal_commands, release_commands
from extract.cli.completion import complete_publisher
from extract.cli.help import advise, prepare_help, translate_frames
from extract.cli.output import (
    Format,
    FormatOption,
    as_json,
    errors,
    print_rows,
    set_encodings,
    show_progress,
    track,
)
from extract.errors import JixiaoError, Refused, SettingsError
from extract.reading.drawing.overlay import Stage
from extract.settings import Settings, get_settings
from extract.translations import say

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
REFUSED = 3
PLACES_TO_SEE_TO = (errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT)  # no fault of ours: one sentence is enough


@app.command()
def read(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, metavar="FILE…")],
    reader: Annotated[str, typer.Option(help="`auto`: pdfium and oxide, pdfplumber where they differ.")] = "auto",
    password: Annotated[str | None, typer.Option(envvar="JIXIAO_PDF_PASSWORD", help="Opens a protected PDF.")] = None,
    account: Annotated[
        bool,
        typer.Option("--account", help="In place of the rows: what became of every text of the pages with targets."),
    ] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """Read PDFs and print one row per indicator, without touching any state."""
    from extract.reading.sandbox import Sandbox

    refused = 0
    told: list[str] = []
    with Sandbox(reader=reader) as sandbox:  # it starts while the next line imports
        from extract.cli.record_rows import READ_COLUMNS, describe_reading, held_lines, refusal_lines, rows_of
        from extract.cli.text_account import ACCOUNT_COLUMNS, account_for

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal refused
            for file in track(files, say("reading"), how):
                try:
                    reading = sandbox.read(file, reader=reader, password=password)
                except Refused as error:
                    refused += 1
                    print(*refusal_lines(file, error), sep="\n", file=sys.stderr)
                else:
                    if account:
                        pages = sandbox.read_grids(file, reader=reader, password=password)
                        yield from account_for(file, pages, reading)
                    else:
                        yield from rows_of(file, reading)
                    refused += len(reading.held)
                    told.append(describe_reading(file, reading))
                    for line in held_lines(file, reading.held):
                        print(line, file=sys.stderr)

        print_rows(rows(), ACCOUNT_COLUMNS if account else READ_COLUMNS, how)
    if how is Format.TABLE:
        print(*told, sep="\n")
    if refused:
        raise typer.Exit(REFUSED)


@app.command()
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
    with show_progress() as progress:
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


@app.command()
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


@app.command()
def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="A target_key, budget_key, result_key or document_key.")],
    png: Annotated[
        Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Draw the page with the cell marked.")
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="The page to draw of a whole document.")] = 1,
    how: FormatOption = Format.TABLE,
) -> None:
    """Follow a figure back to the cell that it was printed in. Eight digits of a key are enough."""
    from extract.cli.record_rows import print_trace
    from extract.releases.trace import trace_key
    from extract.report.page_images import draw_archived

    settings = get_settings()
    found = trace_key(settings, key)
    if png is not None:
        boxes = [tuple(found["bbox"])] if found["bbox"] else []
        for _ in track([png], say("drawing"), how):
            draw_archived(settings, found["document"]["sha256"], found["page"] or page, png, boxes)
        found["picture"] = str(png)
    if how is Format.TABLE:
        print_trace(found)
    else:
        print_rows([found], tuple(found), how)


@app.command()
def report(
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write the nightly page again from the ledger and the served release, and print where it is."""
    from extract.report import write_night_report

    with show_progress() as progress:
        progress(say("writing the report"))
        page = write_night_report(get_settings())
    print(page)
    if open_it:
        typer.launch(page.resolve().as_uri())


@app.command()
def sql(
    query: Annotated[str, typer.Argument(metavar='"SELECT …"', help="One statement; - reads it from stdin.")],
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="An earlier release, as `jixiao releases` lists them.")
    ] = None,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook for Excel: codes stay text.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Ask the served release, or another one that is kept; nothing can be changed."""
    from extract.releases.query import ask_for_somebody

    columns, rows = ask_for_somebody(get_settings(), sys.stdin.read() if query == "-" else query, release)
    if xlsx is None:
        print_rows(rows, columns, how)
        return
    from extract.cli.workbook import write_workbook

    errors.print(say("{file}: {rows} rows", file=xlsx, rows=write_workbook(xlsx, columns, rows)), markup=False)


@app.command()
def diff(
    documents: Annotated[
        list[str] | None, typer.Argument(metavar="[DOCUMENT] [DOCUMENT]", help="Beginnings of one or two hashes.")
    ] = None,
    publisher: Annotated[str | None, typer.Option(help="Code or name of the publisher.")] = None,
    year: Annotated[int | None, typer.Option(help="Fiscal year.")] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Say cell by cell what a correction changed."""
    from extract.releases.edition_changes import COLUMNS, SHOWN, find_changes, shorten

    if len(documents or []) > 2:
        raise typer.BadParameter("expected at most two documents")
    rows = find_changes(get_settings(), publisher, year, documents or [])
    if how is not Format.TABLE:
        print_rows(rows, COLUMNS, how)
        return
    for pair, cells in groupby(rows, key=lambda row: [row[name] for name in COLUMNS[:5]]):
        print(" ".join(str(word) for word in pair[:3]), f"{pair[3]} → {pair[4]}")
        shown = [
            row | dict(zip(("before", "after"), shorten(row["before"], row["after"]), strict=True)) for row in cells
        ]
        print_rows(shown, SHOWN, how)
    if not rows:
        errors.print("no later edition changed a cell")


@app.command()
def value(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT…|-]")] = None,
) -> None:
    """Read target texts as numbers, one JSON line each; `-` reads one text per line from stdin."""
    from extract.values import parse_target, value_as_json

    given = texts or ["-"]
    lines = (line.removesuffix("\n") for line in sys.stdin) if given == ["-"] else iter(given)
    for line in lines:
        print(value_as_json(parse_target(line)))


@app.command()
def grids(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    reader: Annotated[str, typer.Option()] = "auto",
    password: Annotated[str | None, typer.Option(envvar="JIXIAO_PDF_PASSWORD")] = None,
    picture: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Also draw what was made of one page into this PNG.")
    ] = None,
    stage: Annotated[
        Stage, typer.Option(help="What the picture shows: letters and rules, lines, cells, places of letters, columns.")
    ] = Stage.CELLS,
    page: Annotated[int, typer.Option(min=1, help="The page to draw.")] = 1,
    how: Annotated[Format, typer.Option("--format", help="Grids are printed as `json`.")] = Format.JSON,
) -> None:
    """Print every ruled table as JSON: pages, tables, cells with spans, boxes and text."""
    from extract.cli.record_rows import refusal_lines
    from extract.reading.sandbox import Sandbox
    from extract.report.page_images import draw_page

    if how is not Format.JSON:
        raise typer.BadParameter(f"grids are printed as json, not as {how}")
    if picture is None and stage is not Stage.CELLS:
        raise typer.BadParameter("--stage says what --picture shows")
    try:
        with Sandbox(reader=reader) as sandbox:
            pages = sandbox.read_grids(file, reader=reader, password=password)
            if picture is not None:
                if page > len(pages):
                    raise typer.BadParameter(f"{file.name} has {len(pages)} pages")
                draw_page(file, page, picture, stage=stage, reader=reader, password=password, sandbox=sandbox)
        print(as_json({"file": str(file), "pages": pages}))
    except Refused as error:
        print(*refusal_lines(file, error), sep="\n", file=sys.stderr)
        raise typer.Exit(REFUSED) from None


@app.command()
def publishers(
    action: Annotated[str, typer.Argument(help="`list`, `check` or `refetch`")] = "list",
    publisher: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="For `refetch`.", autocompletion=complete_publisher)
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """List the configured publishers; `check` only validates their files.

    `refetch ID` has the next run ask every address of a publisher unconditionally, whatever the site's ETags say.
    """
    from extract.publishers import load_publishers

    if action not in ("list", "check", "refetch"):
        raise typer.BadParameter(f"expected list, check or refetch, found {action}")
    if (action == "refetch") != (publisher is not None):
        raise typer.BadParameter("refetch, and only it, needs the ID of a publisher file")
    found = load_publishers(get_settings().publishers_dir)
    if publisher is not None:
        _refetch(publisher, [one.code for one in found])
        return
    if action == "check":
        errors.print(say("{count} publisher files are right", count=len(found)))
        return
    rows = [
        {"code": p.code, "name": p.name, "region_code": p.region_code, "source": p.source and p.source.kind}
        for p in found
    ]
    print_rows(rows, ["code", "name", "region_code", "source"], how)


def _refetch(code: str, known: list[str]) -> None:
    from extract.ledger import Ledger

    if code not in known:
        raise SettingsError(f"expected a publisher file, one of {', '.join(known)}; found {code}")
    addresses = Ledger(get_settings().ledger_url or "").forget_validators(code)
    errors.print(say("the next run asks {count} addresses of {publisher} again", count=addresses, publisher=code))


@app.command("settings")
def show_settings(how: FormatOption = Format.TABLE) -> None:
    """List every setting: its environment variable, value, and meaning."""
    from extract.cli.record_rows import setting_rows

    print_rows(setting_rows(get_settings()), ["variable", "value", "default", "meaning"], how)


@app.command()
def backup(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", file_okay=False, help="A folder elsewhere; the same each time.")
    ],
) -> None:
    """Copy ledger, archive, build database and releases, all of one moment; only what is new is copied again."""
    from extract.jobs.backup import back_up

    with show_progress() as progress:
        progress(say("copying"))
        made = back_up(get_settings(), folder)
    print(f"{folder}: {made['made_at']}")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="What `backup` wrote.")],
) -> None:
    """Make an empty home what it was at the newest backup; the next run goes on from there."""
    from extract.jobs.backup import restore as restore_home

    with show_progress() as progress:
        progress(say("copying"))
        made = restore_home(get_settings(), folder)
    print(f"{get_settings().home}: {made['made_at']}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def airflow(context: typer.Context) -> None:
    """Run Airflow's own command on this home, for example `jixiao airflow standalone`."""
    from extract.jobs.local_run import start_airflow
    from extract.jobs.supervise import run_supervised

    start_airflow(get_settings())
    if context.args[:1] == ["standalone"]:
        raise typer.Exit(run_supervised([sys.executable, "-m", "airflow", *context.args]))
    os.execv(  # noqa: S606 - no shell wanted
        sys.executable, [sys.executable, "-m", "airflow", *context.args]
    )


@app.command()
def up() -> None:
    """Run Airflow with its scheduler on this machine until it is told to end; who asks for its page must log in."""
    from extract.jobs.airflow_login import ensure_login
    from extract.jobs.local_run import start_airflow
    from extract.jobs.up import run_parts

    settings = get_settings()
    start_airflow(settings)
    password = ensure_login(settings)
    if password is not None:
        errors.print(say("user admin, password {password}: printed only now", password=password), markup=False)
    address = f"http://127.0.0.1:{os.environ.get('AIRFLOW__API__PORT', '8080')}"
    run_parts(address, lambda text: errors.print(text, markup=False))


@app.command()
def housekeeping(
    every: Annotated[float | None, typer.Option(metavar="HOURS", help="Again and again, so many hours apart.")] = None,
    beat: Annotated[Path | None, typer.Option(dir_okay=False, help="A file to touch after each good time.")] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Remove sightings, logs and Airflow's rows older than JIXIAO_KEEP_DAYS; no document, row, release or decision."""
    from extract.jobs.housekeeping import keep_house, keep_house_daily
    from extract.jobs.local_run import airflow_environment

    settings = get_settings()
    if "AIRFLOW_HOME" not in os.environ and (settings.airflow_home / "airflow.db").exists():
        os.environ.update(airflow_environment(settings))
    if every is not None:
        keep_house_daily(settings, every, beat)
    done = keep_house(settings)
    print_rows([done], list(done), how)


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
    except BrokenPipeError:  # the reader of our output has seen enough
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


def _end(why: str) -> NoReturn:
    errors.print(f"jixiao: {why}", style="red", markup=False, soft_wrap=True)
    sys.exit(1)
