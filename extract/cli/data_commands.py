"""Define `jixiao show`, `report`, `sql` and `diff`: read the served release."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from extract.cli.output import Format, FormatOption, errors, print_rows, show_progress, track
from extract.settings import get_settings
from extract.translations import say


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
    from extract.releases.query import ask_untrusted

    columns, rows = ask_untrusted(get_settings(), sys.stdin.read() if query == "-" else query, release)
    if xlsx is None:
        print_rows(rows, columns, how)
        return
    from extract.cli.workbook import write_workbook

    errors.print(say("{file}: {rows} rows", file=xlsx, rows=write_workbook(xlsx, columns, rows)), markup=False)


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
