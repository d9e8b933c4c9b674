"""Define the commands that look after a home: publishers, settings, backup, restore, airflow, up, housekeeping."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from extract.cli.completion import complete_publisher
from extract.cli.output import Format, FormatOption, errors, print_rows, show_progress
from extract.errors import SettingsError
from extract.settings import get_settings
from extract.translations import say


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


def show_settings(how: FormatOption = Format.TABLE) -> None:
    """List every setting: its environment variable, value, and meaning."""
    from extract.cli.record_rows import setting_rows

    print_rows(setting_rows(get_settings()), ["variable", "value", "default", "meaning"], how)


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


def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="What `backup` wrote.")],
) -> None:
    """Make an empty home what it was at the newest backup; the next run goes on from there."""
    from extract.jobs.backup import restore as restore_home

    with show_progress() as progress:
        progress(say("copying"))
        made = restore_home(get_settings(), folder)
    print(f"{get_settings().home}: {made['made_at']}")


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
