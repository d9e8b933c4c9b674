"""docker-compose.yml's own processes, two workers that share no disk: 40 PDFs, then 40 more while a worker dies.

Minutes, so `make test` leaves it out: `make cluster` runs it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from native import BUCKET, Cluster, running
from own_postgres import await_true, find_postgres
from sqlalchemy import create_engine, select, update

from extract.jobs import ingest
from extract.jobs.publish import publish
from extract.ledger import Ledger
from extract.ledger.tables import documents
from extract.releases.query import ask
from extract.releases.shelves import served_release
from extract.settings import PROJECT, Settings
from extract.warehouse.build import build_marts

pytestmark = pytest.mark.cluster

FIXTURES = PROJECT / "tests/fixtures"
COUNTS = ("seen", "loaded", "unchanged", "refused", "failed")
NIGHT = 1200
TROUBLE = re.compile(r"non-existent pool|could not be serial|SerializationError|not JSON serializable|Dag Import", re.I)


def fixtures(expected: str) -> list[Path]:
    """PDFs of which the truth beside them says that they are read, or refused."""
    found = sorted(FIXTURES.glob("*.json"))
    return [path.with_suffix(".pdf") for path in found if json.loads(path.read_text("utf-8")).get("expect") == expected]


def make_publications(edition: int) -> dict[str, bytes]:
    """Forty objects: 34 documents, two of them twice under other names, three refused ones and a web page.

    Another edition has other bytes that say the same: what publishers call a re-upload.
    """
    mark = f"\n% edition {edition}\n".encode()
    good = [(path.stem, path.read_bytes() + mark) for path in fixtures("ok")[:34]]
    made = {f"{edition}/{name}.pdf": data for name, data in good}
    made |= {f"{edition}/again/{name}.pdf": data for name, data in good[:2]}
    made |= {f"{edition}/{path.name}": path.read_bytes() + mark for path in fixtures("refused")[:3]}
    made[f"{edition}/error.pdf"] = f"<html><title>404 {edition}</title></html>".encode()
    assert len(made) == 40
    return made


def upload(cluster: Cluster, edition: int) -> None:
    bucket = cluster.bucket()
    for name, data in make_publications(edition).items():
        bucket.pipe_file(f"{BUCKET}/publications/{name}", data)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if find_postgres() is None or shutil.which("redis-server") is None:
        pytest.skip("needs the programs of PostgreSQL and Redis: apt-get install postgresql redis-server")
    folder = tmp_path_factory.mktemp("machines") / "cluster"
    with running(folder, 2, WORKER_CONCURRENCY="1", JIXIAO_BATCH_DOCUMENTS="5") as machines:
        yield machines


def shared(cluster: Cluster, folder: Path) -> Settings:
    """A third machine's settings: it sees what all of them share."""
    return Settings(home=folder / "reader", ledger_url=cluster.url("ledger"), warehouse_url=cluster.url("warehouse"))


def one_process(cluster: Cluster, folder: Path, edition: int) -> Settings:
    """The same publications through the same steps in this process, on DuckDB."""
    publishers = folder / "publishers"
    publishers.mkdir()
    for name, data in make_publications(edition).items():
        path = folder / "publications" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    source = f"source: {{kind: bucket, url: 'file://{folder}/publications/'}}\n"
    (publishers / "published.yml").write_text(source, encoding="utf-8")
    settings = Settings(home=folder / "one", publishers_dir=publishers, report_pages=0)  # no page is drawn
    ingest.discover(settings, "night")
    ingest.land(settings, "night")
    see_as(cluster, settings)
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    ingest.stage_read(settings, "night")
    ingest.close(settings, "night")
    build_marts(settings)
    publish(settings)
    return settings


def see_as(cluster: Cluster, settings: Settings) -> None:
    """Documents first seen when the cluster saw them: where no date is printed, that decides which edition is newer."""
    theirs, ours = create_engine(cluster.url("ledger")), create_engine(settings.ledger_url or "")
    with theirs.connect() as connection:
        seen = connection.execute(select(documents.c.sha256, documents.c.first_seen_at)).all()
    with ours.begin() as connection:
        for sha256, moment in seen:
            change = update(documents).where(documents.c.sha256 == sha256)
            connection.execute(change.values(first_seen_at=moment))
    theirs.dispose()
    ours.dispose()


def rows_of(settings: Settings, table: str) -> Counter[tuple[Any, ...]]:
    """Rows without where and when a document was seen, which two places cannot have in common."""
    columns, rows = ask(settings, f'SELECT * FROM "{table}"')
    kept = [name for name in columns if not name.endswith(("_at", "_url", "url", "release_id"))]
    return Counter(tuple((name, plain(row[name])) for name in kept) for row in rows)


def plain(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) and value else value


def counts_of(settings: Settings) -> dict[str, int]:
    last = Ledger(settings.ledger_url or "").last_run() or {}
    return {name: last[name] for name in COUNTS}


def test_forty_pdfs_through_two_workers_give_the_rows_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    upload(cluster, 1)
    run_id = cluster.trigger("ingest")
    assert cluster.await_run("ingest", run_id, NIGHT) == "success"
    tasks = cluster.tasks("ingest", run_id)
    assert {one["try_number"] for one in tasks} == {1}
    read = [one for one in tasks if one["task_id"] == "read"]
    assert len(read) == 8
    machines = {folder.parents[2].name for folder in cluster.folder.glob("worker-*/home/archive/*")}
    assert machines == {"worker-1", "worker-2"}, "both have worked"
    (built,) = cluster.await_quiet("warehouse", 1, NIGHT)
    assert built["state"] == "success"
    settings = shared(cluster, tmp_path)
    counts = counts_of(settings)
    assert counts == {"seen": 40, "loaded": 34, "unchanged": 2, "refused": 4, "failed": 0}
    alone = one_process(cluster, tmp_path, 1)
    assert counts == counts_of(alone)
    tables = (served_release(alone) or {})["row_counts"]
    assert (served_release(settings) or {})["row_counts"] == tables
    assert tables["fct_indicator_targets"] > 500
    for table in tables:
        here, there = rows_of(settings, table), rows_of(alone, table)
        assert here == there, f"{table}: {list((here - there) | (there - here))[:4]}"


def test_no_process_complains_of_pools_serialisation_or_imports(cluster: Cluster) -> None:
    assert cluster.api("GET", "importErrors")["total_entries"] == 0
    for machine in ("scheduler", "dag-processor", "triggerer", "api-server", "worker-1", "worker-2"):
        said = TROUBLE.findall(cluster.log(machine))
        assert not said, f"{machine}: {said}"


def test_a_worker_killed_in_mid_batch_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    settings = shared(cluster, tmp_path)
    before = len(Ledger(settings.ledger_url or "").staged())
    upload(cluster, 2)
    run_id = cluster.trigger("ingest")

    def is_in_mid_batch() -> bool:
        reading = [one for one in cluster.tasks("ingest", run_id) if one["task_id"] == "read"]
        states = Ledger(settings.ledger_url or "").documents_by_state()
        return len([one for one in reading if one["state"] == "running"]) == 2 and states.get("read", 0) >= 1

    await_true(is_in_mid_batch, NIGHT, "two batches under way")
    assert cluster.kill_machine("worker-2") > 1
    assert cluster.await_run("ingest", run_id, NIGHT) == "success"
    tries = [one["try_number"] for one in cluster.tasks("ingest", run_id) if one["task_id"] == "read"]
    assert max(tries) == 2, "the batch of the dead worker was tried again"
    counts = counts_of(settings)
    assert counts == {"seen": 80, "loaded": 34, "unchanged": 38, "refused": 8, "failed": 0}
    assert len(Ledger(settings.ledger_url or "").staged()) == before + 34
    runs = cluster.await_quiet("warehouse", 2, NIGHT)
    assert [one["state"] for one in runs] == ["success", "success"]
    _, rows = ask(settings, "SELECT count(*) AS n FROM dim_documents")
    assert int(next(iter(rows))["n"]) >= before + 34
