"""Measure the precision and recall of project links, and the reliability of each score, on 200 made publications.

    python benchmarks/links.py [--documents 200] [--seed 1]

The documents are those of `made/publications.py`: 50 publishers over four years, whose projects appear, disappear and
are renamed, beside new projects of the same theme, category and partly the same indicators. They are staged and built
as in any run; then every pair of neighbouring years under one project_key is compared with the known identities.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

import duckdb
from made.publications import Document, make_publisher, stage_document

from extract.settings import Settings
from extract.warehouse import build

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


def main() -> int:
    """Print the tables; exit 1 if precision or recall is less than promised."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
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
