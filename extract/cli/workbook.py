"""Write rows to an Excel workbook unchanged: text as text, numbers as numbers, no formulas.

CSV cannot do that: Excel makes a date of 2-3 and of 1/2, and cuts a code of 21 digits down to 15.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from extract.cli.output import OutputRow
from extract.errors import JixiaoError

MOST_DIGITS = 15  # that Excel keeps of a number
MOST_ROWS = 1_048_575  # of a sheet, below its header
MOST_CHARACTERS = 32_767  # of a cell
WIDTH_CHARACTERS = 24
TEXT = "@"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_workbook(path: Path, columns: Sequence[str], rows: Iterable[OutputRow]) -> int:
    """Write one sheet with a header row, atomically; return the number of rows.

    Raises JixiaoError where Excel cannot hold the rows: 1,048,575 of them, 32,767 characters in a cell.
    """
    book = Workbook(write_only=True)
    sheet: WriteOnlyWorksheet = book.create_sheet("jixiao")
    sheet.freeze_panes = "A2"
    for number in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH_CHARACTERS
    sheet.append([_head(sheet, name) for name in columns])
    try:
        count = _append_rows(sheet, columns, rows)
    except BaseException:
        sheet.close()  # the file that openpyxl writes to meanwhile
        raise
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(columns), 1))}{count + 1}"
    part = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        book.save(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return count


def _append_rows(sheet: WriteOnlyWorksheet, columns: Sequence[str], rows: Iterable[OutputRow]) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise JixiaoError(f"a sheet holds {MOST_ROWS:,} rows, found more: ask for fewer, or open the Parquet files")
        sheet.append([_cell(sheet, name, row[name]) for name in columns])
    return count


def _head(sheet: WriteOnlyWorksheet, name: str) -> WriteOnlyCell:
    cell = _text(sheet, name)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: WriteOnlyWorksheet, column: str, value: Any) -> WriteOnlyCell | bool | float | None:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int | Decimal) and _digits(value) <= MOST_DIGITS:
        cell = WriteOnlyCell(sheet, value)
        places = max(-Decimal(value).as_tuple().exponent, 0)  # type: ignore[operator]
        cell.number_format = "0" + "." * bool(places) + "0" * places
        return cell
    if isinstance(value, date) and not (isinstance(value, datetime) and value.tzinfo):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "yyyy-mm-dd hh:mm:ss" if isinstance(value, datetime) else "yyyy-mm-dd"
        return cell
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(text) > MOST_CHARACTERS:
        raise JixiaoError(f"column {column}: a cell of Excel holds {MOST_CHARACTERS:,} characters, found {len(text):,}")
    return _text(sheet, text)


def _digits(value: int | Decimal) -> int:
    """Count the digits of a number, written out: Excel would round a longer one."""
    return sum(character.isdigit() for character in format(value, "f" if isinstance(value, Decimal) else "d"))


def _text(sheet: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    """Return a cell of text, whatever it looks like; the format `@` keeps it text when it is edited."""
    cell = WriteOnlyCell(sheet, NOT_IN_XML.sub("\ufffd", text))
    cell.data_type = "s"
    cell.number_format = TEXT
    return cell
