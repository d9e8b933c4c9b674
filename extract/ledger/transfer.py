"""Copy a ledger between databases, of either kind: SQLite in a backup, PostgreSQL in use."""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select, text

from extract.ledger.database import Database
from extract.ledger.tables import metadata

AT_ONCE = 5000  # rows per transaction


def copy_ledger(source: str, target: str) -> None:
    """Copy every row of one snapshot to a ledger without rows; migrates both to the newest schema first."""
    old, new = Database(source), Database(target)
    is_postgres = old.engine.dialect.name == "postgresql"
    level = {"isolation_level": "REPEATABLE READ"} if is_postgres else {"jixiao_begin": "BEGIN"}
    try:
        with old.engine.connect().execution_options(**level) as rows, new.engine.begin() as into:
            for table in metadata.sorted_tables:
                for some in rows.execution_options(yield_per=AT_ONCE).execute(select(table)).mappings().partitions():
                    into.execute(table.insert(), [dict(row) for row in some])
                if new.engine.dialect.name == "postgresql":
                    _count_on(into, table)
    finally:
        old.engine.dispose()
        new.engine.dispose()


def _count_on(connection: Connection, table: Table) -> None:
    """Advance PostgreSQL's sequences past the copied numbers."""
    number = table.autoincrement_column
    last = None if number is None else connection.scalar(select(func.max(number)))
    if number is not None and last is not None:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        connection.execute(sequence, {"table": table.name, "column": number.name, "last": last})
