"""Define the quantities and dates of a target cell, and join two quantities to a range."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from extract.values.dates import DateSpan
from extract.values.numerals import EXACT, read_digits
from extract.values.token_patterns import Figure


@dataclass(slots=True)
class Quantity:
    """One number or range with its parts; `front` is its sign or word in front, `tail` the word behind."""

    figure: Figure
    low: Decimal | None
    high: Decimal | None
    front: str | None = None
    tail: str | None = None
    unit: str | None = None
    per: list[str] = field(default_factory=list)
    is_range: bool = False
    suspect: bool = False
    gap: int = 0  # characters of text since

    @property
    def comparator(self) -> str | None:
        """The comparator: of the sign in front, else of the word behind."""
        return self.front or self.tail


@dataclass(slots=True)
class Mention:
    """A date in the cell with the comparator in front of it, its denominator (每年12月底前) and the text around."""

    span: DateSpan
    front: str | None
    per: list[str]
    before: str
    after: str = ""


@dataclass(slots=True)
class Quantities:
    """All quantities and dates of a cell."""

    quantities: list[Quantity] = field(default_factory=list)
    dates: list[Mention] = field(default_factory=list)
    is_damaged: bool = False
    has_product: bool = False  # 7×24小时
    has_ratio: bool = False
    has_mask: bool = False


def join_range(first: Quantity, second: Quantity) -> None:
    """Make `first` the range up to `second`: in 5-10万元 multiplier and unit belong to both ends; 80%-90%."""
    if first.unit is None and not first.figure.power and second.figure.power:
        digits, other = read_digits(first.figure.digits), read_digits(second.figure.digits)
        if digits is not None and other is not None and digits < other:
            first.low = read_digits(first.figure.digits, second.figure.power)
    first.suspect |= bool(first.unit and second.unit and first.unit != second.unit) or second.suspect
    first.high, first.is_range = second.high, True
    first.unit = first.unit or second.unit
    if first.low is not None and first.high is not None and first.low > first.high:
        first.low, first.high, first.suspect = first.high, first.low, True


def join_around(first: Quantity, second: Quantity) -> None:
    """Make `first` the range around it: 100±5 → 95…105."""
    if first.low is not None and second.high is not None:
        middle, width = first.low, second.high
        first.low, first.high, first.is_range = EXACT.subtract(middle, width), EXACT.add(middle, width), True
        first.unit = first.unit or second.unit


def join_bounds(quantities: list[Quantity]) -> Quantity | None:
    """Join a lower and an upper bound of the same unit to one range: ≤2%且≥1% → 1…2 %; else None."""
    if len(quantities) != 2 or any(quantity.is_range for quantity in quantities):
        return None
    lower = [quantity for quantity in quantities if quantity.comparator in ("ge", "gt")]
    upper = [quantity for quantity in quantities if quantity.comparator in ("le", "lt")]
    if len(lower) != 1 or len(upper) != 1:
        return None
    low, high = lower[0], upper[0]
    if (
        low.low is None
        or high.high is None
        or low.low > high.high
        or (low.unit and high.unit and low.unit != high.unit)
    ):
        return None
    per = low.per or high.per
    return Quantity(low.figure, low.low, high.high, "range", None, low.unit or high.unit, per, is_range=True)
