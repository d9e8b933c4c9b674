-- What each year promised: projects, indicator rows, money.
SELECT
    b.fiscal_year,
    count(DISTINCT b.project_key) AS projects,
    (
        SELECT count(*)
        FROM fct_indicator_targets AS t
        WHERE t.fiscal_year = b.fiscal_year AND t.is_current AND t.horizon = 'annual'
    ) AS indicator_rows,
    sum(b.amount_yuan) AS yuan
FROM fct_project_budgets AS b
WHERE b.is_current AND b.amount_kind = 'year'
GROUP BY b.fiscal_year
ORDER BY b.fiscal_year
