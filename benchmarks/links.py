"""Measure the precision and recall of project links, and the reliability of each score, on 200 made publications.

    python benchmarks/links.py [--documents 200] [--seed 1]
    jixiao read FOLDER --format jsonl > rows.jsonl; python benchmarks/links.py --like rows.jsonl

The documents are those of `made/publications.py`: 50 publishers over four years, whose projects begin, end and are
renamed, beside new projects of the same theme, category and partly the same indicators. They are staged and built as on
any night; then every pair of neighbouring years under one project_key is compared with the identities that the
generator recorded.

With `--like` the documents are typeset from what real ones print (`made/typeset_pairs.py`), two years in two layouts
and without codes, and read before they are staged; a table shows how targets that the generator left unchanged compare.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from random import Random

import duckdb
from made import typeset_pairs
from made.publications import Document, make_publisher, stage_document

from extract.errors import Refused
from extract.publishers import load_publishers
from extract.reading.document import read_document
from extract.settings import Settings
from extract.text import fold_text
from extract.warehouse import build
from extract.warehouse.frames import Origin, make_frames
from extract.warehouse.staging import open_warehouse, stage_frames

YEARS = range(2022, 2026)
ROWS = 100
PRECISION, RECALL = 0.995, 0.95
BANDS = (0.45, 0.55, 0.65, 0.70, 0.75, 0.80, 0.90, 1.01)

Printing = tuple[str, int]
"""Hash of the document and number of the project in it."""

PRINTED = """
select d.sha256, d.fiscal_year, d.publisher_key, b.project_no, b.project_key
from marts.fct_project_budgets as b
inner join marts.dim_documents as d on b.document_key = d.document_key
"""
LINKS = "select project_key, to_year, method from marts.project_links"
# the better of two proposals for one project is the one that could become a link
PROPOSALS = """
select from_sha256, from_project_no, to_sha256, to_project_no, score
from (
    select
        *,
        row_number() over (partition by from_sha256, from_project_no order by score desc, to_project_no) as forward,
        row_number() over (partition by to_sha256, to_project_no order by score desc, from_project_no) as backward
    from raw.project_proposals
    where indicator_share >= 0.5
) as ranked
where forward = 1 and backward = 1
"""


COMPARED = """
select p.publisher_name, y.unit_name, y.project_name, y.prior_project_name, y.indicator_name, y.prior_indicator_name,
    y.change_class, y.is_layout_changed
from marts.yoy_indicator_targets as y
inner join marts.dim_publishers as p on y.publisher_key = p.publisher_key
where y.target_text is not null and y.prior_target_text is not null
"""


def make_documents(count: int, seed: int) -> list[Document]:
    """Make `count` documents, the same for the same seed."""
    publishers = -(-count // len(YEARS))
    made = (
        document
        for number in range(publishers)
        for document in make_publisher(Random(f"{seed} {number}"), f"单位{number}", None, YEARS, ROWS)  # noqa: S311
    )
    return list(made)[:count]


def true_pairs(documents: list[Document], identities: dict[Printing, int]) -> set[tuple[Printing, Printing]]:
    """Return the printings of one project in neighbouring years."""
    by_year = {
        (document.publisher, document.fiscal_year, identities[document.sha256, number]): (document.sha256, number)
        for document in documents
        for number in range(1, len(document.projects) + 1)
    }
    return {
        (place, by_year[publisher, year + 1, identity])
        for (publisher, year, identity), place in by_year.items()
        if (publisher, year + 1, identity) in by_year
    }


def linked_pairs(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[Printing, Printing], str]:
    """Return the printings under one project_key in neighbouring years → the method that linked them."""
    methods = {(key, year): method for key, year, method in warehouse.execute(LINKS).fetchall()}
    places = {(key, year): (sha256, number) for sha256, year, _, number, key in warehouse.execute(PRINTED).fetchall()}
    return {
        (place, places[key, year + 1]): methods.get((key, year + 1), "none")
        for (key, year), place in places.items()
        if (key, year + 1) in places
    }


def print_methods(found: dict[tuple[Printing, Printing], str], truth: set[tuple[Printing, Printing]]) -> bool:
    """Print right and wrong links by method; return True if precision and recall are as promised."""
    right = Counter(method for pair, method in found.items() if pair in truth)
    wrong = Counter(method for pair, method in found.items() if pair not in truth)
    precision, recall = right.total() / max(len(found), 1), right.total() / len(truth)
    print("| method | right | wrong |\n| --- | ---: | ---: |")
    for method in sorted(right | wrong):
        print(f"| {method} | {right[method]:,} | {wrong[method]:,} |")
    print(f"\nof {len(truth):,} pairs {right.total():,} found: precision {precision:.4f}, recall {recall:.4f}\n")
    return precision >= PRECISION and recall >= RECALL


def print_scores(warehouse: duckdb.DuckDBPyConnection, truth: set[tuple[Printing, Printing]]) -> None:
    """Print right and wrong best proposals by score."""
    print("| score of the best proposal | right | wrong |\n| --- | ---: | ---: |")
    rows = [
        (float(score), ((earlier, one), (later, other)) in truth)
        for earlier, one, later, other, score in warehouse.execute(PROPOSALS).fetchall()
    ]
    for low, high in itertools.pairwise(BANDS):
        inside = [is_right for score, is_right in rows if low <= score < high]
        print(f"| {low:.2f} … {min(high, 1):.2f} | {sum(inside):,} | {len(inside) - sum(inside):,} |")


def measure_typeset(rows: Path, seed: int) -> int:
    """Print the tables for typeset pairs; exit 1 if precision is less than promised."""
    pairs = list(typeset_pairs.make_pairs(typeset_pairs.list_printed(rows), seed))
    with tempfile.TemporaryDirectory(prefix="jixiao-") as folder:
        settings = Settings(home=Path(folder) / "var")
        identities: dict[Printing, int] = {}
        printed = [one for pair in pairs for one in pair]
        for document in printed:
            identities |= read_typeset(settings, document, Path(folder))
        count = sum(len(document.projects) for document in printed)
        print(f"{len(pairs)} pairs, {count:,} projects printed, {len(identities):,} read\n")
        build.build_marts(settings)
        with duckdb.connect(str(settings.build_db), read_only=True) as warehouse:
            found = linked_pairs(warehouse)
            is_good = print_methods(found, join_years(pairs, identities))
            print_comparisons(warehouse, pairs)
    return 0 if is_good else 1


def read_typeset(settings: Settings, document: typeset_pairs.Document, folder: Path) -> dict[Printing, int]:
    """Typeset, read and stage a document; return the identity of each project that was read."""
    known = {name_project(document, one.unit, one.name): one.identity for one in document.projects}
    path = document.typeset(folder)
    try:
        reading = read_document(path, reader="pdfium")
    except Refused as refusal:
        print(f"{path.name}: {refusal}")
        return {}
    origin = Origin(path.as_uri(), datetime(document.year, 3, 1))  # noqa: DTZ001 raw holds naive UTC
    frames = make_frames(reading, origin, load_publishers(settings.publishers_dir), "0")
    with open_warehouse(settings) as engine:
        stage_frames(engine, reading.sha256, frames)
    texts = frames["projects"][["project_no", "unit_text", "project_text"]].fillna("").itertuples(index=False)
    named = {(reading.sha256, int(number)): name_project(document, unit, name) for number, unit, name in texts}
    return {place: known[name] for place, name in named.items() if name in known}


def name_project(document: typeset_pairs.Document, unit: str, name: str) -> tuple[str, str]:
    """Return what a project is known by in its document, however it is printed."""
    return fold_text(unit or document.publisher), fold_text(name)


def join_years(
    pairs: list[tuple[typeset_pairs.Document, typeset_pairs.Document]], identities: dict[Printing, int]
) -> set[tuple[Printing, Printing]]:
    """Return the printings of one project in both years, of those that were read in both."""
    going_on = {one.identity for first, second in pairs for one in first.projects} & {
        one.identity for first, second in pairs for one in second.projects
    }
    places: dict[int, list[Printing]] = {}
    for place, identity in identities.items():  # a pair is read in the order of its years
        places.setdefault(identity, []).append(place)
    return {(found[0], found[1]) for one, found in places.items() if one in going_on and len(found) == 2}


def print_comparisons(
    warehouse: duckdb.DuckDBPyConnection, pairs: list[tuple[typeset_pairs.Document, typeset_pairs.Document]]
) -> None:
    """Print how many targets that the generator left unchanged compare as unchanged although the layout changed."""
    values: dict[tuple[str, int, tuple[str, str], str], set[tuple[int, str]]] = {}
    for document in (one for pair in pairs for one in pair):
        for project in document.projects:
            for row in project.rows:
                named = name_project(document, project.unit, project.name)
                place = document.publisher, document.year, named, fold_text(row.indicator)
                values.setdefault(place, set()).add((project.identity, row.value))
    classes: Counter[tuple[bool, str]] = Counter()
    layouts: Counter[bool] = Counter()
    for publisher, unit, name, before, indicator, indicator_before, change, is_changed in warehouse.execute(
        COMPARED
    ).fetchall():
        layouts[is_changed] += 1
        later = values.get((publisher, 2026, (fold_text(unit), fold_text(name)), fold_text(indicator)), set())
        earlier = values.get(
            (publisher, 2025, (fold_text(unit), fold_text(before)), fold_text(indicator_before)), set()
        )
        if len(later) == len(earlier) == 1 and next(iter(later))[0] == next(iter(earlier))[0]:
            classes[later == earlier, change] += 1
    print(f"pairs of targets with another layout: {layouts[True]:,} of {layouts.total():,}\n")
    print("| compared as | left alone | changed |\n| --- | ---: | ---: |")
    for change in sorted({name for _, name in classes}):
        print(f"| {change} | {classes[True, change]:,} | {classes[False, change]:,} |")


def main() -> int:
    """Print the tables; exit 1 if precision or recall is less than promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--like", type=Path, help="what `jixiao read --format jsonl` printed of real documents")
    given = parser.parse_args()
    if given.like is not None:
        return measure_typeset(given.like, given.seed)
    documents = make_documents(given.documents, given.seed)
    identities = {
        (document.sha256, number): project.identity
        for document in documents
        for number, project in enumerate(document.projects, start=1)
    }
    with tempfile.TemporaryDirectory(prefix="jixiao-") as folder:
        settings = Settings(home=Path(folder))
        for document in documents:
            stage_document(settings, document)
        build.build_marts(settings)
        with duckdb.connect(str(settings.build_db), read_only=True) as warehouse:
            truth = true_pairs(documents, identities)
            is_good = print_methods(linked_pairs(warehouse), truth)
            print_scores(warehouse, truth)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
