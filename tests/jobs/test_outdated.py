"""Loaded documents of an older reader: read again while their rows stay, then replaced, or removed if refused."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from homes import FIXTURES, copy_line
from printed_tables import print_table
from processes import Scheduler
from sqlalchemy import insert, select
from typer.testing import CliRunner, Result

from extract.cli.app import app
from extract.entities import Reading
from extract.errors import LedgerError, Reason, Refused
from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.jobs.replay import choose_documents, choose_outdated, read_again
from extract.ledger import MOST_REREAD, Ledger
from extract.ledger.tables import documents
from extract.reading.exchange import reading_from_json, reading_to_json
from extract.reading.reader_version import READER_VERSION
from extract.reading.sandbox import ReadText, Sandbox, read_sandboxed
from extract.releases.shelves import served_release
from extract.settings import Settings, get_settings
from extract.sources.freshness import check_freshness
from extract.warehouse import build_schema, raw_schema
from extract.warehouse.build import build_marts
from extract.warehouse.fingerprints import fingerprint_inputs, is_behind
from extract.warehouse.partitions import note_built, plan_build
from extract.warehouse.staging import open_warehouse

if TYPE_CHECKING:
    from homes import Line

pytestmark = pytest.mark.slow

OLDER = "0"
UNIT = "102001-区党群工作部"
UNKNOWN = Refused(Reason.UNKNOWN_HEADER, "the header 指标数 is unknown", page=1)
FORM = {"outdated": True, "ids": [], "reason": None, "publisher": None, "since": None, "decision": "ask"}


def ledger_of(settings: Settings) -> Ledger:
    return Ledger(settings.ledger_url or "")


def see(settings: Settings, run_id: str) -> None:
    ingest.discover(settings, run_id, publisher="inbox")
    ingest.land(settings, run_id)


def read_all(settings: Settings) -> int:
    return sum(ingest.read_batch(settings, batch) for batch in ingest.plan_batches(settings))


def rows_of(settings: Settings) -> dict[str, list[Any]]:
    """All rows of the raw schema that belong to documents."""
    with open_warehouse(settings) as engine, engine.connect() as connection:
        tables = (*raw_schema.DOCUMENT_TABLES, raw_schema.document_fingerprints)
        return {one.name: sorted(map(repr, connection.execute(select(one)))) for one in tables}


def changed_publishers(settings: Settings) -> set[str]:
    """Whose partitions the next build would build again."""
    with open_warehouse(settings) as engine:
        plan_build(engine, "rules")
        with engine.connect() as connection:
            return set(connection.scalars(select(build_schema.changed_partitions.c.publisher_code)))


def counts(loaded: int, unchanged: int, refused: int, failed: int) -> dict[str, int]:
    told = {"loaded": loaded, "unchanged": unchanged, "refused": refused, "failed": failed}
    return {"seen": sum(told.values()), **told}


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Settings:
    """A home that has loaded two small publications with an older reader, built and released them."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for n in (1, 2):
        row = (UNIT, f"项目{n}", "1.00", "111002106-开展项目数", f"≥{n}家")
        (inbox / f"{n}.pdf").write_bytes(print_table([row], title=f"第{n}局2025年预算项目绩效目标"))
    mine = settings.model_copy(update={"inbox": inbox, "reader": "pdfium"})
    with pytest.MonkeyPatch.context() as before:
        before.setattr("extract.jobs.ingest.READER_VERSION", OLDER)
        see(mine, "one")
        read_all(mine)
        assert ingest.stage_read(mine, "one") == 2
    assert ingest.close(mine, "one") == counts(loaded=2, unchanged=0, refused=0, failed=0)
    with open_warehouse(mine) as engine:
        note_built(engine, plan_build(engine, "rules"), "inputs")
    told = {"release_id": "r", "published_at": datetime(2026, 1, 1), "source_documents": 2}  # noqa: DTZ001
    ledger_of(mine).note_release(told | {"row_counts": {}, "checksum": "", "inputs": fingerprint_inputs(mine)})
    served = mine.home / "releases" / "r"
    served.mkdir(parents=True)
    (served / "release.json").write_text("{}", encoding="utf-8")
    mine.current.symlink_to(served)
    assert not is_behind(mine)
    assert changed_publishers(mine) == set()
    return mine


def want_all(settings: Settings) -> list[str]:
    chosen = choose_outdated(settings)
    assert read_again(settings, chosen, "张三") == len(chosen)
    return chosen


def refuse(monkeypatch: pytest.MonkeyPatch, wanted: str, error: Exception) -> None:
    """The reader of today says this of one document."""
    read_really = Sandbox.read_text

    def read(self: Sandbox, path: Path, **more: Any) -> ReadText:
        if wanted in str(path):
            raise error
        return read_really(self, path, **more)

    monkeypatch.setattr(Sandbox, "read_text", read)


def test_an_upgrade_alone_reads_nothing_that_is_loaded_again(home: Settings) -> None:
    assert ingest.plan_batches(home) == []
    assert len(ledger_of(home).outdated(READER_VERSION)) == 2


def test_equal_rows_of_a_newer_reader_cost_no_build_and_no_release(home: Settings) -> None:
    before = rows_of(home)
    chosen = want_all(home)
    assert read_all(home) == 2
    assert rows_of(home) == before, "they stay until they are staged"
    assert not is_behind(home)
    assert ingest.stage_read(home, "replay") == 2
    assert rows_of(home) == before
    assert changed_publishers(home) == set()
    assert not is_behind(home)
    ledger = ledger_of(home)
    assert ledger.outdated(READER_VERSION) == []
    assert [ledger.document(sha256)["reader_version"] for sha256 in chosen] == [READER_VERSION] * 2
    assert (ledger.rereads(), ingest.plan_batches(home)) == (0, [])
    assert ingest.close(home, "one") == counts(loaded=2, unchanged=0, refused=0, failed=0)


def test_other_rows_of_a_newer_reader_replace_those_that_were_there_and_only_theirs(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(home)
    changed, same = want_all(home)
    read_really = Sandbox.read_text

    def read(self: Sandbox, path: Path, **more: Any) -> ReadText:
        read = read_really(self, path, **more)
        if changed not in str(path):
            return read
        reading = reading_from_json(read.text)
        parts = tuple(replace(part, title="better") for part in reading.parts)
        return ReadText(reading_to_json(replace(reading, parts=parts)), reading.page_count)

    monkeypatch.setattr(Sandbox, "read_text", read)
    see(home, "two")
    read_all(home)
    assert ingest.stage_read(home, "two") == 2
    assert ingest.close(home, "two") == counts(loaded=1, unchanged=1, refused=0, failed=0)
    after = rows_of(home)
    assert {name for name in before if before[name] != after[name]} == {"documents", "document_fingerprints"}
    with open_warehouse(home) as engine, engine.connect() as connection:
        d = raw_schema.documents.c
        found = {row.sha256: row for row in connection.execute(select(d.sha256, d.title, d.reader_version))}
    assert (found[changed].title, found[changed].reader_version) == ("better", READER_VERSION)
    assert found[same].reader_version == OLDER, "the version that first read these rows"
    assert len(changed_publishers(home)) == 1
    assert is_behind(home)


def test_what_a_newer_reader_refuses_leaves_the_raw_schema_in_the_stage_step(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(home)
    gone, other = want_all(home)
    refuse(monkeypatch, gone, UNKNOWN)
    assert read_all(home) == 1
    see(home, "meanwhile")
    assert ingest.close(home, "meanwhile") == counts(loaded=0, unchanged=2, refused=0, failed=0)
    assert rows_of(home) == before, "readable until the stage step"
    see(home, "two")
    assert ingest.stage_read(home, "two") == 1
    assert ingest.close(home, "two") == counts(loaded=0, unchanged=1, refused=1, failed=0)
    for name, rows in rows_of(home).items():
        assert rows == [row for row in before[name] if gone not in row], name
    known = ledger_of(home).document(gone)
    assert (known["state"], known["reason"], known["page"]) == ("refused", "unknown_header", 1)
    assert (known["reader_version"], known["reread"]) == (READER_VERSION, None)
    assert ledger_of(home).document(other)["state"] == "staged"
    assert [one["sha256"] for one in ledger_of(home).troubled()] == [gone]
    assert len(changed_publishers(home)) == 1
    assert is_behind(home)
    assert ingest.plan_batches(home) == [], "refused by this reader: a person decides"
    ledger_of(home).decide(gone, "retry", "张三", "")
    monkeypatch.undo()
    read_all(home)
    assert ingest.stage_read(home, "three") == 1
    assert rows_of(home)["records"] == before["records"]


def test_a_warehouse_whose_last_documents_are_refused_must_be_built_again_though_nothing_is_loaded(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    want_all(home)
    refuse(monkeypatch, "", UNKNOWN)
    read_all(home)
    assert ingest.stage_read(home, "two") == 0
    assert not any(rows_of(home).values())
    assert ledger_of(home).documents_by_state() == {"refused": 2}
    assert is_behind(home)
    assert len(changed_publishers(home)) == 2


def test_what_could_not_be_read_again_keeps_its_rows_is_told_and_is_tried_again(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(home)
    failing, _ = want_all(home)
    with monkeypatch.context() as broken:
        refuse(broken, failing, OSError("this machine is broken"))
        for run in ("two", "three"):
            see(home, run)
            read_all(home)
            ingest.stage_read(home, run)
            assert ingest.close(home, run) == counts(loaded=0, unchanged=2, refused=0, failed=0)
    assert rows_of(home) == before
    assert not is_behind(home)
    (inbox,) = [one for one in check_freshness(home, is_behind=is_behind(home)) if one.publisher == "inbox"]
    assert inbox.alerts == ("1 loaded documents cannot be read again, their rows stay: OSError",)
    attempts = ledger_of(home).history(failing)["attempts"]
    assert [one["outcome"] for one in attempts] == ["read", "failed", "failed"]
    assert ingest.plan_batches(home) == [[failing]]
    read_all(home)
    assert ingest.stage_read(home, "four") == 1
    assert [one.alerts for one in check_freshness(home, is_behind=is_behind(home)) if one.publisher == "inbox"] == [()]
    assert ledger_of(home).outdated(READER_VERSION) == []


def test_a_reading_that_was_lost_before_it_was_staged_is_made_again(home: Settings) -> None:
    before = rows_of(home)
    want_all(home)
    read_all(home)
    shutil.rmtree(home.home / "readings")
    assert ingest.stage_read(home, "two") == 0
    assert rows_of(home) == before
    read_all(home)
    assert ingest.stage_read(home, "two") == 2
    assert ledger_of(home).rereads() == 0


def test_a_timeout_takes_no_rows_away_before_the_last_attempt(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    twice = home.model_copy(update={"read_attempts": 2})
    before = rows_of(home)
    slow, _ = want_all(twice)
    refuse(monkeypatch, slow, Refused(Reason.TIMEOUT, "not read within 300 s"))
    read_all(twice)
    ingest.stage_read(twice, "two")
    assert rows_of(twice)["records"] == before["records"]
    read_all(twice)
    ingest.stage_read(twice, "three")
    assert len(rows_of(twice)["records"]) == len(before["records"]) - 1
    assert ledger_of(twice).document(slow)["reason"] == "timeout"


def test_a_document_that_two_runs_read_again_is_staged_once(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    want_all(home)
    batches = ingest.plan_batches(home)
    read_really = Sandbox.read_text

    def another_first(self: Sandbox, path: Path, **more: Any) -> ReadText:
        monkeypatch.setattr(Sandbox, "read_text", read_really)
        assert sum(ingest.read_batch(home, batch) for batch in batches) == 2
        assert ingest.stage_read(home, "other") == 2
        raise UNKNOWN

    monkeypatch.setattr(Sandbox, "read_text", another_first)
    assert sum(ingest.read_batch(home, batch) for batch in batches) == 0
    assert ingest.stage_read(home, "two") == 0
    assert ledger_of(home).documents_by_state() == {"staged": 2}


def test_documents_whose_rows_are_lost_meanwhile_are_read_as_any_other(home: Settings) -> None:
    before = rows_of(home)
    want_all(home)
    read_all(home)
    home.build_db.unlink()
    assert read_all(home) == 2
    assert ingest.stage_read(home, "two") == 2
    assert rows_of(home)["records"] == before["records"]
    assert (ledger_of(home).rereads(), ledger_of(home).outdated(READER_VERSION)) == (0, [])


KILLED = """
import os, signal, sys
from pathlib import Path
from extract.jobs import ingest
from extract.errors import Reason, Refused
from extract.ledger import Ledger
from extract.reading.sandbox import Sandbox
from extract.settings import Settings
settings = Settings(reader="pdfium")
gone, moment = sys.argv[1:]
read = Sandbox.read_text
def read_or_refuse(self, path, **more):
    if gone in str(path):
        raise Refused(Reason.UNKNOWN_HEADER, "unknown", 1)
    return read(self, path, **more)
Sandbox.read_text = read_or_refuse
if moment != "none":
    setattr(Ledger, moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
for batch in ingest.plan_batches(settings):
    ingest.read_batch(settings, batch)
ingest.stage_read(settings, "two")
"""


@pytest.mark.parametrize("moment", ["note_read", "note_unread", "note_staged", "note_removed"])
def test_a01_killed_before_the_ledger_hears_of_it_the_rerun_ends_in_the_same_rows(home: Settings, moment: str) -> None:
    before = rows_of(home)
    gone, _ = want_all(home)

    def run(moment: str) -> int:
        environment = {**os.environ, "JIXIAO_HOME": str(home.home)}
        command = [sys.executable, "-c", KILLED, gone, moment]
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    assert run(moment) == -signal.SIGKILL
    refused = int(moment == "note_staged")  # removed before the others are staged
    see(home, "two")
    assert ingest.close(home, "two") == counts(loaded=0, unchanged=2 - refused, refused=refused, failed=0)
    assert run("none") == 0
    assert ingest.close(home, "two") == counts(loaded=0, unchanged=1, refused=1, failed=0)
    for name, rows in rows_of(home).items():
        assert rows == [row for row in before[name] if gone not in row], name
    assert ledger_of(home).rereads() == 0


def test_a_run_reads_at_most_a_thousand_again_and_those_seen_first_at_the_head(settings: Settings) -> None:
    ledger = ledger_of(settings)
    start = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    rows = [
        {
            "sha256": f"{n * 7919 % 100_003:064x}",
            "size": 1,
            "state": "staged",
            "publisher": "a" if n % 2 else "b",
            "first_url": f"file:///{n}.pdf",
            "first_seen_at": start + timedelta(days=n),
            "reader_version": OLDER if n else READER_VERSION,
        }
        for n in range(MOST_REREAD + 5)
    ]
    with ledger.engine.begin() as connection:
        connection.execute(insert(documents), rows[::-1])
    in_order = [str(row["sha256"]) for row in rows[1:]]
    assert choose_outdated(settings) == in_order[:MOST_REREAD]
    assert choose_outdated(settings, publisher="b") == in_order[1::2]
    assert choose_outdated(settings, since="2026-09-01") == [
        str(row["sha256"])
        for row in rows
        if row["first_seen_at"] >= datetime(2026, 8, 31, 16)  # noqa: DTZ001
    ]
    assert choose_outdated(settings, [in_order[3]]) == [in_order[3]]
    assert read_again(settings, choose_outdated(settings, publisher="b"), "张三") == len(in_order[1::2])
    for _ in range(2):
        assert read_again(settings, choose_outdated(settings), "张三") == MOST_REREAD
    waiting = {sha256 for sha256, _ in ledger.to_read(READER_VERSION, 3)}
    assert waiting == {*in_order[1::2], *in_order[: 2 * (MOST_REREAD - len(in_order[1::2])) : 2]}
    assert len(waiting) == MOST_REREAD
    with pytest.raises(LedgerError, match=str(rows[0]["sha256"])[:12]):
        choose_outdated(settings, [str(rows[0]["sha256"])])


@pytest.mark.parametrize("wrong", [{"decision": "accept"}, {"decision": "drop"}, {"reason": "no_table"}])
def test_a_loaded_document_cannot_be_accepted_dropped_or_chosen_by_a_reason(
    home: Settings, wrong: dict[str, str]
) -> None:
    assert len(choose_documents(home, FORM)) == 2
    with pytest.raises(LedgerError, match="only be read again"):
        choose_documents(home, {**FORM, **wrong})


@pytest.fixture
def typed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command on this home."""
    monkeypatch.setenv("JIXIAO_HOME", str(home.home))
    get_settings.cache_clear()

    def jixiao(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    yield jixiao
    get_settings.cache_clear()


def test_the_command_has_outdated_documents_read_again_and_status_counts_them(home: Settings, typed: Any) -> None:
    one, two = choose_outdated(home)
    told = "2 loaded documents are of an older reader; {} are read again by the next run"
    assert told.format(0) in typed("status").stdout
    assert told.format(0) in typed("refusals", "retry", "--outdated", "--publisher", "nobody").stderr
    assert told.format(0) in typed("refusals", "retry", "--outdated", "--since", "2999-01-01").stderr
    assert told.format(1) in typed("refusals", "retry", "--outdated", two[:12]).stderr
    assert told.format(2) in typed("refusals", "retry", "--outdated", "--by", "李四").stderr
    found = json.loads(typed("status", "--format", "json").stdout)
    assert {name: found[name] for name in ("outdated", "rereads", "waiting", "documents")} == {
        "outdated": 2,
        "rereads": 2,
        "waiting": 0,
        "documents": {"staged": 2},
    }
    assert [one["decided_by"] for one in ledger_of(home).history(one)["decisions"]] == ["李四"]
    for wrong in ([], ["--publisher", "inbox"], [one[:12], "--since", "2025-01-01"], ["--outdated", "--since", "soon"]):
        assert typed("refusals", "retry", *wrong).exit_code == 2, wrong
    assert "found staged" in str(typed("refusals", "retry", one[:12]).exception)


def test_the_release_loses_the_rows_of_a_document_that_a_newer_reader_refuses_and_says_so(
    line: Line, tmp_path: Path
) -> None:
    """A document without a year, that an older reader had loaded as one of 2026; replayed by the DAGs themselves."""
    settings = copy_line(line, tmp_path)
    inbox = tmp_path / "inbox"
    shutil.copytree(line.inbox, inbox)
    shutil.copy(FIXTURES / "x07_no_year.pdf", inbox)
    settings = settings.model_copy(update={"inbox": inbox})
    other = read_sandboxed(inbox / "2025.pdf", reader="pdfium")
    load_as_older_reader(settings, replace(other, parts=tuple(replace(one, fiscal_year=2026) for one in other.parts)))
    build_marts(settings)
    first = publish(settings)
    assert years_of(settings) == {2024, 2025, 2026}

    environment = {"JIXIAO_HOME": str(settings.home), "JIXIAO_INBOX": str(inbox), "JIXIAO_SETTLE_SECONDS": "0"}
    scheduler = Scheduler(environment)
    try:
        assert scheduler.run("replay", outdated=True) == ""
        assert years_of(settings) == {2024, 2025, 2026}, "readable until the next release"
        assert is_behind(settings)
        assert scheduler.run("warehouse") == ""
    finally:
        scheduler.close()
    release = served_release(settings)
    assert release is not None
    assert release["release_id"] != first["release_id"]
    assert years_of(settings) == {2024, 2025}
    changes = release["changes"]["fct_indicator_targets"]
    assert (changes["added"], changes["changed"], changes["gone"]) == (0, 0, len(other.records) * 2)
    assert {one["state"] for one in ledger_of(settings).troubled()} == {"refused"}
    assert {one["reason"] for one in ledger_of(settings).troubled()} == {"not_pdf", "year_unknown"}
    see(settings, "newer")
    assert ingest.close(settings, "newer") == counts(loaded=0, unchanged=3, refused=2, failed=0)


def load_as_older_reader(settings: Settings, reading: Reading) -> None:
    """Load the one document that waits, as a reader of an earlier version that read this would have."""
    with pytest.MonkeyPatch.context() as before:
        before.setattr("extract.jobs.ingest.READER_VERSION", OLDER)

        def read(_: Sandbox, path: Path, **__: Any) -> ReadText:
            return ReadText(reading_to_json(replace(reading, sha256=path.stem)), reading.page_count)

        before.setattr(Sandbox, "read_text", read)
        waiting = lambda _: [[sha for sha, _ in ledger_of(settings).to_read(READER_VERSION, 3)]]  # noqa: E731
        before.setattr(ingest, "plan_batches", waiting)
        see(settings, "older")
        assert read_all(settings) == 1
        ingest.stage_read(settings, "older")
        assert ingest.close(settings, "older")["loaded"] == 1


def years_of(settings: Settings) -> set[int]:
    """Fiscal years of the served documents and of their facts, which are the same."""
    with duckdb.connect(str(settings.current.resolve() / "warehouse.duckdb"), read_only=True) as release:
        tables = ("dim_documents", "fct_indicator_targets", "fct_project_budgets")
        found = [
            {year for (year,) in release.execute(f"SELECT DISTINCT fiscal_year FROM {name}").fetchall()}
            for name in tables
        ]
    assert found[1:] == found[:-1]
    return found[0]
