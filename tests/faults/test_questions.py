"""Questions that anybody may ask of a release: what they can reach, and how much of the machine they get (a37)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from native import Cluster
from own_postgres import find_postgres
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from extract.jobs.publish import publish
from extract.locks import hold_writer
from extract.releases.query import QueryError, ask, ask_untrusted
from extract.settings import Settings

MART = "CREATE SCHEMA marts; CREATE TABLE marts.dim_documents AS SELECT 1 AS document_key"
HISTORY = (
    "CREATE TABLE marts.releases (release_id varchar, published_at timestamp, source_documents integer, "
    "row_counts varchar, checksum varchar)"
)


@pytest.fixture
def town(tmp_path: Path, make_database: Callable[..., str]) -> Settings:
    """A warehouse on PostgreSQL that is served by its superuser, as .env.example once had it, and not yet published."""
    url = make_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in (*MART.split(";"), HISTORY):
            connection.exec_driver_sql(statement)
    engine.dispose()
    login = (
        make_url(url).set(username=f"asks_{make_url(url).database}", password="geheim'\\%s@/:").render_as_string(False)  # noqa: S106
    )
    return Settings(home=tmp_path / "var", warehouse_url=url, reader_url=login)


LEAVES = [  # what left the reader's role before
    "SELECT set_config('role', 'none', false) || '{:.0}' UNION ALL SELECT query_to_xml({}, true, true, '')::text",
    "SELECT set_config('role', '{}', false) UNION ALL SELECT query_to_xml({}, true, true, '')::text",
]
WHAT = [
    "'select pg_read_file(''/etc/passwd'')'",
    "'select rolname, rolpassword from pg_authid'",
    "'select pg_reload_conf()'",
    "'select * from marts.dim_documents'",
    "'select * from releases.kept'",
    "'select pg_ls_dir(''/'')'",
]


def test_a37_nothing_in_a_question_leaves_the_readers_role(town: Settings) -> None:
    publish(town)
    (row,) = ask_untrusted(town, "SELECT document_key, session_user AS who FROM dim_documents")[1]
    assert row == {"document_key": 1, "who": make_url(secret(town)).username}
    powerful = make_url(town.warehouse_url or "").username
    for way in LEAVES:
        for what in WHAT:
            with pytest.raises(QueryError, match=r"permission denied|must be|must have"):
                list(ask_untrusted(town, way.format(powerful, what))[1])


def secret(settings: Settings) -> str:
    assert settings.reader_url is not None
    return settings.reader_url.get_secret_value()


def test_a37_a_superuser_asks_nothing(town: Settings) -> None:
    publish(town)
    same = town.model_copy(update={"reader_url": Settings(reader_url=town.warehouse_url).reader_url})
    with pytest.raises(QueryError, match="superuser"):
        ask_untrusted(same, "SELECT 1")
    without = town.model_copy(update={"reader_url": None})
    with pytest.raises(QueryError, match="set JIXIAO_READER_URL to"):
        ask_untrusted(without, "SELECT 1")


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("ALTER ROLE {} CREATEROLE", "may make roles"),
        ("GRANT pg_read_server_files TO {}", "pg_read_server_files"),
        (
            "CREATE SCHEMA own AUTHORIZATION {}; CREATE TABLE own.t (a integer); ALTER TABLE own.t OWNER TO {}",
            "owns tables",
        ),
    ],
)
def test_a37_a_login_that_could_do_more_asks_nothing(town: Settings, grant: str, said: str) -> None:
    publish(town)
    login = make_url(secret(town)).username or ""
    engine = create_engine(town.warehouse_url or "")
    with engine.begin() as connection:
        for statement in grant.replace("{}", login).split(";"):
            connection.execute(text(statement))
    engine.dispose()
    with pytest.raises(QueryError, match=said):
        ask_untrusted(town, "SELECT 1")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT pg_sleep(600)",
        "SELECT set_config('statement_timeout', '0', false), n, pg_sleep(CASE WHEN n > 2000 THEN 600 ELSE 0 END) "
        "FROM generate_series(1, 5000) AS s (n)",
    ],
)
def test_a37_an_endless_question_on_postgresql_ends_and_names_the_setting(town: Settings, query: str) -> None:
    publish(town)
    with pytest.raises(QueryError, match="JIXIAO_SQL_SECONDS"):
        list(ask_untrusted(town.model_copy(update={"sql_seconds": 2}), query)[1])


def test_a37_an_answer_without_end_stops_at_its_rows_on_postgresql(town: Settings) -> None:
    publish(town)
    few = town.model_copy(update={"sql_rows": 1500})
    assert len(list(ask_untrusted(few, "SELECT generate_series(1, 1500)")[1])) == 1500
    with pytest.raises(QueryError, match="JIXIAO_SQL_ROWS"):
        list(ask_untrusted(few, "SELECT generate_series(1, 1000000000)")[1])


# -- DuckDB ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(built: Settings) -> Settings:
    publish(built)
    return built


def test_a37_an_answer_without_end_stops_at_its_rows(served: Settings) -> None:
    few = served.model_copy(update={"sql_rows": 1500})
    with pytest.raises(QueryError, match=r"more than 1500 rows \(JIXIAO_SQL_ROWS\)"):
        list(ask_untrusted(few, "SELECT * FROM range(1000000000)")[1])


def test_a37_an_endless_question_ends_and_names_the_setting(served: Settings) -> None:
    short = served.model_copy(update={"sql_seconds": 1})
    with pytest.raises(QueryError, match=r"longer than 1 s \(JIXIAO_SQL_SECONDS\)"):
        list(ask_untrusted(short, "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE hash(a) = 1")[1])


def test_a37_a_question_that_wants_too_much_memory_spills_outside_the_release_and_is_stopped(
    served: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    small = served.model_copy(update={"sql_memory": "64MB", "sql_spill": "16MB"})
    before = sorted(served.releases.rglob("*"))
    (row,) = ask_untrusted(small, "SELECT current_setting('temp_directory') AS spill")[1]
    assert Path(row["spill"]).parent == room
    with pytest.raises(QueryError, match=r"JIXIAO_SQL_MEMORY.*JIXIAO_SQL_SPILL"):
        list(ask_untrusted(small, "SELECT list(range::VARCHAR) FROM range(5000000)")[1])
    assert sorted(served.releases.rglob("*")) == before
    assert list(room.iterdir()) == []


def test_a37_a_question_of_ours_is_locked_as_well(served: Settings) -> None:
    with pytest.raises(QueryError):
        ask(served, "SELECT * FROM read_csv('/etc/passwd')")
    with pytest.raises(QueryError):
        ask_untrusted(served, "SET memory_limit = '64GB'")


def test_a37_the_login_of_composes_questions_reaches_nothing_else_and_holds_up_no_writer(tmp_path: Path) -> None:
    if find_postgres() is None:
        pytest.skip("PostgreSQL is not installed")
    cluster = Cluster(tmp_path / "cluster", {})
    try:
        cluster.start_postgres()
        jixiao = make_url(cluster.url("warehouse"))
        questions = jixiao.set(username="questions", password=cluster.secret("questions_password"))
        refused = {
            "SELECT pg_advisory_lock(492510001)": "permission denied for function",
            "SELECT pg_try_advisory_xact_lock_shared(492510001)": "permission denied for function",
            "CREATE TEMP TABLE one (n int)": "read-only transaction|permission denied",
            "SET ROLE jixiao": "permission denied",
            "SELECT pg_read_file('/etc/passwd')": "permission denied",
            "COPY (SELECT 1) TO PROGRAM 'true'": "permission denied|must be",
            "SET temp_file_limit = -1": "permission denied",
            "SELECT rolpassword FROM pg_authid": "permission denied",
        }
        engine = create_engine(questions, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement, why in refused.items():
                with pytest.raises(DBAPIError, match=why):
                    connection.execute(text(statement))
        engine.dispose()
        for database in ("ledger", "airflow", "postgres"):
            with pytest.raises(DBAPIError, match="permission denied for database"):
                create_engine(questions.set(database=database)).connect()
        with hold_writer(Settings(home=tmp_path / "var", warehouse_url=cluster.url("warehouse"))):
            pass
    finally:
        cluster.stop()
