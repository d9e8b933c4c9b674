"""Write digests of rows and their sums in the SQL of DuckDB or of PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """Snippets of SQL about a relation that is named `t`."""

    row_number: str
    """A whole number made of all values of a row. Sums of them are the same whatever the order of the rows."""
    whole: str
    """The type that such a sum fits."""
    columns_digest: str
    """A text that is equal where the columns put into `{}` are; each column as `column_item` writes it."""
    column_item: str
    build: str
    """Prefix of the schemas of the build database."""

    def digest(self, columns: Sequence[str]) -> str:
        """Write SQL for a text that is equal where these columns are."""
        return self.columns_digest.format(", ".join(self.column_item.format(column=column) for column in columns))

    def checksum(self) -> str:
        """Write SQL for the sum over all rows; null where there is none."""
        return f"CAST(sum({self.row_number}) AS {self.whole})"


DUCKDB = Dialect(
    row_number="CAST(md5_number_lower(CAST(to_json(t) AS varchar)) AS hugeint)",
    whole="decimal(38, 0)",
    columns_digest="md5(CAST(to_json({{{}}}) AS varchar))",
    column_item="'{column}': t.\"{column}\"",
    build="build.",
)
POSTGRES = Dialect(
    # 15 hex digits fit a bigint whatever they are; their sum is a numeric
    row_number="CAST(CAST('x' || substr(md5(CAST(t AS text)), 1, 15) AS bit(60)) AS bigint)",
    whole="numeric(38, 0)",
    columns_digest="md5(CAST(ROW({}) AS text))",
    column_item='t."{column}"',
    build="",
)


def dialect_of(name: str) -> Dialect:
    """Return the dialect that SQLAlchemy calls by this name."""
    return POSTGRES if name == "postgresql" else DUCKDB
