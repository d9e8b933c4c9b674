"""Measure building the warehouse from made publications, in full and for one more document, as a Markdown table.

    python benchmarks/warehouse.py [--facts 200000 1000000] [--memory 2500MB] [--documents 3]

The raw tables are filled through staging with one region (ten publishers, five years, documents of about 100 rows) and
then with copies of that region under other names, so that all sizes hold partitions of one size. Then everything is
built and published, documents of 100 rows come one by one, each is built and published, and the questions of
docs/cookbook.md are asked of the last release. The peers of the same run are the full build (`dbt build` of everything,
as without partitions) and the first release (every row written, as without parts). Time is processor time, wall time in
brackets; of questions, wall time. Written are the bytes that the process gave to the file system.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import duckdb
from made.publications import Document, make_publisher, stage_document

from extract.jobs.publish import publish
from extract.settings import PROJECT, Settings
from extract.warehouse import build, raw_schema

sys.path.append(str(PROJECT / "docs"))
from render_cookbook import PAGE, find_queries

PUBLISHERS, YEARS, ROWS = 10, range(2021, 2026), 100
NEW_DOCUMENTS = 3
SLOW = 0.2
GROWTH = 2.0
"""A new document and its release may cost this many times as much in the largest warehouse as in the smallest."""


@dataclass(frozen=True, slots=True)
class Publishing:
    """Cost of one release."""

    cpu: float
    wall: float
    megabytes: float
    made: str


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one build: dbt's process, and Python before it."""

    cpu: float
    wall: float
    python: float


def stage_region(settings: Settings) -> list[Document]:
    """Stage the region that is copied; return each publisher's document of a sixth year, which is not staged."""
    fresh = []
    for number in range(PUBLISHERS):
        years = range(YEARS.start, YEARS.stop + 1)
        *known, new = make_publisher(Random(number), f"单位{number}", "区0", years, ROWS)  # noqa: S311 - no secret
        for document in known:
            stage_document(settings, document)
        fresh.append(new)
    return fresh


def copy_region(settings: Settings, facts: int) -> int:
    """Copy the region under other names until the targets are as many as `facts`; returns how many they are.

    Every fiftieth target gets a number of its own, so that the distinct texts grow with the warehouse too.
    """
    renamed = {
        "sha256": "sha256(t.sha256 || c.copy)",
        "publisher_code": "t.publisher_code || '-' || c.copy",
        "region_code": "'区' || c.copy",
        "target_text": "case when t.record_no % 50 = 0 then '≥' || (c.copy * 1000 + t.record_no) || '户' "
        "else t.target_text end",
    }
    with duckdb.connect(str(settings.build_db)) as warehouse:
        warehouse.execute("set preserve_insertion_order = false")
        (region,) = warehouse.execute("select count(*) from raw.targets").fetchone() or (1,)
        copies = f"(select range + 1 as copy from range({max(0, round(facts / region) - 1)}))"
        for table in (*raw_schema.DOCUMENT_TABLES, raw_schema.document_fingerprints):
            columns = ", ".join(renamed.get(column.name, f"t.{column.name}") for column in table.columns)
            warehouse.execute(
                f"insert into raw.{table.name} select {columns} from raw.{table.name} as t, {copies} as c"
            )
        (targets,) = warehouse.execute("select count(*) from raw.targets").fetchone() or (0,)
    return int(targets)


def measure_build(settings: Settings, **how: Any) -> Cost:
    """Measure one build as in the nightly run."""
    dbt = 0.0
    run_dbt = build.run_dbt

    def run_timed(*arguments: Any, **mode: Any) -> dict[str, int]:
        nonlocal dbt
        begin = time.perf_counter()
        try:
            return run_dbt(*arguments, **mode)
        finally:
            dbt = time.perf_counter() - begin

    build.run_dbt = run_timed
    try:
        begin, cpu = time.perf_counter(), _children_seconds()
        build.build_marts(settings, **how)
        return Cost(_children_seconds() - cpu, dbt, time.perf_counter() - begin - dbt)
    finally:
        build.run_dbt = run_dbt


def measure_publish(settings: Settings) -> Publishing:
    """Measure one release as in the nightly run, pages included."""
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    release = publish(settings)
    after = resource.getrusage(resource.RUSAGE_SELF)
    return Publishing(
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        time.perf_counter() - begin,
        (after.ru_oublock - before.ru_oublock) * 512 / 1e6,
        release["file"]["made"],
    )


def measure_size(facts: int, memory: str, folder: Path, documents: int) -> dict[str, float]:
    """Measure one row of the table."""
    settings = Settings(home=folder / str(facts), dbt_memory=memory, dbt_seconds=6 * 3600)
    settings.home.mkdir(parents=True)
    fresh = stage_region(settings)
    targets = copy_region(settings, facts)
    _tell(f"{targets:,} facts staged")
    full = measure_build(settings)
    _tell(f"full build: {full}")
    first = measure_publish(settings)
    _tell(f"first release: {first}")
    news, releases = [], []
    for document in fresh[:documents]:
        stage_document(settings, document)
        news.append(measure_build(settings))
        _tell(f"one new document: {news[-1]}")
        releases.append(measure_publish(settings))
        _tell(f"its release: {releases[-1]}")
    file = settings.current.resolve() / "warehouse.duckdb"
    size = file.stat().st_size
    asked = measure_questions(file)
    _tell("questions, ms: " + ", ".join(f"{question} {seconds * 1e3:.0f}" for question, seconds in asked.items()))
    return {
        "facts": targets,
        "full": full.cpu,
        "full_wall": full.wall,
        "full_python": full.python,
        "new": median(one.cpu for one in news),
        "new_wall": median(one.wall for one in news),
        "new_python": median(one.python for one in news),
        "first": first.cpu,
        "first_wall": first.wall,
        "first_written": first.megabytes,
        "publish": median(one.cpu for one in releases),
        "publish_wall": median(one.wall for one in releases),
        "written": median(one.megabytes for one in releases),
        "megabytes": size / 1e6,
        "kept": len(releases) + 1,
        "disk": _disk_megabytes(settings),
        "question": median(asked.values()),
        "slowest": max(asked.values()),
        "slow": sum(seconds > SLOW for seconds in asked.values()),
        "memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6,
    }


def measure_questions(warehouse: Path) -> dict[str, float]:
    """Return the wall seconds of each question of the cookbook, the median of five, as a reader asks it."""
    asked = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for question, sql in find_queries(PAGE.read_text(encoding="utf-8")):
            times = []
            for _ in range(5):
                begin = time.perf_counter()
                connection.execute(sql).fetchall()
                times.append(time.perf_counter() - begin)
            asked[question] = median(times)
    return asked


def _disk_megabytes(settings: Settings) -> float:
    """Return the size of all releases and the spare file on disk, each block once."""
    files = {}
    for place in (settings.releases, settings.spare_release):
        for path in place.rglob("*"):
            if path.is_file():
                status = path.stat()
                files[status.st_ino] = status.st_blocks * 512
    return sum(files.values()) / 1e6


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


COLUMNS: tuple[tuple[str, Callable[[dict[str, float]], str]], ...] = (
    ("target facts", lambda row: f"{row['facts']:,.0f}"),
    ("full build, dbt", lambda row: f"{row['full']:.0f} s ({row['full_wall']:.0f})"),
    ("per million", lambda row: f"{row['full'] / row['facts'] * 1e6:.0f} s"),
    ("before dbt", lambda row: f"{row['full_python']:.0f} s"),
    ("one new document, dbt", lambda row: f"{row['new']:.1f} s ({row['new_wall']:.1f})"),
    ("before and after dbt", lambda row: f"{row['new_python']:.1f} s"),
    ("of the full build", lambda row: f"1/{row['full'] / row['new']:.0f}"),
    ("first release", lambda row: f"{row['first']:.0f} s ({row['first_wall']:.0f})"),
    ("written", lambda row: f"{row['first_written']:,.0f} MB"),
    ("its release", lambda row: f"{row['publish']:.1f} s ({row['publish_wall']:.1f})"),
    ("written", lambda row: f"{row['written']:,.0f} MB"),
    ("of the first", lambda row: f"1/{row['first'] / row['publish']:.0f}"),
    ("file", lambda row: f"{row['megabytes']:,.0f} MB"),
    ("all releases", lambda row: f"{row['disk']:,.0f} MB ({row['kept']:.0f})"),
    ("a question", lambda row: f"{row['question'] * 1e3:.0f} ms"),
    ("the slowest", lambda row: f"{row['slowest'] * 1e3:.0f} ms"),
    ("over 200 ms", lambda row: f"{row['slow']:.0f} of 24"),
    ("peak memory", lambda row: f"{row['memory']:.1f} GB"),
)


def main() -> int:
    """Print the table; exit 1 if the cost of a new document and its release grows with the warehouse."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--memory", default="2500MB", help="that DuckDB may use")
    parser.add_argument("--documents", type=int, default=NEW_DOCUMENTS, help="new ones that come, at most 10")
    parser.add_argument("--folder", type=Path, help="where the databases are made and left")
    given = parser.parse_args()
    print("| " + " | ".join(name for name, _ in COLUMNS) + " |")
    print("|" + " ---: |" * len(COLUMNS), flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="jixiao-") as temporary:
        for facts in sorted(given.facts):
            rows.append(measure_size(facts, given.memory, given.folder or Path(temporary), given.documents))
            print("| " + " | ".join(show(rows[-1]) for _, show in COLUMNS) + " |", flush=True)
    first, last = rows[0], rows[-1]
    growth = (last["new"] + last["publish"]) / (first["new"] + first["publish"])
    times = last["facts"] / first["facts"]
    print(f"\na new document and its release: {growth:.2f} times the cost at {times:.0f} times the facts")
    return 0 if growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
