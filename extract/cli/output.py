"""Print rows: a table for people, JSON lines, JSON or CSV for programs. Only results go to stdout."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

FORMULA = "=+-@\t\r\n＝＋－＠"
OutputRow = Mapping[str, Any]
REFUSED = 3  # exit status: something was refused


class Format(StrEnum):
    """Output formats of results."""

    TABLE = "table"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[Format, typer.Option("--format", help="`table` for people; the others alone on stdout.")]

errors = Console(stderr=True, highlight=False)
NARROW = 8  # a text column folded to less is not worth reading: then each row becomes a block
_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)?%?")


def set_encodings() -> None:
    """Write UTF-8 to programs and files, whatever the locale; on a terminal, escape what it cannot show."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue  # closed
        is_given = stream.isatty() or "PYTHONIOENCODING" in os.environ
        errors = "surrogateescape" if stream is sys.stdin else "backslashreplace"
        stream.reconfigure(encoding=None if is_given else "utf-8", errors=errors)


@contextmanager
def show_progress() -> Iterator[Callable[[str], None]]:
    """Show the current step on the terminal: a spinner, or one line a step where stderr is no terminal.

    Writes to a duplicate of stderr, so that it stays visible while Airflow's output is sent to a file.
    """
    with os.fdopen(os.dup(2), "w", encoding="utf-8") as channel:
        console = Console(file=channel, highlight=False)
        started = time.monotonic()

        def tell(step: str) -> None:
            """Replace the text of the spinner, or print a line."""
            line = f"{time.monotonic() - started:6.1f} s  {step}"
            if console.is_terminal:
                spinner.update(text=Text(line))
            else:
                console.print(line, markup=False)
                channel.flush()

        spinner = Spinner("dots", "starting")
        # what others print must reach the file that stdout is sent to: by default Live would print it on the terminal
        with Live(spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=False):
            yield tell


Item = TypeVar("Item")


def track(items: Sequence[Item], what: str, how: Format) -> Iterator[Item]:
    """Yield the items with a progress bar on the terminal, unless results stream to it."""
    visible = errors.is_terminal and (how is Format.TABLE or not sys.stdout.isatty())
    with Progress(console=errors, transient=True, disable=not visible) as progress:
        yield from progress.track(items, description=what)


def as_json(value: Any) -> str:
    """Return one line of JSON. Decimals become strings, so that no program rounds them; dates are ISO 8601."""
    line = json.dumps(value, ensure_ascii=False, default=_plain)
    # A lone surrogate is no UTF-8: escaped, the line stays valid and the text comes back as it was.
    return re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match.group()):04x}", line)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def neutralise(value: Any) -> Any:
    """Prefix a text that a spreadsheet would run as a formula with an apostrophe; numbers stay numbers.

    Full-width signs count too: with Chinese and Japanese settings they begin a formula (OWASP, CSV injection).
    """
    if isinstance(value, str) and value[:1] in FORMULA and value and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


class _Lines:
    """Standard output for `csv.writer`, with LF after each row.

    The writer must end rows with CR LF: else it leaves a CR in a cell unquoted, and a spreadsheet begins a row there.
    """

    def write(self, row: str) -> int:
        """Write one row."""
        return sys.stdout.write(row.removesuffix("\r\n") + "\n")


def print_rows(rows: Iterable[OutputRow], columns: Sequence[str], how: Format) -> None:
    """Print rows with these columns, in order, as they come."""
    if how is Format.TABLE:
        _print_table(rows, columns)
    elif how is Format.CSV:
        writer = csv.writer(_Lines())
        writer.writerow([neutralise(column) for column in columns])
        for row in rows:
            writer.writerow([neutralise(_cell(row.get(column))) for column in columns])
    elif how is Format.JSON:
        print(as_json(list(rows)))
    else:
        for row in rows:
            print(as_json(row))


def _cell(value: Any) -> Any:
    if isinstance(value, (list, tuple, dict)):
        return as_json(value)
    return _plain(value) if isinstance(value, (Decimal, date)) else value


def _print_table(rows: Iterable[OutputRow], columns: Sequence[str]) -> None:
    """Print a table that fits the window, or one block a row where even narrow columns would not fit."""
    console = Console(highlight=False)
    if not console.is_terminal:  # a file or pipe has no width
        console.width = 200
    rows = list(rows)
    numeric = {c for c in columns if any(isinstance(row.get(c), (int, float, Decimal)) for row in rows)}
    widths = {column: max(_width(text) for text in (column, *(row.get(column) for row in rows))) for column in columns}
    needed = sum(3 + (widths[c] if c in numeric else min(widths[c], NARROW)) for c in columns)
    if rows and needed > console.width:
        _print_blocks(console, rows, columns)
        return
    table = Table(header_style="bold")
    for column in columns:
        is_number = column in numeric
        table.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        table.add_row(*(_shown(row.get(column)) for column in columns))
    console.print(table)


def _width(value: Any) -> int:
    return _shown(value).cell_len


def _print_blocks(console: Console, rows: Sequence[OutputRow], columns: Sequence[str]) -> None:
    for number, row in enumerate(rows, start=1):
        block = Table(title=f"row {number}", title_justify="left", show_header=False, box=None, pad_edge=False)
        block.add_column(style="bold", no_wrap=True)
        block.add_column(overflow="fold")
        for column in columns:
            block.add_row(column, _shown(row.get(column)))
        console.print(block)


def _shown(value: Any) -> Text:
    """Return text and never markup: a cell may hold [red] or an escape sequence."""
    if value is None:
        return Text("–", style="dim")
    if isinstance(value, Decimal):
        return Text(f"{value:,f}")
    text = value.isoformat(" ") if isinstance(value, datetime) else str(_cell(value))
    return Text("".join(char if char.isprintable() or char == "\n" else "\ufffd" for char in text))
