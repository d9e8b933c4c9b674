"""Query a release for the rows of the report: each list bounded, with the SQL for all of it."""

from __future__ import annotations

import itertools
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from extract.releases.query import ask, lock_release
from extract.settings import Settings

AnswerRow = dict[str, Any]
MOST_ROWS = 500  # of one table on the page
CELLS_PER_FINDING = 3


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

    def rows(self, query: str, *values: Any) -> list[AnswerRow]:
        """Return all rows of a statement; the values stand for its question marks."""
        return self._answer(query, values)

    def listing(self, query: str, sql: str, order: str = "") -> Listing:
        """Return the first MOST_ROWS of a statement; `sql` is the statement for all of them."""
        (count,) = self.rows(f"SELECT count(*) AS n FROM ({query}) AS listed")
        return Listing(self.rows(f"{query} {order} LIMIT {MOST_ROWS}"), count["n"], sql)

    def documents(self) -> list[AnswerRow]:
        """Return every document with its publisher, newest year first."""
        return self.rows(
            "SELECT d.*, p.publisher_name FROM dim_documents AS d "
            "INNER JOIN dim_publishers AS p ON d.publisher_key = p.publisher_key "
            "ORDER BY d.fiscal_year DESC, p.publisher_name, d.document_kind, d.edition_no, d.document_key"
        )

    def completeness(self) -> list[AnswerRow]:
        """Count per publisher and fiscal year the projects printed, loaded and held back, and incomplete documents.

        The row without a year counts documents refused as a whole.
        """
        return self.rows(
            "SELECT p.publisher_name, c.fiscal_year, CAST(sum(c.loaded) AS integer) AS documents, "
            "CAST(sum(c.incomplete) AS integer) AS incomplete, CAST(sum(c.refused) AS integer) AS refused, "
            "CAST(sum(c.projects_loaded + c.projects_held_back) AS integer) AS printed, "
            "CAST(sum(c.projects_loaded) AS integer) AS loaded, "
            "CAST(sum(c.projects_held_back) AS integer) AS held_back "
            "FROM fct_publication_coverage AS c LEFT JOIN dim_publishers AS p ON c.publisher_key = p.publisher_key "
            "GROUP BY p.publisher_name, c.fiscal_year "
            "HAVING sum(c.loaded + c.refused) > 0 "
            "ORDER BY CASE WHEN sum(c.projects_held_back) > 0 THEN 1 ELSE 2 END, p.publisher_name, c.fiscal_year DESC"
        )

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
        amount = (
            "SELECT project_key, document_key, budget_key, page FROM (SELECT *, row_number() OVER (PARTITION BY "
            "project_key, document_key ORDER BY project_no) AS place FROM fct_project_budgets "
            "WHERE amount_kind = 'year') AS placed WHERE place = 1"
        )
        return self.listing(
            f"WITH amounts AS ({amount}) "
            "SELECT y.*, p.publisher_name, a.budget_key, a.page, d.sha256, b.budget_key AS prior_budget_key, "
            "b.page AS prior_page, e.sha256 AS prior_sha256 FROM yoy_project_budgets AS y "
            "INNER JOIN dim_publishers AS p ON y.publisher_key = p.publisher_key "
            "LEFT JOIN amounts AS a ON y.project_key = a.project_key AND y.document_key = a.document_key "
            "LEFT JOIN amounts AS b ON y.project_key = b.project_key AND y.prior_document_key = b.document_key "
            "LEFT JOIN dim_documents AS d ON y.document_key = d.document_key "
            "LEFT JOIN dim_documents AS e ON y.prior_document_key = e.document_key",
            "SELECT * FROM yoy_project_budgets",
            "ORDER BY fiscal_year DESC, abs(coalesce(delta_yuan, amount_yuan, prior_amount_yuan, 0)) DESC, project_key",
        )

    def target_changes(self) -> Listing:
        """List targets that changed against the year before, with both cells; the largest change first."""
        return self.listing(
            "SELECT y.*, t.page, d.sha256, o.page AS prior_page, e.sha256 AS prior_sha256 "
            "FROM yoy_indicator_targets AS y "
            "LEFT JOIN fct_indicator_targets AS t ON y.target_key = t.target_key "
            "LEFT JOIN dim_documents AS d ON t.document_key = d.document_key "
            "LEFT JOIN fct_indicator_targets AS o ON y.prior_target_key = o.target_key "
            "LEFT JOIN dim_documents AS e ON o.document_key = e.document_key "
            "WHERE y.horizon = 'annual' AND y.change_class <> 'unchanged'",
            "SELECT * FROM yoy_indicator_targets WHERE horizon = 'annual' AND change_class <> 'unchanged'",
            "ORDER BY y.fiscal_year DESC, "
            "CASE y.change_class WHEN 'lowered' THEN 1 WHEN 'raised' THEN 2 WHEN 'dropped' THEN 3 WHEN 'new' THEN 4 "
            "ELSE 5 END, abs(coalesce(y.delta_pct, 0)) DESC, y.target_pair_key",
        )

    def change_classes(self) -> list[AnswerRow]:
        """Count the annual targets of each year by direction of change."""
        return self.rows(
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
        return self.listing(query, query, "ORDER BY fiscal_year DESC, copied_pct DESC, shared DESC, unit_name")

    def findings(self) -> Listing:
        """List quality findings by severity, each with the cells that it is about."""
        names = (
            "SELECT q.*, u.unit_name, j.project_name, i.indicator_name, d.sha256, d.title FROM quality_findings AS q "
            "LEFT JOIN dim_units AS u ON q.unit_key = u.unit_key "
            "LEFT JOIN dim_projects AS j ON q.project_key = j.project_key "
            "LEFT JOIN dim_indicators AS i ON q.indicator_key = i.indicator_key "
            "LEFT JOIN dim_documents AS d ON q.document_key = d.document_key"
        )
        order = (
            "ORDER BY CASE severity WHEN 'warning' THEN 1 WHEN 'notice' THEN 2 WHEN 'question' THEN 3 ELSE 4 END, "
            "check_code, fiscal_year DESC NULLS LAST, figure DESC NULLS LAST, finding_key"
        )
        found = self.listing(names, "SELECT * FROM quality_findings ORDER BY severity, check_code", order)
        cells: dict[str, list[AnswerRow]] = {}
        for cell in self.rows(_finding_cells(f"{names} {order} LIMIT {MOST_ROWS}")):
            cells.setdefault(cell["finding_key"], []).append(cell)
        for row in found.rows:
            row["cells"] = cells.get(row["finding_key"], [])
        return found

    def finding_counts(self) -> list[AnswerRow]:
        """Count the findings of each check."""
        return self.rows(
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
        if not pages:
            return facts
        wanted = ", ".join(["(?, CAST(? AS INTEGER))"] * len(pages))
        place = "d.sha256, d.page, f.x0, f.y0, f.x1, f.y1"
        printed = "AS f INNER JOIN d ON f.document_key = d.document_key AND f.page = d.page"
        found = self.rows(
            f"WITH wanted (sha256, page) AS (VALUES {wanted}), d AS (SELECT o.document_key, w.sha256, w.page "
            "FROM wanted AS w INNER JOIN dim_documents AS o ON w.sha256 = o.sha256), facts AS ("
            "SELECT target_key AS key, horizon AS kind, target_text AS text, project_key, indicator_key, "
            f"{place} FROM fct_indicator_targets {printed} "
            f"UNION ALL SELECT result_key, 'result', actual_text, project_key, indicator_key, {place} "
            f"FROM fct_indicator_results {printed} "
            f"UNION ALL SELECT budget_key, amount_kind, amount_text, project_key, NULL, {place} "
            f"FROM fct_project_budgets {printed}) "
            "SELECT f.*, j.project_name, i.indicator_name FROM facts AS f "
            "INNER JOIN dim_projects AS j ON f.project_key = j.project_key "
            "LEFT JOIN dim_indicators AS i ON f.indicator_key = i.indicator_key ORDER BY f.y0, f.x0, f.key",
            *itertools.chain.from_iterable(pages),
        )
        for row in found:
            facts[row["sha256"], row["page"]].append(row)
        return facts


def _finding_cells(findings: str) -> str:
    """Write the query of the first cells of each finding: its targets, for a project alone its amount as well."""
    same = "AND (q.document_key IS NULL OR f.document_key = q.document_key)"
    return (
        f"WITH q AS ({findings}), facts AS ("
        "SELECT target_key AS key, target_text AS text, document_key, project_key, indicator_key, page, y0, 2 AS rank "
        "FROM fct_indicator_targets WHERE horizon = 'annual' AND is_current "
        "UNION ALL SELECT budget_key, amount_text, document_key, project_key, NULL, page, y0, 1 "
        "FROM fct_project_budgets WHERE amount_kind = 'year' AND is_current), "
        # two joins by equal keys: one join on either would compare every finding with every fact
        "found AS (SELECT q.finding_key, f.* FROM q INNER JOIN facts AS f ON f.project_key = q.project_key "
        f"AND (q.indicator_key IS NULL OR f.indicator_key = q.indicator_key) {same} "
        "UNION ALL SELECT q.finding_key, f.* FROM q INNER JOIN facts AS f ON f.indicator_key = q.indicator_key "
        f"AND q.project_key IS NULL {same}), "
        "placed AS (SELECT f.finding_key, f.key, f.text, f.page, d.sha256, row_number() OVER ("
        "PARTITION BY f.finding_key ORDER BY f.rank, d.fiscal_year DESC, f.page, f.y0, f.key) AS place FROM found AS f "
        "INNER JOIN dim_documents AS d ON f.document_key = d.document_key) "
        "SELECT finding_key, key, text, page, sha256 FROM placed "
        f"WHERE place <= {CELLS_PER_FINDING} ORDER BY finding_key, place"
    )


@contextmanager
def open_release(settings: Settings, folder: Path) -> Iterator[Figures]:
    """Open the DuckDB file in a release's folder during the block: read-only, everything else locked."""
    path = str((folder / "warehouse.duckdb").resolve())
    with (
        tempfile.TemporaryDirectory(prefix="jixiao-report-") as spill,
        duckdb.connect(path, read_only=True, config=dict(lock_release(settings, spill))) as connection,
    ):

        def answer(query: str, values: Sequence[Any]) -> list[AnswerRow]:
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
