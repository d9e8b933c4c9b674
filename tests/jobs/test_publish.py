from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from extract.errors import BuildError
from extract.jobs.publish import publish
from extract.ledger import Ledger
from extract.releases.query import QueryError, ask
from extract.releases.shelves import served_release
from extract.settings import Settings


def change(settings: Settings, statement: str) -> None:
    with duckdb.connect(str(settings.build_db)) as build:
        build.execute(statement)


def documents(settings: Settings) -> int:
    _, rows = ask(settings, "SELECT count(*) AS n FROM dim_documents")
    return int(next(iter(rows))["n"])


def test_a_release_holds_the_marts_their_descriptions_and_its_own_row(built: Settings) -> None:
    release = publish(built)
    assert release["published"]
    assert documents(built) == 3
    _, own = ask(built, "SELECT release_id, checksum FROM releases")
    assert list(own) == [{"release_id": release["release_id"], "checksum": release["checksum"]}]
    _, comments = ask(built, "SELECT comment FROM duckdb_columns() WHERE column_name = 'document_key'")
    assert list(comments) == [{"comment": "key (主键)"}]
    parquet = built.current / "parquet/dim_documents/data.parquet"
    assert duckdb.sql(f"SELECT count(*) FROM '{parquet}'").fetchall() == [(3,)]


def test_a09_the_same_rows_are_not_published_twice_whatever_their_order(built: Settings) -> None:
    first = publish(built)
    change(built, "CREATE OR REPLACE TABLE marts.dim_documents AS SELECT * FROM marts.dim_documents ORDER BY 1 DESC")
    second = publish(built)
    assert not second["published"]
    assert second["release_id"] == first["release_id"]
    assert len(list(built.releases.iterdir())) == 1


def test_one_changed_value_is_another_release(built: Settings) -> None:
    first = publish(built)
    change(built, "UPDATE marts.dim_documents SET document_key = 7 WHERE document_key = 2")
    second = publish(built)
    assert second["published"]
    assert second["checksum"] != first["checksum"]


def test_a05_a_full_disk_leaves_the_old_release_and_nothing_else(
    built: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(built)
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            publish(built)
    assert documents(built) == 3
    assert [path.name for path in built.releases.iterdir()] == [first["release_id"]]
    assert publish(built)["published"]
    assert documents(built) == 4


def test_a06_a_reader_keeps_its_snapshot_while_a_new_reader_sees_the_new_release(built: Settings) -> None:
    publish(built)
    old = duckdb.connect(str(built.current.resolve() / "warehouse.duckdb"), read_only=True)
    change(built, "INSERT INTO marts.dim_documents VALUES (9)")
    publish(built)
    assert old.execute("SELECT count(*) FROM dim_documents").fetchall() == [(3,)]
    assert documents(built) == 4


def test_a_release_whose_publisher_died_before_the_ledger_knew_is_noted_next_time(built: Settings) -> None:
    killed = f"""
import os
from pathlib import Path
from extract.ledger import Ledger
from extract.jobs.publish import publish
from extract.settings import Settings
Ledger.note_release = lambda *_: os._exit(9)
publish(Settings(home=Path({str(built.home)!r})))
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    served = served_release(built)
    assert served is not None
    assert Ledger(built.ledger_url or "").releases() == []
    publish(built)
    assert [one["release_id"] for one in Ledger(built.ledger_url or "").releases()] == [served["release_id"]]


def test_what_a_killed_publisher_left_is_swept(built: Settings) -> None:
    left = built.releases / ".building-1"
    left.mkdir(parents=True)
    (left / "warehouse.duckdb").write_bytes(b"half")
    publish(built)
    assert not left.exists()


def test_only_the_newest_releases_are_kept(built: Settings) -> None:
    short = Settings(home=built.home, keep_releases=2)
    ids = []
    for n in range(4):
        change(built, f"INSERT INTO marts.dim_documents VALUES ({100 + n})")
        ids.append(publish(short)["checksum"][:8])
    kept = {path.name.split("-")[1] for path in built.releases.iterdir()}
    assert len(kept) == 2
    assert ids[-1] in kept


def test_an_empty_build_is_not_published(settings: Settings) -> None:
    settings.home.mkdir()
    duckdb.connect(str(settings.build_db)).close()
    with pytest.raises(BuildError, match="no marts"):
        publish(settings)
    assert not settings.current.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a INTEGER)",
        "INSERT INTO dim_documents VALUES (1)",
        "COPY dim_documents TO '/tmp/jixiao-leak.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "ATTACH '/tmp/jixiao-other.duckdb'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_a26_a_reader_can_only_read(built: Settings, statement: str) -> None:
    publish(built)
    with pytest.raises(QueryError):
        ask(built, statement)
    assert not Path("/tmp/jixiao-leak.csv").exists()


def test_asking_before_the_first_release_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(QueryError, match="jixiao run --inbox"):
        ask(settings, "SELECT 1")
