"""A connection that may make roles gets `jixiao_reader`, which can read what is published and nothing else."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, text

log = logging.getLogger(__name__)
READER = "jixiao_reader"
MISSING = (
    f"role {READER} is missing and this connection may not make it; an administrator can: "
    f"CREATE ROLE {READER} NOLOGIN; GRANT {READER} TO <the role of JIXIAO_WAREHOUSE_URL>"
)


def ensure_reader(connection: Connection, sql_seconds: int) -> None:
    """Make the role unless it is there, and take from everybody what nobody who only reads needs."""
    if not has_reader(connection):
        if not connection.scalar(text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")):
            log.warning(MISSING)
            return
        for statement in (
            f"CREATE ROLE {READER} NOLOGIN",
            f"ALTER ROLE {READER} SET default_transaction_read_only = on",
            f"ALTER ROLE {READER} SET statement_timeout = '{sql_seconds}s'",
            f"ALTER ROLE {READER} SET search_path = published",
            f"GRANT {READER} TO CURRENT_USER",
        ):
            connection.execute(text(statement))
    owned = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    if connection.scalar(text(owned)):
        name = connection.dialect.identifier_preparer.quote(connection.scalar(text("SELECT current_database()")))
        connection.execute(text(f"REVOKE CREATE, TEMPORARY ON DATABASE {name} FROM PUBLIC"))
        if connection.scalar(text("SELECT to_regnamespace('public') IS NOT NULL")):
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))


def has_reader(connection: Connection) -> bool:
    """Whether the server knows the role."""
    return bool(connection.scalar(text("SELECT to_regrole(:name) IS NOT NULL"), {"name": READER}))


def grant_reading(connection: Connection, schema: str) -> None:
    """Let the role read everything that a published schema holds now."""
    if has_reader(connection):
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))
