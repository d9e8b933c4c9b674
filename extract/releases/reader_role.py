"""Create the role `jixiao_reader`, which can read published schemas and nothing else."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from extract.settings import Settings

log = logging.getLogger(__name__)
READER = "jixiao_reader"
MISSING = (
    f"role {READER} is missing and this connection may not make it; an administrator can: "
    f"CREATE ROLE {READER} NOLOGIN; GRANT {READER} TO <the role of JIXIAO_WAREHOUSE_URL>"
)


def ensure_reader(connection: Connection, settings: Settings) -> None:
    """Create the role if it is missing, and revoke default rights that a reader does not need.

    Where JIXIAO_READER_URL names a login for untrusted statements, it is created too: in this role, and in no
    other.
    """
    if not has_reader(connection):
        if not _may_make_roles(connection):
            log.warning(MISSING)
            return
        for statement in (
            f"CREATE ROLE {READER} NOLOGIN",
            f"ALTER ROLE {READER} SET default_transaction_read_only = on",
            f"ALTER ROLE {READER} SET statement_timeout = '{settings.sql_seconds}s'",
            f"ALTER ROLE {READER} SET search_path = published",
            f"GRANT {READER} TO CURRENT_USER",
        ):
            connection.execute(text(statement))
    if settings.reader_url is not None:
        _ensure_login(connection, settings.reader_url.get_secret_value())
    owned = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    if connection.scalar(text(owned)):
        name = connection.dialect.identifier_preparer.quote(connection.scalar(text("SELECT current_database()")))
        connection.execute(text(f"REVOKE CREATE, TEMPORARY ON DATABASE {name} FROM PUBLIC"))
        if connection.scalar(text("SELECT to_regnamespace('public') IS NOT NULL")):
            connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))


def _ensure_login(connection: Connection, url: str) -> None:
    """Create the login for untrusted statements; an existing one keeps its password and its rights."""
    login, password = make_url(url).username, make_url(url).password
    known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": login})
    if known or not login or not password:
        return
    if not _may_make_roles(connection):
        log.warning("JIXIAO_READER_URL: this connection may not make the login %s; an administrator can", login)
        return
    from psycopg2.extensions import encrypt_password  # type: ignore[import-untyped]

    name = connection.dialect.identifier_preparer.quote_identifier(login)
    driver: Any = connection.connection.driver_connection  # not by SQLAlchemy, which would log the statement
    hashed = encrypt_password(password, login, scope=driver, algorithm="scram-sha-256")
    with driver.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD '{hashed}'")
        cursor.execute(f"GRANT {READER} TO {name}")


def find_power(connection: Connection) -> str | None:
    """Describe what the session's login could do besides reading releases, whatever a query sets; None for nothing."""
    query = """
        SELECT rolname, rolsuper, rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
            (SELECT string_agg(other.rolname, ', ' ORDER BY other.rolname) FROM pg_roles AS other
             WHERE pg_has_role(own.oid, other.oid, 'MEMBER') AND other.rolname NOT IN (own.rolname, :reader))
        FROM pg_roles AS own WHERE rolname = session_user
    """
    name, is_super, has_rights, others = connection.execute(text(query), {"reader": READER}).one()
    if is_super:
        return f"{name} is a superuser: a query could read the server's files; name a login in {READER} alone"
    if has_rights:
        return f"{name} may make roles or databases, or replicate: name a login in {READER} alone"
    if others:
        return f"{name} is in other roles too ({others}), which a query could take: name a login in {READER} alone"
    owned = text(
        "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = session_user)"
    )
    if connection.scalar(owned):
        return f"{name} owns tables: name a login in {READER} that owns nothing"
    return None


def _may_make_roles(connection: Connection) -> bool:
    query = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))


def has_reader(connection: Connection) -> bool:
    """Return True if the server has the role."""
    return bool(connection.scalar(text("SELECT to_regrole(:name) IS NOT NULL"), {"name": READER}))


def grant_reading(connection: Connection, schema: str) -> None:
    """Grant the role to read everything that a published schema holds now."""
    if has_reader(connection):
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {READER}"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))
