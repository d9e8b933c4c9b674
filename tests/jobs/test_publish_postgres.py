"""Publishing on PostgreSQL: schemas and views instead of folders and a link, with the same promises."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from extract.errors import BuildError, SettingsError
from extract.jobs.publish import list_releases, publish, roll_back, unpin
from extract.ledger import Ledger
from extract.locks import LockedError, hold_writer
from extract.releases import postgres_schema
from extract.releases.query import QueryError, ask
from extract.releases.reader_role import READER
from extract.releases.schema_shelf import SchemaShelf
from extract.releases.shelves import served_release
from extract.settings import Settings
from extract.warehouse.staging import open_warehouse

MARTS = """
CREATE SCHEMA marts;
CREATE TABLE marts.dim_documents AS SELECT n AS document_key, 'a' AS title FROM generate_series(0, 2) AS s (n);
COMMENT ON TABLE marts.dim_documents IS 'One row per document';
COMMENT ON COLUMN marts.dim_documents.document_key IS 'key: ''主键''';
CREATE TABLE marts.releases (release_id varchar, published_at timestamp, source_documents integer, row_counts varchar,
    checksum varchar)
"""


@pytest.fixture
def built(tmp_path: Path, make_database: Callable[..., str]) -> Settings:
    """A database with one mart and the release history, as dbt leaves them."""
    settings = Settings(home=tmp_path / "var", warehouse_url=make_database(), writer_wait_seconds=1)
    change(settings, *MARTS.split(";"))
    return settings


@pytest.fixture
def engine(built: Settings) -> Iterator[Engine]:
    engine = create_engine(built.warehouse_url or "")
    yield engine
    engine.dispose()


def change(settings: Settings, *statements: str) -> None:
    engine = create_engine(settings.warehouse_url or "")
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def documents(settings: Settings, release_id: str | None = None) -> int:
    _, rows = ask(settings, "SELECT count(*) AS n FROM dim_documents", release_id)
    return int(next(iter(rows))["n"])


def count(connection: Connection, schema: str = "published") -> int:
    return connection.scalar(text(f"SELECT count(*) FROM {schema}.dim_documents")) or 0


def test_a_release_holds_the_marts_their_descriptions_and_its_own_row(built: Settings, engine: Engine) -> None:
    release = publish(built)
    assert release["published"]
    assert documents(built) == 3
    _, own = ask(built, "SELECT release_id, checksum FROM releases")
    assert list(own) == [{"release_id": release["release_id"], "checksum": release["checksum"]}]
    with engine.connect() as connection:
        comment = "SELECT col_description(CAST('published.dim_documents' AS regclass), 1)"
        assert connection.scalar(text(comment)) == "key: '主键'"
    assert Ledger(built.ledger_url or "").releases()[0]["release_id"] == release["release_id"]


def test_a09_the_same_rows_are_not_published_twice_and_leave_nothing(built: Settings, engine: Engine) -> None:
    first = publish(built)
    second = publish(built)
    assert (second["published"], second["served"], second["release_id"]) == (False, True, first["release_id"])
    with engine.connect() as connection:
        schemas = r"SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'release\_%'"
        assert connection.scalar(text(schemas)) == 1


def test_what_a_release_changed_is_published_with_it(built: Settings) -> None:
    publish(built)
    change(
        built,
        "DELETE FROM marts.dim_documents WHERE document_key = 0",
        "UPDATE marts.dim_documents SET title = 'b' WHERE document_key = 1",
        "INSERT INTO marts.dim_documents VALUES (7, 'c'), (8, 'c')",
    )
    release = publish(built)
    _, rows = ask(built, "SELECT * FROM release_changes")
    (row,) = rows
    assert row.pop("release_id") == release["release_id"]
    assert list(row.values())[1:] == ["dim_documents", 3, 2, 1, 1, 4]


def test_a06_a_reader_of_any_isolation_finishes_while_others_see_the_new_release(
    built: Settings, engine: Engine
) -> None:
    publish(built)
    snapshots = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshots.connect() as old, engine.connect() as young, engine.connect() as streaming:
        assert count(old) == count(young) == 3
        rows = streaming.execution_options(stream_results=True, max_row_buffer=1).execute(
            text("SELECT a.document_key FROM published.dim_documents AS a, generate_series(1, 5000)")
        )
        assert rows.fetchone() is not None
        change(built, "INSERT INTO marts.dim_documents VALUES (9, 'd')")
        publish(built)
        assert count(old) == 3, "its snapshot is older than the release"
        assert count(young) == 4
        assert len(rows.fetchall()) == 14_999
    with engine.connect() as new:
        assert count(new) == 4


def test_a_snapshot_older_than_two_releases_is_told_so_and_shown_no_empty_table(
    built: Settings, engine: Engine
) -> None:
    publish(built)
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as old:
        assert count(old) == 3
        for n in (8, 9):
            change(built, f"INSERT INTO marts.dim_documents VALUES ({n}, 'd')")
            publish(built)
        with pytest.raises(DBAPIError, match="older than the releases"):
            count(old)


def test_a_column_that_comes_or_goes_between_releases_hinders_no_reader(built: Settings, engine: Engine) -> None:
    publish(built)
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as old:
        assert count(old) == 3
        change(
            built,
            "ALTER TABLE marts.dim_documents ADD COLUMN pages integer DEFAULT 5",
            "ALTER TABLE marts.dim_documents ALTER COLUMN document_key TYPE text",
        )
        publish(built)
        rows = old.execute(text("SELECT * FROM published.dim_documents ORDER BY 1")).all()
        assert [tuple(row) for row in rows] == [(str(n), "a", None) for n in range(3)]
    _, rows_now = ask(built, "SELECT sum(pages) AS pages FROM dim_documents")
    assert list(rows_now) == [{"pages": 15}]


def test_a05_a_failing_server_leaves_the_old_release_and_nothing_else(
    built: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(built)
    change(built, "INSERT INTO marts.dim_documents VALUES (9, 'd')")
    with monkeypatch.context() as patched:

        def lose_connection(shelf: SchemaShelf, _id: str) -> None:
            shelf._connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        patched.setattr(SchemaShelf, "serve", lose_connection)
        with pytest.raises(DBAPIError):
            publish(built)
    assert [one["release_id"] for one in list_releases(built)] == [first["release_id"]]
    assert documents(built) == 3
    assert publish(built)["published"]
    assert documents(built) == 4


def test_old_releases_go_but_not_while_somebody_reads_them(built: Settings, engine: Engine) -> None:
    short = built.model_copy(update={"keep_releases": 1})
    ids = [publish(short)["release_id"]]
    with engine.connect() as reader:
        assert count(reader) == 3
        for n in range(3):
            change(built, f"INSERT INTO marts.dim_documents VALUES ({100 + n}, 'd')")
            ids.append(publish(short)["release_id"])
        assert ids[0] in {one["release_id"] for one in list_releases(built)}
    change(built, "INSERT INTO marts.dim_documents VALUES (200, 'd')")
    ids.append(publish(short)["release_id"])
    assert [one["release_id"] for one in list_releases(built)] == [ids[-1], ids[-2]], "the views need the one before"


def test_a_rollback_stays_until_it_is_taken_back(built: Settings) -> None:
    first = publish(built)["release_id"]
    change(built, "INSERT INTO marts.dim_documents VALUES (9, 'd')")
    second = publish(built)["release_id"]
    assert roll_back(built, None, "张三", "wrong amounts")["release_id"] == first
    assert documents(built) == 3
    assert documents(built, second) == 4
    change(built, "INSERT INTO marts.dim_documents VALUES (10, 'd')")
    third = publish(built)
    assert (third["published"], third["served"]) == (True, False)
    assert documents(built) == 3
    unpin(built, "张三")
    current = served_release(built)
    assert current is not None
    assert current["release_id"] == third["release_id"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a integer)",
        "CREATE TEMP TABLE t (a integer)",
        "INSERT INTO dim_documents VALUES (1, 'x')",
        "SELECT * FROM marts.dim_documents",
        "SELECT 1; RESET ROLE; DROP TABLE marts.dim_documents",
        "COPY dim_documents TO '/tmp/jixiao-leak.csv'",
        "COPY dim_documents TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT 1 / 0",
    ],
)
def test_a26_a_reader_can_only_read(built: Settings, statement: str) -> None:
    publish(built)
    with pytest.raises(QueryError):
        list(ask(built, statement)[1])
    assert documents(built) == 3


def test_a26_a_login_in_the_reader_role_reads_what_is_published_and_nothing_else(
    built: Settings, engine: Engine
) -> None:
    publish(built)
    with engine.connect() as connection:
        connection.execute(text(f"SET SESSION AUTHORIZATION {READER}"))
        assert count(connection) == 3
        connection.commit()
        for statement in (
            "SELECT * FROM marts.dim_documents",
            "SELECT * FROM releases.served",
            "CREATE TEMP TABLE t (a integer)",
            "CREATE TABLE public.t (a integer)",
            "DELETE FROM published.dim_documents",
        ):
            with pytest.raises(DBAPIError, match=r"permission denied|cannot"):
                connection.execute(text(statement))
            connection.rollback()


def test_a_query_that_takes_too_long_is_stopped(built: Settings) -> None:
    publish(built)
    with pytest.raises(QueryError, match=r"timeout|took longer than 1 s"):  # whichever clock is first
        list(ask(built.model_copy(update={"sql_seconds": 1}), "SELECT pg_sleep(60)")[1])


def test_a_long_answer_comes_in_order_and_whole(built: Settings) -> None:
    publish(built)
    columns, rows = ask(built, "SELECT n FROM generate_series(1, 2500) AS s (n) ORDER BY n")
    assert columns == ["n"]
    assert [row["n"] for row in rows] == list(range(1, 2501))


def test_a_second_writer_on_any_machine_waits_and_then_says_so(built: Settings) -> None:
    elsewhere = built.model_copy(update={"home": built.home / "elsewhere"})
    held, done = threading.Event(), threading.Event()

    def write() -> None:
        with hold_writer(elsewhere):
            held.set()
            done.wait(60)

    other = threading.Thread(target=write)
    other.start()
    try:
        assert held.wait(60)
        with pytest.raises(LockedError, match="another writer"):
            publish(built)
    finally:
        done.set()
        other.join()
    assert publish(built)["published"]


def test_a_database_that_sorts_by_a_language_is_refused_with_what_to_do(
    tmp_path: Path, make_database: Callable[..., str]
) -> None:
    url = make_database("LC_COLLATE 'C' LC_CTYPE 'C'")
    with (
        pytest.raises(SettingsError, match=r"LC_CTYPE 'C\.UTF-8'"),
        open_warehouse(Settings(home=tmp_path, warehouse_url=url)),
    ):
        pass


def test_an_empty_build_is_not_published(tmp_path: Path, make_database: Callable[..., str]) -> None:
    with pytest.raises(BuildError, match="no marts"):
        publish(Settings(home=tmp_path, warehouse_url=make_database()))


FACTS = """
CREATE TABLE marts.fct_project_budgets AS
SELECT
    2023 + mod(n, 3) AS fiscal_year, 'p' || mod(n, 4) AS publisher_key, 'b:' || n AS budget_key, n * 1.5 AS amount_yuan
FROM generate_series(0, 59) AS s (n)
"""


def test_releases_share_the_tables_of_equal_parts_and_those_that_none_needs_go(
    built: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_schema, "PART_ROWS", 10)
    short = built.model_copy(update={"keep_releases": 1})
    change(built, FACTS)
    first = publish(short)
    parts = "SELECT relname FROM pg_class WHERE relnamespace = CAST('parts' AS regnamespace) AND relname LIKE 'fct%'"
    with engine.connect() as connection:
        before = set(connection.scalars(text(parts)))
    assert len(before) == 6, "three years, two ranges of publishers"
    for amount in (-1, -2):
        statement = f"UPDATE marts.fct_project_budgets SET amount_yuan = {amount} WHERE budget_key = 'b:1'"
        change(built, statement)
        assert publish(short)["changes"]["fct_project_budgets"] == {"added": 0, "changed": 1, "gone": 0}
    with engine.connect() as connection:
        after = set(connection.scalars(text(parts)))
        total = connection.scalar(text("SELECT sum(amount_yuan) FROM published.fct_project_budgets"))
        plan = connection.scalars(text("EXPLAIN SELECT * FROM published.fct_project_budgets WHERE fiscal_year = 2025"))
        scanned = "\n".join(plan)
    assert len(after & before) == 5
    assert len(after) == 7, "the release before has one of its own"
    assert total == sum(n * 1.5 for n in range(60)) - 1.5 - 2
    assert "fct_project_budgets_2025" in scanned
    assert "fct_project_budgets_2024" not in scanned
    assert first["release_id"] not in {one["release_id"] for one in list_releases(built)}


def test_readers_see_one_whole_release_each_while_five_are_published(
    built: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_schema, "PART_ROWS", 10)
    short = built.model_copy(update={"keep_releases": 2})
    change(built, FACTS)
    publish(short)
    over, seen = threading.Event(), [list[tuple[int, int]]() for _ in range(3)]
    # each release has one document more, and one yuan more in each of the 60 facts
    look = """
        SELECT
            (SELECT count(*) FROM published.dim_documents),
            (SELECT CAST(sum(amount_yuan) AS integer) FROM published.fct_project_budgets)
    """

    def read(mine: list[tuple[int, int]]) -> None:
        with engine.connect() as connection:
            while not mine or not over.wait(0.05):
                with connection.begin():
                    mine.append(tuple(connection.execute(text(look)).one()))

    readers = [threading.Thread(target=read, args=(mine,)) for mine in seen]
    for reader in readers:
        reader.start()
    try:
        for number in range(5):
            change(
                built,
                f"INSERT INTO marts.dim_documents VALUES ({10 + number}, 'd')",
                "UPDATE marts.fct_project_budgets SET amount_yuan = amount_yuan + 1",
            )
            assert publish(short)["published"]
    finally:
        over.set()
        for reader in readers:
            reader.join()
    whole = [(3 + number, 2655 + 60 * number) for number in range(6)]
    for mine in seen:
        assert mine == sorted(mine), "nobody goes back"
        assert set(mine) <= set(whole), "documents and facts of one release"
    assert len({one for mine in seen for one in mine}) > 2, "they read while releases came"
    assert len(list_releases(short)) <= 4
