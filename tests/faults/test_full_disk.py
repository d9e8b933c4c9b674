"""A disk of 40 MB that is really full: while loading (a04), while publishing (a05)."""

from __future__ import annotations

import pytest
from printed_tables import print_table
from processes import SmallDisk

SEE = """
from extract.jobs import ingest
ingest.discover(settings, 'night', publisher='inbox')
ingest.land(settings, 'night')
for batch in ingest.plan_batches(settings):
    ingest.read_batch(settings, batch)
"""
FILL = """
import errno, os
def fill(leave):
    # everything but `leave` bytes of the disk
    with open(home / 'ballast', 'wb', buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(1 << 16))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    os.truncate(home / 'ballast', os.path.getsize(home / 'ballast') - leave)
"""
LOOK = """
import duckdb
from extract.ledger import Ledger
states = Ledger(settings.ledger_url).documents_by_state()
staged = {sha for sha, _ in Ledger(settings.ledger_url).staged()}
with duckdb.connect(str(settings.build_db)) as build:
    there = build.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'raw'").fetchall()
    raw = {sha for (sha,) in build.execute("SELECT sha256 FROM raw.documents").fetchall()} if there else set()
    rows = build.execute(
        "SELECT d.record_count - count(r.record_no), d.sha256 FROM raw.documents AS d "
        "LEFT JOIN raw.records AS r USING (sha256) GROUP BY d.record_count, d.sha256").fetchall() if there else []
"""


STAGE = """
from extract.jobs import ingest
stage_really, calls = ingest._stage_one, []
def stage(*arguments):
    calls.append(arguments)
    if len(calls) == 3:
        fill({leave})
    return stage_really(*arguments)
ingest._stage_one = stage
ingest.stage_read(settings, 'night')
"""


@pytest.mark.parametrize("leave", [0, 30_000], ids=["for nothing", "for the rows but hardly for the ledger"])
def test_a04_a_disk_that_fills_while_loading_fails_loudly_and_keeps_what_was_acknowledged(
    small_disk: SmallDisk, leave: int
) -> None:
    pages = [
        [("102001-区党群工作部", f"宣传工作经费{page}", "100.50", "111002106-开展项目数", f"≥{n}家") for n in range(9)]
        for page in range(9)
    ]
    files = [print_table(*pages, title=f"某区{n}局2025年预算项目绩效目标").hex() for n in range(5)]
    put = f"(home / 'inbox').mkdir(parents=True)\nfor n, data in enumerate({files!r}):\n"
    put += "    (home / 'inbox' / f'{n}.pdf').write_bytes(bytes.fromhex(data))\n"
    prepared = small_disk.run(put + SEE)
    assert prepared.returncode == 0, prepared.stderr[-3000:]

    full = small_disk.run(FILL + STAGE.format(leave=leave))
    assert full.returncode != 0, "the task fails"
    assert any(said in full.stderr for said in ("No space left on device", "disk is full")), full.stderr[-2000:]
    left = small_disk.ask(
        "(home / 'ballast').unlink()\n" + LOOK + "print(json.dumps([len(staged), sorted(raw - staged), "
        "sorted(staged - raw), [missing for missing, _ in rows], states, sum(states.values())]))"
    )
    assert isinstance(left, list)
    staged, unacknowledged, lost, missing, states, documents = left
    assert documents == 5
    assert staged == 2, "the disk was full from the third on"
    assert lost == [], "everything that was acknowledged is there"
    assert len(unacknowledged) <= 1, "committed, and the ledger had no room for it: staged again by the next run"
    assert not any(missing), "no document is there in part"
    assert set(states) <= {"read", "staged", "failed"}

    again = small_disk.ask(
        SEE
        + "ingest.stage_read(settings, 'night')\n"
        + LOOK
        + "print(json.dumps([ingest.close(settings, 'night'), len(raw), len(staged)]))"
    )
    assert again == [{"seen": 5, "loaded": 5, "unchanged": 0, "refused": 0, "failed": 0}, 5, 5]


MARTS = """
import duckdb
home.mkdir()
with duckdb.connect(str(settings.build_db)) as build:
    build.execute("CREATE SCHEMA marts")
    build.execute("CREATE TABLE marts.dim_documents AS SELECT range AS document_key FROM range(3)")
    build.execute("CREATE TABLE marts.releases (release_id VARCHAR, published_at TIMESTAMP, "
                  "source_documents INTEGER, row_counts VARCHAR, checksum VARCHAR)")
from extract.jobs.publish import publish
publish(settings)
"""
GROW = """
import duckdb
with duckdb.connect(str(settings.build_db)) as build:
    build.execute("CREATE OR REPLACE TABLE marts.dim_documents AS "
                  "SELECT range AS document_key, md5(range::VARCHAR) AS text FROM range(200000)")
"""
STATE = """
import hashlib, os
from extract.ledger import Ledger
from extract.releases.query import ask
def state():
    content = (settings.current / 'warehouse.duckdb').read_bytes()
    count = next(ask(settings, 'SELECT count(*) AS n FROM dim_documents')[1])['n']
    return [os.readlink(settings.current), hashlib.sha256(content).hexdigest(), sorted(os.listdir(settings.releases)),
            sorted(n for n in os.listdir(home) if n.startswith('.')),
            len(Ledger(settings.ledger_url).releases()), count]
print(json.dumps(state()))
"""


def test_a05_a_disk_that_fills_while_publishing_leaves_the_served_release_and_no_rubbish(
    small_disk: SmallDisk,
) -> None:
    prepared = small_disk.run(MARTS)
    assert prepared.returncode == 0, prepared.stderr[-3000:]
    before = small_disk.ask(STATE)
    assert small_disk.run(GROW).returncode == 0
    for leave in (4_000_000, 300_000):  # in the copy of the warehouse, or at its first page
        full = small_disk.run(
            FILL + f"fill(leave={leave})\nfrom extract.jobs.publish import publish\npublish(settings)"
        )
        assert full.returncode != 0
        assert "No space left on device" in full.stderr, full.stderr[-2000:]
        assert small_disk.ask(STATE) == before, "served as before, and nothing half-made is left"
        assert small_disk.run("(home / 'ballast').unlink()").returncode == 0
    published = small_disk.run("from extract.jobs.publish import publish\nassert publish(settings)['published']")
    assert published.returncode == 0, published.stderr[-3000:]
    after = small_disk.ask(STATE)
    assert isinstance(after, list)
    assert after[-1] == 200_000
    assert after[0] != before[0]  # type: ignore[index]
