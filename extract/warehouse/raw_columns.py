"""Define the types and groups of columns that tables of the raw schema share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Double, Integer, MetaData, Numeric, String, TypeDecorator
from sqlalchemy.engine import Dialect

metadata = MetaData(schema="raw")

QUESTION = ("question_key", "question_kind", "question_text")  # that it waits for; null where nothing is asked
WHOLE_DIGITS, DECIMALS = 28, 10  # of a target's number


class Exact(TypeDecorator[Decimal]):
    """A decimal column without rounding, on a dialect that binds decimals (`staging.open_warehouse`).

    DuckDB's driver misreads a positive exponent (it stores Decimal("1E+3") as 1), so plain digits are bound.
    """

    impl = Numeric
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        """The Python type of values."""
        return Decimal

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        """Write a positive exponent as plain digits."""
        return None if value is None else Decimal(format(value, "f"))


YUAN = Exact(20, 2)
NUMBER = Exact(WHOLE_DIGITS + DECIMALS, DECIMALS)


def part_columns() -> tuple[Column[Any], ...]:
    """Return the key of a part: its document and its number there."""
    return Column("sha256", String(64), nullable=False), Column("part_no", Integer, nullable=False)


def box_columns() -> tuple[Column[float], ...]:
    """Return the sides of a box on a displayed page, points."""
    return tuple(Column(side, Double, nullable=False) for side in ("x0", "y0", "x1", "y1"))


def place_columns() -> tuple[Column[Any], ...]:
    """Return a page and a box on it."""
    return Column("page", Integer, nullable=False), *box_columns()


def quantity_columns() -> tuple[Column[Any], ...]:
    """Return the columns that say what a printed value or promise means."""
    return (
        Column("comparator", String),
        Column("low", NUMBER),
        Column("high", NUMBER),
        Column("measure_unit", String),
        Column("per", String),
    )


def held_columns() -> tuple[Column[Any], ...]:
    """Return the columns that describe something that is held back."""
    return (
        Column("scope", String, nullable=False),  # project department
        Column("page", Integer, nullable=False),
        Column("last_page", Integer, nullable=False),
        Column("unit_text", String),
        Column("project_text", String),
        Column("reason", String, nullable=False),
        Column("detail", String, nullable=False),
        *(Column(name, String) for name in QUESTION),
    )
