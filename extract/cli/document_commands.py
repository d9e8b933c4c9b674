"""Define `jixiao read`, `grids` and `value`: read PDFs and texts without touching any state."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from extract.cli.output import REFUSED, Format, FormatOption, as_json, print_rows, track
from extract.errors import Refused
from extract.reading.drawing.overlay import Stage
from extract.translations import say


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
            """Yield the rows of every file; print refusals and held-back projects to stderr."""
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


def value(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT…|-]")] = None,
) -> None:
    """Read target texts as numbers, one JSON line each; `-` reads one text per line from stdin."""
    from extract.values import parse_target, value_as_json

    given = texts or ["-"]
    lines = (line.removesuffix("\n") for line in sys.stdin) if given == ["-"] else iter(given)
    for line in lines:
        print(value_as_json(parse_target(line)))
