"""Hold the SQL by which the report finds printed cells: those on a page, and those that a finding is about."""

from __future__ import annotations

CELLS_PER_FINDING = 3
TARGET_CELLS = (
    "SELECT target_key AS key, target_text AS text, document_key, project_key, indicator_key, page, y0, 2 AS rank "
    "FROM fct_indicator_targets WHERE horizon = 'annual' AND is_current"
)
SAME_DOCUMENT = "(q.document_key IS NULL OR f.document_key = q.document_key)"
PROJECT_CELLS = (
    f"SELECT q.finding_key, f.* FROM q INNER JOIN ({TARGET_CELLS} AND {{0}} "
    "UNION ALL SELECT budget_key, amount_text, document_key, project_key, NULL, page, y0, 1 "
    "FROM fct_project_budgets WHERE amount_kind = 'year' AND is_current AND {0}) AS f "
    "ON f.project_key = q.project_key AND (q.indicator_key IS NULL OR f.indicator_key = q.indicator_key) "
    f"AND {SAME_DOCUMENT}"
)
INDICATOR_CELLS = (
    f"SELECT q.finding_key, f.* FROM q INNER JOIN ({TARGET_CELLS}) AS f "
    f"ON f.indicator_key = q.indicator_key AND {SAME_DOCUMENT}"
)
PLACE = "project_key, document_key, page, x0, y0, x1, y1"
FACTS = (
    f"SELECT target_key AS key, horizon AS kind, target_text AS text, indicator_key, {PLACE} "
    "FROM fct_indicator_targets WHERE {0} "
    f"UNION ALL SELECT result_key, 'result', actual_text, indicator_key, {PLACE} "
    "FROM fct_indicator_results WHERE {0} "
    f"UNION ALL SELECT budget_key, amount_kind, amount_text, NULL, {PLACE} "
    "FROM fct_project_budgets WHERE {0}"
)
FIRST_CELLS = (
    "placed AS (SELECT f.finding_key, f.key, f.text, f.page, d.sha256, row_number() OVER ("
    "PARTITION BY f.finding_key ORDER BY f.rank, d.fiscal_year DESC, f.page, f.y0, f.key) AS place FROM found AS f "
    "INNER JOIN dim_documents AS d ON f.document_key = d.document_key) "
    "SELECT finding_key, key, text, page, sha256 FROM placed "
    f"WHERE place <= {CELLS_PER_FINDING} ORDER BY finding_key, place"
)
