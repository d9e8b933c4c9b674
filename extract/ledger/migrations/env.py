"""Configure Alembic; the connection comes from `extract.ledger.schema`, or from JIXIAO_LEDGER_URL."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from extract.ledger.tables import metadata


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _migrate(given)
else:  # `alembic revision --autogenerate` while developing
    from extract.settings import get_settings

    with create_engine(get_settings().ledger_url or "").begin() as own:
        _migrate(own)
