"""Measure what building and publishing cost, of a whole warehouse of made publications and of one document.

    python benchmarks/warehouse.py [--facts 200000 1000000] [--memory 2500MB] [--folder FOLDER] [--steps make build …]

    make       the raw tables, filled through staging with one region (ten publishers, five years, documents of about
               100 rows) and then with copies of it under other names: all sizes hold partitions of one size
    build      everything, as without partitions: what the build of one document is compared with
    copy       in place of make and build: copies of the next smaller warehouse in FOLDER that is built, marts too
    publish    the first release, every row of it: what the release of one document is compared with
    documents  three documents of 100 rows one by one, each built and published
    questions  those of docs/cookbook.md, asked of the last release
    readers    ten releases in a row, each with other amounts of one publisher and year, while twenty readers look
               (`measuring/readers.py`); then a rollback and its end, and every row of the last release compared with
               the build and with the release before

Each step leaves its figures in FOLDER/<facts>/figures.json, so steps can be run one by one, hours apart. Time is
processor time, wall time in brackets; of questions, wall time. Written is what all processes gave to the file system.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random
from statistics import median

import duckdb
from made.copies import copy_built, copy_staged
from made.publications import Document, make_publisher, stage_document
from measuring.comparing import find_wrong_changes, find_wrong_rows
from measuring.meter import measure
from measuring.readers import reading
from measuring.table import Figures, middle, render_table
from sqlalchemy import delete, insert, text

from extract.jobs.publish import list_releases, publish, roll_back, unpin
from extract.settings import PROJECT, Settings
from extract.warehouse import build_schema
from extract.warehouse.build import build_marts
from extract.warehouse.mart_sums import measure_marts
from extract.warehouse.staging import open_warehouse

sys.path.append(str(PROJECT / "docs"))
from render_cookbook import PAGE, find_queries

PUBLISHERS, YEARS, FRESH_YEARS, ROWS = 10, range(2021, 2026), 2, 100
NEW_DOCUMENTS, RELEASES = 3, 10
GROWTH = 2.0
"""A new document and its release may cost this many times as much in the largest warehouse as in the smallest."""


def make_region() -> tuple[list[Document], list[Document]]:
    """Make the documents of the region that is copied, and those that come later, in the order in which they come."""
    known: list[Document] = []
    fresh: list[Document] = []
    for number in range(PUBLISHERS):
        years = range(YEARS.start, YEARS.stop + FRESH_YEARS)
        documents = list(make_publisher(Random(number), f"单位{number}", "区0", years, ROWS))  # noqa: S311 - no secret
        known += documents[: len(YEARS)]
        fresh += documents[len(YEARS) :]
    return known, sorted(fresh, key=lambda document: document.fiscal_year)


def find_new(settings: Settings, count: int) -> list[Document]:
    """Find the next documents that are not staged yet."""
    with duckdb.connect(str(settings.build_db), read_only=True) as warehouse:
        staged = {sha256 for (sha256,) in warehouse.execute("select sha256 from raw.documents").fetchall()}
    return [document for document in make_region()[1] if document.sha256 not in staged][:count]


def run_make(settings: Settings, facts: int) -> Figures:
    """Fill the raw tables."""
    settings.home.mkdir(parents=True)
    for document in make_region()[0]:
        stage_document(settings, document)
    return {"facts": copy_staged(settings, facts)}


def run_copy(settings: Settings, facts: int) -> Figures:
    """Copy the largest warehouse that stands beside, as it was after its full build and whatever came later."""
    homes = [home.parent for home in settings.home.parent.glob(f"*/{settings.build_db.name}")]
    smaller = [int(home.name) for home in homes if home.name.isdigit() and int(home.name) < facts]
    settings.home.mkdir()
    shutil.copyfile(settings.home.parent / str(max(smaller)) / settings.build_db.name, settings.build_db)
    return {"facts": copy_built(settings, facts)}


def run_build(settings: Settings, _: int) -> Figures:
    """Build everything."""
    with measure() as cost:
        build_marts(settings, full_refresh=True)
    _tell(f"full build: {cost}")
    return {"build": asdict(cost)}


def run_publish(settings: Settings, _: int) -> Figures:
    """Publish a first release as the nightly line does, pages included."""
    with measure() as cost:
        publish(settings)
    _tell(f"first release: {cost}")
    return {"publish": asdict(cost), "file": _file(settings).stat().st_size / 1e6}


def run_documents(settings: Settings, _: int) -> Figures:
    """Stage, build and publish the first documents that come, one by one."""
    builds, releases = [], []
    for document in find_new(settings, NEW_DOCUMENTS):
        stage_document(settings, document)
        with measure() as cost:
            build_marts(settings)
        builds.append(asdict(cost))
        _tell(f"one new document: {cost}")
        with measure() as cost:
            release = publish(settings)
        releases.append({**asdict(cost), "made": release["file"]["made"]})
        _tell(f"its release, {release['file']['made']}: {cost}")
    return {"document_builds": builds, "document_releases": releases}


def run_questions(settings: Settings, _: int) -> Figures:
    """Ask each question of the cookbook as a reader does: the median of five, in seconds on the wall."""
    asked = {}
    with duckdb.connect(str(_file(settings)), read_only=True) as connection:
        for question, sql in find_queries(PAGE.read_text(encoding="utf-8")):
            times = []
            for _ in range(5):
                begin = time.perf_counter()
                connection.execute(sql).fetchall()
                times.append(time.perf_counter() - begin)
            asked[question] = median(times)
    _tell("questions, ms: " + ", ".join(f"{question} {seconds * 1e3:.0f}" for question, seconds in asked.items()))
    return {"questions": asked}


def change_amounts(settings: Settings, number: int) -> None:
    """Change the amounts of one publisher and year in the marts, as a build of its partition would."""
    code = f"单位{number % PUBLISHERS}"
    changed = {"publisher_code": code, "code_scope": "区0"}
    of_publisher = "publisher_key = (SELECT publisher_key FROM marts.dim_publishers WHERE publisher_code = :code)"
    with open_warehouse(settings) as engine:
        with engine.begin() as connection:
            connection.execute(delete(build_schema.changed_partitions))
            connection.execute(insert(build_schema.changed_partitions), [changed])
            connection.execute(
                text(
                    "UPDATE marts.fct_project_budgets SET amount_yuan = amount_yuan + 1 "
                    f"WHERE fiscal_year = {YEARS.stop - 1} AND {of_publisher}"
                ),
                {"code": code},
            )
        measure_marts(engine, settings.dbt_dir, is_full=False)


def run_readers(settings: Settings, _: int) -> Figures:
    """Publish ten releases in a row while twenty readers look; then roll back, come back, and compare every row."""
    releases = []
    with reading(settings.current) as seen:
        for number in range(RELEASES):
            change_amounts(settings, number)
            with measure() as cost:
                release = publish(settings)
            releases.append({**asdict(cost), "made": release["file"]["made"]})
            _tell(f"release {release['release_id']} among readers, {release['file']['made']}: {cost}")
    newest, before = list_releases(settings)[:2]
    faults = [
        *seen.find_faults(),
        *find_wrong_rows(settings, _file(settings).parent),
        *find_wrong_changes(settings, newest, before),
    ]
    if roll_back(settings, None, "benchmark", "to measure it")["release_id"] != before["release_id"]:
        faults.append("a rollback served another release than the one before")
    if (unpin(settings, "benchmark") or {}).get("release_id") != newest["release_id"]:
        faults.append("the end of a rollback served another release than the newest")
    for fault in faults:
        _tell(f"fault: {fault}")
    return {
        "releases": releases,
        "readers": seen.readers(),
        "looks": len(seen.looks),
        "slowest_look": seen.slowest(),
        "faults": faults,
        "kept": len(list_releases(settings)),
        "disk": _disk_megabytes(settings),
    }


def _file(settings: Settings) -> Path:
    return settings.current.resolve() / "warehouse.duckdb"


def _disk_megabytes(settings: Settings) -> float:
    """Add up the blocks (MB) of all releases and the spare file, each file once, shared blocks of clones in each."""
    files = {}
    for place in (settings.releases, settings.spare_release):
        for path in place.rglob("*"):
            if path.is_file():
                status = path.stat()
                files[status.st_ino] = status.st_blocks * 512
    return sum(files.values()) / 1e6


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


STEPS: dict[str, Callable[[Settings, int], Figures]] = {
    "make": run_make,
    "copy": run_copy,
    "build": run_build,
    "publish": run_publish,
    "documents": run_documents,
    "questions": run_questions,
    "readers": run_readers,
}


def measure_size(facts: int, memory: str, folder: Path, steps: list[str]) -> Figures:
    """Take the steps; returns the figures of these and of earlier ones."""
    settings = Settings(home=folder / str(facts), dbt_memory=memory, dbt_seconds=6 * 3600)
    place = settings.home / "figures.json"
    figures = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    for step in steps:
        figures |= STEPS[step](settings, facts)
        place.write_text(json.dumps(figures, indent=2, ensure_ascii=False), encoding="utf-8")
    return figures


def main() -> int:
    """Print the table; exit 1 if a new document costs more than it may in a larger warehouse, or there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--memory", default="2500MB", help="that DuckDB may use")
    parser.add_argument("--folder", type=Path, help="where the databases are made and left")
    parser.add_argument("--steps", nargs="*", choices=STEPS, default=[step for step in STEPS if step != "copy"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jixiao-") as temporary:
        folder = given.folder or Path(temporary)
        sizes = [measure_size(facts, given.memory, folder, given.steps) for facts in sorted(given.facts)]
    print("\n".join(render_table(sizes)))
    if any(figures.get("faults") for figures in sizes):
        return 1
    if any("document_releases" not in figures for figures in sizes):
        return 0
    smallest, largest = (
        sum(middle(figures[costs])["cpu"] for costs in ("document_builds", "document_releases"))
        for figures in (sizes[0], sizes[-1])
    )
    print(f"\na new document and its release: {largest / smallest:.2f} times the processor time")
    return 0 if largest <= GROWTH * smallest else 1


if __name__ == "__main__":
    sys.exit(main())
