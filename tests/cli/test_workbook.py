"""What a workbook for Excel holds: text as text, numbers as numbers, no formula."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from homes import Line
from openpyxl import load_workbook

from extract.cli import workbook
from extract.cli.workbook import write_workbook
from extract.errors import JixiaoError


def cells_of(path: Path) -> list[Any]:
    """The cells of the first column below its header."""
    return [row[0] for row in load_workbook(path).worksheets[0].iter_rows(min_row=2)]


def write(path: Path, *values: Any) -> list[Any]:
    write_workbook(path, ["value"], [{"value": value} for value in values])
    return cells_of(path)


@pytest.mark.parametrize(
    "text",
    [
        "2-3",
        "1/2",
        "11000022T000000444016",
        "110000220000004440161",
        "007",
        "1e5",
        "≥85%",
        "=HYPERLINK(1)",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1+1",
        "TRUE",
        "2025-01-01",
        "珠海高新区党群工作部",
        "第一行\n第二行",
        "𠮷",
        "",
    ],
)
def test_text_stays_the_text_that_it_is(tmp_path: Path, text: str) -> None:
    (cell,) = write(tmp_path / "book.xlsx", text)
    assert (cell.value or "") == text
    assert cell.number_format == "@"
    assert cell.data_type in ("s", "inlineStr") or text == ""


@pytest.mark.parametrize(
    ("number", "shown"),
    [(Decimal("82530000.00"), "0.00"), (-3, "0"), (Decimal("1E+3"), "0"), (Decimal("0.1250"), "0.0000"), (2025, "0")],
)
def test_numbers_are_numbers_with_the_decimals_that_they_have(tmp_path: Path, number: Any, shown: str) -> None:
    (cell,) = write(tmp_path / "book.xlsx", number)
    assert cell.data_type == "n"
    assert Decimal(str(cell.value)) == number
    assert cell.number_format == shown


def test_a_number_that_excel_would_round_is_written_as_text(tmp_path: Path) -> None:
    exact, long, money = write(tmp_path / "book.xlsx", 123456789012345, 1234567890123456, Decimal("99999999999999.99"))
    assert (exact.value, exact.data_type) == (123456789012345, "n")
    assert long.value == "1234567890123456"
    assert money.value == "99999999999999.99"


def test_days_truths_and_nothing_keep_their_kind(tmp_path: Path) -> None:
    moment = datetime(2025, 3, 1, 8, 30)  # noqa: DTZ001 - as the warehouse keeps it
    day, at, nothing, yes = write(tmp_path / "book.xlsx", date(2025, 3, 1), moment, None, True)
    assert (day.value, day.is_date) == (datetime(2025, 3, 1), True)  # noqa: DTZ001 - as Excel keeps it
    assert at.value == moment
    assert yes.value is True
    assert nothing.value is None


def test_no_cell_is_a_formula_and_what_xml_cannot_hold_is_shown_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    (cell,) = write(path, "=1+1\x00")
    assert cell.value == "=1+1\ufffd"
    with zipfile.ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert not re.search(r"<f[ >]", sheet)


def test_what_excel_cannot_hold_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(JixiaoError, match="32,767 characters, found 40,000"):
        write(tmp_path / "book.xlsx", "长" * 40_000)
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    with pytest.raises(JixiaoError, match="rows"):
        write(tmp_path / "book.xlsx", "a", "b")
    assert list(tmp_path.iterdir()) == []


def test_a_statement_becomes_a_workbook_with_a_header_and_a_filter(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "budgets.xlsx"
    query = "SELECT project_name, amount_text, amount_yuan, fiscal_year FROM fct_project_budgets ORDER BY ALL"
    done = line.jixiao("sql", query, "--xlsx", str(path))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    sheet = load_workbook(path).worksheets[0]
    head, *rows = sheet.iter_rows(values_only=True)
    assert head == ("project_name", "amount_text", "amount_yuan", "fiscal_year")
    assert len(rows) == len(line.sql(query)) > 10
    assert all(isinstance(row[0], str) and isinstance(row[2], int | float) for row in rows)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:D{len(rows) + 1}"
