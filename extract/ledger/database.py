"""Open transactions on the ledger's tables, for several processes at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite

from extract.files import make_private
from extract.ledger.schema import ensure_schema, require_schema


def now() -> datetime:
    """Return the present as the ledger stores it: UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


def as_utc(moment: datetime) -> datetime:
    """Convert an aware datetime to the ledger's form, UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so, DDL of migrations included
    connection.execute("PRAGMA busy_timeout=60000")
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("jixiao_begin", "BEGIN IMMEDIATE"))


def is_only_readable(file: Path) -> bool:
    """Return True if the ledger file exists and this process may not write it."""
    may_write = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    return not may_write and file.exists() and os.access(file, os.R_OK)


def _way_to_read(file: Path) -> str:
    """Return SQLite's URI options for reading: through the journal while one exists, else as immutable."""
    return "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "mode=ro&immutable=1"


class Database:
    """The ledger at one SQLAlchemy URL, migrated to the newest schema."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url)
        self._dialect: Any = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        file = Path(self.engine.url.database or "") if self.engine.dialect.name == "sqlite" else None
        if file is not None and is_only_readable(file):
            self.engine = create_engine(f"sqlite:///file:{quote(str(file))}?{_way_to_read(file)}&uri=true")
            require_schema(self.engine)
            return
        if file is not None:
            make_private(file.parent)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        ensure_schema(self.engine)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Open a write transaction; SQLite takes its lock at the start, since an upgrade from read may fail."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Open a read transaction: one consistent snapshot that blocks no writer."""
        with self.engine.connect().execution_options(jixiao_begin="BEGIN") as connection:
            yield connection

    def _insert_missing(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            connection.execute(self._dialect.insert(table).on_conflict_do_nothing(), list(rows))

    def _insert_or_replace(self, connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        insert = self._dialect.insert(table)
        keys = [column.name for column in table.primary_key]
        new = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=new), list(rows))
