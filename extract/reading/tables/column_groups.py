"""Group the canonical columns: money, the project, the unit, the levels, the value of a period, what each row has."""

from __future__ import annotations

from extract.entities import AMOUNT_KINDS, Column

AMOUNTS = tuple(AMOUNT_KINDS)
PROJECT_LEVEL = (
    Column.PROJECT,
    Column.PROJECT_CODE,
    Column.CATEGORY,
    *AMOUNTS,
    Column.OVERALL_GOAL,
    Column.ANNUAL_GOAL,
)
UNIT_LEVEL = (Column.UNIT, Column.DEPARTMENT)
LEVELS = (Column.LEVEL1, Column.LEVEL2)
PERIOD_VALUES = (Column.CYCLE_VALUE, Column.ANNUAL_VALUE, Column.VALUE, Column.ADJUSTED_VALUE)
ONE_EACH = (Column.INDICATOR, *PERIOD_VALUES, Column.SIGN, Column.MEASURE_UNIT, Column.ACTUAL_VALUE, Column.PRIOR_VALUE)
