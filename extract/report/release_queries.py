"""Query a release for the rows of the report: each list bounded, with the SQL for all of it."""

from __future__ import annotations

import itertools
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.releases.query import ask, lock_release
from extract.report.cell_queries import FACTS, FIRST_CELLS, INDICATOR_CELLS, PROJECT_CELLS
from extract.settings import Settings

AnswerRow = dict[str, Any]
MOST_ROWS = 500  # of one table on the page
NOTHING: AnswerRow = {}
SEVERITIES = ("warning", "notice", "question", "info")
_RANKS = " ".join(f"WHEN '{severity}' THEN {rank}" for rank, severity in enumerate(SEVERITIES))
SEVERITY = f"CASE severity {_RANKS} END"
DOCUMENTS = (
    "SELECT d.*, p.publisher_name FROM dim_documents AS d "
    "INNER JOIN dim_publishers AS p ON d.publisher_key = p.publisher_key"
)
DOCUMENT_ORDER = "ORDER BY fiscal_year DESC, publisher_name, document_kind, edition_no, document_key"
COMPLETENESS = ", ".join(
    f"CAST(coalesce(sum({figure}), 0) AS integer) AS {name}"
    for name, figure in {
        "documents": "c.loaded",
        "incomplete": "c.incomplete",
        "refused": "c.refused",
        "printed": "c.projects_loaded + c.projects_held_back",
        "loaded": "c.projects_loaded",
        "held_back": "c.projects_held_back",
    }.items()
)


@dataclass(frozen=True, slots=True)
class Listing:
    """The first rows of a result, their total number, and the statement that returns all of them."""

    rows: list[AnswerRow]
    total: int
    sql: str


class Figures:
    """Queries on one release, in SQL that DuckDB and PostgreSQL understand."""

    def __init__(self, answer: Callable[[str, Sequence[Any]], list[AnswerRow]]) -> None:
        self._answer = answer
        self._counts: dict[str, list[AnswerRow]] = {}

    def rows(self, query: str, *values: Any) -> list[AnswerRow]:
        """Return all rows of a statement; the values stand for its question marks."""
        return self._answer(query, values)

    def _count(self, query: str) -> list[AnswerRow]:
        """Return the rows of a statement that reads all of a large table; it is run once, whoever asks again."""
        if query not in self._counts:
            self._counts[query] = self.rows(query)
        return self._counts[query]

    def listing(self, query: str, sql: str, order: str = "", total: int | None = None) -> Listing:
        """Return the first MOST_ROWS of a statement; `sql` is the statement for all of them, `total` their number."""
        if total is None:
            (count,) = self.rows(f"SELECT count(*) AS n FROM ({query}) AS listed")
            total = int(count["n"])
        return Listing(self.rows(f"{query} {order} LIMIT {MOST_ROWS}"), total, sql)

    def documents(self) -> Listing:
        """List documents with their publishers, newest year first."""
        return self.listing(DOCUMENTS, "SELECT * FROM dim_documents", DOCUMENT_ORDER)

    def new_documents(self, since: datetime | None) -> Listing:
        """List documents first seen after a moment (UTC); all where that is None."""
        condition = "true" if since is None else f"d.first_seen_at > CAST('{since.isoformat()}' AS timestamp)"
        return self.listing(f"{DOCUMENTS} WHERE {condition}", "SELECT * FROM dim_documents", DOCUMENT_ORDER)

    def parts_of(self, hashes: Sequence[str]) -> list[AnswerRow]:
        """Return the parts of the documents with these hashes."""
        if not hashes:
            return []
        return self.rows(f"{DOCUMENTS} WHERE d.sha256 IN ({_marks(hashes)}) {DOCUMENT_ORDER}", *hashes)

    def completeness(self) -> list[AnswerRow]:
        """Count per publisher and fiscal year the projects printed, loaded and held back, and incomplete documents.

        The row without a year counts documents refused as a whole.
        """
        return self.rows(
            f"SELECT p.publisher_name, c.fiscal_year, {COMPLETENESS} "
            "FROM fct_publication_coverage AS c LEFT JOIN dim_publishers AS p ON c.publisher_key = p.publisher_key "
            "GROUP BY p.publisher_name, c.fiscal_year "
            "HAVING sum(c.loaded + c.refused) > 0 "
            "ORDER BY CASE WHEN sum(c.projects_held_back) > 0 THEN 1 ELSE 2 END, p.publisher_name, c.fiscal_year DESC "
            f"LIMIT {MOST_ROWS}"
        )

    def total_completeness(self) -> AnswerRow:
        """Count the same of all publishers and fiscal years together."""
        (row,) = self.rows(f"SELECT {COMPLETENESS} FROM fct_publication_coverage AS c")
        return row

    def held_back(self) -> Listing:
        """List what is printed and not loaded: projects, departments, and whole documents."""
        return self.listing(
            "SELECT h.*, p.publisher_name, d.title FROM held_back AS h "
            "LEFT JOIN dim_publishers AS p ON h.publisher_key = p.publisher_key "
            "LEFT JOIN dim_documents AS d ON h.document_key = d.document_key WHERE h.is_current",
            "SELECT * FROM held_back",
            "ORDER BY publisher_name, fiscal_year DESC, source_url, held_no, held_back_key",
        )

    def differing_checks(self) -> Listing:
        """List places of one document that should agree and do not."""
        return self.listing(
            "SELECT c.*, d.title FROM document_cross_checks AS c "
            "INNER JOIN dim_documents AS d ON c.document_key = d.document_key WHERE NOT c.is_agreeing",
            "SELECT * FROM document_cross_checks WHERE NOT is_agreeing",
            "ORDER BY title, check_no, cross_check_key",
        )

    def agreeing_checks(self) -> int:
        """Count the places of documents that agree with what was read."""
        (count,) = self.rows("SELECT count(*) AS n FROM document_cross_checks WHERE is_agreeing")
        return int(count["n"])

    def department_targets(self) -> Listing:
        """List annual targets of whole departments with those of the year before, where both are loaded."""
        return self.listing(
            "SELECT t.*, d.sha256, y.prior_target_text, y.change_class, y.delta_pct "
            "FROM fct_department_targets AS t INNER JOIN dim_documents AS d ON t.document_key = d.document_key "
            "LEFT JOIN yoy_department_targets AS y ON t.department_target_key = y.department_target_key "
            "WHERE t.is_current AND t.horizon = 'annual'",
            "SELECT * FROM fct_department_targets WHERE is_current AND horizon = 'annual'",
            "ORDER BY fiscal_year DESC, department_name, record_no, department_target_key",
        )

    def changes_of_release(self, release: AnswerRow) -> AnswerRow:
        """Return what a release changed: the release before it, when that was published, and rows per table."""
        before = release.get("compared_with")
        moments = self.rows("SELECT published_at FROM releases WHERE release_id = ?", before)
        tables = self.rows(
            "SELECT table_name, rows_after, rows_before, rows_added, rows_changed, rows_gone FROM release_changes "
            "WHERE release_id = ? ORDER BY table_name",
            release["release_id"],
        )
        return {"before": before, "since": moments[0]["published_at"] if moments else None, "tables": tables}

    def edition_changes(self) -> Listing:
        """List cells that a later edition changed."""
        return self.listing(
            "SELECT c.*, d.title, coalesce(o.sha256, d.sha256) AS sha256 FROM edition_changes AS c "
            "INNER JOIN dim_documents AS d ON c.document_key = d.document_key "
            "LEFT JOIN dim_documents AS o ON c.prior_document_key = o.document_key AND c.change = 'removed'",
            "SELECT * FROM edition_changes",
            "ORDER BY fiscal_year DESC, title, page, y0, x0, edition_change_key",
        )

    def project_changes(self) -> Listing:
        """List projects against the year before, with the cells of both amounts; the largest change first."""
        found = self.listing(
            "SELECT * FROM yoy_project_budgets",
            "SELECT * FROM yoy_project_budgets",
            "ORDER BY fiscal_year DESC, abs(coalesce(delta_yuan, amount_yuan, prior_amount_yuan, 0)) DESC, project_key",
        )
        publishers = self._find("dim_publishers", "publisher_key", "publisher_name", found.rows)
        documents = self._find("dim_documents", "document_key", "sha256", found.rows, "prior_document_key")
        amounts = self._amounts(found.rows)
        for row in found.rows:
            row["publisher_name"] = publishers[row["publisher_key"]]["publisher_name"]
            for prior in ("", "prior_"):
                document_key = row[f"{prior}document_key"]
                amount = amounts.get((row["project_key"], document_key), NOTHING)
                row[f"{prior}budget_key"], row[f"{prior}page"] = amount.get("budget_key"), amount.get("page")
                row[f"{prior}sha256"] = documents.get(document_key, NOTHING).get("sha256")
        return found

    def _amounts(self, rows: Sequence[AnswerRow]) -> dict[tuple[str, str], AnswerRow]:
        """Return the first amount of the year of each project and document, by their keys."""
        projects = _values(rows, "project_key")
        if not projects:
            return {}
        found = self.rows(
            "SELECT project_key, document_key, budget_key, page FROM fct_project_budgets "
            f"WHERE amount_kind = 'year' AND project_key IN ({_marks(projects)}) ORDER BY project_no DESC",
            *projects,
        )
        return {(row["project_key"], row["document_key"]): row for row in found}

    def target_changes(self) -> Listing:
        """List targets that changed against the year before, with both cells; the largest change first."""
        changed = "SELECT * FROM yoy_indicator_targets WHERE horizon = 'annual' AND change_class <> 'unchanged'"
        found = self.listing(
            changed,
            changed,
            "ORDER BY fiscal_year DESC, "
            "CASE change_class WHEN 'lowered' THEN 1 WHEN 'raised' THEN 2 WHEN 'dropped' THEN 3 WHEN 'new' THEN 4 "
            "ELSE 5 END, abs(coalesce(delta_pct, 0)) DESC, target_pair_key",
            total=sum(row["n"] for row in self.change_classes() if row["change_class"] not in (None, "unchanged")),
        )
        years = {year for row in found.rows for year in (row["fiscal_year"], row["fiscal_year"] - 1)}
        facts = f"(SELECT * FROM fct_indicator_targets WHERE fiscal_year IN ({_write_years(years)})) AS t"
        targets = self._find(facts, "target_key", "page, document_key", found.rows, "prior_target_key")
        documents = self._find("dim_documents", "document_key", "sha256", targets.values())
        for row in found.rows:
            for prior in ("", "prior_"):
                target = targets.get(row[f"{prior}target_key"], NOTHING)
                row[f"{prior}page"] = target.get("page")
                row[f"{prior}sha256"] = documents.get(target.get("document_key", ""), NOTHING).get("sha256")
        return found

    def change_classes(self) -> list[AnswerRow]:
        """Count the annual targets of each year by direction of change."""
        return self._count(
            "SELECT fiscal_year, change_class, count(*) AS n FROM yoy_indicator_targets WHERE horizon = 'annual' "
            "GROUP BY fiscal_year, change_class ORDER BY fiscal_year, change_class"
        )

    def copied_shares(self) -> Listing:
        """Return per unit and year the share of unchanged targets among those of both years."""
        query = (
            "SELECT fiscal_year, unit_name, count(*) AS shared, "
            "count(*) FILTER (WHERE change_class = 'unchanged') AS copied, "
            "CAST(round(100.0 * count(*) FILTER (WHERE change_class = 'unchanged') / count(*), 1) AS DECIMAL(5, 1)) "
            "AS copied_pct FROM yoy_indicator_targets "
            "WHERE horizon = 'annual' AND change_class NOT IN ('new', 'dropped', 'unread') "
            "GROUP BY fiscal_year, unit_name"
        )
        first = self.rows(
            f"SELECT listed.*, count(*) OVER () AS total FROM ({query}) AS listed "
            f"ORDER BY fiscal_year DESC, copied_pct DESC, shared DESC, unit_name LIMIT {MOST_ROWS}"
        )
        return Listing(first, first[0]["total"] if first else 0, query)

    def findings(self) -> Listing:
        """List quality findings by severity, each with the cells that it is about."""
        first = ", ".join(f"'{code}'" for code in self._first_checks())
        rows = (
            f"SELECT * FROM quality_findings WHERE check_code IN ({first}) ORDER BY {SEVERITY}, check_code, "
            f"fiscal_year DESC NULLS LAST, figure DESC NULLS LAST, finding_key LIMIT {MOST_ROWS}"
        )
        found = Listing(
            self.rows(rows) if first else [],
            sum(row["n"] for row in self.finding_counts()),
            "SELECT * FROM quality_findings ORDER BY severity, check_code",
        )
        for table, key, name in (
            ("dim_units", "unit_key", "unit_name"),
            ("dim_projects", "project_key", "project_name"),
            ("dim_indicators", "indicator_key", "indicator_name"),
        ):
            named = self._find(table, key, name, found.rows)
            for row in found.rows:
                row[name] = named.get(row[key], NOTHING).get(name)
        documents = self._find("dim_documents", "document_key", "fiscal_year", found.rows)
        cells: dict[str, list[AnswerRow]] = defaultdict(list)
        for cell in self._finding_cells(found.rows, _years(documents.values())):
            cells[cell["finding_key"]].append(cell)
        for row in found.rows:
            row["cells"] = cells[row["finding_key"]]
        return found

    def _first_checks(self) -> list[str]:
        """Return the checks of the gravest findings, so that those of the others need not be sorted."""
        ranked = sorted(self.finding_counts(), key=lambda row: (SEVERITIES.index(row["severity"]), row["check_code"]))
        found = itertools.accumulate((row["n"] for row in ranked), initial=0)
        return sorted({row["check_code"] for row, before in zip(ranked, found, strict=False) if before < MOST_ROWS})

    def _finding_cells(self, findings: Sequence[AnswerRow], years: str) -> list[AnswerRow]:
        """Query the first cells of each finding: its targets, for a project alone its amount as well."""
        of_documents = [row for row in findings if row["project_key"] and row["document_key"]]
        of_projects = [row for row in findings if row["project_key"] and not row["document_key"]]
        of_indicators = [row for row in findings if row["indicator_key"] and not row["project_key"]]
        columns = ("finding_key", "document_key", "project_key", "indicator_key")
        found = []
        for cells, some in (
            (PROJECT_CELLS.format(f"fiscal_year IN ({years})"), of_documents),
            (PROJECT_CELLS.format("true"), of_projects),
            (INDICATOR_CELLS, of_indicators),
        ):
            if some:
                wanted = ", ".join([f"({', '.join(['CAST(? AS varchar)'] * len(columns))})"] * len(some))
                found += self.rows(
                    f"WITH q ({', '.join(columns)}) AS (VALUES {wanted}), found AS ({cells}), {FIRST_CELLS}",
                    *(row[column] for row in some for column in columns),
                )
        return found

    def finding_counts(self) -> list[AnswerRow]:
        """Count the findings of each check."""
        return self._count(
            "SELECT check_code, check_name, severity, count(*) AS n FROM quality_findings "
            "GROUP BY check_code, check_name, severity ORDER BY check_code, check_name, severity"
        )

    def document_findings(self) -> Listing:
        """List the readers' findings on loaded documents."""
        return self.listing(
            "SELECT f.*, d.title FROM document_findings AS f "
            "INNER JOIN dim_documents AS d ON f.document_key = d.document_key",
            "SELECT * FROM document_findings",
            "ORDER BY finding_code, title, finding_no, document_finding_key",
        )

    def facts_on(self, pages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], list[AnswerRow]]:
        """Return every target, result and amount on pages (sha256, number) with its box, in one query."""
        facts: dict[tuple[str, int], list[AnswerRow]] = defaultdict(list)
        parts: dict[str, list[AnswerRow]] = defaultdict(list)
        for part in self.parts_of(sorted({sha256 for sha256, _ in pages})):
            parts[part["sha256"]].append(part)
        printed = [(part["document_key"], sha256, page) for sha256, page in pages for part in parts[sha256]]
        if not printed:
            return facts
        known = [part for some in parts.values() for part in some]
        documents, years = _values(known, "document_key"), _years(known)
        wanted = ", ".join(["(?, ?, CAST(? AS integer))"] * len(printed))
        found = self.rows(
            f"WITH d (document_key, sha256, page) AS (VALUES {wanted}), "
            f"facts AS ({FACTS.format(f'fiscal_year IN ({years}) AND document_key IN ({_marks(documents)})')}) "
            "SELECT f.*, d.sha256, j.project_name, i.indicator_name FROM facts AS f "
            "INNER JOIN d ON f.document_key = d.document_key AND f.page = d.page "
            "INNER JOIN dim_projects AS j ON f.project_key = j.project_key "
            "LEFT JOIN dim_indicators AS i ON f.indicator_key = i.indicator_key ORDER BY f.y0, f.x0, f.key",
            *itertools.chain.from_iterable(printed),
            *documents * 3,
        )
        for row in found:
            facts[row["sha256"], row["page"]].append(row)
        return facts

    def _find(self, table: str, key: str, columns: str, rows: Iterable[AnswerRow], *more: str) -> dict[str, AnswerRow]:
        """Look up what rows name in their column `key`, and in `more` columns: key -> columns."""
        wanted = sorted({row[column] for row in rows for column in (key, *more) if row[column]})
        if not wanted:
            return {}
        query = f"SELECT {key}, {columns} FROM {table} WHERE {key} IN ({_marks(wanted)})"
        return {row[key]: row for row in self.rows(query, *wanted)}


def _values(rows: Iterable[AnswerRow], column: str) -> list[Any]:
    return sorted({row[column] for row in rows if row[column]})


def _years(documents: Iterable[AnswerRow]) -> str:
    """Write the fiscal years of documents as a list in SQL: rows of facts stand by year, others need not be read."""
    return _write_years(_values(documents, "fiscal_year"))


def _write_years(years: Iterable[int]) -> str:
    return ", ".join(str(int(year)) for year in sorted(years)) or "NULL"


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


@contextmanager
def open_release(settings: Settings, folder: Path) -> Iterator[Figures]:
    """Open the DuckDB file in a release's folder during the block: read-only, everything else locked."""
    path = str((folder / "warehouse.duckdb").resolve())
    late = {"late_materialization_max_rows": str(MOST_ROWS)}  # sort by few columns, then fetch the first rows' others
    with (
        tempfile.TemporaryDirectory(prefix="jixiao-report-") as spill,
        duckdb.connect(path, read_only=True, config=lock_release(settings, spill) | late) as connection,
    ):

        def answer(query: str, values: Sequence[Any]) -> list[AnswerRow]:
            """Return all rows of a statement, by column name."""
            result = connection.execute(query, list(values))
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        yield Figures(answer)


@contextmanager
def open_published(settings: Settings, release: AnswerRow) -> Iterator[Figures]:
    """Open a served release of either kind: a folder, or a schema that is asked as `jixiao sql` does."""
    if settings.on_postgres:
        yield Figures(lambda query, values: list(ask(settings, query, release["release_id"], values)[1]))
    else:
        with open_release(settings, settings.releases / release["release_id"]) as figures:
            yield figures
